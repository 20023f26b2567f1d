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
fn what_to_do_next_costs_no_word_of_a_reason() {
    let mut refusals = 0;
    for listed in LISTED.iter() {
        let letter = match listed.language {
            Language::Ru | Language::UzCyrl => "н",
            _ => "n",
        };
        let told = |reason: &str| {
            let params = [("reason", reason)];
            let service = listed.service.unwrap_or("passport");
            let content = content(service, listed.status, listed.language, &params);
            written(&CATALOG, &content)
        };
        let mut places = listed.longest_values();
        if !places.any(|place| place == ("reason", 80)) {
            continue;
        }
        let reason = format!("{} {}", letter.repeat(39), letter.repeat(40));
        let (whole, brief) = (told(&reason), told(letter));
        assert!(whole.contains(&reason), "{whole}");
        assert!(count(&whole).segments <= listed.limit(), "{whole}");
        assert!(listed.most.segments <= listed.limit(), "{}", listed.key());
        // What is said behind a short one is the text's own.
        let behind = brief.rsplit_once(&format!(" {letter}.")).unwrap().1;
        assert!(whole.ends_with(behind) || whole.ends_with(&format!("{reason}.")));
        refusals += usize::from(!behind.is_empty());
    }
    assert_eq!(refusals, 4 * Language::ALL.len());
}

#[test]
fn words_have_the_room_of_a_remark_that_is_left_out() {
    let (own, reason) = ("o".repeat(110), "word ".repeat(8) + "end");
    let text = format!("{{ text = \"{own}[ {{reason:40}}.][ Apply again.]\", segments = 1 }}");
    let told = |reason: &str| ready(&text, &[("reason", reason)]);
    assert_eq!(told("short"), format!("{own} short. Apply again."));
    assert_eq!(told(&reason), format!("{own} {reason}."));
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
