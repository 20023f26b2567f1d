//! A CA of our own, and certificates that it signs, as PEM.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};

/// Signs certificates.
pub struct Ca(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key.
pub struct Pair {
    pub certificate: String,
    pub key: String,
}

impl Ca {
    pub fn new(name: &str) -> Self {
        Self::with(name, CertificateParams::default())
    }

    /// One that is good from the first day of a year to that of another.
    pub fn of_years(name: &str, years: [i32; 2]) -> Self {
        Self::with(name, of_years(CertificateParams::default(), years))
    }

    fn with(name: &str, mut params: CertificateParams) -> Self {
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    pub fn certificate(&self) -> String {
        self.0.pem()
    }

    /// A certificate for these host names and IP addresses.
    pub fn issue(&self, names: &[&str]) -> Pair {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        self.sign(CertificateParams::new(names).expect("names"))
    }

    /// One that was good until 1999.
    pub fn issue_expired(&self, name: &str) -> Pair {
        self.issue_for_years(name, [1998, 1999])
    }

    /// One that is good from the first day of a year to that of another.
    pub fn issue_for_years(&self, name: &str, years: [i32; 2]) -> Pair {
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        self.sign(of_years(params, years))
    }

    fn sign(&self, params: CertificateParams) -> Pair {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        Pair {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

fn of_years(mut params: CertificateParams, [from, until]: [i32; 2]) -> CertificateParams {
    params.not_before = rcgen::date_time_ymd(from, 1, 1);
    params.not_after = rcgen::date_time_ymd(until, 1, 1);
    params
}
