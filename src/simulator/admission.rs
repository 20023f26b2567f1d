//! Who may bind.

use xabar_smpp::Status;
use xabar_smpp::pdu::Bind;

/// An ESME that is known to the SMSC.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    pub system_id: String,
    pub password: String,
}

/// Leaves out the password.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Account").field(&self.system_id).finish()
    }
}

/// The status that a login deserves. With no accounts, anyone is let in.
pub(super) fn login(accounts: &[Account], bind: &Bind<'_>) -> Status {
    let known = accounts
        .iter()
        .find(|account| bind.system_id == account.system_id.as_str());
    match known {
        _ if accounts.is_empty() => Status::ROK,
        None => Status::RINVSYSID,
        Some(account) if bind.password != account.password.as_str() => Status::RINVPASWD,
        Some(_) => Status::ROK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_refused_by_what_is_wrong_with_it() {
        let accounts = [Account {
            system_id: "xabar".to_owned(),
            password: "secret".to_owned(),
        }];
        let table = [
            ("xabar", "secret", Status::ROK),
            ("xabar", "Secret", Status::RINVPASWD),
            ("kannel", "secret", Status::RINVSYSID),
        ];
        for (system_id, password, status) in table {
            let bind = Bind {
                system_id: system_id.into(),
                password: password.into(),
                ..Bind::default()
            };
            assert_eq!(login(&accounts, &bind), status);
            assert_eq!(login(&[], &bind), Status::ROK);
        }
    }
}
