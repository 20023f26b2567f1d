//! Young runs under one filter: most keys are in none of them, which one look says instead of one for each.

use super::filter::{Filter, Question};
use super::run::Run;

/// The runs that chapters became and no merge has taken yet, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Young {
    runs: Vec<Run>,
    /// Over all of them; `None` if what they have is known only of each.
    filter: Option<Filter>,
}

/// The filter has at most 2 to the power of so many blocks, 256 KiB: for a few hundred thousand keys, of which it
/// lets one in twenty pass that it does not have.
const MOST_FILTER_BITS: u32 = 12;

impl Young {
    /// Some that were here before, so that their keys are known only by their own filters.
    pub(super) fn again(runs: Vec<Run>) -> Self {
        Self { runs, filter: None }
    }

    /// Adds the newest, with its keys; `most` are to come before they are merged.
    pub(super) fn push(&mut self, mut run: Run, keys: impl Iterator<Item = u64>, most: usize) {
        if self.runs.is_empty() && run.has_filter() {
            self.filter = Filter::for_keys(run.count * most as u64, MOST_FILTER_BITS);
        }
        for key in keys {
            run.note(key);
            if let Some(filter) = &mut self.filter {
                filter.insert(key);
            }
        }
        self.runs.push(run);
    }

    pub(super) fn len(&self) -> usize {
        self.runs.len()
    }

    /// Takes the oldest, so many at most.
    pub(super) fn take(&mut self, most: usize) -> Self {
        if self.runs.len() <= most {
            return std::mem::take(self);
        }
        let rest = self.runs.split_off(most);
        Self::again(std::mem::replace(&mut self.runs, rest))
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Run> {
        self.runs.iter()
    }

    /// Those that may have what is asked for, the newest first.
    pub(super) fn asked(&self, question: &Question) -> impl Iterator<Item = &Run> {
        let filter = self.filter.as_ref();
        let any = filter.is_none_or(|filter| filter.may_have(question));
        any.then(|| self.runs.iter().rev()).into_iter().flatten()
    }

    /// Takes note that nobody will ask for a key below this one.
    pub(super) fn leave_below(&mut self, key: u64) {
        self.runs.iter_mut().for_each(|run| run.leave_below(key));
        if let Some(filter) = &mut self.filter {
            filter.give_back_below(key);
        }
    }
}
