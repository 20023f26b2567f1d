//! The promises of the command line: what it prints, where, and with which exit code.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn xabar(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xabar"));
    command.args(arguments).env_remove("XABAR_CONFIG");
    command
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    told(xabar(arguments).stdin(Stdio::null()).output().unwrap())
}

fn run_with_input(arguments: &[&str], input: &[u8]) -> (i32, String, String) {
    let pipes = [Stdio::piped(), Stdio::piped(), Stdio::piped()];
    let [stdin, stdout, stderr] = pipes;
    let mut child = xabar(arguments)
        .stdin(stdin)
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    told(child.wait_with_output().unwrap())
}

fn told(output: Output) -> (i32, String, String) {
    let text = |octets| String::from_utf8(octets).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn lines(stdout: &str) -> Vec<Value> {
    stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const ENQUIRE_LINK: &str = "00000010000000150000000000000001";

#[test]
fn help_and_version_go_to_standard_output() {
    for arguments in [
        &["--help"][..],
        &["help", "text"],
        &["publish", "--help"],
        &["--version"],
    ] {
        let (code, stdout, stderr) = run(arguments);
        assert_eq!((code, stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(stdout.contains("xabar"), "{arguments:?}: {stdout}");
    }
}

#[test]
fn wrong_usage_is_exit_code_2() {
    for arguments in [
        &[][..],
        &["txt"],
        &["check"],
        &["text", "--language", "tlh", "x"],
        &[
            "text",
            "x",
            "--template",
            "approved",
            "--service",
            "passport",
        ],
        &["publish", "--config", "x.toml"],
        &["publish", "--config", "x.toml", "--count", "5", "file"],
        &["publish", "--config", "x.toml", "file", "--seed", "5"],
        &[
            "publish", "--config", "x.toml", "--count", "5", "--agency", "nobody",
        ],
        &["smsc", "dial", "", "--from", "998931234567"],
        &["smsc", "dial", "hello", "--from", "998931234567"],
        &["smsc", "dial", "*#", "--from", "998931234567"],
        &["smsc", "dial", "*555", "--from", "998931234567"],
        &[
            "smsc",
            "dial",
            "*555#",
            "--from",
            "999999999999999",
            "--phones",
            "2",
            "--answers",
            "1",
        ],
    ] {
        let (code, stdout, stderr) = run(arguments);
        assert_eq!((code, stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(!stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_pdu_is_one_object_a_line_from_arguments_and_from_standard_input() {
    let spelled = "0x00000010 80000015 00000000 00000001";
    let (code, stdout, _) = run(&["pdu", ENQUIRE_LINK, spelled]);
    assert_eq!(code, 0);
    let commands: Vec<_> = lines(&stdout)
        .iter()
        .map(|pdu| pdu["command"].clone())
        .collect();
    assert_eq!(commands, ["enquire_link", "enquire_link_resp"]);
    let input = format!("{ENQUIRE_LINK}\r\n\n{spelled}\n");
    assert_eq!(
        run_with_input(&["pdu"], input.as_bytes()),
        (0, stdout, String::new())
    );
}

#[test]
fn a_line_may_hold_several_pdus_and_a_part_of_one_is_an_error() {
    let line = format!("{ENQUIRE_LINK}{ENQUIRE_LINK}0000");
    let told = run(&["pdu", &line]);
    let pdus = lines(&told.1);
    assert_eq!(told.0, 1);
    assert_eq!((pdus.len(), &pdus[0]), (3, &pdus[1]));
    assert_eq!(
        (&pdus[2]["offset"], &pdus[2]["field"]),
        (&json!(32), &json!("command_length"))
    );
    assert_eq!(run_with_input(&["pdu"], line.as_bytes()), told);
}

#[test]
fn a_malformed_pdu_is_an_object_and_the_others_are_still_decoded() {
    let (code, stdout, _) = run_with_input(
        &["pdu"],
        format!("zz\n\u{fffd}\n{ENQUIRE_LINK}\n").as_bytes(),
    );
    assert_eq!(code, 1);
    let pdus = lines(&stdout);
    assert_eq!(
        pdus[0],
        json!({"error": "'z' is no hexadecimal digit", "offset": 0, "field": null})
    );
    assert_eq!(pdus[2]["command_id"], "0x00000015");
}

#[test]
fn a_closed_pipe_ends_a_command_quietly() {
    let mut child = xabar(&["pdu"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut input = child.stdin.take().unwrap();
    // The command may be gone before it has read all of it.
    input
        .write_all(format!("{ENQUIRE_LINK}\n").repeat(1000).as_bytes())
        .ok();
    drop(input);
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_eq!(
        (child.wait().unwrap().code(), stderr.as_str()),
        (Some(0), "")
    );
}

#[test]
fn a_text_costs_what_scripts_can_read() {
    let text = "ko‘p so'z ".repeat(8);
    let (code, stdout, _) = run(&["text", "--json", &text]);
    assert_eq!(code, 0);
    let json = &lines(&stdout)[0];
    assert_eq!(
        (&json["encoding"], &json["segments"]),
        (&json!("ucs2"), &json!(2))
    );
    assert_eq!(json["forced_by"], json!(["‘"]));
    assert_eq!(json["sent"]["text"], text.replace('‘', "'"));
    assert_eq!(json["sent"]["segments"], 1);
    assert_eq!(json["candidates"][1]["how"], "folded");
    let (_, from_input, _) = run_with_input(&["text", "--json"], format!("{text}\n").as_bytes());
    assert_eq!(from_input, stdout);
}

#[test]
fn a_text_is_shown_to_people_without_colours_in_a_pipe() {
    let (code, stdout, _) = run(&["text", "Аризангиз ўтди"]);
    assert_eq!(code, 0);
    assert!(stdout.contains("ў U+045E"), "{stdout}");
    assert!(
        stdout.contains("1 segment") && !stdout.contains('\u{1b}'),
        "{stdout}"
    );
}

#[test]
fn a_text_can_come_from_a_template() {
    let params = r#"{"office": "Yunusobod DXM"}"#;
    let template = [
        "text",
        "--template",
        "ready",
        "--service",
        "passport",
        "--params",
        params,
    ];
    let (code, stdout, _) = run(&[&template[..], &["--language", "en", "--json"]].concat());
    assert_eq!(code, 0);
    let json = &lines(&stdout)[0];
    let text = json["sent"]["text"].as_str().unwrap();
    assert!(
        text.contains("passport is ready") && text.contains("Yunusobod DXM"),
        "{text}"
    );
    assert_eq!(json["language"], "en");
    let (code, _, stderr) = run(&["text", "--template", "redy"]);
    assert_eq!(code, 1);
    assert!(
        stderr.contains("no language has a text for this status")
            && stderr.contains("did you mean \"ready\"?"),
        "{stderr}"
    );
}

#[test]
fn a_value_that_a_template_does_not_take_is_named() {
    let params = r#"{"office": "go to evil.uz", "deadline": "soon", "extra": "x"}"#;
    let template = ["text", "--template", "ready-for-pickup", "--language", "en"];
    let template = [&template[..], &["--params", params]].concat();
    let (code, stdout, _) = run(&template);
    assert_eq!(code, 1);
    for line in [
        "messages.ready-for-pickup, en",
        "  deadline  left out  {deadline} is no date; write it as 2026-12-01",
        "  office    left out  {office} leads elsewhere by a link",
        "  extra     no place  this text does not say it",
    ] {
        assert!(stdout.contains(line), "{stdout}");
    }
    let (code, stdout, _) = run(&[&template[..], &["--json"]].concat());
    let json = &lines(&stdout)[0];
    assert_eq!((code, &json["template"]["shortened"]), (1, &json!(false)));
    assert_eq!(json["template"]["params"][0]["fate"], "left-out");
    assert!(!json["text"].as_str().unwrap().contains("evil"));
}

#[test]
fn a_value_of_which_only_the_beginning_is_taken_is_shortened() {
    let ask = |documents: &str| {
        let params = json!({"documents": documents, "office": "ЦГУ"}).to_string();
        let template = ["--template", "documents-needed", "--language", "ru"];
        let of = [&["text"], &template[..], &["--params", &params]].concat();
        let (code, stdout, _) = run(&of);
        let json = run(&[&of[..], &["--json"]].concat()).1;
        (
            code,
            stdout,
            lines(&json)[0]["template"]["shortened"].clone(),
        )
    };
    let (code, stdout, shortened) = ask("паспорт");
    assert!(stdout.contains("documents  taken "), "{stdout}");
    assert_eq!((code, shortened), (0, json!(false)));
    let (code, stdout, shortened) = ask(&"паспорт и ".repeat(15));
    assert!(stdout.contains("documents  shortened "), "{stdout}");
    assert_eq!((code, shortened), (0, json!(true)));
}

#[test]
fn the_sample_configuration_is_good() {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/config/xabar.toml");
    let (code, stdout, stderr) = run(&["check", "--config", config]);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    assert!(
        stdout.starts_with("OK") && !stdout.contains("warning"),
        "{stdout}"
    );
    let (code, stdout, _) = run(&["check", "--config", config, "--json"]);
    let json = &lines(&stdout)[0];
    assert_eq!(
        (code, &json["ok"], &json["problems"]),
        (0, &json!(true), &json!([]))
    );
    assert_eq!(json["warnings"], json!([]));
    let number = "a number of 64, office 60";
    let named = |text: &Value| text["text"] == "messages.passport.ready" && text["with"] == number;
    let shortened = json["shortened"].as_array().unwrap();
    assert!(shortened.iter().any(named), "{shortened:?}");
    let (_, stdout, _) = run(&["check", "--config", config, "--shortened"]);
    assert!(stdout.contains(number), "{stdout}");
    assert_eq!(json["languages"].as_array().unwrap().len(), 5);
}

/// A configuration with its texts, in a folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn with(name: &str, config: &str, english: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("xabar-{name}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("messages")).unwrap();
        std::fs::write(folder.join("xabar.toml"), config).unwrap();
        std::fs::write(folder.join("messages/en.toml"), english).unwrap();
        Self(folder)
    }

    fn check(&self) -> (i32, Value) {
        let config = self.0.join("xabar.toml");
        let (code, stdout, _) = run(&["check", "--json", "--config", config.to_str().unwrap()]);
        (code, lines(&stdout).remove(0))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

#[test]
fn mistakes_in_the_configuration_and_in_the_texts_are_told_together() {
    let folder = Folder::with(
        "mistakes",
        "[timing]\nshutdwn = \"1s\"\n",
        "[messages]\n\nready = \"{office}\"\n",
    );
    let (code, json) = folder.check();
    assert_eq!((code, &json["ok"]), (1, &json!(false)));
    let problems = json["problems"].as_array().unwrap();
    let places: Vec<_> = problems
        .iter()
        .map(|problem| (&problem["key"], &problem["line"]))
        .collect();
    assert_eq!(
        places,
        [
            (&json!("timing.shutdwn"), &json!(2)),
            (&json!("messages.ready"), &json!(3))
        ]
    );
}

#[test]
fn no_mistake_hides_one_in_another_file() {
    let operator = "[[operator]]\nname = \"ucell\"\nprefixes = [\"99893\"]\nsender = \"MyGov\"\n\
                    address = \"127.0.0.1:2775\"\nsystem_id = \"xabar\"\npassword = \"secret\"\n";
    let rest = "[routing]\nported = \"ported.csv\"\n[numbers]\nblocked = \"blocked.csv\"\n\
                [http]\nlisten = \"here\"\ntokens = \"tokens.toml\"\n";
    let wrong = operator.replace("\"99893\"", "99893") + rest;
    let folder = Folder::with("layers", &wrong, "[messages]\nready = \"{office}\"\n");
    let write = |file: &str, text: &str| std::fs::write(folder.0.join(file), text).unwrap();
    // The operator is called so, whatever else is wrong with it.
    write("ported.csv", "998901234567,ucell\n998901234568,nobody\n");
    write("blocked.csv", "998901234567\nnone\n");
    write("tokens.toml", "[[token]]\nname = 5\n");
    std::fs::create_dir_all(folder.0.join("ussd")).unwrap();
    write("ussd/main.toml", "dialled = [\"*555#\"]\nhom = \"main\"\n");
    let found = || {
        let (code, json) = folder.check();
        assert_eq!(code, 1);
        let problems = json["problems"].as_array().unwrap().iter();
        let problems = problems.map(|it| {
            let file = Path::new(it["file"].as_str().unwrap()).file_name();
            format!("{}:{}", file.unwrap().display(), it["line"])
        });
        let mut problems: Vec<String> = problems.collect();
        problems.dedup();
        problems
    };
    let beside = [
        "en.toml:2",
        "main.toml:1",
        "main.toml:2",
        "ported.csv:2",
        "blocked.csv:2",
        "tokens.toml:1",
        "tokens.toml:2",
    ];
    let all: Vec<&str> = ["xabar.toml:3", "xabar.toml:13"]
        .into_iter()
        .chain(beside)
        .collect();
    assert_eq!(found(), all);
    write(
        "xabar.toml",
        &(operator.to_owned() + &rest.replace("here", "127.0.0.1:1")),
    );
    assert_eq!(found(), beside);
    // What is no TOML names fewer operators, perhaps.
    write("xabar.toml", &(operator.replace("]\n", "\n") + rest));
    assert!(!found().iter().any(|it| it.starts_with("ported")));
}

#[test]
fn mistakes_in_menus_are_told_with_their_file_and_good_ones_shown_screen_by_screen() {
    let operator = "[[operator]]\nname = \"ucell\"\nprefixes = [\"99893\"]\n\
                    address = \"127.0.0.1:2775\"\nsystem_id = \"xabar\"\npassword = \"secret\"\n\
                    sender = \"MyGov\"\n[operator.ussd]\n";
    let folder = Folder::with("menus", operator, "[messages]\nready = \"Tayyor\"\n");
    let menu =
        "dialled = [\"*555#\"]\nhome = \"main\"\n[screens.main]\ntext = \"Main\"\nend = true\n";
    let broken = menu.replace("555", "777").replace("end", "ent");
    std::fs::create_dir_all(folder.0.join("ussd")).unwrap();
    std::fs::write(folder.0.join("ussd/good.toml"), menu).unwrap();
    std::fs::write(folder.0.join("ussd/broken.toml"), broken).unwrap();
    let (code, json) = folder.check();
    assert_eq!((code, &json["ok"]), (1, &json!(false)));
    let problems = json["problems"].as_array().unwrap();
    let is_broken = |it: &&Value| it["file"].as_str().unwrap().ends_with("broken.toml");
    assert!(problems.iter().all(|it| is_broken(&it)), "{problems:?}");
    let mut keys = problems.iter().map(|it| (&it["key"], &it["line"]));
    let wrong = (&json!("screens.main.ent"), &json!(5));
    assert!(keys.any(|it| it == wrong), "{problems:?}");

    std::fs::remove_file(folder.0.join("ussd/broken.toml")).unwrap();
    let (code, json) = folder.check();
    assert_eq!(code, 0, "{json}");
    let main = json!({
        "screen": "main", "units": 4, "capacity": 182, "pages": 1, "encoding": "gsm7",
        "language": "uz-Latn",
    });
    let shown = json!([{ "file": "good.toml", "dialled": ["*555#"], "screens": [main] }]);
    assert_eq!(json["menus"], shown);
}

#[test]
fn what_only_deserves_a_look_is_a_warning() {
    let long = format!("[messages]\nready = \"{}\"\n", "a".repeat(161));
    let (code, json) = Folder::with("warnings", "", &long).check();
    assert_eq!(code, 0);
    let warnings = json["warnings"].to_string();
    for warning in [
        "there is no [[operator]]",
        "the default language, uz-Latn, has no texts",
        "`messages.ready` takes 2 segments",
    ] {
        assert!(warnings.contains(warning), "{warnings}");
    }
}

#[test]
fn a_service_that_no_text_knows_is_a_warning() {
    let config = "urgent.allowed = [\"adliya/nosuch\", \"adliya/notary\", \"adliya/passport\"]\n\
                  [[bulk.spread]]\nagency = \"soliq\"\nservice = \"notary\"\nan_hour = 5\n\
                  [[bulk.spread]]\nagency = \"soliq\"\nservice = \"tax\"\nan_hour = 5\n";
    let known = "[services]\nnotary = \"notary\"\n[messages.passport]\nready = \"Ready\"\n";
    let (code, json) = Folder::with("services", config, known).check();
    assert_eq!(code, 0);
    let warnings = json["warnings"].as_array().unwrap().iter();
    let told = warnings.filter_map(|it| it.as_str()?.split_once("xabar.toml:"));
    let told: Vec<&str> = told.map(|(_, told)| told).collect();
    let right = "which no file of texts knows; write it as in `data.service` of its events, or give it a name in \
                 [services] there";
    let expected = [
        format!("1:19: `urgent.allowed[0]` names the service \"nosuch\", {right}"),
        format!("8:11: `bulk.spread[1].service` names the service \"tax\", {right}"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_text_that_could_exceed_its_budget_is_a_warning() {
    let two = "Ready.[ Office: {office}.][ Reason: {reason}.]";
    let three = format!("{two}[ More: {{more:80}}.]");
    let longest = "takes 2 segments with every value at its longest (gsm7, 266 characters: \
                   office 120, reason 120)";
    let told = format!("en: `messages.ready` {longest}; its `budget.segments` is 1");
    let usual = "reason 120, more 80); it is shortened to 2";
    for (number, (budget, text, warned)) in [
        ("[budget]\nsegments = 1\n", two, Some(&*told)),
        ("", two, None),
        ("", &three, Some(usual)),
    ]
    .into_iter()
    .enumerate()
    {
        let text = format!("{budget}[messages]\nready = \"{text}\"\n");
        let (code, json) = Folder::with(&format!("budget-{number}"), "", &text).check();
        assert_eq!(code, 0);
        let warnings = json["warnings"].to_string();
        match warned {
            Some(warned) => assert!(warnings.contains(warned), "{warnings}"),
            None => assert!(!warnings.contains("messages.ready"), "{warnings}"),
        }
    }
}

#[test]
fn two_operators_that_share_a_login_are_a_warning() {
    let operator = |name: &str, prefix: &str, login: &str| {
        format!(
            "[[operator]]\nname = \"{name}\"\nprefixes = [\"{prefix}\"]\n\
             address = \"127.0.0.1:2775\"\nsystem_id = \"{login}\"\npassword = \"secret\"\n\
             sender = \"MyGov\"\n"
        )
    };
    for (login, warned) in [("xabar", true), ("xabar-2", false)] {
        let operators = operator("one", "99890", "xabar") + &operator("two", "99893", login);
        let text = "[messages]\nready = \"Tayyor\"\n";
        let (code, json) = Folder::with(&format!("login-{login}"), &operators, text).check();
        assert_eq!(code, 0, "{json}");
        let warnings = json["warnings"].to_string();
        let told = warnings
            .contains("`operator[1]` logs in at 127.0.0.1:2775 as xabar, as `operator[0]` does");
        assert_eq!(told, warned, "{warnings}");
    }
}

#[test]
fn where_no_journal_is_none_is_made() {
    let folder = Folder::with("no-journal", "", "");
    let config = folder.0.join("xabar.toml");
    for arguments in [
        &["subscriber", "erase", "998901234567"][..],
        &["subscriber", "export", "998901234567"],
        &["trace", "48120973"],
        &["report", "balance"],
    ] {
        let mut command = xabar(arguments);
        command.arg("--config").arg(&config).current_dir(&folder.0);
        let (code, _, stderr) = told(command.output().unwrap());
        let here = folder.0.join("data/xabar.db").display().to_string();
        let why = format!("there is no journal at {here}; ");
        assert_eq!(code, 1, "{stderr}");
        assert!(
            stderr.contains(&why) && stderr.contains("working directory"),
            "{stderr}"
        );
        assert!(!folder.0.join("data").exists(), "{arguments:?}");
    }
}

#[test]
fn what_is_wrong_with_an_argument_names_it_and_what_would_be_right() {
    for (arguments, right) in [
        (
            &["report", "balance", "--config", "x", "--day", "today"][..],
            "should be a day by UTC, such as 2026-11-28",
        ),
        (
            &["report", "balance", "--config", "x", "--agency", "K"],
            ": should be 1 to 64 of the characters",
        ),
    ] {
        let (code, _, stderr) = run(arguments);
        assert_eq!(code, 2);
        assert!(stderr.contains(right), "{stderr}");
    }
}

#[test]
fn publishing_without_a_broker_says_where_it_looked() {
    let folder = Folder::with(
        "no-broker",
        "[intake.amqp]\nurl = \"amqp://xabar:geheim@127.0.0.1:1/%2f\"\n",
        "",
    );
    let config = folder.0.join("xabar.toml");
    let (code, _, stderr) = run(&[
        "publish",
        "--count",
        "1",
        "--config",
        config.to_str().unwrap(),
    ]);
    assert_eq!(code, 1);
    assert!(
        stderr.contains("cannot connect to the broker at 127.0.0.1:1"),
        "{stderr}"
    );
    assert!(!stderr.contains("geheim"), "{stderr}");
}

#[test]
fn completions_name_the_commands() {
    let (code, stdout, _) = run(&["completions", "bash"]);
    assert_eq!(code, 0);
    assert!(
        stdout.contains("publish") && stdout.contains("complete"),
        "{stdout}"
    );
}

#[test]
fn a_token_is_made_only_where_the_audit_log_has_a_folder() {
    let config = "[http]\ntokens = \"tokens.toml\"\n[[operator]]\nname = \"ucell\"\nprefixes = [\"99893\"]\n\
                  address = \"127.0.0.1:2775\"\nsystem_id = \"xabar\"\npassword = \"secret\"\nsender = \"MyGov\"\n";
    let folder = Folder::with("tokens", config, "[messages]\nready = \"Ready\"\n");
    let config = folder.0.join("xabar.toml");
    let add = || {
        let config = config.to_str().unwrap();
        let add = [
            "token", "add", "--config", config, "anna", "--role", "viewer",
        ];
        told(xabar(&add).current_dir(&folder.0).output().unwrap())
    };
    let (code, _, stderr) = add();
    assert_eq!(code, 1);
    let data = folder.0.join("data");
    let told = format!(
        "the audit log stands in {}, which is not there",
        data.display()
    );
    assert!(stderr.contains(&told), "{stderr}");
    assert!(!data.exists() && !folder.0.join("tokens.toml").exists());
    std::fs::create_dir(&data).unwrap();
    assert_eq!(add().0, 0);
    assert!(data.join("audit.jsonl").exists());
}
