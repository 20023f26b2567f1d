//! By how much the wall clock was ahead of the steady one: a row for each time it was set.

use rusqlite::{Connection, params};

use crate::clock::{MOST_SET, UnixMillis, WallTimes};
use crate::journal::JournalError;

pub(super) fn note(db: &Connection, since: UnixMillis, ahead: i64) -> Result<(), JournalError> {
    db.prepare_cached("DELETE FROM clock WHERE since >= ?1")?
        .execute([since.0])?;
    db.prepare_cached("INSERT INTO clock (since, ahead) VALUES (?1, ?2)")?
        .execute(params![since.0, ahead])?;
    db.prepare_cached("DELETE FROM clock WHERE since <= (SELECT since FROM clock ORDER BY since DESC LIMIT 1 OFFSET ?1)")?
        .execute([MOST_SET])?;
    Ok(())
}

pub(super) fn read(db: &Connection) -> Result<WallTimes, JournalError> {
    let mut all = db.prepare_cached("SELECT since, ahead FROM clock ORDER BY since")?;
    let mut wall_times = WallTimes::default();
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        wall_times.note(UnixMillis(row.get(0)?), row.get(1)?);
    }
    Ok(wall_times)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use xabar_events::State;

    use super::super::{SqliteJournal, open, schema};
    use super::*;
    use crate::journal::conformance::{commit, progressed};
    use crate::journal::sample::waiting;
    use crate::journal::{Changes, Journal, Message, MessageId, Phase};
    use crate::scratch::Folder;

    #[test]
    fn how_far_the_wall_clock_is_ahead_is_taken_over_from_an_older_file() {
        let folder = Folder::new();
        let path = folder.path("xabar.db");
        let mut journal = open(&path).unwrap();
        let change = Changes {
            at: UnixMillis(50),
            ..Changes::default()
        };
        accept_at(&mut journal, change, waiting(1));
        schema::make_older(&journal.db, 5);
        let older = "UPDATE marks SET ahead = 7000";
        journal.db.execute_batch(older).unwrap();
        drop(journal);
        let mut journal = open(&path).unwrap();
        assert_eq!(journal.start().unwrap().ahead, Some(7000));
        let wall_times = journal.reader().unwrap().wall_times().unwrap();
        let read = |steady| wall_times.at(UnixMillis(steady)).0;
        assert_eq!(
            [50, 51].map(read),
            [50, 7051],
            "what was booked stays where it is"
        );
    }

    #[test]
    fn a_day_of_the_books_is_the_wall_clocks_whatever_it_is_set_to_afterwards() {
        let folder = Folder::new();
        let mut journal = open(&folder.path("xabar.db")).unwrap();
        let an_hour_to_midnight = UnixMillis(86_400_000 - 3_600_000);
        for (number, ahead) in [(1, 3_600_000), (2, 0)] {
            let mut message = waiting(number);
            message.origin_mut().accepted_at =
                an_hour_to_midnight.after(Duration::from_millis(number));
            let change = Changes {
                at: message.accepted_at,
                ahead: Some(ahead),
                ..Changes::default()
            };
            accept_at(&mut journal, change, message);
        }
        let settled = |number| {
            let mut message = journal.message(MessageId(number)).unwrap().unwrap();
            message.progress = progressed(number, Phase::Settled, State::Delivered).progress;
            message
        };
        let progressed = [1, 2].map(settled).to_vec();
        commit(
            &mut journal,
            Changes {
                progressed,
                ..Changes::default()
            },
        );
        let mut reader = journal.reader().unwrap();
        for day in [0, 1] {
            let books = reader.balance(Some(day), &mut |_| {}).unwrap();
            assert_eq!(books[0].settled, [(State::Delivered, 1)], "day {day}");
            assert_eq!(books[0].accepted, 1, "day {day}");
        }
    }

    #[test]
    fn of_a_clock_that_is_set_all_the_time_the_oldest_are_forgotten() {
        let folder = Folder::new();
        let journal = open(&folder.path("xabar.db")).unwrap();
        journal.db.execute_batch("BEGIN").unwrap();
        let mut expected = WallTimes::default();
        for since in 0..i64::from(MOST_SET) + 3 {
            note(&journal.db, UnixMillis(since), 7).unwrap();
            expected.note(UnixMillis(since), 7);
        }
        assert_eq!(read(&journal.db).unwrap(), expected);
    }

    fn accept_at(journal: &mut SqliteJournal, change: Changes, message: Message) {
        let accepted = vec![message];
        commit(journal, Changes { accepted, ..change });
    }
}
