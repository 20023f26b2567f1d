//! Ends a child when this process is killed, and can no more end anything itself.
//!
//! A shell reads what we write to it, which is over however this process ends: then it kills whom the last line names.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};

pub(super) struct Keeper {
    shell: Child,
    orders: Option<ChildStdin>,
}

/// An empty line names nobody.
const SHELL: &str = r#"
child=
while read -r line; do child=$line; done
[ -z "$child" ] || kill -s KILL "$child"
"#;

impl Keeper {
    pub(super) fn start() -> io::Result<Self> {
        let mut shell = Command::new("sh")
            .args(["-c", SHELL, "keeper"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // So that a signal to all of ours at once leaves it, and it does its work.
            .process_group(0)
            .spawn()?;
        let orders = shell.stdin.take();
        Ok(Self { shell, orders })
    }

    /// From here on this child does not outlive us.
    pub(super) fn watch(&mut self, child: u32) -> io::Result<()> {
        let gone = || io::Error::other("the shell that watches over a process is gone");
        writeln!(self.orders.as_mut().ok_or_else(gone)?, "{child}")
    }

    /// The child is over, and its number may soon be another's.
    pub(super) fn dismiss(&mut self) {
        if let Some(mut orders) = self.orders.take() {
            // A shell that is gone kills nobody.
            drop(writeln!(orders));
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.dismiss();
        // It may have been killed before.
        drop(self.shell.wait());
    }
}
