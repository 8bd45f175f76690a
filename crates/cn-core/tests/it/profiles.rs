//! Tests of profiles that many processes write concurrently and other tools read.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_credential_types::provider::ProvideCredentials;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use camino::Utf8Path;
use cn_core::profile::{self, Content, ProfileFiles, WriteRequest};
use cn_core::session::AccessKey;
use cn_testkit::Python;
use serde_json::{Value, json};

const WRITERS: usize = 200;
const SECRET: &str = "abc/+=#;x";

fn request(profile: &str, id: &str) -> WriteRequest {
    WriteRequest::new(
        profile.parse().unwrap(),
        "cn-north-1".parse().unwrap(),
        Content::Key(AccessKey::new(&id.into(), SECRET.into()).unwrap()),
    )
}

fn files_in(folder: &Utf8Path) -> ProfileFiles {
    ProfileFiles {
        credentials: folder.join("credentials"),
        config: folder.join("config"),
    }
}

#[test]
fn two_hundred_writers_lose_nothing_and_a_reader_sees_whole_files() {
    let scratch = tempfile::tempdir().unwrap();
    let files = files_in(Utf8Path::from_path(scratch.path()).unwrap());
    fs_err::write(&files.credentials, "[default]\naws_access_key_id = OWN\n").unwrap();
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut readings = 0;
            while !is_done.load(Ordering::Relaxed) {
                let text = fs_err::read_to_string(&files.credentials).unwrap();
                let sections = text.matches('[').count();
                let keys = text.matches("aws_access_key_id").count();
                let secrets = text.matches(SECRET).count();
                assert!(text.ends_with('\n'), "the end is missing");
                assert_eq!((sections, keys, secrets + 1), (keys, sections, keys));
                readings += 1;
            }
            readings
        });
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let files = &files;
                scope.spawn(move || {
                    profile::apply(files, &request(&format!("p{number}"), "AKIA1")).unwrap();
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        is_done.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0);
    });
    let texts = files.read().unwrap();
    for number in 0..WRITERS {
        let name = format!("p{number}");
        let again = profile::plan(&texts, &request(&name, "AKIA1")).unwrap();
        assert!(again.is_empty(), "{name}: {again:?}");
        let other = profile::plan(&texts, &request(&name, "AKIA2")).unwrap();
        assert_eq!(other.len(), 1, "{name}");
    }
}

/// Credentials and config files in the forms that people and tools write.
const SHAPES: &[(&str, &str)] = &[
    ("", ""),
    ("\n\n", "\n"),
    (
        "[default]\naws_access_key_id = A\naws_secret_access_key = S\n",
        "[default]\nregion = us-east-1\n",
    ),
    (
        "[default]\naws_access_key_id=A\naws_secret_access_key=S",
        "[default]\nregion=us-east-1",
    ),
    (
        "# made by hand\n[default]\naws_access_key_id = A\n",
        "; made by hand\n[default]\noutput = json\n",
    ),
    (
        "[default]\naws_access_key_id   =   A\n\n\n[other]\naws_access_key_id = B\n",
        "[profile other]\nregion = eu-west-1\n",
    ),
    (
        "[china]\naws_access_key_id = OLD\naws_secret_access_key = OLD\n",
        "[profile china]\nregion = us-east-1\n",
    ),
    (
        "[china]\naws_access_key_id = OLD\n\n[other]\naws_access_key_id = B\n",
        "[profile china]\noutput = text\n",
    ),
    (
        "[other]\naws_access_key_id = B\n\n[china]\n",
        "[profile china]\n",
    ),
    (
        "[china]\n# the China account\naws_access_key_id = OLD\n",
        "[profile china]\n# Beijing\nregion = cn-northwest-1\n",
    ),
    (
        "[a]\naws_access_key_id = A\n[b]\naws_access_key_id = B\n[c]\naws_access_key_id = C\n",
        "[profile a]\nregion = us-east-1\n[profile b]\nregion = us-east-2\n",
    ),
    (
        "[a-b.c_d]\naws_access_key_id = A\n",
        "[profile a-b.c_d]\nregion = us-east-1\n",
    ),
    (
        "[default]\naws_access_key_id = A\naws_session_token = T==\n",
        "[default]\ns3 =\n    addressing_style = path\n    max_concurrent_requests = 20\n",
    ),
    (
        "",
        "[profile china]\ns3 =\n  addressing_style = virtual\nregion = us-east-1\n",
    ),
    (
        "",
        "[profile china]\nregion = us-east-1\ns3 =\n  addressing_style = virtual\n",
    ),
    (
        "[default]\naws_access_key_id = A\n",
        "[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://example.com\n",
    ),
    (
        "",
        "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/dev\nsource_profile = default\n",
    ),
    (
        "",
        "[profile tool]\ncredential_process = /opt/tool --a \"b c\"\n",
    ),
    (
        "[中文]\naws_access_key_id = A\n",
        "[profile 中文]\nregion = us-east-1\n",
    ),
    (
        "[default]\naws_access_key_id = A\n   \n\t\n[x]\naws_access_key_id = X\n",
        "[default]\n\n\nregion = us-east-1\n\n",
    ),
];

/// Reads files like botocore.
const READER: &str = "
import json, os, sys, tempfile
from botocore.configloader import raw_config_parse
shown = []
for text in json.load(sys.stdin):
    with tempfile.NamedTemporaryFile('wb', delete=False) as file:
        file.write(text.encode())
    shown.append(raw_config_parse(file.name))
    os.remove(file.name)
json.dump(shown, sys.stdout)
";

fn read_by_botocore(texts: &[String]) -> Vec<Value> {
    let python = Python::ready().unwrap().program("python");
    let mut child = Command::new(python)
        .args(["-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin
        .write_all(json!(texts).to_string().as_bytes())
        .unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Returns all sections except the one of a profile.
fn without(mut sections: Value, name: &str) -> Value {
    sections.as_object_mut().unwrap().remove(name);
    sections
}

#[tokio::test]
async fn forty_shapes_of_files_are_read_back_by_botocore_and_the_sdk() {
    let scratch = tempfile::tempdir().unwrap();
    let files = files_in(Utf8Path::from_path(scratch.path()).unwrap());
    let mut texts = Vec::new();
    for ending in ["\n", "\r\n"] {
        for (credentials, config) in SHAPES {
            let (credentials, config) = (
                credentials.replace('\n', ending),
                config.replace('\n', ending),
            );
            fs_err::write(&files.credentials, &credentials).unwrap();
            fs_err::write(&files.config, &config).unwrap();
            profile::apply(&files, &request("china", "AKIA1")).unwrap();
            let (new_credentials, new_config) = (
                fs_err::read_to_string(&files.credentials).unwrap(),
                fs_err::read_to_string(&files.config).unwrap(),
            );
            let sdk_files = EnvConfigFiles::builder()
                .with_contents(EnvConfigFileKind::Credentials, new_credentials.clone())
                .with_contents(EnvConfigFileKind::Config, new_config.clone())
                .build();
            let provider = ProfileFileCredentialsProvider::builder()
                .profile_files(sdk_files)
                .profile_name("china")
                .build();
            let key = provider.provide_credentials().await.unwrap();
            assert_eq!(key.access_key_id(), "AKIA1", "{new_credentials}");
            assert_eq!(key.secret_access_key(), SECRET, "{new_credentials}");
            texts.extend([credentials, new_credentials, config, new_config]);
        }
    }
    assert_eq!(texts.len(), 4 * 40);
    let read = read_by_botocore(&texts);
    for (sections, texts) in read.chunks(4).zip(texts.chunks(4)) {
        let [before, after, config_before, config_after] = sections else {
            unreachable!("chunks of four");
        };
        let key = &after["china"];
        assert_eq!(key["aws_access_key_id"], "AKIA1", "{texts:?}");
        assert_eq!(key["aws_secret_access_key"], SECRET, "{texts:?}");
        assert_eq!(
            config_after["profile china"]["region"], "cn-north-1",
            "{texts:?}"
        );
        assert_eq!(
            without(before.clone(), "china"),
            without(after.clone(), "china")
        );
        let name = "profile china";
        assert_eq!(
            without(config_before.clone(), name),
            without(config_after.clone(), name)
        );
    }
}
