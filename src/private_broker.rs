//! A RabbitMQ node of our own, for the benchmark and the tests: never one that already runs.
//!
//! Everything about it is private: the node name, the ports, the epmd, the cookie, the data
//! folder. A small shell, the *keeper*, starts and stops the node for us; when our end of its
//! standard input closes, however this process ends, it kills the node and removes the folder.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// A running RabbitMQ node. Dropped, it is gone with all that it holds.
#[derive(Debug)]
pub struct PrivateBroker {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    env: Vec<(&'static str, String)>,
    keeper: Mutex<Keeper>,
}

/// Why there is no node.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    #[error(
        "found no rabbitmq-server in {DEBIANS} or on the PATH; install it \
         (apt-get install rabbitmq-server)"
    )]
    NotInstalled,
    #[error("cannot prepare a RabbitMQ node of our own")]
    Io(#[from] io::Error),
    #[error("RabbitMQ did not start within {} s:\n{log}", PATIENCE.as_secs())]
    Silent { log: String },
}

impl PrivateBroker {
    /// Starts a node and waits until it speaks AMQP: 3 to 8 seconds. Blocks meanwhile.
    ///
    /// # Errors
    /// If RabbitMQ is not installed, or the node does not come up.
    pub fn start() -> Result<Self, NotStarted> {
        static NODES: AtomicU32 = AtomicU32::new(0);
        let number = NODES.fetch_add(1, Ordering::Relaxed);
        let programs = programs().ok_or(NotStarted::NotInstalled)?;
        let name = format!("xabar-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(&name);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("rabbitmq.conf"), CONFIG)?;
        fs::write(folder.join("enabled_plugins"), "[].")?;
        let port = free_port()?;
        let env = environment(&folder, &name, port)?;
        let keeper = Mutex::new(Keeper::spawn(&programs, &folder, &env)?);
        let broker = Self {
            programs,
            folder,
            port,
            env,
            keeper,
        };
        broker.resume()?;
        Ok(broker)
    }

    /// Where clients connect to.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.port)
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The node's process.
    ///
    /// # Errors
    /// If it did not say.
    pub fn process(&self) -> io::Result<u32> {
        let id = fs::read_to_string(self.folder.join("pid"))?;
        id.trim().parse().map_err(io::Error::other)
    }

    /// Kills the node without warning. Its data stays.
    ///
    /// # Errors
    /// If the keeper is gone.
    pub fn kill(&self) -> io::Result<()> {
        // RabbitMQ 3.10 notes twice a second which quorum queues it has; one that was made after
        // the last time comes back without a leader.
        thread::sleep(Duration::from_secs(1));
        self.ask("stop")
    }

    /// Starts the node again after [`kill`](Self::kill): same port, same data.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn resume(&self) -> Result<(), NotStarted> {
        self.ask("start")?;
        for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
            if speaks_amqp(self.port) {
                return Ok(());
            }
            thread::sleep(LOOK);
        }
        let log = fs::read_to_string(self.folder.join("node.log")).unwrap_or_default();
        Err(NotStarted::Silent { log })
    }

    /// What `rabbitmqctl` answers; about two seconds a call.
    ///
    /// # Errors
    /// If it cannot be run.
    pub fn ctl(&self, args: &[&str]) -> io::Result<Output> {
        Command::new(self.programs.join("rabbitmqctl"))
            .args(args)
            .envs(self.env.iter().map(|(key, value)| (key, value)))
            .output()
    }

    fn ask(&self, command: &str) -> io::Result<()> {
        let keeper = self.keeper.lock();
        keeper.unwrap_or_else(PoisonError::into_inner).ask(command)
    }
}

const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(100);

#[derive(Debug)]
struct Keeper {
    child: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.commands.take();
        // It may have been killed before.
        drop(self.child.wait());
    }
}

impl Keeper {
    fn spawn(
        programs: &Path,
        folder: &Path,
        env: &[(&'static str, String)],
    ) -> Result<Self, NotStarted> {
        use std::os::unix::process::CommandExt;
        let mut child = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(programs.join("rabbitmq-server"))
            .arg(folder)
            .envs(env.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // So that Ctrl-C reaches us alone, and the keeper lives to clean up.
            .process_group(0)
            .spawn()?;
        let commands = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().ok_or_else(gone)?);
        Ok(Self {
            child,
            commands,
            answers,
        })
    }

    fn ask(&mut self, command: &str) -> io::Result<()> {
        writeln!(self.commands.as_mut().ok_or_else(gone)?, "{command}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        match answer.trim() == command {
            true => Ok(()),
            false => Err(gone()),
        }
    }
}

fn gone() -> io::Error {
    io::Error::other("the shell that keeps the node is gone")
}

/// `$1` is the server's program, `$2` its folder. The program forks, so the node gets a process
/// group of its own, by which it is killed.
const KEEPER: &str = r#"
epmd >/dev/null 2>&1 &
epmd=$!
stop() {
    # Until it has its group, which may take a moment.
    while kill -s KILL -- "-$node" 2>/dev/null || kill -0 "$node" 2>/dev/null; do sleep 0.05; done
    wait $node 2>/dev/null
}
while read -r command; do
    case $command in
        start) setsid "$1" >>"$2/node.log" 2>&1 & node=$! ;;
        stop) stop ;;
    esac
    echo "$command"
done
stop
kill $epmd; wait $epmd 2>/dev/null
rm -rf "$2"
"#;

const CONFIG: &str = "\
log.file = false
log.console = true
log.console.level = warning
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.relative = 0.8
";

fn environment(folder: &Path, name: &str, port: u16) -> io::Result<Vec<(&'static str, String)>> {
    let in_folder = |name: &str| folder.join(name).to_string_lossy().into_owned();
    Ok(vec![
        ("HOME", in_folder("")),
        ("ERL_EPMD_PORT", free_port()?.to_string()),
        ("ERL_EPMD_ADDRESS", "127.0.0.1".into()),
        ("RABBITMQ_NODENAME", format!("{name}@localhost")),
        ("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1".into()),
        ("RABBITMQ_NODE_PORT", port.to_string()),
        ("RABBITMQ_DIST_PORT", free_port()?.to_string()),
        ("RABBITMQ_CONF_ENV_FILE", in_folder("none")),
        ("RABBITMQ_CONFIG_FILE", in_folder("rabbitmq.conf")),
        (
            "RABBITMQ_ENABLED_PLUGINS_FILE",
            in_folder("enabled_plugins"),
        ),
        ("RABBITMQ_MNESIA_BASE", in_folder("data")),
        ("RABBITMQ_LOG_BASE", in_folder("log")),
        ("RABBITMQ_PID_FILE", in_folder("pid")),
        // Idle schedulers sleep rather than spin: the cores belong to whoever uses the node.
        (
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
            "+sbwt none +sbwtdcpu none +sbwtdio none".into(),
        ),
    ])
}

/// The folder of RabbitMQ's own scripts. Debian has others on the PATH, which insist on its
/// service user.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::iter::once(PathBuf::from(DEBIANS))
        .chain(std::env::split_paths(&path))
        .find(|folder| folder.join("rabbitmq-server").exists())
}

const DEBIANS: &str = "/usr/lib/rabbitmq/bin";

/// A port of 127.0.0.1 that was free a moment ago.
///
/// # Errors
/// If there is none.
pub fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.port())
}

/// Says hello as a client does, and looks whether a frame comes back.
fn speaks_amqp(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let mut frame_type = [0];
    let hello = stream
        .set_read_timeout(Some(Duration::from_secs(2)))
        .and_then(|()| stream.write_all(b"AMQP\x00\x00\x09\x01"))
        .and_then(|()| stream.read_exact(&mut frame_type));
    hello.is_ok() && frame_type == [1]
}
