//! What a status of a `submit_sm_resp` asks of us, by a table that each operator may change.

use std::ops::RangeInclusive;

use xabar_smpp::{Frame, Status};

/// What a status of a `submit_sm_resp` asks of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Accepted,
    /// Something is wrong with the bind, whatever we think: rebind, then the same again; it does not use up an attempt.
    Session,
    /// Slower, then the same again; it does not use up an attempt.
    Throttled,
    /// The same again after a pause.
    RetrySoon,
    /// The same again, twice at most: operators hide behind it what will not get better.
    RetryTwice,
    /// This account or operator cannot take it now.
    RetryElsewhere,
    /// This subscriber will not get it.
    Permanent,
    /// The PDU or our settings are wrong: the same again would fail again, and someone must look.
    OurBug,
}

impl Class {
    /// What a refusal may be, from the mildest to the worst, with the name by which the
    /// configuration knows it.
    pub const REFUSALS: [(&str, Self); 7] = [
        ("throttled", Self::Throttled),
        ("session", Self::Session),
        ("retry-soon", Self::RetrySoon),
        ("retry-twice", Self::RetryTwice),
        ("retry-elsewhere", Self::RetryElsewhere),
        ("permanent", Self::Permanent),
        ("our-bug", Self::OurBug),
    ];

    /// The worse of two decides for a whole message.
    pub fn severity(self) -> usize {
        let place = Self::REFUSALS.iter().position(|(_, class)| *class == self);
        place.map_or(0, |place| place + 1)
    }
}

/// The classes of one operator's statuses: the usual ones, but for those that it uses in a way of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Classes {
    own: Box<[(RangeInclusive<u32>, Class)]>,
}

impl Classes {
    /// Of ranges that overlap the narrowest decides.
    pub fn new(own: impl IntoIterator<Item = (RangeInclusive<u32>, Class)>) -> Self {
        let mut own: Vec<_> = own.into_iter().collect();
        own.sort_by_key(|(range, _)| range.end() - range.start());
        Self { own: own.into() }
    }

    /// The class of an answer.
    pub fn of(&self, status: Status, response: &Frame) -> Class {
        if status.is_ok() {
            return Class::Accepted;
        }
        let own = self.own.iter().find(|(range, _)| range.contains(&status.0));
        match own {
            Some((_, class)) => *class,
            None if status == Status::RDELIVERYFAILURE && is_passing(response) => Class::RetrySoon,
            None => usual(status),
        }
    }
}

/// Whether a delivery failed for a reason that may pass, as far as the response says (SMPP 5.0, 4.8.4.19).
fn is_passing(response: &Frame) -> bool {
    const DESTINATION_UNAVAILABLE: u8 = 0;
    const TEMPORARY_NETWORK_ERROR: u8 = 3;
    let reason = response
        .decode()
        .ok()
        .and_then(|pdu| pdu.tlvs().delivery_failure_reason().ok().flatten());
    matches!(
        reason,
        Some(DESTINATION_UNAVAILABLE | TEMPORARY_NETWORK_ERROR)
    )
}

/// The class of a status, where the operator says nothing else.
pub fn usual(status: Status) -> Class {
    match status.0 {
        0x00 => Class::Accepted,
        0x14 | 0x58 => Class::Throttled,
        0x04 | 0x05 | 0x0D..=0x0F | 0x53 => Class::Session,
        0x08 | 0x64 => Class::RetrySoon,
        0x0B | 0x65 | 0x66 | 0xFE => Class::Permanent,
        0x102 | 0x103 => Class::RetryElsewhere,
        0x01..=0x03 | 0x06 | 0x07 | 0x0A | 0x0C | 0x11 | 0x13 | 0x15 => Class::OurBug,
        0x33
        | 0x34
        | 0x40
        | 0x42..=0x44
        | 0x48
        | 0x49
        | 0x50
        | 0x51
        | 0x54
        | 0x55
        | 0x61..=0x63
        | 0x67 => Class::OurBug,
        // Of ESME_RINVDCS the pipeline tries first whether the text goes in UCS-2.
        0xC0..=0xC4 | 0x100 | 0x101 | 0x104..=0x112 => Class::OurBug,
        // ESME_RSUBMITFAIL, ESME_RUNKNOWNERR, and what the SMSC's vendor or nobody defined.
        _ => Class::RetryTwice,
    }
}

#[cfg(test)]
mod tests {
    use xabar_smpp::pdu::{Body, MessageIdResp, Pdu};
    use xabar_smpp::{Octets, Tag, TlvBuffer};

    use super::*;

    fn response(status: Status, reason: Option<u8>) -> Frame {
        let mut tlvs = TlvBuffer::new();
        if let Some(reason) = reason {
            tlvs.push_octet(Tag::DELIVERY_FAILURE_REASON, reason);
        }
        let body = MessageIdResp {
            message_id: Some(Octets(b"")),
            tlvs: tlvs.as_tlvs(),
        };
        let pdu = Pdu {
            status,
            sequence_number: 1,
            body: Body::SubmitSmResp(body),
        };
        pdu.to_frame().expect("it fits")
    }

    fn class(own: Vec<(RangeInclusive<u32>, Class)>, status: u32) -> Class {
        let status = Status::from(status);
        Classes::new(own).of(status, &response(status, None))
    }

    #[test]
    fn every_status_has_its_usual_class() {
        let usual = |status| class(Vec::new(), status);
        assert_eq!(usual(0x00), Class::Accepted);
        for of_the_bind in [0x04, 0x05, 0x0D, 0x0E, 0x0F, 0x53] {
            assert_eq!(usual(of_the_bind), Class::Session, "{of_the_bind:#x}");
        }
        assert_eq!(usual(0x08), Class::RetrySoon);
        assert_eq!(usual(0x0A), Class::OurBug);
        assert_eq!(usual(0x0B), Class::Permanent);
        assert_eq!(usual(0x45), Class::RetryTwice);
        assert_eq!(usual(0x49), Class::OurBug);
        for reserved in 0x4A..=0x4F {
            assert_eq!(usual(reserved), Class::RetryTwice, "as an unknown error");
        }
        assert_eq!(usual(0x50), Class::OurBug);
        assert_eq!(usual(0x58), Class::Throttled);
        assert_eq!(usual(0x102), Class::RetryElsewhere);
        assert_eq!(usual(0x0432), Class::RetryTwice, "the vendor's own");
        assert_eq!(usual(0x7FFF_FFFF), Class::RetryTwice, "nobody defined it");
    }

    /// The statuses that the table of `docs/operators.md` names, each with its class.
    fn documented() -> Vec<(Status, Class)> {
        let page = include_str!("../../docs/operators.md");
        let of = |row: &str| {
            let mut cells = row.split('|').map(str::trim);
            let name = cells.nth(1)?.strip_prefix('`')?.strip_suffix('`')?;
            let mut classes = Class::REFUSALS.into_iter();
            let (_, class) = classes.find(|(known, _)| *known == name)?;
            let words = cells.nth(1)?.split('`');
            let statuses: Vec<_> = words.filter_map(Status::from_name).collect();
            Some((statuses, class))
        };
        let rows = page.lines().filter_map(of);
        rows.flat_map(|(statuses, class)| statuses.into_iter().map(move |status| (status, class)))
            .collect()
    }

    #[test]
    fn the_documented_table_is_the_one_that_holds() {
        let documented = documented();
        // The class of this one depends on its reason: it stands in two rows.
        let passing = (Status::RDELIVERYFAILURE, Class::RetrySoon);
        for (status, class) in &documented {
            let holds = usual(*status) == *class || (*status, *class) == passing;
            assert!(holds, "{status} is not {class:?}");
        }
        for status in Status::NAMED {
            let class = usual(*status);
            let told = matches!(class, Class::Accepted | Class::OurBug)
                || documented.contains(&(*status, class));
            assert!(told, "{status} is {class:?}, and not in the table");
        }
    }

    #[test]
    fn what_an_operator_uses_in_a_way_of_its_own_comes_first_and_of_ranges_the_narrowest() {
        let own = || {
            vec![
                (0x400..=0x4FF, Class::Permanent),
                (0x45..=0x45, Class::Throttled),
                (0x401..=0x401, Class::RetryElsewhere),
            ]
        };
        assert_eq!(class(own(), 0x45), Class::Throttled);
        assert_eq!(class(own(), 0x400), Class::Permanent);
        assert_eq!(class(own(), 0x401), Class::RetryElsewhere);
        assert_eq!(class(own(), 0x4FF), Class::Permanent);
        assert_eq!(class(own(), 0x500), Class::RetryTwice);
        assert_eq!(class(vec![(0..=0xFF, Class::OurBug)], 0), Class::Accepted);
    }

    #[test]
    fn a_delivery_failure_is_permanent_unless_its_reason_may_pass() {
        let status = Status::RDELIVERYFAILURE;
        let of = |reason| Classes::default().of(status, &response(status, reason));
        assert_eq!(of(None), Class::Permanent);
        let reasons = [0, 1, 2, 3].map(|reason| of(Some(reason)));
        let (soon, never) = (Class::RetrySoon, Class::Permanent);
        assert_eq!(reasons, [soon, never, never, soon]);
        let own = Classes::new([(0xFE..=0xFE, Class::OurBug)]);
        assert_eq!(own.of(status, &response(status, Some(0))), Class::OurBug);
    }

    #[test]
    fn the_names_go_from_mild_to_bad() {
        assert!(Class::Throttled.severity() < Class::RetrySoon.severity());
        assert!(Class::RetryElsewhere.severity() < Class::Permanent.severity());
        assert!(Class::Permanent.severity() < Class::OurBug.severity());
        assert_eq!(Class::Accepted.severity(), 0);
    }
}
