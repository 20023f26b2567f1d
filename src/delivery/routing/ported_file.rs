//! Reads the file of ported numbers: a number and an operator's name a line.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::str;

use xabar_events::Msisdn;

use super::ported::{MOST_OPERATORS, Ported};
use crate::control::settings::{Place, Problem};

/// Mistakes told of one file; whoever mends these finds the others next.
const MOST_PROBLEMS: usize = 10;

/// No row is longer, in octets.
const LONGEST_LINE: u64 = 200;

/// Reads a file of ported numbers. `operators` are the names that it may give.
///
/// # Errors
/// What is wrong, with its lines. No number is told.
pub(super) fn read(path: &Path, operators: &[String]) -> Result<Ported, Vec<Problem>> {
    let file = File::open(path).map_err(|error| vec![unreadable(path, &error)])?;
    let mut reading = Reading::new(path, operators);
    reading.all(BufReader::new(file));
    reading.finish()
}

/// A file as far as it was read.
struct Reading<'a> {
    path: &'a Path,
    operators: &'a [String],
    rows: Vec<Row>,
    problems: Vec<Problem>,
}

/// A number and the place of its operator in `operators`, packed: while the file is read there are millions.
type Row = u64;

fn pack(msisdn: Msisdn, operator: u8) -> Row {
    msisdn.as_u64() << 8 | u64::from(operator)
}

fn unpack(row: Row) -> Option<(Msisdn, u8)> {
    let [.., operator] = row.to_be_bytes();
    Some((Msisdn::from_u64(row >> 8)?, operator))
}

impl<'a> Reading<'a> {
    fn new(path: &'a Path, operators: &'a [String]) -> Self {
        Self {
            path,
            operators: operators.get(..MOST_OPERATORS).unwrap_or(operators),
            rows: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn all(&mut self, mut input: impl BufRead) {
        let mut line = Vec::new();
        let mut header_may_come = true;
        for number in 1.. {
            line.clear();
            let read = input
                .by_ref()
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut line);
            match read {
                Ok(0) => return,
                Ok(_) => header_may_come &= self.line(number, &line, header_may_come),
                Err(error) => self.problems.push(unreadable(self.path, &error)),
            }
            if self.problems.len() >= MOST_PROBLEMS {
                return;
            }
        }
    }

    /// Reads a line; says whether the header may still come.
    fn line(&mut self, number: usize, line: &[u8], header_may_come: bool) -> bool {
        let text = str::from_utf8(line).map(str::trim).unwrap_or("?");
        let text = text.trim_start_matches('\u{feff}');
        if text.is_empty() || text.starts_with('#') {
            return header_may_come;
        }
        let Some((msisdn, operator)) = text.split_once(',').map(cells) else {
            self.wrong(
                number,
                "has not two columns",
                "write number and operator, as in 998901234567,ucell",
            );
            return false;
        };
        if !(header_may_come && (msisdn, operator) == ("msisdn", "operator")) {
            self.row(number, msisdn, operator);
        }
        false
    }

    fn row(&mut self, line: usize, msisdn: &str, operator: &str) {
        let place = self.operators.iter().position(|name| name == operator);
        let place = place.and_then(|place| u8::try_from(place).ok());
        let Some(place) = place else {
            let right = format!("name one that is configured: {}", self.operators.join(", "));
            self.wrong(
                line,
                &format!("goes to {:?}, which is no operator", shortened(operator)),
                &right,
            );
            return;
        };
        match msisdn.parse() {
            Ok(msisdn) => self.rows.push(pack(msisdn, place)),
            Err(expected) => {
                let right = format!("it {expected}");
                self.wrong(line, "begins with what is no number", &right);
            }
        }
    }

    fn wrong(&mut self, line: usize, what: &str, right: &str) {
        self.problems.push(Problem {
            place: Place::Line {
                file: self.path.to_owned(),
                line,
                column: 1,
            },
            key: String::new(),
            what: what.to_owned(),
            right: right.to_owned(),
        });
    }

    fn finish(mut self) -> Result<Ported, Vec<Problem>> {
        self.rows.sort_unstable();
        self.rows.dedup();
        let twice = self
            .rows
            .iter()
            .zip(self.rows.iter().skip(1))
            .find(|(one, other)| *one >> 8 == *other >> 8)
            .and_then(|(one, _)| unpack(*one));
        if let Some((msisdn, _)) = twice {
            self.tell_of_two(msisdn);
        }
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let rows = self.rows.iter().filter_map(|row| unpack(*row));
        let operators = self.operators.iter().map(String::as_str);
        Ok(Ported::from_sorted(operators, self.rows.len(), rows))
    }

    /// Looks the lines up that give one number to two operators: what was read of them is sorted by now.
    fn tell_of_two(&mut self, msisdn: Msisdn) {
        let lines = File::open(self.path).map(|file| {
            let lines = BufReader::new(file).split(b'\n').map_while(Result::ok);
            let of_number = lines.zip(1..).filter(|(line, _)| {
                let text = str::from_utf8(line).unwrap_or_default();
                let cell = text.trim().split_once(',').map(cells);
                cell.is_some_and(|(number, _)| number.parse() == Ok(msisdn))
            });
            of_number.map(|(_, number)| number).take(2).collect()
        });
        let lines: Vec<usize> = lines.unwrap_or_default();
        let (first, second) = match *lines {
            [first, second, ..] => (first, second),
            _ => (1, 1),
        };
        self.wrong(
            second,
            &format!("gives a number to another operator than line {first} does"),
            "leave only the line that is right",
        );
    }
}

fn cells<'t>((one, other): (&'t str, &'t str)) -> (&'t str, &'t str) {
    (plain(one), plain(other))
}

/// A cell without the blanks and quotes around it.
fn plain(cell: &str) -> &str {
    let cell = cell.trim();
    let quoted = cell.strip_prefix('"');
    quoted
        .and_then(|cell| cell.strip_suffix('"'))
        .unwrap_or(cell)
}

/// No name is longer; a number that stands in a wrong column is not to be told.
fn shortened(operator: &str) -> &str {
    let number = operator.bytes().filter(u8::is_ascii_digit).count() >= 5;
    match operator.char_indices().nth(32) {
        _ if number => "a number",
        Some((end, _)) => operator.get(..end).unwrap_or_default(),
        None => operator,
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    Problem {
        place: Place::File(path.to_owned()),
        key: String::new(),
        what: format!("cannot be read: {error}"),
        right: "name a file in `routing.ported`, or leave the key out".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, text: &str) -> Result<Ported, Vec<String>> {
        let path = std::env::temp_dir().join(format!("xabar-ported-{name}-{}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let read = read(&path, &["ucell".to_owned(), "beeline".to_owned()]);
        let file = format!("{}:", path.display());
        std::fs::remove_file(&path).unwrap();
        read.map_err(|problems| {
            let told = problems.iter().map(|it| it.to_string().replace(&file, ""));
            told.collect()
        })
    }

    #[test]
    fn a_header_comments_and_quotes_are_understood() {
        let text = "# of 2026-11-23\nmsisdn,operator\n\n998901234567,ucell\n\"+998931234567\" , \"beeline\"\r\n998901234567,ucell";
        let ported = told("good", text).unwrap();
        assert_eq!(ported.len(), 2);
        let to = |number: &str| ported.operator_of(number.parse().unwrap());
        assert_eq!(to("998901234567"), Some(0));
        assert_eq!(to("998931234567"), Some(1));
        assert_eq!(told("empty", "").unwrap().len(), 0);
    }

    #[test]
    fn each_mistake_is_told_with_its_line_and_no_number() {
        let text = "998901234567,ucell\nmsisdn,operator\n998901234567\n90 123 45 67,ucell\n998901234568,uzmobile\nucell,998901234569\n";
        let expected = [
            "2:1: goes to \"operator\", which is no operator; name one that is configured: ucell, beeline",
            "3:1: has not two columns; write number and operator, as in 998901234567,ucell",
            "4:1: begins with what is no number; it should be 8 to 15 digits in international form (E.164), with or without a leading +",
            "5:1: goes to \"uzmobile\", which is no operator; name one that is configured: ucell, beeline",
            "6:1: goes to \"a number\", which is no operator; name one that is configured: ucell, beeline",
        ];
        assert_eq!(told("bad", text).unwrap_err(), expected);
    }

    #[test]
    fn a_number_that_goes_to_two_operators_is_told_with_both_lines() {
        let text = "998901234566,ucell\n998901234567,ucell\n\n+998901234567,beeline\n";
        assert_eq!(
            told("two", text).unwrap_err(),
            [
                "4:1: gives a number to another operator than line 2 does; leave only the line that is right"
            ]
        );
    }

    #[test]
    fn an_endless_line_and_endless_mistakes_come_to_an_end() {
        let told = told("endless", &"x".repeat(100_000)).unwrap_err();
        assert_eq!(told.len(), MOST_PROBLEMS);
    }
}
