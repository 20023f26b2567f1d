//! Which version of SMPP a peer speaks (SMPP 5.0, 4.7.13).

use crate::named::named;

named! {
    /// The `interface_version` of a bind and the `sc_interface_version` of its response.
    pub struct InterfaceVersion(u8);

    V3_3 = 0x33, "3.3";
    V3_4 = 0x34, "3.4";
    V5_0 = 0x50, "5.0";
}

impl InterfaceVersion {
    /// Whether the specification of this version knows TLVs; older peers often take them too.
    pub const fn has_tlvs(self) -> bool {
        self.0 >= Self::V3_4.0
    }
}
