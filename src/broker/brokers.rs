//! The brokers of one cluster, to be tried in turn.

use std::fmt;

use lapin::uri::AMQPUri;

use crate::tls::ClientFiles;

/// One or more brokers. Shown by host and port only: a URL holds a password.
#[derive(Clone)]
pub struct Brokers {
    uris: Vec<AMQPUri>,
    turn: usize,
    /// For those that are reached by `amqps://`.
    tls: ClientFiles,
}

/// A URL that names no broker. The URL itself is not told, since it holds a password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    #[error("a broker's url should be like amqp://USER:PASSWORD@HOST:5672/VHOST")]
    Malformed,
    #[error("no broker's url is given")]
    None,
}

impl Brokers {
    /// The brokers at these URLs, `amqp://USER:PASSWORD@HOST:PORT/VHOST`, or `amqps://` for TLS.
    pub fn parse<'a>(urls: impl IntoIterator<Item = &'a str>) -> Result<Self, BadUrl> {
        let uris: Vec<_> = urls.into_iter().map(parse).collect::<Result<_, _>>()?;
        if uris.is_empty() {
            return Err(BadUrl::None);
        }
        Ok(Self {
            uris,
            turn: 0,
            tls: ClientFiles::default(),
        })
    }

    /// Trusting and showing these certificates.
    #[must_use]
    pub fn under_tls(self, tls: ClientFiles) -> Self {
        Self { tls, ..self }
    }

    pub(super) fn tls(&self) -> &ClientFiles {
        &self.tls
    }

    /// Where to connect to now.
    pub(super) fn current(&self) -> AMQPUri {
        self.uri().clone()
    }

    pub(super) fn count(&self) -> usize {
        self.uris.len()
    }

    /// Goes on to the next.
    pub(super) fn turn(&mut self) {
        self.turn = (self.turn + 1) % self.uris.len();
    }

    pub(super) fn user(&self) -> &str {
        &self.uri().authority.userinfo.username
    }

    pub(super) fn vhost(&self) -> &str {
        &self.uri().vhost
    }

    fn uri(&self) -> &AMQPUri {
        self.uris
            .get(self.turn)
            .expect("there is at least one, and the turn stays below")
    }
}

impl fmt::Display for Brokers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = &self.uri().authority;
        write!(f, "{}:{}", authority.host, authority.port)
    }
}

impl fmt::Debug for Brokers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Brokers({self} of {})", self.uris.len())
    }
}

fn parse(url: &str) -> Result<AMQPUri, BadUrl> {
    let mut uri: AMQPUri = url.parse().map_err(|_| BadUrl::Malformed)?;
    // A peer that fell silent is noticed within half a minute.
    uri.query.heartbeat.get_or_insert(15);
    Ok(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brokers_are_tried_in_turn_and_shown_without_secrets() {
        let urls = [
            "amqp://xabar:geheim@one:5672/%2f",
            "amqp://xabar:geheim@two/",
        ];
        let mut brokers = Brokers::parse(urls).unwrap();
        assert_eq!(brokers.to_string(), "one:5672");
        brokers.turn();
        assert_eq!(format!("{brokers:?}"), "Brokers(two:5672 of 2)");
        brokers.turn();
        assert_eq!(brokers.to_string(), "one:5672");
    }

    #[test]
    fn what_names_no_broker_is_refused() {
        for (urls, refused) in [
            (&["http://xabar:geheim@one/"][..], BadUrl::Malformed),
            (&["amqp://one", "nonsense"], BadUrl::Malformed),
            (&[], BadUrl::None),
        ] {
            assert_eq!(Brokers::parse(urls.iter().copied()).unwrap_err(), refused);
        }
    }
}
