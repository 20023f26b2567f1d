//! Requests that the peer refused, in case it answers one of them once more.

use std::collections::VecDeque;

use crate::{CommandId, Header, Status};

/// So many are remembered; of more, the oldest are forgotten. An SMSC that answers twice does so at once or within seconds.
const MOST: usize = 1024;

/// The requests that were refused last, by sequence number: none comes again before all others were used.
#[derive(Default)]
pub(super) struct Refused(VecDeque<Request>);

struct Request {
    sequence: u32,
    command_id: CommandId,
    token: u64,
}

impl Refused {
    /// Notes a request if that is what its answer says.
    pub(super) fn note(&mut self, answer: Header, command_id: CommandId, token: u64) {
        // A nack refuses whatever its status says.
        if answer.status == Status::ROK && answer.command_id != CommandId::GENERIC_NACK {
            return;
        }
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(Request {
            sequence: answer.sequence_number,
            command_id,
            token,
        });
    }

    /// The token of the request that a response says the peer took, having refused it before.
    pub(super) fn taken_after_all(&mut self, response: Header) -> Option<u64> {
        if response.status != Status::ROK {
            return None;
        }
        let place = self.0.iter().position(|it| {
            it.sequence == response.sequence_number
                && it.command_id.response() == response.command_id
        })?;
        self.0.remove(place).map(|request| request.token)
    }
}
