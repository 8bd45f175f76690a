//! A release with the library alone: `release PROFILE BUCKET STACK deploy|review|CHANGE_SET`.
//! `review` leaves the change set for a person; the change set's ARN as last argument executes it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program")]
#![expect(clippy::disallowed_methods, reason = "it reads the environment")]

use std::{env, error::Error};

use cn_core::deploy::{self, Clients, End, GateKind, Mode, Outcome, ReviewedChangeSet, Watch};
use cn_core::package::{self, Destination, Options};
use cn_core::session::{Environment, Session, SessionRequest};
use cn_core::stack::{ChangeSetName, Event, Output, Pace};
use cn_core::template::{Diagnostic, Source, tree::Template};

type Ended = Result<Outcome, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [profile, bucket, stack, how] = &words[..] else {
        return Err("usage: release PROFILE BUCKET STACK deploy|review|CHANGE_SET".into());
    };
    let environment = Environment::of(|name| env::var(name).ok(), env::var("HOME")?.as_ref());
    let mut request = SessionRequest::new(environment);
    request.profile = Some(profile.parse()?);
    let session = Session::open(request)?;
    session.verify_target().await?;
    let clients = Clients::from(session.target().await?);
    let to = Destination::new(session.region().clone(), bucket.parse()?);
    let review = how == "review";
    let mode = if review { Mode::Review } else { Mode::Execute };
    let watch = Watch::new(stack.parse()?, mode, true);
    let outcome = tokio::select! {
        outcome = release(&clients, &watch, to, how) => outcome?,
        _ = tokio::signal::ctrl_c() => {
            let cleaned_up = watch.clean_up(&clients.cloudformation).await;
            return Err(format!("interrupted: {cleaned_up:?}").into());
        }
    };
    match outcome.end {
        End::Done { outputs, .. } => print!("{}", Output::to_exports(&outputs)),
        End::NoChanges { .. } => println!("no changes"),
        End::Reviewable { change_set_id } => println!("{change_set_id}"),
        other => return Err(format!("{other:?}").into()),
    }
    Ok(())
}

async fn release(clients: &Clients, watch: &Watch, to: Destination, how: &str) -> Ended {
    let (stack, mode) = (watch.stack().clone(), watch.mode());
    let run = ChangeSetName::unique("release");
    let gates = [GateKind::Delete, GateKind::Replacement].map(Into::into);
    let (client, pace) = (&clients.cloudformation, Pace::standard(None, 1));
    let show = |finding: &Diagnostic| eprintln!("{}", finding.message);
    let mut tell = |event: Event| {
        watch.event(&event);
        eprintln!("{event:?}");
    };
    if !matches!(how, "deploy" | "review") {
        let reviewed = ReviewedChangeSet::new(how, Some(stack), run);
        let proposal = reviewed.read(client, &mut tell).await?;
        let verdict = proposal.judge(&gates);
        return Ok(verdict.conclude(client, &pace, &mut tell).await?);
    }
    let request = package::Request::new(env::current_dir()?.try_into()?);
    let plan = package::plan(&request, &to, &package::read(&request)?);
    let plan = plan.inspect(show).ready()?;
    let mut sent = |event: &package::Event| eprintln!("{event:?}");
    let done = package::apply(&clients.s3, plan, &Options::default(), &mut sent).await?;
    let source = Source::new("packaged.yaml", done.packaged);
    let template = Template::parse(&source).template.ok_or("not a template")?;
    let mut request = deploy::Request::new(stack, to.region, &template, run);
    request.mode = mode;
    let facts = deploy::read(client, &request, &pace, &mut tell).await?;
    let plan = deploy::plan(&request, &facts)?.inspect(show).ready()?;
    let kind = plan.change_set.kind;
    watch.owns(&request.change_set, kind);
    let proposed = deploy::propose(clients, plan, &pace, &mut tell).await?;
    Ok(proposed.conclude(client, &gates, &pace, &mut tell).await?)
}
