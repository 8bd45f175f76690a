//! Deployments of a StackSet: the template in many accounts and regions.

mod args;
mod outcome;
mod report;
mod tell;

use cn_cli::wire::stack_set as wire;
use cn_cli::{Failure, FailureKind, Ui};
use cn_core::deploy::Clients;
use cn_core::deploy::Confidential;
use cn_core::inputs;
use cn_core::session::Session;
use cn_core::stack::Pace;
use cn_core::stack_set::{self, Event, Plan, Request, StackSetName};

use crate::args::Args;
use crate::words::summary;
pub(crate) use args::StackSetArgs;
use report::Recorder;
use tell::Tell;

/// Deploys a StackSet, shows the plan of a deployment, or follows an operation.
pub(crate) async fn run(args: &Args, ui: &Ui, name: &StackSetName) -> Result<(), Failure> {
    if args.fleet.operation.is_some() && !args.run.attach {
        let message = "`--operation` names an operation to follow";
        return Err(Failure::new(FailureKind::Usage, message).hint("pass `--attach`, too"));
    }
    let recorder = Recorder::start(ui, args, name);
    let session = Session::open(args.target.request(ui)?)?;
    recorder.region(ui, args, session.region())?;
    let pace = args.pace(ui);
    let tell = Tell::new(ui, args, name, &session, &recorder);
    if args.run.attach {
        return attach(args, ui, &session, &pace, &tell).await;
    }
    deploy(args, ui, &session, &pace, &tell).await
}

async fn deploy(
    args: &Args,
    ui: &Ui,
    session: &Session,
    pace: &Pace,
    tell: &Tell<'_>,
) -> Result<(), Failure> {
    let given = args.given(tell.name.as_stack_name().clone(), ui)?;
    let gathered = ui.ready(inputs::gather(session, &given).await?)?;
    let mut request = Request::new(
        args.complete(gathered.request, ui)?,
        args.fleet.targets(session.region()),
    );
    request.permissions = args.fleet.permissions();
    request.preferences = args.fleet.preferences();
    request.read_manifest(args.checks.manifest.as_deref())?;
    let clients = Clients::from(session.target().await?);
    let mut on_event = |event: Event| tell.event(&event);
    let client = &clients.cloudformation;
    let read = async {
        let read = stack_set::read(client, &request, pace, &mut on_event);
        tokio::try_join!(async { read.await.map_err(Failure::from) }, async {
            session.verify_target().await.map_err(Failure::from)
        })
    };
    let Some(read) = pace.limit(read).await else {
        return Err(out_of_time(tell.name));
    };
    let (facts, _caller) = read?;
    let plan = match stack_set::plan(&request, &facts) {
        Err(_) if pace.is_over() => return Err(out_of_time(tell.name)),
        planned => ui.ready(planned?)?,
    };
    summary::stack_set(ui, session, &request.inputs, &plan, &gathered.origins);
    let lines = tell::plan(&plan);
    let body = wire::StackSetPlan::from(&plan);
    if args.run.plan {
        return show(ui, args, &plan, lines, &body);
    }
    ui.event(&lines.join("\n"), "stack-set-plan", &body);
    let applied = stack_set::apply(&clients, &plan, pace, &mut on_event).await?;
    ui.clear_interrupt();
    outcome::report(ui, args, tell, &applied)
}

/// Prints the plan as the result of a run with `--plan`, which changes nothing.
fn show(
    ui: &Ui,
    args: &Args,
    plan: &Plan,
    lines: Vec<String>,
    body: &wire::StackSetPlan<'_>,
) -> Result<(), Failure> {
    if plan.is_empty() {
        outcome::unchanged(ui, args, &plan.name)?;
    }
    ui.result(lines, "stack-set-plan", body)
}

async fn attach(
    args: &Args,
    ui: &Ui,
    session: &Session,
    pace: &Pace,
    tell: &Tell<'_>,
) -> Result<(), Failure> {
    let words = ui.settings().written("parameter_overrides");
    let confidential = Confidential::gather(session, &words).await?;
    let client = session.target().await?.cloudformation();
    let operation = args.fleet.operation.as_deref();
    let is_delegated = args.fleet.delegated_admin;
    let mut on_event = |event: Event| tell.event(&event);
    let followed = stack_set::attach(
        client,
        tell.name,
        operation,
        is_delegated,
        &confidential,
        pace,
        &mut on_event,
    );
    let Some(followed) = followed.await? else {
        let message = match operation {
            Some(id) => format!("StackSet `{}` has no operation `{id}`", tell.name),
            None => format!("StackSet `{}` has no operation to follow", tell.name),
        };
        let failure = Failure::new(FailureKind::Failed, message);
        return Err(failure.hint("check `--stack-set`, `--operation` and `--region`"));
    };
    ui.clear_interrupt();
    outcome::report(ui, args, tell, &followed)
}

fn out_of_time(name: &StackSetName) -> Failure {
    let message = format!("the time limit was reached while reading StackSet `{name}`");
    Failure::new(FailureKind::Running, message)
        .hint("run again with a longer `--max-wait`; this run makes no further changes")
}
