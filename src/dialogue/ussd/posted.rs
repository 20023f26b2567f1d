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
    pub reply: oneshot::Sender<Shown>,
}
