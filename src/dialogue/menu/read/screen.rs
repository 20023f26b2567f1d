//! Reads a screen with its choices.

use super::text::{a_text, line, wording};
use super::{Names, condition};
use crate::control::settings::agency;
use crate::control::settings::reading::{Cell, Table};
use crate::control::settings::values::{language, list, named, switch, whole};
use crate::dialogue::menu::declared::{Act, Body, Choice, Input, Screen};
use crate::dialogue::menu::wording::{Spot, Value};

/// Choices of one screen.
const MOST_CHOICES: usize = 20;

pub(super) fn screen(name: &str, cell: &Cell<'_>, names: &Names) -> Option<Screen> {
    let right = "name it with small letters, digits and -, at most 30";
    let plain = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
    if name.len() > 30 || !name.bytes().all(plain) {
        return cell.wrong("has a name that will not do", right);
    }
    cell.table(|table| {
        let body = body(table, names);
        let allowed = match &body {
            Some(Body::Status { .. }) => Value::ALL.as_slice(),
            _ => &[],
        };
        let text = wording(table, allowed);
        let choices = table.optional("choices", |cell| choices(cell, names));
        let has_choices = table.has("choices");
        let ends = table.or("end", false, switch);
        let leads_on = has_choices || !matches!(body, None | Some(Body::Nothing));
        if ends && leads_on {
            let what = "ends the dialogue, and has choices, an input or facts as well";
            table.wrong::<()>(what, "leave out `end` or the others");
        }
        let most_pages = table.or("pages", 1, whole(1..=9));
        if ends && most_pages > 1 {
            let what = "has more than one page, and ends the dialogue with the first";
            table.wrong::<()>(what, "leave out `pages`, or `end` and give it a choice");
        }
        Some(Screen {
            name: name.into(),
            spot: Spot::of(cell),
            most_pages,
            text: text?,
            body: body?,
            // Without those that are wrong, it would seem to lead nowhere.
            choices: choices.or_else(|| (!has_choices).then(Vec::new))?,
            ends,
        })
    })
}

/// What a screen does beside offering choices.
fn body(table: &mut Table<'_>, names: &Names) -> Option<Body> {
    let link = |cell: &Cell<'_>| names.link(cell);
    let input = table.optional("input", |cell| cell.table(|table| input(table, names)));
    let show_is_there = table.has("show");
    let show = table.optional("show", named(&Show::NAMED));
    if show_is_there && table.has("input") {
        let right = "make them two screens, of which one leads to the other";
        return table.wrong("has `show` and `input`", right);
    }
    let pick = match show {
        Some(Show::Applications) => table.required(
            "pick",
            "name the screen that shows the one that is picked",
            link,
        ),
        _ => None,
    };
    let none = match show {
        Some(show) => {
            let values: &[Value] = match show {
                Show::Status => &[Value::Application],
                Show::Applications | Show::Messages => &[],
            };
            let right = "write what is said where there is nothing to show";
            table.required("none", right, |cell| {
                cell.table(|table| wording(table, values))
            })
        }
        None => None,
    };
    match (show, table.has("input")) {
        (Some(Show::Applications), _) => Some(Body::Applications {
            pick: pick?,
            none: none?,
        }),
        (Some(Show::Status), _) => Some(Body::Status { none: none? }),
        (Some(Show::Messages), _) => Some(Body::Messages { none: none? }),
        (None, true) => input.map(Body::Input),
        (None, false) => (!show_is_there).then_some(Body::Nothing),
    }
}

/// What a screen can show.
#[derive(Clone, Copy)]
enum Show {
    Applications,
    Status,
    Messages,
}

impl Show {
    const NAMED: [(&str, Self); 3] = [
        ("applications", Self::Applications),
        ("status", Self::Status),
        ("messages", Self::Messages),
    ];
}

fn input(table: &mut Table<'_>, names: &Names) -> Option<Input> {
    let least = table.or("least", 1, whole(1..=MOST_TYPED));
    let most = table.or("most", MOST_TYPED, whole(1..=MOST_TYPED));
    if least > most {
        let right = "give a `most` that is not below `least`";
        table.wrong::<()>("takes nothing: `least` is above `most`", right);
    }
    let digits = table.or("digits", false, switch);
    let wrong = table.required("wrong", "write what is said after a wrong one", a_text);
    let to = table.required("to", "name the screen that follows", |cell| {
        names.link(cell)
    });
    Some(Input {
        least,
        most,
        digits,
        wrong: wrong?,
        to: to?,
    })
}

/// No application has a longer number.
const MOST_TYPED: usize = 64;

fn choices(cell: &Cell<'_>, names: &Names) -> Option<Vec<Choice>> {
    let choices = list(|cell: &Cell<'_>| cell.table(|table| choice(table, names)))(cell)?;
    if choices.len() > MOST_CHOICES {
        let what = format!("has {} choices", choices.len());
        return cell.wrong(what, format!("give at most {MOST_CHOICES}"));
    }
    Some(choices)
}

fn choice(table: &mut Table<'_>, names: &Names) -> Option<Choice> {
    let line = line(table);
    let when = table.optional("when", condition);
    let act = act(table);
    let link = |cell: &Cell<'_>| Some((names.link(cell)?, Spot::of(cell)));
    let to = table.required("to", "name the screen that it leads to", link);
    let (to, link) = to?;
    Some(Choice {
        line: line?,
        when,
        act: act?,
        link,
        to,
    })
}

/// What a choice does, if anything; `None` if that is written wrongly.
fn act(table: &mut Table<'_>) -> Option<Option<Act>> {
    let is_there = table.has("do");
    let Some(deed) = table.optional("do", named(&Deed::NAMED)) else {
        return (!is_there).then_some(None);
    };
    let act = match deed {
        Deed::Language => {
            Act::Language(table.required("language", "say which, such as \"ru\"", language)?)
        }
        Deed::Stop => Act::Stop(table.optional("agency", an_agency)),
        Deed::Start => Act::Start(table.optional("agency", an_agency)),
        Deed::Sms => Act::Sms,
    };
    Some(Some(act))
}

/// What a choice can do.
#[derive(Clone, Copy)]
enum Deed {
    Language,
    Stop,
    Start,
    Sms,
}

impl Deed {
    const NAMED: [(&str, Self); 4] = [
        ("language", Self::Language),
        ("stop", Self::Stop),
        ("start", Self::Start),
        ("sms", Self::Sms),
    ];
}

fn an_agency(cell: &Cell<'_>) -> Option<Box<str>> {
    agency::name(cell).map(Into::into)
}
