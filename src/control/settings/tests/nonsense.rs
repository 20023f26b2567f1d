//! What is no configuration at all.

use super::*;

#[test]
fn nonsense_is_a_problem_and_no_panic() {
    for text in [
        "\0",
        "[",
        "= =",
        "[[operator]]\n[operator]",
        "operator = 3",
        "a.b.c.d = 1",
        "[intake]\namqp = []",
        &"[".repeat(10_000),
        "ў = \"ғ\"",
    ] {
        assert!(!told(text, &[]).is_empty(), "{text}");
    }
    for (variable, value) in [
        ("XABAR__", ""),
        ("XABAR____", "x"),
        ("XABAR__OPERATOR", "{"),
        ("XABAR__HTTP", "[[["),
        ("XABAR__OPERATOR__-1__TPS", "1"),
    ] {
        assert!(
            !told(REFERENCE, &[(variable, value)]).is_empty(),
            "{variable}"
        );
    }
}

#[test]
fn a_file_that_is_not_there_is_a_problem() {
    let problems = Settings::load(
        Path::new("/nonexistent/xabar.toml"),
        &Environment::default(),
    )
    .unwrap_err();
    let told = problems.first().unwrap().to_string();
    assert_eq!(
        told,
        "/nonexistent/xabar.toml: cannot be read: No such file or directory (os error 2); name a file with --config"
    );
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC*", key in "[A-Z_0-9]*", value in "\\PC*") {
        let overrides = [(format!("XABAR__{key}"), value.as_str())];
        drop(Settings::read(&text, Path::new(FILE), &overrides.into_iter().collect()));
    }

    #[test]
    fn no_value_makes_it_panic(
        table in "(intake\\.amqp|outcomes\\.amqp|timing|http|journal|subscriber|log)",
        key in "(url|states|expires|listen|limits|quiet_hours|level|binding)",
        value in "([0-9]{0,30}|\"\\PC*\"|\\[\\]|\\{\\}|\\[\\{ \\PC* \\}\\]|true|12:00:00|1e9)",
    ) {
        drop(read(&format!("[{table}]\n{key} = {value}\n"), &[]));
    }
}
