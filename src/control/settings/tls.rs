//! `[operator.tls]`: whom an operator's links trust, and who they say they are.

use std::path::Path;

use super::bind::{Bind, Reach};
use super::private::warn_if_public;
use super::reading::{Cell, Table};
use super::routing;
use super::values::{parsed, some_text};
use crate::clock::{Clock, UnixMillis};
use crate::tls::{Certificates, Client, ClientFiles, Identity, Key, Name, Roots, Unusable};

/// The files are read here, so that what is wrong with one is told with its line.
pub(super) fn tls(binds: &[Bind]) -> impl Fn(&Cell<'_>) -> Option<Client> {
    let comes = |bind: &Bind| matches!(bind.reach, Reach::Outbind(_));
    move |cell| match binds.iter().any(comes) {
        true => cell.wrong(
            "is set beside `outbind`, and the connections that an SMSC makes to us have no TLS",
            "leave it out, or give `address` instead of `outbind`",
        ),
        false => cell.table(|table| client(table, binds)),
    }
}

fn client(table: &mut Table<'_>, binds: &[Bind]) -> Option<Client> {
    let ca = table.optional("ca", ca);
    let roots = match table.has("ca") {
        true => ca,
        false => usable(Roots::of_this_machine(), |what, right| {
            table.wrong(what, right)
        }),
    };
    let identity = identity(table);
    let server_name = table.optional("server_name", name);
    if !table.has("server_name") {
        named_by_their_addresses(table, binds)?;
    }
    let client = Client::new(roots?, identity?, server_name);
    usable(client, |what, right| table.wrong(what, right))
}

/// `[intake.amqp.tls]` and `[outcomes.amqp.tls]`: the files are read at each connection, and here to tell what is wrong with
/// them.
pub(super) fn broker(cell: &Cell<'_>) -> Option<ClientFiles> {
    cell.table(|table| {
        let roots = table.optional("ca", ca);
        let identity = identity(table)?;
        let certificate = table.optional("certificate", routing::file);
        let key = table.optional("key", routing::file);
        let files = ClientFiles {
            ca: table.optional("ca", routing::file),
            identity: identity.and(certificate).zip(key),
            server_name: table.optional("server_name", name),
        };
        (files.ca.is_some() == roots.is_some()).then_some(files)
    })
}

/// Nothing if it is wrong, and `Some(None)` if there is none.
pub(super) fn identity(table: &mut Table<'_>) -> Option<Option<Identity>> {
    let chain = table.optional("certificate", |cell| {
        file(|path| {
            let chain = Certificates::read(path)?;
            warn_if_outdated(cell, path, chain.faults(now()).flatten().next());
            Ok(chain)
        })(cell)
    });
    let given = (table.has("certificate"), table.has("key"));
    let identity = table.optional("key", |cell| {
        let key = file(|path| {
            warn_if_public(cell, path);
            Key::read(path)
        })(cell)?;
        usable(Identity::new(chain.clone()?, key), |what, right| {
            cell.wrong(what, right)
        })
    });
    match given {
        (true, true) => identity.map(Some),
        (false, false) => Some(None),
        (true, false) => {
            table.missing("key", "name the file of the certificate's key");
            None
        }
        (false, true) => {
            table.missing("certificate", "name the file of the key's certificate");
            None
        }
    }
}

/// The CAs that are trusted. Of several the old ones may have expired.
pub(super) fn ca(cell: &Cell<'_>) -> Option<Roots> {
    file(|path| {
        let roots = Roots::read(path)?;
        let faults: Option<Vec<_>> = Certificates::read(path)?.faults(now()).collect();
        warn_if_outdated(cell, path, faults.and_then(|mut it| it.pop()));
        Ok(roots)
    })(cell)
}

/// That is no error: a start with one such file is not to keep the links of all other operators down, and the clock of a
/// machine that has just started may be wrong.
fn warn_if_outdated(cell: &Cell<'_>, path: &Path, fault: Option<String>) {
    if let Some(fault) = fault {
        cell.warn(
            format!(
                "names the file {}, whose certificate {fault}",
                path.display()
            ),
            "put the present one there, or set this machine's clock if that is wrong",
        );
    }
}

fn now() -> UnixMillis {
    Clock::starting_after(UnixMillis::default()).now().wall
}

/// Where no name is given, certificates are compared with the hosts of the addresses.
/// With what a URL is asked: nothing if it is one of http. `secured`: whether it is one of https, if that is known.
pub(super) fn http_client(table: &mut Table<'_>, secured: Option<bool>) -> Option<Option<Client>> {
    let ca = table.optional("ca", ca);
    match secured {
        Some(true) => {}
        Some(false) if table.has("ca") => {
            return table.wrong(
                "has a `ca`, and a URL of http",
                "ask by https, or leave it out",
            );
        }
        _ => return Some(None),
    }
    let wrong = |what: String, right: String| table.wrong(what, right);
    let roots = match table.has("ca") {
        true => ca?,
        false => usable(Roots::of_this_machine(), wrong)?,
    };
    let client = usable(Client::new(roots, None, None), |what, right| {
        table.wrong(what, right)
    });
    client.map(Some)
}

fn named_by_their_addresses(table: &Table<'_>, binds: &[Bind]) -> Option<()> {
    let mut addresses = binds.iter().flat_map(|bind| bind.reach.addresses());
    match addresses.find(|address| Name::of_address(address).is_none()) {
        None => Some(()),
        Some(address) => table.wrong(
            format!("gives no `server_name`, and no certificate can be for the host of {address}"),
            "set `server_name` to the name in the SMSC's certificate",
        ),
    }
}

fn name(cell: &Cell<'_>) -> Option<Name> {
    parsed(
        "write the name in the SMSC's certificate, without a port, such as \"smsc.example.uz\"",
        Name::parse,
    )(cell)
}

/// What a file holds; its path is relative to the configuration's folder.
pub(super) fn file<T>(
    read: impl Fn(&Path) -> Result<T, Unusable>,
) -> impl Fn(&Cell<'_>) -> Option<T> {
    move |cell| {
        let path = cell.folder().join(some_text(cell)?);
        usable(read(&path), |what, right| cell.wrong(what, right))
    }
}

/// What was read, or `wrong` told why it is of no use.
pub(super) fn usable<T>(
    read: Result<T, Unusable>,
    wrong: impl FnOnce(String, String) -> Option<T>,
) -> Option<T> {
    match read {
        Ok(read) => Some(read),
        Err(Unusable { what, right }) => wrong(what, right),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Environment, Settings};
    use crate::scratch::Folder;
    use crate::tls::certificates::Ca;

    /// A folder with files of all kinds.
    fn folder() -> Folder {
        let ca = Ca::new("An operator");
        let (ours, another) = (ca.issue(&["gateway"]), ca.issue(&["gateway"]));
        let encrypted = another.key.replace("PRIVATE", "ENCRYPTED PRIVATE");
        let broken = ca.certificate().replace("END", "AND");
        Folder::with([
            ("ca.pem", ca.certificate().as_str()),
            ("broken.pem", &broken),
            ("ours.pem", &ours.certificate),
            ("ours.key", &ours.key),
            ("another.key", &another.key),
            ("encrypted.key", &encrypted),
        ])
    }

    /// What is told of an operator whose TLS is written so, without the names of folders.
    fn told(folder: &Folder, address: &str, tls: &str) -> Vec<String> {
        let text = format!(
            "[[operator]]\nname = \"ucell\"\nprefixes = [\"998\"]\naddress = \"{address}\"\n\
             system_id = \"xabar\"\npassword = \"secret\"\nsender = \"MyGov\"\n\
             [operator.tls]\n{tls}"
        );
        let file = folder.path("xabar.toml");
        let read = Settings::read(&text, &file, &Environment::default());
        let problems = read.err().unwrap_or_default();
        problems.iter().map(|it| folder.within(it)).collect()
    }

    const SMSC: &str = "smsc.example.uz:2775";

    #[test]
    fn a_ca_a_certificate_and_its_key_will_do_and_so_will_a_ca_alone() {
        let folder = folder();
        let all = "ca = \"ca.pem\"\ncertificate = \"ours.pem\"\nkey = \"ours.key\"\nserver_name = \"smsc\"";
        assert_eq!(told(&folder, SMSC, all), [""; 0]);
        for address in [SMSC, "10.0.0.7:2775", "[fd00::1]:2775"] {
            assert_eq!(told(&folder, address, "ca = \"ca.pem\""), [""; 0]);
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_key_its_line_and_its_file() {
        let folder = folder();
        let pair = |certificate, key| {
            format!("ca = \"ca.pem\"\ncertificate = \"{certificate}\"\nkey = \"{key}\"")
        };
        let cases = [
            (
                "ca = \"no.pem\"".to_owned(),
                "xabar.toml:9:6: `operator[0].tls.ca` names the file no.pem, which cannot be read",
            ),
            (
                "ca = \"ours.key\"".to_owned(),
                "xabar.toml:9:6: `operator[0].tls.ca` names the file ours.key, which holds no certificate; give a PEM file",
            ),
            (
                "ca = \"broken.pem\"".to_owned(),
                "xabar.toml:9:6: `operator[0].tls.ca` names the file broken.pem, which is not PEM",
            ),
            (
                "ca = \"ca.pem\"\nkey = \"ours.key\"".to_owned(),
                "xabar.toml:8:1: `operator[0].tls.certificate` is missing",
            ),
            (
                "ca = \"ca.pem\"\ncertificate = \"ours.pem\"".to_owned(),
                "xabar.toml:8:1: `operator[0].tls.key` is missing",
            ),
            (
                pair("ours.pem", "another.key"),
                "xabar.toml:11:7: `operator[0].tls.key` is not the key of the certificate",
            ),
            (
                pair("ours.pem", "ours.pem"),
                "xabar.toml:11:7: `operator[0].tls.key` names the file ours.pem, which holds no private key",
            ),
            (
                pair("ours.pem", "encrypted.key"),
                "xabar.toml:11:7: `operator[0].tls.key` names the file encrypted.key, which holds a key behind a password; take the password off",
            ),
            (
                "ca = \"ca.pem\"\nserver_name = \"smsc:2775\"".to_owned(),
                "xabar.toml:10:15: `operator[0].tls.server_name` is \"smsc:2775\"; write the name",
            ),
            (
                "ca = \"ca.pem\"\nserver-name = \"smsc\"".to_owned(),
                "xabar.toml:10:1: `operator[0].tls.server-name` is not a key; did you mean `server_name`?",
            ),
        ];
        for (tls, expected) in cases {
            let said = told(&folder, SMSC, &tls);
            assert!(
                said.len() == 1 && said[0].starts_with(expected),
                "{tls}: {said:?}"
            );
        }
        let said = told(&folder, "smsc,1:2775", "ca = \"ca.pem\"");
        assert!(
            said[0].contains("`operator[0].tls` gives no `server_name`"),
            "{said:?}"
        );
    }

    #[test]
    fn a_certificate_that_has_expired_or_is_not_valid_yet_is_warned_of_with_its_date() {
        let (ca, old_ca) = (
            Ca::new("An operator"),
            Ca::of_years("A fallen one", [1998, 1999]),
        );
        let (old, next) = ("old.pem", "next.pem");
        let old_pair = ca.issue_for_years("gateway", [1998, 1999]);
        let next_pair = ca.issue_for_years("gateway", [2998, 2999]);
        let both = old_ca.certificate() + &ca.certificate();
        let folder = Folder::with([
            ("ca.pem", ca.certificate().as_str()),
            ("old-ca.pem", &old_ca.certificate()),
            ("both.pem", &both),
            (old, &old_pair.certificate),
            ("old.pem.key", &old_pair.key),
            (next, &next_pair.certificate),
            ("next.pem.key", &next_pair.key),
        ]);
        let warned = |tls: &str| {
            let text = format!(
                "[[operator]]\nname = \"ucell\"\nprefixes = [\"998\"]\naddress = \"smsc:2775\"\n\
                 system_id = \"xabar\"\npassword = \"secret\"\nsender = \"MyGov\"\n[operator.tls]\n{tls}"
            );
            let read = Settings::read(&text, &folder.path("xabar.toml"), &Environment::default());
            let warnings = read.unwrap().warnings;
            let mut warnings: Vec<_> = warnings.iter().map(|it| folder.within(it)).collect();
            warnings.retain(|it| !it.contains("everybody"));
            warnings
        };
        let pair =
            |of: &str| format!("ca = \"ca.pem\"\ncertificate = \"{of}\"\nkey = \"{of}.key\"");
        let right = "; put the present one there, or set this machine's clock if that is wrong";
        let certificate = "xabar.toml:10:15: `operator[0].tls.certificate` names the file";
        assert_eq!(
            warned(&pair(old)),
            [format!(
                "{certificate} old.pem, whose certificate expired on 1999-01-01{right}"
            )]
        );
        assert_eq!(
            warned(&pair(next)),
            [format!(
                "{certificate} next.pem, whose certificate is not valid before 2998-01-01{right}"
            )]
        );
        assert_eq!(
            warned("ca = \"old-ca.pem\""),
            [format!(
                "xabar.toml:9:6: `operator[0].tls.ca` names the file old-ca.pem, whose certificate expired on 1999-01-01{right}"
            )]
        );
        // While a CA changes its certificate, both may be there.
        assert_eq!(warned("ca = \"both.pem\""), [""; 0]);
    }

    #[test]
    fn a_key_or_a_password_that_everybody_may_read_is_warned_of() {
        use std::fs::{Permissions, set_permissions};
        use std::os::unix::fs::PermissionsExt;

        let folder = folder();
        let text = "[[operator]]\nname = \"ucell\"\nprefixes = [\"998\"]\naddress = \"smsc:2775\"\n\
             system_id = \"xabar\"\npassword = { file = \"password\" }\nsender = \"MyGov\"\n\
             [operator.tls]\nca = \"ca.pem\"\ncertificate = \"ours.pem\"\nkey = \"ours.key\"\n";
        std::fs::write(folder.path("password"), "secret").unwrap();
        let warned = |mode| {
            for file in ["ours.key", "password"] {
                set_permissions(folder.path(file), Permissions::from_mode(mode)).unwrap();
            }
            let read = Settings::read(text, &folder.path("xabar.toml"), &Environment::default());
            let warnings = read.unwrap().warnings;
            let warnings = warnings.iter().map(|it| folder.within(it));
            warnings.collect::<Vec<_>>()
        };
        assert_eq!(warned(0o600), [""; 0]);
        assert_eq!(warned(0o640), [""; 0]);
        assert_eq!(
            warned(0o644),
            [
                "xabar.toml:6:21: `operator[0].password.file` names the file password, which everybody on this machine may read (mode 644); let the gateway alone read it: chmod 600, and chown to its user",
                "xabar.toml:11:7: `operator[0].tls.key` names the file ours.key, which everybody on this machine may read (mode 644); let the gateway alone read it: chmod 600, and chown to its user",
            ]
        );
    }
}
