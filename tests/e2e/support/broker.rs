//! The RabbitMQ node of the tests, which fail where it does.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use xabar::private_broker::{self, PrivateBroker};

/// The node that the tests share. They keep apart by the names from [`Broker::name`].
pub fn shared() -> &'static Broker {
    static SHARED: OnceLock<Broker> = OnceLock::new();
    SHARED.get_or_init(Broker::start)
}

/// A node of its own, for a test that kills it.
pub fn own() -> &'static Broker {
    Box::leak(Box::new(Broker::start()))
}

/// A running RabbitMQ node.
pub struct Broker(PrivateBroker);

impl Broker {
    /// Starts a node and waits until it speaks AMQP: 3 to 8 seconds.
    pub fn start() -> Self {
        let started = PrivateBroker::start();
        Self(started.unwrap_or_else(|error| panic!("{error}; `./test` installs it")))
    }

    /// Where clients connect to.
    pub fn url(&self) -> String {
        self.0.url()
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.0.port()
    }

    /// A name that nothing else on this node has, beginning with `what`.
    pub fn name(&self, what: &str) -> String {
        static NAMES: AtomicU32 = AtomicU32::new(0);
        format!("{what}.{}", NAMES.fetch_add(1, Ordering::Relaxed))
    }

    /// Kills the node without warning. Its data stays.
    pub fn kill(&self) {
        self.0.kill().expect("the keeper lives as long as we do");
    }

    /// Starts the node again after [`Broker::kill`]: same port, same data.
    pub fn resume(&self) {
        let resumed = self.0.resume();
        resumed.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Kills the node and starts it again.
    pub fn restart(&self) {
        self.kill();
        self.resume();
    }

    /// What `rabbitmqctl` prints; about two seconds a call.
    pub fn ctl(&self, args: &[&str]) -> String {
        let output = self.0.ctl(args);
        let output = output.expect("rabbitmqctl comes with rabbitmq-server");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "rabbitmqctl {args:?}: {printed}{complaint}"
        );
        printed
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    private_broker::free_port().expect("some port is free")
}
