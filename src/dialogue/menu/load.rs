//! Where menus come from: a folder, or the program itself.

use std::path::Path;

use xabar_events::Language;
use xabar_sms::LanguageRules;

use super::declared::{Code, Menu};
use super::read::{Around, read};
use super::{Menus, Rules};
use crate::control::settings::files::{each_toml, problem};
use crate::control::settings::{Place, Problem};

/// A dialogue keeps the number of its menu in an octet.
const MOST_MENUS: usize = 1 << u8::BITS;

/// The menu that comes with the gateway.
const BUILT_IN: &str = include_str!("../../../config/ussd/main.toml");

impl Menus {
    /// The menu that comes with the gateway; `rules` is what each language allows to make a text shorter.
    pub fn built_in(rules: impl Fn(Language) -> LanguageRules) -> Self {
        let rules = Rules::new(rules);
        let menu = built_in(&rules);
        Self {
            menus: vec![menu],
            rules,
        }
    }

    /// The menus in a folder, one a file, or else the one that comes with the gateway.
    ///
    /// # Errors
    /// Everything that is wrong, in all of its files.
    pub fn load_or_built_in(
        folder: Option<&Path>,
        rules: impl Fn(Language) -> LanguageRules,
    ) -> Result<Self, Vec<Problem>> {
        match folder {
            Some(folder) => Self::load(folder, rules),
            None => Ok(Self::built_in(rules)),
        }
    }

    fn load(
        folder: &Path,
        rules: impl Fn(Language) -> LanguageRules,
    ) -> Result<Self, Vec<Problem>> {
        let rules = Rules::new(rules);
        let usual = built_in(&rules);
        let right = "put a file for each menu into it, or leave the key out";
        let (menus, mut problems) = each_toml(folder, "has no menus", right, |file, text| {
            let around = Around {
                file,
                words: Some(&usual.words),
                rules: &rules,
            };
            read(text, &around)
        });
        if menus.len() > MOST_MENUS {
            let what = format!("has {} menus", menus.len());
            problems.push(problem(folder, what, "put at most 256 into it"));
        }
        problems.extend(doubled(&menus));
        if problems.is_empty() {
            Ok(Self { menus, rules })
        } else {
            Err(problems)
        }
    }
}

impl Rules {
    fn new(of: impl Fn(Language) -> LanguageRules) -> Self {
        let languages = Language::ALL.iter();
        Self(
            languages
                .map(|language| (*language, of(*language)))
                .collect(),
        )
    }
}

fn built_in(rules: &Rules) -> Menu {
    let around = Around {
        file: Path::new("main.toml"),
        words: None,
        rules,
    };
    read(BUILT_IN, &around).expect("a test reads the built-in menu")
}

/// Codes that are declared twice.
fn doubled(menus: &[Menu]) -> Vec<Problem> {
    let mut known: Vec<(Option<&Code>, Place)> = Vec::new();
    let mut problems = Vec::new();
    for menu in menus {
        let each = menu.dialled.iter();
        let mut codes: Vec<(Option<&Code>, &str, Place)> = each
            .map(|it| (Some(&it.code), &*it.key, it.place.clone()))
            .collect();
        if codes.is_empty() {
            codes.push((None, "dialled", Place::File(menu.file.clone())));
        }
        for (code, key, place) in codes {
            if let Some((_, first)) = known.iter().find(|(other, _)| *other == code) {
                let which = code.map_or("every other code".to_owned(), ToString::to_string);
                problems.push(Problem {
                    place: place.clone(),
                    key: key.to_owned(),
                    what: format!("leads here from {which}, as {first} does"),
                    right: "give each menu codes of its own".to_owned(),
                });
            }
            known.push((code, place));
        }
    }
    problems
}
