//! How a CloudEvent lies in its message.

use crate::{BATCH_JSON, RejectReason, Rejection, STRUCTURED_JSON};

use super::binary::attribute_name;

/// How a CloudEvent lies in its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The body is the event, attributes and all.
    Structured,
    /// Attributes are headers, the body is `data`.
    Binary,
    /// The body is an array of events.
    Batch,
}

impl Mode {
    /// Tells the mode by the content type, whose case and parameters do not matter, and by the
    /// names of the headers.
    ///
    /// Binary mode is any CloudEvents attribute among the headers together with a JSON content
    /// type or none at all.
    pub fn detect<N: AsRef<str>>(
        content_type: Option<&str>,
        header_names: impl IntoIterator<Item = N>,
    ) -> Result<Self, Rejection> {
        let media_type = content_type.map(media_type).unwrap_or_default();
        if media_type.eq_ignore_ascii_case(STRUCTURED_JSON) {
            return Ok(Self::Structured);
        }
        if media_type.eq_ignore_ascii_case(BATCH_JSON) {
            return Ok(Self::Batch);
        }
        let mut names = header_names.into_iter();
        if (media_type.is_empty() || is_json(media_type))
            && names.any(|name| attribute_name(name.as_ref()).is_some())
        {
            return Ok(Self::Binary);
        }
        Err(Rejection::new(
            RejectReason::UnsupportedContentType,
            "the content type should be application/cloudevents+json, or application/json with \
             the CloudEvents attributes as headers",
        ))
    }
}

/// Whether `content_type` is that of some JSON, other than a form of CloudEvents.
pub(super) fn is_json(content_type: &str) -> bool {
    let media_type = media_type(content_type).to_ascii_lowercase();
    let json = media_type == "application/json" || media_type.ends_with("+json");
    json && !media_type.starts_with("application/cloudevents")
}

fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_type_and_headers_tell_the_mode() {
        let none: &[&str] = &[];
        for (content_type, headers, mode) in [
            (
                Some("application/cloudevents+json"),
                none,
                Some(Mode::Structured),
            ),
            (
                Some("Application/CloudEvents+JSON; charset=UTF-8"),
                none,
                Some(Mode::Structured),
            ),
            (
                Some("application/cloudevents+json"),
                &["ce-id"],
                Some(Mode::Structured),
            ),
            (
                Some("application/cloudevents-batch+json ;charset=utf-8"),
                none,
                Some(Mode::Batch),
            ),
            (
                Some("application/json"),
                &["x-trace", "cloudEvents:id"],
                Some(Mode::Binary),
            ),
            (
                Some("application/json; charset=utf-8"),
                &["cloudEvents_id"],
                Some(Mode::Binary),
            ),
            (
                Some("application/vnd.egov+json"),
                &["CE-Id"],
                Some(Mode::Binary),
            ),
            (None, &["ce-id"], Some(Mode::Binary)),
            (Some("application/json"), none, None),
            (Some("application/json"), &["cent"], None),
            (Some("text/plain"), &["ce-id"], None),
            (Some("application/cloudevents+xml"), &["ce-id"], None),
            (Some("application/cloudevents-batch+xml"), none, None),
            (None, none, None),
        ] {
            let found = Mode::detect(content_type, headers);
            assert_eq!(
                found.as_ref().ok().copied(),
                mode,
                "{content_type:?} {headers:?}"
            );
            if let Err(rejection) = found {
                assert_eq!(rejection.reason, RejectReason::UnsupportedContentType);
            }
        }
    }
}
