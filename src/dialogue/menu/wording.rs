//! What is said in every language.

use std::borrow::Cow;

use xabar_events::Language;
use xabar_sms::fold::in_gsm7;

use super::Application;
use crate::compose::without_doubled_sign;
use crate::control::settings::document::Origin;

/// A text in every language.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wording(Vec<Said>);

/// A text in one language, and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Said {
    pub(super) language: Language,
    pub(super) text: Text,
    pub(super) spot: Spot,
}

/// Where something was written, for what is found out about it later.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    /// Its key, such as `screens.main.ru`.
    pub(super) key: String,
    pub(super) origin: Origin,
}

/// Wherever it stands in its file, it is the same.
impl PartialEq for Spot {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

/// A text with places for values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Words(Box<str>),
    Value(Value),
}

/// A value that a text may have a place for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Application,
    Service,
    Status,
}

impl Value {
    pub(super) const ALL: [Self; 3] = [Self::Application, Self::Service, Self::Status];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Service => "service",
            Self::Status => "status",
        }
    }

    fn of(self, application: &Application) -> &str {
        match self {
            Self::Application => &application.number,
            Self::Service => &application.service,
            Self::Status => &application.status,
        }
    }
}

impl Wording {
    /// The texts have to be of all languages.
    pub(super) fn new(texts: Vec<Said>) -> Self {
        Self(texts)
    }

    pub(super) fn each(&self) -> impl Iterator<Item = &Said> {
        self.0.iter()
    }

    /// The text in a language, and where it stands.
    pub(super) fn said(&self, language: Language) -> Option<&Said> {
        self.0.iter().find(|said| said.language == language)
    }

    /// The text in a language, as it has no places for values.
    pub(super) fn words(&self, language: Language) -> Cow<'_, str> {
        self.said(language)
            .map_or(Cow::Borrowed(""), |said| said.text.fill(None))
    }

    /// The text in a language with these values.
    pub(super) fn filled(&self, language: Language, values: &Application) -> Cow<'_, str> {
        self.said(language)
            .map_or(Cow::Borrowed(""), |said| said.text.fill(Some(values)))
    }
}

impl Text {
    /// Reads a text; `Err` says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((words, after)) = rest.split_once('{') {
            let (name, behind) = after
                .split_once('}')
                .ok_or_else(|| "has a { without its }".to_owned())?;
            let value = Value::ALL.into_iter().find(|value| value.name() == name);
            let value = value.ok_or_else(|| format!("has {{{name}}}, which is no value"))?;
            pieces.extend(words_of(words)?);
            pieces.push(Piece::Value(value));
            rest = behind;
        }
        pieces.extend(words_of(rest)?);
        Ok(Self(pieces))
    }

    /// The values that it has places for.
    pub(super) fn values(&self) -> impl Iterator<Item = Value> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Value(value) => Some(*value),
            Piece::Words(_) => None,
        })
    }

    /// Whether nothing of it is to be seen, as it is spelled.
    pub(super) fn is_blank(&self) -> bool {
        self.values().next().is_none() && self.fill(None).trim().is_empty()
    }

    fn fill(&self, values: Option<&Application>) -> Cow<'_, str> {
        if let [Piece::Words(words)] = self.0.as_slice() {
            return Cow::Borrowed(words);
        }
        let mut filled = String::new();
        for piece in &self.0 {
            let text = match piece {
                Piece::Words(words) => &**words,
                Piece::Value(value) => {
                    let value = values.map_or("", |values| value.of(values));
                    without_doubled_sign(&filled, value)
                }
            };
            filled.push_str(text);
        }
        Cow::Owned(filled)
    }
}

/// Words that are in GSM 03.38 but for look-alikes are spelled in it once instead of at every step.
fn words_of(words: &str) -> Result<Option<Piece>, String> {
    if words.contains('}') {
        return Err("has a } without its {".to_owned());
    }
    Ok((!words.is_empty()).then(|| Piece::Words(in_gsm7(words).into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> String {
        let application = Application {
            number: "48{status}".into(),
            service: "passport".into(),
            status: "ready".into(),
        };
        let text = Text::parse(text).unwrap();
        text.fill(Some(&application)).into_owned()
    }

    #[test]
    fn values_stand_in_their_places_as_they_are() {
        let text = "{application} ({service}): {status}.";
        assert_eq!(filled(text), "48{status} (passport): ready.");
        assert_eq!(filled(""), "");
        let numbered = Application {
            number: "№ 48".into(),
            service: "passport".into(),
            status: "ready".into(),
        };
        let text = Text::parse("Ариза №{application}: {status}").unwrap();
        assert_eq!(text.fill(Some(&numbered)), "Ариза №48: ready");
    }

    #[test]
    fn words_that_can_be_are_in_gsm_03_38() {
        assert_eq!(filled("koʻrib – «maʼqul»"), "ko'rib - \"ma'qul\"");
        assert_eq!(filled("«да»"), "«да»");
    }

    #[test]
    fn a_brace_without_its_other_and_a_name_that_is_none_are_refused() {
        for (text, what) in [
            ("{status", "has a { without its }"),
            ("status}", "has a } without its {"),
            ("{state}", "has {state}, which is no value"),
        ] {
            assert_eq!(Text::parse(text), Err(what.to_owned()));
        }
    }
}
