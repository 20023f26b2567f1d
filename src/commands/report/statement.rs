//! The file with what operators count.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use xabar_smpp::message_id::Spelling;

use crate::commands::Failure;
use crate::control::books::{Line, Statement, WrongStatement, read_line};
use crate::journal::{JournalError, OperatorId, Reader};

/// Lines whose ids are looked up at once: each look reads the log.
const AT_ONCE: usize = 20_000;

/// No line is longer.
const MOST_OCTETS: u64 = 4096;

/// A segment that is to be looked up.
type Listed = (OperatorId, String, Option<bool>);

/// Reads the file, with what the journal knows of it.
pub(super) fn read(path: &Path, reader: &mut dyn Reader) -> Result<Statement, Failure> {
    let task = || format!("cannot read {}", path.display());
    let file = File::open(path).map_err(|cause| Failure::caused(task(), cause))?;
    let operators = operators(reader).map_err(|cause| Failure::caused(task(), cause))?;
    let mut lines = Lines {
        file: BufReader::new(file),
        number: 0,
    };
    let read = all(&mut lines, &operators, reader);
    read.map_err(|cause| Failure::caused(task(), cause))
}

#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error(transparent)]
    Wrong(#[from] WrongStatement),
    #[error("cannot read the journal")]
    Journal(#[from] JournalError),
}

fn all(
    lines: &mut Lines,
    operators: &[(String, OperatorId)],
    reader: &mut dyn Reader,
) -> Result<Statement, Unread> {
    let columns = lines.next()?.ok_or(WrongStatement::Columns)?;
    let mut statement = Statement::default();
    let mut listed = Vec::new();
    while let Some(line) = lines.next()? {
        if line.trim().is_empty() {
            continue;
        }
        let number = lines.number;
        let id_of = |name: &str| {
            let known = operators.iter().find(|(known, _)| known == name);
            known
                .map(|(_, id)| *id)
                .ok_or(WrongStatement::Operator(number))
        };
        match read_line(&columns, &line, number)? {
            Line::Total { operator, theirs } => statement.total(id_of(&operator)?, &theirs),
            Line::Segment {
                operator,
                id,
                delivered,
            } => listed.push((id_of(&operator)?, id, delivered)),
        }
        if listed.len() == AT_ONCE {
            enter(&mut statement, &mut listed, reader)?;
        }
    }
    enter(&mut statement, &mut listed, reader)?;
    Ok(statement)
}

/// Enters listed segments, whichever way their ids are spelled.
fn enter(
    statement: &mut Statement,
    listed: &mut Vec<Listed>,
    reader: &mut dyn Reader,
) -> Result<(), JournalError> {
    let spelled = |id: &str| {
        let spelled = Spelling::ALL.into_iter();
        spelled.filter_map(|it| it.in_response(id)).collect()
    };
    let questions = listed
        .iter()
        .map(|(operator, id, _)| (*operator, spelled(id)));
    let questions: Vec<(OperatorId, Vec<String>)> = questions.collect();
    let known = reader.accepted_as(&questions)?;
    for ((operator, id, delivered), known) in listed.drain(..).zip(&known) {
        statement.segment(operator, &id, delivered, known.as_ref());
    }
    Ok(())
}

/// Every operator that the journal knows; their numbers have no gaps.
fn operators(reader: &mut dyn Reader) -> Result<Vec<(String, OperatorId)>, JournalError> {
    let mut all = Vec::new();
    for number in 1..=u16::MAX {
        let id = OperatorId(number);
        let Some(name) = reader.operator_name(id)? else {
            break;
        };
        all.push((name, id));
    }
    Ok(all)
}

struct Lines {
    file: BufReader<File>,
    /// Of the last one that was read, from 1.
    number: u64,
}

impl Lines {
    fn next(&mut self) -> Result<Option<String>, Unread> {
        self.number += 1;
        let mut line = String::new();
        let unreadable = WrongStatement::Unreadable(self.number);
        let read = (&mut self.file).take(MOST_OCTETS).read_line(&mut line);
        match read {
            Ok(0) => Ok(None),
            Ok(octets) if octets as u64 == MOST_OCTETS => Err(unreadable.into()),
            Ok(_) => Ok(Some(line)),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Err(unreadable.into()),
            Err(error) => Err(error.into()),
        }
    }
}
