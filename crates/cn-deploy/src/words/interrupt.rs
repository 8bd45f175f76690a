//! The response to a signal: clean-up and last message.

use cn_cli::Ui;
use cn_core::deploy::{CleanedUp, Leftovers, Prepared, Watch};
use cn_core::session::Target;
use cn_core::stack::{ChangeSetKind, ChangeSetName, Event, Setting};

/// Keeps the clean-up and the message for a signal up to date during a run.
pub(super) struct Interrupts<'a> {
    ui: &'a Ui,
    target: Target,
    /// Flags with which another run selects the same stack.
    flags: String,
    watch: Watch,
}

impl<'a> Interrupts<'a> {
    pub(super) fn new(ui: &'a Ui, target: &Target, flags: &str, watch: Watch) -> Self {
        let interrupts = Self {
            ui,
            target: target.clone(),
            flags: flags.to_owned(),
            watch,
        };
        interrupts.arm();
        interrupts
    }

    pub(super) fn owns(&self, name: &ChangeSetName, kind: ChangeSetKind) {
        self.watch.owns(name, kind);
        self.arm();
    }

    pub(super) fn event(&self, event: &Event) {
        self.watch.event(event);
        self.arm();
    }

    /// Registers the current message and clean-up for a signal.
    fn arm(&self) {
        self.ui.on_interrupt(self.leftovers());
        if !self.watch.needs_clean_up() {
            self.ui.clear_interrupt_work();
            return;
        }
        let client = self.target.cloudformation().clone();
        let words = Words {
            stack: self.watch.stack().to_string(),
            untouched: self.untouched(),
            how_to_return: self.how_to_return(),
            change_set: self.watch.to_delete(),
        };
        let watch = self.watch.clone();
        self.ui
            .at_interrupt(async move { words.of(&watch.clean_up(&client).await) });
    }

    fn leftovers(&self) -> String {
        let stack = self.watch.stack();
        let how_to_return = self.how_to_return();
        match self.watch.leftovers() {
            Leftovers::Nothing => self.untouched(),
            Leftovers::ChangeSet(name) => format!(
                "{}; change set `{name}` may be left over, which does no harm",
                self.untouched()
            ),
            Leftovers::Deleting => format!(
                "stack `{stack}`, whose creation had been rolled back, is being deleted; run again \
                 to recreate it"
            ),
            Leftovers::RollingBack => {
                format!("the rollback of stack `{stack}` continues; {how_to_return}")
            }
            Leftovers::ForReview(id) => format!("change set {id} waits for review"),
            Leftovers::MayBeExecuting => {
                format!("the change set of stack `{stack}` may be executing; {how_to_return}")
            }
            Leftovers::Executing => goes_on(stack.as_str(), &how_to_return),
        }
    }

    /// Returns the state of the stack as long as nothing is executed.
    fn untouched(&self) -> String {
        let done = self.watch.prepared().into_iter().map(|it| match it {
            Prepared::Replaced => "the stack from its failed creation was deleted".to_owned(),
            Prepared::RollbackContinued => "its rollback was continued".to_owned(),
            Prepared::Set(setting) => match setting {
                Setting::StackPolicy => "its stack policy was set",
                Setting::TerminationProtection { is_on: true } => {
                    "its termination protection was turned on"
                }
                Setting::TerminationProtection { is_on: false } => {
                    "its termination protection was turned off"
                }
            }
            .to_owned(),
        });
        let done: Vec<String> = done.collect();
        let stack = self.watch.stack();
        if done.is_empty() {
            return format!("nothing was changed in stack `{stack}`");
        }
        format!(
            "nothing else was changed in stack `{stack}`, but {}",
            done.join(", and ")
        )
    }

    fn how_to_return(&self) -> String {
        format!("follow it with `cn-deploy --attach {}`", self.flags)
    }
}

fn goes_on(stack: &str, how_to_return: &str) -> String {
    format!("the operation on stack `{stack}` continues; {how_to_return}")
}

/// The messages about the result of the clean-up.
struct Words {
    stack: String,
    untouched: String,
    how_to_return: String,
    /// The change set; `None` if there is none to delete.
    change_set: Option<ChangeSetName>,
}

impl Words {
    fn of(&self, cleaned_up: &CleanedUp) -> Option<String> {
        let Self {
            stack,
            untouched,
            how_to_return,
            ..
        } = self;
        match cleaned_up {
            CleanedUp::Nothing | CleanedUp::Left => None,
            CleanedUp::Discarded => Some(match &self.change_set {
                Some(name) => format!("{untouched}; change set `{name}` was deleted"),
                None => untouched.clone(),
            }),
            CleanedUp::Executing => Some(goes_on(stack, how_to_return)),
            CleanedUp::Cancelled => Some(format!(
                "the update was canceled and is rolling back; {how_to_return}"
            )),
            CleanedUp::NotCancelled(error) => Some(format!(
                "the update of stack `{stack}` could not be canceled and continues: {error}; \
                 {how_to_return}"
            )),
        }
    }
}
