//! What goes wrong with TLS, in words for who has to mend it.

use std::io;
use std::sync::{Arc, OnceLock};

use rustls::{AlertDescription, CertificateError, Error};

/// What went wrong on one connection, if anything did. The first is kept.
#[derive(Clone, Debug, Default)]
pub struct Trouble(Arc<OnceLock<String>>);

impl Trouble {
    pub fn get(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }

    pub(super) fn note(&self, error: &io::Error) {
        if let Some(error) = of_tls(error) {
            // What follows the first is mostly its consequence.
            self.0.get_or_init(|| in_words(error));
        }
    }
}

/// Why a handshake failed.
pub(super) fn handshake_failure(error: &io::Error) -> String {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    match (of_tls(error), error.kind()) {
        (Some(error), _) => in_words(error),
        (None, UnexpectedEof | ConnectionReset | BrokenPipe) => {
            "it closes the connection instead of a TLS handshake: does it speak TLS at this port?"
                .to_owned()
        }
        (None, _) => format!("the connection failed during the TLS handshake: {error}"),
    }
}

/// What is wrong with what a client showed to us, if a handshake failed by that.
pub fn refused_certificate(error: &io::Error) -> Option<String> {
    match of_tls(error)? {
        Error::NoCertificatesPresented => Some("it shows no certificate".to_owned()),
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            Some("its certificate is of no CA in `client_ca`".to_owned())
        }
        Error::InvalidCertificate(why) => Some(certificate(why)),
        _ => None,
    }
}

fn of_tls(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

fn in_words(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(why) => certificate(why),
        Error::AlertReceived(alert) => told(*alert),
        Error::InvalidMessage(_) => "it does not speak TLS at this port".to_owned(),
        Error::PeerIncompatible(why) => {
            let why = spelled(&format!("{why:?}"));
            format!("it speaks no TLS that we do, which is 1.2 and 1.3: {why}")
        }
        Error::PeerMisbehaved(why) => {
            let why = spelled(&format!("{why:?}"));
            format!("it breaks the rules of TLS: {why}")
        }
        error => format!("TLS failed: {error}"),
    }
}

/// What is wrong with its certificate.
fn certificate(why: &CertificateError) -> String {
    use CertificateError as Why;
    match why {
        Why::UnknownIssuer => {
            "its certificate is of a CA that is not trusted here: compare `ca`".to_owned()
        }
        Why::NotValidForNameContext {
            expected,
            presented,
        } => {
            let expected = expected.to_str();
            if presented.is_empty() {
                return format!(
                    "its certificate has no subjectAltName, and the common name does not count: \
                     have the operator issue one with the subjectAltName {expected}"
                );
            }
            let presented: Vec<&str> = presented.iter().map(|it| name(it)).collect();
            let presented = presented.join(", ");
            format!("its certificate is for {presented}, not for {expected}: set `server_name`")
        }
        Why::NotValidForName => "its certificate is for another: set `server_name`".to_owned(),
        Why::Expired | Why::ExpiredContext { .. } => "its certificate has expired".to_owned(),
        Why::NotValidYet | Why::NotValidYetContext { .. } => {
            "its certificate is not valid yet: is the clock right?".to_owned()
        }
        Why::Other(why) => {
            let why = spelled(&why.to_string());
            format!("its certificate will not do: {why}")
        }
        why => {
            let why = spelled(&format!("{why:?}"));
            format!("its certificate will not do: {why}")
        }
    }
}

/// `unknown ca` of `UnknownCA`, which is how the specification and other programs name it.
fn spelled(name: &str) -> String {
    let mut words = String::new();
    let mut ends_a_word = false;
    // What follows the name are details.
    for letter in name.chars().take_while(char::is_ascii_alphanumeric) {
        if ends_a_word && letter.is_ascii_uppercase() {
            words.push(' ');
        }
        ends_a_word = !letter.is_ascii_uppercase();
        words.push(letter.to_ascii_lowercase());
    }
    match words.strip_suffix(" context") {
        Some(words) => words.to_owned(),
        None => words,
    }
}

/// The name itself, of one that webpki gives as `DnsName("smsc.example.uz")`.
fn name(presented: &str) -> &str {
    let inner = presented
        .split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.map_or(presented, |inner| inner.trim_matches('"'))
}

/// What the other end told before it left.
fn told(alert: AlertDescription) -> String {
    use AlertDescription as Alert;
    match alert {
        Alert::CertificateRequired | Alert::NoCertificate => {
            "it asks for a client certificate: set `certificate` and `key`".to_owned()
        }
        Alert::CertificateExpired => {
            "it says that our certificate has expired: renew `certificate`".to_owned()
        }
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateUnknown
        | Alert::UnknownCA
        | Alert::AccessDenied
        | Alert::DecryptError => {
            let alert = spelled(&format!("{alert:?}"));
            format!("it does not accept our certificate ({alert}): is `certificate` the one it knows?")
        }
        Alert::HandshakeFailure => {
            "it refuses the handshake: it may ask for a client certificate (`certificate` and `key`), \
             or have no cipher in common with us"
                .to_owned()
        }
        Alert::ProtocolVersion => "it speaks neither TLS 1.2 nor 1.3".to_owned(),
        Alert::UnrecognisedName => {
            "it knows nobody of that name: set `server_name` as the operator says".to_owned()
        }
        alert => {
            let alert = spelled(&format!("{alert:?}"));
            format!("it ends the connection with the TLS alert \"{alert}\"")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustls::pki_types::{ServerName, UnixTime};
    use rustls::{OtherError, PeerIncompatible};

    use super::*;

    #[test]
    fn what_the_library_names_in_one_word_is_told_in_words() {
        let expired = CertificateError::ExpiredRevocationListContext {
            time: UnixTime::since_unix_epoch(Duration::ZERO),
            next_update: UnixTime::since_unix_epoch(Duration::ZERO),
        };
        let other =
            CertificateError::Other(OtherError(Arc::new(io::Error::other("CaUsedAsEndEntity"))));
        for (error, expected) in [
            (
                Error::AlertReceived(AlertDescription::UnknownCA),
                "it does not accept our certificate (unknown ca): is `certificate` the one it knows?",
            ),
            (
                Error::AlertReceived(AlertDescription::InternalError),
                "it ends the connection with the TLS alert \"internal error\"",
            ),
            (
                Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon),
                "it speaks no TLS that we do, which is 1.2 and 1.3: no cipher suites in common",
            ),
            (
                Error::InvalidCertificate(expired),
                "its certificate will not do: expired revocation list",
            ),
            (
                Error::InvalidCertificate(other),
                "its certificate will not do: ca used as end entity",
            ),
        ] {
            assert_eq!(in_words(&error), expected);
        }
    }

    #[test]
    fn of_a_certificate_with_a_common_name_alone_is_told_what_it_lacks() {
        let why = CertificateError::NotValidForNameContext {
            expected: ServerName::try_from("smsc.example.uz").expect("a name"),
            presented: Vec::new(),
        };
        assert_eq!(
            certificate(&why),
            "its certificate has no subjectAltName, and the common name does not count: \
             have the operator issue one with the subjectAltName smsc.example.uz"
        );
    }

    #[test]
    fn the_names_in_a_certificate_are_told_as_they_are() {
        let presented = ["DnsName(\"other.example.uz\")", "IpAddress(127.0.0.1)"];
        let why = CertificateError::NotValidForNameContext {
            expected: ServerName::try_from("smsc.example.uz").expect("a name"),
            presented: presented.map(str::to_owned).into(),
        };
        assert_eq!(
            certificate(&why),
            "its certificate is for other.example.uz, 127.0.0.1, not for smsc.example.uz: set `server_name`"
        );
    }
}
