//! Whether a menu is sound: every screen can be reached and leads on, and every digit means one thing.

use std::collections::BTreeMap;

use indexmap::IndexSet;

use super::declared::{Body, Condition, Flags, Line, Menu, Screen, ScreenId};
use super::wording::Spot;
use crate::control::settings::reading::Report;

/// Tells everything that is not.
pub(super) fn check(menu: &Menu, report: &Report<'_>) {
    let check = Check { menu, report };
    let words = &menu.words;
    let words = [&words.next, &words.back, &words.home].map(|line| (line, None));
    check.distinct(&words);
    for screen in &menu.screens {
        let own = screen
            .choices
            .iter()
            .map(|choice| (&choice.line, choice.when));
        let all: Vec<_> = words.into_iter().chain(own).collect();
        check.distinct(&all);
        check.numbers_are_no_choices(screen, &all);
    }
    check.everything_is_reached();
    check.numbers_are_known();
    check.what_has_no_way_back_leads_on();
    check.what_is_named_is_kept();
}

struct Check<'a> {
    menu: &'a Menu,
    report: &'a Report<'a>,
}

impl Check<'_> {
    fn wrong(&self, spot: &Spot, what: impl Into<String>, right: impl Into<String>) {
        self.report.add(&spot.origin, &spot.key, what, right);
    }

    /// No two lines that may stand on one page are chosen by the same digits.
    fn distinct(&self, lines: &[(&Line, Option<Condition>)]) {
        for (at, (line, when)) in lines.iter().enumerate() {
            let mut before = lines.iter().take(at);
            let same = before.find(|(other, other_when)| {
                other.press == line.press && together(*when, *other_when)
            });
            if let Some((other, _)) = same {
                let what = format!("is \"{}\", as `{}` is", line.press, other.spot.key);
                self.wrong(&line.spot, what, "choose other digits for one of them");
            }
        }
    }

    /// What is typed as a number is not taken for a choice, and lists have digits left.
    fn numbers_are_no_choices(&self, screen: &Screen, lines: &[(&Line, Option<Condition>)]) {
        match &screen.body {
            Body::Input(input) => {
                let taken = lines
                    .iter()
                    .find(|(line, _)| input.read(&line.press).is_some());
                if let Some((line, _)) = taken {
                    let what = format!("takes \"{}\", which is `{}`", line.press, line.spot.key);
                    let right = format!("give an `input.least` above {}", line.press.len());
                    self.wrong(&screen.spot, what, right);
                }
            }
            Body::Applications { .. } if self.menu.free_digits(screen).is_empty() => {
                let right = "choose digits for its choices that leave some from 1 to 9";
                self.wrong(&screen.spot, "has no digits left for its list", right);
            }
            _ => {}
        }
    }

    fn everything_is_reached(&self) {
        let reached = self.reached(|screen| screen.body.leads_to());
        for (id, screen) in (0..).zip(&self.menu.screens) {
            if !reached.iter().any(|(it, _)| *it == id) {
                let right = "let a choice lead to it that somebody is offered, or take it out";
                self.wrong(&screen.spot, "is never reached", right);
            }
        }
    }

    /// Where a status is shown, an application was picked or typed.
    fn numbers_are_known(&self) {
        let begins: IndexSet<ScreenId> = Flags::each().map(|it| self.menu.beginning(it)).collect();
        for screen in begins.into_iter().filter_map(|id| self.menu.screen(id)) {
            if matches!(screen.body, Body::Status { .. }) {
                let what = "shows an application where a dialogue begins, and none was named yet";
                self.wrong(&screen.spot, what, "let a list or an input lead there");
            }
        }
        let without = self.reached(|_| None);
        let offered = without.iter().flat_map(|(id, flags)| {
            let offered = self.menu.screen(*id).map(|it| it.offered(*flags, false));
            let offered = offered.into_iter().flatten();
            offered.map(|(number, choice)| ((*id, number), choice))
        });
        let offered: BTreeMap<_, _> = offered.collect();
        for choice in offered.into_values() {
            let to = self.menu.screen(choice.to);
            if to.is_some_and(|to| matches!(to.body, Body::Status { .. })) {
                let what = "leads to a screen that shows an application, and none was named yet";
                self.wrong(&choice.link, what, "let a list or an input lead there");
            }
        }
    }

    /// Who picks or types an application is not led home, where none is shown.
    fn what_is_named_is_kept(&self) {
        for screen in &self.menu.screens {
            if screen.body.leads_to() == Some(self.menu.home) {
                let what = "leads home with the application that is picked or typed, and none is shown there";
                let right = "name a screen with `show = \"status\"`";
                self.wrong(&screen.spot, what, right);
            }
        }
    }

    /// Where there is no way back, there is something to be chosen, whatever is known of a subscriber.
    fn what_has_no_way_back_leads_on(&self) {
        let begins = Flags::each().map(|flags| (self.menu.beginning(flags), flags));
        let reached = self.reached(|screen| screen.body.leads_to()).into_iter();
        let at_home = reached.filter(|(id, _)| *id == self.menu.home);
        let mut told = Vec::new();
        for (id, flags) in begins.chain(at_home) {
            let Some(screen) = self.menu.screen(id) else {
                continue;
            };
            let is_plain = matches!(screen.body, Body::Nothing) && !screen.ends;
            let leads_on = screen.offered(flags, false).next().is_some();
            if is_plain && !leads_on && !told.contains(&id) {
                told.push(id);
                let what = format!("is a dead end for who is {flags}");
                let right = "give it a choice without `when`, or `end = true`";
                self.wrong(&screen.spot, what, right);
            }
        }
    }

    /// The screens that somebody comes to, and what is known of them there: by choices, where screens lead by
    /// themselves, back, and home.
    fn reached(
        &self,
        by_itself: impl Fn(&Screen) -> Option<ScreenId>,
    ) -> IndexSet<(ScreenId, Flags)> {
        let begins = Flags::each().map(|flags| (self.menu.beginning(flags), flags));
        let mut reached: IndexSet<(ScreenId, Flags)> = begins.collect();
        let mut led: IndexSet<(ScreenId, ScreenId)> = IndexSet::new();
        loop {
            let before = (reached.len(), led.len());
            let mut next = 0;
            while let Some((id, flags)) = reached.get_index(next).copied() {
                next += 1;
                let Some(screen) = self.menu.screen(id) else {
                    continue;
                };
                let on = by_itself(screen).map(|to| (to, flags));
                for (to, after) in on.into_iter().chain(screen.ways(flags)) {
                    led.insert((id, to));
                    reached.insert((to, after));
                }
                if !screen.ends {
                    let back = led.iter().filter(|(_, to)| *to == id);
                    reached.extend(back.map(|(from, _)| (*from, flags)));
                    reached.insert((self.menu.home, flags));
                }
            }
            // A way to a screen may have been found after that was looked at.
            if before == (reached.len(), led.len()) {
                return reached;
            }
        }
    }
}

/// Whether both may hold of one subscriber.
fn together(one: Option<Condition>, other: Option<Condition>) -> bool {
    let holds = |when: Option<Condition>, flags| when.is_none_or(|when| when.holds(flags));
    Flags::each().any(|flags| holds(one, flags) && holds(other, flags))
}
