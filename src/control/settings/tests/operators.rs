//! What is said of operators: their binds, senders, statuses, prefixes and fallbacks.

use xabar_sms::DefaultAlphabet;

use super::*;
use crate::delivery::Class;
use crate::scratch::Folder;

#[test]
fn an_operator_is_checked_against_what_smpp_has_room_for() {
    let cases = [
        (
            "name = \"U Cell\"",
            "2:8: `operator[0].name` is \"U Cell\"; write 1 to 32 of the characters a-z, 0-9 and -",
        ),
        (
            "prefixes = []",
            "2:12: `operator[0].prefixes` is empty; give at least one entry; only who is another's `fallback`, or has its numbers by [routing], needs none",
        ),
        (
            "prefixes = [\"99893\", \"+99894\"]",
            "2:22: `operator[0].prefixes[1]` is \"+99894\"; write 1 to 15 digits as in the international number, such as \"99893\", without +",
        ),
        (
            "address = [\"a:1\", \"a:1\"]",
            "2:19: `operator[0].address[1]` is \"a:1\"; `operator[0].address[0]` has it already, and only one can: change or remove this one",
        ),
        (
            "address = []",
            "2:11: `operator[0].address` is empty; give at least one entry",
        ),
        (
            "address = \"smsc\"",
            "2:11: `operator[0].address` is \"smsc\"; write host and port, such as \"smsc.example.uz:2775\" or \"[fd00::1]:2775\"",
        ),
        (
            "system_id = \"a-system-id-of-20-c\"",
            "2:13: `operator[0].system_id` is \"a-system-id-of-20-c\"; write 1 to 15 ASCII characters; SMPP has no room for more",
        ),
        (
            "sender = \"MyGovernment\"",
            "2:10: `operator[0].sender` is \"MyGovernment\"; write 1 to 11 Latin letters, digits, blanks and .-_&, or a number of up to 15 digits without +",
        ),
        (
            "number = 555",
            "2:10: `operator[0].number` is 555; write it in quotes, 1 to 15 digits without +",
        ),
        (
            "receipts = \"yes\"",
            "2:12: `operator[0].receipts` is \"yes\"; write true or false, without quotes",
        ),
        (
            "sessions = 0",
            "2:12: `operator[0].sessions` is 0; give a whole number from 1 to 100",
        ),
        (
            "window = 0",
            "2:10: `operator[0].window` is 0; give a whole number from 1 to 10000",
        ),
        (
            "tps = -3",
            "2:7: `operator[0].tps` is -3; give a whole number from 1 to 100000",
        ),
        (
            "interface_version = \"3.5\"",
            "2:21: `operator[0].interface_version` is \"3.5\"; choose from \"3.3\", \"3.4\" and \"5.0\"",
        ),
        (
            "errors = { ESME_RNOSUCH = \"permanent\" }",
            "2:27: `operator[0].errors.ESME_RNOSUCH` is not a status; name it as \"ESME_RSUBMITFAIL\", \"0x45\", or a range as \"0x400-0x4FF\"",
        ),
        (
            "errors = { 0x4FF-0x400 = \"permanent\" }",
            "2:26: `operator[0].errors.0x4FF-0x400` is not a status; name it as \"ESME_RSUBMITFAIL\", \"0x45\", or a range as \"0x400-0x4FF\"",
        ),
        (
            "errors = { 0x45 = \"permanent\", ESME_RSUBMITFAIL = \"retry-soon\" }",
            "2:10: `operator[0].errors` says twice what 0x45 asks of us; leave out one of its names",
        ),
        (
            "errors = { 0x45 = \"retry\" }",
            "2:19: `operator[0].errors.0x45` is \"retry\"; choose from \"throttled\", \"session\", \"retry-soon\", \"retry-twice\", \"retry-elsewhere\", \"permanent\" and \"our-bug\"",
        ),
        (
            "receipt_ids = \"octal\"",
            "2:15: `operator[0].receipt_ids` is \"octal\"; choose from \"same\", \"decimal\" and \"hex\"",
        ),
        (
            "receipts = false\nquery = true",
            "3:9: `operator[0].query` is true; only receipts that were asked for are missed: leave it out, or set receipts = true",
        ),
        (
            "receipts = false\nunmarked_receipts = true",
            "3:21: `operator[0].unmarked_receipts` is true; no receipts are asked for, so none is to be read: leave it out, or set receipts = true",
        ),
        (
            "receipts = false\naccepted_is_delivered = true",
            "3:25: `operator[0].accepted_is_delivered` is true; no receipts are asked for, so none is to be read: leave it out, or set receipts = true",
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(told(&operator(line), &[]), [expected]);
    }
}

#[test]
fn a_list_of_senders_says_one_thing_for_each_agency_and_gives_no_name_to_two() {
    let row = |lines: &str| format!("[[sender]]\n{lines}\n");
    let kadastr = row("name = \"Kadastr\"\nagency = \"kadastr\"");
    let cases = [
        (
            row("name = \"Kadastr agency\"\nagency = \"kadastr\""),
            "2:8: `sender[0].name` is \"Kadastr agency\"; write 1 to 11 Latin letters, digits, blanks and .-_&, or a number of up to 15 digits without +",
        ),
        (
            row("name = \"Kadastr\"\nagency = \"/agencies/kadastr\""),
            "3:10: `sender[0].agency` is \"/agencies/kadastr\"; write the agency as in the `source` of its events: 1 to 64 of the characters a-z, 0-9 and -",
        ),
        (
            row("name = \"Kadastr\"\nagency = [\"kadastr\", \"kadastr\"]"),
            "3:22: `sender[0].agency[1]` is \"kadastr\"; `sender[0].agency[0]` has it already, and only one can: change or remove this one",
        ),
        (
            row("name = \"Kadastr\"\nagency = \"kadastr\"\noperator = \"uzmobile\""),
            "4:12: `sender[0].operator` is \"uzmobile\"; name an operator that is configured: ucell",
        ),
        (
            row("name = \"Kadastr\"\nagency = \"kadastr\"\npriority = \"high\""),
            "4:12: `sender[0].priority` is \"high\"; choose from urgent, normal and bulk",
        ),
        (
            row("name = \"Kadastr\""),
            "1:1: `sender[0].agency` is missing; name the agency that goes out as this, or a list of those that share it",
        ),
        (
            kadastr.clone() + &row("name = \"KADASTR\"\nagency = \"soliq\""),
            "4:1: `sender[1]` gives \"KADASTR\" to other agencies than `sender[0]` does; nobody sends under another's name: choose another, or list all that share it in both",
        ),
        (
            kadastr.clone() + &row("name = \"Cadastre\"\nagency = [\"soliq\", \"kadastr\"]"),
            "4:1: `sender[1]` says as whom kadastr goes out, which `sender[0]` does already; remove one, or let them differ in `operator` or `priority`",
        ),
    ];
    for (rows, expected) in cases {
        assert_eq!(told(&(rows + &operator("")), &[]), [expected]);
    }
    let fine = [
        row("name = \"Cadastre\"\nagency = \"kadastr\"\npriority = \"urgent\""),
        row("name = \"Cadastre\"\nagency = \"kadastr\"\noperator = \"ucell\""),
        row("name = \"MyGov\"\nagency = \"soliq\""),
        row("name = \"Kadastr\"\nagency = [\"kadastr\", \"yer\"]\npriority = \"bulk\""),
    ];
    for rows in fine {
        good(&(kadastr.clone() + &rows + &operator("")), &[]);
    }
}

#[test]
fn an_operator_may_use_statuses_in_a_way_of_its_own() {
    let line = "errors = { ESME_RSUBMITFAIL = \"throttled\", 0x400-0x40F = \"permanent\", 0x9F = \"our-bug\" }";
    let settings = good(&operator(line), &[]);
    let errors = &settings.operators.first().unwrap().errors;
    assert_eq!(errors.len(), 3);
    assert!(errors.contains(&(0x45..=0x45, Class::Throttled)));
    assert!(errors.contains(&(0x400..=0x40F, Class::Permanent)));
    assert!(errors.contains(&(0x9F..=0x9F, Class::OurBug)));
}

#[test]
fn an_alphabet_is_one_of_those_that_data_coding_0_may_mean() {
    let alphabet = |line: &str| good(&operator(line), &[]).operators[0].alphabet;
    assert_eq!(alphabet(""), DefaultAlphabet::Gsm7);
    assert_eq!(alphabet("alphabet = \"latin1\""), DefaultAlphabet::Latin1);
    assert_eq!(alphabet("alphabet = \"ascii\""), DefaultAlphabet::Ascii);
    assert_eq!(
        told(&operator("alphabet = \"ucs2\""), &[]),
        [
            "2:12: `operator[0].alphabet` is \"ucs2\"; choose from \"gsm7\", \"latin1\" and \"ascii\""
        ]
    );
}

#[test]
fn who_has_numbers_that_were_ported_to_it_needs_no_prefix() {
    let folder = Folder::with([("ported.csv", "998901234567,ucell\n")]);
    let ported = format!("[routing]\nported = {:?}\n", folder.path("ported.csv"));
    let settings = good(&(ported + &operator("prefixes = []")), &[]);
    assert!(settings.operators[0].prefixes.is_empty());
}

#[test]
fn a_fallback_is_another_operator_and_moving_needs_one() {
    let two = |lines: &str| {
        let other = "name = \"others\"\nprefixes = []";
        operator(lines) + &operator(other)
    };
    let settings = good(
        &two("fallback = \"others\"\nwhen_down = \"move\"\nmove_after = \"5m\""),
        &[],
    );
    let [ucell, others] = settings.operators.as_slice() else {
        panic!()
    };
    assert_eq!(ucell.fallback, ["others"]);
    assert_eq!(ucell.move_after, Some(Duration::from_secs(300)));
    assert_eq!((others.move_after, others.prefixes.len()), (None, 0));
    let cases = [
        (
            "fallback = [\"others\", \"ucell\"]",
            "2:23: `operator[0].fallback[1]` is \"ucell\"; name another operator: others",
        ),
        (
            "fallback = [\"others\", \"others\"]",
            "2:23: `operator[0].fallback[1]` is \"others\"; `operator[0].fallback[0]` has it already, and only one can: change or remove this one",
        ),
        (
            "fallback = \"others\"\nwhen_down = \"stay\"",
            "3:13: `operator[0].when_down` is \"stay\"; choose from \"wait\" and \"move\"",
        ),
        (
            "fallback = \"others\"\nmove_after = \"0s\"",
            "3:14: `operator[0].move_after` is \"0s\"; write a length of time from \"1s\" to \"24h\": numbers with the units ms, s, m, h, d or w",
        ),
    ];
    for (lines, expected) in cases {
        assert_eq!(told(&two(lines), &[]), [expected]);
    }
    assert_eq!(
        told(&operator("when_down = \"move\""), &[]),
        [
            "2:13: `operator[0].when_down` is \"move\"; list in `fallback` who carries its messages then"
        ]
    );
}

#[test]
fn two_operators_share_no_name_and_none_lists_a_prefix_twice() {
    let text = operator("") + &operator("prefixes = [\"99893\", \"99893\"]");
    assert_eq!(
        told(&text, &[]),
        [
            "10:22: `operator[1].prefixes[1]` is \"99893\"; `operator[1].prefixes[0]` has it already, and only one can: change or remove this one",
            "11:8: `operator[1].name` is \"ucell\"; `operator[0].name` has it already, and only one can: change or remove this one",
        ]
    );
}

#[test]
fn operators_share_a_prefix_by_weights_of_which_one_is_something() {
    let two =
        |one: &str, other: &str| operator(one) + &operator(&format!("name = \"beeline\"\n{other}"));
    let settings = good(&two("weight = 3", "when_down = \"move\""), &[]);
    let weights = settings.operators.iter().map(|it| it.weight);
    assert_eq!(weights.collect::<Vec<_>>(), [3, 1]);
    assert!(good(&two("weight = 0", ""), &[]).operators[0].weight == 0);
    let cases = [
        (
            two("weight = 2", "prefixes = [\"99890\"]"),
            "2:10: `operator[0].weight` is 2; leave it out, or list a prefix that another operator has too",
        ),
        (
            two("weight = 1001", ""),
            "2:10: `operator[0].weight` is 1001; give a whole number from 0 to 1000",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(told(&text, &[]), [expected]);
    }
    let nothing = |place: &str| {
        format!(
            "{place}.weight` is 0, as it is of all others with the prefix \"99893\"; give one of them at least a weight of 1 or more"
        )
    };
    assert_eq!(
        told(&two("weight = 0", "weight = 0"), &[]),
        [
            nothing("2:10: `operator[0]"),
            nothing("11:10: `operator[1]")
        ]
    );
}

#[test]
fn a_login_of_its_own_says_what_differs_from_the_operators() {
    let text = operator("sessions = 2\ntps = 300")
        + "[[operator.bind]]\ntps = 100\n[[operator.bind]]\naddress = [\"a:1\", \"b:1\"]\n\
           system_id = \"other\"\nbind = \"transmitter-receiver\"\nwindow = 5";
    let operator = good(&text, &[]).operators.remove(0);
    let told = operator.binds.iter().map(|bind| {
        let Bind {
            reach,
            system_id,
            directions,
            sessions,
            window,
            tps,
            ..
        } = bind;
        (
            reach.addresses().join(" "),
            system_id.as_str(),
            *directions,
            *sessions,
            *window,
            *tps,
        )
    });
    let (both, pairs) = (Directions::Transceiver, Directions::TransmitterReceiver);
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("127.0.0.1:2775".to_owned(), "xabar", both, 2, 10, Some(100)),
            ("a:1 b:1".to_owned(), "other", pairs, 2, 5, None),
        ]
    );
    assert_eq!(operator.tps, Some(300));
    let own = operator.binds.iter().map(|bind| bind.is_own_window);
    assert_eq!(own.collect::<Vec<_>>(), [false, true]);
}

#[test]
fn what_a_login_lacks_is_told_where_it_should_stand() {
    let text = "[[operator]]\nname = \"ucell\"\nprefixes = [\"99893\"]\nsender = \"MyGov\"\npassword = 7\n\
                [[operator.bind]]\naddress = \"a:1\"\nsystem_id = \"x\"\n[[operator.bind]]\nsystem_id = \"y\"\ntsp = 1";
    assert_eq!(
        told(text, &[]),
        [
            "5:12: `operator[0].password` is a number without quotes; write a text in quotes, { env = \"NAME\" } or { file = \"PATH\" }",
            "9:1: `operator[0].bind[1].address` is missing; give host and port of its SMSC",
            "11:1: `operator[0].bind[1].tsp` is not a key; did you mean `tps`?",
        ]
    );
}

/// An SMSC that connects to us, with keys of its table in place of others.
fn outbind(lines: &str) -> String {
    let given = |key: &str| lines.contains(key);
    let usual = [
        ("listen", "\"0.0.0.0:2776\""),
        ("system_id", "\"smsc\""),
        ("password", "\"theirs\""),
    ];
    let usual = usual.iter().filter(|(key, _)| !given(key));
    let keys = usual.map(|(key, value)| format!("{key} = {value}"));
    let keys: Vec<String> = keys
        .chain((!lines.is_empty()).then(|| lines.to_owned()))
        .collect();
    format!("outbind = {{ {} }}", keys.join(", "))
}

/// An operator without an address.
fn comes(lines: &str) -> String {
    operator(lines).replace("address = \"127.0.0.1:2775\"\n", "")
}

#[test]
fn an_smsc_may_connect_to_us_and_introduce_itself() {
    let settings = good(
        &comes(&outbind("password = { env = \"THEIRS\" }")),
        &[("THEIRS", "geheim")],
    );
    let Reach::Outbind(outbind) = &settings.operators[0].binds[0].reach else {
        panic!("{settings:?}");
    };
    assert_eq!(outbind.listen, ([0, 0, 0, 0], 2776).into());
    assert_eq!(outbind.system_id, "smsc");
    assert_eq!(outbind.password.expose(), "geheim");
    assert!(!format!("{settings:?}").contains("geheim"));
}

#[test]
fn what_is_wrong_with_an_outbind_is_told_with_its_key() {
    let own = "127.0.0.1:2775";
    let listen = |listen| comes(&outbind(&format!("listen = {listen}")));
    let right = "write an IP address of this machine and a port, such as \"10.0.0.5:2776\", or \"0.0.0.0:2776\" for all networks";
    let cases = [
        (
            operator(&outbind("")),
            "2:11: `operator[0].outbind` is set beside `address`; leave `outbind` out if we connect to the SMSC, or `address` if it connects to us".to_owned(),
        ),
        (
            listen("\"smsc.example.uz:2776\""),
            format!("2:63: `operator[0].outbind.listen` is \"smsc.example.uz:2776\"; {right}"),
        ),
        (
            listen("\"10.0.0.5\""),
            format!("2:63: `operator[0].outbind.listen` is \"10.0.0.5\"; {right}"),
        ),
        (
            listen("\"10.0.0.5:0\""),
            format!("2:63: `operator[0].outbind.listen` is \"10.0.0.5:0\"; {right}"),
        ),
        (
            comes("outbind = { listen = \"10.0.0.5:2776\", system_id = \"smsc\" }"),
            "2:11: `operator[0].outbind.password` is missing; give the password that the SMSC shows us".to_owned(),
        ),
        (
            comes(&outbind("password = \"longer-than-8\"")),
            "2:69: `operator[0].outbind.password` has 13 characters or such as are not ASCII; SMPP has room for 8 ASCII characters; ask the operator for such a password".to_owned(),
        ),
        (
            comes(&outbind("")) + &comes(&(outbind("") + "\nname = \"beeline\"")),
            "8:1: `operator[1]` waits for outbind at 0.0.0.0:2776, where `operator[0]` listens already; set `outbind.listen` to another port".to_owned(),
        ),
        (
            comes(&outbind("")) + "[[operator.bind]]\n[[operator.bind]]\nsystem_id = \"other\"",
            "9:1: `operator[0].bind[1]` waits for outbind at 0.0.0.0:2776, where `operator[0].bind[0]` listens already; set `outbind.listen` to another port".to_owned(),
        ),
        (
            comes(&outbind("listen = \"127.0.0.1:8025\"")) + "[http]\ninsecure = true\nlisten = \"0.0.0.0:8025\"",
            "1:1: `operator[0]` waits for outbind at 127.0.0.1:8025, where `http` listens already; set `outbind.listen` to another port".to_owned(),
        ),
        (
            comes(&outbind("")) + "[operator.tls]\n",
            "8:1: `operator[0].tls` is set beside `outbind`, and the connections that an SMSC makes to us have no TLS; leave it out, or give `address` instead of `outbind`".to_owned(),
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(told(&text, &[]), [expected], "{text}");
    }
    // A login with an address beside one without, and one port for each.
    let two = operator("")
        + "[[operator.bind]]\n[[operator.bind]]\nsystem_id = \"other\"\n"
        + &outbind("");
    let binds = good(&two, &[]).operators.remove(0).binds;
    assert_eq!(binds[0].reach.addresses(), [own]);
    assert!(matches!(binds[1].reach, Reach::Outbind(_)));
    let ports = comes(&outbind(""))
        + &comes(&(outbind("listen = \"0.0.0.0:2777\"") + "\nname = \"beeline\""));
    good(&ports, &[]);
}

#[test]
fn a_weight_is_not_blamed_for_prefixes_that_are_wrong() {
    let wrong = ["[\"+99893\"]", "[99893]", "99893"];
    for (prefixes, key) in wrong.iter().zip(["prefixes[0]", "prefixes[0]", "prefixes"]) {
        let wrong = format!("prefixes = {prefixes}");
        for (one, other) in [
            (format!("weight = 2\n{wrong}"), ""),
            (format!("when_down = \"move\"\n{wrong}"), ""),
            ("weight = 2".to_owned(), &*wrong),
        ] {
            let beeline = operator(&format!("name = \"beeline\"\n{other}"));
            let told = told(&(operator(&one) + &beeline), &[]);
            let expected = format!(".{key}` is ");
            assert!(told.len() == 1 && told[0].contains(&expected), "{told:?}");
        }
    }
}

#[test]
fn who_names_an_operator_is_not_blamed_for_what_is_wrong_in_its_table() {
    let text = "[[sender]]\nname = \"Soliq\"\nagency = \"soliq\"\noperator = \"ucell\"\n\
                [[sender]]\nname = \"MyGov\"\nagency = \"kadastr\"\n\
                [[sender]]\nname = \"MyGov\"\nagency = \"yer\"\n\
                [routing.lookup]\nurl = \"http://127.0.0.1/{msisdn}\"\n\
                operators = { a = \"ucell\", b = \"beeline\" }\n";
    let other = operator("name = \"beeline\"\nsessions = 0");
    assert_eq!(
        told(&(text.to_owned() + &operator("") + &other), &[]),
        ["24:12: `operator[1].sessions` is 0; give a whole number from 1 to 100"]
    );
    assert_eq!(
        told(text, &[])[..2],
        [
            "4:12: `sender[0].operator` is \"ucell\"; name an operator that is configured: there is none",
            "8:1: `sender[2]` gives \"MyGov\" to other agencies than `sender[1]` does; nobody sends under another's name: choose another, or list all that share it in both",
        ]
    );
}

/// What is warned of, without the name of the file.
fn warned(text: &str) -> Vec<String> {
    let warnings = good(text, &[]).warnings;
    let warnings = warnings.iter().map(ToString::to_string);
    warnings
        .map(|it| it.replace(&format!("{FILE}:"), ""))
        .collect()
}

#[test]
fn more_tps_for_a_login_than_for_its_operator_is_warned_of() {
    let text = |tps: u32| {
        operator("tps = 300") + &format!("[[operator.bind]]\nsystem_id = \"x\"\ntps = {tps}\n")
    };
    assert_eq!(warned(&text(300)), [""; 0]);
    assert_eq!(
        warned(&text(301)),
        [
            "11:7: `operator[0].bind[0].tps` is 301, of which only 300 can be used: that is the operator's `tps`, for all logins together; lower this one, or raise that"
        ]
    );
}

#[test]
fn a_login_that_stands_twice_is_warned_of_with_both_its_places() {
    let two = |lines: &str| operator("") + &operator(&format!("name = \"beeline\"\n{lines}"));
    assert_eq!(
        warned(&two("")),
        [
            "9:1: `operator[1]` logs in at 127.0.0.1:2775 as xabar, as `operator[0]` does: what one `tps` allows the SMSC counts for both; give each its own login, or make them one operator"
        ]
    );
    for other in ["system_id = \"other\"", "address = \"127.0.0.1:2776\""] {
        assert_eq!(warned(&two(other)), [""; 0]);
    }
    let binds = |second: &str| {
        operator("")
            + "[[operator.bind]]\naddress = [\"a:1\", \"b:1\"]\n[[operator.bind]]\n"
            + second
    };
    assert_eq!(
        warned(&binds("address = \"a:1\"")),
        [
            "11:1: `operator[0].bind[1]` logs in at a:1 as xabar, as `operator[0].bind[0]` does; raise `sessions` of `operator[0].bind[0]` instead, or give each its own login"
        ]
    );
    // Each stands in for the other.
    assert_eq!(warned(&binds("address = [\"b:1\", \"a:1\"]")), [""; 0]);
}

#[test]
fn ussd_without_a_secret_is_warned_of_where_others_reach_it() {
    let ussd = |listen: &str, keys: &str| {
        let http = match listen {
            "" => String::new(),
            listen => format!("[http]\ninsecure = true\nlisten = \"{listen}\"\n"),
        };
        operator("") + "[operator.ussd]\n" + keys + &http
    };
    for listen in ["", "127.0.0.1:8025", "[::1]:8025"] {
        assert_eq!(warned(&ussd(listen, "")), [""; 0], "{listen}");
    }
    let long = "secret = \"0123456789abcdef\"\n";
    assert_eq!(warned(&ussd("0.0.0.0:8025", long)), [""; 0]);
    assert_eq!(
        warned(&ussd("0.0.0.0:8025", "secret = \"geheim\"\n")),
        [
            "9:1: `operator[0].ussd` has a short `secret`: whoever reaches 0.0.0.0:8025 can find it by trying; give it one of 16 characters or more, made by chance"
        ]
    );
    let with_tokens = ussd("0.0.0.0:8025", "") + "tokens = \"tokens.toml\"\n";
    assert_eq!(warned(&with_tokens), [""; 0]);
    for listen in ["0.0.0.0:8025", "10.0.0.1:80", "[::]:8025"] {
        assert_eq!(
            warned(&ussd(listen, "")),
            [format!(
                "9:1: `operator[0].ussd` has no `secret`: over HTTP whoever reaches {listen} can ask as any number; give it one, or let `http.listen` be an address of this machine alone"
            )]
        );
    }
}

#[test]
fn pushes_of_nobody_are_warned_of() {
    let push = |push: &str| operator("") + "[operator.ussd]\npush = " + push + "\n";
    assert_eq!(
        warned(&push("{ from = \"555\", allowed = [] }")),
        [
            "10:8: `operator[0].ussd.push` has an empty `allowed`: nothing is ever pushed; name agencies or services in it, or leave `push` out"
        ]
    );
    for allowed in [
        "{ from = \"555\" }",
        "{ from = \"555\", allowed = [\"kadastr\"] }",
    ] {
        assert_eq!(warned(&push(allowed)), [""; 0], "{allowed}");
    }
}

#[test]
fn no_operator_is_told_to_fall_back_to_itself() {
    let other = operator("name = \"others\"\nprefixes = [\"99890\"]");
    for name in ["U Cell", "others"] {
        let itself = operator(&format!("name = \"{name}\"\nfallback = \"nobody\""));
        let told = told(
            &(other.clone() + &operator("name = \"spare\"") + &itself),
            &[],
        );
        let fallback = told.iter().find(|it| it.contains("fallback")).unwrap();
        assert!(
            fallback.contains("spare") && !fallback.contains(name),
            "{fallback}"
        );
    }
}
