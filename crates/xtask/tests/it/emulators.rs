use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn emulators_end_when_their_parent_is_killed() {
    let mut parent = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("emulators")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("xtask starts");
    let mut line = String::new();
    let stdout = parent.stdout.take().expect("standard output is piped");
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("a line comes");
    let (_, ports) = line.trim().split_once('=').expect("NAME=PORT,PORT");
    let ports: Vec<u16> = ports
        .split(',')
        .map(|port| port.parse().expect("a port"))
        .collect();
    let listens = |port: &u16| TcpStream::connect(("127.0.0.1", *port)).is_ok();
    assert!(ports.len() == 2 && ports.iter().all(listens), "{line}");

    parent.kill().expect("it can be killed");
    parent.wait().expect("it can be waited for");
    let deadline = Instant::now() + Duration::from_secs(10);
    while ports.iter().any(listens) {
        assert!(Instant::now() < deadline, "an emulator outlived its parent");
        std::thread::sleep(Duration::from_millis(10));
    }
}
