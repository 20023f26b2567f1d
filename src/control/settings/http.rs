//! `[http]`: where the gateway listens, and to whom.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::reading::{Cell, Table};
use super::routing::file;
use super::tls::{ca, identity, usable};
use super::values::{parsed, switch};
use crate::tls::{Server, ServerFiles};

/// `[http]`
#[derive(Clone, Debug)]
pub struct Http {
    pub listen: SocketAddr,
    /// The file of the tokens that are asked for; `None`: nobody is asked for one.
    pub tokens: Option<PathBuf>,
    pub tls: Option<HttpTls>,
}

/// `[http.tls]`
#[derive(Clone, Debug)]
pub struct HttpTls {
    pub files: ServerFiles,
    /// What they make.
    pub server: Server,
}

pub(super) fn http(root: &mut Table<'_>) -> Option<Http> {
    root.optional("http", |cell: &Cell<'_>| cell.table(read))
}

fn read(table: &mut Table<'_>) -> Option<Http> {
    let http = Http {
        tokens: table.optional("tokens", file),
        tls: table.optional("tls", |cell: &Cell<'_>| cell.table(tls)),
        listen: table.or("listen", SocketAddr::from(([127, 0, 0, 1], 8025)), address),
    };
    let insecure = table.or("insecure", false, switch);
    // What is wrong with either was told already.
    let lacking = match (table.has("tokens"), table.has("tls")) {
        (true, true) => None,
        (true, false) => Some(("has no TLS", "add [http.tls]")),
        (false, true) => Some(("asks nobody for a token", "name a file of `tokens`")),
        (false, false) => Some((
            "asks nobody for a token and has no TLS",
            "name a file of `tokens` and add [http.tls]",
        )),
    };
    if let Some((what, right)) = lacking
        && !http.listen.ip().is_loopback()
        && !insecure
    {
        table.wrong::<()>(
            format!("listens at {}, where others reach it, and {what}", http.listen),
            format!(
                "{right}, or let `listen` be an address of this machine alone; insecure = true if something else guards \
                 that address"
            ),
        );
    }
    Some(http)
}

fn tls(table: &mut Table<'_>) -> Option<HttpTls> {
    let identity = identity(table);
    let certificate = table.optional("certificate", file);
    let key = table.optional("key", file);
    let clients = table.optional("client_ca", ca);
    let client_ca = table.optional("client_ca", file);
    if !table.has("certificate") && !table.has("key") {
        return table.wrong(
            "names no certificate",
            "give `certificate` and `key`, or leave [http.tls] out",
        );
    }
    if client_ca.is_some() && clients.is_none() {
        return None;
    }
    let server = Server::new(identity??, clients);
    Some(HttpTls {
        files: ServerFiles {
            certificate: certificate?,
            key: key?,
            client_ca,
        },
        server: usable(server, |what, right| table.wrong(what, right))?,
    })
}

fn address(cell: &Cell<'_>) -> Option<SocketAddr> {
    let right = "write an IP address and a port, such as \"127.0.0.1:8025\", or \"0.0.0.0:8025\" for all networks";
    parsed(right, |text| text.parse().ok())(cell)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Environment, Settings};
    use crate::scratch::Folder;
    use crate::tls::certificates::Ca;

    fn told(http: &str) -> String {
        let text = format!("[http]\n{http}");
        let read = Settings::read(&text, Path::new("xabar.toml"), &Environment::default());
        let problems = read.err().unwrap_or_default();
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_address_that_others_reach_takes_tokens_or_a_word() {
        for good in [
            "",
            "listen = \"[::1]:8025\"",
            "listen = \"0.0.0.0:8025\"\ntokens = \"tokens.toml\"\ninsecure = true",
            "listen = \"10.0.0.1:8025\"\ninsecure = true",
        ] {
            assert_eq!(told(good), "", "{good}");
        }
        for (http, what) in [
            ("", "asks nobody for a token and has no TLS"),
            ("\ntokens = \"tokens.toml\"", "has no TLS; add [http.tls]"),
        ] {
            let refused = told(&format!("listen = \"0.0.0.0:8025\"{http}"));
            for part in [
                "xabar.toml:1:1: `http` listens at 0.0.0.0:8025",
                what,
                "insecure = true",
            ] {
                assert!(refused.contains(part), "{refused}");
            }
        }
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_told_with_its_line() {
        let (ca, folder) = (Ca::new("A CA"), Folder::new());
        let (pair, other) = (ca.issue(&["gateway"]), ca.issue(&["gateway"]));
        for (name, text) in [
            ("http.pem", &pair.certificate),
            ("http.key", &pair.key),
            ("other.key", &other.key),
        ] {
            std::fs::write(folder.path(name), text).unwrap();
        }
        let told = |tls: &str| {
            let text = format!(
                "[http]\nlisten = \"0.0.0.0:1\"\ntokens = \"tokens.toml\"\n[http.tls]\n{tls}"
            );
            let read = Settings::read(&text, &folder.path("xabar.toml"), &Environment::default());
            let problems = read.err().unwrap_or_default();
            problems
                .iter()
                .map(|it| folder.within(it))
                .collect::<String>()
        };
        let certificate = "certificate = \"http.pem\"\n";
        assert_eq!(told(&format!("{certificate}key = \"http.key\"")), "");
        for (tls, expected) in [
            ("", "xabar.toml:4:1: `http.tls` names no certificate"),
            (certificate, "`http.tls.key` is missing"),
            (
                &*format!("{certificate}key = \"other.key\""),
                "xabar.toml:6:7: `http.tls.key` is not the key of the certificate",
            ),
            (
                &*format!("{certificate}key = \"http.key\"\nclient_ca = \"no.pem\""),
                "xabar.toml:7:13: `http.tls.client_ca` names the file no.pem",
            ),
        ] {
            let told = told(tls);
            assert!(told.contains(expected), "{told}");
        }
    }
}
