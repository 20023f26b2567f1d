//! An index against a map, through chapters, merges of several sizes and restarts.

use std::collections::BTreeMap;

use super::merge::MOST_YOUNG;
use super::*;
use crate::journal::ThreadFacts;
use crate::journal::sqlite::lookup::Found;
use crate::journal::sqlite::threads::Thread;
use crate::journal::sqlite::{self, schema};
use crate::scratch::Folder;

/// The same few again and again.
fn key(number: u64) -> u64 {
    spread(number % 99_991)
}

fn value(number: u64) -> Thread {
    let mut thread = Thread::default();
    let waiting = u32::try_from(number).unwrap();
    thread.set(ThreadFacts {
        waiting,
        ..ThreadFacts::default()
    });
    // Nobody remembers a thread without messages.
    thread.add(MessageId(number));
    thread
}

const LARGE: u64 = 60_000;

const HORIZON: Horizon = Horizon {
    oldest: MessageId(0),
    now: UnixMillis(0),
};

/// Runs outside a merge, older and newer than it, are asked in their order; so is what is half merged, also
/// after a restart; and a run's count is that of its entries.
#[test]
fn the_newest_value_is_found_wherever_merges_stand() {
    let folder = Folder::new();
    let journal = sqlite::open(&folder.path("xabar.db")).unwrap();
    let db = &journal.db;
    sqlite::begin(db).unwrap();
    let mut index = Index::<Thread>::load(db).unwrap();
    let mut expected = BTreeMap::new();
    let (mut number, mut outside, mut reloads) = (0, 0, 0);
    for chapter in 0..160_usize {
        index.merged_at_once = 3;
        // The first chapter makes a run that is too large for most merges.
        let count = if chapter == 0 { LARGE } else { 5 + number % 7 };
        for _ in 0..count {
            number += 1;
            let key = key(number * number);
            index.put(key, value(number));
            expected.insert(key, value(number));
        }
        index.close();
        index.write_closed(db, MessageId(number)).unwrap();
        if chapter % 2 == 1 {
            index.merge_step(db, &HORIZON).unwrap();
        }
        let oldest = index.merged.first();
        let stays = oldest.is_some_and(|run| run.count > LARGE / 2);
        outside += usize::from(index.merged.len() > 1 && stays);
        if chapter % 5 == 4 {
            index = Index::load(db).unwrap();
            reloads += usize::from(index.merge.is_some());
        }
        for (key, value) in expected.iter().skip(chapter % 199).step_by(199) {
            let found = index.newest(db, *key).unwrap();
            assert_eq!(found.as_ref(), Some(value), "chapter {chapter}, {key:x}");
        }
        assert_counted(db, &index);
    }
    assert!(outside > 5 && reloads > 3, "{outside} and {reloads}");
}

/// A run that takes in a few more with each merge has more buckets at last: one look is one page.
#[test]
fn buckets_stay_small_though_each_merge_adds_little() {
    let folder = Folder::new();
    let journal = sqlite::open(&folder.path("xabar.db")).unwrap();
    let db = &journal.db;
    sqlite::begin(db).unwrap();
    let mut index = Index::<Thread>::load(db).unwrap();
    index.merged_at_once = 1;
    let mut number: u64 = 0;
    for _ in 0..20 {
        // A seventh of what there is, so that it is all merged.
        for _ in 0..(number / 7).max(600) {
            number += 1;
            index.put(spread(number), value(number));
        }
        index.close();
        index.write_closed(db, MessageId(number)).unwrap();
        while index.young.len() > 0 || index.merge.is_some() {
            index.merge_step(db, &HORIZON).unwrap();
        }
    }
    assert_eq!(index.merged.len(), 1);
    let fullest = "SELECT max(length(entries)) FROM buckets";
    let fullest: i64 = db.query_row(fullest, [], |row| row.get(0)).unwrap();
    assert!(fullest < 4096, "{fullest} octets");
}

/// What only people ask for: few runs in all, though an entry is copied twice at most, also by merges that a restart
/// interrupts; and none is left of what was forgotten.
#[test]
fn what_people_ask_for_is_seldom_copied_and_soon_found() {
    const EACH: u64 = 30;
    let folder = Folder::new();
    let journal = sqlite::open(&folder.path("xabar.db")).unwrap();
    let db = &journal.db;
    sqlite::begin(db).unwrap();
    let mut index = Index::<Found>::load(db).unwrap();
    index.merged_at_once = usize::MAX;
    let (mut copied, mut last, mut interrupted) = (0, 0, 0);
    for chapter in 0..1200 {
        for number in chapter * EACH..(chapter + 1) * EACH {
            index.put(spread(number), found(number));
        }
        index.close();
        index
            .write_closed(db, MessageId((chapter + 1) * EACH - 1))
            .unwrap();
        // As many are there when a version comes that merges them.
        if chapter == 200 || index.merge.is_some() {
            interrupted += u64::from(index.merge.is_some());
            index = Index::load(db).unwrap();
        }
        index.merge_step(db, &HORIZON).unwrap();
        if let Some(run) = index.merged.last().filter(|run| run.place.id > last) {
            assert!(last > 0 || run.count == EACH * MOST_YOUNG as u64);
            (last, copied) = (run.place.id, copied + run.count);
            assert_counted(db, &index);
        }
    }
    let runs = index.young.len() + index.merged.len();
    assert!(
        runs < 40 && copied < 2 * 1200 * EACH,
        "{runs} runs, {copied} copied"
    );
    assert!(interrupted > 0);
    for number in (0..1200 * EACH).step_by(17) {
        let found = index.newest(db, spread(number)).unwrap();
        assert_eq!(found.map(|it| it.message), Some(MessageId(number)));
    }
    let oldest = MessageId(1200 * EACH);
    let horizon = Horizon { oldest, ..HORIZON };
    index.merged_at_once = usize::MAX;
    while index.merge.is_some() || !index.merged.is_empty() {
        index.merge_step(db, &horizon).unwrap();
    }
    let left = "SELECT count(*) FROM buckets";
    let left: u32 = db.query_row(left, [], |row| row.get(0)).unwrap();
    assert_eq!(left as usize, index.young.len());
}

fn found(number: u64) -> Found {
    Found {
        message: MessageId(number),
    }
}

/// Spread as hashes are.
fn spread(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// An agency may name all its messages alike: what a key has is in one bucket, and a merge has it in memory.
#[test]
fn of_one_key_the_newest_values_are_kept() {
    let folder = Folder::new();
    let journal = sqlite::open(&folder.path("xabar.db")).unwrap();
    let db = &journal.db;
    sqlite::begin(db).unwrap();
    let mut index = Index::<Found>::load(db).unwrap();
    let most = Found::MOST_OF_A_KEY as u64;
    for chapter in 1..=20 * 16 {
        for number in (chapter - 1) * 200..chapter * 200 {
            index.put(7, found(number));
        }
        index.close();
        index.write_closed(db, MessageId(chapter * 200)).unwrap();
        index.merge_step(db, &HORIZON).unwrap();
        let newest = index.newest(db, 7).unwrap().map(|found| found.message);
        assert_eq!(newest, Some(MessageId(chapter * 200 - 1)));
    }
    let all = index.all(db, 7).unwrap();
    assert!(all.len() >= Found::MOST_OF_A_KEY);
    let last = (0..most).map(|back| MessageId(20 * 16 * 200 - 1 - back));
    assert!(
        last.zip(&all)
            .all(|(expected, found)| expected == found.message)
    );
    let fullest = "SELECT max(length(entries)) FROM buckets";
    let fullest: i64 = db.query_row(fullest, [], |row| row.get(0)).unwrap();
    assert!(fullest < 16_000, "{fullest} octets");
}

/// Older files have none of it, and cut the keys of a merge finer.
#[test]
fn a_merge_goes_on_that_an_older_version_began() {
    let folder = Folder::new();
    let path = folder.path("xabar.db");
    let mut journal = sqlite::open(&path).unwrap();
    let mut index = Index::<Found>::load(&journal.db).unwrap();
    for number in 0..20_000 {
        index.put(spread(number), found(number));
    }
    index.close();
    index.write_closed(&journal.db, MessageId(19_999)).unwrap();
    index.merged_at_once = 1;
    index.merge_step(&journal.db, &HORIZON).unwrap();
    let finer = "UPDATE runs SET slices = 32 * slices WHERE stage = 2";
    journal.db.execute_batch(finer).unwrap();
    schema::make_older(&journal.db, 7);
    drop(journal);
    journal = sqlite::open(&path).unwrap();
    let mut index = Index::<Found>::load(&journal.db).unwrap();
    let mut steps = 0;
    while index.merge.is_some() {
        for number in (0..20_000).step_by(97) {
            let found = index.newest(&journal.db, spread(number)).unwrap();
            assert_eq!(
                found.map(|it| it.message),
                Some(MessageId(number)),
                "after {steps}"
            );
        }
        index.merge_step(&journal.db, &HORIZON).unwrap();
        steps += 1;
    }
    assert!(steps > 30, "{steps}");
    assert_counted(&journal.db, &index);
    assert_eq!(index.merged.first().map(|run| run.count), Some(20_000));
}

fn assert_counted<V: Value>(db: &Connection, index: &Index<V>) {
    for run in index.merged.iter().chain(index.young.iter()) {
        let mut entries = 0;
        run.place
            .each(db, 0..1 << run.place.bits, |_, _| entries += 1)
            .unwrap();
        assert_eq!(run.count, entries, "of run {}", run.place.id);
    }
}
