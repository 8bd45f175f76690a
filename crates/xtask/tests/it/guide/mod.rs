//! The guide is executed: every command of a page runs in the order that a reader runs it, against
//! the page's own emulators, and its output is compared.
//!
//! `CN_BLESS=1` writes differing outputs into the pages.

mod page;

use std::sync::LazyLock;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use cn_testkit::{ALLOW_ALL, Keys, Output, Python, Redactions, TestEnv, workspace_folder};
use page::{Block, Page, Step, matches};
use regex::Regex;

use crate::buildspecs::install_programs;
use crate::tidy::files;

/// The parts that differ between runs, in addition to those that every test replaces.
static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"\bcn-deploy-[\w-]+-[0-9a-f]{8}\b", "cn-deploy-[NAME]"),
        (r"\b\d+:\d\d \[", "[TIME] ["),
        (r"\b[0-9a-f]{8}-[0-9a-f]{3}\b", "[ID]"),
        (r"\b\d+\.\d M?B/s", "[RATE]"),
    ]
    .map(|(pattern, by)| (Regex::new(pattern).expect("the pattern is valid"), by))
    .into()
});

/// A page and its environment.
struct Player {
    env: TestEnv,
}

impl Player {
    fn new(page: &Page) -> Self {
        let env = TestEnv::alone().unwrap_or_else(|error| panic!("{}", cn_testkit::chain(&error)));
        install_programs(&env);
        let python = Python::ready().expect("installed");
        let aws = python.program("aws");
        let folder = aws.parent().expect("a program lies in a folder");
        let programs = env.temporary_folder().join("bin");
        env.set(
            "PATH",
            &format!("{programs}:{folder}:/usr/local/bin:/usr/bin:/bin"),
        );
        let player = Self { env };
        for word in &page.world {
            player.prepare(word);
        }
        player
    }

    /// Prepares one thing that the reader of a page already has.
    fn prepare(&self, word: &str) {
        let env = &self.env;
        match word {
            // The sample application and the files of `buildspecs`, as a repository.
            "application" => {
                env.copy_folder(workspace_folder().join("fixtures/sample-app"), "");
                env.copy_folder(workspace_folder().join("buildspecs"), "buildspecs");
                env.git_init();
            }
            // The reader's own machine, with an administrator's profile for each account.
            "administrators" => {
                for name in [
                    "AWS_REGION",
                    "AWS_DEFAULT_REGION",
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                ] {
                    env.unset(name);
                }
                let sides = [("home-admin", env.home()), ("china-admin", env.china())];
                let credentials = sides.each_ref().map(|(name, client)| {
                    let keys = client.keys();
                    let (id, secret) = (&keys.id, &keys.secret);
                    format!(
                        "[{name}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n"
                    )
                });
                let config = sides.each_ref().map(|(name, client)| {
                    format!("[profile {name}]\nregion = {}\n", client.side().region())
                });
                let folder = env.home_folder().join(".aws");
                env.write(folder.join("credentials"), credentials.concat());
                env.write(folder.join("config"), config.concat());
            }
            // A build after the first chapter: a key and a bucket in China, and the parameters and
            // variables with their names.
            "set-up" => {
                let keys = self.user_and_bucket();
                let key = format!(
                    r#"{{"Version":1,"AccessKeyId":"{}","SecretAccessKey":"{}"}}"#,
                    keys.id, keys.secret
                );
                env.home()
                    .put_secure_parameter("/China/Dev/Key", &key)
                    .expect("written");
                env.set("CN_KEY_SSM", "/China/Dev/Key");
            }
            // A project that calls the AWS CLI: two parameters for the key, and a template
            // that was ported by hand, with one ARN forgotten.
            "existing-project" => {
                let keys = self.user_and_bucket();
                let home = env.home();
                home.put_secure_parameter("/China/Dev/UserAccessKey", &keys.id)
                    .expect("written");
                home.put_secure_parameter("/China/Dev/UserSecretKey", &keys.secret)
                    .expect("written");
                env.set("USER_ACCESS_KEY_SSM", "/China/Dev/UserAccessKey");
                env.set("USER_SECRET_KEY_SSM", "/China/Dev/UserSecretKey");
                let ported = env.read("template.yaml").replace("arn:aws:", "arn:aws-cn:");
                let ported = ported.replacen("arn:aws-cn:", "arn:aws:", 1);
                env.write("cloudformation_template_china.yaml", ported);
            }
            // The application is deployed in China.
            "deployment" => {
                for command in ["cn-package", "cn-deploy"] {
                    drop(self.run(command).succeeded());
                }
            }
            other => panic!("no page can begin with `{other}`"),
        }
    }

    /// Creates a user with a key and a bucket in China, and the parameter that names the bucket.
    fn user_and_bucket(&self) -> Keys {
        let (env, bucket) = (&self.env, "orders-artifacts-cn");
        let keys = env
            .china()
            .create_user("orders-build", ALLOW_ALL)
            .expect("created");
        env.keep_secret(&keys.secret);
        env.china().create_bucket(bucket).expect("created");
        let parameter = "/China/Dev/DeploymentS3Bucket";
        env.home()
            .put_parameter(parameter, bucket)
            .expect("written");
        env.set("S3_BUCKET_SSM", parameter);
        keys
    }

    fn run(&self, command: &str) -> Output {
        // Both streams as one, as on a terminal.
        let script = format!("exec 2>&1\n{command}");
        let run = self.env.run("/bin/bash").args(["-c", &script]);
        run.time_limit(Duration::from_mins(5)).output()
    }

    fn play(&self, step: &Step) -> Option<String> {
        // Variables persist for the rest of the page.
        let exported = step.command.strip_prefix("export ");
        if let Some((name, value)) = exported.and_then(|pair| pair.split_once('=')) {
            self.env.set(name, value.trim_matches(['\'', '"']));
            return None;
        }
        let output = self.run(&step.command);
        let ending = step.output.iter().rev();
        let mut ending = ending.filter_map(|line| line.strip_prefix("exit: "));
        let code = ending.find_map(|rest| rest.split(' ').next()?.parse().ok());
        let home = self.env.home_folder();
        let text = output.stdout().replace(home.as_str(), "~");
        let expected: Vec<String> = step.output.iter().map(|line| self.alike(line)).collect();
        let actual: Vec<String> = text.lines().map(|line| self.alike(line)).collect();
        let is_as_shown = output.code() == code.unwrap_or(0) && matches(&expected, &actual);
        (!is_as_shown).then_some(text)
    }

    /// Returns a line without the parts that differ between runs.
    fn alike(&self, line: &str) -> String {
        alike(&self.env.redacted(line))
    }
}

/// Returns a text without the parts that differ between runs.
fn alike(text: &str) -> String {
    let mut redactions = Redactions::new();
    redactions.hide_digests();
    let replace =
        |text: String, (pattern, by): &(Regex, &str)| pattern.replace_all(&text, *by).into_owned();
    PATTERNS.iter().fold(redactions.apply(text), replace)
}

/// Runs a page, and returns its problems.
fn play(path: &Utf8Path) -> Vec<String> {
    let file = workspace_folder().join(path);
    let text = fs_err::read_to_string(&file).expect("readable");
    let page = Page::parse(&text);
    let is_played = |block: &Block| matches!(block, Block::Commands(_));
    let mut failures = Vec::new();
    for block in &page.blocks {
        if let Block::Unmarked { line } = block {
            failures.push(format!(
                "{path}:{line}: commands that nobody runs: make it a `console` block with `$ `, \
                 or write `<!-- not run: REASON -->` before it"
            ));
        }
    }
    if !failures.is_empty() || !page.blocks.iter().any(is_played) {
        return failures;
    }
    let player = Player::new(&page);
    let mut blessed: Vec<(&Step, String)> = Vec::new();
    for block in &page.blocks {
        match block {
            Block::File { path, text } => drop(player.env.write(path.as_str(), text)),
            Block::Commands(steps) => {
                for step in steps {
                    if let Some(actual) = player.play(step) {
                        let line = step.lines.start;
                        failures.push(format!(
                            "{path}:{line}: `{}` prints\n{actual}",
                            step.command
                        ));
                        blessed.push((step, actual));
                    }
                }
            }
            Block::Unmarked { .. } => {}
        }
    }
    if !blesses() {
        return failures;
    }
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (step, actual) in blessed.into_iter().rev() {
        let indented = actual.lines().map(|line| match line {
            "" => String::new(),
            _ => format!("{:indent$}{line}", "", indent = step.indent),
        });
        drop(lines.splice(step.lines.clone(), indented.collect::<Vec<_>>()));
    }
    fs_err::write(&file, lines.join("\n") + "\n").expect("writable");
    Vec::new()
}

fn blesses() -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "how pages of rules are blessed, too"
    )]
    std::env::var_os("CN_BLESS").is_some()
}

#[test]
fn every_command_of_the_guide_prints_what_the_guide_shows() {
    let only = only();
    let mut failures = Vec::new();
    let mut pages = files("docs", &[".md"]);
    let is_guide = |path: &Utf8PathBuf| {
        path.starts_with("docs/guide") || path.parent() == Some(Utf8Path::new("docs"))
    };
    pages.retain(is_guide);
    pages.push("README.md".into());
    for path in pages {
        if only
            .as_ref()
            .is_none_or(|word| path.as_str().contains(word))
        {
            failures.extend(play(&path));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Returns a word in the name of the only page to run: `CN_GUIDE=first-deployment`.
fn only() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "chooses what this test plays")]
    std::env::var("CN_GUIDE").ok()
}

#[test]
fn the_recording_shows_the_deployment_as_it_runs_today() {
    let path = workspace_folder().join(xtask::recording::FILE);
    let recorded = fs_err::read_to_string(path).expect("readable");
    let drawn = xtask::recording::draw().expect("the deployment runs");
    // The address of the events contains the stack's ID, broken over two lines.
    let [recorded, drawn] = [&recorded, &drawn].map(|text| {
        let (until_events, _) = text
            .split_once("all events")
            .expect("the events have an address");
        alike(until_events)
    });
    assert_eq!(recorded, drawn, "`cargo xtask recording` draws it");
}
