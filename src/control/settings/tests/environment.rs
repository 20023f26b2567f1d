//! What the environment and files put in place of values.

use super::*;

#[test]
fn the_environment_wins_over_the_file() {
    let settings = good(
        REFERENCE,
        &[
            (
                "XABAR__INTAKE__AMQP__URL",
                "['amqp://a:b@one:5672/%2f', 'amqp://a:b@two:5672/%2f']",
            ),
            (
                "XABAR__INTAKE__AMQP__BINDING",
                "application.status.kadastr,application.status.soliq",
            ),
            ("XABAR__OPERATOR__UCELL__TPS", "50"),
            ("XABAR__OPERATOR__1__PASSWORD", "12345678"),
            ("XABAR__OPERATOR__1__NUMBER", "556"),
            ("XABAR__OPERATOR__1__USSD__DIALECT", "generic"),
            ("XABAR__OPERATOR__UCELL__RECEIPTS", "false"),
            (
                "XABAR__SUBSCRIBER__LIMITS",
                "[{ messages = 1, per = \"1m\" }]",
            ),
            ("XABAR__HTTP__LISTEN", "0.0.0.0:80"),
            ("XABAR__HTTP__INSECURE", "true"),
            ("XABAR_LOG", "debug"),
            ("UCELL_PASSWORD", "other"),
        ],
    );
    let amqp = settings.intake.amqp.unwrap();
    assert_eq!(
        amqp.urls.iter().map(SecretUrl::expose).collect::<Vec<_>>(),
        ["amqp://a:b@one:5672/%2f", "amqp://a:b@two:5672/%2f",]
    );
    assert_eq!(
        amqp.binding,
        ["application.status.kadastr", "application.status.soliq"]
    );
    assert_eq!(settings.http.unwrap().listen.port(), 80);
    assert_eq!(
        settings.subscriber.limits,
        [Limit {
            messages: 1,
            per: Duration::from_secs(60)
        }]
    );
    let [ucell, others] = settings.operators.as_slice() else {
        panic!()
    };
    assert_eq!(
        (ucell.tps, ucell.receipts, ucell.binds[0].password.expose()),
        (Some(50), false, "other")
    );
    assert_eq!(
        (others.binds[0].password.expose(), others.number.as_deref()),
        ("12345678", Some("556"))
    );
    assert!(others.ussd.is_some());
}

#[test]
fn a_mistake_in_the_environment_names_the_variable() {
    let cases = [
        (
            "XABAR__OPERATOR__UCELL__TPS",
            "fast",
            "`operator[0].tps` is \"fast\"; give a whole number from 1 to 100000",
        ),
        (
            "XABAR__INTAKE__AMQP__PREFECH",
            "9",
            "`intake.amqp.prefech` is not a key; did you mean `prefetch`?",
        ),
        (
            "XABAR__OPERATOR__BEELINE__TPS",
            "9",
            "names `beeline`, but the file has: ucell, others; name what is there, or unset the variable",
        ),
        (
            "XABAR__HTTP__LISTEN__PORT",
            "9",
            "`http.listen` is a table; write an IP address and a port, such as \"127.0.0.1:8025\", or \"0.0.0.0:8025\" for all networks",
        ),
        (
            "XABAR__SUBSCRIBER__LIMITS__7__MESSAGES",
            "9",
            "names entry `7` of a list that has 2, counted from 0; name what is there, or unset the variable",
        ),
    ];
    for (variable, value, expected) in cases {
        assert_eq!(
            told(REFERENCE, &[(variable, value)]),
            [format!("environment {variable}: {expected}")]
        );
    }
}

#[test]
fn secrets_come_from_variables_and_files() {
    let folder = std::env::temp_dir().join(format!("xabar-settings-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("password"), "from-a\n").unwrap();
    let password = |line: &str, variables: &[(&str, &str)]| {
        let settings = Settings::read(
            &operator(line),
            &folder.join("xabar.toml"),
            &variables.iter().copied().collect(),
        );
        settings.map(|settings| {
            settings.operators.first().unwrap().binds[0]
                .password
                .expose()
                .to_owned()
        })
    };
    assert_eq!(
        password("password = { file = \"password\" }", &[]).unwrap(),
        "from-a"
    );
    assert_eq!(
        password("password = { env = \"P\" }", &[("P", "given")]).unwrap(),
        "given"
    );
    assert_eq!(
        password("password = { env = \"P\", default = \"spare\" }", &[]).unwrap(),
        "spare"
    );
    for (line, expected) in [
        (
            "password = { env = \"P\" }",
            "names the environment variable P, which is not set",
        ),
        (
            "password = { file = \"none\" }",
            "names the file none, which cannot be read (No such file or directory (os error 2))",
        ),
        (
            "password = { default = \"p\" }",
            "needs either `env` or `file`",
        ),
    ] {
        assert_eq!(
            password(line, &[]).unwrap_err().first().unwrap().what,
            expected
        );
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn no_secret_is_ever_shown() {
    let text = "[intake.amqp]\nurl = [\"amqp://guest:hunter2@a:5672/%2f\"]\n[outcomes.amqp]\n[journal]\nurl = \"sqlite:x.db\"\n";
    let shown = format!(
        "{:?}",
        good(
            &(text.to_owned() + &operator("password = \"hunter2\"")),
            &[]
        )
    );
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("amqp://***@a:5672/%2f"), "{shown}");

    let mistakes = [
        "[intake.amqp]\nurl = \"ampq://guest:hunter2@a\"".to_owned(),
        "[intake.amqp]\nurl = \"amqp://guest:hunter2@a:notaport/%2f\"".to_owned(),
        "[journal]\nurl = \"mysql://x:hunter2@h/d\"".to_owned(),
        operator("password = \"hunter2-too-long\""),
        operator("password = hunter2"),
        operator("password = { env = \"P\", default = \"hunter2-too-long\" }"),
        operator("password = [\"hunter2\"]"),
        operator("pasword = \"hunter2\""),
    ];
    for text in mistakes {
        let told = told(&text, &[]);
        assert!(
            !told.is_empty() && !told.concat().contains("hunter2"),
            "{told:#?}"
        );
    }
    assert!(
        !told(&operator("password = 31337313"), &[])
            .concat()
            .contains("31337313")
    );
}
