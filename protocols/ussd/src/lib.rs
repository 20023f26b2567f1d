#![warn(missing_docs)]
//! 
