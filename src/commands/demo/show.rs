//! The course of the demo: starts all parts, shows what happens, and ends them in order.

use std::io;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use xabar_events::Outcome;

use super::folder::Folder;
use super::news::News;
use super::rig::Rig;
use super::scenario::Scenario;
use super::stage::Stage;
use super::state::State;
use super::summary::Summary;
use super::{Demo, agencies, caller, log};
use crate::clock::{Clock, UnixMillis};
use crate::commands::run::stop_signal;
use crate::commands::{Failure, print};
use crate::control::settings::Environment;
use crate::delivery::LinkState;
use crate::gateway::{Ended, GatewayError};
use crate::journal::open_reader;
use crate::simulator::{Simulator, Text};

/// News that wait to be shown; behind them, whoever has more waits.
const NEWS: usize = 1_024;

/// A new picture comes as often as this.
const PICTURE: Duration = Duration::from_millis(200);

pub(super) async fn run(demo: Demo) -> Result<(), Failure> {
    let stop = stop_signal().map_err(|error| Failure::caused("cannot listen to signals", error))?;
    let environment = Environment::of_process();
    let live = !demo.plain && Stage::can_be_live(&environment);
    let (news, news_in) = mpsc::channel(NEWS);
    if live {
        log::to_news(&environment, news.clone())?;
    } else {
        log::to_standard_error(&environment)?;
    }
    let folder = Folder::open(demo.data.as_deref());
    let folder = folder.map_err(|error| Failure::caused("cannot make the demo's folder", error))?;
    let earlier = folder.journal().exists();
    let rig = Rig::start(&demo, &folder).await?;
    let stage = match live {
        true => Stage::live()?,
        false => Stage::plain(),
    };
    let journal = rig.settings.journal.url.clone();
    let (state, ended) = perform(&demo, rig, stage, news, news_in, stop).await?;
    let books = open_reader(&journal)
        .and_then(|mut reader| reader.books())
        .map_err(|cause| Failure::caused("cannot read the journal's books", cause))?;
    let summary = Summary {
        state: &state,
        journal: books,
        earlier,
        uncertain: ended.uncertain,
    };
    close(&summary, &folder)
}

/// From the first event to the last outcome.
async fn perform(
    demo: &Demo,
    rig: Rig,
    stage: Stage,
    news: mpsc::Sender<News>,
    news_in: mpsc::Receiver<News>,
    stop: impl Future<Output = ()>,
) -> Result<(State, Ended), Failure> {
    let clock = Clock::starting_after(UnixMillis::default());
    let start = clock.now();
    for (operator, simulator) in rig.operators.iter().zip(&rig.simulators) {
        let texts = simulator.handle().listen();
        tokio::spawn(listen(operator.name.clone(), texts, news.clone()));
    }
    let quit = CancellationToken::new();
    if let Some(operator) = rig.simulators.first() {
        tokio::spawn(caller::dial(operator.handle(), quit.clone()));
    }
    let agencies = tokio::spawn(agencies::publish(
        Scenario::new(demo.seed, demo.rate, start.wall.into()),
        start.instant.into(),
        rig.http,
        news,
        quit.clone(),
    ));
    let links = rig
        .gateway
        .links()
        .iter()
        .map(|it| it.link.clone())
        .collect();
    let http = format!("http://{}", rig.http);
    let mut show = Show {
        state: State::new(start.wall, TimeZone::system(), http, rig.operators),
        stage,
        clock,
        news: news_in,
        outcomes: rig.outcomes,
        links,
        quit,
        broken: None,
    };
    // Once the agencies have their last answers, the gateway ends what it began.
    let published = async { drop(agencies.await) };
    let gateway = tokio::spawn(rig.gateway.run_until(published));
    let length = demo.length.unwrap_or(Duration::MAX);
    let over = async {
        tokio::select! {
            () = stop => {}
            () = tokio::time::sleep(length) => {}
        }
    };
    let ended = show.run(gateway, over).await;
    stop_simulators(rig.simulators).await;
    let Show { state, broken, .. } = show;
    match broken {
        Some(error) => Err(error.into()),
        None => ended.map(|ended| (state, ended)),
    }
}

/// Shows what happens until the gateway has ended.
struct Show {
    state: State,
    stage: Stage,
    clock: Clock,
    news: mpsc::Receiver<News>,
    outcomes: mpsc::Receiver<Vec<Outcome<'static>>>,
    /// In the order of the operators.
    links: Vec<watch::Receiver<LinkState>>,
    quit: CancellationToken,
    /// Why nothing can be shown any more.
    broken: Option<io::Error>,
}

impl Show {
    async fn run(
        &mut self,
        mut gateway: JoinHandle<Result<Ended, GatewayError>>,
        over: impl Future<Output = ()>,
    ) -> Result<Ended, Failure> {
        let mut pictures = interval(PICTURE);
        pictures.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tokio::pin!(over);
        let ended = loop {
            tokio::select! {
                biased;
                ended = &mut gateway => break ended,
                () = &mut over, if !self.state.stopping => self.end(),
                _ = pictures.tick() => self.pass(),
                // Before the outcomes: what is published is known before what became of it.
                Some(news) = self.news.recv() => self.note(news),
                Some(outcomes) = self.outcomes.recv() => self.note_outcomes(outcomes),
            }
        };
        self.note_the_rest().await;
        let ended = ended.map_err(|error| Failure::caused("the gateway panicked", error))?;
        ended.map_err(|cause| Failure::caused("the gateway failed", cause))
    }

    fn end(&mut self) {
        self.state.stopping = true;
        self.quit.cancel();
    }

    fn pass(&mut self) {
        self.state.pass_to(self.clock.now().wall);
        for (operator, link) in self.links.clone().iter().enumerate() {
            let state = Box::new(*link.borrow());
            self.note(News::Link { operator, state });
        }
        if self.broken.is_none() {
            let shown = self.stage.pass(&self.state);
            self.check(shown);
        }
    }

    fn note(&mut self, news: News) {
        let Some(noteworthy) = self.state.note(news) else {
            return;
        };
        if self.broken.is_none() {
            let shown = self.stage.point_at(&self.state, &noteworthy);
            self.check(shown);
        }
    }

    /// A demo that nobody sees ends, as it does when it is told to.
    fn check(&mut self, shown: io::Result<()>) {
        if let Err(error) = shown {
            self.broken = Some(error);
            self.end();
        }
    }

    fn note_outcomes(&mut self, outcomes: Vec<Outcome<'static>>) {
        for outcome in outcomes {
            self.note(News::Outcome(outcome));
        }
    }

    async fn note_the_rest(&mut self) {
        while let Ok(news) = self.news.try_recv() {
            self.note(news);
        }
        while let Some(outcomes) = self.outcomes.recv().await {
            self.note_outcomes(outcomes);
        }
        self.state.pass_to(self.clock.now().wall);
    }
}

/// Tells what reaches the phones of one operator.
async fn listen(operator: String, mut texts: broadcast::Receiver<Text>, news: mpsc::Sender<News>) {
    loop {
        let text = match texts.recv().await {
            Ok(text) => text,
            // The phones have it all the same.
            Err(broadcast::error::RecvError::Lagged(_)) => continue,
            Err(broadcast::error::RecvError::Closed) => return,
        };
        let operator = operator.clone();
        if news.send(News::Arrived { operator, text }).await.is_err() {
            return;
        }
    }
}

async fn stop_simulators(simulators: Vec<Simulator>) {
    for simulator in simulators {
        // The gateway has unbound from it, and no capture is written that could fail.
        drop(simulator.stop().await);
    }
}

fn close(summary: &Summary<'_>, folder: &Folder) -> Result<(), Failure> {
    let mut out = print::stdout();
    summary
        .lines()
        .iter()
        .try_for_each(|line| io::Write::write_fmt(&mut out, format_args!("{line}\n")))?;
    if folder.kept() {
        let kept = format!(
            "Kept in {}; look into it with: xabar trace --config {} APPLICATION\n",
            folder.path().display(),
            folder.configuration().display()
        );
        io::Write::write_all(&mut out, kept.as_bytes())?;
    }
    match summary.balances() {
        true => Ok(()),
        false => Err(Failure::Told),
    }
}
