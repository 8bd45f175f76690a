//! The content of archives, and the sending of objects.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, SystemTime};

use cn_testkit::sink::{Sink, SinkOptions};
use cn_testkit::{ALLOW_NOTHING, Fault};
use fs_err as fs;

use super::{Entry, Project, without_digests};

const FUNCTION: &str = "Resources: {R: {Type: AWS::Lambda::Function, Properties: {Code: src}}}\n";

fn function(files: &[(&str, &str)]) -> Project {
    let mut all = vec![("template.yaml", FUNCTION)];
    all.extend(files);
    Project::new(&all)
}

impl Project {
    fn set_time(&self, name: &str, seconds: u64) {
        let file = fs::OpenOptions::new().write(true).open(self.path(name));
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let file = file.expect("the file is there");
        file.file().set_modified(time).expect("it is ours");
    }

    fn set_mode(&self, name: &str, mode: u32) {
        let permissions = std::fs::Permissions::from_mode(mode);
        fs::set_permissions(self.path(name), permissions).expect("it is ours");
    }
}

/// Better: the AWS CLI's archives contain the files' times, and list files in the order of the
/// folder.
#[test]
fn the_same_tree_gives_the_same_bytes_and_is_sent_once() {
    let names = ["src/a.py", "src/d/b.py", "src/c.py"];
    let project = function(&names.map(|name| (name, name)));
    project.succeed(&["--s3-prefix", "one"]);
    fs::remove_dir_all(project.path("src")).unwrap();
    for (name, seconds) in names.iter().rev().zip(1_600_000_000..) {
        project.env.write(name, name);
        project.set_time(name, seconds);
    }
    project.succeed(&["--s3-prefix", "two"]);
    let objects = project.objects();
    let [(first, one), (second, two)] = objects.as_slice() else {
        panic!("not two objects: {objects:?}")
    };
    assert_eq!(first.replace("one/", "two/"), *second);
    assert!(one == two, "the bytes differ");
    project.env.forget_requests();
    project.succeed(&["--s3-prefix", "two"]);
    assert_eq!(project.puts(), 0, "{}", project.env.requests());
}

/// Better: the AWS CLI stops, because archives cannot store times before 1980.
#[test]
fn a_file_of_1975_is_packaged() {
    let project = function(&[("src/a.py", "a")]);
    project.set_time("src/a.py", 5 * 365 * 24 * 60 * 60);
    project.succeed(&[]);
    assert_eq!(project.entries(), [Entry::plain("a.py", "a")]);
}

/// Better for files that only their owner can read: Lambda could not read them.
#[test]
fn the_execute_bit_stays_and_everybody_may_read() {
    let project = function(&[("src/a.py", "a"), ("src/run.sh", "r")]);
    project.set_mode("src/a.py", 0o600);
    project.set_mode("src/run.sh", 0o700);
    project.succeed(&[]);
    let script = Entry {
        mode: 0o755,
        ..Entry::plain("run.sh", "r")
    };
    assert_eq!(project.entries(), [Entry::plain("a.py", "a"), script]);
}

#[test]
fn links_are_what_they_lead_to() {
    let project = function(&[
        ("src/a.py", "a"),
        ("outside/b.py", "b"),
        ("outside/d/c.py", "c"),
    ]);
    symlink("a.py", project.path("src/inside.py")).unwrap();
    symlink("../outside/b.py", project.path("src/outside.py")).unwrap();
    symlink(project.path("outside/d"), project.path("src/folder")).unwrap();
    project.succeed(&[]);
    let expected = [
        Entry::plain("a.py", "a"),
        Entry::plain("folder/c.py", "c"),
        Entry::plain("inside.py", "a"),
        Entry::plain("outside.py", "b"),
    ];
    assert_eq!(project.entries(), expected);
}

/// Better: the AWS CLI shows system errors, or waits forever.
#[test]
fn what_cannot_be_read_is_named() {
    let refused = |make: &dyn Fn(&Project)| {
        let project = function(&[("src/a.py", "a")]);
        make(&project);
        let said = project.refused();
        assert!(said.contains("`Code` of `R` cannot be packaged"), "{said}");
        assert!(!said.contains("os error"), "{said}");
        said
    };
    let said = refused(&|project| symlink("nowhere", project.path("src/l")).unwrap());
    assert!(said.contains("src/l`: it is a link to `nowhere`"), "{said}");
    let said = refused(&|project| symlink("..", project.path("src/l")).unwrap());
    assert!(
        said.contains("src/l`: it is a link to a folder that contains it"),
        "{said}"
    );
    let said = refused(&|project| symlink("l", project.path("src/l")).unwrap());
    assert!(said.contains("src/l`: it is a link"), "{said}");
    let said = refused(&|project| {
        fs::remove_dir_all(project.path("src")).unwrap();
        symlink("src", project.path("src")).unwrap();
    });
    assert!(said.contains("/src`: it is a link"), "{said}");
    let said = refused(&|project| {
        let pipe = project.path("src/pipe");
        let made = std::process::Command::new("mkfifo").arg(pipe).status();
        assert!(made.unwrap().success());
    });
    assert!(said.contains("src/pipe`: it is a FIFO"), "{said}");
    let said = refused(&|project| {
        drop(std::os::unix::net::UnixListener::bind(project.path("src/s")).unwrap());
    });
    assert!(said.contains("src/s`: it is a socket"), "{said}");
}

/// Better: `.git` and the packaged template are excluded, with a note.
#[test]
fn hidden_files_are_packaged_and_empty_folders_are_not() {
    let text = FUNCTION.replace("src", ".");
    let project = Project::new(&[
        ("template.yaml", text.as_str()),
        (".env", "e"),
        (".git/config", "g"),
        ("d/.hidden/f", "f"),
        ("out.yaml", "an earlier run's"),
        ("out.yaml.manifest.json", "{}"),
    ]);
    fs::create_dir_all(project.path("empty/inside")).unwrap();
    let output = project
        .run(&["--output-template-file", "out.yaml"])
        .output();
    let said = output.succeeded().stderr();
    for name in [".git", "out.yaml", "out.yaml.manifest.json"] {
        assert!(said.contains(&format!("`{name}`")), "{name}: {said}");
    }
    let names: Vec<String> = project
        .entries()
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    assert_eq!(names, [".env", "d/.hidden/f", "template.yaml"]);
}

#[test]
fn what_is_there_is_not_sent_unless_asked() {
    let project = function(&[("src/a.py", "a")]);
    let run = |args: &[&str]| {
        project.env.forget_requests();
        project.succeed(args);
        let requests = project.env.requests();
        (
            requests.operation("HeadObject").count(),
            requests.object_puts().count(),
        )
    };
    assert_eq!(run(&[]), (1, 1), "404");
    assert_eq!(run(&[]), (1, 0), "200");
    let refused = Fault::on("HeadObject").answer(403, "AccessDenied");
    project.env.fault(refused);
    assert_eq!(run(&[]), (1, 1), "403");
    assert_eq!(run(&["--force-upload"]), (0, 1));
}

/// Better without a key: the AWS CLI overrides the bucket's own encryption.
#[test]
fn encryption_is_the_buckets_unless_a_key_is_given() {
    let project = function(&[("src/a.py", "a")]);
    let headers = |args: &[&str]| {
        project.env.forget_requests();
        project.succeed(args);
        let puts = project.env.requests().object_puts();
        let put = puts.0.first().expect("an object was put").clone();
        let of_encryption = put.headers.into_iter();
        of_encryption
            .filter(|(name, _)| name.starts_with("x-amz-server-side-encryption"))
            .collect::<Vec<_>>()
    };
    assert_eq!(headers(&[]), []);
    let name = "x-amz-server-side-encryption";
    let expected = [
        (name.to_owned(), "aws:kms".to_owned()),
        (format!("{name}-aws-kms-key-id"), "k".to_owned()),
    ];
    let mut found = headers(&["--force-upload", "--kms-key-id", "k"]);
    found.sort();
    assert_eq!(found, expected);
    // Some bucket policies require a header in each request.
    let found = headers(&["--force-upload", "--sse", "AES256"]);
    assert_eq!(found, [(name.to_owned(), "AES256".to_owned())]);
}

#[test]
fn metadata_is_on_every_object() {
    let stack = "Resources:\n  R: {Type: AWS::Lambda::Function, Properties: {Code: src}}\n  S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: n.yaml}}\n";
    let project = Project::new(&[
        ("template.yaml", stack),
        ("src/a.py", "a"),
        ("n.yaml", "Resources: {T: {Type: AWS::SNS::Topic}}\n"),
    ]);
    project.succeed(&["--metadata", "a=b,c=d"]);
    let puts = project.env.requests().object_puts();
    assert_eq!(puts.count(), 2);
    for put in puts.0 {
        let metadata = ["x-amz-meta-a", "x-amz-meta-c"].map(|name| put.header(name));
        assert_eq!(metadata, [Some("b"), Some("d")]);
    }
}

#[test]
fn a_missing_bucket_and_a_refusal_are_named() {
    let project = function(&[("src/a.py", "a")]);
    let output = project.run(&["--s3-bucket", "nobodys-bucket"]).output();
    let said = output.failed_with(1).stderr();
    assert!(said.contains("`nobodys-bucket`"), "{said}");
    assert!(said.contains("does not exist"), "{said}");
    let keys = project.env.china_user("reader", ALLOW_NOTHING);
    project.env.write_profile("china", &keys, "cn-north-1");
    let said = project.run(&[]).output().failed_with(5).stderr();
    assert!(
        said.contains("PutObject") && said.contains("AccessDenied"),
        "{said}"
    );
}

/// Better: the AWS CLI sends one object after the other.
#[test]
fn slow_requests_are_under_way_together() {
    let latency = Duration::from_millis(200);
    let sink = Sink::start(
        "127.0.0.1:0",
        SinkOptions {
            latency,
            ..SinkOptions::default()
        },
    )
    .unwrap();
    let mut template = "Resources:\n".to_owned();
    let project = Project::new(&[]);
    for at in 0..25 {
        let line =
            format!("  F{at}: {{Type: AWS::Lambda::Function, Properties: {{Code: f{at}}}}}\n");
        template.push_str(&line);
        project
            .env
            .write(format!("f{at}/a.py"), format!("x = {at}"));
    }
    project.env.write("template.yaml", template);
    project.env.set("AWS_ENDPOINT_URL_S3", &sink.url());
    project.succeed(&["--s3-bucket", "bkt"]);
    assert_eq!(sink.objects().len(), 25);
    // If requests were sent one after the other, there would never be more than one.
    assert!(sink.most_at_once() >= 8, "{}", sink.most_at_once());
}

/// The key is a SHA-256 digest instead of MD5, and keeps the extension.
#[test]
fn an_empty_file_is_an_object() {
    let script = "{Command: {Name: glueetl, ScriptLocation: e.py}}";
    let project = Project::of("Glue::Job", script, &[("e.py", "")]);
    let location = &project.properties(&[])["Command"]["ScriptLocation"];
    assert_eq!(location, "s3://b/<H>.py");
    let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let expected = (format!("{digest}.py"), Vec::new());
    assert_eq!(project.objects(), [expected]);
    assert_eq!(without_digests(digest), "<H>");
}
