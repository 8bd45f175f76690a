//! The cases of the AWS CLI's behavior, each run the way a user runs it.
//!
//! `docs/conformance.md` lists the cases and their tests. The AWS CLI's behavior is kept, unless
//! the test's comment describes an improvement and the AWS CLI's behavior.

mod archives;
mod fidelity;
mod forms;
mod nesting;

use std::io::{Cursor, Read};

use camino::Utf8PathBuf;
use cn_core::template::Source;
use cn_core::template::tree::Template;
use cn_testkit::{ALLOW_ALL, Run, TestEnv};
use serde_json::Value;
use zip::ZipArchive;

use super::cn_package;

/// A project to package, with a bucket and keys in China.
struct Project {
    env: TestEnv,
}

/// A file of an archive.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    name: String,
    mode: u32,
    text: String,
}

impl Project {
    /// Creates a project from files by name; the template is `template.yaml`.
    fn new(files: &[(&str, &str)]) -> Self {
        let env = TestEnv::new();
        let keys = env.china_user("deployer", ALLOW_ALL);
        env.write_profile("china", &keys, "cn-north-1");
        env.set("S3_BUCKET", env.bucket());
        for (name, text) in files {
            env.write(name, text);
        }
        Self { env }
    }

    /// Creates a project whose template has one resource `R`, with other files.
    fn of(kind: &str, properties: &str, files: &[(&str, &str)]) -> Self {
        let project = Self::new(files);
        project
            .env
            .write("template.yaml", resource(kind, properties));
        project
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        self.env.project().join(name)
    }

    fn run(&self, args: &[&str]) -> Run<'_> {
        cn_package(&self.env).args(args)
    }

    /// Runs successfully, and ignores the output.
    fn succeed(&self, args: &[&str]) {
        drop(self.run(args).output().succeeded());
    }

    /// Returns the packaged template, with `b` for the bucket and `<H>` for each digest.
    fn packaged(&self, args: &[&str]) -> Value {
        let output = self.run(args).output().succeeded();
        self.load(&output.stdout())
    }

    /// Returns the properties of `R` after packaging.
    fn properties(&self, args: &[&str]) -> Value {
        self.packaged(args)["Resources"]["R"]["Properties"].take()
    }

    fn load(&self, text: &str) -> Value {
        let text = without_digests(text).replace(self.env.bucket(), "b");
        let template = Template::parse_document(&Source::new("packaged", text)).template;
        let json = template.expect("it is a template").to_json();
        serde_json::from_str(&json).expect("it is JSON")
    }

    /// Fails unless the template is unchanged and nothing was sent.
    fn assert_untouched(&self) {
        let output = self.run(&[]).output().succeeded();
        assert_eq!(output.stdout(), self.env.read("template.yaml"));
        assert_eq!(self.puts(), 0, "{}", self.env.requests());
    }

    /// Runs into an input error that leaves nothing behind; returns stderr.
    fn refused(&self) -> String {
        let output = self.run(&["--output-template-file", "out.yaml"]).output();
        let said = output.failed_with(4).stderr();
        assert!(!self.env.exists("out.yaml"));
        assert_eq!(self.puts(), 0, "{}", self.env.requests());
        said
    }

    fn puts(&self) -> usize {
        self.env.requests().object_puts().count()
    }

    /// Returns the objects in the bucket as key and bytes, sorted by key.
    fn objects(&self) -> Vec<(String, Vec<u8>)> {
        let china = self.env.china();
        let keys = china.object_keys(self.env.bucket()).expect("a listing");
        let object = |key: String| {
            let bytes = china.object(self.env.bucket(), &key).expect("an answer");
            (key, bytes.expect("it was listed"))
        };
        keys.into_iter().map(object).collect()
    }

    /// Returns the bytes of the only object.
    fn object(&self) -> Vec<u8> {
        let mut objects = self.objects();
        assert_eq!(objects.len(), 1, "{objects:?}");
        objects.remove(0).1
    }

    /// Returns the files of the only object, an archive.
    fn entries(&self) -> Vec<Entry> {
        entries(&self.object())
    }
}

impl Entry {
    fn plain(name: &str, text: &str) -> Self {
        Self {
            name: name.to_owned(),
            mode: 0o644,
            text: text.to_owned(),
        }
    }
}

fn entries(archive: &[u8]) -> Vec<Entry> {
    let mut archive = ZipArchive::new(Cursor::new(archive)).expect("an archive");
    let mut found = Vec::new();
    for place in 0..archive.len() {
        let mut entry = archive.by_index(place).expect("an entry");
        let mut text = String::new();
        entry.read_to_string(&mut text).expect("a text");
        found.push(Entry {
            name: entry.name().expect("a name").into_owned(),
            mode: entry.unix_mode().expect("a mode") & 0o777,
            text,
        });
    }
    found
}

fn resource(kind: &str, properties: &str) -> String {
    format!("Resources:\n  R: {{Type: 'AWS::{kind}', Properties: {properties}}} # 资源\n")
}

/// Replaces every run of 64 hexadecimal digits by `<H>`.
fn without_digests(text: &str) -> String {
    let is_digit = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    let (mut out, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        let digits = rest.bytes().take_while(|byte| is_digit(byte)).count();
        let taken = if digits > 0 { digits } else { first.len_utf8() };
        out.push_str(if digits == 64 { "<H>" } else { &rest[..taken] });
        rest = &rest[taken..];
    }
    out
}
