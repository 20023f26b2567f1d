//! Why a command did not do what it was asked to.

use std::error::Error;
use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use crate::control::settings::Problem;

/// Why a command ends with another exit code than 0.
#[derive(Debug)]
pub enum Failure {
    /// The reader of standard output had enough (`| head`): nothing went wrong.
    Closed,
    /// The answer itself said so.
    Told,
    /// The arguments do not belong together.
    Usage(String),
    /// The configuration is not right.
    Settings(Vec<Problem>),
    /// What was to be done, and what came between.
    Failed(String, Option<Box<dyn Error + Send + Sync>>),
}

impl Failure {
    /// A failure that needs no other cause.
    pub fn because(reason: impl Into<String>) -> Self {
        Self::Failed(reason.into(), None)
    }

    /// A failure with its cause: `cannot read events.ndjson`, and why.
    pub fn caused(task: impl Into<String>, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(task.into(), Some(cause.into()))
    }

    /// Says on standard error what went wrong.
    pub fn tell(self) -> ExitCode {
        let code = match self {
            Self::Closed => 0,
            Self::Usage(_) => 2,
            Self::Told | Self::Settings(_) | Self::Failed(..) => 1,
        };
        match self {
            Self::Closed | Self::Told => {}
            Self::Usage(reason) => error(format_args!("{reason}; see --help")),
            Self::Settings(problems) => {
                problems.iter().for_each(error);
            }
            Self::Failed(task, cause) => error(chain(task, cause.as_deref())),
        }
        ExitCode::from(code)
    }
}

/// What was written to standard output did not arrive.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::caused("cannot write to standard output", error),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        io::Error::from(error).into()
    }
}

fn chain(task: String, cause: Option<&(dyn Error + Send + Sync + 'static)>) -> String {
    let mut chain = task;
    let mut next: Option<&dyn Error> = cause.map(|cause| cause as &dyn Error);
    while let Some(cause) = next {
        chain.push_str(": ");
        chain.push_str(&cause.to_string());
        next = cause.source();
    }
    chain
}

fn error(reason: impl Display) {
    let style = super::print::BAD;
    anstream::eprintln!("{style}xabar:{style:#} {reason}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_tells_its_causes() {
        let cause = io::Error::other("no such host");
        let Failure::Failed(task, cause) = Failure::caused("cannot connect", cause) else {
            panic!()
        };
        assert_eq!(
            chain(task, cause.as_deref()),
            "cannot connect: no such host"
        );
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let closed = io::Error::from(io::ErrorKind::BrokenPipe);
        assert_eq!(Failure::from(closed).tell(), ExitCode::SUCCESS);
        assert_eq!(Failure::Usage("no".to_owned()).tell(), ExitCode::from(2));
        assert_eq!(Failure::Told.tell(), ExitCode::FAILURE);
    }
}
