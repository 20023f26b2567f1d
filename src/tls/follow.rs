//! The files of the end that is connected to, read again when they change: certificates are renewed every few weeks.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Certificates, Identity, Key, Roots, Server, Unusable};
use crate::clock::{UnixMillis, instant, wall};
use crate::control::audit::{Audit, By, Came, ReadAgain};
use crate::watched_file::{Sight, Stamp, Watched};

/// Where certificate, key and CAs are.
#[derive(Clone, Debug)]
pub struct ServerFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// Those who may issue certificates of clients; `None`: clients need none.
    pub client_ca: Option<PathBuf>,
}

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How often it is told that a certificate has run out.
const TELL: Duration = Duration::from_secs(60 * 60);

impl ServerFiles {
    /// What they make, and why their certificate is not good at this time, as the end of a sentence.
    ///
    /// # Errors
    /// If that is of no use.
    pub fn read(&self, now: UnixMillis) -> Result<(Server, Option<String>), Unusable> {
        let certificates = Certificates::read(&self.certificate)?;
        let fault = certificates.faults(now).flatten().next();
        let identity = Identity::new(certificates, Key::read(&self.key)?)?;
        let clients = self.client_ca.as_deref().map(Roots::read).transpose()?;
        Ok((Server::new(identity, clients)?, fault))
    }

    /// Follows their changes until stopped, and notes them; `server` is what they make now.
    pub fn follow(
        self,
        server: Server,
        stop: CancellationToken,
        audit: Audit,
    ) -> watch::Receiver<Server> {
        let (changed, changes) = watch::channel(server);
        let mut followed = Followed::new(self, changed);
        tokio::spawn(async move {
            while stop.run_until_cancelled(sleep(LOOK)).await.is_some() {
                if let Some(news) = followed.look(instant(), wall()) {
                    followed.tell(&news);
                    if let Some(came) = news.came() {
                        audit.read_again(&ReadAgain {
                            at: wall().into(),
                            read: "certificate of HTTP",
                            by: By::Change,
                            files: &followed.changed,
                            came,
                        });
                    }
                }
            }
        });
        changes
    }

    fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        let client_ca = self.client_ca.iter();
        [&self.certificate, &self.key].into_iter().chain(client_ca)
    }
}

struct Followed {
    files: ServerFiles,
    watched: Vec<Watched>,
    /// Those that were others when they were read last.
    changed: Vec<PathBuf>,
    server: watch::Sender<Server>,
    /// When it was looked last whether the certificate is still good.
    checked: Option<Instant>,
}

/// What is told of the files.
#[derive(Debug)]
enum News {
    /// And why what was read is not good, if it is not.
    ReadAgain(Option<String>),
    Wrong(Unusable),
    Outdated(String),
}

impl News {
    /// What came of reading them, if they were read.
    fn came(&self) -> Option<Came<'_>> {
        match self {
            Self::ReadAgain(_) => Some(Came::Taken),
            Self::Wrong(why) => Some(Came::Refused {
                failed: why.to_string(),
            }),
            Self::Outdated(_) => None,
        }
    }
}

impl Followed {
    fn new(files: ServerFiles, server: watch::Sender<Server>) -> Self {
        let watched = files.paths().map(|path| Watched::new(Stamp::of(path)));
        Self {
            watched: watched.collect(),
            changed: Vec::new(),
            files,
            server,
            checked: None,
        }
    }

    fn look(&mut self, now: Instant, wall: UnixMillis) -> Option<News> {
        let mut changed = Vec::new();
        for (path, watched) in self.files.paths().zip(&mut self.watched) {
            let stamp = Stamp::of(path);
            if watched.look(stamp, now) == Sight::Changed {
                watched.was_read(stamp);
                changed.push(path.clone());
            }
        }
        if !changed.is_empty() {
            self.changed = changed;
            return Some(match self.files.read(wall) {
                Ok((server, fault)) => {
                    self.server.send_replace(server);
                    News::ReadAgain(fault)
                }
                // One of them may be there before the others.
                Err(why) => News::Wrong(why),
            });
        }
        let due = |checked| now.duration_since(checked) >= TELL;
        if !self.checked.is_none_or(due) {
            return None;
        }
        self.checked = Some(now);
        let certificates = Certificates::read(&self.files.certificate).ok()?;
        let fault = certificates.faults(wall).flatten().next()?;
        Some(News::Outdated(fault))
    }

    fn tell(&self, news: &News) {
        let certificate = self.files.certificate.display();
        match news {
            News::ReadAgain(None) => info!(%certificate, "the certificate of HTTP was read again"),
            News::ReadAgain(Some(why)) | News::Outdated(why) => {
                warn!(%certificate, why, "the certificate of HTTP is not good: clients refuse it");
            }
            News::Wrong(why) => {
                warn!(%why, "the certificate of HTTP cannot be used: the one before holds on");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::certificates::{Ca, Pair};
    use super::*;
    use crate::scratch::Folder;

    fn put(folder: &Folder, Pair { certificate, key }: &Pair) {
        std::fs::write(folder.path("http.pem"), certificate).unwrap();
        std::fs::write(folder.path("http.key"), key).unwrap();
    }

    #[test]
    fn a_renewed_certificate_is_taken_and_half_of_one_is_not() {
        let (ca, folder) = (Ca::new("A CA"), Folder::new());
        put(&folder, &ca.issue(&["gateway"]));
        let files = ServerFiles {
            certificate: folder.path("http.pem"),
            key: folder.path("http.key"),
            client_ca: None,
        };
        let (server, fault) = files.read(wall()).unwrap();
        assert_eq!(fault, None);
        let mut followed = Followed::new(files, watch::Sender::new(server));
        let mut now = instant();
        let mut news = |followed: &mut Followed| {
            let told: Vec<News> = (0..5)
                .filter_map(|_| {
                    now += LOOK;
                    followed.look(now, wall())
                })
                .collect();
            told
        };
        assert!(news(&mut followed).is_empty());
        let renewed = ca.issue(&["gateway", "gateway.example.uz"]);
        std::fs::write(folder.path("http.pem"), &renewed.certificate).unwrap();
        assert!(matches!(news(&mut followed)[..], [News::Wrong(_)]));
        std::fs::write(folder.path("http.key"), renewed.key.clone() + "\n").unwrap();
        assert!(matches!(news(&mut followed)[..], [News::ReadAgain(None)]));
        put(&folder, &ca.issue_expired("gateway"));
        let told = news(&mut followed);
        let [News::ReadAgain(Some(why))] = &told[..] else {
            panic!("{told:?}")
        };
        assert!(why.starts_with("expired on 1999"), "{why}");
    }

    #[test]
    fn one_that_runs_out_is_told_each_hour() {
        let (ca, folder) = (Ca::new("A CA"), Folder::new());
        put(&folder, &ca.issue_expired("gateway"));
        let files = ServerFiles {
            certificate: folder.path("http.pem"),
            key: folder.path("http.key"),
            client_ca: None,
        };
        let (server, fault) = files.read(wall()).unwrap();
        assert!(fault.is_some());
        let mut followed = Followed::new(files, watch::Sender::new(server));
        let start = instant();
        let told = (0..7200).filter(|second| {
            let now = start + Duration::from_secs(*second);
            matches!(followed.look(now, wall()), Some(News::Outdated(_)))
        });
        assert_eq!(told.count(), 2);
    }
}
