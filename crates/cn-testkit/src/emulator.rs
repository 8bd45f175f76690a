//! The two emulated partitions, each a process with its own keys.
//!
//! Differences between the emulator (ministack) and AWS, found by trying:
//!
//! - The emulator does not verify signatures made with a *root* key. The configured root key, the
//!   key `test` and any twelve digits all count as root. It does verify signatures of IAM users and
//!   of sessions, so programs under test get users and sessions, and only
//!   [`Client`](crate::Client)s are root.
//! - `GetCallerIdentity` answers an unknown, inactive or deleted key with
//!   `InvalidClientTokenId`, S3 with `InvalidAccessKeyId`, and a wrong secret
//!   with `SignatureDoesNotMatch`, all as AWS does.
//! - Stacks are finished before `ExecuteChangeSet` answers, and a failed first deployment does not
//!   roll back. Where that matters, use a [`Script`](crate::Script).

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use camino::Utf8PathBuf;

use crate::ambient;
use crate::client::Client;
use crate::keys::SECRET_MARK;
use crate::python::{Python, PythonError, launcher};
use crate::side::Side;

/// The variable with the ports of running emulators, for processes started after them:
/// `HOME_PORT,CHINA_PORT`.
pub const EMULATORS_VARIABLE: &str = "CN_TESTKIT_EMULATORS";

/// Time limit for an emulator to start answering; it takes about a second.
const START_LIMIT: Duration = Duration::from_mins(1);

/// The loopback ports of a running pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    home: u16,
    china: u16,
}

impl Ports {
    /// Returns the ports in the form of [`EMULATORS_VARIABLE`].
    pub fn render(self) -> String {
        format!("{},{}", self.home, self.china)
    }

    /// Returns the address of one side without a path.
    pub fn url(self, side: Side) -> String {
        format!("http://127.0.0.1:{}", self.of(side))
    }

    pub(crate) fn of(self, side: Side) -> u16 {
        match side {
            Side::Home => self.home,
            Side::China => self.china,
        }
    }

    /// Returns a client that acts as root of one side.
    pub fn root(self, side: Side) -> Client {
        Client::new(side, self.of(side), side.root_keys())
    }

    fn parse(text: &str) -> Option<Self> {
        let (home, china) = text.split_once(',')?;
        Some(Self {
            home: home.parse().ok()?,
            china: china.parse().ok()?,
        })
    }

    /// Returns the pair that this process uses: the pair in [`EMULATORS_VARIABLE`], or else its
    /// own, started at the first call.
    ///
    /// # Panics
    ///
    /// When the emulators cannot be installed or started.
    pub fn shared() -> Self {
        static OWN: OnceLock<Emulators> = OnceLock::new();
        static PORTS: OnceLock<Ports> = OnceLock::new();
        *PORTS.get_or_init(|| {
            if let Some(text) = ambient::variable(EMULATORS_VARIABLE) {
                return Self::parse(&text).unwrap_or_else(|| {
                    panic!("`{EMULATORS_VARIABLE}` is `{text}`, not two ports")
                });
            }
            OWN.get_or_init(|| {
                Emulators::start().unwrap_or_else(|error| panic!("{}", crate::chain(&error)))
            })
            .ports()
        })
    }
}

/// A running pair of emulators. Both end when it is dropped, or when this process dies in any way.
#[derive(Debug)]
pub struct Emulators {
    home: Emulator,
    china: Emulator,
}

/// The reason that an emulator could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The Python environment could not be created.
    #[error("cannot start the emulators")]
    Python(#[from] PythonError),
    /// A file or process failed.
    #[error("cannot start the emulators")]
    Process(#[from] std::io::Error),
    /// The process ended or never answered.
    #[error("the emulator of `{partition}` does not answer; its output is in `{log}`:\n{tail}")]
    Silent {
        /// The partition that it was to serve.
        partition: &'static str,
        /// The file of its output.
        log: Utf8PathBuf,
        /// The last lines of that file.
        tail: String,
    },
}

impl Emulators {
    /// Installs the Python packages if needed and starts a pair on free loopback ports.
    ///
    /// # Errors
    ///
    /// [`StartError`] when Python's packages cannot be installed or a process does not start to
    /// answer.
    pub fn start() -> Result<Self, StartError> {
        let python = Python::ready()?;
        let home = Emulator::launch(Side::Home, &python)?;
        let china = Emulator::launch(Side::China, &python)?;
        let pair = Self { home, china };
        pair.home.await_answer()?;
        pair.china.await_answer()?;
        Ok(pair)
    }

    /// Returns the ports of the pair.
    pub fn ports(&self) -> Ports {
        Ports {
            home: self.home.port,
            china: self.china.port,
        }
    }
}

/// An emulator process. It ends with its standard input, which the child handle holds open.
#[derive(Debug)]
struct Emulator {
    side: Side,
    child: Child,
    port: u16,
    log: Utf8PathBuf,
}

impl Emulator {
    fn launch(side: Side, python: &Python) -> Result<Self, StartError> {
        let folder = ambient::testkit_folder();
        let logs = folder.join("logs");
        let temporary = folder.join("tmp");
        fs_err::create_dir_all(&logs)?;
        fs_err::create_dir_all(&temporary)?;
        let log = logs.join(format!(
            "{}-{}.log",
            ambient::executable_name(),
            side.name()
        ));
        let keys = side.root_keys();
        let mut child = Command::new(python.program("python"))
            .arg(launcher())
            .args([side.partition(), side.region(), side.account(), SECRET_MARK])
            .arg(folder.join("bytecode"))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("TMPDIR", &temporary)
            .env("AWS_ACCESS_KEY_ID", &keys.id)
            .env("AWS_SECRET_ACCESS_KEY", &keys.secret)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(fs_err::File::create(&log)?.into_parts().0)
            .spawn()?;
        let stdout = child.stdout.take().expect("standard output is piped");
        let mut emulator = Self {
            side,
            child,
            port: 0,
            log,
        };
        let mut first_line = String::new();
        let mut reader = BufReader::new(stdout);
        reader.read_line(&mut first_line)?;
        emulator.port = match first_line.trim().parse() {
            Ok(port) => port,
            Err(_) => return Err(emulator.silent()),
        };
        // The rest of the output is not used, but a full pipe would block the emulator.
        std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
        Ok(emulator)
    }

    /// Waits for the first answer. The port accepts connections before the emulator has loaded, so
    /// one request waits just as long as needed.
    fn await_answer(&self) -> Result<(), StartError> {
        let client = Client::new(self.side, self.port, self.side.root_keys());
        client.health(START_LIMIT).map_err(|_| self.silent())
    }

    fn silent(&self) -> StartError {
        let mut text = String::new();
        if let Ok(mut file) = fs_err::File::open(&self.log) {
            // An unreadable log must not hide the failure.
            drop(file.read_to_string(&mut text));
        }
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(12)..].join("\n");
        StartError::Silent {
            partition: self.side.partition(),
            log: self.log.clone(),
            tail,
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Both calls may fail if the process has already ended; nothing is left to do then.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
