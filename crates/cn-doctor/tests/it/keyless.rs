//! Set-ups without an access key.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use cn_testkit::TestEnv;
use serde_json::{Value, json};

const AUDIENCE: &str = "sts.amazonaws.com.cn";

/// Serves two files of an issuer on loopback; `discovery` returns the discovery document.
fn issuer(discovery: fn(&str) -> Value, keys: Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let of_thread = url.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).unwrap();
            let body = if line.contains("openid-configuration") {
                discovery(&of_thread)
            } else {
                keys.clone()
            };
            let body = body.to_string();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
                 connection: close\r\n\r\n{body}",
                body.len(),
            );
            drop(stream.write_all(answer.as_bytes()));
        }
    });
    url
}

/// Returns the first fault of the check `credentials`.
fn first_fault(env: &TestEnv) -> String {
    let run = env.run(env!("CARGO_BIN_EXE_cn-doctor"));
    let output = run.args(["--format", "json"]).output().failed_with(4);
    let lines = output.stdout();
    let mut checks = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let failed = checks.find(|check| check["verdict"] == "failed").unwrap();
    assert_eq!(failed["check"], "credentials", "{lines}");
    failed["faults"].to_string()
}

fn world(issuer: &str) -> TestEnv {
    let env = TestEnv::new();
    let key = env.home().create_signing_key("RSA_2048").unwrap();
    let host = issuer.split_once("://").unwrap().1;
    let name = env.name("web");
    let role = env
        .china()
        .create_web_identity_role(&name, host, AUDIENCE, "cn:prod");
    env.set("CN_REGION", "cn-north-1");
    env.set("CN_WEB_IDENTITY_ROLE", &role.unwrap());
    env.set("CN_WEB_IDENTITY_TOKEN", &format!("kms:{key}"));
    env.set("CN_WEB_IDENTITY_ISSUER", issuer);
    env.set("CN_WEB_IDENTITY_SUBJECT", "cn:prod");
    env.set("S3_BUCKET", env.bucket());
    env
}

#[test]
fn an_issuer_that_is_not_there_is_named() {
    let env = world("https://127.0.0.1:1");
    let fault = first_fault(&env);
    assert!(
        fault.contains("cannot fetch `https://127.0.0.1:1"),
        "{fault}"
    );
}

#[test]
fn the_files_of_an_issuer_are_judged() {
    let discovery = |url: &str| json!({"issuer": "https://other.example.com", "jwks_uri": format!("{url}/keys")});
    let env = world(&issuer(discovery, json!({"keys": []})));
    let fault = first_fault(&env);
    assert!(
        fault.contains("names the issuer `https://other.example.com`"),
        "{fault}"
    );
    assert!(fault.contains("lacks the key"), "{fault}");
}

#[test]
fn a_token_that_cannot_be_had_is_told_before_its_issuer() {
    let env = world("https://127.0.0.1:1");
    env.set("CN_WEB_IDENTITY_TOKEN", "kms:alias/nowhere");
    let fault = first_fault(&env);
    assert!(
        fault.contains("cannot sign a web identity token"),
        "{fault}"
    );
    env.set("CN_WEB_IDENTITY_TOKEN", "file:nowhere");
    let fault = first_fault(&env);
    assert!(
        fault.contains("cannot read a web identity token"),
        "{fault}"
    );
    env.set("CN_WEB_IDENTITY_TOKEN", "command:false");
    let fault = first_fault(&env);
    assert!(
        fault.contains("`false` did not print a web identity token"),
        "{fault}"
    );
}
