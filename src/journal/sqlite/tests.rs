//! What is SQLite's own: collisions, crashes, a full disk, other processes.

use std::path::Path;

use xabar_events::State;

use super::*;
use crate::journal::conformance::{accept, commit, conformance, facts, ids, progressed};
use crate::journal::sample::{self, outgoing, told, waiting};
use crate::journal::{Phase, Question, Segment, location::Location};
use crate::scratch::Folder;

mod conforms {
    use super::*;
    conformance!(run);

    fn run(claim: fn(&mut dyn Journal)) {
        let folder = Folder::new();
        claim(&mut open(&folder.path("xabar.db")).unwrap());
    }
}

/// The same with hashes that nearly all collide.
mod conforms_with_collisions {
    use super::*;
    conformance!(run);

    fn run(claim: fn(&mut dyn Journal)) {
        let folder = Folder::new();
        claim(&mut colliding(&folder.path("xabar.db")));
    }
}

fn colliding(path: &Path) -> SqliteJournal {
    SqliteJournal::open_with(path, 1).unwrap()
}

/// The same with chapters of a message or two, and runs that are merged all the time.
mod conforms_with_short_chapters {
    use super::*;
    conformance!(run);

    fn run(claim: fn(&mut dyn Journal)) {
        let folder = Folder::new();
        let mut journal = open(&folder.path("xabar.db")).unwrap();
        hurry(&mut journal);
        claim(&mut journal);
    }
}

/// Writes out and merges at every opportunity.
pub(super) fn hurry(journal: &mut SqliteJournal) {
    journal.pace = Pace {
        chapter: 1,
        merged: 1,
    };
    let memory = &mut journal.memory;
    memory.keys.merged_at_once = 2;
    memory.threads.merged_at_once = 2;
    memory.subscribers.merged_at_once = 2;
    memory.awaiting.merged_at_once = 2;
}

/// Messages that are put off again and again are few, and what is told of them is not.
#[test]
fn the_log_is_bounded_however_often_messages_change() {
    let folder = Folder::new();
    let mut journal = open(&folder.path("xabar.db")).unwrap();
    journal.pace = Pace {
        chapter: 100,
        ..Pace::default()
    };
    accept(&mut journal, (1..=50).map(waiting));
    for _ in 0..200 {
        commit(
            &mut journal,
            Changes {
                progressed: (1..=50).map(waiting).collect(),
                ..Changes::default()
            },
        );
    }
    let rows = "SELECT count(*) FROM log";
    let rows: i64 = journal.db.query_row(rows, [], |row| row.get(0)).unwrap();
    assert!(rows < 30, "{rows} rows of 50 changes each");
}

/// As over night: messages come, and none changes again.
#[test]
fn chapters_stay_short_though_messages_come_in_large_beats_and_wait() {
    let folder = Folder::new();
    let path = folder.path("xabar.db");
    accept(&mut open(&path).unwrap(), (1..=1000).map(waiting));
    let mut journal = open(&path).unwrap();
    journal.pace.chapter = 100;
    for beat in 0..100 {
        let first = 1001 + 40 * beat;
        accept(&mut journal, (first..first + 40).map(waiting));
        let open = journal.memory.recent.open.len();
        // What the last life left is one chapter; another beat belongs to it.
        let most = if beat == 0 { 1040 } else { 100 + 40 };
        assert!(open <= most, "{open} messages in beat {beat}");
    }
}

#[test]
fn a_collision_loses_no_event() {
    let folder = Folder::new();
    let mut journal = colliding(&folder.path("xabar.db"));
    accept(&mut journal, (1..=9).map(waiting));
    for number in 1..=9 {
        assert_eq!(
            facts(&mut journal, number).duplicate_of,
            Some(MessageId(number))
        );
    }
    assert_eq!(facts(&mut journal, 10).duplicate_of, None);
    for forgotten in [4, 1, 9] {
        let settled = progressed(forgotten, Phase::Settled, State::Delivered);
        commit(
            &mut journal,
            Changes {
                progressed: vec![settled],
                ..Changes::default()
            },
        );
        assert_eq!(journal.forget(UnixMillis(0), 1).unwrap(), 1);
        assert_eq!(facts(&mut journal, forgotten).duplicate_of, None);
    }
    for number in [2, 3, 5, 6, 7, 8] {
        assert_eq!(
            facts(&mut journal, number).duplicate_of,
            Some(MessageId(number)),
            "{number}"
        );
    }
}

#[test]
fn a_full_disk_changes_nothing_and_the_same_changes_go_in_later() {
    let folder = Folder::new();
    let mut journal = open(&folder.path("xabar.db")).unwrap();
    accept(&mut journal, [waiting(1)]);
    let pages: u32 = journal
        .db
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    limit_pages(&journal, pages + 2);
    let mut changes = Changes {
        accepted: (2..500).map(waiting).collect(),
        progressed: vec![progressed(1, Phase::InFlight, State::Accepted)],
        outgoing: vec![outgoing(1)],
        ..Changes::default()
    };
    let before = journal.start().unwrap();
    for _ in 0..3 {
        assert!(matches!(
            journal.commit(&mut changes),
            Err(JournalError::Full(_))
        ));
        assert_eq!(journal.start().unwrap(), before);
        assert_eq!(journal.in_flight().unwrap(), []);
        assert_eq!(facts(&mut journal, 2).duplicate_of, None);
    }
    limit_pages(&journal, 1_000_000);
    journal.commit(&mut changes).unwrap();
    assert_eq!(facts(&mut journal, 499).duplicate_of, Some(MessageId(499)));
    assert_eq!(ids(&journal.in_flight().unwrap()), [1]);
}

/// A disk that fills while chapters are written out and runs merged: what was undone in the file is undone in memory.
#[test]
fn a_disk_that_is_full_during_upkeep_loses_nothing() {
    let folder = Folder::new();
    let mut journal = open(&folder.path("xabar.db")).unwrap();
    hurry(&mut journal);
    let mut refused = 0;
    for last in (40..=1600).step_by(40) {
        let mut changes = Changes {
            accepted: (last - 39..=last).map(waiting).collect(),
            ..Changes::default()
        };
        let pages = journal
            .db
            .pragma_query_value(None, "page_count", |row| row.get(0));
        limit_pages(&journal, pages.unwrap());
        while journal.commit(&mut changes).is_err() {
            refused += 1;
            // `undo` has read memory again, with the usual pace of merging.
            hurry(&mut journal);
            let pages: u32 = journal
                .db
                .pragma_query_value(None, "max_page_count", |row| row.get(0))
                .unwrap();
            limit_pages(&journal, pages + 1);
        }
        for known in (1..=last).step_by(7) {
            let found = facts(&mut journal, known);
            assert_eq!(found.duplicate_of, Some(MessageId(known)), "at {last}");
        }
    }
    assert!(refused > 20, "{refused}");
    let due = journal
        .due(waiting(1).queue(), Cursor::default(), UnixMillis(10), 2000)
        .unwrap();
    assert_eq!(due.len(), 1600);
}

/// Neither in its tables nor in what was free of it.
#[test]
fn a_purged_number_or_text_is_nowhere_in_the_file() {
    const WORDS: &str = "Dilnoza 998971112233";
    let folder = Folder::new();
    let path = folder.path("xabar.db");
    for purged in [false, true] {
        let mut journal = open(&path).unwrap();
        if purged {
            while journal.purge(UnixMillis(1000), 50).unwrap() {}
        } else {
            for number in 1..=300 {
                let mut message = waiting(number);
                let params = vec![("name".into(), WORDS.into())];
                message.origin_mut().content.params = params;
                message.progress.attempt.text = Some(WORDS.into());
                accept(&mut journal, [message.clone()]);
                message.progress.phase = Phase::Settled;
                message.progress.history.push(told(State::Delivered));
                let progressed = vec![message];
                commit(
                    &mut journal,
                    Changes {
                        progressed,
                        at: UnixMillis(10),
                        ..Changes::default()
                    },
                );
            }
        }
        drop(journal);
        let file = std::fs::read(&path).unwrap();
        let has = |octets: &[u8]| file.windows(octets.len()).any(|it| it == octets);
        let number = stored::to_octets(&sample::msisdn(77));
        assert_eq!(has(WORDS.as_bytes()), !purged, "the text");
        assert_eq!(has(&number), !purged, "the number");
        let db = Connection::open(&path).unwrap();
        let marked: i64 = db
            .query_row("SELECT purged FROM marks", [], |row| row.get(0))
            .unwrap();
        assert_eq!(marked, if purged { 1000 } else { -1 });
    }
}

/// What is in the archive only counts as held: its key is not over when runs are merged.
#[test]
fn an_archived_event_is_a_duplicate_after_its_key_was_merged() {
    let folder = Folder::new();
    let mut journal = open(&folder.path("xabar.db")).unwrap();
    hurry(&mut journal);
    for number in 1..=60 {
        let mut settled = waiting(number);
        settled.progress.phase = Phase::Settled;
        settled.progress.history.push(told(State::Delivered));
        accept(&mut journal, [settled]);
        if number == 6 {
            // The first ones have rows, which would hold all keys.
            journal.db.execute("DELETE FROM messages", []).unwrap();
        }
    }
    let rows = "SELECT count(*) FROM messages";
    let rows: i64 = journal.db.query_row(rows, [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 0, "all are in the archive or in the log");
    for number in 7..=60 {
        let found = facts(&mut journal, number).duplicate_of;
        assert_eq!(found, Some(MessageId(number)));
    }
}

fn limit_pages(journal: &SqliteJournal, pages: u32) {
    journal
        .db
        .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
        .unwrap();
}

#[test]
fn what_was_in_flight_is_so_after_a_restart() {
    let folder = Folder::new();
    let path = folder.path("xabar.db");
    let mut journal = open(&path).unwrap();
    let ucell = journal.operator("ucell").unwrap();
    accept(&mut journal, [waiting(1), waiting(2)]);
    commit(
        &mut journal,
        Changes {
            at: UnixMillis(77),
            progressed: vec![progressed(2, Phase::InFlight, State::Accepted)],
            ..Changes::default()
        },
    );
    drop(journal);
    let mut journal = open(&path).unwrap();
    assert_eq!(ids(&journal.in_flight().unwrap()), [2]);
    assert_eq!(facts(&mut journal, 1).duplicate_of, Some(MessageId(1)));
    assert_eq!(journal.operator("ucell").unwrap(), ucell);
    let start = journal.start().unwrap();
    assert_eq!((start.last_message, start.latest), (2, UnixMillis(77)));
}

/// A copy of the files as they are at one moment is what a power cut leaves, with the log
/// cut off anywhere.
#[test]
fn a_power_cut_loses_only_what_was_not_committed() {
    let folder = Folder::new();
    let path = folder.path("xabar.db");
    let mut journal = open(&path).unwrap();
    for number in 1..=50 {
        accept(&mut journal, [waiting(number)]);
    }
    let log = std::fs::read(folder.path("xabar.db-wal")).unwrap();
    accept(&mut journal, (51..=60).map(waiting));
    let longer = std::fs::read(folder.path("xabar.db-wal")).unwrap();
    let (half, mut garbled) = (log.len() + (longer.len() - log.len()) / 2, longer.clone());
    garbled[log.len() + 100] ^= 1;
    for (name, log, last) in [
        ("whole", &longer[..], 60),
        ("cut", &longer[..half], 50),
        ("garbled", &garbled, 50),
    ] {
        let copy = folder.path(&format!("{name}.db"));
        std::fs::copy(&path, &copy).unwrap();
        std::fs::write(folder.path(&format!("{name}.db-wal")), log).unwrap();
        assert_eq!(count(&copy), last, "{name}, as a reader sees it");
        let mut journal = open(&copy).unwrap();
        assert_eq!(journal.start().unwrap().last_message, last, "{name}");
        assert_eq!(facts(&mut journal, 50).duplicate_of, Some(MessageId(50)));
        assert_eq!(
            facts(&mut journal, 51).duplicate_of.is_some(),
            last == 60,
            "{name}"
        );
        accept(&mut journal, [waiting(99)]);
    }
}

fn count(path: &Path) -> u64 {
    let found = open_reader(path)
        .unwrap()
        .find(&Question::default(), 1000)
        .unwrap();
    u64::try_from(found.len()).unwrap()
}

#[test]
fn readers_see_commits_beside_the_writer_and_after_it() {
    let folder = Folder::new();
    let path = folder.path("xabar.db");
    let mut journal = open(&path).unwrap();
    let mut reader = open_reader(&path).unwrap();
    for number in 1..=3 {
        accept(&mut journal, [waiting(number)]);
        assert_eq!(
            reader.find(&Question::default(), 10).unwrap().len() as u64,
            number
        );
    }
    drop(journal);
    assert_eq!(count(&path), 3);
    drop(reader);
    assert_eq!(count(&path), 3);
    drop(open(&path).unwrap());
    assert!(
        !folder.path("xabar.db-wal").exists(),
        "an orderly end leaves no log"
    );
    assert_eq!(count(&path), 3);
}

#[test]
fn readers_cannot_write() {
    let folder = Folder::new();
    let path = folder.path("xabar.db");
    drop(open(&path).unwrap());
    let reader = open_reader(&path).unwrap();
    assert!(reader.db.execute("DELETE FROM messages", []).is_err());
}

#[test]
fn a_reader_says_clearly_that_there_is_no_journal() {
    let folder = Folder::new();
    let error = open_reader(&folder.path("none.db")).unwrap_err();
    assert!(
        error.to_string().starts_with("there is no journal at "),
        "{error}"
    );
    assert!(!folder.path("none.db").exists());
    std::fs::write(folder.path("empty.db"), b"").unwrap();
    let error = open_reader(&folder.path("empty.db")).unwrap_err();
    assert!(matches!(error, JournalError::Corrupt { .. }), "{error}");
}

#[test]
fn only_its_owner_may_read_it_also_one_that_was_made_otherwise() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let path = folder.path("xabar.db");
    let modes = |journal: &mut SqliteJournal| {
        accept(journal, [waiting(1)]);
        let files = ["xabar.db", "xabar.db-wal", "xabar.db-shm"].map(|it| folder.path(it));
        files.map(|it| std::fs::metadata(it).unwrap().permissions().mode() & 0o777)
    };
    let mut journal = open(&path).unwrap();
    assert_eq!(modes(&mut journal), [0o600; 3]);
    drop(journal);
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    let mut journal = open(&path).unwrap();
    accept(&mut journal, [waiting(2)]);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn one_gateway_at_a_time() {
    let folder = Folder::new();
    let path = folder.path("data/deeper/xabar.db");
    let first = open(&path).unwrap();
    let second = open(&folder.path("data/deeper/../deeper/xabar.db")).unwrap_err();
    assert!(
        matches!(&second, JournalError::InUse { holder, .. } if holder.contains("process")),
        "{second}"
    );
    drop(first);
    open(&path).unwrap();
}

#[test]
fn what_waits_to_be_repeated_in_an_older_file_is_counted() {
    let folder = Folder::new();
    let path = folder.path("xabar.db");
    let mut journal = open(&path).unwrap();
    accept(&mut journal, [waiting(1), waiting(2), waiting(3)]);
    let mut message = progressed(2, Phase::Waiting, State::Accepted);
    message.progress.attempt.segments = vec![Segment::Waiting];
    message.progress.attempt.unanswered = vec![1];
    commit(
        &mut journal,
        Changes {
            progressed: vec![message],
            ..Changes::default()
        },
    );
    schema::make_older(&journal.db, 3);
    let older = "UPDATE marks SET uncertain = 0";
    journal.db.execute_batch(older).unwrap();
    drop(journal);
    let mut journal = open(&path).unwrap();
    assert_eq!(journal.uncertain().unwrap(), 1);
}

#[test]
fn a_later_schema_is_left_alone() {
    let folder = Folder::new();
    let path = folder.path("xabar.db");
    let journal = open(&path).unwrap();
    journal.db.pragma_update(None, "user_version", 99).unwrap();
    drop(journal);
    assert!(matches!(
        open(&path),
        Err(JournalError::TooNew {
            found: 99,
            known: 9
        })
    ));
    assert!(matches!(
        open_reader(&path),
        Err(JournalError::TooNew {
            found: 99,
            known: 9
        })
    ));
}

#[test]
fn other_files_are_left_alone() {
    let folder = Folder::new();
    let other = folder.path("other.db");
    Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE theirs (x)")
        .unwrap();
    assert!(matches!(
        open(&other),
        Err(JournalError::Corrupt {
            what: "another program's tables"
        })
    ));
    let text = folder.path("notes.txt");
    std::fs::write(&text, "x".repeat(20_000)).unwrap();
    assert!(matches!(
        open(&text),
        Err(JournalError::Corrupt {
            what: "a file of another kind"
        })
    ));
    assert_eq!(std::fs::read_to_string(&text).unwrap().len(), 20_000);
    let error = open(&folder.path("notes.txt/xabar.db")).unwrap_err();
    assert!(matches!(error, JournalError::Io { .. }), "{error}");
}

#[test]
fn damaged_values_are_errors() {
    for damage in [
        "UPDATE messages SET origin = x'00'",
        "UPDATE messages SET progress = x''",
        "UPDATE outbox SET frames = x'00ff'",
        "UPDATE buckets SET entries = x'00'",
        "UPDATE log SET records = x'09'",
    ] {
        let folder = Folder::new();
        let mut journal = open(&folder.path("xabar.db")).unwrap();
        hurry(&mut journal);
        for number in 1..=4 {
            commit(
                &mut journal,
                Changes {
                    accepted: vec![waiting(number)],
                    outgoing: vec![outgoing(number)],
                    ..Changes::default()
                },
            );
        }
        let mut reader = journal.reader().unwrap();
        journal.db.execute_batch(damage).unwrap();
        journal.commit(&mut Changes::default()).ok();
        let ask = Ask {
            key: &waiting(1).key,
            about: Some((ThreadKey(1), waiting(1).msisdn)),
        };
        let errors = [
            journal.message(MessageId(1)).err(),
            journal.facts(&[ask]).err(),
            reader.outbox(0, 10).err(),
            reader.find(&Question::default(), 10).err(),
        ];
        let corrupt = |error: &JournalError| matches!(error, JournalError::Corrupt { .. });
        assert!(
            errors.iter().flatten().count() > 0 && errors.iter().flatten().all(corrupt),
            "{damage}: {errors:?}"
        );
    }
}

#[test]
fn the_table_of_held_receipts_is_asked_only_for_ids_that_may_be_there() {
    let folder = Folder::new();
    let path = folder.path("xabar.db");
    let held = HeldReceipt {
        operator: OperatorId(1),
        smsc_id: "A1".into(),
        last_digits: 0,
        at: UnixMillis(5),
        octets: bytes::Bytes::new(),
    };
    let mut journal = open(&path).unwrap();
    let changes = Changes {
        held: vec![(1, held)],
        ..Changes::default()
    };
    commit(&mut journal, changes);
    let check = |mut journal: SqliteJournal| {
        let mut asks = |id: &str| {
            let found = journal.held(OperatorId(1), &[id]).unwrap().len();
            (found, !journal.db.is_autocommit())
        };
        assert_eq!(asks("A2"), (0, false));
        assert_eq!(asks("A1"), (1, true));
    };
    check(journal);
    check(open(&path).unwrap());
}

#[test]
fn the_url_opens_what_it_names() {
    let folder = Folder::new();
    let path = folder.path("xabar.db");
    let url = format!("sqlite:{}", path.display());
    assert_eq!(url.parse::<Location>().unwrap(), Location::Sqlite(path));
    let mut journal = crate::journal::open(&url.parse().unwrap()).unwrap();
    accept(&mut *journal, [waiting(1)]);
    assert!(
        crate::journal::open_reader(&url.parse().unwrap())
            .unwrap()
            .message(MessageId(1))
            .unwrap()
            .is_some()
    );
}
