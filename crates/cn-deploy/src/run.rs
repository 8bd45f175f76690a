//! The kinds of runs: deploy a template, execute a reviewed change set, follow an operation.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use cn_cli::wire::deploy as wire;
use cn_cli::{Failure, FailureKind, Ui};
use cn_core::deploy::{self, Clients, Confidential, End, Mode, Outcome, StackSettings};
use cn_core::failure::LogPlace;
use cn_core::inputs;
use cn_core::manifest::recorded_digests;
use cn_core::s3::S3Location;
use cn_core::secret::Secrets;
use cn_core::session::{Session, Target};
use cn_core::stack::{ChangeSetKind, Event, Pace, StackName};
use cn_core::template::Source;

use crate::args::{Args, DriftWhen, Interrupt};
use crate::words::outcome;
use crate::words::{Log, Place, Recorder, Tell, checks, summary};

/// Time added to the longest silence before this run prints a heartbeat itself. The library knows
/// more and polls the stack every ten seconds, so it goes first.
const PATIENCE: Duration = Duration::from_secs(15);

/// The parts that every kind of run needs.
pub(crate) struct Run<'a> {
    args: &'a Args,
    ui: &'a Ui,
    session: &'a Session,
    recorder: &'a Recorder,
    pace: Pace,
    /// Digests of code that `--verify` compares.
    digests: BTreeMap<S3Location, String>,
}

impl<'a> Run<'a> {
    /// Prepares a run.
    ///
    /// # Errors
    ///
    /// When a file for results cannot be written, or the manifest that `--verify` needs cannot be
    /// used.
    pub(crate) fn new(
        args: &'a Args,
        ui: &'a Ui,
        session: &'a Session,
        recorder: &'a Recorder,
    ) -> Result<Self, Failure> {
        recorder.region(session.region());
        recorder.check_files(args, ui)?;
        let digests = if args.checks.verify {
            recorded_digests(&args.template_file, args.checks.manifest.as_deref())?
        } else {
            BTreeMap::new()
        };
        Ok(Self {
            args,
            ui,
            session,
            recorder,
            pace: args.pace(ui),
            digests,
        })
    }

    /// Creates a change set from the template, then executes it, leaves it for review, or shows it.
    pub(crate) async fn deploy(&self) -> Result<(), Failure> {
        let given = self.args.given(self.args.stack()?, self.ui)?;
        let gathered = self.ui.ready(inputs::gather(self.session, &given).await?)?;
        let request = self.args.complete(gathered.request, self.ui)?;
        self.recorder.request(&request);
        let target = self.session.target().await?;
        let client = target.cloudformation();
        let place = Place {
            template: Some(request.template.path().to_string()),
            lines: gathered.lines,
            ..Place::new(self.session, &request.stack)
        };
        let tell = self.tell(&place, target, request.mode);
        let mut on_event = |event: Event| tell.event(&event);
        let read = deploy::read(client, &request, &self.pace, &mut on_event);
        let read = Box::pin(self.identified(&request.stack, self.aloud(read)));
        let facts = read.await?;
        if facts.is_busy() && self.pace.is_over() {
            return Err(out_of_time(&request.stack));
        }
        let plan = self.ui.ready(deploy::plan(&request, &facts)?)?;
        summary::deployment(self.ui, self.session, &request, &plan, &gathered.origins);
        let kind = plan.change_set.kind;
        let secrets = request.redaction();
        self.drift_before(&request.stack, kind, &secrets).await?;
        tell.owns(&request, kind);
        let clients = Clients::from(target);
        let deployed = async {
            let proposed = deploy::propose(&clients, plan, &self.pace, &mut on_event).await?;
            let gates = &request.gates;
            proposed
                .conclude(client, gates, &self.pace, &mut on_event)
                .await
        };
        let outcome = self.aloud(deployed).await;
        let outcome = outcome.map_err(|error| tell.failed(error))?;
        self.finish(&tell, &place, &secrets, outcome, Some(&request.template))
            .await
    }

    /// Executes a change set that was reviewed.
    pub(crate) async fn execute(&self, change_set: &str) -> Result<(), Failure> {
        let settings = StackSettings::gather(
            self.args.stack.stack_policy.as_deref(),
            self.args.termination_protection(),
            Mode::Execute,
        );
        let settings = self.ui.ready(settings)?;
        let (region, confidential) = (self.session.region(), self.confidential().await?);
        let reviewed = self
            .args
            .reviewed(change_set, region, settings, confidential, self.ui)?;
        let target = self.session.target().await?;
        let client = target.cloudformation();
        let mut made = Vec::new();
        let mut keep = |event: Event| made.push(event);
        let named = reviewed.stack.as_ref();
        let named = named.map_or(change_set, StackName::as_str);
        let proposal = async {
            match reviewed.read(client, &mut keep).await {
                // A retried action of a pipeline reports how that ended.
                Err(error) => match error.executed(reviewed.stack.as_ref()) {
                    Some(stack) => Ok(Err(stack.clone())),
                    None => Err(error),
                },
                Ok(proposal) => Ok(Ok(proposal)),
            }
        };
        let proposal = match Box::pin(self.identified(named, proposal)).await? {
            Ok(proposal) => proposal,
            Err(stack) => {
                self.ui
                    .status("The change set was executed before; following that operation");
                return Box::pin(self.attach(stack)).await;
            }
        };
        let stack = proposal.stack().clone();
        if self.args.stack_name.is_none() {
            self.recorder.stack(&stack);
            self.recorder.check_files(self.args, self.ui)?;
        }
        let express = proposal.express();
        summary::execution(self.ui, self.session, &stack, change_set, express);
        let secrets = proposal.secrets().clone();
        self.drift_before(&stack, proposal.kind(), &secrets).await?;
        let place = Place::new(self.session, &stack);
        let tell = self.tell(&place, target, Mode::Execute);
        let mut on_event = |event: Event| tell.event(&event);
        made.into_iter().for_each(&mut on_event);
        self.recorder.redact(&secrets);
        let verdict = proposal.judge(&self.args.run.deny);
        let outcome = verdict.conclude(client, &self.pace, &mut on_event).await;
        let outcome = outcome.map_err(|error| tell.failed(error))?;
        self.finish(&tell, &place, &secrets, outcome, None).await
    }

    /// Follows the newest operation on the stack.
    pub(crate) async fn attach(&self, stack: StackName) -> Result<(), Failure> {
        let confidential = self.confidential().await?;
        let target = self.session.target().await?;
        let client = target.cloudformation();
        let place = Place::new(self.session, &stack);
        let tell = self.tell(&place, target, Mode::Execute);
        let mut on_event = |event: Event| tell.event(&event);
        let followed = deploy::attach(client, &stack, &confidential, &self.pace, &mut on_event);
        let Some(followed) = followed.await? else {
            let message = format!("stack `{stack}` has no operation to follow");
            return Err(Failure::new(FailureKind::Failed, message).hint(
                "check `--stack-name` and `--region`; a deleted stack is not found by its name",
            ));
        };
        let (outcome, secrets) = followed;
        self.recorder.redact(&secrets);
        self.finish(&tell, &place, &secrets, outcome, None).await
    }

    /// Reports how the run ended, then runs the requested checks.
    ///
    /// * `template`: the template that the stack should have, if it was already read.
    async fn finish(
        &self,
        tell: &Tell<'_>,
        place: &Place,
        secrets: &Secrets,
        outcome: Outcome,
        template: Option<&Source>,
    ) -> Result<(), Failure> {
        let outcome = self.ready(tell, secrets, outcome).await?;
        tell.ended(&outcome);
        let log = self.function_log(secrets, &outcome).await?;
        if let Some(Log::Read(log)) = &log {
            self.recorder.function_log(log);
        }
        outcome::report(self.ui, self.args, place, &outcome, log.as_ref())?;
        Box::pin(self.check_after(&outcome, template, secrets)).await
    }

    /// Waits for resources in the background, if requested.
    async fn ready(
        &self,
        tell: &Tell<'_>,
        secrets: &Secrets,
        outcome: Outcome,
    ) -> Result<Outcome, Failure> {
        let count = outcome.in_background().len();
        if !self.args.run.wait_ready || count == 0 {
            return Ok(outcome);
        }
        self.ui.status(format!(
            "Stack {} is complete; waiting for {} to become ready",
            outcome.stack,
            cn_cli::ui::plural(count, "resource")
        ));
        let client = self.session.target().await?.cloudformation();
        let mut on_event = |event: Event| tell.event(&event);
        let ready = outcome.wait_ready(client, secrets, &self.pace, &mut on_event);
        Ok(self.aloud(Box::pin(ready)).await?)
    }

    /// Reads the log of the function of the custom resource that failed first.
    async fn function_log(
        &self,
        secrets: &Secrets,
        outcome: &Outcome,
    ) -> Result<Option<Log>, Failure> {
        let End::Failed {
            cause: Some(cause), ..
        } = &outcome.end
        else {
            return Ok(None);
        };
        let Some(found) = LogPlace::of(cause, &outcome.events) else {
            return Ok(None);
        };
        self.ui
            .detail(format!("Reading the log group {}", found.group));
        let client = self.session.target().await?.logs();
        Ok(Some(match found.read(&client, secrets).await {
            Ok(Some(log)) => Log::Read(log),
            Ok(None) => Log::Unread(found, "no answer came in time".to_owned()),
            Err(error) => Log::Unread(found, error.to_string()),
        }))
    }

    /// Checks the stack after it has reached its goal.
    async fn check_after(
        &self,
        outcome: &Outcome,
        template: Option<&Source>,
        secrets: &Secrets,
    ) -> Result<(), Failure> {
        if !matches!(outcome.end, End::Done { .. } | End::NoChanges { .. }) {
            return Ok(());
        }
        let stack = &outcome.stack;
        if self.args.checks.verify {
            let template = if let Some(template) = template {
                template.clone()
            } else {
                let file = self.args.template_file.as_str();
                let template = inputs::gather_template(self.session, file).await?;
                self.ui.ready(template)?
            };
            let target = self.session.target().await?;
            let verify = async {
                checks::verify(self.ui, target, stack, &template, secrets).await?;
                checks::verify_code(self.ui, target, stack, &self.digests, secrets).await
            };
            self.in_time(stack, verify).await?;
        }
        self.drift(stack, &[DriftWhen::After], secrets).await
    }

    /// Detects drift before an update; a stack that is about to be created has none.
    async fn drift_before(
        &self,
        stack: &StackName,
        kind: ChangeSetKind,
        secrets: &Secrets,
    ) -> Result<(), Failure> {
        if kind == ChangeSetKind::Create {
            return Ok(());
        }
        self.drift(stack, &[DriftWhen::Before, DriftWhen::Deny], secrets)
            .await
    }

    /// Detects drift if it was requested for this moment.
    async fn drift(
        &self,
        stack: &StackName,
        when: &[DriftWhen],
        secrets: &Secrets,
    ) -> Result<(), Failure> {
        let Some(asked) = self.args.checks.drift.filter(|asked| when.contains(asked)) else {
            return Ok(());
        };
        let target = self.session.target().await?;
        let denies = asked == DriftWhen::Deny;
        let drift = checks::drift(self.ui, target, stack, secrets, &self.pace, denies);
        self.in_time(stack, drift).await
    }

    fn tell<'p>(&'p self, place: &'p Place, target: &Target, mode: Mode) -> Tell<'p> {
        let cancels = self.args.run.on_interrupt == Interrupt::Cancel;
        Tell::new(self.ui, place, self.recorder, target, mode, cancels)
    }

    /// Returns the values to redact if no template declares them.
    async fn confidential(&self) -> Result<Confidential, Failure> {
        let words = self.ui.settings().written("parameter_overrides");
        Ok(Confidential::gather(self.session, &words).await?)
    }

    /// Reads inputs within the time limit and verifies the target identity at the same time: both
    /// must succeed before the first write.
    async fn identified<T, E: Into<Failure>>(
        &self,
        stack: impl Display,
        read: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Failure> {
        let both = async {
            tokio::try_join!(async { read.await.map_err(Into::into) }, async {
                self.session.verify_target().await.map_err(Failure::from)
            })
        };
        let (read, _caller) = self.in_time(stack, both).await?;
        Ok(read)
    }

    /// Runs work within the time limit; operations have their own time limit.
    async fn in_time<T>(
        &self,
        stack: impl Display,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let ended = self.pace.limit(work).await;
        ended.unwrap_or_else(|| Err(out_of_time(stack)))
    }

    /// Runs work, and prints a line after a long silence.
    async fn aloud<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = Box::pin(work);
        let began = tokio::time::Instant::now();
        loop {
            match tokio::time::timeout(Duration::from_secs(1), &mut work).await {
                Ok(done) => return done,
                // On a terminal, the time is shown next to the resources in progress.
                Err(_) if !self.ui.is_silent(PATIENCE) || !self.ui.live().is_hidden() => {}
                Err(_) => {
                    let elapsed_seconds = began.elapsed().as_secs();
                    let line = format!("still waiting after {elapsed_seconds} s");
                    let body = wire::Heartbeat {
                        elapsed_seconds,
                        in_progress: &[],
                    };
                    self.ui.heartbeat(&line, "heartbeat", body);
                }
            }
        }
    }
}

fn out_of_time(stack: impl Display) -> Failure {
    let message = format!("the time limit was reached while reading stack `{stack}`");
    Failure::new(FailureKind::Running, message)
        .hint("run again with a longer `--max-wait`; this run makes no further changes")
}
