//! From when until when a certificate is good (RFC 5280, 4.1.2.5).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::clock::UnixMillis;

/// In UTC; both ends are within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    from: DateTime,
    until: DateTime,
}

impl Validity {
    /// Nothing, if it is no certificate in DER.
    pub(super) fn of(certificate: &[u8]) -> Option<Self> {
        const VERSION: u8 = 0xA0;
        let (certificate, _) = element(SEQUENCE, certificate)?;
        let (signed, _) = element(SEQUENCE, certificate)?;
        let after_version = element(VERSION, signed).map_or(signed, |(_, rest)| rest);
        let (_serial_number, rest) = element(INTEGER, after_version)?;
        let (_signature, rest) = element(SEQUENCE, rest)?;
        let (_issuer, rest) = element(SEQUENCE, rest)?;
        let (validity, _) = element(SEQUENCE, rest)?;
        let (from, rest) = time(validity)?;
        let (until, _) = time(rest)?;
        Some(Self { from, until })
    }

    /// Why the certificate is not good at this time, as the end of a sentence; nothing if it is.
    pub(super) fn fault(self, now: UnixMillis) -> Option<String> {
        let now = Timestamp::from_millisecond(now.0).ok()?;
        let now = now.to_zoned_datetime(TimeZone::UTC).datetime();
        if now < self.from {
            Some(format!("is not valid before {}", self.from.date()))
        } else if now > self.until {
            Some(format!("expired on {}", self.until.date()))
        } else {
            None
        }
    }
}

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;

/// What the first element holds, if it is of this tag, and what follows it.
fn element(tag: u8, octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, rest) = octets.split_first()?;
    let (length, rest) = rest.split_first().filter(|_| *first == tag)?;
    let (length, rest) = match length {
        0..=0x7F => (usize::from(*length), rest),
        // So many octets tell the length.
        0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(length & 0x7F))?;
            let add = |sum: usize, octet: &u8| sum << 8 | usize::from(*octet);
            (length.iter().fold(0, add), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

fn time(octets: &[u8]) -> Option<(DateTime, &[u8])> {
    let in_words = |octets: &[u8]| str::from_utf8(octets).ok().map(str::to_owned);
    let (text, rest) = match element(UTC_TIME, octets) {
        // Two digits of the year: 50 is that of 1950.
        Some((text, rest)) => {
            let text = in_words(text)?;
            let century = if *text < *"50" { "20" } else { "19" };
            (format!("{century}{text}"), rest)
        }
        None => {
            let (text, rest) = element(GENERALIZED_TIME, octets)?;
            (in_words(text)?, rest)
        }
    };
    let time = DateTime::strptime("%Y%m%d%H%M%SZ", text).ok()?;
    Some((time, rest))
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    use super::super::certificates::Ca;
    use super::*;

    fn certificate(years: [i32; 2]) -> CertificateDer<'static> {
        let pair = Ca::new("An operator").issue_for_years("gateway", years);
        CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()
    }

    fn at(time: &str) -> UnixMillis {
        let time: Timestamp = time.parse().unwrap();
        UnixMillis(time.as_millisecond())
    }

    #[test]
    fn a_certificate_is_good_from_its_first_second_to_its_last() {
        let fault = |years, now| Validity::of(&certificate(years)).unwrap().fault(at(now));
        let years = [2020, 2030];
        assert_eq!(fault(years, "2020-01-01T00:00:00Z"), None);
        assert_eq!(fault(years, "2030-01-01T00:00:00Z"), None);
        let early = Some("is not valid before 2020-01-01".to_owned());
        assert_eq!(fault(years, "2019-12-31T23:59:59Z"), early);
        let late = Some("expired on 2030-01-01".to_owned());
        assert_eq!(fault(years, "2030-01-01T00:00:01Z"), late);
        // Years are written in two digits up to 2049, and in four from then on.
        assert_eq!(fault([1950, 2049], "2048-12-31T00:00:00Z"), None);
        assert_eq!(fault([2049, 2050], "2049-12-31T00:00:00Z"), None);
        assert_eq!(fault([2000, 9999], "9998-12-31T00:00:00Z"), None);
    }

    #[test]
    fn a_certificate_that_is_cut_short_has_no_validity_and_harms_nobody() {
        let certificate = certificate([2020, 2030]);
        let validity = Validity::of(&certificate);
        for length in 0..certificate.len() {
            let cut = Validity::of(&certificate[..length]);
            assert_eq!(cut, None, "{length}");
        }
        assert!(validity.is_some());
        assert_eq!(
            Validity::of(&[SEQUENCE, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]),
            None
        );
    }
}
