//! A place for a value: whose it is, and which form it has.

use crate::compose::value::MAX_CHARACTERS;

/// A place for a value in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placeholder {
    pub(crate) source: Source,
    pub(crate) form: Form,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Application,
    Service,
    Status,
    /// The event's parameter of this name.
    Param(String),
}

/// What a value has to be, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Words, of at most so many characters.
    Text(usize),
    /// Words, but a date or a time as the language writes it.
    Any,
    Date,
    Time,
    Number,
    Money,
    /// Letters, digits and signs, such as the number of a contract.
    Code,
    Link,
    Phone,
}

/// Every form with a name, as templates and errors call it.
const NAMED: [(&str, Form); 7] = [
    ("date", Form::Date),
    ("time", Form::Time),
    ("number", Form::Number),
    ("money", Form::Money),
    ("code", Form::Code),
    ("link", Form::Link),
    ("phone", Form::Phone),
];

impl Placeholder {
    /// Reads what stands between the braces; `Err` says what is wrong and what would be right.
    pub(super) fn parse(inside: &str) -> Result<Self, (String, String)> {
        let (name, form) = match inside.split_once(':') {
            Some((name, form)) => (name, Some(form)),
            None => (inside, None),
        };
        if !is_name(name) {
            return Err((
                format!("has {{{inside}}}, which is no name of a value"),
                "name a value with letters, digits, - and _, such as {office}".to_owned(),
            ));
        }
        let source = Source::of(name);
        let form = match (form, &source) {
            (None, _) => Some(Form::Any),
            (Some(form), Source::Param(_)) => Form::parse(form),
            (Some(_), _) => {
                return Err((
                    format!("gives {{{name}}} a form"),
                    format!("write {{{name}}}: its form is its own"),
                ));
            }
        };
        let Some(form) = form else {
            let names = NAMED.map(|(name, _)| name).join(", ");
            return Err((
                format!("has {{{inside}}}, which has a form that is not known"),
                format!("write {names}, or the most characters, 1 to {MAX_CHARACTERS}"),
            ));
        };
        Ok(Self { source, form })
    }

    pub(crate) fn name(&self) -> &str {
        match &self.source {
            Source::Application => "application",
            Source::Service => "service",
            Source::Status => "status",
            Source::Param(name) => name,
        }
    }

    /// Whether it takes any words that an agency sends.
    pub(crate) fn is_free(&self) -> bool {
        matches!(self.source, Source::Param(_)) && matches!(self.form, Form::Any | Form::Text(_))
    }

    /// Whether it could lead elsewhere together with the value beside it: two numbers side by side may be one to call.
    pub(super) fn may_join(&self) -> bool {
        self.is_free() || self.form == Form::Number
    }

    /// Whether every event has it.
    pub(super) fn is_always(&self) -> bool {
        !matches!(self.source, Source::Param(_))
    }
}

impl Source {
    fn of(name: &str) -> Self {
        match name {
            "application" => Self::Application,
            "service" => Self::Service,
            "status" => Self::Status,
            param => Self::Param(param.to_owned()),
        }
    }
}

impl Form {
    fn parse(text: &str) -> Option<Self> {
        if let Some((_, form)) = NAMED.iter().find(|(name, _)| *name == text) {
            return Some(*form);
        }
        let most: usize = text.parse().ok()?;
        (1..=MAX_CHARACTERS)
            .contains(&most)
            .then_some(Self::Text(most))
    }
}

fn is_name(name: &str) -> bool {
    let plain =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    (1..=64).contains(&name.len()) && name.chars().all(plain)
}
