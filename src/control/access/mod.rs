//! Who may do what over HTTP.
//!
//! In: what a request shows, where it comes from, and the time. Out: the [`Caller`], or why it is [`Denied`]. Tokens
//! live in a file that `xabar token` writes and the gateway follows; it holds their hashes, never themselves.

mod failures;
mod file;
mod follow;
mod role;
mod token;
mod why;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::audit::{Audit, Refused, Way};
use crate::clock::wall;
use failures::Failures;
pub(super) use failures::network;
pub use file::{Change, Entry, NotChanged, Tokens, change};
pub use follow::TokensFile;
pub use role::{Grant, Right, Role};
pub use token::Token;
pub(crate) use token::is_same;
pub use why::{Denials, Why};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The name of its token, or what stands for one where none are asked for.
    pub name: Arc<str>,
    pub grant: Grant,
}

/// Who comes from this machine where no tokens are asked for.
pub const LOOPBACK: &str = "loopback";
/// Who comes from elsewhere, where that is allowed.
pub const ANYBODY: &str = "anybody";

impl Caller {
    /// Everybody may do everything.
    fn unasked(from: IpAddr) -> Self {
        let name = if from.is_loopback() {
            LOOPBACK
        } else {
            ANYBODY
        };
        Self {
            name: name.into(),
            grant: Grant::Role(Role::Admin),
        }
    }
}

/// Why somebody may not, or not yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Nothing was shown.
    NoToken,
    /// What was shown is no token, or none any more.
    WrongToken,
    /// What came from there was wrong too often; so long nothing wrong is looked at.
    TooOften(Duration),
}

impl Denied {
    pub fn why(self) -> Why {
        match self {
            Self::NoToken => Why::NoToken,
            Self::WrongToken => Why::WrongToken,
            Self::TooOften(_) => Why::TooOften,
        }
    }
}

/// Tells who asks.
#[derive(Clone)]
pub struct Access {
    /// `None`: nobody is asked for a token.
    tokens: Option<watch::Receiver<Arc<Tokens>>>,
    denials: Denials,
    audit: Audit,
    failures: Arc<Mutex<Failures>>,
}

impl Access {
    /// Only with one of these tokens, or for everybody if there is no file of them.
    pub fn new(
        tokens: Option<watch::Receiver<Arc<Tokens>>>,
        denials: Denials,
        audit: Audit,
    ) -> Self {
        Self {
            tokens,
            denials,
            audit,
            failures: Arc::default(),
        }
    }

    /// Whether tokens are asked for.
    pub fn is_guarded(&self) -> bool {
        self.tokens.is_some()
    }

    /// Who it is that shows this.
    ///
    /// # Errors
    /// If it is no token. One that is right is always let in: whoever shares an address, behind a proxy, with
    /// somebody who guesses is not kept out, and of 2^256 nobody guesses one.
    pub fn caller(
        &self,
        shown: Option<&[u8]>,
        from: IpAddr,
        now: Instant,
    ) -> Result<Caller, Denied> {
        let Some(tokens) = &self.tokens else {
            return Ok(Caller::unasked(from));
        };
        let shown = shown.ok_or(Denied::NoToken)?;
        let tokens = Arc::clone(&tokens.borrow());
        match tokens.owner(shown) {
            Some(entry) => Ok(entry.caller()),
            None => Err(self.failed(from, now)),
        }
    }

    /// Notes that something wrong came from there, unless that was so too often of late.
    pub fn failed(&self, from: IpAddr, now: Instant) -> Denied {
        let mut failures = self.failures();
        match failures.ends_in(from, now) {
            Some(wait) => Denied::TooOften(wait),
            None => {
                failures.note(from, now);
                Denied::WrongToken
            }
        }
    }

    /// Counts that somebody is refused, and notes it in the audit log.
    pub fn refuse(&self, why: Why, who: Option<&Caller>, from: IpAddr, now: Instant) {
        let who = who.map(|caller| &*caller.name);
        self.count((why, None), who, from, now);
    }

    /// Counts that a certificate is refused, and tells of it, with what is wrong with it.
    pub fn refuse_certificate(&self, detail: &str, from: IpAddr, now: Instant) {
        if self.count((Why::Certificate, Some(detail)), None, from, now) {
            tracing::warn!(address = %from, why = detail, "a client of HTTP shows no good certificate");
        }
    }

    /// Says whether it is noted, which is not so of all where there are many.
    fn count(
        &self,
        (refused, detail): (Why, Option<&str>),
        who: Option<&str>,
        address: IpAddr,
        now: Instant,
    ) -> bool {
        self.denials.count(refused);
        let refused = Refused {
            at: wall().into(),
            who,
            way: Way::Http { address },
            refused,
            detail,
        };
        self.audit.refuse(refused, now)
    }

    fn failures(&self) -> std::sync::MutexGuard<'_, Failures> {
        // Counts are whole at any moment.
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::instant;

    fn access(tokens: Option<watch::Receiver<Arc<Tokens>>>) -> Access {
        Access::new(tokens, Denials::default(), Audit::new("/dev/null".into()))
    }

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn a_token_is_its_owners_until_it_is_revoked() {
        let (token, other) = (Token::new().unwrap(), Token::new().unwrap());
        let entry = Entry::new("anna", Grant::Role(Role::Operator), &token, "2026-11-29");
        let (file, tokens) = watch::channel(Arc::new(Tokens::from(vec![entry])));
        let access = access(Some(tokens));
        let caller = |shown: Option<&str>| {
            let caller = access.caller(shown.map(str::as_bytes), HERE, instant());
            caller.map(|caller| caller.name.to_string())
        };
        assert_eq!(caller(Some(token.text())), Ok("anna".to_owned()));
        assert_eq!(caller(None), Err(Denied::NoToken));
        for wrong in [
            other.text(),
            "xbr_",
            "",
            token.text().trim_start_matches('x'),
        ] {
            assert_eq!(caller(Some(wrong)), Err(Denied::WrongToken));
        }
        file.send_replace(Arc::default());
        assert_eq!(caller(Some(token.text())), Err(Denied::WrongToken));
    }

    #[test]
    fn who_guesses_is_asked_to_wait_and_a_right_token_is_not() {
        let token = Token::new().unwrap();
        let entry = Entry::new("anna", Grant::Role(Role::Viewer), &token, "2026-11-29");
        let access = access(Some(watch::channel(Arc::new(vec![entry].into())).1));
        let start = instant();
        let at = |seconds, shown: &str| {
            let now = start + Duration::from_secs(seconds);
            access.caller(Some(shown.as_bytes()), HERE, now).err()
        };
        for _ in 0..10 {
            assert_eq!(at(0, "xbr_x"), Some(Denied::WrongToken));
        }
        let wait = Denied::TooOften(Duration::from_secs(50));
        assert_eq!(at(10, "xbr_x"), Some(wait));
        assert_eq!(at(10, token.text()), None);
        assert_eq!(at(61, "xbr_x"), Some(Denied::WrongToken));
    }

    #[test]
    fn where_no_tokens_are_asked_for_everybody_may_do_everything() {
        let access = access(None);
        let caller = access.caller(None, HERE, instant()).unwrap();
        assert_eq!(
            (&*caller.name, caller.grant),
            (LOOPBACK, Grant::Role(Role::Admin))
        );
        let elsewhere = access.caller(None, [10, 0, 0, 1].into(), instant());
        assert_eq!(&*elsewhere.unwrap().name, ANYBODY);
    }
}
