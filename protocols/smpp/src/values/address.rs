//! How a number is written, and by whose plan (SMPP 5.0, 4.7.1 and 4.7.2).

use crate::named::named;

named! {
    /// Type of number.
    pub struct Ton(u8);

    UNKNOWN = 0, "unknown";
    INTERNATIONAL = 1, "international";
    NATIONAL = 2, "national";
    /// Usual for short codes.
    NETWORK_SPECIFIC = 3, "network_specific";
    SUBSCRIBER = 4, "subscriber";
    /// A sender's name of at most 11 characters.
    ALPHANUMERIC = 5, "alphanumeric";
    ABBREVIATED = 6, "abbreviated";
}

named! {
    /// Numbering plan indicator.
    pub struct Npi(u8);

    UNKNOWN = 0, "unknown";
    /// The telephone network's plan, E.164.
    ISDN = 1, "isdn";
    DATA = 3, "data";
    TELEX = 4, "telex";
    LAND_MOBILE = 6, "land_mobile";
    NATIONAL = 8, "national";
    PRIVATE = 9, "private";
    ERMES = 10, "ermes";
    INTERNET = 14, "internet";
    WAP = 18, "wap";
}
