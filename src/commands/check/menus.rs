//! The USSD menus as trees: how each screen is come to, and how full it is at its fullest.

use std::io::{self, Write};

use serde_json::{Value, json};
use xabar_events::Language;

use super::print::{Cell, FAINT, HEADING, Table, WARN, styled};
use crate::compose::Catalog;
use crate::dialogue::menu::{Branch, Fill, Longest, Menus, Tree};

/// How full a screen may be before a longer word makes it overflow, in percent.
const NEARLY_FULL: usize = 95;

/// The longest names of services and statuses, as citizens know them.
pub(super) fn longest(catalog: &Catalog) -> Longest {
    let (services, statuses) = (catalog.services(), catalog.statuses());
    Longest::of(|language| {
        let services = services.iter();
        let services = services.map(|service| catalog.service_name(language, service));
        let statuses = statuses.iter();
        let statuses = statuses.map(|status| catalog.status_name(language, status));
        (services.collect(), statuses.collect())
    })
}

/// Prints each menu, in the words of one language.
pub(super) fn print(
    menus: &Menus,
    language: Language,
    longest: &Longest,
    out: &mut impl Write,
) -> io::Result<()> {
    for tree in menus.trees(language, longest) {
        writeln!(out, "\n{}  {}", styled(HEADING, &tree.file), codes(&tree))?;
        let mut table = Table::default();
        for branch in &tree.branches {
            table.row(row(branch));
        }
        table.print(out)?;
    }
    Ok(())
}

/// For scripts: `[{"file","dialled","screens":[{"screen","units","capacity","pages","encoding","language"}]}]`.
pub(super) fn to_json(menus: &Menus, language: Language, longest: &Longest) -> Value {
    let screen = |branch: &Branch| {
        let fill = branch.fill?;
        Some(json!({
            "screen": branch.screen,
            "units": fill.units,
            "capacity": fill.capacity(),
            "pages": fill.pages,
            "encoding": fill.encoding.as_str(),
            "language": fill.language,
        }))
    };
    let menu = |tree: Tree| {
        let screens: Vec<Value> = tree.branches.iter().filter_map(screen).collect();
        json!({ "file": tree.file, "dialled": tree.dialled, "screens": screens })
    };
    menus.trees(language, longest).map(menu).collect()
}

fn codes(tree: &Tree) -> String {
    match tree.dialled.as_slice() {
        [] => "every other code".to_owned(),
        codes => codes.join(" "),
    }
}

fn row(branch: &Branch) -> [Cell; 4] {
    let Branch {
        lines,
        press,
        screen,
        ..
    } = branch;
    let name = match press.as_str() {
        "" => format!("{lines}{screen}"),
        press => format!("{lines}{press} {screen}"),
    };
    let (fill, style) = match branch.fill {
        Some(fill) if is_nearly_full(fill) => (shown(fill), WARN),
        Some(fill) => (shown(fill), FAINT),
        None => ("↑".to_owned(), FAINT),
    };
    [
        Cell::new(name),
        Cell::new(branch.label.as_str()),
        Cell::new(branch.notes.join(", ")).style(FAINT),
        Cell::new(fill).style(style),
    ]
}

fn is_nearly_full(fill: Fill) -> bool {
    fill.pages == 1 && fill.units * 100 > fill.capacity() * NEARLY_FULL
}

fn shown(fill: Fill) -> String {
    let Fill {
        units,
        encoding,
        language,
        pages,
    } = fill;
    let pages = match pages {
        0 | 1 => String::new(),
        _ => format!(", {pages} pages"),
    };
    format!(
        "{units} of {} {encoding} in {language}{pages}",
        fill.capacity()
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use anstream::adapter::strip_str;

    use super::*;

    fn printed() -> String {
        let catalog = Catalog::built_in();
        let menus = Menus::built_in(|language| catalog.rules(language));
        let mut out = Vec::new();
        print(&menus, Language::UzLatn, &longest(&catalog), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        strip_str(&text).to_string().trim().to_owned()
    }

    /// `XABAR_GOLDEN=write` writes it there.
    #[test]
    fn the_tree_in_the_documents_is_the_one_that_is_printed() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ussd-menus.md");
        let mut page = std::fs::read_to_string(&file).unwrap();
        let (before, after) = page.split_once("\n```\nmain.toml").unwrap();
        let (_, after) = after.split_once("\n```\n").unwrap();
        let expected = format!("{before}\n```\n{}\n```\n{after}", printed());
        if std::env::var_os("XABAR_GOLDEN").is_some_and(|value| value == "write") {
            std::fs::write(&file, &expected).unwrap();
            page.clone_from(&expected);
        }
        assert_eq!(page, expected);
    }

    #[test]
    fn the_built_in_menu_tells_every_status_on_the_first_page() {
        let catalog = Catalog::built_in();
        let menus = Menus::built_in(|language| catalog.rules(language));
        assert_eq!(menus.late_statuses(&longest(&catalog)), []);
    }

    #[test]
    fn a_screen_stands_in_the_tree_once_with_what_is_below_it() {
        let printed = printed();
        let full = printed
            .lines()
            .filter(|line| line.contains("number") && line.contains(" of "));
        assert_eq!(full.count(), 1, "{printed}");
        let known = printed.lines().filter(|line| line.ends_with('↑'));
        assert!(known.count() >= 2, "{printed}");
    }
}
