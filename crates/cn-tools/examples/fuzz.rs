//! Fuzzes the files and words that people write for the programs: `TARGET SECONDS SEED`.
//!
//! `cargo xtask fuzz settings` and `cargo xtask fuzz parameters` run this. The laws: any text is
//! read, or refused with a reason; a place lies in its text; the values that are read can be
//! written and read again.

#[path = "../../xtask/src/fuzz/engine.rs"]
mod engine;
#[path = "../../cn-template/tests/it/mutation.rs"]
mod mutation;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use camino::Utf8Path;
use cn_core::deploy::ParameterOverride;
use cn_core::inputs::{self, Given, Written};
use cn_core::profile::ProfileFiles;
use cn_core::session::{Environment, Session, SessionRequest};
use cn_core::stack::ChangeSetName;
use cn_core::template::Diagnostic;
use engine::{Target, texts};
use mutation::Random;
use tempfile::TempDir;
use tokio::runtime::Runtime;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, seconds, seed] = &arguments[..] else {
        return Err("name a target, seconds and a seed".into());
    };
    let target = target(name).ok_or("the targets are `settings` and `parameters`")?;
    engine::run(target, seconds.parse()?, seed.parse()?, say)
}

#[expect(clippy::print_stderr, reason = "a chore's own output")]
fn say(line: &str) {
    eprintln!("{line}");
}

fn target(name: &str) -> Option<Target> {
    let mut all = texts("fixtures", &["toml", "env"]);
    all.extend(WRITTEN.map(str::to_owned));
    Some(match name {
        "settings" => Target {
            name: "settings",
            texts: all,
            check: are_settings,
        },
        "parameters" => {
            all.extend(texts("fixtures", &["json"]));
            Target {
                name: "parameters",
                texts: all,
                check: are_parameters,
            }
        }
        _ => return None,
    })
}

/// Every form that the guide shows.
const WRITTEN: [&str; 9] = [
    "version = 0.1\n[default.global.parameters]\nregion = \"cn-north-1\"\n\n[default.deploy.parameters]\nstack_name = \"orders\"\ncapabilities = [\"CAPABILITY_IAM\", 'CAPABILITY_NAMED_IAM']\nparameter_overrides = { Stage = \"dev\", Ids = [\"a\", \"b\"], Size = 0123 }\ntags = { team = \"订单\" }\nmax_wait = \"1h\"\n\n[prod.deploy.parameters]\nfail_on_empty_changeset = true\nparameter_overrides = \"Stage=prod Msg='a b'\"\n",
    "[default.package.parameters]\ns3_bucket = [\"a-bucket\", \"b-bucket\"]\nmetadata = { a = \"b\" }\nsymlinks = \"keep\"\nallow_outside = true\nconcurrency = 8\n\n[default.package.parameters.artifact]\n\"Custom::Site.Content\" = \"archive:Bucket/Key\"\n",
    "version = 0.1\n[default]\n[default.deploy]\n[default.deploy.parameters]\nstack_name = \"sam-app\"\nresolve_s3 = true\nconfirm_changeset = true\ncapabilities = \"CAPABILITY_IAM CAPABILITY_AUTO_EXPAND\"\nparameter_overrides = \"ParameterKey=A,ParameterValue=\\\"1 2\\\" B='x y' C=\\\\ z\"\ntags = \"Owner=a b\"\n",
    "{\"Parameters\": {\"A\": \"1\", \"B\": [1, 2, [3]], \"C\": true}, \"Tags\": {\"a\": \"b\"}, \"StackPolicy\": {\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"Update:*\", \"Principal\": \"*\", \"Resource\": \"*\"}]}}\n",
    "[{\"ParameterKey\": \"A\", \"ParameterValue\": \"1\"}, {\"ParameterKey\": \"B\", \"ParameterValue\": \"\"}]\n",
    "- A=1\n- B='x y'\n- {ParameterKey: C, ParameterValue: 0777}\n",
    "A: 1.10\nB: |\n  -----BEGIN-----\n  x\nC: [a, b]\nD: null\n",
    "# settings\nexport A=1\nB=\"x y\"\nC='z'\nD=\n\nE = a=b # c\n",
    "A = 1\nB = [\"x\", 2]\nC = 1979-05-27\nD = \"\"\"\na\n\"\"\"\n[Tags]\na = 'b'\n",
];

/// Checks the laws on a configuration file of some program.
fn are_settings(text: &str, seed: u64) -> bool {
    let mut random = Random(seed);
    let program = &cn_tools::PROGRAMS[random.below(cn_tools::PROGRAMS.len())];
    let name = ["cn.toml", "samconfig.toml"][random.below(2)];
    let environment = ["default", "default", "default", "prod"][random.below(4)];
    let path = Utf8Path::new(name);
    let read = cn_cli::settings::of_text(&(program.command)(), path, text, environment);
    match read {
        Ok((lines, findings)) => {
            lie_in_their_texts(&findings);
            let shown = lines.join("\n");
            let parsed = toml::de::DeTable::parse(&shown);
            assert!(parsed.is_ok(), "what is shown is no TOML: {shown}");
            true
        }
        Err(reason) => {
            assert!(!reason.is_empty(), "refused without a reason");
            false
        }
    }
}

/// Checks the laws on a file of parameters, tags and a stack policy, or on words, one per line.
fn are_parameters(text: &str, seed: u64) -> bool {
    let mut random = Random(seed);
    let name = ["p.json", "p.yaml", "p.toml", "p.env", "p"][random.below(5)];
    let word = vec![Written::from(format!("file://{name}").as_str())];
    let of_file = WORLD.with(|world| {
        fs_err::write(world.folder().join(name), text).expect("it can be written");
        let mut asked = given(word.clone());
        if random.below(3) == 0 {
            asked.tags = word;
        }
        if random.below(3) == 0 {
            asked.stack_policy = Some(name.to_owned());
        }
        world.gathered(&asked)
    });
    WORLD.with(|world| {
        // Any word is a pair, a file or a document, or is refused.
        let words = text.lines().take(20).map(Written::from);
        drop(world.gathered(&given(words.collect())));
    });
    let Some(values) = of_file else {
        return false;
    };
    WORLD.with(|world| {
        let document = serde_json::json!({ "Parameters": values }).to_string();
        fs_err::write(world.folder().join("again.json"), document).expect("it can be written");
        let again = vec![Written::from("file://again.json")];
        assert_eq!(world.gathered(&given(again)), Some(values), "read again");
    });
    true
}

/// The environment of the programs: a session that sends nothing, and a folder.
struct World {
    runtime: Runtime,
    session: Session,
    folder: TempDir,
}

thread_local! {
    static WORLD: World = World::new().expect("a world can be made");
}

/// The template to deploy with the parameters.
const TEMPLATE: &str = "Parameters: {A: {Type: String}, B: {Type: String, NoEcho: true}, Password: {Type: String}}\nResources: {T: {Type: AWS::SNS::Topic}}\n";

impl World {
    fn new() -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        // Paths in words are relative to the working folder.
        std::env::set_current_dir(folder.path())?;
        fs_err::write(folder.path().join("template.yaml"), TEMPLATE)?;
        let files = ProfileFiles {
            credentials: "nothing".into(),
            config: "nothing".into(),
        };
        let mut request = SessionRequest::new(Environment::new(files));
        request.region = Some("cn-north-1".parse()?);
        request.default_chain = true;
        Ok(Self {
            runtime: tokio::runtime::Builder::new_current_thread().build()?,
            session: Session::open(request)?,
            folder,
        })
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the values of a request; `None` if it is refused.
    fn gathered(&self, given: &Given) -> Option<BTreeMap<String, String>> {
        let gathered = match self.runtime.block_on(inputs::gather(&self.session, given)) {
            Ok(gathered) => gathered,
            Err(error) => {
                assert!(!error.to_string().is_empty(), "refused without a reason");
                return None;
            }
        };
        lie_in_their_texts(gathered.findings());
        let ready = gathered.ready().ok()?;
        Some(last_of_each(&ready.request.overrides))
    }
}

/// Returns the inputs of a deployment of [`TEMPLATE`].
fn given(parameters: Vec<Written>) -> Given {
    let stack = "orders".parse().expect("a name");
    let name = ChangeSetName::new("fuzz", 1);
    let mut given = Given::new(stack, "template.yaml", name);
    given.parameters = parameters;
    given
}

fn last_of_each(parameters: &[ParameterOverride]) -> BTreeMap<String, String> {
    let pairs = parameters.iter();
    pairs
        .map(|given| (given.key.clone(), given.value.clone()))
        .collect()
}

fn lie_in_their_texts(findings: &[Diagnostic]) {
    for finding in findings {
        assert!(!finding.message.is_empty(), "{finding:?}");
        if let Some(location) = &finding.location {
            let (text, span) = (location.source.text(), location.span);
            assert!(
                text.get(span.start..span.end).is_some(),
                "{span:?} of {text:?}"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    #[test]
    fn a_short_run_finds_nothing() {
        for name in ["settings", "parameters"] {
            let target = target(name).expect("it is a target");
            let found = engine::execute(&target, 1, |done| done >= 300, &AtomicU64::new(0));
            assert_eq!(found.executions, 300);
            assert!(found.broken.is_empty(), "{:#?}", found.broken);
            assert!(found.read > 3, "{name}: only {} are read", found.read);
        }
    }
}
