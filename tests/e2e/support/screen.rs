//! Screens of USSD as a person reads them.

/// What a phone shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    pub text: String,
    /// Whether it was the last.
    pub ends: bool,
}

/// What is typed to choose the line with these words; `None` if it is on another page, or none.
pub fn choice(screen: &str, words: &str) -> Option<String> {
    let screen = screen.trim_start_matches("CON ");
    let digits = |line: &str| -> String { line.chars().take_while(char::is_ascii_digit).collect() };
    let mut choices = screen.lines().filter(|line| !digits(line).is_empty());
    let line = choices.find(|line| line.contains(words))?;
    Some(digits(line))
}
