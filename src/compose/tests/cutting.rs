//! Words that are cut, and words that only look so.

use super::*;

/// The text of `ready` with these values, as the file of a language has it.
fn ready(text: &str, params: &[(&str, &str)]) -> String {
    let folder = Folder::with([("en.toml", &*format!("[messages]\nready = {text}"))]);
    let catalog = Catalog::load(folder.as_path()).unwrap();
    let content = content("hujjatla[.]uzbekistonlik", "ready", Language::En, params);
    let written = catalog.write(news(&content), Language::En).unwrap();
    let text = catalog.compose(news(&content), Language::En).unwrap();
    assert_eq!(text.text, written.text);
    text.text
}

#[test]
fn three_dots_of_an_agency_or_a_template_cost_no_words() {
    let documents = "Паспорт нусхаси ўқилмайди...";
    let params = [("documents", documents)];
    let content = content("passport", "documents-needed", Language::UzCyrl, &params);
    let text = written(&CATALOG, &content);
    assert!(text.contains(documents), "{text}");
    assert_eq!(count(&text).segments, 2);

    let (office, reason) = ("o".repeat(106), "to'lov 1 250 000 so'm");
    let params = [("office", &*office), ("reason", reason)];
    let whole = format!("Please wait... Office: {office}. Reason: {reason}.");
    assert_eq!(count(&whole).characters, 161);
    let text = "\"Please wait...[ Office: {office}.][ Reason: {reason}.]\"";
    assert_eq!(ready(text, &params), whole);
}

#[test]
fn only_words_that_are_cut_anyway_pay_for_their_dots() {
    let (own, office) = ("o".repeat(25), "x".repeat(60));
    let documents = "one ".repeat(27) + "last";
    let text = format!("\"{own}[ {{office:20}}][, {{documents}}.]\"");
    let params = [("office", &*office), ("documents", &*documents)];
    let cut = format!("{own} {}..., {documents}.", "x".repeat(16));
    assert_eq!(count(&cut).characters, 160);
    assert_eq!(ready(&text, &params), cut);
}

#[test]
fn what_is_left_of_a_value_or_a_name_leads_nowhere() {
    // A text with room for the value up to where it would be a link; brackets take two septets.
    let value = |value: &str, as_link: &str| {
        let room = 158 - as_link.len() - as_link.matches(['[', ']']).count();
        let text = "o".repeat(room);
        let text = format!("{{ text = \"{text}[: {{value}}]\", segments = 1 }}");
        let text = ready(&text, &[("value", value)]);
        text.rsplit_once(": ").unwrap().1.to_owned()
    };
    assert_eq!(
        value(
            "davlat-tolov-sahifasi[.]uzbekistonliklar-uchun",
            "davlat-tolov-sahifasi[.]uz..."
        ),
        "davlat-tolov-sahifasi[.]u..."
    );
    assert_eq!(
        value("bino 1.2.3.999-davlat-markazi", "bino 1.2.3.99..."),
        "bino..."
    );
    let text = "o".repeat(140);
    let text = format!("{{ text = \"{text} {{service}}\", segments = 1 }}");
    let text = ready(&text, &[]);
    assert_eq!(text.rsplit_once(' ').unwrap().1, "hujjatla[.]u...");
}
