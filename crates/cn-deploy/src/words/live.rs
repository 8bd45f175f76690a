//! The lines below the events on a terminal: resources in progress, with their times.

use std::collections::BTreeMap;
use std::time::Duration;

use cn_core::foreign;
use cn_core::stack::ResourceEvent;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// The interval at which the times are updated.
const TICK: Duration = Duration::from_secs(1);

/// Maximum number of lines for resources: a stack may have hundreds in progress.
const MOST: usize = 12;

/// A line for the stack, and one for each resource in progress.
#[derive(Debug)]
pub(crate) struct Live {
    block: MultiProgress,
    stack: Option<ProgressBar>,
    /// Lines by stack and logical ID.
    rows: BTreeMap<(String, String), ProgressBar>,
}

impl Live {
    pub(crate) fn new(block: &MultiProgress) -> Self {
        Self {
            block: block.clone(),
            stack: None,
            rows: BTreeMap::new(),
        }
    }

    /// Returns true if there is a terminal to show the lines on.
    pub(crate) fn is_shown(&self) -> bool {
        !self.block.is_hidden()
    }

    /// Updates the lines for an event.
    ///
    /// * `count`: the progress of the operation.
    pub(crate) fn follow(&mut self, event: &ResourceEvent, count: String) {
        let is_root = event.is_root();
        if is_root && !event.is_in_progress() {
            self.clear();
            return;
        }
        let block = &self.block;
        let stack = self.stack.get_or_insert_with(|| line(block));
        stack.set_message(count);
        if event.is_stack() {
            return;
        }
        let key = (event.stack_id.clone(), event.logical_id.clone());
        if !event.is_in_progress() {
            if let Some(row) = self.rows.remove(&key) {
                row.finish_and_clear();
                self.block.remove(&row);
            }
            return;
        }
        if self.rows.len() >= MOST && !self.rows.contains_key(&key) {
            return;
        }
        let row = self.rows.entry(key).or_insert_with(|| line(block));
        row.set_message(foreign::line(&format!(
            "{} {} {}",
            event.status,
            event.full_path(),
            event.resource_type
        )));
    }

    /// Removes all lines from the screen.
    pub(crate) fn clear(&mut self) {
        for row in std::mem::take(&mut self.rows).into_values() {
            row.finish_and_clear();
        }
        if let Some(stack) = self.stack.take() {
            stack.finish_and_clear();
        }
    }
}

impl Drop for Live {
    /// Removes the lines, however the run ends.
    fn drop(&mut self) {
        self.clear();
    }
}

fn line(block: &MultiProgress) -> ProgressBar {
    let style = ProgressStyle::with_template("   {elapsed} {wide_msg}");
    let style = style.expect("the template is one");
    let bar = block.add(ProgressBar::new_spinner().with_style(style));
    bar.enable_steady_tick(TICK);
    bar
}

#[cfg(test)]
mod tests {
    use cn_core::Timestamp;
    use indicatif::{InMemoryTerm, ProgressDrawTarget};

    use super::*;

    fn event(id: &str, status: &str) -> ResourceEvent {
        ResourceEvent {
            id: String::new(),
            at: Timestamp(0),
            stack_id: "arn:orders".into(),
            path: Vec::new(),
            logical_id: id.into(),
            physical_id: (id == "orders").then(|| "arn:orders".into()),
            resource_type: "AWS::SQS::Queue".into(),
            status: status.into(),
            reason: None,
            background: None,
            hook: None,
            service_token: None,
        }
    }

    #[test]
    fn what_is_in_progress_is_shown_and_then_gone() {
        let screen = InMemoryTerm::new(30, 80);
        let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
        let block = MultiProgress::with_draw_target(target);
        let mut live = Live::new(&block);
        let mut said = Vec::new();
        for (id, status) in [
            ("orders", "UPDATE_IN_PROGRESS"),
            ("Queue", "UPDATE_IN_PROGRESS"),
            ("Topic", "CREATE_IN_PROGRESS"),
            ("Queue", "UPDATE_COMPLETE"),
            ("orders", "UPDATE_COMPLETE"),
        ] {
            live.follow(&event(id, status), "[1/3]".into());
            said.push(screen.contents());
        }
        let queue = "   0s UPDATE_IN_PROGRESS Queue AWS::SQS::Queue";
        let topic = "   0s CREATE_IN_PROGRESS Topic AWS::SQS::Queue";
        assert_eq!(said[1], format!("   0s [1/3]\n{queue}"));
        assert_eq!(said[2], format!("   0s [1/3]\n{queue}\n{topic}"));
        assert_eq!(said[3], format!("   0s [1/3]\n{topic}"));
        assert_eq!(said[4], "");
        for number in 0..40 {
            live.follow(
                &event(&format!("R{number}"), "CREATE_IN_PROGRESS"),
                String::new(),
            );
        }
        assert_eq!(screen.contents().lines().count(), 13);
        drop(live);
        assert_eq!(screen.contents(), "");
    }
}
