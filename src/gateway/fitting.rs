//! What each room goes by, out of the settings.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use xabar_events::{Agency, Outcome};
use xabar_smpp::receipt::Detection;
use xabar_smpp::session::SmscLogin;

use super::GatewayError;
use crate::broker::Brokers;
use crate::compose::Catalog;
use crate::control::access::TokensFile;
use crate::control::http::{Aggregator, Aggregators};
use crate::control::readiness::Part;
use crate::control::settings::{self, Problem, Settings};
use crate::control::standing::Standing;
use crate::control::status::Configured;
use crate::delivery::{
    Assignment, BindSettings, Classes, Directions, LONGEST_LAG, OperatorSettings, Push, Reach,
    Senders,
};
use crate::dialogue::menu::Menus;
use crate::intake::amqp::{Publishers, Source};
use crate::journal::{AgencyKey, Location, OperatorId};
use crate::lookup::{self, Lookup};
use crate::numbers::{Files, Lists};
use crate::outcome::{Exchange, Sink};
use crate::pacing;
use crate::pipeline::{self, OperatorRules, Posted};
use crate::tls::ClientFiles;
use crate::traces::{Collector, Export, Sampling};

pub(super) fn parts(settings: &Settings) -> Vec<Part> {
    let broker = settings.intake.amqp.is_some().then_some(Part::Broker);
    [Part::Journal].into_iter().chain(broker).collect()
}

/// What phones are shown that dial; `catalog` knows how each language is spelled.
pub(super) fn menus(settings: &Settings, catalog: &Catalog) -> Result<Menus, Vec<Problem>> {
    let rules = |language| catalog.rules(language);
    Menus::load_or_built_in(settings.menus.as_deref(), rules)
}

/// The lists of numbers that are configured.
pub(super) fn numbers(settings: &Settings) -> Result<Files, GatewayError> {
    Files::read(settings).map_err(GatewayError::Settings)
}

/// The tokens that HTTP asks for, if it does.
pub(super) fn tokens(settings: &Settings) -> Result<Option<TokensFile>, GatewayError> {
    let file = settings.http.as_ref().and_then(|http| http.tokens.clone());
    let tokens = file.map(TokensFile::read).transpose();
    tokens.map_err(GatewayError::Settings)
}

/// The orders that outlived a restart.
pub(super) fn standing(settings: &Settings) -> Result<Standing, GatewayError> {
    let Location::Sqlite(journal) = &settings.journal.url;
    let standing = Standing::beside(journal, settings);
    standing.map_err(|source| GatewayError::Kept {
        file: Standing::file_beside(journal),
        source,
    })
}

/// The lookup of numbers, if there is one; `operators` are the journal's.
pub(super) fn lookup<'a>(
    settings: &Settings,
    operators: impl Iterator<Item = (OperatorId, &'a str)>,
) -> Option<Lookup> {
    let lookup = settings.routing.lookup.as_ref()?;
    let ids: HashMap<&str, OperatorId> = operators.map(|(id, name)| (name, id)).collect();
    let own = ids.iter().map(|(name, id)| ((*name).to_owned(), *id));
    let given = lookup.operators.iter().filter_map(|(name, operator)| {
        let id = ids.get(operator.as_str())?;
        Some((name.clone(), *id))
    });
    Some(Lookup {
        client: lookup::Client::new(
            lookup.url.clone(),
            lookup.tls.clone(),
            lookup.authorization.clone(),
        ),
        // The service's own names come last, so they hold.
        naming: lookup::Naming::new(&lookup.field, own.chain(given)),
        timeout: lookup.timeout,
        cache: lookup.cache,
        keep: lookup.keep,
    })
}

pub(super) fn rules(
    settings: &Settings,
    standing: &Standing,
    lists: Lists,
    menus: Menus,
) -> pipeline::Settings {
    let Settings {
        timing, subscriber, ..
    } = settings;
    let dialogue = pipeline::DialogueRules {
        answers: paced(&settings.dialogue.answers),
        help: settings.dialogue.help,
        agencies: settings
            .agencies
            .iter()
            .map(|agency| agency.name.as_str().into())
            .collect(),
        menus,
    };
    let operators = settings.operators.iter().map(|operator| OperatorRules {
        name: operator.name.clone(),
        prefixes: operator.prefixes.clone(),
        weight: operator.weight,
        fallback: operator.fallback.clone(),
        move_after: operator.move_after,
        receipts: operator.receipts,
        query: operator.query,
        receipt_ids: operator.receipt_ids,
        detection: match operator.unmarked_receipts {
            true => Detection::AlsoByText,
            false => Detection::Marked,
        },
        accepted_is_delivered: operator.accepted_is_delivered,
        alphabet: operator.alphabet,
        senders: senders(operator, settings),
        ussd: operator.ussd.as_ref().map(|ussd| pipeline::UssdRules {
            dialect: ussd.dialect,
            times: ussd.times,
        }),
        push: push(operator).map(|(_, push)| right(push.allowed.as_deref())),
        logins: logins(operator),
    });
    let told = settings
        .outcomes
        .amqp
        .as_ref()
        .map(|outcomes| outcomes.states.iter().copied().collect());
    pipeline::Settings {
        operators: operators.collect(),
        lists,
        looked_up: settings.routing.lookup.is_some(),
        rules: pacing::Rules {
            limits: paced(&subscriber.limits),
            configured_limits: paced(&standing.configured_limits()),
            // The pacer counts decisions, the subscriber PDUs, of which the first may be written late, and the next at once.
            lag: LONGEST_LAG,
            urgent_limited: settings.urgent.limited,
            quiet_hours: subscriber.quiet_hours.as_ref().map(|it| closed(&it.hours)),
            release: match (&subscriber.quiet_hours, &settings.bulk.window) {
                (Some(quiet_hours), _) => quiet_hours.release,
                (None, Some(_)) => settings::RELEASE,
                (None, None) => Duration::ZERO,
            },
            no_bulk: settings.bulk.window.as_ref().map(closed_outside),
            daily: daily(settings),
            spreads: spreads(settings),
            sharing: sharing(settings, standing),
        },
        urgent: right(settings.urgent.allowed.as_deref()),
        legal: legal(settings),
        dialogue,
        default_language: subscriber.default_language,
        expires: timing.expires,
        duplicates: timing.duplicates,
        retention: timing.retention,
        uncertain: timing.uncertain,
        receipt: timing.receipt,
        retry: settings.retry,
        told: told.unwrap_or_else(|| xabar_events::State::ALL.iter().copied().collect()),
        traced: traced(settings),
    }
}

/// Which messages are traced; `None`: none.
pub(super) fn traced(settings: &Settings) -> Option<Sampling> {
    let traces = settings.traces.as_ref()?;
    Some(Sampling {
        one_in: traces.one_in,
    })
}

/// Where traces go, if they go anywhere; `operators` are the journal's.
pub(super) fn traces<'a>(
    settings: &Settings,
    operators: impl Iterator<Item = (OperatorId, &'a str)>,
) -> Option<Export> {
    let traces = settings.traces.as_ref()?;
    Some(Export {
        collector: Collector::new(
            traces.endpoint.clone(),
            traces.tls.clone(),
            traces.headers.clone(),
            traces.timeout,
        ),
        service: traces.service.clone(),
        operators: operators.map(|(id, name)| (id, name.into())).collect(),
    })
}

/// Whose USSD may come over HTTP; `operators` are the journal's.
pub(super) fn aggregators<'a>(
    settings: &Settings,
    operators: impl Iterator<Item = (OperatorId, &'a str)>,
    door: mpsc::Sender<Posted>,
) -> Aggregators {
    let aggregators = operators.filter_map(|(id, name)| {
        let operator = settings.operators.iter().find(|it| it.name == name)?;
        let ussd = operator.ussd.as_ref()?;
        let aggregator = Aggregator {
            operator: id,
            secret: ussd.secret.clone(),
        };
        Some((name.to_owned(), aggregator))
    });
    Aggregators::new(aggregators, door)
}

/// Hours in which nothing is to be written.
fn closed(hours: &settings::Hours) -> pacing::QuietHours {
    pacing::QuietHours {
        // What is decided just before is written within them.
        from: hours.from.wrapping_sub(LONGEST_LAG),
        to: hours.to,
        timezone: hours.timezone.clone(),
    }
}

/// Hours outside of which nothing is to be written.
fn closed_outside(hours: &settings::Hours) -> pacing::QuietHours {
    closed(&settings::Hours {
        from: hours.to,
        to: hours.from,
        timezone: hours.timezone.clone(),
    })
}

fn daily(settings: &Settings) -> BTreeMap<AgencyKey, pacing::DailyQuota> {
    let agencies = settings.agencies.iter();
    let daily = agencies.filter_map(|agency| {
        let settings::DailyQuota { messages, timezone } = agency.daily.clone()?;
        let quota = pacing::DailyQuota { messages, timezone };
        Some((AgencyKey::of(&agency.name), quota))
    });
    daily.collect()
}

fn spreads(settings: &Settings) -> Vec<pacing::Spread> {
    let spreads = settings.bulk.spread.iter().map(|spread| pacing::Spread {
        agency: AgencyKey::of(&spread.agency),
        service: spread.service.as_deref().map(Into::into),
        an_hour: spread.an_hour,
    });
    spreads.collect()
}

/// The right of these; `None`: of everyone.
fn right(allowed: Option<&[settings::Entitled]>) -> pacing::UrgentRight {
    let Some(allowed) = allowed else {
        return pacing::UrgentRight::Everyone;
    };
    let allowed = allowed.iter();
    pacing::UrgentRight::only(allowed.map(|it| (it.agency.as_str(), it.service.as_deref())))
}

/// How an operator takes pushes to screens, if it does.
fn push(
    operator: &settings::Operator,
) -> Option<(&settings::UssdSettings, &settings::PushSettings)> {
    let ussd = operator.ussd.as_ref()?;
    Some((ussd, ussd.push.as_ref()?))
}

/// The agencies whose messages may go past an opt-out.
fn legal(settings: &Settings) -> BTreeSet<Box<str>> {
    let agencies = settings.agencies.iter();
    let entitled = agencies.filter(|agency| agency.legal);
    entitled.map(|agency| agency.name.as_str().into()).collect()
}

fn paced(limits: &[settings::Limit]) -> Vec<pacing::Limit> {
    limits.iter().copied().map(pacing::Limit::from).collect()
}

/// How the operators' links are shared, by the weights that staff set or that are configured.
fn sharing(settings: &Settings, standing: &Standing) -> pacing::Sharing {
    let settings::LaneShares {
        answers,
        urgent,
        normal,
        bulk,
    } = settings.lanes;
    let configured = settings.agencies.iter();
    let configured = configured.map(|agency| (agency.name.clone(), agency.weight));
    let set = standing.pace().weights.into_iter();
    // What is set comes last, so it holds.
    let weights = configured.chain(set.map(|(agency, set)| (agency, set.to)));
    pacing::Sharing {
        shares: [answers, urgent, normal, bulk],
        weights: weights
            .map(|(agency, weight)| (AgencyKey::of(&agency), weight))
            .collect(),
    }
}

/// After how long at another address a session looks whether the preferred one can be reached again: seldom
/// enough that an SMSC that comes and goes does not take its sessions with it each time.
const RETURN_AFTER: Duration = Duration::from_secs(10 * 60);

/// How long it may take to connect to an SMSC, TLS included.
const CONNECT: Duration = Duration::from_secs(10);

/// Where and as whom an operator is logged in to. Who connects to us by `outbind` shares its login with nobody.
fn logins(operator: &settings::Operator) -> Vec<String> {
    let logins = operator.binds.iter().flat_map(|bind| {
        let login = |address| format!("{} at {address}", bind.system_id);
        bind.reach.addresses().iter().map(login)
    });
    logins.collect()
}

fn bind_settings(bind: &settings::Bind) -> BindSettings {
    BindSettings {
        reach: reach(&bind.reach),
        system_id: bind.system_id.clone(),
        password: bind.password.expose().to_owned(),
        system_type: bind.system_type.clone(),
        directions: match bind.directions {
            settings::Directions::Transceiver => Directions::Transceiver,
            settings::Directions::TransmitterReceiver => Directions::TransmitterReceiver,
        },
        sessions: bind.sessions.into(),
        window: bind.window.into(),
        is_own_window: bind.is_own_window,
        tps: bind.tps,
    }
}

fn reach(reach: &settings::Reach) -> Reach {
    match reach {
        settings::Reach::Connect(addresses) => Reach::Connect(addresses.clone()),
        settings::Reach::Outbind(outbind) => Reach::Outbind {
            listen: outbind.listen,
            smsc: SmscLogin {
                system_id: outbind.system_id.clone(),
                password: outbind.password.expose().to_owned(),
            },
        },
    }
}

/// What its status is measured by.
pub(super) fn configured(
    id: OperatorId,
    operator: &settings::Operator,
    lanes: settings::LaneShares,
) -> Configured {
    Configured {
        id,
        name: operator.name.clone(),
        login_names: operator
            .binds
            .iter()
            .map(|bind| bind_settings(bind).login())
            .collect(),
        logins: operator
            .binds
            .iter()
            .map(bind_settings)
            .map(|it| (it.sessions, it.directions.connections()))
            .collect(),
        kept: f64::from(lanes.urgent) / 100.0,
        windows: operator
            .binds
            .iter()
            .map(|it| (it.window.into(), it.is_own_window))
            .collect(),
        login_tps: operator.binds.iter().map(|bind| bind.tps).sum(),
    }
}

pub(super) fn operator_settings(
    operator: &settings::Operator,
    settings: &Settings,
) -> OperatorSettings {
    OperatorSettings {
        name: operator.name.clone(),
        binds: operator.binds.iter().map(bind_settings).collect(),
        tls: operator.tls.clone(),
        connect: CONNECT,
        return_after: RETURN_AFTER,
        interface_version: xabar_smpp::values::InterfaceVersion(operator.interface_version.octet()),
        senders: senders(operator, settings),
        receipts: operator.receipts,
        push: push(operator).map(|(ussd, push)| Push {
            from: push.from.clone(),
            dialect: ussd.dialect,
        }),
        tlvs: operator.tlvs,
        tps: operator.tps,
        kept: settings.lanes.urgent,
        enquire_link: operator.enquire_link,
        classes: Classes::new(operator.errors.iter().cloned()),
        response: settings.timing.response,
        uncertain: settings.timing.uncertain,
        // Leaves time to publish what the last responses settle.
        drain: settings.timing.shutdown.mul_f32(0.6),
    }
}

/// As whom agencies go out over one operator. The more special rows come last, so they hold: those for this
/// operator over those for all, then those for a priority.
fn senders(operator: &settings::Operator, settings: &Settings) -> Senders {
    let mut rows: Vec<&settings::Sender> = settings
        .senders
        .iter()
        .filter(|row| row.operators.is_empty() || row.operators.contains(&operator.name))
        .collect();
    rows.sort_by_key(|row| (!row.operators.is_empty(), !row.priorities.is_empty()));
    let list = rows.into_iter().flat_map(|row| {
        row.agencies.iter().map(|agency| Assignment {
            name: &row.name,
            agency,
            priorities: &row.priorities,
        })
    });
    Senders::new(&operator.sender, list).answering_from(operator.number.as_deref())
}

pub(super) fn source(
    settings: &Settings,
    publishers: watch::Receiver<Publishers>,
) -> Result<Option<Source>, GatewayError> {
    let Some(amqp) = &settings.intake.amqp else {
        return Ok(None);
    };
    let source = Source::new(
        brokers(&amqp.urls, &amqp.tls, "intake.amqp.url")?,
        &amqp.exchange,
        &amqp.queue,
        &amqp.binding,
        amqp.prefetch,
        &amqp.dead_letter_exchange,
    );
    let source = source.map(|source| source.published_by(publishers));
    source.map(Some).map_err(|error| GatewayError::Amqp {
        what: "intake.amqp",
        why: error.to_string(),
    })
}

/// Who may publish for whom.
pub(super) fn publishers(settings: &Settings) -> Publishers {
    let pairs = settings.agencies.iter().flat_map(|agency| {
        let named = Agency::from_name(&agency.name).ok();
        let users = agency.broker_users.iter();
        users.filter_map(move |user| Some((user.as_str(), named.clone()?)))
    });
    Publishers::new(pairs)
}

pub(super) fn sink(
    settings: &Settings,
    observer: Option<mpsc::Sender<Vec<Outcome<'static>>>>,
) -> Result<Sink, GatewayError> {
    if let Some(observer) = observer {
        return Ok(Sink::Channel(observer));
    }
    let Some(amqp) = &settings.outcomes.amqp else {
        return Ok(Sink::Nowhere);
    };
    let brokers = brokers(&amqp.urls, &amqp.tls, "outcomes.amqp.url")?;
    let exchange = Exchange::new(brokers, &amqp.exchange, amqp.batch);
    let exchange = exchange.map_err(|error| GatewayError::Amqp {
        what: "outcomes.amqp.exchange",
        why: error.to_string(),
    })?;
    Ok(Sink::Amqp(exchange))
}

fn brokers(
    urls: &[settings::SecretUrl],
    tls: &ClientFiles,
    what: &'static str,
) -> Result<Brokers, GatewayError> {
    let brokers = Brokers::parse(urls.iter().map(settings::SecretUrl::expose));
    let brokers = brokers.map(|brokers| brokers.under_tls(tls.clone()));
    brokers.map_err(|error| GatewayError::Amqp {
        what,
        why: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::clock::{Now, UnixMillis, instant};
    use crate::control::settings::Environment;

    #[test]
    fn a_limit_is_told_as_configured_and_holds_until_what_was_written_late_left_the_window() {
        let text = "[subscriber]\nlimits = [{ messages = 1, per = \"10m\" }]";
        let settings =
            Settings::read(text, Path::new("xabar.toml"), &Environment::default()).unwrap();
        let standing = Standing::nothing(Path::new("kept.json"));
        let menus = Menus::built_in(|_| xabar_sms::LanguageRules::default());
        let rules = rules(&settings, &standing, Lists::default(), menus).rules;
        let pacer = pacing::Pacer::new(&rules, &BTreeMap::new());
        let limit = &settings.subscriber.limits[0];
        let held_after = |wait: Duration| {
            let now = Now {
                instant: instant(),
                steady: UnixMillis(0).after(wait),
                wall: UnixMillis(0),
            };
            pacer
                .limit_after(&[UnixMillis(0)], &now)
                .map(settings::Limit::from)
        };
        assert_eq!(held_after(limit.per), Some(*limit));
        assert_eq!(held_after(limit.per + LONGEST_LAG), None);
    }

    #[test]
    fn a_tps_that_may_change_is_the_links_to_tell_and_only_that_of_logins_is_known_beforehand() {
        let shown = |of_operator: &str| {
            let text = format!(
                "[[operator]]\nname = \"ucell\"\nprefixes = [\"99890\"]\naddress = \"127.0.0.1:1\"\n\
                 system_id = \"x\"\npassword = \"p\"\nsender = \"MyGov\"\n{of_operator}"
            );
            let settings =
                Settings::read(&text, Path::new("xabar.toml"), &Environment::default()).unwrap();
            let [operator] = &*settings.operators else {
                panic!("there is one")
            };
            configured(OperatorId(1), operator, settings.lanes).login_tps
        };
        assert_eq!(shown("tps = 5"), None);
        let logins =
            "[[operator.bind]]\nsystem_id = \"a\"\ntps = 5\n[[operator.bind]]\nsystem_id = \"b\"\n";
        assert_eq!(shown(logins), None);
        assert_eq!(shown(&format!("{logins}tps = 7")), Some(12));
    }
}
