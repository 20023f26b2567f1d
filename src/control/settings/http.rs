//! `[http]`: where the gateway listens, and to whom.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::reading::{Cell, Table};
use super::routing::file;
use super::values::{parsed, switch};

/// `[http]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    pub listen: SocketAddr,
    /// The file of the tokens that are asked for; `None`: nobody is asked for one.
    pub tokens: Option<PathBuf>,
}

pub(super) fn http(root: &mut Table<'_>) -> Option<Http> {
    root.optional("http", |cell: &Cell<'_>| cell.table(read))
}

fn read(table: &mut Table<'_>) -> Option<Http> {
    let http = Http {
        tokens: table.optional("tokens", file),
        listen: table.or("listen", SocketAddr::from(([127, 0, 0, 1], 8025)), address),
    };
    let insecure = table.or("insecure", false, switch);
    // A path that is wrong was told already.
    let open = !table.has("tokens") && !http.listen.ip().is_loopback();
    if open && !insecure {
        table.wrong::<()>(
            format!(
                "listens at {}, where others reach it, and asks nobody for a token",
                http.listen
            ),
            "name a file of `tokens`, or let `listen` be an address of this machine alone; insecure = true if something \
             else guards that address",
        );
    }
    Some(http)
}

fn address(cell: &Cell<'_>) -> Option<SocketAddr> {
    let right = "write an IP address and a port, such as \"127.0.0.1:8025\", or \"0.0.0.0:8025\" for all networks";
    parsed(right, |text| text.parse().ok())(cell)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Environment, Settings};

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
            "listen = \"0.0.0.0:8025\"\ntokens = \"tokens.toml\"",
            "listen = \"10.0.0.1:8025\"\ninsecure = true",
        ] {
            assert_eq!(told(good), "", "{good}");
        }
        let refused = told("listen = \"0.0.0.0:8025\"");
        for part in [
            "xabar.toml:1:1: `http` listens at 0.0.0.0:8025",
            "`tokens`",
            "insecure = true",
        ] {
            assert!(refused.contains(part), "{refused}");
        }
    }
}
