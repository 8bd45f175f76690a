//! Deploying into AWS China from a build that runs in another partition.
//!
//! The programs `cn-profile`, `cn-package` and `cn-deploy` are thin shells over
//! this library; everything they do can be done from here.
//!
//! # The three phases
//!
//! ```no_run
//! use cn_core::parameter::ParameterName;
//! use cn_core::profile::ProfileFiles;
//! use cn_core::session::{Environment, KeyParameters, KeyStore, Session, SessionRequest};
//! use cn_core::template::{Source, tree::Template};
//! use cn_core::{deploy, package};
//!
//! # async fn release() -> Result<(), Box<dyn std::error::Error>> {
//! // 1. Two identities: the build's own reads the keys, the China user does the rest.
//! let mut environment = Environment::new(ProfileFiles {
//!     credentials: "/home/build/.aws/credentials".into(),
//!     config: "/home/build/.aws/config".into(),
//! });
//! environment.region = Some("us-east-1".into());
//! let mut request = SessionRequest::new(environment);
//! request.target.region = Some("cn-north-1".parse()?);
//! request.target.account = Some("123456789012".parse()?);
//! request.target.keys = Some(KeyStore::Pair(KeyParameters {
//!     access_key: "/China/Dev/UserAccessKey".parse::<ParameterName>()?,
//!     secret_key: "/China/Dev/UserSecretKey".parse::<ParameterName>()?,
//! }));
//! let session = Session::open(request)?;
//! session.verify_target().await?;
//! let target = session.target().await?;
//!
//! // 2. Package: read, plan, and only then send.
//! let request = package::Request::new("/src/orders".into());
//! let destination = package::Destination {
//!     region: session.region().clone(),
//!     bucket: "artifacts-cn".parse()?,
//! };
//! let facts = package::read(&request)?;
//! let plan = package::plan(&request, &destination, &facts)?.ready()?;
//! let mut options = package::Options::default();
//! options.owner = session.account().cloned();
//! let packaged = package::apply(target.s3(), plan, &options, &mut |event| {
//!     println!("{event:?}");
//! })
//! .await?;
//!
//! // 3. Deploy, with every event as it comes.
//! let source = Source::new("packaged.yaml", packaged.packaged);
//! let template = Template::parse(&source).template.ok_or("no template")?;
//! let mut request = deploy::Request::new(
//!     "orders-dev".parse()?,
//!     session.region().clone(),
//!     &template,
//!     deploy::ChangeSetName::new("build 42", 0x5eed),
//!     deploy::Pace::standard(None, 42),
//! );
//! request.capabilities = vec!["CAPABILITY_NAMED_IAM".into()];
//! let clients = deploy::Clients {
//!     cloudformation: target.cloudformation().clone(),
//!     s3: target.s3().clone(),
//! };
//! let mut tell = |event: deploy::Event| println!("{event:?}");
//! let facts = deploy::read(&clients.cloudformation, &request, &mut tell).await?;
//! let planned = deploy::plan(&request, &facts);
//! let outcome = deploy::apply(&clients, planned.plan?, &mut tell).await?;
//! println!("{:?}", outcome.end);
//! # Ok(())
//! # }
//! ```
//!
//! # Map
//!
//! | module | holds |
//! | --- | --- |
//! | [`session`] | the two identities, home and target, their regions and clients |
//! | [`keys`] | the access key of the target's user: storing, rotating, revoking |
//! | [`web_identity`] | sessions of the target for signed tokens, without an access key |
//! | [`parameter`] | SSM parameters of the home account |
//! | [`profile`] | profiles in the AWS shared files |
//! | [`package`] | artifacts into the bucket, the template for the target |
//! | [`deploy`] | change set, events, outcome, root cause |
//! | [`s3`] | buckets, prefixes, and locations of objects |
//! | [`secret`] | redaction of secret values |
//! | [`call`] | failed requests, sorted by what can be done about them |
//! | [`findings`] | a plan that is given out only when no finding is an error |
//! | [`file`](mod@file) | replacing a file in one step |
//! | [`template`] | the crate `cn-template`: templates, findings, partitions |
//!
//! # Laws
//!
//! * Every phase is `read → plan → apply`. Plans are plain data, made without
//!   I/O, clock or randomness: printing one instead of applying it is a dry run.
//! * Wrong input is a finding ([`template::Diagnostic`]) and never an error; an
//!   error means that something could not be looked at or done.
//! * The home identity never signs a request to the target, nor the reverse.

pub mod advice;
pub mod call;
pub mod check;
pub mod deploy;
pub mod failure;
pub mod file;
pub mod findings;
pub mod inputs;
pub mod inspect;
pub mod keys;
pub mod package;
pub mod parameter;
pub mod profile;
pub mod report;
pub mod s3;
pub mod secret;
pub mod session;
pub mod stack;
pub mod web_identity;

mod access_key;
mod hex;
#[cfg(test)]
mod mocks;

pub use cn_template as template;

/// Compiles the examples of the page about the library.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/library.md")]
mod library_page {}
