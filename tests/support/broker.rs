//! A RabbitMQ node of our own: started for the tests, never one that already runs.
//!
//! Everything about it is private: the node name, the ports, the epmd, the cookie, the data
//! folder. A small shell, the *keeper*, starts and stops the node for us; when our end of its
//! standard input closes, however this process ends, it kills the node and removes the folder.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

/// The node that the tests of one binary share. They keep apart by the names from [`Broker::name`].
pub fn shared() -> &'static Broker {
    static SHARED: OnceLock<Broker> = OnceLock::new();
    SHARED.get_or_init(Broker::start)
}

/// A running RabbitMQ node.
pub struct Broker {
    folder: PathBuf,
    port: u16,
    env: Vec<(&'static str, String)>,
    keeper: Mutex<Keeper>,
}

struct Keeper {
    child: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Broker {
    /// Starts a node and waits until it speaks AMQP: 3 to 8 seconds.
    pub fn start() -> Self {
        static NODES: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "xabar-{}-{}",
            std::process::id(),
            NODES.fetch_add(1, Ordering::Relaxed)
        );
        let folder = std::env::temp_dir().join(&name);
        fs::create_dir_all(&folder).expect("the temporary folder can be written");
        fs::write(folder.join("rabbitmq.conf"), CONFIG).expect("the folder is ours");
        fs::write(folder.join("enabled_plugins"), "[].").expect("the folder is ours");
        let port = free_port();
        let env = environment(&folder, &name, port);
        let keeper = Mutex::new(Keeper::spawn(&folder, &env));
        let broker = Self {
            folder,
            port,
            env,
            keeper,
        };
        broker.resume();
        broker
    }

    /// Where clients connect to.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.port)
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A name that nothing else on this node has, beginning with `what`.
    pub fn name(&self, what: &str) -> String {
        static NAMES: AtomicU32 = AtomicU32::new(0);
        format!("{what}.{}", NAMES.fetch_add(1, Ordering::Relaxed))
    }

    /// Kills the node without warning. Its data stays.
    pub fn kill(&self) {
        // RabbitMQ 3.10 notes twice a second which quorum queues it has; one that was made after
        // the last time comes back without a leader.
        thread::sleep(Duration::from_secs(1));
        self.ask("stop");
    }

    /// Starts the node again after [`Broker::kill`]: same port, same data.
    pub fn resume(&self) {
        self.ask("start");
        self.wait_until_it_speaks_amqp();
    }

    /// Kills the node and starts it again.
    pub fn restart(&self) {
        self.kill();
        self.resume();
    }

    /// What `rabbitmqctl` prints; about two seconds a call.
    pub fn ctl(&self, args: &[&str]) -> String {
        let output = Command::new(programs().join("rabbitmqctl"))
            .args(args)
            .envs(self.env.iter().map(|(key, value)| (key, value)))
            .output()
            .expect("rabbitmqctl comes with rabbitmq-server");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "rabbitmqctl {args:?}: {printed}{complaint}"
        );
        printed
    }

    fn ask(&self, command: &str) {
        let mut keeper = self
            .keeper
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        keeper.ask(command);
    }

    fn wait_until_it_speaks_amqp(&self) {
        for _ in 0..600 {
            if speaks_amqp(self.port) {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        let log = fs::read_to_string(self.folder.join("node.log")).unwrap_or_default();
        panic!("RabbitMQ did not start within 60 s:\n{log}");
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.commands.take();
        self.child.wait().expect("the keeper is our child");
    }
}

impl Keeper {
    fn spawn(folder: &Path, env: &[(&'static str, String)]) -> Self {
        use std::os::unix::process::CommandExt;
        let mut child = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(programs().join("rabbitmq-server"))
            .arg(folder)
            .envs(env.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // So that Ctrl-C reaches the tests alone, and the keeper lives to clean up.
            .process_group(0)
            .spawn()
            .expect("there is a shell");
        let commands = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        Self {
            child,
            commands,
            answers,
        }
    }

    fn ask(&mut self, command: &str) {
        let commands = self.commands.as_mut().expect("only dropping closes it");
        writeln!(commands, "{command}").expect("the keeper lives as long as we do");
        let mut answer = String::new();
        self.answers
            .read_line(&mut answer)
            .expect("the keeper lives as long as we do");
        assert_eq!(answer.trim(), command, "the keeper's answer");
    }
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

fn environment(folder: &Path, name: &str, port: u16) -> Vec<(&'static str, String)> {
    let in_folder = |name: &str| folder.join(name).to_string_lossy().into_owned();
    vec![
        ("HOME", in_folder("")),
        ("ERL_EPMD_PORT", free_port().to_string()),
        ("ERL_EPMD_ADDRESS", "127.0.0.1".into()),
        ("RABBITMQ_NODENAME", format!("{name}@localhost")),
        ("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1".into()),
        ("RABBITMQ_NODE_PORT", port.to_string()),
        ("RABBITMQ_DIST_PORT", free_port().to_string()),
        ("RABBITMQ_CONF_ENV_FILE", in_folder("none")),
        ("RABBITMQ_CONFIG_FILE", in_folder("rabbitmq.conf")),
        (
            "RABBITMQ_ENABLED_PLUGINS_FILE",
            in_folder("enabled_plugins"),
        ),
        ("RABBITMQ_MNESIA_BASE", in_folder("data")),
        ("RABBITMQ_LOG_BASE", in_folder("log")),
        ("RABBITMQ_PID_FILE", in_folder("pid")),
        // Idle schedulers sleep rather than spin: the cores belong to the tests.
        (
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
            "+sbwt none +sbwtdcpu none +sbwtdio none".into(),
        ),
    ]
}

/// The folder of RabbitMQ's own scripts. Those under `/usr/sbin` insist on Debian's service user.
fn programs() -> &'static Path {
    let folder = Path::new("/usr/lib/rabbitmq/bin");
    assert!(
        folder.join("rabbitmq-server").exists(),
        "these tests start a RabbitMQ of their own and found none in {}: \
         run `apt-get install rabbitmq-server`, or `./test`, which does",
        folder.display(),
    );
    folder
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("some port is free");
    listener.local_addr().expect("it is bound").port()
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
