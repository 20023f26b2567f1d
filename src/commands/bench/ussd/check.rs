//! Whether phones fared as they should, otherwise a run has no figures; and whether open dialogues take the memory
//! that docs/performance.md promises.

use super::report::Opened;
use crate::simulator::crowd::{Calls, Fared};

/// How calls fare if all goes well.
pub(super) fn expected(calls: &Calls) -> Fared {
    let dialogues = u64::from(calls.phones);
    Fared {
        dialogues,
        screens: dialogues * (1 + calls.answers.len() as u64),
        hung_up: if calls.hangs_up { dialogues } else { 0 },
        ..Fared::default()
    }
}

/// What is wrong with how calls fared.
pub(super) fn faults(fared: &Fared, expected: &Fared) -> Vec<String> {
    let counts = [
        (fared.dialogues, expected.dialogues, "dialogues were begun"),
        (fared.screens, expected.screens, "screens came"),
        (fared.silent, expected.silent, "phones waited in vain"),
        (fared.ended, expected.ended, "dialogues ended early"),
        (fared.hung_up, expected.hung_up, "phones hung up"),
    ];
    let wrong = counts.iter().filter(|(count, due, _)| count != due);
    wrong
        .map(|(count, due, what)| format!("{count} {what}, not {due}"))
        .collect()
}

/// Octets that each open dialogue may take.
const MOST_OCTETS: u64 = 640;

/// What a gateway may have grown by beside, whatever is open, such as the caches of its threads.
const BESIDE_KIB: u64 = 4 * 1024;

/// What the gateway stays within, with so many dialogues open.
const WITHIN_MIB: u64 = 64;
const WITHIN_WITH: u32 = 50_000;

/// How open dialogues take more than they may, if they do.
pub(super) fn excess(opened: &Opened) -> Option<String> {
    if opened.dialogues <= WITHIN_WITH && opened.peak_kib > WITHIN_MIB * 1024 {
        let mib = opened.peak_kib.div_ceil(1024);
        let promised = format!("and {WITHIN_MIB} MiB with {WITHIN_WITH} dialogues are promised");
        return Some(format!("the gateway takes {mib} MiB, {promised}"));
    }
    let more_kib = opened.after_kib.saturating_sub(opened.before_kib);
    let most_kib = u64::from(opened.dialogues) * MOST_OCTETS / 1024 + BESIDE_KIB;
    (more_kib > most_kib).then(|| {
        let octets = opened.octets_each();
        format!("an open dialogue takes {octets} octets, and {MOST_OCTETS} at most are promised")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::crowd::Begins;

    fn calls() -> Calls {
        Calls {
            first: 1,
            phones: 10,
            begins: Begins::Dials("*555#".into()),
            answers: ["5", "1", "0"].map(str::to_owned).into(),
            at_once: 1,
            hangs_up: true,
        }
    }

    #[test]
    fn a_run_in_which_every_screen_came_has_no_faults() {
        let fared = Fared {
            dialogues: 10,
            hung_up: 10,
            screens: 40,
            dialogues_per_second: 7,
            p99_ms: 3.0,
            ..Fared::default()
        };
        assert_eq!(faults(&fared, &expected(&calls())), [""; 0]);
    }

    #[test]
    fn memory_beyond_what_is_promised_is_told_with_what_is_promised() {
        let opened = |dialogues, before_mib: u64, after_mib: u64| {
            excess(&Opened {
                dialogues,
                before_kib: before_mib * 1024,
                after_kib: after_mib * 1024,
                peak_kib: after_mib * 1024,
            })
        };
        assert_eq!(opened(50_000, 20, 50), None);
        assert_eq!(opened(1, 20, 22), None, "that is not the dialogue's");
        assert_eq!(opened(100_000, 20, 80), None, "twice as many");
        assert_eq!(
            opened(50_000, 45, 65).unwrap(),
            "the gateway takes 65 MiB, and 64 MiB with 50000 dialogues are promised"
        );
        assert_eq!(
            opened(50_000, 20, 60).unwrap(),
            "an open dialogue takes 838 octets, and 640 at most are promised"
        );
    }

    #[test]
    fn a_phone_that_was_left_or_forgotten_is_noticed() {
        let fared = Fared {
            dialogues: 10,
            ended: 1,
            hung_up: 8,
            silent: 1,
            screens: 35,
            ..Fared::default()
        };
        assert_eq!(
            faults(&fared, &expected(&calls())),
            [
                "35 screens came, not 40",
                "1 phones waited in vain, not 0",
                "1 dialogues ended early, not 0",
                "8 phones hung up, not 10"
            ]
        );
        let stay = Calls {
            answers: Vec::new(),
            hangs_up: false,
            ..calls()
        };
        assert_eq!(expected(&stay).screens, 10);
        assert_eq!(expected(&stay).hung_up, 0);
    }
}
