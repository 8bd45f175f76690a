//! An emulated long link: two network namespaces and `link.py` between them.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use camino::Utf8Path;

use xtask::BoxError;

const ALLOWED: &str = "/proc/sys/net/ipv4/tcp_allowed_congestion_control";
const CHOOSE_BBR: &str =
    "import socket as s; s.socket().setsockopt(s.IPPROTO_TCP, s.TCP_CONGESTION, b'bbr')";
const SINK: &str = "10.77.0.2:5010";

/// The effect of a link on packets, in each direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Path {
    pub(super) round_trip: Duration,
    pub(super) rate_mbit: u32,
    pub(super) loss_percent: f64,
    /// Cuts the connection at every n-th upload; 0 for never.
    pub(super) reset_every: u64,
    pub(super) kernel: Kernel,
}

/// The congestion control algorithms that the kernel offers to programs without privileges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kernel {
    /// Only Cubic, as in most kernels.
    Cubic,
    /// Cubic unless a program asks for BBR.
    OffersBbr,
}

impl Kernel {
    const fn allowed(self) -> &'static str {
        match self {
            Self::Cubic => "reno cubic",
            Self::OffersBbr => "reno cubic bbr",
        }
    }
}

/// A link with a sink at its far end. Dropping it removes the link.
pub(super) struct Link {
    namespaces: [String; 2],
    /// The emulator, then the sink.
    helpers: Vec<Child>,
    wrapper: Vec<String>,
    allowed_before: String,
}

/// Returns the reason that this machine cannot emulate a link; `None` if it can.
pub(super) fn unavailable() -> Option<&'static str> {
    let is_root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    let has_ip = Command::new("ip").arg("-V").output().is_ok();
    if !is_root {
        Some("an emulated link needs root")
    } else if !has_ip {
        Some("an emulated link needs iproute2")
    } else if !Utf8Path::new("/dev/net/tun").exists() {
        Some("an emulated link needs /dev/net/tun")
    } else {
        None
    }
}

impl Link {
    pub(super) fn new(path: &Path) -> Result<Self, BoxError> {
        let id = std::process::id();
        let namespaces = [format!("cnnear{id}"), format!("cnfar{id}")];
        let [near, far] = namespaces.clone();
        // A namespace's superuser may use every algorithm; a build may not.
        let wrapper = [
            &["ip", "netns", "exec", &near][..],
            &["setpriv", "--bounding-set", "-net_admin", "--"],
        ];
        let mut link = Self {
            namespaces,
            helpers: Vec::new(),
            wrapper: wrapper.concat().into_iter().map(str::to_owned).collect(),
            allowed_before: fs_err::read_to_string(ALLOWED)?,
        };
        fs_err::write(ALLOWED, path.kernel.allowed())?;
        for namespace in [&near, &far] {
            run(&["ip", "netns", "add", namespace])?;
            run(&["ip", "-n", namespace, "link", "set", "lo", "up"])?;
            let setting = "net.ipv4.tcp_congestion_control=cubic";
            run(&["ip", "netns", "exec", namespace, "sysctl", "-qw", setting])?;
        }
        link.check(path.kernel)?;
        let numbers = [
            (path.round_trip / 2).as_millis().to_string(),
            path.loss_percent.to_string(),
            path.rate_mbit.to_string(),
        ];
        let script = include_str!("link.py");
        let mut emulator = Command::new("python3");
        emulator.args(["-c", script, &near, &far]).args(numbers);
        link.helpers.push(started(&mut emulator)?);
        let mut sink = Command::new("ip");
        sink.args(["netns", "exec", &far])
            .arg(std::env::current_exe()?)
            .args(["bench-sink", SINK, &path.reset_every.to_string()]);
        link.helpers.push(started(&mut sink)?);
        Ok(link)
    }

    /// Fails if a program at the near end can choose BBR but should not, or the other way round.
    fn check(&self, kernel: Kernel) -> Result<(), BoxError> {
        let mut words: Vec<&str> = self.wrapper.iter().map(String::as_str).collect();
        words.extend(["python3", "-c", CHOOSE_BBR]);
        match (kernel, run(&words)) {
            (Kernel::OffersBbr, Ok(())) | (Kernel::Cubic, Err(_)) => Ok(()),
            (Kernel::OffersBbr, Err(_)) => Err("this kernel has no BBR".into()),
            (Kernel::Cubic, Ok(())) => Err("this kernel offers BBR, whatever it is told".into()),
        }
    }

    /// Returns the sink's address.
    pub(super) fn url() -> String {
        format!("http://{SINK}")
    }

    /// Returns the command line that runs a program at the near end.
    pub(super) fn wrapper(&self) -> &[String] {
        &self.wrapper
    }

    /// Returns the command line that runs a program at the far end, without the delays of the link.
    pub(super) fn far_wrapper(&self) -> Vec<String> {
        let [_, far] = &self.namespaces;
        ["ip", "netns", "exec", far].map(str::to_owned).to_vec()
    }

    /// Makes the sink forget the requests so far.
    pub(super) fn forget_requests(&mut self) -> Result<(), BoxError> {
        let sink = self.helpers.last_mut().ok_or("there is no sink")?;
        let input = sink.stdin.as_mut().ok_or("the sink takes no orders")?;
        writeln!(input, "forget")?;
        let output = sink.stdout.as_mut().ok_or("the sink says nothing")?;
        // One byte at a time: other readers need the rest.
        BufReader::with_capacity(1, output).read_line(&mut String::new())?;
        Ok(())
    }

    /// Ends the link; returns the number of uploads and bytes that reached the far end.
    pub(super) fn end(mut self) -> Result<(usize, u64), BoxError> {
        let mut said = String::new();
        if let Some(sink) = self.helpers.last_mut() {
            drop(sink.stdin.take());
            if let Some(output) = &mut sink.stdout {
                output.read_to_string(&mut said)?;
            }
        }
        let (puts, bytes) = said
            .trim()
            .split_once(' ')
            .ok_or("the sink did not say what it got")?;
        Ok((puts.parse()?, bytes.parse()?))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        for child in self.helpers.iter_mut().rev() {
            drop(child.kill());
            drop(child.wait());
        }
        for namespace in &self.namespaces {
            drop(run(&["ip", "netns", "del", namespace]));
        }
        drop(fs_err::write(ALLOWED, &self.allowed_before));
    }
}

fn run(words: &[&str]) -> Result<(), BoxError> {
    let output = Command::new(words[0]).args(&words[1..]).output()?;
    if output.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{}` failed: {}", words.join(" "), why.trim()).into())
}

/// Starts a helper and waits until it reports that it is up.
fn started(command: &mut Command) -> Result<Child, BoxError> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let output = child.stdout.as_mut().ok_or("a helper has no output")?;
    let mut line = String::new();
    // One byte at a time: other readers need the rest.
    BufReader::with_capacity(1, output).read_line(&mut line)?;
    if line.trim() == "up" {
        return Ok(child);
    }
    drop(child.kill());
    drop(child.wait());
    Err("a helper of the emulated link did not start".into())
}
