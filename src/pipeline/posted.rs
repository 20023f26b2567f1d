//! A phone's step that an aggregator brings over HTTP.

use tokio::sync::oneshot;
use xabar_events::Msisdn;
use xabar_ussd::Shown;
use xabar_ussd::form::Form;

use crate::journal::OperatorId;

/// A step, and where its answer goes. Nothing is answered to the end of a dialogue.
#[derive(Debug)]
pub struct Posted {
    pub operator: OperatorId,
    pub msisdn: Msisdn,
    pub form: Form,
    pub reply: PostedReply,
}

/// Where the answer to a step goes.
pub type PostedReply = oneshot::Sender<Result<Shown, NoCountry>>;

/// Why no dialogue is led with a phone: its number may be a national one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("should be whole, with a + and the code of its country: it is of no operator here")]
pub struct NoCountry;
