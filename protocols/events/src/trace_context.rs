//! W3C Trace Context: where an event stands in a trace that spans systems.
//!
//! CloudEvents' distributed-tracing extension carries it in the attributes `traceparent` and `tracestate`.

use std::fmt;
use std::str::FromStr;

use crate::TextMap;

/// Whether an event says where it stands in a trace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Trace {
    /// It does not.
    #[default]
    None,
    /// It does.
    Context(Box<TraceContext>),
    /// What it says is no trace context, and counts as nothing.
    Malformed,
}

/// `traceparent`, and `tracestate` where there is one.
#[derive(Clone, PartialEq, Eq)]
pub struct TraceContext {
    /// Which trace it is, and which span of it comes before.
    pub parent: Traceparent,
    /// What tracing systems tell one another, as it came.
    pub state: Option<Box<str>>,
}

/// A trace, the span that comes before, and the flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traceparent {
    trace_id: [u8; 16],
    parent_id: [u8; 8],
    flags: u8,
}

/// A text is no `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("traceparent should be as W3C Trace Context has it")]
pub struct MalformedTrace;

const SAMPLED: u8 = 1;

/// More than this tracing systems need not hand on.
const MOST_STATE: usize = 512;

/// The most members of a `tracestate`.
const MOST_MEMBERS: usize = 32;

impl Trace {
    /// Of these texts. A `tracestate` that is none, or stands alone, counts as nothing.
    pub fn read(parent: Option<&str>, state: Option<&str>) -> Self {
        match parent.map(Traceparent::from_str) {
            None => Self::None,
            Some(Err(MalformedTrace)) => Self::Malformed,
            Some(Ok(parent)) => {
                let state = state.filter(|state| is_state(state)).map(Into::into);
                Self::Context(Box::new(TraceContext { parent, state }))
            }
        }
    }

    pub(crate) fn take_from(extensions: &mut TextMap) -> Self {
        let (parent, state) = (extensions.take(TRACEPARENT), extensions.take(TRACESTATE));
        Self::read(parent.as_deref(), state.as_deref())
    }

    /// The context, if there is one.
    pub fn into_context(self) -> Option<Box<TraceContext>> {
        match self {
            Self::Context(context) => Some(context),
            Self::None | Self::Malformed => None,
        }
    }
}

/// The name of the attribute, and of the header that transports have.
pub const TRACEPARENT: &str = "traceparent";
/// The same of what goes with it.
pub const TRACESTATE: &str = "tracestate";

impl Traceparent {
    /// Nothing if one of the ids is all zeros, which names nothing.
    pub fn new(trace_id: [u8; 16], parent_id: [u8; 8], sampled: bool) -> Option<Self> {
        let flags = u8::from(sampled) * SAMPLED;
        Self::with_flags(trace_id, parent_id, flags)
    }

    fn with_flags(trace_id: [u8; 16], parent_id: [u8; 8], flags: u8) -> Option<Self> {
        let named = trace_id != [0; 16] && parent_id != [0; 8];
        named.then_some(Self {
            trace_id,
            parent_id,
            flags,
        })
    }

    /// The same trace, with another span before what comes.
    #[must_use]
    pub fn below(self, parent_id: [u8; 8]) -> Self {
        Self { parent_id, ..self }
    }

    /// The trace.
    pub fn trace_id(&self) -> [u8; 16] {
        self.trace_id
    }

    /// The span that comes before.
    pub fn parent_id(&self) -> [u8; 8] {
        self.parent_id
    }

    /// Whether who comes before records the trace.
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// All of it in 25 octets.
    pub fn to_octets(&self) -> [u8; 25] {
        let mut octets = [self.flags; 25];
        let all = self.trace_id.iter().chain(&self.parent_id);
        octets
            .iter_mut()
            .zip(all)
            .for_each(|(to, from)| *to = *from);
        octets
    }

    /// The other way round.
    pub fn from_octets(octets: [u8; 25]) -> Option<Self> {
        let (trace_id, rest) = octets.split_first_chunk::<16>()?;
        let (parent_id, rest) = rest.split_first_chunk::<8>()?;
        Self::with_flags(*trace_id, *parent_id, *rest.first()?)
    }

    /// As it is written, in ASCII.
    pub fn to_text(&self) -> [u8; LEN] {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        let octets = self.to_octets();
        let (fields, octets) = (FIELDS.iter(), octets.as_slice());
        fields.fold(octets, |octets, (at, len)| {
            let (field, rest) = octets.split_at_checked(*len).unwrap_or_default();
            let places = text.get_mut(*at..).unwrap_or_default();
            for (pair, octet) in places.chunks_exact_mut(2).zip(field) {
                pair.copy_from_slice(&[digit(octet >> 4), digit(octet & 15)]);
            }
            rest
        });
        text
    }
}

/// How long a `traceparent` is.
const LEN: usize = 55;

/// Where the hexadecimal fields begin, and of how many octets they are: trace, parent, flags.
const FIELDS: [(usize, usize); 3] = [(3, 16), (36, 8), (53, 1)];

fn digit(nibble: u8) -> u8 {
    match nibble {
        0..10 => b'0' + nibble,
        _ => b'a' + nibble - 10,
    }
}

/// A digit of lower-case hexadecimal, which alone is allowed.
fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

fn hex<const N: usize>(text: &[u8], at: usize) -> Option<[u8; N]> {
    let mut octets = [0; N];
    let digits = text.get(at..at + 2 * N)?;
    for (octet, pair) in octets.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *octet = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(octets)
}

impl FromStr for Traceparent {
    type Err = MalformedTrace;

    /// A version to come is read as far as this one goes, as the specification asks.
    fn from_str(text: &str) -> Result<Self, MalformedTrace> {
        let text = text.as_bytes();
        let read = || {
            let [version] = hex::<1>(text, 0)?;
            let dashes = [2, 35, 52].iter().all(|at| text.get(*at) == Some(&b'-'));
            let ends = match (version, text.get(LEN)) {
                (_, None) => true,
                (0, Some(_)) => false,
                (_, Some(next)) => *next == b'-',
            };
            if version == 0xff || !dashes || !ends {
                return None;
            }
            let [flags] = hex(text, 53)?;
            Self::with_flags(hex(text, 3)?, hex(text, 36)?, flags)
        };
        read().ok_or(MalformedTrace)
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.to_text()).unwrap_or_default())
    }
}

/// Tells that there is a state, not what it says: that is between others.
impl fmt::Debug for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceContext")
            .field("parent", &self.parent)
            .field("state", &self.state.as_ref().map(|state| state.len()))
            .finish()
    }
}

/// Whether a text is a list of members, `key=value`, as far as it matters to whoever only hands it on.
fn is_state(text: &str) -> bool {
    let mut members = text.split(',').map(|it| it.trim_matches([' ', '\t']));
    let is_member = |member: &str| match member.split_once('=') {
        Some((key, value)) => is_key(key) && !value.is_empty() && is_value(value),
        None => member.is_empty(),
    };
    let some = text.contains('=');
    some && text.len() <= MOST_STATE
        && text.split(',').count() <= MOST_MEMBERS
        && members.all(is_member)
}

fn is_key(key: &str) -> bool {
    let plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit();
    let starts = key.bytes().next().is_some_and(plain);
    starts && key.len() <= 256 && key.bytes().all(|it| plain(it) || b"_-*/@".contains(&it))
}

fn is_value(value: &str) -> bool {
    value.len() <= 256
        && value
            .bytes()
            .all(|it| matches!(it, b' '..=b'~') && it != b'=')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_traceparent_is_read_as_the_specification_has_it() {
        let sampled = |text: &str| Some(text.parse::<Traceparent>().ok()?.is_sampled());
        let to_come = PARENT.replacen("00", "cc", 1);
        for (text, expected) in [
            (PARENT, Some(true)),
            (&PARENT.replace("-01", "-00"), Some(false)),
            (&PARENT.replace("-01", "-02"), Some(false)),
            (&PARENT.replace("-01", "-03"), Some(true)),
            (&to_come, Some(true)),
            (&format!("{to_come}-more"), Some(true)),
            (&format!("{to_come}.more"), None),
            (&format!("{PARENT}-more"), None),
            (&PARENT.replacen("00", "ff", 1), None),
            (&PARENT.replace("0af7", "0AF7"), None),
            (&PARENT.replace("c-b", "c_b"), None),
            (
                &PARENT.replace("b7ad6b7169203331", "0000000000000000"),
                None,
            ),
            (
                &PARENT.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
                None,
            ),
            (PARENT.trim_end_matches('1'), None),
            ("00-ab-cd-01", None),
            ("", None),
        ] {
            assert_eq!(sampled(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_state_is_left_out_and_its_trace_is_kept() {
        let state = |text: &str| Trace::read(Some(PARENT), Some(text)).into_context();
        let state = |text: &str| state(text).expect("the trace is well-formed").state;
        for text in [
            "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7",
            "a@b=1, c=2 ,,d=3",
            "0a=~ x",
        ] {
            assert_eq!(state(text).as_deref(), Some(text));
        }
        let many = vec!["a=1"; 33].join(",");
        let long = format!("a={}", "x".repeat(257));
        for text in [
            "", ",", "a", "A=1", "=1", "a=", "a=b=c", "a=ў", "a=1\n", &many, &long,
        ] {
            assert_eq!(state(text), None, "{text}");
        }
        assert_eq!(Trace::read(None, Some("a=1")), Trace::None);
        assert_eq!(Trace::read(Some("00-1"), Some("a=1")), Trace::Malformed);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(octets in any::<[u8; 25]>()) {
            if let Some(parent) = Traceparent::from_octets(octets) {
                prop_assert_eq!(parent.to_string().parse(), Ok(parent));
                prop_assert_eq!(parent.to_octets(), octets);
            }
        }

        #[test]
        fn what_is_read_is_written_the_same_if_its_version_is_ours(text in "0[01]-[0-9a-fA]{32}-[0-9a-f]{16}-[0-9a-f]{2}-?") {
            if let Ok(parent) = text.parse::<Traceparent>() {
                let ours = format!("00{}", text.get(2..LEN).unwrap_or_default());
                prop_assert_eq!(parent.to_string(), ours);
            }
        }

        #[test]
        fn no_text_panics(parent in "\\PC{0,60}", state in "\\PC{0,60}") {
            drop(Trace::read(Some(&parent), Some(&state)));
        }
    }
}
