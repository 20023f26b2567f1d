//! Laws and vectors that hold for every PDU.
