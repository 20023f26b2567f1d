//! What two versions of a configuration differ in, and what of it takes effect while the gateway runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::document::{Entry, Node, Value};
use super::{Operator, Settings};

/// A configuration as it was written, with the environment's values over the file's. It may hold secrets, and shows nothing.
#[derive(Clone, Default)]
pub struct Written(Option<Node>);

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Written")
    }
}

/// The keys that changed, such as `operator.ucell.tps`; without their values, which may be secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Those that take effect at once.
    pub live: Vec<String>,
    /// Those that wait for the next start.
    pub at_restart: Vec<String>,
}

/// A key that takes effect at once, what stands below it with it, and how that is taken over.
struct Live {
    key: &'static str,
    take: fn(&mut Settings, &Settings),
}

/// The same of each operator.
struct LiveOfOperator {
    key: &'static str,
    /// Whether it goes by which operators there are, which is known at the start.
    is_route: bool,
    take: fn(&mut Operator, &Operator),
}

const LIVE: [Live; 14] = [
    live("subscriber", |held, new| {
        held.subscriber.clone_from(&new.subscriber);
    }),
    live("dialogue", |held, new| {
        held.dialogue.clone_from(&new.dialogue);
    }),
    live("urgent", |held, new| held.urgent.clone_from(&new.urgent)),
    live("bulk", |held, new| held.bulk.clone_from(&new.bulk)),
    live("retry", |held, new| held.retry = new.retry),
    live("agency", |held, new| {
        held.agencies.clone_from(&new.agencies);
    }),
    live("timing.expires", |held, new| {
        held.timing.expires = new.timing.expires;
    }),
    live("timing.duplicates", |held, new| {
        held.timing.duplicates = new.timing.duplicates;
    }),
    live("timing.retention", |held, new| {
        held.timing.retention = new.timing.retention;
    }),
    live("timing.receipt", |held, new| {
        held.timing.receipt = new.timing.receipt;
    }),
    live("outcomes.amqp.states", |held, new| {
        if let (Some(held), Some(new)) = (&mut held.outcomes.amqp, &new.outcomes.amqp) {
            held.states.clone_from(&new.states);
        }
    }),
    live("messages", |held, new| {
        held.messages.clone_from(&new.messages);
    }),
    live("menus", |held, new| held.menus.clone_from(&new.menus)),
    live("log.level", |held, new| {
        held.log.level.clone_from(&new.log.level);
    }),
];

const LIVE_OF_OPERATORS: [LiveOfOperator; 7] = [
    route("prefixes", |held, new| {
        held.prefixes.clone_from(&new.prefixes);
    }),
    route("weight", |held, new| held.weight = new.weight),
    route("fallback", |held, new| {
        held.fallback.clone_from(&new.fallback);
    }),
    // Both say when what waits moves.
    route("move_after", |held, new| held.move_after = new.move_after),
    route("when_down", |held, new| held.move_after = new.move_after),
    link("tps", |held, new| held.tps = new.tps),
    link("window", |held, new| {
        let mut binds = new.binds.iter();
        if let Some(shared) = binds.find(|bind| !bind.is_own_window) {
            let mine = held.binds.iter_mut().filter(|bind| !bind.is_own_window);
            mine.for_each(|bind| bind.window = shared.window);
        }
    }),
];

const fn live(key: &'static str, take: fn(&mut Settings, &Settings)) -> Live {
    Live { key, take }
}

const fn route(key: &'static str, take: fn(&mut Operator, &Operator)) -> LiveOfOperator {
    LiveOfOperator {
        key,
        is_route: true,
        take,
    }
}

const fn link(key: &'static str, take: fn(&mut Operator, &Operator)) -> LiveOfOperator {
    LiveOfOperator {
        key,
        is_route: false,
        take,
    }
}

impl Settings {
    /// These with what takes effect at once as it is in `new`: all else waits for the next start.
    #[must_use]
    pub fn with_live(&self, new: &Self) -> Self {
        let mut held = self.clone();
        LIVE.iter().for_each(|live| (live.take)(&mut held, new));
        let named = |settings: &Self| -> BTreeSet<String> {
            let operators = settings.operators.iter();
            operators.map(|operator| operator.name.clone()).collect()
        };
        let routes = named(self) == named(new);
        for held in &mut held.operators {
            let mut new = new.operators.iter();
            if let Some(new) = new.find(|new| new.name == held.name) {
                let live = LIVE_OF_OPERATORS.iter();
                let live = live.filter(|live| routes || !live.is_route);
                live.for_each(|live| (live.take)(held, new));
            }
        }
        held
    }
}

impl Written {
    pub(super) fn new(root: Node) -> Self {
        Self(Some(root))
    }

    /// What changed since it was read last, when it was `before`, and since the start.
    pub fn since(&self, before: &Self, start: &Self) -> Changes {
        let (mut live, mut at_restart) = (self.keys_since(before), self.keys_since(start));
        let others = at_restart.iter().any(|key| is_an_operator(key));
        let is_live = |key: &String| is_live(key, others);
        live.retain(is_live);
        at_restart.retain(|key| !is_live(key));
        Changes {
            live: live.into_iter().collect(),
            at_restart: at_restart.into_iter().collect(),
        }
    }

    fn keys_since(&self, before: &Self) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        if let (Some(before), Some(now)) = (&before.0, &self.0) {
            compare("", before, now, &mut keys);
        }
        keys
    }
}

/// Whether a key takes effect at once; `others` is whether operators came or went.
pub(super) fn is_live(key: &str, others: bool) -> bool {
    let mut of_operators = LIVE_OF_OPERATORS.iter();
    LIVE.iter().any(|live| matches(live.key, key))
        || of_operators.any(|live| is_below_operator(key, live.key) && !(others && live.is_route))
}

/// Whether the key is an operator, which came or went.
fn is_an_operator(key: &str) -> bool {
    is_it("operator", key) || is_it("operator.*", key)
}

fn is_below_operator(key: &str, name: &str) -> bool {
    matches("operator.*", key) && key.split('.').nth(2) == Some(name)
}

/// Whether a key is the one of the pattern, or below it.
fn matches(pattern: &str, key: &str) -> bool {
    let mut parts = key.split('.');
    pattern.split('.').all(|expected| {
        parts
            .next()
            .is_some_and(|part| expected == "*" || part == expected)
    })
}

fn is_it(pattern: &str, key: &str) -> bool {
    matches(pattern, key) && pattern.split('.').count() == key.split('.').count()
}

/// Notes the keys in which two trees differ.
fn compare(path: &str, before: &Node, now: &Node, keys: &mut BTreeSet<String>) {
    match (&before.value, &now.value) {
        (Value::Table(before), Value::Table(now)) => {
            compare_named(path, &by_key(before), &by_key(now), keys);
        }
        (Value::List(before), Value::List(now)) => match (by_name(before), by_name(now)) {
            (Some(before), Some(now)) => compare_named(path, &before, &now, keys),
            _ => note(path, !are_same(before, now), keys),
        },
        (before, now) => note(path, !is_same(before, now), keys),
    }
}

fn compare_named(
    path: &str,
    before: &BTreeMap<String, &Node>,
    now: &BTreeMap<String, &Node>,
    keys: &mut BTreeSet<String>,
) {
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    for name in names {
        let path = match path {
            "" => name.clone(),
            path => format!("{path}.{name}"),
        };
        match (before.get(name), now.get(name)) {
            (Some(before), Some(now)) => compare(&path, before, now, keys),
            _ => note(&path, true, keys),
        }
    }
}

fn note(path: &str, differs: bool, keys: &mut BTreeSet<String>) {
    if differs {
        keys.insert(path.to_owned());
    }
}

fn by_key(entries: &BTreeMap<String, Entry>) -> BTreeMap<String, &Node> {
    let entries = entries.iter();
    entries
        .map(|(key, entry)| (key.clone(), &entry.node))
        .collect()
}

/// The tables of a list by their `name`, if each has one of its own.
fn by_name(items: &[Node]) -> Option<BTreeMap<String, &Node>> {
    let named = |item| Some((name_of(item)?, item));
    let named: Option<BTreeMap<String, &Node>> = items.iter().map(named).collect();
    named.filter(|named| named.len() == items.len() && !items.is_empty())
}

pub(super) fn name_of(item: &Node) -> Option<String> {
    let Value::Table(entries) = &item.value else {
        return None;
    };
    match &entries.get("name")?.node.value {
        Value::Text(name) | Value::Raw(name) => Some(name.clone()),
        _ => None,
    }
}

/// Whether two values are the same, wherever they were written.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Text(one) | Value::Raw(one), Value::Text(other) | Value::Raw(other)) => {
            one == other
        }
        (Value::Integer(one), Value::Integer(other)) => one == other,
        (Value::Float, Value::Float) => true,
        (Value::Switch(one), Value::Switch(other)) => one == other,
        (Value::Date(one), Value::Date(other)) => one == other,
        (Value::List(one), Value::List(other)) => are_same(one, other),
        (Value::Table(one), Value::Table(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|((key, one), (its, other))| {
                    key == its && is_same(&one.node.value, &other.node.value)
                })
        }
        _ => false,
    }
}

fn are_same(one: &[Node], other: &[Node]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| is_same(&one.value, &other.value))
}

#[cfg(test)]
mod tests {
    use super::super::document::parse;
    use super::*;

    fn written(text: &str) -> Written {
        let (root, errors) = parse(text);
        assert!(errors.is_empty(), "{text}");
        Written::new(root)
    }

    fn changes(before: &str, now: &str) -> (String, String) {
        let before = written(before);
        let Changes { live, at_restart } = written(now).since(&before, &before);
        (live.join(" "), at_restart.join(" "))
    }

    const TWO: &str = "[http]\nlisten = 'a:1'\n[[operator]]\nname = 'ucell'\ntps = 10\nprefixes = ['1']\n\
        [[operator]]\nname = 'beeline'\nsender = 'X'";

    #[test]
    fn what_is_written_elsewhere_or_otherwise_and_says_the_same_is_no_change() {
        let moved = "[[operator]]\nsender = \"X\"\nname = 'beeline'\n\n[[operator]]\nname = 'ucell'\n\
            prefixes = ['1']\ntps = 1_0\n[http]\nlisten = 'a:1'";
        assert_eq!(changes(TWO, moved), Default::default());
    }

    #[test]
    fn keys_are_told_by_the_names_of_their_tables_and_by_when_they_take_effect() {
        let now = TWO.replace("10", "20").replace("['1']", "['1', '2']");
        let live = "operator.ucell.prefixes operator.ucell.tps";
        assert_eq!(changes(TWO, &now), (live.into(), String::new()));
        let now = TWO.replace("'X'", "'Y'").replace("a:1", "a:2");
        let waits = "http.listen operator.beeline.sender";
        assert_eq!(changes(TWO, &now), (String::new(), waits.into()));
        let now = format!("{TWO}\n[subscriber]\nlimits = []\n[timing]\nexpires = '1h'");
        // A table that was not there is told as one.
        assert_eq!(changes(TWO, &now), ("subscriber".into(), "timing".into()));
    }

    #[test]
    fn who_comes_or_goes_waits_for_a_restart_and_so_do_the_routes() {
        let now = TWO.replace("['1']", "['1', '2']").replace("10", "20");
        let now = format!("{now}\n[[operator]]\nname = 'new'");
        let waits = "operator.new operator.ucell.prefixes";
        assert_eq!(
            changes(TWO, &now),
            ("operator.ucell.tps".into(), waits.into())
        );
    }

    #[test]
    fn what_waits_for_a_restart_is_told_until_then_and_what_is_in_effect_once() {
        let (start, first) = (written(TWO), TWO.replace("a:1", "a:2").replace("10", "20"));
        let second = written(&first.replace("'Y'", "'Z'"));
        let changes = second.since(&written(&first), &start);
        let waits = vec!["http.listen".to_owned()];
        assert_eq!((changes.live, changes.at_restart), (Vec::new(), waits));
    }

    #[test]
    fn a_list_of_anything_else_is_told_as_a_whole() {
        let of = |limits: &str| format!("[subscriber]\nlimits = {limits}");
        let (one, two) = (of("[{ messages = 3 }]"), of("[{ messages = 4 }]"));
        assert_eq!(changes(&one, &two).0, "subscriber.limits");
        assert_eq!(changes(&one, &one).0, "");
    }
}
