//! Reads typed values out of the tree and collects everything that is wrong on the way.
//!
//! A reader is a function from a [`Cell`] to a value. One that cannot give it tells the cell what
//! is wrong and goes on, so that a person sees all their mistakes at once.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::document::{self, Entry, Node, Origin, Value};
use super::environment::Environment;
use super::problem::{Place, Problem};
use super::service::NamedService;

/// Where problems gather, and what readers may look up.
pub(crate) struct Report<'a> {
    pub(crate) file: &'a Path,
    pub(crate) environment: &'a Environment,
    problems: RefCell<Vec<Problem>>,
    syntax_errors: RefCell<Vec<Problem>>,
    /// What works, but perhaps not as it was meant.
    warnings: RefCell<Vec<Problem>>,
    /// Which services are named, and where.
    services: RefCell<Vec<NamedService>>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(file: &'a Path, environment: &'a Environment) -> Self {
        Self {
            file,
            environment,
            problems: RefCell::default(),
            syntax_errors: RefCell::default(),
            warnings: RefCell::default(),
            services: RefCell::default(),
        }
    }

    pub(crate) fn add(
        &self,
        origin: &Origin,
        key: &str,
        what: impl Into<String>,
        right: impl Into<String>,
    ) {
        self.problems
            .borrow_mut()
            .push(self.problem(origin, key, what, right));
    }

    /// Reports a place where the file is no TOML; `message` says what a parser would have liked.
    pub(crate) fn syntax_error(&self, origin: &Origin, message: &str) {
        let problem = self.problem(
            origin,
            "",
            format!("is not TOML here: {message}"),
            "see https://toml.io",
        );
        self.syntax_errors.borrow_mut().push(problem);
    }

    /// Reports an environment variable that overrides nothing.
    pub(crate) fn lost(&self, variable: &str, why: String) {
        self.add(
            &Origin::Variable(variable.to_owned()),
            "",
            why,
            "name what is there, or unset the variable",
        );
    }

    fn problem(
        &self,
        origin: &Origin,
        key: &str,
        what: impl Into<String>,
        right: impl Into<String>,
    ) -> Problem {
        Problem {
            place: self.place(origin),
            key: key.to_owned(),
            what: what.into(),
            right: right.into(),
        }
    }

    fn place(&self, origin: &Origin) -> Place {
        match origin.clone() {
            Origin::Line { line, column } => Place::Line {
                file: self.file.to_owned(),
                line,
                column,
            },
            Origin::Variable(name) => Place::Variable(name),
        }
    }

    /// The services that are named.
    pub(crate) fn take_services(&self) -> Vec<NamedService> {
        self.services.take()
    }

    /// What deserves a look, in the order of the file.
    pub(crate) fn take_warnings(&self) -> Vec<Problem> {
        let mut warnings = self.warnings.take();
        warnings.sort_by(|a, b| a.place.cmp(&b.place));
        warnings
    }

    /// Whether nothing is wrong so far.
    pub(crate) fn is_clean(&self) -> bool {
        self.problems.borrow().is_empty() && self.syntax_errors.borrow().is_empty()
    }

    /// Whether the file could be read as TOML from its beginning to its end.
    pub(crate) fn is_toml(&self) -> bool {
        self.syntax_errors.borrow().is_empty()
    }

    /// All problems, in the order of the file.
    ///
    /// Where it is no TOML, what is said of the values in that line would only confuse, and
    /// keys may seem to be missing that are not.
    pub(crate) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.syntax_errors.into_inner();
        let broken: BTreeSet<Option<usize>> = problems
            .iter()
            .map(|problem| problem.place.line())
            .collect();
        let trusted = |problem: &Problem| {
            broken.is_empty()
                || (problem.what != MISSING && !broken.contains(&problem.place.line()))
        };
        problems.extend(self.problems.into_inner().into_iter().filter(trusted));
        problems.sort_by(|a, b| a.place.cmp(&b.place));
        problems
    }
}

const MISSING: &str = "is missing";

/// Reads a file that no environment overrides, or tells everything that is wrong in it.
pub(crate) fn read_document<T>(
    text: &str,
    file: &Path,
    read: impl FnOnce(&Cell<'_>) -> Option<T>,
) -> Result<T, Vec<Problem>> {
    match read_as_far(text, file, read) {
        (Some(value), problems) if problems.is_empty() => Ok(value),
        (_, problems) => Err(problems),
    }
}

/// The same, with what could be read if there is something wrong in it. Of a file that is no TOML nothing is: what seems to
/// be missing from it may be there.
pub(crate) fn read_as_far<T>(
    text: &str,
    file: &Path,
    read: impl FnOnce(&Cell<'_>) -> Option<T>,
) -> (Option<T>, Vec<Problem>) {
    let environment = Environment::default();
    let report = Report::new(file, &environment);
    let (node, errors) = document::parse(text);
    for error in errors {
        report.syntax_error(&error.origin, &error.message);
    }
    let value = read(&Cell {
        key: String::new(),
        node: &node,
        report: &report,
    });
    let value = value.filter(|_| report.is_toml());
    (value, report.into_problems())
}

/// Reads JSON that somebody sent, or tells everything that is wrong in it.
pub(crate) fn read_json<T>(
    json: &serde_json::Value,
    read: impl FnOnce(&Cell<'_>) -> Option<T>,
) -> Result<T, Vec<Problem>> {
    let environment = Environment::default();
    let report = Report::new(Path::new(""), &environment);
    read_node(&document::of_json(json), report, read)
}

fn read_node<T>(
    node: &Node,
    report: Report<'_>,
    read: impl FnOnce(&Cell<'_>) -> Option<T>,
) -> Result<T, Vec<Problem>> {
    let value = read(&Cell {
        key: String::new(),
        node,
        report: &report,
    });
    match (value, report.into_problems()) {
        (Some(value), problems) if problems.is_empty() => Ok(value),
        (_, problems) => Err(problems),
    }
}

/// What deserves a look in a file that no environment overrides, and was read already.
pub(crate) fn report_on(file: &Path, look: impl FnOnce(&Report<'_>)) -> Vec<Problem> {
    let environment = Environment::default();
    let report = Report::new(file, &environment);
    look(&report);
    report.into_problems()
}

/// A value under its key.
pub(crate) struct Cell<'a> {
    pub(crate) key: String,
    pub(crate) node: &'a Node,
    pub(crate) report: &'a Report<'a>,
}

impl Cell<'_> {
    /// Reports that this value will not do.
    pub(crate) fn wrong<T>(&self, what: impl Into<String>, right: impl Into<String>) -> Option<T> {
        self.report.add(&self.node.origin, &self.key, what, right);
        None
    }

    /// Reports that this value will do, but perhaps not as it was meant.
    pub(crate) fn warn(&self, what: impl Into<String>, right: impl Into<String>) {
        let origin = &self.node.origin;
        let warning = self.report.problem(origin, &self.key, what, right);
        self.report.warnings.borrow_mut().push(warning);
    }

    /// Notes that this value names a service.
    pub(crate) fn names_service(&self, service: &str) {
        self.report.services.borrow_mut().push(NamedService {
            service: service.to_owned(),
            key: self.key.clone(),
            place: self.place(),
        });
    }

    /// Where this value stands.
    pub(crate) fn place(&self) -> Place {
        self.report.place(&self.node.origin)
    }

    /// Reports that this value is of another kind, or has another form, than it should.
    pub(crate) fn unfit<T>(&self, right: impl Into<String>) -> Option<T> {
        self.wrong(format!("is {}", self.shown()), right)
    }

    /// The value as a person wrote it, shortened.
    fn shown(&self) -> String {
        match &self.node.value {
            Value::Text(text) | Value::Raw(text) => format!("{:?}", shortened(text)),
            Value::Integer(Some(number)) => number.to_string(),
            Value::Switch(on) => on.to_string(),
            Value::Date(text) => text.clone(),
            _ => self.kind().to_owned(),
        }
    }

    /// What kind of value it is, for those that are not to be shown.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.node.value {
            Value::Text(_) | Value::Raw(_) => "a text",
            Value::Integer(Some(_)) => "a number without quotes",
            Value::Integer(None) => "a number beyond all bounds",
            Value::Float => "a number with a fraction",
            Value::Switch(_) => "true or false",
            Value::Date(_) => "a date or time",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    /// The folder that the configuration stands in, which paths in it are relative to.
    pub(crate) fn folder(&self) -> &Path {
        self.report.file.parent().unwrap_or(Path::new(""))
    }

    /// Reads a table, then reports the keys that nobody asked for.
    pub(crate) fn table<T>(&self, read: impl FnOnce(&mut Table<'_>) -> Option<T>) -> Option<T> {
        let Value::Table(entries) = &self.node.value else {
            return self.unfit("make it a table of keys");
        };
        let mut table = Table {
            cell: self,
            entries,
            asked: Vec::new(),
        };
        let value = read(&mut table);
        table.report_unknown();
        value
    }

    pub(crate) fn is_table(&self) -> bool {
        matches!(self.node.value, Value::Table(_))
    }

    /// Whether it is a table with this key.
    pub(crate) fn has(&self, key: &str) -> bool {
        matches!(&self.node.value, Value::Table(entries) if entries.contains_key(key))
    }

    /// Whether it is a table with a number under this key.
    pub(crate) fn has_number(&self, key: &str) -> bool {
        let Value::Table(entries) = &self.node.value else {
            return false;
        };
        let found = entries.get(key).map(|entry| &entry.node.value);
        matches!(found, Some(Value::Integer(_)))
    }

    /// Reads a table whose keys are names that people choose.
    pub(crate) fn named<T>(
        &self,
        read: impl Fn(&str, &Cell<'_>) -> Option<T>,
    ) -> Option<BTreeMap<String, T>> {
        let Value::Table(entries) = &self.node.value else {
            return self.unfit("make it a table of names");
        };
        let named = entries.iter().filter_map(|(name, entry)| {
            let cell = Cell {
                key: self.under(name),
                node: &entry.node,
                report: self.report,
            };
            Some((name.clone(), read(name, &cell)?))
        });
        Some(named.collect())
    }

    fn under(&self, key: &str) -> String {
        if self.key.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.key)
        }
    }
}

/// A table whose keys are asked for one by one.
pub(crate) struct Table<'a> {
    cell: &'a Cell<'a>,
    entries: &'a BTreeMap<String, Entry>,
    asked: Vec<&'static str>,
}

impl Table<'_> {
    /// The value of a key that may be left out.
    pub(crate) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&Cell<'_>) -> Option<T>,
    ) -> Option<T> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        let node = &self.entries.get(key)?.node;
        read(&Cell {
            key: self.cell.under(key),
            node,
            report: self.cell.report,
        })
    }

    /// The value of a key that may be left out and then means `default`.
    pub(crate) fn or<T>(
        &mut self,
        key: &'static str,
        default: T,
        read: impl Fn(&Cell<'_>) -> Option<T>,
    ) -> T {
        self.optional(key, read).unwrap_or(default)
    }

    /// The value of a key that must be there; `right` says what to write.
    pub(crate) fn required<T>(
        &mut self,
        key: &'static str,
        right: &str,
        read: impl Fn(&Cell<'_>) -> Option<T>,
    ) -> Option<T> {
        if !self.has(key) {
            self.missing(key, right);
        }
        self.optional(key, read)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Reports that a key is not there.
    pub(crate) fn missing(&self, key: &str, right: &str) {
        let origin = &self.cell.node.origin;
        self.cell
            .report
            .add(origin, &self.cell.under(key), MISSING, right);
    }

    /// The folder that the configuration stands in.
    pub(crate) fn folder(&self) -> &Path {
        self.cell.folder()
    }

    /// Where the table stands, such as `operator[0]`.
    pub(crate) fn key(&self) -> &str {
        &self.cell.key
    }

    /// Reports that the table as a whole will do, but perhaps not as it was meant.
    pub(crate) fn warn(&self, what: impl Into<String>, right: impl Into<String>) {
        self.cell.warn(what, right);
    }

    /// Reports what is wrong with the table as a whole.
    pub(crate) fn wrong<T>(&self, what: impl Into<String>, right: impl Into<String>) -> Option<T> {
        self.cell.wrong(what, right)
    }

    fn report_unknown(&self) {
        for (key, entry) in self.entries {
            if !self.asked.contains(&key.as_str()) {
                let right = suggestion(key, &self.asked);
                self.cell
                    .report
                    .add(&entry.origin, &self.cell.under(key), "is not a key", right);
            }
        }
    }
}

/// Names the known key that was probably meant, or all of them.
pub(crate) fn suggestion(key: &str, known: &[&str]) -> String {
    let distance = |known: &&&str| strsim::damerau_levenshtein(key, known);
    match known.iter().min_by_key(distance) {
        Some(nearest) if distance(&nearest) <= 1 + key.chars().count() / 4 => {
            format!("did you mean `{nearest}`?")
        }
        _ => format!("known here: {}", known.join(", ")),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
