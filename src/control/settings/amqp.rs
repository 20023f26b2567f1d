//! `[intake.amqp]` and `[outcomes.amqp]`: where events come from, and where outcomes go.

use xabar_events::State;

use super::reading::{Cell, Table};
use super::secret::{SecretUrl, secret};
use super::tls;
use super::values::{matching, one_or_more, parsed, some_list, whole};
use crate::tls::ClientFiles;

/// `[intake]`
#[derive(Clone, Debug, Default)]
pub struct IntakeSettings {
    /// `None`: nothing is taken from RabbitMQ.
    pub amqp: Option<IntakeAmqp>,
}

/// `[intake.amqp]`
#[derive(Clone, Debug)]
pub struct IntakeAmqp {
    /// Brokers of one cluster, to be tried in turn.
    pub urls: Vec<SecretUrl>,
    /// For those of `amqps://`.
    pub tls: ClientFiles,
    pub exchange: String,
    pub queue: String,
    /// Binding keys of the queue.
    pub binding: Vec<String>,
    pub prefetch: u16,
    pub dead_letter_exchange: String,
}

/// `[outcomes]`
#[derive(Clone, Debug, Default)]
pub struct OutcomeSettings {
    /// `None`: outcomes are not published.
    pub amqp: Option<OutcomesAmqp>,
}

/// `[outcomes.amqp]`
#[derive(Clone, Debug)]
pub struct OutcomesAmqp {
    /// The intake's unless given.
    pub urls: Vec<SecretUrl>,
    /// The intake's, too, unless `url` or `tls` is given.
    pub tls: ClientFiles,
    pub exchange: String,
    /// The states that are told.
    pub states: Vec<State>,
    /// Most outcomes in one AMQP message.
    pub batch: usize,
}

pub(super) fn intake(root: &mut Table<'_>) -> IntakeSettings {
    let amqp = |cell: &Cell<'_>| cell.table(intake_amqp);
    let intake = |cell: &Cell<'_>| {
        cell.table(|table| {
            Some(IntakeSettings {
                amqp: table.optional("amqp", amqp),
            })
        })
    };
    root.or("intake", IntakeSettings::default(), intake)
}

fn intake_amqp(table: &mut Table<'_>) -> Option<IntakeAmqp> {
    Some(IntakeAmqp {
        urls: table.or(
            "url",
            vec![SecretUrl::new(LOCAL_BROKER)],
            one_or_more(broker),
        ),
        tls: table.or("tls", ClientFiles::default(), tls::broker),
        exchange: table.or("exchange", "egov.events".to_owned(), name),
        queue: table.or("queue", "xabar.events".to_owned(), name),
        binding: table.or(
            "binding",
            vec!["application.status.#".to_owned()],
            some_list(binding_key),
        ),
        prefetch: table.or("prefetch", 2000, whole(1..=u16::MAX)),
        dead_letter_exchange: table.or("dead_letter_exchange", "xabar.rejected".to_owned(), name),
    })
}

pub(super) fn outcomes(root: &mut Table<'_>, intake: &IntakeSettings) -> OutcomeSettings {
    let amqp = |cell: &Cell<'_>| cell.table(|table| outcomes_amqp(table, intake));
    let outcomes = |cell: &Cell<'_>| {
        cell.table(|table| {
            Some(OutcomeSettings {
                amqp: table.optional("amqp", amqp),
            })
        })
    };
    root.or("outcomes", OutcomeSettings::default(), outcomes)
}

fn outcomes_amqp(table: &mut Table<'_>, intake: &IntakeSettings) -> Option<OutcomesAmqp> {
    let urls = table.optional("url", one_or_more(broker));
    let inherited = || intake.amqp.as_ref().map(|amqp| amqp.urls.clone());
    if !table.has("url") && intake.amqp.is_none() {
        table.missing(
            "url",
            "give one, since there is no [intake.amqp] to take it from",
        );
    }
    let own = table.optional("tls", tls::broker);
    let inherited_tls = || {
        let inherits = !table.has("url") && !table.has("tls");
        let amqp = intake.amqp.as_ref().filter(|_| inherits)?;
        Some(amqp.tls.clone())
    };
    Some(OutcomesAmqp {
        tls: own.or_else(inherited_tls).unwrap_or_default(),
        urls: urls.or_else(inherited).unwrap_or_default(),
        exchange: table.or("exchange", "xabar.outcomes".to_owned(), name),
        states: table.or("states", State::ALL.to_vec(), some_list(state)),
        batch: table.or("batch", 1, whole(1..=1000)),
    })
}

const LOCAL_BROKER: &str = "amqp://guest:guest@127.0.0.1:5672/%2f";

/// A broker's URL, which may be kept elsewhere as a secret. It is never shown: it holds a password.
fn broker(cell: &Cell<'_>) -> Option<SecretUrl> {
    let url = secret(cell)?;
    if url.expose().parse::<lapin::uri::AMQPUri>().is_err() {
        return cell.wrong(
            "is not the URL of a broker",
            "write it as amqp://USER:PASSWORD@HOST:5672/VHOST, or amqps://… with port 5671, with / in the VHOST as %2f",
        );
    }
    Some(SecretUrl::new(url.expose()))
}

/// The name of an exchange or a queue.
fn name(cell: &Cell<'_>) -> Option<String> {
    let fits = |name: &str| (1..=255).contains(&name.len()) && !name.starts_with("amq.");
    matching(
        "write a name of 1 to 255 octets that does not begin with `amq.`, which is the broker's own",
        fits,
    )(cell)
}

fn binding_key(cell: &Cell<'_>) -> Option<String> {
    matching("write a binding key of 1 to 255 octets", |key| {
        (1..=255).contains(&key.len())
    })(cell)
}

fn state(cell: &Cell<'_>) -> Option<State> {
    let names: Vec<&str> = State::ALL.iter().map(|state| state.as_str()).collect();
    parsed(&format!("choose from {}", names.join(", ")), |text| {
        text.parse().ok()
    })(cell)
}
