//! Deployments of an existing stack, compared with the AWS CLI.

use std::time::Duration;

use cn_testkit::{Output, TestEnv, workspace_folder};

use super::meter::{Contender, Program, Run};
use super::setup::Bench;
use xtask::BoxError;

const STACK: &str = "bench";
const PROFILE: &str = "china";
/// The AWS CLI names its change sets by the second: two in the same second would clash.
const BETWEEN_CHANGE_SETS: Duration = Duration::from_secs(1);

/// The sample application, deployed on the emulators.
pub(super) struct Deploying {
    env: TestEnv,
}

impl Deploying {
    pub(super) fn new(bench: &Bench) -> Result<Self, BoxError> {
        let env = TestEnv::new();
        let seed = env.seed();
        env.write_profile(PROFILE, &seed.keys, "cn-north-1");
        env.copy_folder(workspace_folder().join("fixtures/sample-app"), "");
        for program in ["cn-package", "cn-deploy"] {
            let mut run = env
                .run(bench.program(Contender::Ours, program))
                .args(["--profile", PROFILE]);
            if program == "cn-deploy" {
                run = run.args(["--stack-name", STACK]);
            }
            done(&run.output())?;
        }
        Ok(Self { env })
    }

    pub(super) fn once(&self, bench: &Bench, contender: Contender) -> Result<Run, BoxError> {
        let (path, own): (_, &[&str]) = match contender {
            Contender::Peer => (
                bench.python.program("aws"),
                &["cloudformation", "deploy", "--no-fail-on-empty-changeset"],
            ),
            // As in packaging: the AWS CLI does not verify its identity.
            ours => (bench.program(ours, "cn-deploy"), &["--no-identity-check"]),
        };
        let same = [
            "--template-file",
            "packaged.yaml",
            "--stack-name",
            STACK,
            "--capabilities",
            "CAPABILITY_NAMED_IAM",
            "--region",
            "cn-north-1",
            "--profile",
            PROFILE,
        ];
        if contender == Contender::Peer {
            std::thread::sleep(BETWEEN_CHANGE_SETS);
        }
        self.env.forget_requests();
        let mut run = bench.meter.run(&Program {
            path,
            arguments: own
                .iter()
                .chain(&same)
                .map(|&word| word.to_owned())
                .collect(),
            variables: self.env.variables(),
            folder: self.env.project(),
            wrapper: Vec::new(),
        })?;
        run.requests = self.env.requests().count();
        Ok(run)
    }
}

fn done(output: &Output) -> Result<(), BoxError> {
    if output.code() == 0 {
        return Ok(());
    }
    Err(format!(
        "the sample application is not deployed:\n{}",
        output.stderr()
    )
    .into())
}
