//! What the operator throttled again and again, and may mean for itself if it does so once more.

use rustc_hash::FxHashMap;

use super::super::submission::Token;

/// Such submissions and screens that await a response, each with its session.
#[derive(Debug, Default)]
pub(super) struct Stubborn(FxHashMap<Token, usize>);

impl Stubborn {
    pub(super) fn written(&mut self, session: usize, token: Token) {
        self.0.insert(token, session);
    }

    /// Something awaits no response any more; whether it is such a one.
    pub(super) fn answered(&mut self, token: Token) -> bool {
        !self.0.is_empty() && self.0.remove(&token).is_some()
    }

    /// Whether something is such a one that awaits a response.
    pub(super) fn contains(&self, token: Token) -> bool {
        !self.0.is_empty() && self.0.contains_key(&token)
    }

    /// A session is gone, with all that awaits a response on it.
    pub(super) fn unbound(&mut self, session: usize) {
        self.0.retain(|_, other| *other != session);
    }
}
