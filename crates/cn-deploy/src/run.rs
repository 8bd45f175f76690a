//! The three things a run can do: deploy, execute what was reviewed, follow.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use cn_cli::wire::deploy as wire;
use cn_cli::{Failure, FailureKind, Ui};
use cn_core::deploy::{
    self, Aftermath, Clients, DeployError, End, Mode, Outcome, Proposed, ReviewedChangeSet,
};
use cn_core::failure;
use cn_core::file::check_writable;
use cn_core::package::Digests;
use cn_core::session::{Session, Target};
use cn_core::stack::{ChangeSetKind, Event, Pace, StackName};
use cn_core::template::Source;
use cn_core::template::partition::Arn;

use crate::args::{Args, DriftWhen, Interrupt};
use crate::checks;
use crate::hidden::Hidden;
use crate::input;
use crate::interrupt::Interrupts;
use crate::record::Recorder;
use crate::report::{self, Log, Place};
use crate::say::Say;

/// So long nothing may be said.
const SILENCE: Duration = Duration::from_secs(30);

/// What every kind of run needs.
pub(crate) struct Run<'a> {
    args: &'a Args,
    ui: &'a Ui,
    session: &'a Session,
    recorder: Recorder,
    /// Digests of code that `--verify` compares.
    digests: Digests,
}

impl<'a> Run<'a> {
    /// # Errors
    ///
    /// When the manifest cannot be used that `--verify` needs.
    pub(crate) fn new(
        args: &'a Args,
        ui: &'a Ui,
        session: &'a Session,
        recorder: Recorder,
    ) -> Result<Self, Failure> {
        recorder.region(session.region());
        let files = [&args.run.outputs_file, &args.run.env_file]
            .into_iter()
            .flatten();
        for file in files.chain(&args.run.changeset_file) {
            check_writable(file)?;
        }
        let digests = if args.checks.verify {
            checks::digests(args)?
        } else {
            Digests::new()
        };
        Ok(Self {
            args,
            ui,
            session,
            recorder,
            digests,
        })
    }

    /// Makes a change set from the template and, unless asked not to, executes it.
    pub(crate) async fn deploy(&self) -> Result<(), Failure> {
        let stack = self.stack()?;
        let input::Input {
            request,
            hidden,
            pace,
            lines,
        } = input::request(self.args, self.ui, self.session, stack).await?;
        self.recorder.request(&request);
        self.ui.findings(&deploy::check(&request))?;
        let target = self.session.target().await?;
        let client = target.cloudformation();
        let mut place = self.place(&request.stack, Some(request.template.path().to_string()));
        place.hidden = hidden;
        place.lines = lines;
        let mut say = Say::new(self.ui, &place);
        let interrupts = RefCell::new(self.interrupts(target, &place, &request.stack));
        let mut on_event = |event: Event| {
            let event = place.hidden.event(event);
            say.say(&event);
            self.recorder.event(&event);
            interrupts.borrow_mut().event(&event);
        };
        // Who we are is asked while the stack is read: both must be known before the first write.
        let facts = deploy::read(client, &request, &pace, &mut on_event);
        let both = async {
            tokio::try_join!(async { facts.await.map_err(Failure::from) }, async {
                self.session.verify_target().await.map_err(Failure::from)
            })
        };
        let waits = &pace;
        let (facts, _caller) = in_time(waits, &request.stack, Box::pin(self.aloud(both))).await?;
        if facts.is_busy() && is_over(waits) {
            return Err(out_of_time(&request.stack));
        }
        let planned = deploy::plan(&request, &facts)?;
        self.ui.findings(planned.findings())?;
        let plan = planned.ready()?;
        // A stack that is only made now has nothing to drift.
        if plan.change_set.kind == ChangeSetKind::Update {
            let before = [DriftWhen::Before, DriftWhen::Deny];
            self.look_for_drift(&request.stack, &pace, &before).await?;
        }
        let is_review = request.mode == Mode::Review;
        interrupts
            .borrow_mut()
            .owns(&request.change_set, plan.change_set.kind, is_review);
        let clients = Clients {
            cloudformation: client.clone(),
            s3: target.s3().clone(),
        };
        let deployed = async {
            match deploy::propose(&clients, plan, &pace, &mut on_event).await? {
                Proposed::Ended(outcome) => Ok(*outcome),
                Proposed::Ready(proposal) => {
                    let verdict = deploy::judge(*proposal, &request.gates);
                    deploy::conclude(client, verdict, &pace, &mut on_event).await
                }
            }
        };
        let outcome = self.aloud(deployed).await;
        let outcome = outcome.map_err(|error| self.not_applied(place.hidden.error(error)))?;
        let outcome = place.hidden.outcome(outcome);
        self.report(&place, &outcome).await?;
        Box::pin(self.check_after(&outcome, &pace, Some(&request.template))).await
    }

    /// Does work, with a line after each half minute in which nothing was said.
    async fn aloud<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = Box::pin(work);
        let began = tokio::time::Instant::now();
        loop {
            match tokio::time::timeout(Duration::from_secs(1), &mut work).await {
                Ok(done) => return done,
                // On a terminal the time runs beside what is in progress.
                Err(_) if self.ui.silence() < SILENCE || !self.ui.live().is_hidden() => {}
                Err(_) => {
                    let elapsed_seconds = began.elapsed().as_secs();
                    let line = format!("still waiting, for {elapsed_seconds} s now");
                    let body = wire::Heartbeat {
                        elapsed_seconds,
                        in_progress: &[],
                    };
                    self.ui.event(&line, "heartbeat", body);
                }
            }
        }
    }

    /// Checks what was asked for once the stack is as it should be.
    ///
    /// * `template`: what it should have, when that was read already.
    async fn check_after(
        &self,
        outcome: &Outcome,
        waits: &Pace,
        template: Option<&Source>,
    ) -> Result<(), Failure> {
        if !matches!(outcome.end, End::Done { .. } | End::NoChanges { .. }) {
            return Ok(());
        }
        if self.args.checks.verify {
            let template = match template {
                Some(template) => template.clone(),
                None => input::template_of(self.args, self.ui, self.session).await?,
            };
            let target = self.session.target().await?;
            let verify = async {
                checks::verify(self.ui, target, &outcome.stack, &template).await?;
                checks::verify_code(self.ui, target, &outcome.stack, &self.digests).await
            };
            in_time(waits, &outcome.stack, Box::pin(verify)).await?;
        }
        self.look_for_drift(&outcome.stack, waits, &[DriftWhen::After])
            .await
    }

    /// Looks for drift if now is when it was asked for.
    async fn look_for_drift(
        &self,
        stack: &StackName,
        waits: &Pace,
        when: &[DriftWhen],
    ) -> Result<(), Failure> {
        let Some(asked) = self.args.checks.drift.filter(|asked| when.contains(asked)) else {
            return Ok(());
        };
        let target = self.session.target().await?;
        let drift = checks::drift(self.ui, target, stack, waits, asked == DriftWhen::Deny);
        in_time(waits, stack, Box::pin(drift)).await
    }

    /// Executes a change set that was reviewed.
    pub(crate) async fn execute(&self, change_set: &str) -> Result<(), Failure> {
        self.check_change_set(change_set)?;
        let edge = input::Edge::new(self.args, self.ui);
        let mut findings = Vec::new();
        let settings = input::settings(self.args, None, &mut findings);
        self.ui.findings(&findings)?;
        let pace = edge.pace;
        let mut reviewed =
            ReviewedChangeSet::new(change_set, self.args.stack_name.clone(), edge.change_set);
        reviewed.on_failure = input::on_failure(self.args);
        reviewed.retain_except_on_create = self.args.stack.retain_except_on_create;
        reviewed.settings = settings;
        let target = self.session.target().await?;
        let client = target.cloudformation();
        let mut made = Vec::new();
        let mut keep = |event: Event| made.push(event);
        let both = async {
            tokio::try_join!(
                async {
                    let proposal = deploy::proposed(client, &reviewed, &mut keep).await;
                    proposal.map_err(Failure::from)
                },
                async { self.session.verify_target().await.map_err(Failure::from) },
            )
        };
        let stack = reviewed
            .stack
            .as_ref()
            .map_or(change_set, StackName::as_str);
        let (proposal, _caller) = in_time(&pace, stack, Box::pin(both)).await?;
        if proposal.kind() == ChangeSetKind::Update {
            let before = [DriftWhen::Before, DriftWhen::Deny];
            self.look_for_drift(proposal.stack(), &pace, &before)
                .await?;
        }
        let place = self.place(proposal.stack(), None);
        let mut say = Say::new(self.ui, &place);
        let mut interrupts = self.interrupts(target, &place, proposal.stack());
        let mut on_event = |event: Event| {
            say.say(&event);
            self.recorder.event(&event);
            interrupts.event(&event);
        };
        made.into_iter().for_each(&mut on_event);
        let verdict = deploy::judge(proposal, &self.args.run.deny);
        let outcome = deploy::conclude(client, verdict, &pace, &mut on_event).await;
        let outcome = outcome.map_err(|error| self.not_applied(error))?;
        self.report(&place, &outcome).await?;
        Box::pin(self.check_after(&outcome, &pace, None)).await
    }

    /// Refuses what cannot name a change set of the region.
    fn check_change_set(&self, change_set: &str) -> Result<(), Failure> {
        let region = self.session.region();
        match Arn::parse(change_set) {
            None if self.args.stack_name.is_none() => Err(Failure::new(
                FailureKind::Usage,
                format!("the name `{change_set}` alone names no change set"),
            )
            .hint("pass its ARN, or its stack with `--stack-name`")),
            Some(arn) if arn.region != region.as_str() => Err(Failure::new(
                FailureKind::Usage,
                format!(
                    "change set `{change_set}` is in `{}`, and the target is `{region}`",
                    arn.region
                ),
            )
            .hint("pass the change set's region with `--region`")),
            _ => Ok(()),
        }
    }

    /// Follows the newest operation on the stack.
    pub(crate) async fn attach(&self) -> Result<(), Failure> {
        let stack = self.stack()?;
        let edge = input::Edge::new(self.args, self.ui);
        let target = self.session.target().await?;
        let client = target.cloudformation();
        let place = self.place(&stack, None);
        let mut say = Say::new(self.ui, &place);
        let mut interrupts = self.interrupts(target, &place, &stack);
        let mut on_event = |event: Event| {
            say.say(&event);
            self.recorder.event(&event);
            interrupts.event(&event);
        };
        match deploy::attach(client, &stack, &edge.pace, &mut on_event).await? {
            Some(outcome) => {
                self.report(&place, &outcome).await?;
                Box::pin(self.check_after(&outcome, &edge.pace, None)).await
            }
            None => Err(Failure::new(
                FailureKind::Failed,
                format!("stack `{stack}` has no operation to follow"),
            )
            .hint("check `--stack-name` and `--region`; a deleted stack is not found by its name")),
        }
    }

    fn stack(&self) -> Result<StackName, Failure> {
        self.args.stack_name.clone().ok_or_else(|| {
            Failure::new(FailureKind::Usage, "no stack is named").hint(
                "pass `--stack-name`, set `CN_STACK_NAME`, or put `stack_name` into `cn.toml`",
            )
        })
    }

    fn place(&self, stack: &StackName, template: Option<String>) -> Place {
        self.recorder.stack(stack);
        Place {
            region: self.session.region().clone(),
            flags: report::target_flags(stack, self.session),
            stack: stack.to_string(),
            template,
            hidden: Hidden::default(),
            lines: BTreeMap::new(),
        }
    }

    /// A step that was refused; what goes on all the same stays in the report.
    fn not_applied(&self, error: DeployError) -> DeployError {
        if error.aftermath() == Aftermath::Nothing {
            self.recorder.not_executed();
        }
        error
    }

    async fn report(&self, place: &Place, outcome: &Outcome) -> Result<(), Failure> {
        self.ui.clear_interrupt();
        self.recorder.outcome(outcome);
        let log = self.function_log(place, outcome).await?;
        if let Some(Log::Read(log)) = &log {
            self.recorder.function_log(log);
        }
        report::report(self.ui, self.args, place, outcome, log.as_ref())
    }

    /// What the function of the custom resource that failed first has logged.
    async fn function_log(&self, place: &Place, outcome: &Outcome) -> Result<Option<Log>, Failure> {
        let End::Failed {
            cause: Some(cause), ..
        } = &outcome.end
        else {
            return Ok(None);
        };
        let Some(found) = failure::log_place(cause, &outcome.events) else {
            return Ok(None);
        };
        self.ui
            .detail(format!("Reading the log group {}", found.group));
        let client = self.session.target().await?.logs();
        Ok(Some(match failure::read_log(&client, &found).await {
            Ok(Some(mut log)) => {
                for line in &mut log.lines {
                    *line = place.hidden.text(line);
                }
                Log::Read(log)
            }
            Ok(None) => Log::Unread(found, "no answer came in time".to_owned()),
            Err(error) => Log::Unread(found, error.source.to_string()),
        }))
    }

    fn interrupts(&self, target: &Target, place: &Place, stack: &StackName) -> Interrupts<'a> {
        let cancels = self.args.run.on_interrupt == Interrupt::Cancel;
        Interrupts::new(self.ui, target, stack, &place.flags, cancels)
    }
}

/// Work that ends with the time limit at the latest; what is executed has a limit of its own.
async fn in_time<T>(
    waits: &Pace,
    stack: impl Display,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let Some(deadline) = waits.deadline else {
        return work.await;
    };
    let ended = tokio::time::timeout_at(deadline, work).await;
    ended.unwrap_or_else(|_| Err(out_of_time(stack)))
}

fn is_over(waits: &Pace) -> bool {
    let now = tokio::time::Instant::now();
    waits.deadline.is_some_and(|deadline| deadline <= now)
}

fn out_of_time(stack: impl Display) -> Failure {
    let message = format!("the time limit was reached while stack `{stack}` was being looked at");
    Failure::new(FailureKind::Running, message)
        .hint("run again with a longer `--max-wait`; this run changes nothing any more")
}
