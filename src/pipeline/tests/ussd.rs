//! USSD dialogues from a phone's step to the screen, over SMPP and over HTTP.

use std::sync::Arc;

use tokio::sync::oneshot::{self, error::TryRecvError};
use xabar_events::{Language, Msisdn, Notification};
use xabar_smpp::pdu::{Body, DeliverSm, Pdu};
use xabar_smpp::values::Ton;
use xabar_smpp::{Frame, Octets, Status, Tag, TlvBuffer};
use xabar_sms::{DataCoding, LanguageRules, Reading, decode};
use xabar_ussd::form::Form;
use xabar_ussd::{Dialect, Shown};

use super::dialogue::SENDERS;
use super::laws::Text;
use super::world::*;
use crate::dialogue::menu::Menus;
use crate::journal::OperatorId;
use crate::numbers::Numbers;
use crate::pipeline::{NotShown, Posted};
use crate::scratch::Folder;

pub(super) const BEGIN: u8 = 1;
pub(super) const ANSWER: u8 = 0x12;
pub(super) const ABORT: u8 = 0x81;
pub(super) const CONFIRM: u8 = 19;

/// `ussd_service_op` of a screen that asks, and of the last one.
pub(super) const ASKS: u8 = 2;
pub(super) const LAST: u8 = 17;

pub(super) fn step(msisdn: Msisdn, op: u8, session: u8, text: &str) -> Frame {
    step_from(
        Ton::UNKNOWN,
        &msisdn.digits(),
        op,
        u16::from(session) << 8,
        text,
    )
}

/// The same with the phone's number and `its_session_info` as they are given here.
fn step_from(ton: Ton, digits: &str, op: u8, info: u16, text: &str) -> Frame {
    let mut tlvs = TlvBuffer::new();
    tlvs.push_octet(Tag::USSD_SERVICE_OP, op);
    tlvs.push_two_octets(Tag::ITS_SESSION_INFO, info);
    let pdu = DeliverSm {
        service_type: "USSD".into(),
        source_addr_ton: ton,
        source_addr: Octets(digits.as_bytes()),
        destination_addr: "555".into(),
        short_message: text.into(),
        tlvs: tlvs.as_tlvs(),
        ..DeliverSm::default()
    };
    Pdu::new(1, Body::DeliverSm(pdu)).to_frame().unwrap()
}

/// The same step as the operator's request of this number.
pub(super) fn numbered(step: &Frame, sequence_number: u32) -> Frame {
    let pdu: Pdu<'_> = step.decode().unwrap();
    let pdu = Pdu {
        sequence_number,
        ..pdu
    };
    pdu.to_frame().unwrap()
}

/// What a phone is shown, and by which op.
fn screens(world: &mut World) -> Vec<(u8, String)> {
    screens_of(world, UCELL)
}

/// The same over one operator's link.
fn screens_of(world: &mut World, operator: OperatorId) -> Vec<(u8, String)> {
    let screens = std::mem::take(&mut world.smsc(operator).screens);
    let read = |screen: &crate::delivery::Screen| {
        let Body::SubmitSm(pdu) = screen.frame.decode().unwrap().body else {
            panic!("{screen:?}")
        };
        let op = pdu.tlvs.ussd_service_op().unwrap().unwrap();
        let coding = DataCoding(pdu.data_coding.0);
        (
            op,
            decode(&pdu.short_message, coding, Reading::default()).unwrap(),
        )
    };
    screens.iter().map(read).collect()
}

/// A step that is acknowledged, and the one screen that answers it.
fn says(world: &mut World, msisdn: Msisdn, op: u8, session: u8, text: &str) -> (u8, String) {
    let frame = step(msisdn, op, session, text);
    assert_eq!(world.brings(frame), Status::ROK);
    let mut screens = screens(world);
    assert_eq!(screens.len(), 1, "{screens:?}");
    screens.remove(0)
}

/// A phone in a dialogue, and what it shows.
struct Phone {
    msisdn: Msisdn,
    session: u8,
    op: u8,
    shown: String,
}

impl Phone {
    /// Dials; in a dialogue of this number.
    fn dials(world: &mut World, msisdn: Msisdn, session: u8) -> Self {
        let (op, shown) = says(world, msisdn, BEGIN, session, "*555#");
        Self {
            msisdn,
            session,
            op,
            shown,
        }
    }

    /// Dials and chooses English.
    fn in_english(world: &mut World, msisdn: Msisdn) -> Self {
        let mut phone = Self::dials(world, msisdn, 1);
        phone.chooses(world, "English");
        phone
    }

    fn types(&mut self, world: &mut World, text: &str) {
        (self.op, self.shown) = says(world, self.msisdn, ANSWER, self.session, text);
    }

    /// Types what stands before these words, on whichever page they are.
    fn chooses(&mut self, world: &mut World, words: &str) {
        for _ in 0..5 {
            let mut lines = self.shown.lines();
            let line = lines.find(|line| line.contains(words) && line.starts_with(digit));
            let line = line.map(str::to_owned);
            let typed = line.as_deref().and_then(|line| line.split(' ').next());
            self.types(world, typed.unwrap_or("9"));
            if line.is_some() {
                return;
            }
        }
        panic!("no {words}: {}", self.shown);
    }
}

fn digit(character: char) -> bool {
    character.is_ascii_digit()
}

/// A world in which the first subscriber had a message that says nothing of a language.
fn told_of_an_approval() -> (World, Sent) {
    let mut world = World::new();
    world.publish(Notification {
        language: None,
        ..status("a")
    });
    let sent = world.one_sent();
    world.accept(&sent, "1");
    (world, sent)
}

fn posts(world: &mut World, session: &str, text: Option<&str>) -> Option<Shown> {
    let answer = posts_from(world, &phone(0).digits(), session, text)?;
    Some(answer.unwrap())
}

/// The same with the phone's number as it is given here.
fn posts_from(
    world: &mut World,
    digits: &str,
    session: &str,
    text: Option<&str>,
) -> Option<Result<Shown, NotShown>> {
    let mut answer = post(world, digits, session, text);
    world.beat();
    answer.try_recv().ok()
}

/// A form for the next beat, and where its answer comes.
fn post(
    world: &mut World,
    digits: &str,
    session: &str,
    text: Option<&str>,
) -> oneshot::Receiver<Result<Shown, NotShown>> {
    let (reply, answer) = oneshot::channel();
    world.posted.push(Posted {
        operator: UCELL,
        msisdn: digits.parse().unwrap(),
        form: Form {
            session: session.into(),
            code: "*555#".into(),
            phone: digits.into(),
            text: text.unwrap_or_default().into(),
            over: text.is_none(),
        },
        reply,
    });
    answer
}

#[test]
fn a_code_that_is_dialled_is_answered_with_a_screen_that_no_journal_knows() {
    let mut world = World::new();
    let phone = Phone::dials(&mut world, phone(0), 1);
    assert_eq!(phone.op, ASKS);
    assert!(!phone.shown.is_empty());
    assert_eq!((world.sent().len(), world.unsettled()), (0, 0));
}

#[test]
fn who_dials_again_is_where_they_were() {
    let mut world = World::new();
    let mut phone = Phone::in_english(&mut world, phone(0));
    let menu = phone.shown.clone();
    phone.chooses(&mut world, "By number");
    assert_ne!(menu, phone.shown);
    world.brings(step(phone.msisdn, ABORT, 1, ""));
    assert_eq!(screens(&mut world), [], "nobody looks");
    let again = Phone::dials(&mut world, phone.msisdn, 2);
    assert_eq!(again.shown, phone.shown);
    world.brings(step(phone.msisdn, ABORT, 2, ""));
    world.advance(2 * MINUTE);
    assert_eq!(Phone::dials(&mut world, phone.msisdn, 3).shown, menu);
}

#[test]
fn who_dials_again_after_wrong_answers_finds_the_screen_as_it_was_before_them() {
    let mut world = World::new();
    let mut phone = Phone::in_english(&mut world, phone(0));
    let menu = phone.shown.clone();
    // An operator that was restarted gives the same names again.
    for session in [2, 3, 3] {
        for _ in 0..2 {
            phone.types(&mut world, "8");
            assert!(phone.shown.starts_with("Wrong key."), "{}", phone.shown);
        }
        phone = Phone::dials(&mut world, phone.msisdn, session);
        assert_eq!(phone.shown, menu);
    }
}

#[test]
fn an_opt_out_is_durable_before_the_screen_that_confirms_it() {
    let mut world = World::new();
    let subscriber = phone(0);
    let mut phone = Phone::in_english(&mut world, subscriber);
    phone.chooses(&mut world, "Stop");
    phone.chooses(&mut world, "Yes");
    assert_eq!(phone.op, LAST);
    world.laws.chosen_in_a_menu(subscriber, "stop");
    world.restart();
    world.publish(status("a"));
    assert_eq!(world.sent().len(), 0);
    assert_eq!(world.story("a"), ["accepted", "suppressed opted-out"]);
}

/// A world whose menu is a main screen with three choices that do this and lead back to it.
fn doing(deeds: [&str; 3]) -> World {
    let mut menu = "home = \"main\"\n[screens.main]\ntext = \"Main\"\n".to_owned();
    for (press, deed) in (1..).zip(deeds) {
        menu += &format!(
            "[[screens.main.choices]]\npress = \"{press}\"\ntext = \"x\"\nto = \"main\"\n{deed}\n"
        );
    }
    let folder = Folder::with([("m.toml", &*menu)]);
    let rules = |_| LanguageRules::default();
    let menus = Menus::load_or_built_in(Some(folder.as_path()), rules).unwrap();
    World::with(|settings| settings.dialogue.menus = menus)
}

#[test]
fn a_menu_may_stop_and_start_the_messages_of_one_agency() {
    let mut world = doing([
        "do = \"stop\"\nagency = \"kadastr\"",
        "do = \"start\"\nagency = \"kadastr\"",
        "do = \"stop\"\nagency = \"soliq\"",
    ]);
    let mut phone = Phone::dials(&mut world, phone(0), 1);
    for (typed, wish) in [("1", "stop kadastr"), ("3", "stop soliq")] {
        phone.types(&mut world, typed);
        assert_eq!(phone.op, ASKS);
        world.laws.chosen_in_a_menu(phone.msisdn, wish);
    }
    world.publish(status("a"));
    assert_eq!(world.sent().len(), 0);
    assert_eq!(world.story("a"), ["accepted", "suppressed opted-out"]);
    phone.types(&mut world, "2");
    world.laws.chosen_in_a_menu(phone.msisdn, "start kadastr");
    world.publish(status("b"));
    assert_eq!(world.one_sent().submission.msisdn, phone.msisdn);
    world.publish(Notification {
        key: key("soliq", "c"),
        ..status("c")
    });
    assert_eq!(world.sent().len(), 0, "that one stays stopped");
}

#[test]
fn an_sms_that_is_asked_for_where_no_status_stands_tells_of_all_applications() {
    let mut world = doing(["do = \"sms\"", "", ""]);
    for (id, application) in [("a", "48120973"), ("b", "48120974")] {
        world.publish(Notification {
            application: application.parse().unwrap(),
            ..status(id)
        });
        let sent = world.one_sent();
        world.accept(&sent, id);
    }
    let mut phone = Phone::dials(&mut world, phone(0), 1);
    phone.types(&mut world, "1");
    assert!(phone.shown.starts_with("Main\n"), "{}", phone.shown);
    let sms = world.one_sent();
    let sms = String::from_utf8_lossy(&sms.submission.octets).into_owned();
    assert!(
        sms.contains("48120973") && sms.contains("48120974"),
        "{sms}"
    );
}

#[test]
fn what_an_sms_changes_amid_a_dialogue_its_next_screen_knows() {
    let mut world = World::new();
    let subscriber = phone(0);
    let mut phone = Phone::in_english(&mut world, subscriber);
    assert!(phone.shown.contains("Stop SMS"), "{}", phone.shown);
    assert_eq!(world.writes(subscriber, "STOP"), Status::ROK);
    phone.types(&mut world, "00");
    assert!(phone.shown.contains("Get SMS again"), "{}", phone.shown);
    assert_eq!(world.writes(subscriber, "RU"), Status::ROK);
    phone.types(&mut world, "00");
    assert!(phone.shown.contains("Заявления"), "{}", phone.shown);
    assert_eq!(world.writes(subscriber, "START"), Status::ROK);
    let again = Phone::dials(&mut world, subscriber, 2);
    assert!(again.shown.contains("Отключить SMS"), "{}", again.shown);
}

#[test]
fn an_opt_out_after_an_opt_in_over_ussd_is_confirmed() {
    let mut world = World::new();
    let subscriber = phone(0);
    let answers = |world: &mut World| {
        let sent = world.sent();
        for sent in &sent {
            world.accept(sent, &format!("answer-{}", sent.message()));
        }
        sent.len()
    };
    world.writes(subscriber, "STOP");
    assert_eq!(answers(&mut world), 1);
    let mut phone = Phone::in_english(&mut world, subscriber);
    phone.chooses(&mut world, "Get SMS again");
    world.laws.chosen_in_a_menu(subscriber, "start");
    world.writes(subscriber, "STOP");
    assert_eq!(answers(&mut world), 1, "another wish");
    world.writes(subscriber, "STOP");
    assert_eq!(answers(&mut world), 0, "brought again");
}

#[test]
fn a_status_is_told_to_the_phone_that_was_written_to_and_to_no_other() {
    let (mut world, sent) = told_of_an_approval();
    let application = status("a").application;
    let mut ask = |msisdn| {
        let mut phone = Phone::in_english(&mut world, msisdn);
        phone.chooses(&mut world, "By number");
        phone.types(&mut world, application.as_str());
        phone.shown
    };
    let (own, others) = (ask(sent.submission.msisdn), ask(phone(1)));
    assert!(own.contains("approved"), "{own}");
    assert!(others.contains("no application"), "{others}");
}

#[test]
fn whoever_gave_an_application_its_number_and_however_it_reads_the_one_that_is_picked_is_told() {
    let mut world = World::new();
    for (agency, application, status) in [
        ("kadastr", "77", "received"),
        ("soliq", "77", "approved"),
        ("adliya", "Call 998901234567 now", "ready-for-pickup"),
    ] {
        world.publish(Notification {
            key: key(agency, "a"),
            application: application.parse().unwrap(),
            status: status.parse().unwrap(),
            language: None,
            ..self::status("a")
        });
        let sent = world.one_sent();
        world.accept(&sent, agency);
    }
    let mut phone = Phone::in_english(&mut world, phone(0));
    for listed in [
        "77 received",
        "77 approved",
        "998901234567 ready for pickup",
    ] {
        phone.chooses(&mut world, "My applications");
        phone.chooses(&mut world, listed);
        let (number, status) = listed.split_once(' ').unwrap();
        let told = format!("Application {number}: {status}.\n(land registration)");
        assert!(phone.shown.starts_with(&told), "{}", phone.shown);
        phone.types(&mut world, "00");
    }
    phone.chooses(&mut world, "My applications");
    phone.chooses(&mut world, "77 received");
    phone.chooses(&mut world, "SMS");
    let sms = world.one_sent();
    let sms = String::from_utf8_lossy(&sms.submission.octets).into_owned();
    assert!(sms.contains("77") && sms.contains("received"), "{sms}");
}

/// A world in which the first subscriber had a message in Russian.
fn told_in_russian() -> World {
    let mut world = World::new();
    world.publish(Notification {
        language: Some(Language::Ru),
        ..status("a")
    });
    let sent = world.one_sent();
    world.accept(&sent, "1");
    world
}

#[test]
fn who_had_nothing_but_answers_of_late_is_not_asked_for_the_language_of_them() {
    for (mut world, expected) in [(told_in_russian(), "Заявления\n"), (World::new(), "Til/")]
    {
        for number in 0..4 {
            world.writes(phone(0), &format!("4812000{number}"));
            world.sent();
        }
        let known = Phone::dials(&mut world, phone(0), 1);
        assert!(known.shown.starts_with(expected), "{}", known.shown);
    }
    let mut world = told_in_russian();
    for number in 0..5 {
        world.writes(phone(0), &format!("4812000{number}"));
        assert_eq!(world.sent().len(), 1);
    }
    let known = Phone::dials(&mut world, phone(0), 1);
    assert!(known.shown.starts_with("Заявления\n"), "{}", known.shown);
}

#[test]
fn who_has_the_number_of_somebody_else_is_asked_for_the_language() {
    let mut world = told_in_russian();
    let rows = [(phone(0), 0)].into_iter();
    world.reassigned = Some(Arc::new(Numbers::from_sorted([""], 1, rows)));
    let asked = Phone::dials(&mut world, phone(0), 1);
    assert!(asked.shown.starts_with("Til/"), "{}", asked.shown);
}

#[test]
fn nothing_is_told_to_a_number_that_belongs_to_somebody_else_now() {
    let (mut world, sent) = told_of_an_approval();
    let rows = [(sent.submission.msisdn, 0)].into_iter();
    world.reassigned = Some(Arc::new(Numbers::from_sorted([""], 1, rows)));
    let mut phone = Phone::in_english(&mut world, sent.submission.msisdn);
    phone.chooses(&mut world, "My applications");
    assert!(phone.shown.contains("no recent"), "{}", phone.shown);
}

#[test]
fn the_full_text_of_a_status_is_sent_as_an_sms_in_the_lane_of_answers() {
    let (mut world, sent) = told_of_an_approval();
    let mut phone = Phone::in_english(&mut world, phone(0));
    phone.chooses(&mut world, "My applications");
    phone.chooses(&mut world, "48120973");
    phone.chooses(&mut world, "SMS");
    assert_eq!(phone.op, LAST);
    let answer = world.one_sent();
    assert_eq!(answer.submission.msisdn, sent.submission.msisdn);
    assert!(answer.submission.urgent);
    let text = |sent: &Sent| String::from_utf8_lossy(&sent.submission.octets).into_owned();
    assert!(
        text(&answer).contains("48120973") && text(&answer) != text(&sent),
        "in English now"
    );
}

#[test]
fn a_number_with_a_sign_of_its_own_is_shown_with_one() {
    let mut world = World::new();
    world.publish(Notification {
        application: "№ 12-34".parse().unwrap(),
        language: Some(Language::UzCyrl),
        ..status("a")
    });
    let sent = world.one_sent();
    world.accept(&sent, "1");
    let mut phone = Phone::dials(&mut world, phone(0), 1);
    phone.chooses(&mut world, "Аризаларим");
    phone.chooses(&mut world, "12-34");
    assert!(phone.shown.starts_with("Ариза №12-34: "), "{}", phone.shown);
}

#[test]
fn more_numbers_than_a_person_has_are_not_looked_for() {
    let mut world = World::new();
    let mut phone = Phone::in_english(&mut world, phone(0));
    let menu = phone.shown.clone();
    let mut refused = 0;
    for number in 0..25 {
        phone.chooses(&mut world, "By number");
        phone.types(&mut world, &format!("4812{number:04}"));
        refused += usize::from(phone.shown.contains("try again later"));
        phone.types(&mut world, "00");
        assert_eq!(phone.shown, menu);
    }
    assert_eq!(refused, 5);
}

#[test]
fn a_number_that_is_shown_again_in_a_dialogue_that_goes_on_is_asked_for_once() {
    let (mut world, sent) = told_of_an_approval();
    let mut phone = Phone::in_english(&mut world, sent.submission.msisdn);
    phone.chooses(&mut world, "By number");
    phone.types(&mut world, status("a").application.as_str());
    for session in 2..=30 {
        world.brings(step(phone.msisdn, ABORT, session - 1, ""));
        phone = Phone::dials(&mut world, phone.msisdn, session);
        assert!(phone.shown.contains("approved"), "{}", phone.shown);
    }
    phone.types(&mut world, "00");
    phone.chooses(&mut world, "By number");
    phone.types(&mut world, "48120000");
    assert!(phone.shown.contains("no application"), "{}", phone.shown);
}

#[test]
fn an_answer_after_a_restart_ends_in_words() {
    let mut world = World::new();
    let mut phone = Phone::in_english(&mut world, phone(0));
    world.restart();
    phone.types(&mut world, "1");
    assert_eq!(phone.op, LAST);
    assert!(
        phone.shown.contains("dial the code again"),
        "{}",
        phone.shown
    );
}

#[test]
fn a_step_in_another_dialect_is_refused() {
    let mut world = World::new();
    let pdu = DeliverSm {
        service_type: "BR".into(),
        source_addr: "x".into(),
        ..DeliverSm::default()
    };
    let frame = Pdu::new(1, Body::DeliverSm(pdu)).to_frame().unwrap();
    assert_eq!(world.brings(frame.clone()), Status::RX_R_APPN);
    assert_eq!(screens(&mut world), []);
    world.brings(frame.clone());
    world.bring_request(BEELINE, frame);
    world.beat();
    let told = world.unfit_steps();
    let told = told.iter().map(|(name, _, count)| (&**name, *count));
    let told: Vec<_> = told.collect();
    assert_eq!(told, [("ucell", 2), ("beeline", 1)], "each by itself");
    assert_eq!(world.unfit_steps(), [], "told already");
}

#[test]
fn a_step_that_lacks_what_its_dialect_needs_is_refused_and_told() {
    let mut world = World::with(|settings| {
        let rules = settings.operators[0].ussd.as_mut().unwrap();
        rules.dialect = Dialect::MICA;
    });
    for (op, text) in [(BEGIN, "*555#"), (ANSWER, "1"), (ABORT, "")] {
        let status = world.brings(step(phone(0), op, 1, text));
        assert_eq!(status, Status::RX_R_APPN, "so the operator ends it");
        assert_eq!(screens(&mut world), []);
    }
    let why = "user_message_reference is missing".to_owned();
    assert_eq!(world.unfit_steps(), [("ucell".to_owned(), why, 3)]);
}

#[test]
fn a_step_over_an_operator_without_ussd_is_refused_and_told() {
    let mut world = World::with(|settings| settings.operators[0].ussd = None);
    assert_eq!(
        world.brings(step("998901234567".parse().unwrap(), BEGIN, 1, "*555#")),
        Status::RX_R_APPN
    );
    let why = "the operator has no [operator.ussd]".to_owned();
    assert_eq!(world.unfit_steps(), [("ucell".to_owned(), why, 1)]);
}

#[test]
fn of_operators_with_one_login_any_may_bring_a_step_and_shows_its_screen() {
    for both in [true, false] {
        let mut world = World::with(|settings| {
            let (ucell, beeline) = settings.operators.split_at_mut(1);
            beeline[0].logins.clone_from(&ucell[0].logins);
            beeline[0].ussd = ucell[0].ussd.filter(|_| both);
        });
        Phone::in_english(&mut world, phone(0));
        world.bring_request(BEELINE, step(phone(0), ANSWER, 1, "2"));
        world.beat();
        assert_eq!(screens(&mut world), []);
        let shown = screens_of(&mut world, BEELINE);
        assert!(
            matches!(&*shown, [(ASKS, text)] if text.starts_with("Type the number")),
            "{shown:?}"
        );
        world.advance(MINUTE);
        let [(LAST, _)] = &*screens_of(&mut world, BEELINE) else {
            panic!("over the link that brought the last step");
        };
        assert_eq!(screens(&mut world), []);
        let again = Phone::dials(&mut world, phone(0), 2);
        assert_eq!(again.shown, shown[0].1);
    }
}

#[test]
fn while_too_many_screens_wait_for_a_link_its_steps_are_to_come_again() {
    let mut world = World::new();
    world.smsc(UCELL).screens_full = true;
    let begin = step(phone(0), BEGIN, 1, "*555#");
    assert_eq!(world.brings(begin), Status::RX_T_APPN);
    let end = step(phone(0), ABORT, 1, "");
    assert_eq!(world.brings(end), Status::ROK, "it wants no screen");
    assert_eq!(world.crowded_steps(), [("ucell".to_owned(), 1)]);
    assert_eq!(screens(&mut world), []);
    assert!(
        posts(&mut world, "a", Some("")).is_some(),
        "no link is needed"
    );
    world.smsc(UCELL).screens_full = false;
    Phone::dials(&mut world, phone(0), 1);
}

#[test]
fn while_screens_would_come_late_no_dialogue_begins_and_those_under_way_go_on() {
    let mut world = World::new();
    let mut under_way = Phone::in_english(&mut world, phone(0));
    world.smsc(UCELL).dialogues = 100;
    for number in 1..=105 {
        world.bring_request(UCELL, step(phone(number), BEGIN, 1, "*555#"));
    }
    world.beat();
    assert_eq!(world.crowded_steps(), [("ucell".to_owned(), 5)]);
    assert_eq!(screens(&mut world).len(), 64, "the others wait");
    world.beat();
    assert_eq!(screens(&mut world).len(), 36);
    world.smsc(UCELL).dialogues = 0;
    let begin = step(phone(200), BEGIN, 1, "*555#");
    assert_eq!(world.brings(begin), Status::RX_T_APPN);
    under_way.chooses(&mut world, "By number");
}

#[test]
fn while_the_gateway_stops_steps_are_to_come_again() {
    let mut world = World::new();
    Phone::in_english(&mut world, phone(0));
    world.stopping = true;
    let begin = step(phone(1), BEGIN, 1, "*555#");
    assert_eq!(world.brings(begin), Status::RX_T_APPN);
    let answer = step(phone(0), ANSWER, 1, "1");
    assert_eq!(world.brings(answer), Status::RX_T_APPN);
    let end = step(phone(0), ABORT, 1, "");
    assert_eq!(world.brings(end), Status::ROK);
    assert_eq!(screens(&mut world), []);
}

#[test]
fn while_too_many_wait_for_the_journal_steps_and_forms_are_to_come_again() {
    let mut world = World::new();
    let known = other_phone(1).digits();
    let menu = posts_from(&mut world, &known, "a", Some(""));
    assert!(matches!(menu, Some(Ok(_))));
    for number in 0..64 + 5_000 + 3 {
        world.bring_request(UCELL, step(phone(number), BEGIN, 1, "*555#"));
    }
    let mut form = post(&mut world, &other_phone(0).digits(), "a", Some(""));
    let mut with_status = post(&mut world, &known, "a", Some("1"));
    world.posted.last_mut().unwrap().form.over = true;
    let mut end = post(&mut world, &known, "a", None);
    world.beat();
    assert_eq!(screens(&mut world).len(), 64);
    assert_eq!(world.crowded_steps(), [("ucell".to_owned(), 5)]);
    assert_eq!(form.try_recv(), Err(TryRecvError::Closed), "503");
    assert_eq!(with_status.try_recv(), Err(TryRecvError::Closed), "503");
    assert_eq!(end.try_recv(), Ok(Err(NotShown::Ended)));
    world.beat();
    assert_eq!(screens(&mut world).len(), 64);
    let begin = step(phone(6_000), BEGIN, 1, "*555#");
    assert_eq!(world.brings(begin), Status::ROK, "there is room again");
}

#[test]
fn a_national_number_is_taken_for_no_other_countrys() {
    let mut world = World::new();
    for (ton, digits, status) in SENDERS {
        let frame = step_from(ton, digits, BEGIN, 0x0100, "*555#");
        assert_eq!(world.brings(frame), status, "{digits}");
        let shown = usize::from(status == Status::ROK);
        assert_eq!(screens(&mut world).len(), shown, "{digits}");
    }
    let mut posts = |digits: &str| posts_from(&mut world, digits, "a", Some(""));
    assert_eq!(posts("931234567"), Some(Err(NotShown::NoCountry)));
    for digits in ["998931234567", "+447700900123"] {
        assert!(matches!(posts(digits), Some(Ok(_))), "{digits}");
    }
}

#[test]
fn a_program_that_never_stops_is_not_answered_for_ever() {
    let mut world = World::new();
    for round in 0..250_u32 {
        let session = u8::try_from(round % 256).unwrap();
        world.brings(step(phone(0), BEGIN, session, "*555#"));
    }
    let shown = screens(&mut world);
    let (last, before) = shown.split_last().unwrap();
    assert!(before.len() == 200 && before.iter().all(|(op, _)| *op == ASKS));
    assert!(last.0 == LAST && last.1.contains("Keyinroq"), "{last:?}");
    world.advance(10 * MINUTE);
    assert_eq!(screens(&mut world), [], "nothing is open");
    Phone::dials(&mut world, phone(0), 1);
}

#[test]
fn a_dialogue_of_too_many_steps_ends_in_its_own_words_and_what_follows_is_refused() {
    let mut world = World::new();
    let subscriber = phone(0);
    let mut phone = Phone::in_english(&mut world, subscriber);
    for typed in ["2", "00"].into_iter().cycle().take(198) {
        phone.types(&mut world, typed);
        assert_eq!(phone.op, ASKS);
    }
    phone.types(&mut world, "2");
    assert_eq!(phone.op, LAST);
    assert!(phone.shown.contains("try again later"), "{}", phone.shown);
    for (op, typed) in [(ANSWER, "2"), (BEGIN, "*555#")] {
        let frame = step(subscriber, op, 1, typed);
        assert_eq!(world.brings(frame), Status::RX_R_APPN);
    }
    let end = step(subscriber, ABORT, 1, "");
    assert_eq!(world.brings(end), Status::ROK, "it wants no screen");
    assert_eq!(screens(&mut world), []);
}

#[test]
fn too_many_forms_of_one_phone_end_in_words_and_are_answered_with_503_from_then_on() {
    let mut world = World::new();
    for round in 0..200 {
        let menu = posts(&mut world, &format!("{round}"), Some(""));
        assert!(menu.unwrap().goes_on());
    }
    let last = posts(&mut world, "a", Some("")).unwrap();
    assert!(
        !last.goes_on() && last.text.contains("Keyinroq"),
        "{last:?}"
    );
    let mut form = post(&mut world, &phone(0).digits(), "b", Some(""));
    world.beat();
    assert_eq!(form.try_recv(), Err(TryRecvError::Closed), "503");
}

#[test]
fn a_form_with_a_status_is_a_step_of_a_phone_if_it_brings_an_input() {
    let mut world = World::new();
    assert!(posts(&mut world, "a", Some("")).unwrap().goes_on());
    let mut inputs = String::new();
    let mut shown = 0;
    for round in 0..250 {
        let separator = if round == 0 { "" } else { "*" };
        inputs = format!(
            "{inputs}{separator}{}",
            if round % 2 == 0 { "5" } else { "00" }
        );
        let mut form = post(&mut world, &phone(0).digits(), "a", Some(&inputs));
        world.posted.last_mut().unwrap().form.over = true;
        world.beat();
        shown += usize::from(matches!(form.try_recv(), Ok(Ok(_))));
    }
    assert_eq!(shown, 200, "199, and that no more are taken");
}

#[test]
fn reports_of_the_end_are_no_steps_of_a_phone() {
    let mut world = World::new();
    for round in 0..200 {
        let session = format!("{round}");
        let menu = posts(&mut world, &session, Some(""));
        assert!(menu.unwrap().goes_on(), "{round}");
        let end = posts_from(&mut world, &phone(0).digits(), &session, None);
        assert_eq!(end, Some(Err(NotShown::Ended)));
    }
    let last = posts(&mut world, "a", Some("")).unwrap();
    assert!(!last.goes_on());
}

#[test]
fn who_does_not_answer_is_told_that_the_time_is_up_and_is_where_they_were_who_dials_again() {
    let mut world = World::new();
    let mut phone = Phone::in_english(&mut world, phone(0));
    let menu = phone.shown.clone();
    world.advance(MINUTE - SECOND);
    assert_eq!(screens(&mut world), []);
    assert!(world.wait() <= SECOND, "the pipeline wakes for it");
    world.advance(SECOND);
    let unasked = world
        .smsc(UCELL)
        .screens
        .iter()
        .map(|screen| screen.awaited);
    assert_eq!(unasked.collect::<Vec<_>>(), [false]);
    let time_is_up = "The time is up. Please dial the code again.".to_owned();
    assert_eq!(screens(&mut world), [(LAST, time_is_up.clone())]);
    // What was typed meanwhile, or by who did not read it.
    phone.types(&mut world, "1");
    assert_eq!((phone.op, phone.shown), (LAST, time_is_up));
    let again = Phone::dials(&mut world, phone.msisdn, 2);
    assert_eq!(again.shown, menu);
}

#[test]
fn who_is_told_that_the_time_is_up_reads_it_in_their_language() {
    let time_is_up = "Время истекло. Пожалуйста, наберите код ещё раз.".to_owned();
    let mut world = World::new();
    world.publish(Notification {
        language: Some(Language::Ru),
        ..status("a")
    });
    let sent = world.one_sent();
    world.accept(&sent, "1");
    world.restart();
    let shown = says(&mut world, phone(0), ANSWER, 1, "1");
    assert_eq!(shown, (LAST, time_is_up.clone()), "that of the messages");
    Phone::in_english(&mut world, phone(1));
    assert_eq!(world.writes(phone(1), "RU"), Status::ROK);
    world.advance(MINUTE);
    assert_eq!(screens(&mut world), [(LAST, time_is_up)], "what is chosen");
}

#[test]
fn the_last_words_are_those_of_the_menu_that_the_phone_is_in() {
    let menu = |code: &str, name: &str| {
        let screen = "[screens.main]\ntext = \"Main\"\n[[screens.main.choices]]\n";
        let choice = "press = \"1\"\ntext = \"Again\"\nto = \"main\"\n";
        let word = |word: &str| format!("[words.{word}]\ntext = \"{name} is {word}.\"\n");
        let words = word("forgotten") + &word("refused");
        format!("dialled = [\"{code}\"]\nhome = \"main\"\n{screen}{choice}{words}")
    };
    let (first, second) = (menu("*555#", "A"), menu("*777#", "B"));
    let folder = Folder::with([("a.toml", &*first), ("b.toml", &*second)]);
    let rules = |_| LanguageRules::default();
    let menus = Menus::load_or_built_in(Some(folder.as_path()), rules).unwrap();
    let mut world = World::with(|settings| settings.dialogue.menus = menus);
    says(&mut world, phone(0), BEGIN, 1, "*777#");
    world.advance(MINUTE);
    let last = |words: &str| (LAST, words.to_owned());
    assert_eq!(screens(&mut world), [last("B is forgotten.")]);
    let late = says(&mut world, phone(0), ANSWER, 1, "1");
    assert_eq!(late, last("B is forgotten."));
    let unknown = says(&mut world, phone(1), ANSWER, 1, "1");
    assert_eq!(unknown, last("A is forgotten."), "of the first one");
    for _ in 0..200 {
        says(&mut world, phone(2), BEGIN, 1, "*777#");
    }
    let too_many = says(&mut world, phone(2), BEGIN, 1, "*777#");
    assert_eq!(too_many, last("B is refused."));
}

#[test]
fn many_whose_dialogues_are_forgotten_are_all_told_so() {
    let mut world = World::new();
    for number in 0..100 {
        world.bring_request(UCELL, step(phone(number), ANSWER, 1, "1"));
    }
    for told in [64, 36, 0] {
        world.beat();
        assert_eq!(screens(&mut world).len(), told);
    }
}

#[test]
fn nobody_is_told_that_the_time_is_up_who_left_who_came_over_http_or_whose_link_has_no_room() {
    let mut world = World::new();
    Phone::in_english(&mut world, phone(0));
    world.brings(step(phone(0), ABORT, 1, ""));
    let by_http = posts_from(&mut world, &phone(1).digits(), "a", Some(""));
    assert!(matches!(by_http, Some(Ok(_))));
    Phone::in_english(&mut world, phone(2));
    world.smsc(UCELL).dialogues = 0;
    world.advance(MINUTE);
    assert_eq!(screens(&mut world), []);
    world.smsc(UCELL).dialogues = 10;
    world.advance(MINUTE);
    assert_eq!(screens(&mut world), []);
}

#[test]
fn who_leaves_before_the_first_screen_is_shown_none_and_not_told_that_the_time_is_up() {
    let mut world = World::new();
    for number in 1..=64 {
        world.bring_request(UCELL, step(phone(number), BEGIN, 1, "*555#"));
    }
    for (op, text) in [(BEGIN, "*555#"), (ABORT, "")] {
        world.bring_request(UCELL, step(phone(0), op, 1, text));
    }
    let digits = phone(65).digits();
    let mut form = post(&mut world, &digits, "a", Some(""));
    post(&mut world, &digits, "a", None);
    world.beat();
    assert_eq!(screens(&mut world).len(), 64);
    assert_eq!(form.try_recv(), Err(TryRecvError::Closed));
    world.beat();
    assert_eq!(screens(&mut world), []);
    world.advance(MINUTE);
    assert_eq!(screens(&mut world).len(), 64, "the others");
    Phone::dials(&mut world, phone(0), 1);
}

#[test]
fn screens_come_from_the_code_though_it_is_told_but_once() {
    let mut world = World::new();
    world.brings(step(phone(0), BEGIN, 1, "*555#"));
    for typed in ["5", "2"] {
        let step = step(phone(0), ANSWER, 1, typed);
        let Body::DeliverSm(pdu) = step.decode().unwrap().body else {
            panic!("{step:?}")
        };
        let without_code = DeliverSm {
            destination_addr: "".into(),
            ..pdu
        };
        let frame = Pdu::new(1, Body::DeliverSm(without_code)).to_frame();
        assert_eq!(world.brings(frame.unwrap()), Status::ROK);
    }
    world.advance(MINUTE);
    let screens = &world.smsc(UCELL).screens;
    assert_eq!(screens.len(), 4, "the last one when the time is up");
    for screen in screens {
        let Body::SubmitSm(pdu) = screen.frame.decode().unwrap().body else {
            panic!("{screen:?}")
        };
        assert_eq!(pdu.source_addr, "555");
    }
}

#[test]
fn screens_come_from_the_code_that_was_dialled_if_nothing_else_tells_it() {
    let mut world = World::new();
    for (session, dialled) in [(1, "*555#"), (2, "*777*2#"), (3, "555")] {
        let step = step(phone(0), BEGIN, session, dialled);
        let Body::DeliverSm(pdu) = step.decode().unwrap().body else {
            panic!("{step:?}")
        };
        let without_code = DeliverSm {
            destination_addr: "".into(),
            ..pdu
        };
        let frame = Pdu::new(1, Body::DeliverSm(without_code)).to_frame();
        assert_eq!(world.brings(frame.unwrap()), Status::ROK);
    }
    let screens = std::mem::take(&mut world.smsc(UCELL).screens);
    let from = screens.iter().map(|screen| {
        let Body::SubmitSm(pdu) = screen.frame.decode().unwrap().body else {
            panic!("{screen:?}")
        };
        pdu.source_addr.as_str().unwrap().to_owned()
    });
    assert_eq!(from.collect::<Vec<_>>(), ["555", "777", "555"]);
}

#[test]
fn many_who_do_not_answer_are_told_so_over_several_beats() {
    let mut world = World::new();
    for number in 0..450 {
        Phone::dials(&mut world, phone(number), 1);
    }
    world.steady = world.steady.after(2 * MINUTE);
    for told in [200, 200, 50, 0] {
        world.beat();
        assert_eq!(screens(&mut world).len(), told);
    }
}

#[test]
fn a_form_is_answered_and_answered_again() {
    let mut world = World::new();
    let menu = posts(&mut world, "a", Some("")).unwrap();
    assert!(menu.goes_on());
    let within = posts(&mut world, "a", Some("1")).unwrap();
    assert_ne!(menu, within);
    assert_eq!(posts(&mut world, "a", Some("1")), Some(within));
    let end = posts_from(&mut world, &phone(0).digits(), "a", None);
    assert_eq!(end, Some(Err(NotShown::Ended)));
    let over = posts(&mut world, "b", Some("1*2")).unwrap();
    assert!(!over.goes_on(), "of a dialogue that nobody knows");
}

#[test]
fn many_who_ask_at_once_are_all_answered_in_time() {
    let mut world = World::new();
    for number in 0..300 {
        Phone::in_english(&mut world, phone(number));
    }
    for number in 0..300 {
        world.bring_request(UCELL, step(phone(number), ANSWER, 1, "1"));
    }
    for shown in [64; 4].into_iter().chain([44, 0]) {
        world.beat();
        let screens = screens(&mut world);
        assert_eq!(screens.len(), shown);
        for (_, text) in screens {
            assert!(text.contains("no recent"), "{text}");
        }
    }
}

#[test]
fn many_who_dial_at_once_beside_receipts_without_an_id_are_all_answered_in_time() {
    let (mut world, sent) = told_of_an_approval();
    for _ in 0..100 {
        world.bring_receipt(&sent, "", "DELIVRD");
    }
    for number in 0..100 {
        world.bring_request(UCELL, step(phone(number), BEGIN, 1, "*555#"));
    }
    for shown in [64, 36, 0] {
        world.beat();
        assert_eq!(screens(&mut world).len(), shown);
    }
}

#[test]
fn however_many_dial_a_text_is_read_and_a_receipt_without_an_id_heard() {
    let (mut world, sent) = told_of_an_approval();
    for number in 0..1_000 {
        world.bring_request(UCELL, step(phone(number), BEGIN, 1, "*555#"));
    }
    world.beat();
    assert_eq!(world.writes(phone(1), "STOP"), Status::ROK);
    let receipt = "submit date:2611230915 done date:2611230916 stat:DELIVRD err:000";
    assert_eq!(world.receipt_in_words(&sent, receipt, false), Status::ROK);
    assert_eq!(world.story("a").last().unwrap(), "delivered");
    assert_eq!(screens(&mut world).len(), 3 * 64);
}

#[test]
fn however_many_write_a_code_that_is_dialled_is_answered() {
    let mut world = World::new();
    for number in 0..100 {
        let text = Text {
            from: phone(number),
            words: "help".into(),
            reference: None,
        };
        world.bring_text(UCELL, &text);
    }
    Phone::dials(&mut world, phone(200), 1);
    assert_eq!(world.sent().len(), 32, "the others are to come again");
}

#[test]
fn a_form_that_is_repeated_before_its_answer_changes_nothing() {
    let mut world = World::new();
    posts(&mut world, "a", Some(""));
    posts(&mut world, "a", Some("5"));
    for number in 1..=64 {
        Phone::in_english(&mut world, phone(number));
    }
    for number in 1..=64 {
        world.bring_request(UCELL, step(phone(number), ANSWER, 1, "1"));
    }
    let digits = phone(0).digits();
    let mut post = || post(&mut world, &digits, "a", Some("5*1"));
    let (mut first, mut again) = (post(), post());
    world.beat();
    assert_eq!(first.try_recv(), Err(TryRecvError::Empty), "it waits");
    assert_eq!(again.try_recv(), Err(TryRecvError::Closed));
    world.beat();
    let list = first.try_recv().unwrap().unwrap();
    assert!(list.text.contains("no recent"), "{}", list.text);
    assert_eq!(posts(&mut world, "a", Some("5*1")), Some(list));
}

#[test]
fn who_dials_again_while_an_answer_waits_is_not_shown_that_answer() {
    let mut world = World::new();
    let menu = Phone::in_english(&mut world, phone(0)).shown;
    for number in 1..=160 {
        Phone::in_english(&mut world, phone(number));
    }
    for number in (0..=160).rev() {
        world.bring_request(UCELL, step(phone(number), ANSWER, 1, "1"));
    }
    world.beat();
    assert_eq!(screens(&mut world).len(), 64);
    world.bring_request(UCELL, step(phone(0), BEGIN, 2, "*555#"));
    world.beat();
    let shown = screens(&mut world);
    let again = shown.iter().filter(|(_, text)| *text == menu);
    assert_eq!((shown.len(), again.count()), (65, 1));
    world.beat();
    assert_eq!(screens(&mut world).len(), 32, "of the others");
}

#[test]
fn a_step_that_was_refused_before_it_was_read_is_acted_on_only_when_it_comes_again() {
    let mut world = World::new();
    let mut citizen = Phone::in_english(&mut world, phone(0));
    citizen.types(&mut world, "5");
    let now = world.now().instant;
    let stop = || step(phone(0), ANSWER, 1, "1");
    world.bring_request_until(now, UCELL, stop());
    world.bring_request_until(now, UCELL, step(phone(1), BEGIN, 1, "*555#"));
    world.beat();
    assert_eq!(screens(&mut world), []);
    assert_eq!(world.brings(stop()), Status::ROK);
    let (op, stopped) = screens(&mut world).remove(0);
    assert_eq!(op, LAST);
    assert!(stopped.starts_with("You get no more SMS"), "{stopped}");
}

#[test]
fn a_phone_that_hung_up_did_so_however_late_that_is_read() {
    let mut world = World::new();
    Phone::in_english(&mut world, phone(0));
    let now = world.now().instant;
    world.bring_request_until(now, UCELL, step(phone(0), ABORT, 1, ""));
    world.advance(MINUTE);
    assert_eq!(screens(&mut world), [], "no time is up");
}

#[test]
fn an_answer_that_is_brought_twice_is_acted_on_once_where_the_operator_counts() {
    let mut world = World::new();
    let digits = phone(0).digits();
    let mut shown = |op, count: u16, text: &str| {
        let info = 0x0100 | count << 1;
        let frame = step_from(Ton::UNKNOWN, &digits, op, info, text);
        assert_eq!(world.brings(frame), Status::ROK);
        screens(&mut world).remove(0)
    };
    shown(BEGIN, 0, "*555#");
    let menu = shown(ANSWER, 1, "5");
    assert_eq!(shown(ANSWER, 1, "5"), menu);
    let stop = shown(ANSWER, 2, "5");
    assert_ne!(stop, menu);
    let stopped = shown(ANSWER, 3, "1");
    assert_eq!(stopped.0, LAST);
    assert_eq!(shown(ANSWER, 3, "1"), stopped, "what is confirmed, too");
}
