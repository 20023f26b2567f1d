//! What happened on the sessions, and what that means for the submissions.

use rustc_hash::FxHashSet;
use tracing::{debug, info, warn};
use xabar_events::Msisdn;
use xabar_smpp::pdu::{Body, Pdu};
use xabar_smpp::session::{self, CloseReason};
use xabar_smpp::{CommandId, Frame, Status};

use super::response::{fate, status, told};
use super::slots::Leaving;
use super::unreported::Unreported;
use super::{Operator, untold};
use crate::clock::instant as now;
use crate::delivery::dispatch::Heard;
use crate::delivery::screen::ScreenToken;
use crate::delivery::sessions::News;
use crate::delivery::tlvs::OnTlvs;
use crate::delivery::{Class, Event, Token};

/// Why a session is given up.
const BIND_REFUSED: &str = "the SMSC says that it is not bound, or wrongly";

impl Operator {
    pub(super) fn note(&mut self, index: usize, news: News, events: &mut Unreported) {
        let Some(slot) = self.slots.get(index) else {
            return;
        };
        match news {
            // One that came up while the others were unbound: dropped, it closes.
            News::Up(..) if self.stopped.is_some() => {}
            News::Up(link, place) => {
                slot.up(link, place);
                events.forget_before(slot.key(index));
                self.let_unwanted_go(events);
            }
            // One that is left already stays so.
            News::Leave if slot.leaving != Leaving::No => {}
            News::Leave => {
                slot.leaving = Leaving::Elsewhere;
                self.leave(index, events);
            }
            News::Events(news) => {
                if news.iter().any(is_life) {
                    slot.silence.heard(now());
                }
                for event in news {
                    self.note_event(index, event, events);
                }
            }
        }
    }

    fn note_event(&mut self, index: usize, event: session::Event, events: &mut Unreported) {
        match event {
            session::Event::Bound { .. } => {
                let Some(slot) = self.slots.get(index) else {
                    return;
                };
                slot.carried = self.tlvs.bound();
                // One that came up when it was not wanted any more is given nothing.
                if slot.leaving == Leaving::No {
                    self.dispatch.bound_at(index, slot.place);
                }
            }
            session::Event::Response { token, frame, late } => {
                self.answered(index, token, &frame, late, events)
            }
            session::Event::TakenAfterAll { token, frame } => {
                taken_after_all(token, &frame, events);
            }
            session::Event::TimedOut { token } => {
                if self.dispatch.asks(token.into()) {
                    self.query_timed_out(token.into(), events);
                    return self.question_overdue(index, token.into());
                }
                if ScreenToken::is(token) {
                    self.screens
                        .lost(usize::from(ScreenToken::is_awaited(token)));
                } else {
                    self.missed(index, token.into(), events);
                    events.push(Event::TimedOut(token.into()));
                }
                self.overdue(index, token.into());
            }
            session::Event::Request(frame) if is_alert(&frame) => self.note_alert(&frame),
            session::Event::Request(frame) => {
                let Some(slot) = self.slots.get(index) else {
                    return;
                };
                let until = slot.inbox.came(&frame, now());
                let session = slot.key(index);
                events.push(Event::Inbound {
                    session,
                    frame,
                    until,
                });
            }
            session::Event::Closed(closed) => self.closed(index, closed, events),
            session::Event::PeerUnbinds => self.leave(index, events),
            session::Event::Sent { .. } | session::Event::Fault(_) => {}
        }
    }

    fn answered(
        &mut self,
        index: usize,
        token: u64,
        frame: &Frame,
        late: bool,
        events: &mut Unreported,
    ) {
        if late && let Some(slot) = self.slots.get(index) {
            slot.timed_out.remove(&Token::from(token));
        }
        if ScreenToken::is(token) {
            self.screen_answered(index, token, frame, events);
            return;
        }
        if self.dispatch.asks(token.into()) {
            self.query_answered(index, token.into(), frame, events);
            return;
        }
        let status = status(frame);
        let class = self.classes.of(status, frame);
        if self.refuses_tlvs(index, token, status) {
            self.dispatch.unused(index, token.into());
            events.push(Event::NotTaken(token.into()));
            return;
        }
        let (smsc_id, congestion) = told(frame);
        if class == Class::Accepted && smsc_id.is_empty() {
            self.note_nameless(token.into());
        }
        let heard = Heard {
            token: token.into(),
            class,
            status,
            congestion,
        };
        let of_messages = heard.of_messages();
        let too_much = self.dispatch.charged(&of_messages) == Class::Throttled;
        let of_messages = match self.judged(index, token.into(), (class, too_much), events) {
            Some(true) => of_messages.of_nothing(),
            Some(false) => of_messages,
            None => return self.heard(index, of_messages.of_nothing(), events),
        };
        events.push(Event::Answered {
            token: token.into(),
            class: if too_much { Class::Throttled } else { class },
            status,
            smsc_id,
        });
        self.heard(index, of_messages, events);
    }

    /// A message is accepted without an id. Its receipts are known by less then.
    fn note_nameless(&mut self, token: Token) {
        if !self.sender.awaits_receipt(token) {
            return;
        }
        self.nameless.add(1);
        if let Some(messages) = self.nameless.due(now()) {
            warn!(
                operator = self.name,
                messages, "the operator accepts messages and gives no id for them"
            );
        }
    }

    /// What an answer says of the link: how fast it may be, and whether the session is of any use.
    pub(super) fn heard(&mut self, index: usize, heard: Heard, events: &mut Unreported) {
        let status = heard.status;
        let window_before = self.dispatch.window(index);
        let rate_is_lower = self.dispatch.answered(index, heard, now());
        let window = self.dispatch.window(index);
        if rate_is_lower {
            let login = self.limited_login(index).map(str::to_owned);
            let tps = self.dispatch.rate(index).map(f64::round);
            let operator = &*self.name;
            match heard.class {
                Class::Throttled => {
                    info!(operator, login, %status, tps, window, "the operator throttles: rate lowered");
                }
                // It took the message, and says how it is beside.
                _ => {
                    let congestion = heard.congestion;
                    info!(
                        operator,
                        login, congestion, tps, window, "the operator is congested: rate lowered"
                    );
                }
            }
        }
        if window < window_before {
            self.lowered.tell(&self.name, &heard, window, now());
        }
        if heard.class == Class::Session {
            self.give_up(index, events);
        }
    }

    /// The login whose rate a session shares, if that is not the operator's.
    fn limited_login(&self, index: usize) -> Option<&str> {
        let login = self.dispatch.limited_login(index)?;
        self.logins.get(login).map(String::as_str)
    }

    /// A phone can be reached again. Nobody waits for that here: its messages are the operator's to deliver.
    fn note_alert(&self, frame: &Frame) {
        let Ok(Body::AlertNotification(alert)) = frame.decode().map(|pdu: Pdu<'_>| pdu.body) else {
            return;
        };
        let number = String::from_utf8_lossy(alert.source_addr.as_bytes());
        let msisdn = number.parse::<Msisdn>().ok();
        debug!(
            operator = self.name,
            ?msisdn,
            "a phone can be reached again"
        );
    }

    /// Whether only the TLVs of a submission are refused; then what follows goes without.
    fn refuses_tlvs(&mut self, index: usize, token: u64, status: Status) -> bool {
        // A push is nothing without its TLVs.
        if Token::from(token).is_push() {
            return false;
        }
        let Some(slot) = self.slots.get(index) else {
            return false;
        };
        let operator = &*self.name;
        match self.tlvs.answered(&mut slot.carried, token, status) {
            OnTlvs::Nothing => false,
            OnTlvs::RefusedAsBefore => true,
            OnTlvs::Refused => {
                warn!(operator, %status, "the operator refuses TLVs: submissions go without from now on; set tlvs = false");
                true
            }
            OnTlvs::InVain => {
                warn!(operator, %status, "the operator refuses messages without TLVs as well: they carry them again; ask it what it means by this status");
                false
            }
        }
    }

    /// Gives up a session whose bind the SMSC refuses: it gets nothing more, and once the others are answered it is connected
    /// again.
    pub(super) fn give_up(&mut self, index: usize, events: &mut Unreported) {
        let until = now() + self.last_answers;
        let slot = self.slots.get(index);
        let Some(slot) = slot.filter(|slot| slot.leaving == Leaving::No) else {
            return;
        };
        slot.leaving = Leaving::GivenUp(until);
        self.leave(index, events);
        self.warn_of_giving_up(index, BIND_REFUSED);
    }

    /// A session gets nothing more: what waits for it goes out on the others, or comes back.
    pub(super) fn leave(&mut self, index: usize, events: &mut Unreported) {
        let unwritten = self.dispatch.leave(index);
        events.extend(unwritten.into_iter().map(Event::Returned));
    }

    pub(super) fn warn_of_giving_up(&self, index: usize, why: &'static str) {
        let operator = &*self.name;
        warn!(operator, session = index, why, "session given up");
    }

    fn closed(&mut self, index: usize, closed: session::Closed, events: &mut Unreported) {
        let mut returned = self.dispatch.unbound(index);
        returned.extend(closed.unsent.into_iter().map(Token::from));
        let mut timed_out = FxHashSet::default();
        if let Some(slot) = self.slots.get(index) {
            timed_out = std::mem::take(&mut slot.timed_out);
            returned.extend(slot.closed());
        }
        let mut lost: Vec<_> = closed.unanswered.into_iter().map(Token::from).collect();
        // That no answer came in time was said already.
        lost.retain(|token| !timed_out.contains(token));
        let screens = returned.iter().chain(&lost);
        let screens = screens.filter(|token| ScreenToken::is_awaited(**token));
        self.screens.lost(screens.count());
        let asked = &self.dispatch;
        let submitted = |token: &Token| !asked.asks(*token) && !ScreenToken::is(*token);
        let returned = returned.into_iter().filter(submitted);
        events.extend(returned.map(Event::Returned));
        let lost: Vec<_> = lost.into_iter().filter(submitted).collect();
        lost.iter()
            .for_each(|token| self.missed(index, *token, events));
        match closed.reason {
            // Who leaves in good order had a while to answer.
            CloseReason::PeerUnbound => events.extend(lost.into_iter().map(Event::TimedOut)),
            _ => events.extend(lost.into_iter().map(Event::Lost)),
        }
        events.extend(self.dispatch.unasked(index).into_iter().map(untold));
    }

    /// What an operator says of a message that it was asked for. A refusal says nothing of the message.
    fn query_answered(
        &mut self,
        index: usize,
        token: Token,
        frame: &Frame,
        events: &mut Unreported,
    ) {
        let status = frame.header().status;
        let class = match self.classes.of(status, frame) {
            class @ (Class::Accepted | Class::Throttled | Class::Session) => class,
            // That the message is not known says nothing of the operator.
            _ => Class::Permanent,
        };
        let (_, congestion) = told(frame);
        let heard = Heard {
            token,
            class,
            status,
            congestion,
        };
        if self.dispatch.query_answered(token) {
            let told = fate(frame);
            events.push(Event::Queried { token, told });
        }
        self.heard(index, heard, events);
        if status == Status::RINVCMDID
            && let Some(unasked) = self.dispatch.ask_no_more()
        {
            self.warn_of_no_answers(unasked, events);
        }
    }

    fn query_timed_out(&mut self, token: Token, events: &mut Unreported) {
        events.push(untold(token));
        if let Some(unasked) = self.dispatch.query_timed_out(token) {
            self.warn_of_no_answers(unasked, events);
        }
    }

    fn warn_of_no_answers(&self, unasked: Vec<Token>, events: &mut Unreported) {
        warn!(
            operator = self.name,
            "the operator does not answer query_sm: it is not asked any more; set query = false"
        );
        events.extend(unasked.into_iter().map(untold));
    }
}

/// Whether it shows that an SMSC does more than answer `enquire_link`.
fn is_life(event: &session::Event) -> bool {
    matches!(
        event,
        session::Event::Response { .. } | session::Event::Request(_)
    )
}

/// Of messages alone: after what was refused a screen, a push or a question is over. Of the link it says nothing that the
/// refusal did not.
fn taken_after_all(token: u64, frame: &Frame, events: &mut Unreported) {
    let is_message = frame.header().command_id == CommandId::SUBMIT_SM_RESP
        && !ScreenToken::is(token)
        && !Token::from(token).is_push();
    if is_message {
        let (smsc_id, _) = told(frame);
        events.push(Event::TakenAfterAll {
            token: token.into(),
            smsc_id,
        });
    }
}

fn is_alert(frame: &Frame) -> bool {
    frame.header().command_id == CommandId::ALERT_NOTIFICATION
}
