//! The audit log: who ordered what and when, from what to what, who was refused, and what was read again.
//!
//! JSON lines in a file of their own. An order is on the disk before it is carried out; of refusals so many are written
//! that nobody can fill the disk with them.

use std::collections::HashMap;
use std::io;
use std::mem::{Discriminant, discriminant};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;
use xabar_events::UnixMillis;

use super::access::Why;
use super::private_file;
use super::settings::Problem;

/// Where orders and refusals are noted.
#[derive(Clone, Debug)]
pub struct Audit {
    path: Arc<Path>,
    refusals: Arc<Mutex<Allowances>>,
}

/// An order.
#[derive(Debug, Serialize)]
pub struct Entry<'a> {
    pub at: UnixMillis,
    /// The name of a token, what stands for one, or the user who gave a command.
    pub who: &'a str,
    #[serde(flatten)]
    pub way: Way,
    pub order: &'a str,
    /// What it is about; empty: everything.
    pub of: Value,
    /// What held before.
    pub from: Value,
    /// What was ordered.
    pub to: Value,
}

/// How an order came, or what was refused.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "way", rename_all = "lowercase")]
pub enum Way {
    Http {
        address: IpAddr,
    },
    /// An event, by way of the broker.
    Amqp,
    Command {
        /// Who became that user to give it.
        #[serde(skip_serializing_if = "Option::is_none")]
        sudo: Option<String>,
    },
}

/// That an order was not carried out after all.
#[derive(Debug, Serialize)]
pub struct Failed<'a> {
    pub at: UnixMillis,
    pub who: &'a str,
    pub order: &'a str,
    pub failed: &'a str,
}

/// That somebody was refused.
#[derive(Debug, Serialize)]
pub struct Refused<'a> {
    pub at: UnixMillis,
    /// The name of a token, or of a user whom the broker knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<&'a str>,
    #[serde(flatten)]
    pub way: Way,
    pub refused: Why,
    /// What was wrong, where that is not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'a str>,
}

/// That something was read again while the gateway ran, and what came of it.
#[derive(Debug, Serialize)]
pub struct ReadAgain<'a> {
    pub at: UnixMillis,
    /// What was read, in the words of the log.
    pub read: &'a str,
    #[serde(flatten)]
    pub by: By,
    /// The files that are another than when they were read before.
    pub files: &'a [PathBuf],
    #[serde(flatten)]
    pub came: Came<'a>,
}

/// What had it read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "lowercase")]
pub enum By {
    /// SIGHUP.
    Signal,
    /// The files changed.
    Change,
    /// Somebody's order, which has a line of its own.
    Order { who: String },
}

/// What came of it. Of settings the keys are named, never their values.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Came<'a> {
    /// In effect, all of it.
    Taken,
    Changed {
        changed: &'a [String],
        at_restart: &'a [String],
    },
    /// Nothing changed, since this is wrong with it.
    Refused { failed: String },
}

impl Came<'_> {
    /// By the first of these problems, and how many there are besides.
    pub fn refused(problems: &[Problem]) -> Self {
        let first = problems.first().map(Problem::to_string).unwrap_or_default();
        let failed = match problems.len() {
            0 | 1 => first,
            all => format!("{first}; and {} more", all - 1),
        };
        Self::Refused { failed }
    }
}

/// A refusal, and how many before it were not written.
#[derive(Serialize)]
struct WithUntold<'a> {
    #[serde(flatten)]
    refused: Refused<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    untold: Option<u64>,
}

impl Audit {
    pub fn new(path: PathBuf) -> Self {
        Self {
            path: path.into(),
            refusals: Arc::default(),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Notes an order. Once this returns it is on the disk.
    ///
    /// # Errors
    /// If it is not: then the order is not to be carried out.
    pub fn order(&self, entry: &Entry<'_>) -> io::Result<()> {
        let file = private_file::append(&self.path, line(entry)?.as_bytes())?;
        file.sync_data()
    }

    /// Notes that an order came to nothing.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn failed(&self, failed: &Failed<'_>) -> io::Result<()> {
        private_file::append(&self.path, line(failed)?.as_bytes()).map(drop)
    }

    /// Notes that something was read again, on a thread aside: nobody waits for it.
    pub fn read_again(&self, read: &ReadAgain<'_>) {
        let written = line(read);
        let audit = self.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = written.and_then(|line| audit.write(&line)) {
                tracing::error!(%error, file = %audit.path().display(), "what was read again cannot be noted in the audit log");
            }
        });
    }

    /// Notes that somebody was refused, on a thread aside, unless that was so too often of late; says whether it does.
    pub fn refuse(&self, refused: Refused<'_>, now: Instant) -> bool {
        let Some(line) = self.refusal(refused, now) else {
            return false;
        };
        let audit = self.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = audit.write(&line) {
                tracing::error!(%error, file = %audit.path().display(), "a refusal cannot be noted in the audit log");
            }
        });
        true
    }

    fn refusal(&self, refused: Refused<'_>, now: Instant) -> Option<String> {
        let allowances = self.refusals.lock();
        let mut allowances = allowances.unwrap_or_else(PoisonError::into_inner);
        let untold = allowances.of(&refused).take(now)?;
        let untold = (untold > 0).then_some(untold);
        line(&WithUntold { refused, untold }).ok()
    }

    fn write(&self, line: &str) -> io::Result<()> {
        private_file::append(&self.path, line.as_bytes()).map(drop)
    }

    /// Whether something can be written.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self) -> io::Result<()> {
        private_file::append(&self.path, b"").map(drop)
    }
}

fn line(entry: &impl Serialize) -> io::Result<String> {
    Ok(serde_json::to_string(entry)? + "\n")
}

/// So many refusals of a kind are written in each [`SPAN`]; at some 150 octets a line that is 2 MB a day at most.
const MOST: u32 = 10;
const SPAN: Duration = Duration::from_secs(60);

/// Whoever is known beyond these counts as a stranger.
const MOST_KNOWN: usize = 1000;

/// How many refusals may still be written, by kind: of each who is known, and of all strangers together. So nobody
/// who has no token hides who has one, and no scanner an expired certificate.
#[derive(Debug, Default)]
struct Allowances(HashMap<Kind, Allowance>);

/// How it came, why it was refused, and whose it is, if that is known.
type Kind = (Discriminant<Way>, Why, Option<Box<str>>);

impl Allowances {
    fn of(&mut self, refused: &Refused<'_>) -> &mut Allowance {
        let (way, why) = (discriminant(&refused.way), refused.refused);
        let known = (way, why, refused.who.map(Into::into));
        let is_full = self.0.len() >= MOST_KNOWN && !self.0.contains_key(&known);
        let key = if is_full { (way, why, None) } else { known };
        self.0.entry(key).or_default()
    }
}

/// How many of one kind may still be written.
#[derive(Debug, Default)]
struct Allowance {
    since: Option<Instant>,
    written: u32,
    untold: u64,
}

impl Allowance {
    /// Whether one may be, and then how many were not since the last.
    fn take(&mut self, now: Instant) -> Option<u64> {
        let within = |since: &Instant| now.duration_since(*since) < SPAN;
        if !self.since.as_ref().is_some_and(within) {
            self.since = Some(now);
            self.written = 0;
        }
        if self.written == MOST {
            self.untold += 1;
            return None;
        }
        self.written += 1;
        Some(std::mem::take(&mut self.untold))
    }
}

/// Who gives a command: the user that this process runs as, and who became that user.
pub fn user() -> (String, Option<String>) {
    use std::os::unix::fs::MetadataExt;
    let uid = std::fs::metadata("/proc/self").map(|process| process.uid());
    let uid = uid.map_or_else(|_| "?".to_owned(), |uid| uid.to_string());
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    });
    let sudo = std::env::var("SUDO_USER").ok().filter(|_| uid == "0");
    (name.unwrap_or(uid), sudo)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use serde_json::json;

    use super::*;
    use crate::clock::instant;
    use crate::scratch::Folder;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn refused(who: Option<&str>, refused: Why) -> Refused<'_> {
        Refused {
            at: UnixMillis(0),
            who,
            way: Way::Http { address: HERE },
            refused,
            detail: None,
        }
    }

    #[test]
    fn an_order_is_a_line_of_json_for_the_owner_alone() {
        let folder = Folder::new();
        let audit = Audit::new(folder.path("data/audit.jsonl"));
        let order = |who| Entry {
            at: UnixMillis(0),
            who,
            way: Way::Http { address: HERE },
            order: "set",
            of: json!({ "operator": "ucell" }),
            from: json!({ "tps": 300 }),
            to: json!({ "tps": 200 }),
        };
        audit.order(&order("anna")).unwrap();
        audit.order(&order("bob")).unwrap();
        let text = std::fs::read_to_string(audit.path()).unwrap();
        assert_eq!(
            text.lines().next(),
            Some(
                r#"{"at":"1970-01-01T00:00:00.000Z","who":"anna","way":"http","address":"127.0.0.1","order":"set","of":{"operator":"ucell"},"from":{"tps":300},"to":{"tps":200}}"#
            )
        );
        assert_eq!(text.lines().count(), 2);
        let mode = std::fs::metadata(audit.path())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_is_read_again_is_told_with_its_files_and_keys_or_why_it_was_refused() {
        let (files, changed) = (["/etc/xabar.toml".into()], ["log.level".to_owned()]);
        let told = |by, came| {
            let read = ReadAgain {
                at: UnixMillis(0),
                read: "configuration",
                by,
                files: &files,
                came,
            };
            line(&read).unwrap()
        };
        let came = Came::Changed {
            changed: &changed,
            at_restart: &[],
        };
        assert_eq!(
            told(By::Order { who: "anna".into() }, came),
            "{\"at\":\"1970-01-01T00:00:00.000Z\",\"read\":\"configuration\",\"by\":\"order\",\"who\":\"anna\",\"files\":[\"/etc/xabar.toml\"],\"changed\":[\"log.level\"],\"at_restart\":[]}\n"
        );
        let failed = "xabar.toml:1: no".to_owned();
        assert_eq!(
            told(By::Signal, Came::Refused { failed }),
            "{\"at\":\"1970-01-01T00:00:00.000Z\",\"read\":\"configuration\",\"by\":\"signal\",\"files\":[\"/etc/xabar.toml\"],\"failed\":\"xabar.toml:1: no\"}\n"
        );
        assert!(
            told(By::Change, Came::Taken)
                .ends_with("\"by\":\"change\",\"files\":[\"/etc/xabar.toml\"]}\n")
        );
    }

    #[test]
    fn of_many_refusals_ten_a_minute_are_written_and_the_rest_is_counted() {
        let audit = Audit::new("audit.jsonl".into());
        let start = instant();
        let stranger = || refused(None, Why::NoToken);
        let written = (0..100).filter(|_| audit.refusal(stranger(), start).is_some());
        assert_eq!(written.count(), 10);
        let later = start + Duration::from_secs(60);
        assert_eq!(
            audit.refusal(stranger(), later).unwrap(),
            "{\"at\":\"1970-01-01T00:00:00.000Z\",\"way\":\"http\",\"address\":\"127.0.0.1\",\"refused\":\"no-token\",\"untold\":90}\n"
        );
    }

    #[test]
    fn nobody_hides_who_else_is_refused() {
        let audit = Audit::new("audit.jsonl".into());
        let now = instant();
        while audit.refusal(refused(None, Why::NoToken), now).is_some() {}
        while audit
            .refusal(refused(Some("soliq"), Why::Source), now)
            .is_some()
        {}
        let amqp = Refused {
            way: Way::Amqp,
            ..refused(None, Why::Source)
        };
        for other in [
            refused(Some("anna"), Why::Role),
            refused(Some("anna"), Why::Source),
            refused(None, Why::Certificate),
            amqp,
        ] {
            assert!(audit.refusal(other, now).is_some());
        }
    }

    #[test]
    fn of_more_than_are_known_the_rest_has_what_strangers_have() {
        let audit = Audit::new("audit.jsonl".into());
        let written = (0..3000).filter(|number| {
            let name = number.to_string();
            audit
                .refusal(refused(Some(&name), Why::Role), instant())
                .is_some()
        });
        assert_eq!(written.count(), MOST_KNOWN + MOST as usize);
    }

    #[test]
    fn what_cannot_be_written_is_told() {
        let folder = Folder::with([("file", "")]);
        let audit = Audit::new(folder.path("file/audit.jsonl"));
        assert!(audit.check().is_err());
    }
}
