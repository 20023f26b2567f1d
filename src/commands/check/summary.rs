//! What a configuration comes to, at a glance.

use std::path::Path;

use xabar_events::Language;

use super::super::print::{Cell, HEADING, Table};
use super::Good;
use super::rare::{RareText, Rarity};
use crate::compose::LONGEST_NUMBER;
use crate::control::settings::{Bind, Directions, Operator, Reach};

impl Good {
    /// Everything but the operators.
    pub(super) fn summary(&self) -> Table {
        let mut table = Table::default();
        let mut row = |name: &str, what: String| {
            table.row([Cell::new(name).style(HEADING), Cell::new(what)]);
        };
        let settings = &self.settings;
        if let Some(amqp) = &settings.intake.amqp {
            let (exchange, queue) = (&amqp.exchange, &amqp.queue);
            row("events", format!("from {exchange}, queue {queue}"));
        }
        if let Some(http) = &settings.http {
            row("http", http.listen.to_string());
        }
        if let Some(amqp) = &settings.outcomes.amqp {
            row("outcomes", format!("to {}", amqp.exchange));
        }
        let (routing, numbers, lists) = (&settings.routing, &settings.numbers, &self.lists);
        for (name, file, read) in [
            ("ported", &routing.ported, &lists.ported),
            ("blocked", &numbers.blocked, &lists.blocked),
            ("reassigned", &numbers.reassigned, &lists.reassigned),
        ] {
            if let Some(file) = file {
                row(
                    name,
                    format!("{} numbers in {}", read.len(), file.display()),
                );
            }
        }
        row("texts", self.texts());
        if let Some(shortened) = self.shortened() {
            row("shortened", shortened);
        }
        if self.has_ussd() {
            row("menus", self.menus());
        }
        table
    }

    fn menus(&self) -> String {
        let (menus, screens) = self.menus.counts();
        let source = source(self.settings.menus.as_deref());
        format!("{menus} with {screens} screens: {source}")
    }

    fn texts(&self) -> String {
        let languages: Vec<&str> = self.catalog.languages().map(Language::as_str).collect();
        let source = source(self.settings.messages.as_deref());
        let most = self.catalog.templates().map(|listed| listed.most.segments);
        format!(
            "{} in {}: {source}; at most {} segments each",
            self.catalog.templates().count(),
            languages.join(" "),
            most.max().unwrap_or(0),
        )
    }

    /// How many texts are shortened only for what is rare.
    fn shortened(&self) -> Option<String> {
        let rare = self.rare_texts();
        let counted = |rarity| {
            let of_it = rare.iter().filter(|it| it.rarity == rarity);
            of_it.map(RareText::count).sum::<usize>()
        };
        let [cyrillic, number] = [Rarity::CyrillicValues, Rarity::LongNumber].map(counted);
        (!rare.is_empty()).then(|| {
            format!(
                "{cyrillic} of them with the longest values in Cyrillic letters, \
                 {number} with an application's number of {LONGEST_NUMBER}: `--shortened` names them"
            )
        })
    }
}

/// Where texts or menus come from.
fn source(folder: Option<&Path>) -> String {
    match folder {
        Some(folder) => folder.display().to_string(),
        None => "those that are built in".to_owned(),
    }
}

/// The operators, a line each, and below one with several logins a line for each login. What nobody has set has no
/// column.
pub(super) fn operators(operators: &[Operator]) -> Table {
    let columns = Columns {
        weights: operators.iter().any(|it| it.weight != 1),
        moves: operators
            .iter()
            .any(|it| it.move_after.is_some() || !it.fallback.is_empty()),
    };
    let mut table = Table::default();
    table.row(columns.heading());
    for operator in operators {
        let (line, below) = columns.lines(operator);
        table.row(line);
        below.into_iter().for_each(|line| table.row(line));
    }
    table
}

/// Those that are not always there.
struct Columns {
    weights: bool,
    moves: bool,
}

impl Columns {
    fn heading(&self) -> Vec<Cell> {
        let mut line = vec![Cell::new("operator"), Cell::new("SMSC")];
        line.extend(["sessions", "window", "TPS"].map(Cell::number));
        line.push(Cell::new("TLS"));
        line.extend(self.weights.then(|| Cell::number("weight")));
        line.extend(self.moves.then(|| Cell::new("when down")));
        line.push(Cell::new("numbers"));
        line.into_iter().map(|it| it.style(HEADING)).collect()
    }

    /// The operator's line, and those of its logins where it has several.
    fn lines(&self, operator: &Operator) -> (Vec<Cell>, Vec<Vec<Cell>>) {
        let (mut line, below) = match operator.binds.as_slice() {
            [bind] => {
                let tps = [operator.tps, bind.tps].into_iter().flatten().min();
                (login(&operator.name, bind, tps), Vec::new())
            }
            binds => {
                let logins = binds.iter().map(|bind| login("", bind, bind.tps));
                (no_login(operator), logins.collect())
            }
        };
        let secured = operator.tls.is_some();
        line.push(Cell::new(if secured { "yes" } else { "no" }));
        line.extend(self.weights.then(|| Cell::number(operator.weight)));
        line.extend(self.moves.then(|| Cell::new(when_down(operator))));
        let numbers = match operator.prefixes.as_slice() {
            [] => "only as a fallback".to_owned(),
            prefixes => prefixes.join(" "),
        };
        line.push(Cell::new(numbers));
        (line, below)
    }
}

fn login(name: &str, bind: &Bind, tps: Option<u32>) -> Vec<Cell> {
    vec![
        Cell::new(name),
        Cell::new(smsc(bind)),
        Cell::number(sessions(bind)),
        Cell::number(bind.window),
        Cell::number(tps.map_or_else(String::new, |tps| tps.to_string())),
    ]
}

/// An operator whose logins stand below it.
fn no_login(operator: &Operator) -> Vec<Cell> {
    vec![
        Cell::new(operator.name.as_str()),
        Cell::new(format!("{} logins", operator.binds.len())),
        Cell::new(""),
        Cell::new(""),
        Cell::number(operator.tps.map_or_else(String::new, |tps| tps.to_string())),
    ]
}

/// Where it is, or where it comes to.
fn smsc(bind: &Bind) -> String {
    match &bind.reach {
        Reach::Connect(addresses) => addresses.join(" or "),
        Reach::Outbind(outbind) => format!("connects to {}", outbind.listen),
    }
}

fn sessions(bind: &Bind) -> String {
    match (bind.directions, bind.sessions) {
        (Directions::Transceiver, sessions) => sessions.to_string(),
        (Directions::TransmitterReceiver, 1) => "1 pair".to_owned(),
        (Directions::TransmitterReceiver, pairs) => format!("{pairs} pairs"),
    }
}

/// What its messages do while it is down.
fn when_down(operator: &Operator) -> String {
    let others = match operator.fallback.as_slice() {
        [] => "those that share its numbers".to_owned(),
        fallback => fallback.join(", then "),
    };
    match operator.move_after {
        Some(after) => format!("after {after:?} to {others}"),
        None if operator.fallback.is_empty() => "wait".to_owned(),
        None => format!("wait; refused ones to {others}"),
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;
    use crate::control::settings::{Environment, Settings};
    use crate::scratch::Folder;
    use crate::tls::certificates::Ca;

    fn table(text: &str) -> String {
        let settings = Settings::read(text, Path::new("x.toml"), &Environment::default());
        let settings = settings.unwrap_or_else(|problems| panic!("{problems:#?}"));
        let mut out = Vec::new();
        operators(&settings.operators).print(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        strip_str(&text).to_string()
    }

    const PLAIN: &str = "[[operator]]\nname = \"ucell\"\nprefixes = [\"99893\", \"99894\"]\n\
         address = \"127.0.0.1:2775\"\nsystem_id = \"xabar\"\npassword = \"secret\"\nsender = \"MyGov\"\n";

    #[test]
    fn an_operator_is_a_line_and_what_nobody_has_set_has_no_column() {
        let expected = "\
operator  SMSC            sessions  window  TPS  TLS  numbers
ucell     127.0.0.1:2775         1      10       no   99893 99894
";
        assert_eq!(table(PLAIN), expected);
    }

    #[test]
    fn an_smsc_that_connects_to_us_is_shown_with_where_it_does() {
        let outbind =
            "outbind = { listen = \"0.0.0.0:2776\", system_id = \"smsc\", password = \"theirs\" }";
        let expected = "\
operator  SMSC                      sessions  window  TPS  TLS  numbers
ucell     connects to 0.0.0.0:2776         1      10       no   99893 99894
";
        assert_eq!(
            table(&PLAIN.replace("address = \"127.0.0.1:2775\"", outbind)),
            expected
        );
    }

    #[test]
    fn logins_stand_below_their_operator_and_one_pair_is_no_pairs() {
        let folder = Folder::with([("ca.pem", Ca::new("An operator").certificate().as_str())]);
        let ca = folder.path("ca.pem");
        let ca = format!("[operator.tls]\nca = \"{}\"\n", ca.display());
        let others = "[[operator]]\nname = \"others\"\nprefixes = [\"99890\", \"99893\"]\nweight = 3\n\
             password = \"secret\"\nsender = \"MyGov\"\nfallback = \"spare\"\nwhen_down = \"move\"\ntps = 500\n\
             [[operator.bind]]\naddress = \"a:1\"\nsystem_id = \"one\"\ntps = 300\nbind = \"transmitter-receiver\"\n\
             [[operator.bind]]\naddress = [\"b:1\", \"c:1\"]\nsystem_id = \"two\"\nsessions = 2\n\
             bind = \"transmitter-receiver\"\n";
        let spare = "[[operator]]\nname = \"spare\"\nprefixes = []\naddress = \"d:1\"\nsystem_id = \"three\"\n\
             password = \"secret\"\nsender = \"MyGov\"\nfallback = \"ucell\"\n";
        let expected = "\
operator  SMSC            sessions  window  TPS  TLS  weight  when down                  numbers
ucell     127.0.0.1:2775         1      10       no        1  wait                       99893 99894
others    2 logins                           500  yes       3  after 60s to spare         99890 99893
          a:1               1 pair      10  300
          b:1 or c:1       2 pairs      10
spare     d:1                    1      10       no        1  wait; refused ones to ucell  only as a fallback
";
        let words = |text: &str| -> Vec<Vec<String>> {
            let lines = text.lines();
            lines
                .map(|line| line.split_whitespace().map(str::to_owned).collect())
                .collect()
        };
        let table = table(&[PLAIN, others, &ca, spare].concat());
        assert_eq!(words(&table), words(expected));
        let column = |line: &str| line.find("9989").unwrap();
        let numbers: Vec<_> = table.lines().filter(|it| it.contains("9989")).collect();
        assert_eq!(column(numbers[0]), column(numbers[1]), "{table}");
    }
}
