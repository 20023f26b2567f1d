//! Reads fields: small nom parsers, each of which knows the name of its field.
//!
//! A decoder is a list of them, one line a field, in the order of the specification.

use nom::bytes::complete::take;
use nom::error::{ErrorKind, ParseError};
use nom::number::complete::{be_u8, be_u32};
use nom::{IResult, Parser};

use crate::octets::find_nul;
use crate::{DecodeError, Octets, Problem, Tag, Tlvs};

/// What is left, and what was read.
pub(crate) type Parsed<'a, T> = IResult<&'a [u8], T, Fault<'a>>;

/// What is wrong, and all that was left when its field began.
#[derive(Debug)]
pub(crate) struct Fault<'a> {
    field: &'static str,
    rest: &'a [u8],
    problem: Problem,
}

impl<'a> Fault<'a> {
    fn failure<T>(field: &'static str, rest: &'a [u8], problem: Problem) -> Parsed<'a, T> {
        Err(nom::Err::Error(Self {
            field,
            rest,
            problem,
        }))
    }

    /// The same for the caller, who knows how long the PDU is.
    pub(crate) fn into_error(self, len_octets: usize) -> DecodeError {
        let offset = len_octets.saturating_sub(self.rest.len());
        DecodeError::Field {
            field: self.field,
            offset,
            problem: self.problem,
        }
    }
}

impl<'a> ParseError<&'a [u8]> for Fault<'a> {
    /// The only thing that goes wrong in the parsers taken from nom is too few octets.
    fn from_error_kind(rest: &'a [u8], _: ErrorKind) -> Self {
        Self {
            field: "",
            rest,
            problem: Problem::Truncated,
        }
    }

    fn append(_: &'a [u8], _: ErrorKind, other: Self) -> Self {
        other
    }
}

/// One octet.
#[inline]
pub(crate) fn octet<'a, T: From<u8>>(field: &'static str) -> impl Fn(&'a [u8]) -> Parsed<'a, T> {
    move |input| named(field, be_u8, input).map(|(rest, octet)| (rest, T::from(octet)))
}

/// An integer of four octets.
#[inline]
pub(crate) fn four_octets<'a, T: From<u32>>(
    field: &'static str,
) -> impl Fn(&'a [u8]) -> Parsed<'a, T> {
    move |input| named(field, be_u32, input).map(|(rest, integer)| (rest, T::from(integer)))
}

/// Exactly so many octets.
#[inline]
pub(crate) fn octets<'a>(
    field: &'static str,
    len: u8,
) -> impl Fn(&'a [u8]) -> Parsed<'a, Octets<'a>> {
    move |input| named(field, take(len), input).map(|(rest, octets)| (rest, Octets(octets)))
}

/// A C-octet string of at most `size` octets, its NUL among them.
#[inline]
pub(crate) fn c_octet_string<'a>(
    field: &'static str,
    size: usize,
) -> impl Fn(&'a [u8]) -> Parsed<'a, Octets<'a>> {
    move |input| {
        let nul = find_nul(input.get(..size).unwrap_or(input));
        match nul.and_then(|nul| input.split_at_checked(nul)) {
            Some((text, [_, rest @ ..])) => Ok((rest, Octets(text))),
            _ if input.len() < size => Fault::failure(field, input, Problem::Truncated),
            _ => Fault::failure(field, input, Problem::TooLong(size)),
        }
    }
}

/// An octet that may have certain values only.
pub(crate) fn octet_of<'a>(
    field: &'static str,
    allowed: &'static [u8],
) -> impl Fn(&'a [u8]) -> Parsed<'a, u8> {
    move |input| match octet(field)(input)? {
        (_, value) if !allowed.contains(&value) => {
            Fault::failure(field, input, Problem::Value(value))
        }
        read => Ok(read),
    }
}

/// All that is left: TLVs, and perhaps one stray NUL, which some SMSCs add.
#[inline]
pub(crate) fn tlvs(input: &[u8]) -> Parsed<'_, Tlvs<'_>> {
    let mut rest = input;
    while let [t0, t1, l0, l1, tail @ ..] = rest {
        let length = u16::from_be_bytes([*l0, *l1]);
        let Some(next) = tail.get(usize::from(length)..) else {
            let tag = Tag(u16::from_be_bytes([*t0, *t1]));
            let field = tag.name().unwrap_or("tlvs");
            return Fault::failure(field, rest, Problem::TlvPastEnd(length));
        };
        rest = next;
    }
    match rest {
        [] | [0] => Ok((&[], Tlvs::checked(input, input.len() - rest.len()))),
        _ => Fault::failure("tlvs", rest, Problem::LeftOver(rest.len())),
    }
}

#[inline]
fn named<'a, T>(
    field: &'static str,
    mut parser: impl Parser<&'a [u8], Output = T, Error = Fault<'a>>,
    input: &'a [u8],
) -> Parsed<'a, T> {
    match parser.parse(input) {
        Ok(read) => Ok(read),
        Err(_) => Fault::failure(field, input, Problem::Truncated),
    }
}
