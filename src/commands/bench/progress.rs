//! What is going on, on standard error; on terminals only.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

/// A bar for so many messages.
pub(super) fn bar(what: String, count: u64) -> ProgressBar {
    let template = "{msg:44} {bar:30} {human_pos} of {human_len}  {rate}";
    let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        // A bar that cannot be written is not worth an error.
        write!(out, "{:.0}/s", state.per_sec()).unwrap_or_default();
    };
    ProgressBar::new(count)
        .with_style(style(template).with_key("rate", rate))
        .with_message(what)
}

/// For what takes a while of unknown length.
pub(super) fn waiting(what: &'static str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_style(style("{spinner} {msg}"));
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner.with_message(what)
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates are well-formed")
}
