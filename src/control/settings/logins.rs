//! Logins that stand twice in a configuration: an SMSC counts by login, the gateway paces by operator.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::bind::Bind;
use super::reading::Table;

/// The logins that were met.
#[derive(Default)]
pub(super) struct Logins(RefCell<BTreeMap<Login, Met>>);

/// An address and a `system_id`.
type Login = (String, String);

/// Where a login stands.
struct Met {
    /// The key of its operator.
    operator: String,
    /// The key of its own table.
    table: String,
    /// Whether no other address is tried before.
    preferred: bool,
}

impl Logins {
    /// Warns of a table that logs in where another one does, under the same name.
    ///
    /// Two tables of one operator may stand in for one another: then only their preferred addresses differ.
    pub(super) fn check(&self, table: &Table<'_>, operator: &str, bind: &Bind) {
        let mut met = self.0.borrow_mut();
        let mut told = false;
        for (place, address) in bind.reach.addresses().iter().enumerate() {
            let login = (address.clone(), bind.system_id.clone());
            let this = Met {
                operator: operator.to_owned(),
                table: table.key().to_owned(),
                preferred: place == 0,
            };
            match met.get(&login) {
                Some(first) if this.clashes_with(first) => {
                    if !told {
                        warn(table, &login, first, first.operator == operator);
                    }
                    told = true;
                }
                Some(_) if !this.preferred => {}
                _ => {
                    met.insert(login, this);
                }
            }
        }
    }
}

impl Met {
    fn clashes_with(&self, other: &Self) -> bool {
        self.operator != other.operator || (self.preferred && other.preferred)
    }
}

fn warn(table: &Table<'_>, (address, system_id): &Login, first: &Met, same_operator: bool) {
    let first = &first.table;
    let twice = format!("logs in at {address} as {system_id}, as `{first}` does");
    if same_operator {
        let right = format!("raise `sessions` of `{first}` instead, or give each its own login");
        table.warn(twice, right);
    } else {
        table.warn(
            format!("{twice}: what one `tps` allows the SMSC counts for both"),
            "give each its own login, or make them one operator",
        );
    }
}
