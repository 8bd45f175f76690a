//! The test kit that this workspace shares: emulators, a router, scripted answers, and an isolated
//! environment for each test.
//!
//! ```no_run
//! use cn_testkit::{Fault, TestEnv};
//!
//! // #[test]
//! fn packages_again_when_the_bucket_was_busy() {
//!     let env = TestEnv::new();
//!     let seed = env.seed(); // user and bucket in China, parameters in home, variables
//!     env.write_profile("china", &seed.keys, "cn-north-1");
//!     env.write("template.yaml", "Resources: {}\n");
//!     env.fault(Fault::on("PutObject").answer(503, "SlowDown").times(2));
//!     let program = cn_testkit::program("cn-package"); // or env!("CARGO_BIN_EXE_cn-package")
//!     let output = env.run(program).args(["--template-file", "template.yaml"]).output();
//!     // insta::assert_snapshot!(output.succeeded().snapshot());
//!     env.assert_identities_kept_apart(&seed.keys);
//!     assert_eq!(env.requests().object_puts().count(), 0);
//! }
//! ```
//!
//! - [`TestEnv`] is the place to start. Everything it creates has a unique name, so tests can run
//!   at the same time against the same emulators.
//! - [`Emulators`] are two processes that verify signatures and know only their own keys. A test
//!   process uses the pair that `cargo xtask` started, or starts its own; a pair ends with the
//!   process that started it.
//! - [`Router`] sits between the programs and the emulators, records every request ([`Recorded`])
//!   and injects faults on demand ([`Fault`]).
//! - [`Script`] provides answers that the emulator cannot.
//! - `sim`, with the feature of that name, is a CloudFormation in memory and in paused time.
//! - [`workload`] creates projects to package, and [`sink`] accepts uploads and discards them, fast
//!   or faulty.
//! - [`hostile`] contains texts that attack their readers.
//! - [`codebuild`] runs a buildspec as CodeBuild does.
//! - [`pipeline`] runs the actions of a pipeline in the order that its template declares.
//! - [`Client`] seeds and inspects an emulator, bypassing the router.
//!
//! Helpers fail by panicking, as tests do. Only starting the emulators and calling them return
//! errors, for `xtask`.

#![expect(
    clippy::missing_panics_doc,
    reason = "every helper of a test kit panics when it cannot help"
)]

mod ambient;
mod client;
pub mod codebuild;
mod emulator;
mod environment;
pub mod hostile;
mod keys;
pub mod pipeline;
mod python;
mod router;
mod runtime;
mod script;
mod seed;
mod side;
mod sigv4;
#[cfg(feature = "sim")]
pub mod sim;
pub mod sink;
pub mod workload;
pub mod xml;

pub use ambient::{target_folder, workspace_folder};
pub use client::{CallError, Client};
pub use emulator::{EMULATORS_VARIABLE, Emulators, Ports, StartError};
pub use environment::{
    CALLS_VARIABLE, Call, Output, PROGRAMS_BUILT_VARIABLE, Redactions, Run, Running, Seed, TestEnv,
    example, program,
};
pub use keys::{Keys, SECRET_MARK};
pub use python::{Python, PythonError};
pub use router::{Fault, Recorded, Requests, Router, decoded};
pub use script::{Answer, ChangeSet, Events, Script, Stack};
pub use seed::{ALLOW_ALL, ALLOW_NOTHING, StackResource};
pub use side::Side;
pub use sigv4::Received;

/// Renders an error with all its causes in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = format!(": {error}");
        text.push_str(&part);
        cause = error.source();
    }
    text
}
