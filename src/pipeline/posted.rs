//! A phone's step that an aggregator brings over HTTP.

use tokio::sync::oneshot;
use xabar_events::Msisdn;
use xabar_ussd::Shown;
use xabar_ussd::form::Form;

use crate::journal::OperatorId;

/// A step, and where its answer goes. One that is not answered is to be brought again.
#[derive(Debug)]
pub struct Posted {
    pub operator: OperatorId,
    pub msisdn: Msisdn,
    pub form: Form,
    pub reply: PostedReply,
}

/// Where the answer to a step goes.
pub type PostedReply = oneshot::Sender<Result<Shown, NotShown>>;

/// Why nothing is shown for a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotShown {
    /// It reports the end of a dialogue.
    #[error("the dialogue is over")]
    Ended,
    /// No dialogue is led with a phone whose number may be a national one.
    #[error("should be whole, with a + and the code of its country: it is of no operator here")]
    NoCountry,
}
