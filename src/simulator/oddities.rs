//! What the SMSC says though nobody asked, and how it greets.

use xabar_smpp::pdu::{AlertNotification, Outbind};
use xabar_smpp::session::Opening;
use xabar_smpp::{Body, CommandId, Octets, Pdu};

use super::message::Message;
use super::slab::Key;
use super::smsc::Smsc;

/// The token of requests that bring nothing to anybody.
const NOTHING: u64 = u64::MAX;

/// `sm_result_notify` of Huawei's SMPP+, which no specification has.
const UNKNOWN: CommandId = CommandId(0x0100_0002);

impl Smsc {
    /// How a connection begins.
    pub(super) fn opening(&self) -> Opening {
        let outbind = Body::Outbind(Outbind {
            system_id: "xabar-smsc".into(),
            ..Outbind::default()
        });
        let outbind = Pdu::new(1, outbind).to_frame();
        match outbind.ok().filter(|_| self.behaviour.dialect.outbind) {
            Some(outbind) => Opening::Outbind(outbind),
            None => Opening::Listen,
        }
    }

    /// After a message.
    pub(super) fn say_what_nobody_asked(&mut self, key: Key, message: &Message<'_>) {
        if self.chance.happens(self.behaviour.dialect.alerts) {
            self.say(key, alert(message));
        }
        if self.chance.happens(self.behaviour.dialect.unknown_pdus) {
            self.say(
                key,
                Body::Unknown {
                    command_id: UNKNOWN,
                    octets: Octets(b"who knows"),
                },
            );
        }
    }

    fn say(&mut self, key: Key, body: Body<'_>) {
        let Some(session) = self.sessions.get_mut(key) else {
            return;
        };
        // An alert_notification has no response.
        let awaits = body.command_id() != CommandId::ALERT_NOTIFICATION;
        if session.output.requests.push(NOTHING, body).is_ok() && awaits {
            session.in_flight += 1;
        }
    }
}

/// The phone of a message can be reached again.
fn alert<'a>(message: &Message<'a>) -> Body<'a> {
    Body::AlertNotification(AlertNotification {
        source_addr_ton: message.destination.ton,
        source_addr_npi: message.destination.npi,
        source_addr: message.destination.digits,
        esme_addr_ton: message.source.ton,
        esme_addr_npi: message.source.npi,
        esme_addr: message.source.digits,
        ..AlertNotification::default()
    })
}
