//! What templates say, and what is wrong with them.

use super::*;

fn filled(template: &str, values: &[(&str, &str)]) -> String {
    let value = |placeholder: &Placeholder| {
        let found = values
            .iter()
            .find(|(other, _)| *other == placeholder.name());
        found.map(|(_, value)| (*value).into())
    };
    Template::parse(template).unwrap().fill(value)
}

fn faults(template: &str) -> Vec<String> {
    let faults = Template::parse(template).unwrap_err();
    faults.into_iter().map(|fault| fault.what).collect()
}

#[test]
fn a_part_in_brackets_needs_its_values() {
    let template = "{application} is ready.[ Office: {office}.][ {from} to {to}.]";
    let application = ("application", "481");
    assert_eq!(filled(template, &[application]), "481 is ready.");
    assert_eq!(
        filled(template, &[application, ("office", "DXM"), ("from", "9")]),
        "481 is ready. Office: DXM."
    );
    assert_eq!(
        filled(template, &[application, ("from", "9"), ("to", "18")]),
        "481 is ready. 9 to 18."
    );
}

#[test]
fn values_are_not_read_as_templates() {
    assert_eq!(filled("{service}", &[("service", "{x}[y]")]), "{x}[y]");
}

#[test]
fn doubled_signs_are_themselves() {
    assert_eq!(filled("{{a}} [[b]]", &[]), "{a} [b]");
}

#[test]
fn a_value_brings_no_second_full_stop() {
    assert_eq!(filled("A[: {x}.] B", &[("x", "ko'ch.")]), "A: ko'ch. B");
    assert_eq!(filled("A[: {x}.] B", &[("x", "yes")]), "A: yes. B");
    assert_eq!(filled("A[: {x}]. B", &[("x", "long...")]), "A: long... B");
    assert_eq!(filled("A[: {x}].[ {y}.]", &[("x", "why?")]), "A: why?");
    assert_eq!(filled("A.[ {x}]. B", &[]), "A.. B");
}

#[test]
fn a_value_brings_no_second_sign_of_a_number() {
    let template = "№{application}.[ Qaror № {x}.][ {y}]";
    let values = [("application", "№ 12"), ("x", "No. 5"), ("y", "№ 7")];
    assert_eq!(filled(template, &values), "№12. Qaror № 5. № 7");
}

#[test]
fn where_a_part_is_left_out_no_blank_or_bracket_stays() {
    let left_out = [
        ("Ready [{x}] now", "Ready now"),
        ("Ready [{x}][{y}] now", "Ready now"),
        ("Ready [{x}], come", "Ready, come"),
        ("Ready ([{x}]) now", "Ready now"),
        ("Ready ([{x}]).", "Ready."),
        ("[{x}] Ready", "Ready"),
        ("Ready [{x} ]now", "Ready now"),
        ("Ready[: {x}]. Come", "Ready. Come"),
    ];
    for (template, text) in left_out {
        assert_eq!(filled(template, &[]), text);
    }
    assert_eq!(filled("Ready ([{x}]) now", &[("x", "5")]), "Ready (5) now");
}

#[test]
fn where_a_part_has_no_room_it_is_as_if_it_were_not_given() {
    let template = Template::parse("Ready[: {x}] ([{y}])[. Come][ {z}]. Thanks").unwrap_err();
    assert_eq!(template.len(), 1, "{template:?}");
    let template = Template::parse("Ready[: {x}] ([{y}])[ on {z}][. Come]. Thanks").unwrap();
    let filled = |template: &Template| template.fill(|place| Some(place.name().to_owned().into()));
    assert_eq!(filled(&template), "Ready: x (y) on z. Come. Thanks");
    assert_eq!((template.remarks(), template.optional_parts()), (1, 3));
    let brief = template.without_last_remarks(1);
    assert_eq!(filled(&brief), "Ready: x (y) on z. Thanks");
    assert_eq!((brief.remarks(), brief.optional_parts()), (0, 3));
    for (parts, text) in [
        (1, "Ready: x (y). Thanks"),
        (2, "Ready: x. Thanks"),
        (3, "Ready. Thanks"),
    ] {
        let shorter = brief.without_last(parts);
        assert_eq!(filled(&shorter), text);
        assert_eq!(shorter.placeholders().count(), 3 - parts);
    }
}

#[test]
fn every_fault_is_found_at_once() {
    assert_eq!(
        faults("a } {b c} ] [?] [{e} [f] {office} {"),
        [
            "has a } without a {",
            "has {b c}, which is no name of a value",
            "has a ] without a [",
            "has [ ] with nothing to say in it",
            "has a [ within [ ]",
            "has a { without its }",
            "needs {office}, which not every event has",
        ]
    );
    assert_eq!(faults("[{a}"), ["has a [ without its ]"]);
    assert_eq!(
        faults("Rooms[ {a}][ and][ {b}]"),
        ["has [ ] without a value before [ ] with one"]
    );
    assert_eq!(faults(" "), ["is empty"]);
    for empty in ["[ {a:link}][ {b:phone}]", ". [{a}]", "[Ready.]", "!"] {
        let what = "says nothing when its parts in [ ] are left out";
        assert_eq!(faults(empty), [what], "{empty}");
    }
    let wrong = "has {a:dat}, which has a form that is not known";
    assert_eq!(faults("A[ {a:dat}]"), [wrong]);
    assert_eq!(faults("a\nb"), ["has a line break or a control character"]);
    assert_eq!(
        faults("Hujjat \u{202E}tayyor"),
        ["has U+202E, which shows nothing and may turn words around"]
    );
    assert_eq!(faults(&"a".repeat(601)), ["is longer than 600 characters"]);
    assert_eq!(faults(&"{status}".repeat(17)), ["has more than 16 values"]);
}

#[test]
fn values_that_nothing_parts_are_looked_at_together() {
    let filled = |template| filled(template, &[("a", "90 123"), ("b", "45 67"), ("c", "evil.")]);
    assert_eq!(filled("Call[ {a}][ {b}]"), "Call 90 123");
    assert_eq!(filled("Rooms[ {a} and {b}]"), "Rooms 90 123 and 45 67");
    assert_eq!(filled("Rooms[ {a}][, {b:date}]"), "Rooms 90 123, 45 67");
}

#[test]
fn forms_are_read_and_unknown_ones_refused() {
    let template = Template::parse("{status}[ {a:40}][ {b:money}][ {c}]").unwrap();
    let forms: Vec<_> = template.placeholders().map(|place| place.form).collect();
    assert_eq!(forms, [Form::Any, Form::Text(40), Form::Money, Form::Any]);
    assert_eq!(
        faults("[{x}{a:dat}][{x}{a:0}][{x}{a:121}]{status:20}"),
        [
            "has {a:dat}, which has a form that is not known",
            "has {a:0}, which has a form that is not known",
            "has {a:121}, which has a form that is not known",
            "gives {status} a form",
        ]
    );
}
