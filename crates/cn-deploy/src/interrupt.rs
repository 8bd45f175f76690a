//! What a signal leaves behind, and what is said of it.

use cn_cli::Ui;
use cn_core::deploy::{self, Discarded};
use cn_core::session::Target;
use cn_core::stack::{ChangeSetKind, ChangeSetName, Event, StackName};

/// Keeps ready, at every moment of a run, what a signal needs to do and to say.
pub(crate) struct Interrupts<'a> {
    ui: &'a Ui,
    target: Target,
    stack: StackName,
    /// Flags that lead another run to the same stack.
    flags: String,
    /// The change set that is this run's to remove; none when it is another's.
    own: Option<(ChangeSetName, ChangeSetKind)>,
    /// Whether the change set is handed over once it is ready.
    is_review: bool,
    /// Whether an update that runs is to be stopped.
    cancels: bool,
    change_set_id: String,
    /// What was done to the stack already.
    done: Vec<String>,
}

impl<'a> Interrupts<'a> {
    pub(crate) fn new(
        ui: &'a Ui,
        target: &Target,
        stack: &StackName,
        flags: &str,
        cancels: bool,
    ) -> Self {
        let interrupts = Self {
            ui,
            target: target.clone(),
            stack: stack.clone(),
            flags: flags.to_owned(),
            own: None,
            is_review: false,
            cancels,
            change_set_id: String::new(),
            done: Vec::new(),
        };
        ui.on_interrupt(interrupts.untouched());
        interrupts
    }

    /// Takes a change set for this run's own until it is executed or handed over.
    pub(crate) fn owns(&mut self, name: &ChangeSetName, kind: ChangeSetKind, is_review: bool) {
        self.own = Some((name.clone(), kind));
        self.is_review = is_review;
        self.discard_at_signal(false);
    }

    pub(crate) fn event(&mut self, event: &Event) {
        let stack = &self.stack;
        match event {
            Event::Replacing { .. } => {
                self.ui.clear_interrupt_work();
                self.ui.on_interrupt(format!(
                    "stack `{stack}`, whose creation had been rolled back, is being deleted; run again to create it anew"
                ));
                self.done
                    .push("its rolled back creation was deleted".to_owned());
            }
            Event::ContinuingRollback { .. } => {
                self.ui.clear_interrupt_work();
                self.ui.on_interrupt(format!(
                    "the rollback of stack `{stack}` goes on; {}",
                    self.how_to_return()
                ));
                self.done.push("its rollback was continued".to_owned());
            }
            Event::ChangeSetCreated { id, .. } => {
                self.change_set_id.clone_from(id);
                self.discard_at_signal(false);
            }
            Event::ChangeSetReady { .. } if self.is_review => {
                self.ui.clear_interrupt_work();
                let id = &self.change_set_id;
                self.ui
                    .on_interrupt(format!("change set {id} waits for review"));
            }
            Event::Set { what } => {
                self.done.push(format!("{what} was set"));
                self.discard_at_signal(false);
            }
            Event::AboutToExecute { kind, .. } => {
                self.ui.on_interrupt(format!(
                    "the change set of stack `{stack}` may be being executed; {}",
                    self.how_to_return()
                ));
                if self.own.is_some() {
                    self.discard_at_signal(true);
                } else if self.cancels && *kind == ChangeSetKind::Update {
                    self.cancel_at_signal();
                }
            }
            Event::Executing { kind, .. } => {
                self.ui.clear_interrupt_work();
                self.ui.on_interrupt(self.goes_on());
                if self.cancels && *kind == ChangeSetKind::Update {
                    self.cancel_at_signal();
                }
            }
            _ => {}
        }
    }

    /// * `may_run`: whether it may be being executed.
    fn discard_at_signal(&self, may_run: bool) {
        let Some((name, kind)) = self.own.clone() else {
            self.ui.on_interrupt(self.untouched());
            return;
        };
        if !may_run {
            self.ui.on_interrupt(format!(
                "{}; change set `{name}` may be left over, which does no harm",
                self.untouched()
            ));
        }
        let (client, stack) = (self.target.cloudformation().clone(), self.stack.clone());
        let gone = if self.change_set_id.is_empty() {
            self.untouched()
        } else {
            format!("{}; change set `{name}` was removed", self.untouched())
        };
        let goes_on = self.goes_on();
        let cancels = self.cancels && kind == ChangeSetKind::Update;
        let cancel = cancels.then(|| self.cancellation());
        self.ui.at_interrupt(async move {
            match deploy::discard(&client, &stack, &name, kind).await {
                Discarded::Gone => Some(gone),
                Discarded::Left => None,
                Discarded::Executed => match cancel {
                    Some(cancel) => cancel.await,
                    None => Some(goes_on),
                },
            }
        });
    }

    fn cancel_at_signal(&self) {
        self.ui.at_interrupt(self.cancellation());
    }

    /// Stops the update; gives what became of that.
    fn cancellation(&self) -> impl Future<Output = Option<String>> + use<> {
        let (client, stack) = (self.target.cloudformation().clone(), self.stack.clone());
        let how_to_return = self.how_to_return();
        async move {
            Some(match deploy::cancel(&client, stack.as_str()).await {
                Ok(()) => {
                    format!("the update was cancelled and rolls back; {how_to_return}")
                }
                Err(error) => format!(
                    "the update of stack `{stack}` was not cancelled and goes on: {error}; {how_to_return}"
                ),
            })
        }
    }

    /// What is true as long as nothing is executed.
    fn untouched(&self) -> String {
        match self.done.as_slice() {
            [] => format!("nothing was changed in stack `{}`", self.stack),
            done => format!(
                "of stack `{}` nothing else was changed, but {}",
                self.stack,
                done.join(", and ")
            ),
        }
    }

    fn goes_on(&self) -> String {
        format!(
            "the operation on stack `{}` goes on; {}",
            self.stack,
            self.how_to_return()
        )
    }

    fn how_to_return(&self) -> String {
        format!("come back to it with `cn-deploy --attach {}`", self.flags)
    }
}
