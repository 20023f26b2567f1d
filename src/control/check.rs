//! Whether a configuration is good, told to people and to scripts.

use std::path::Path;

use super::settings::{Environment, Problem, Settings};
use super::terminal::{Style, styled};

/// Everything that is wrong with the configuration at `path`; nothing if it is good.
pub fn check(path: &Path, environment: &Environment) -> Vec<Problem> {
    Settings::load(path, environment).err().unwrap_or_default()
}

/// For people: a block a problem, the cures in one column, and a last line that counts.
pub fn render(path: &Path, problems: &[Problem], colour: bool) -> String {
    let wrong = styled("wrong", Style::Red, colour);
    let blocks = problems.iter();
    let blocks: String = blocks.map(|it| block(it, &wrong, colour)).collect();
    let sum = match problems.len() {
        0 => styled("good", Style::Green, colour),
        1 => styled("1 problem", Style::Red, colour),
        many => styled(format!("{many} problems"), Style::Red, colour),
    };
    format!("{blocks}{}: {sum}\n", path.display())
}

/// What works, but perhaps not as it was meant: a block each, as of problems.
pub fn render_warnings(warnings: &[Problem], colour: bool) -> String {
    let warn = styled("warn", Style::Yellow, colour) + " ";
    let blocks = warnings.iter();
    blocks.map(|it| block(it, &warn, colour)).collect()
}

fn block(problem: &Problem, wrong: &str, colour: bool) -> String {
    let place = styled(&problem.place, Style::Bold, colour);
    let key = match problem.key.as_str() {
        "" => String::new(),
        key => format!("{} ", styled(format!("`{key}`"), Style::Yellow, colour)),
    };
    let right = styled("right", Style::Green, colour);
    let (what, cure) = (&problem.what, &problem.right);
    format!("{place}\n  {wrong}  {key}{what}\n  {right}  {cure}\n\n")
}

/// For scripts: `{"file","ok","problems":[{"file","line","column","variable","key","problem","fix"}]}`.
pub fn to_json(path: &Path, problems: &[Problem]) -> serde_json::Value {
    serde_json::json!({
        "file": path.display().to_string(),
        "ok": problems.is_empty(),
        "problems": problems,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<Problem> {
        Settings::read(text, Path::new("x.toml"), &Environment::default())
            .err()
            .unwrap_or_default()
    }

    #[test]
    fn people_read_place_mistake_and_cure() {
        let problems = problems("[timing]\nspeed = 1\nshutdwn = \"1s\"\n");
        let text = render(Path::new("x.toml"), &problems, false);
        let expected = "\
x.toml:2:1
  wrong  `timing.speed` is not a key
  right  known here: expires, duplicates, retention, response, uncertain, receipt, shutdown

x.toml:3:1
  wrong  `timing.shutdwn` is not a key
  right  did you mean `shutdown`?

x.toml: 2 problems
";
        assert_eq!(text, expected);
        assert!(render(Path::new("x.toml"), &problems, true).contains("\x1b[31mwrong\x1b[0m"));
    }

    #[test]
    fn a_warning_reads_as_a_problem_does_and_is_not_called_wrong() {
        let problems = problems("[timing]\nspeed = 1\n");
        let text = render_warnings(&problems, false);
        let expected = "\
x.toml:2:1
  warn   `timing.speed` is not a key
  right  known here: expires, duplicates, retention, response, uncertain, receipt, shutdown

";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_good_file_is_called_good() {
        assert_eq!(render(Path::new("x.toml"), &[], false), "x.toml: good\n");
        let json = to_json(Path::new("x.toml"), &[]);
        assert_eq!(
            json,
            serde_json::json!({"file": "x.toml", "ok": true, "problems": []})
        );
    }

    #[test]
    fn scripts_get_place_and_key_apart() {
        let json = to_json(Path::new("x.toml"), &problems("[timing]\nexpires = 1\n"));
        let problem = json.pointer("/problems/0").unwrap();
        let fields = ["file", "line", "column", "key", "problem"].map(|name| problem[name].clone());
        assert_eq!(
            serde_json::json!(fields),
            serde_json::json!(["x.toml", 2, 11, "timing.expires", "is 1"])
        );
    }
}
