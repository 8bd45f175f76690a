//! Deploys applications into AWS China from a build that runs in another partition.
//!
//! The programs `cn-profile`, `cn-check`, `cn-package`, `cn-deploy` and others parse arguments,
//! print text and choose exit codes. This library does everything else.
//!
//! # The three phases
//!
//! A release opens a session, packages, and deploys. `examples/release.rs` shows the same phases as
//! a complete program, with findings, gates, a review, and an interrupt that cleans up.
//!
//! ```no_run
//! use cn_core::deploy::{self, Clients, End};
//! use cn_core::package::{self, Destination, Options};
//! use cn_core::session::{Environment, KeyStore, Session, SessionRequest};
//! use cn_core::stack::{ChangeSetName, Pace};
//! use cn_core::template::{Source, tree::Template};
//!
//! # async fn release() -> Result<(), Box<dyn std::error::Error>> {
//! // 1. Two identities: the build's own reads the key of the target's from SSM.
//! let environment = Environment::of(|name| std::env::var(name).ok(), "/home/build".as_ref());
//! let mut request = SessionRequest::new(environment);
//! request.region = Some("cn-north-1".parse()?);
//! request.keys = Some(KeyStore::Pair {
//!     access_key: "/China/Dev/UserAccessKey".parse()?,
//!     secret_key: "/China/Dev/UserSecretKey".parse()?,
//! });
//! let session = Session::open(request)?;
//! session.verify_target().await?;
//! let clients = Clients::from(session.target().await?);
//!
//! // 2. Package: every finding is known before the first request.
//! let request = package::Request::new("/src/orders".into());
//! let to = Destination::new(session.region().clone(), "artifacts-cn".parse()?);
//! let plan = package::plan(&request, &to, &package::read(&request)?).ready()?;
//! let mut show = |event: &package::Event| println!("{event:?}");
//! let packaged = package::apply(&clients.s3, plan, &Options::default(), &mut show).await?;
//!
//! // 3. Deploy, with every event as it comes.
//! let source = Source::new("packaged.yaml", packaged.packaged);
//! let template = Template::parse(&source).template.ok_or("not a template")?;
//! let run = ChangeSetName::unique("build 42");
//! let request = deploy::Request::new("orders-dev".parse()?, to.region, &template, run);
//! let (client, pace) = (&clients.cloudformation, Pace::standard(None, 42));
//! let mut show = |event| println!("{event:?}");
//! let facts = deploy::read(client, &request, &pace, &mut show).await?;
//! let plan = deploy::plan(&request, &facts)?.ready()?;
//! let proposed = deploy::propose(&clients, plan, &pace, &mut show).await?;
//! let gates = ["delete".parse()?];
//! let outcome = proposed.conclude(client, &gates, &pace, &mut show).await?;
//! if let End::Done { outputs, .. } = outcome.end {
//!     println!("{outputs:?}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Map
//!
//! | module | contents |
//! | --- | --- |
//! | [`session`] | the home and target identities, their regions and clients |
//! | [`keys`] | the access key of the target's user: store, rotate, revoke |
//! | [`web_identity`] | target sessions from signed tokens, without an access key |
//! | [`profile`] | profiles in the AWS shared files |
//! | [`parameter`] | SSM parameters of the home account |
//! | [`check`] | offline findings about templates and the code they refer to |
//! | [`manifest`] | the manifest that packaging writes next to a template |
//! | [`package`] | uploads artifacts to the bucket and rewrites the template for the target |
//! | [`inputs`] | parameters, tags and templates in the forms that people write |
//! | [`deploy`] | change sets from request to outcome; gates; reviews; attaching |
//! | [`cleanup`] | deletes a stack, its artifacts, parameters and key; deletes old artifacts |
//! | [`stack`] | CloudFormation's own concepts: names, statuses, changes, events, outputs, polling |
//! | [`stack_set`] | StackSets: one template in many accounts and regions, and their operations |
//! | [`failure`] | the root cause of a failed operation, advice, the log of a function |
//! | [`inspect`] | template, code and drift of a stack; comparison of regions |
//! | [`doctor`] | checks of the whole setup, from the build's side |
//! | [`advice`] | what a person can do about a refusal, as data |
//! | [`report`] | the result for every resource: the model that reports are rendered from |
//! | [`findings`] | a plan that is released only if no finding is an error |
//! | [`call`] | failed requests, classified by what can be done about them |
//! | [`s3`] | buckets, prefixes, and locations of objects |
//! | [`secret`] | redaction of secret values |
//! | [`foreign`] | text of others, escaped for lines, documents and JSON |
//! | [`file`](mod@file) | files that a run reads and writes: opening, replacing, locking, comparing |
//! | [`template`] | the crate `cn-template`: templates, findings, partitions |
//!
//! # Features
//!
//! All features are on by default. Each one adds only the clients it needs:
//!
//! | feature | modules | clients in addition to S3, SSM, STS and KMS |
//! | --- | --- | --- |
//! | `package` | [`package`] | none |
//! | `deploy` | [`deploy`], [`stack`], [`stack_set`], [`inputs`], [`failure`], [`report`] | CloudFormation, CloudWatch Logs |
//! | `inspect` | [`inspect`]; `deploy` and `package` | Lambda |
//! | `keys` | [`keys`] | CloudFormation, IAM |
//! | `cleanup` | [`cleanup`]; `deploy`, `keys` and `package` | none |
//! | `doctor` | [`doctor`]; `deploy`, `keys` and `package` | none |
//!
//! # Principles
//!
//! * Code first reads facts, then a pure function decides, then a thin layer acts. Plans are plain
//!   data, made without I/O, clock or randomness: printing a plan instead of applying it is a dry
//!   run.
//! * Invalid input is a finding ([`template::Diagnostic`]), never an error. An error means that
//!   something could not be read or done.
//! * Events, outcomes, errors and reports are redacted before they leave the library.
//! * The home identity never signs a request to the target, and the target identity never signs a
//!   request to the home account.

#![cfg_attr(
    not(all(feature = "inspect", feature = "keys")),
    allow(
        dead_code,
        unused_imports,
        reason = "rooms that are left out leave tools of theirs unused"
    )
)]

pub mod advice;
pub mod call;
pub mod check;
#[cfg(feature = "cleanup")]
pub mod cleanup;
#[cfg(feature = "deploy")]
pub mod deploy;
#[cfg(feature = "doctor")]
pub mod doctor;
#[cfg(feature = "deploy")]
pub mod failure;
pub mod file;
pub mod findings;
pub mod foreign;
#[cfg(feature = "deploy")]
pub mod inputs;
#[cfg(feature = "inspect")]
pub mod inspect;
#[cfg(feature = "keys")]
pub mod keys;
pub mod manifest;
#[cfg(feature = "package")]
pub mod package;
pub mod parameter;
pub mod profile;
#[cfg(feature = "deploy")]
pub mod report;
pub mod s3;
pub mod secret;
pub mod session;
#[cfg(feature = "deploy")]
pub mod stack;
#[cfg(feature = "deploy")]
pub mod stack_set;
pub mod web_identity;

mod access_key;
mod answer;
mod hex;
mod malformed;
#[cfg(test)]
mod mocks;
mod mutex;
mod timestamp;

pub use cn_template as template;
pub use malformed::Malformed;
pub use timestamp::Timestamp;

/// Compiles the examples of the library page.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/library.md")]
mod library_page {}
