//! Reads a file of numbers: one a line, with a name beside it or without.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::str;

use xabar_events::Msisdn;

use super::packed::{MOST_LABELS, Numbers};
use crate::control::settings::{Place, Problem};

/// Mistakes told of one file; whoever mends these finds the others next.
const MOST_PROBLEMS: usize = 10;

/// A number with fewer digits may lack its country.
const SHORTEST_WHOLE: usize = 10;

/// No row is longer, in octets.
const LONGEST_LINE: u64 = 200;

/// What a file of numbers is for, and what it says of each.
#[derive(Clone, Debug)]
pub struct List {
    /// As the log calls it: "ported".
    pub name: &'static str,
    /// The key that names the file.
    pub key: &'static str,
    /// What stands beside each number; `None`: nothing.
    pub column: Option<Column>,
}

/// The second column of a file.
#[derive(Clone, Debug)]
pub struct Column {
    /// What it is called in the header, and in mistakes.
    pub header: &'static str,
    /// What may stand there.
    pub names: Vec<String>,
}

/// What a file of numbers says.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) numbers: Numbers,
    /// Whether somebody left a comment: then it may be meant to have no numbers.
    pub(super) commented: bool,
}

/// Reads a file of numbers.
///
/// # Errors
/// What is wrong, with its lines. No number is told.
pub(super) fn read(path: &Path, list: &List) -> Result<Listing, Vec<Problem>> {
    // Others may have no end, or nobody who writes them.
    if let Ok(metadata) = path.metadata()
        && !metadata.is_file()
    {
        let error = io::Error::other(match metadata.is_dir() {
            true => "it is a folder",
            false => "it is no regular file but a pipe, a socket or a device",
        });
        return Err(vec![unreadable(path, list, &error)]);
    }
    let file = File::open(path).map_err(|error| vec![unreadable(path, list, &error)])?;
    let mut reading = Reading::new(path, list);
    reading.all(BufReader::new(file));
    reading.finish()
}

/// A file as far as it was read.
struct Reading<'a> {
    path: &'a Path,
    list: &'a List,
    /// What may stand beside a number.
    names: &'a [String],
    rows: Vec<Row>,
    commented: bool,
    problems: Vec<Problem>,
}

/// A number and the place of its name in `names`, packed: while the file is read there are millions.
type Row = u64;

fn pack(msisdn: Msisdn, name: u8) -> Row {
    msisdn.as_u64() << 8 | u64::from(name)
}

fn unpack(row: Row) -> Option<(Msisdn, u8)> {
    let [.., name] = row.to_be_bytes();
    Some((Msisdn::from_u64(row >> 8)?, name))
}

impl<'a> Reading<'a> {
    fn new(path: &'a Path, list: &'a List) -> Self {
        let names = list.column.as_ref().map_or(&[][..], |it| &it.names);
        Self {
            path,
            list,
            names: names.get(..MOST_LABELS).unwrap_or(names),
            rows: Vec::new(),
            commented: false,
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
                Ok(_) if line.trim_ascii().contains(&b'\r') => {
                    let right = "end each line with LF, or with CR and LF";
                    if number == 1 && !line.ends_with(b"\n") {
                        let what = "has more than one line: they end with CR alone";
                        return self.wrong(number, what, right);
                    }
                    self.wrong(number, "has a CR before its end", right);
                }
                Ok(_) => header_may_come &= self.line(number, &line, header_may_come),
                Err(error) => self.problems.push(unreadable(self.path, self.list, &error)),
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
        self.commented |= text.starts_with('#');
        if text.is_empty() || text.starts_with('#') {
            return header_may_come;
        }
        match &self.list.column {
            Some(column) => self.pair(number, text, column, header_may_come),
            None if header_may_come && is_header(plain(text), "msisdn") => {}
            None => self.number(number, text),
        }
        false
    }

    fn pair(&mut self, line: usize, text: &str, column: &Column, header_may_come: bool) {
        let Some((msisdn, name)) = text.split_once(',').map(cells) else {
            let (header, example) = (column.header, self.names.first());
            let example = example.map_or(header, String::as_str);
            let right = format!("write number and {header}, as in 998901234567,{example}");
            self.wrong(line, "has not two columns", &right);
            return;
        };
        let is_header = is_header(msisdn, "msisdn") && is_header(name, column.header);
        if !(header_may_come && is_header) {
            self.row(line, msisdn, name, column.header);
        }
    }

    fn number(&mut self, line: usize, text: &str) {
        if text.contains(',') {
            let right = "write a number alone, as in 998901234567";
            self.wrong(line, "has more than one column", right);
        } else {
            self.keep(line, plain(text), 0);
        }
    }

    fn row(&mut self, line: usize, msisdn: &str, name: &str, column: &str) {
        let place = self.names.iter().position(|known| known == name);
        let Some(place) = place.and_then(|place| u8::try_from(place).ok()) else {
            let right = format!("name one that is configured: {}", self.names.join(", "));
            let what = format!("goes to {:?}, which is no {column}", shortened(name));
            self.wrong(line, &what, &right);
            return;
        };
        self.keep(line, msisdn, place);
    }

    fn keep(&mut self, line: usize, msisdn: &str, name: u8) {
        match msisdn.parse() {
            Ok(_) if may_be_national(msisdn) => {
                let what = "begins with a number without its country";
                let right = "write it whole, as in 998901234567, or with a + if it is: +37612345";
                self.wrong(line, what, right);
            }
            Ok(msisdn) => self.rows.push(pack(msisdn, name)),
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

    fn finish(mut self) -> Result<Listing, Vec<Problem>> {
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
        let names = self.names.iter().map(String::as_str);
        Ok(Listing {
            numbers: Numbers::from_sorted(names, self.rows.len(), rows),
            commented: self.commented,
        })
    }

    /// Looks the lines up that give one number two names: what was read of them is sorted by now.
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
        let column = self.list.column.as_ref().map_or("list", |it| it.header);
        self.wrong(
            second,
            &format!("gives a number to another {column} than line {first} does"),
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

/// Whether a number may lack its country, as 901234567 does: whole ones as short are of a few small countries.
pub fn may_be_national(number: &str) -> bool {
    !number.starts_with('+') && number.len() < SHORTEST_WHOLE
}

/// Whether a cell of the first line is this heading, in small letters or capitals.
fn is_header(cell: &str, heading: &str) -> bool {
    cell.eq_ignore_ascii_case(heading)
}

/// No name is longer; a number that stands in a wrong column is not to be told.
fn shortened(name: &str) -> &str {
    let number = name.bytes().filter(u8::is_ascii_digit).count() >= 5;
    match name.char_indices().nth(32) {
        _ if number => "a number",
        Some((end, _)) => name.get(..end).unwrap_or_default(),
        None => name,
    }
}

fn unreadable(path: &Path, list: &List, error: &io::Error) -> Problem {
    Problem {
        place: Place::File(path.to_owned()),
        key: String::new(),
        what: format!("cannot be read: {error}"),
        right: format!("name a file in `{}`, or leave the key out", list.key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Folder;

    fn told(text: &str) -> Result<Numbers, Vec<String>> {
        let column = Column {
            header: "operator",
            names: vec!["ucell".to_owned(), "beeline".to_owned()],
        };
        of_list(text, Some(column))
    }

    fn of_list(text: &str, column: Option<Column>) -> Result<Numbers, Vec<String>> {
        let folder = Folder::with([("list.csv", text)]);
        let path = folder.path("list.csv");
        let list = List {
            name: "some",
            key: "numbers.some",
            column,
        };
        let read = read(&path, &list).map(|listing| listing.numbers);
        let file = format!("{}:", path.display());
        read.map_err(|problems| {
            let told = problems.iter().map(|it| it.to_string().replace(&file, ""));
            told.collect()
        })
    }

    #[test]
    fn a_header_comments_and_quotes_are_understood() {
        let text = "# of 2026-11-23\nmsisdn,operator\n\n998901234567,ucell\n\"+998931234567\" , \"beeline\"\r\n998901234567,ucell";
        let ported = told(text).unwrap();
        assert_eq!(ported.len(), 2);
        let to = |number: &str| ported.label_of(number.parse().unwrap());
        assert_eq!(to("998901234567"), Some(0));
        assert_eq!(to("998931234567"), Some(1));
        assert_eq!(told("").unwrap().len(), 0);
    }

    #[test]
    fn a_header_is_known_in_any_case_and_with_blanks() {
        for header in [
            "MSISDN,Operator",
            " Msisdn , OPERATOR ",
            "\"msisdn\", \"Operator\"",
        ] {
            let read = told(&format!("{header}\n998901234567,ucell\n")).unwrap();
            assert_eq!(read.len(), 1, "{header}");
        }
        assert_eq!(of_list(" MSISDN \n998901234567\n", None).unwrap().len(), 1);
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
        assert_eq!(told(text).unwrap_err(), expected);
    }

    #[test]
    fn lines_that_end_with_cr_alone_are_told_as_such_and_once() {
        let text = "msisdn,operator\r998901234567,ucell\r".repeat(50);
        let expected = "1:1: has more than one line: they end with CR alone; end each line with LF, or with CR and LF";
        assert_eq!(told(&text).unwrap_err(), [expected]);
        assert_eq!(
            of_list("998901234567\r998901234568\r", None).unwrap_err(),
            [expected]
        );
    }

    #[test]
    fn a_cr_amid_a_line_is_a_mistake_of_that_line_alone() {
        let wrong = |line| {
            format!("{line}:1: has a CR before its end; end each line with LF, or with CR and LF")
        };
        let text = "# some\r\nmsisdn,operator\n998901234567,ucell\r998901234568,ucell\n998901234569\n\"998901234570\"\r,ucell";
        let expected = [
            wrong(3),
            "4:1: has not two columns; write number and operator, as in 998901234567,ucell"
                .to_owned(),
            wrong(5),
        ];
        assert_eq!(told(text).unwrap_err(), expected);
        assert_eq!(
            told("# a\r comment\nmsisdn,operator\n").unwrap_err(),
            [wrong(1)]
        );
    }

    #[test]
    fn a_folder_is_told_as_such() {
        let folder = Folder::with([]);
        let list = List {
            name: "blocked",
            key: "numbers.blocked",
            column: None,
        };
        let told = read(&folder.path("."), &list).unwrap_err();
        let told = told[0].to_string();
        assert!(
            told.contains("it is a folder; name a file in `numbers.blocked`"),
            "{told}"
        );
    }

    #[test]
    fn a_list_of_numbers_alone_has_one_column() {
        let plain = |text| of_list(text, None);
        let text = "msisdn\n# staff\n998901234567\n\"+998931234567\"\n998901234567\n";
        let numbers = plain(text).unwrap();
        assert_eq!(numbers.len(), 2);
        assert!(numbers.has("998931234567".parse().unwrap()));
        assert!(!numbers.has("998931234568".parse().unwrap()));
        assert_eq!(
            plain("998901234567,blocked\nnobody\n").unwrap_err(),
            [
                "1:1: has more than one column; write a number alone, as in 998901234567",
                "2:1: begins with what is no number; it should be 8 to 15 digits in international form (E.164), with or without a leading +",
            ]
        );
    }

    #[test]
    fn a_number_without_its_country_is_told_and_a_short_one_with_a_plus_is_whole() {
        let text = "msisdn\n998938390001\n938390001\n+37612345\n";
        assert_eq!(
            of_list(text, None).unwrap_err(),
            [
                "3:1: begins with a number without its country; write it whole, as in 998901234567, or with a + if it is: +37612345"
            ]
        );
        assert_eq!(of_list("+37612345\n", None).unwrap().len(), 1);
    }

    #[test]
    fn a_number_that_goes_to_two_operators_is_told_with_both_lines() {
        let text = "998901234566,ucell\n998901234567,ucell\n\n+998901234567,beeline\n";
        assert_eq!(
            told(text).unwrap_err(),
            [
                "4:1: gives a number to another operator than line 2 does; leave only the line that is right"
            ]
        );
    }

    #[test]
    fn an_endless_line_and_endless_mistakes_come_to_an_end() {
        let told = told(&"x".repeat(100_000)).unwrap_err();
        assert_eq!(told.len(), MOST_PROBLEMS);
    }
}
