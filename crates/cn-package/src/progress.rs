//! Progress of uploads: lines in a log, bars on a terminal.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use cn_cli::Ui;
use cn_cli::ui::plural;
use cn_cli::wire::package as wire;
use cn_core::foreign::line;
use cn_core::package::{ArtifactKey, Estimate, Event, Forecast, Sent};
use cn_core::session::AccountId;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::report::{short, size, travelled};

/// Minimum size for a bar; smaller objects are done before anyone could read their bar.
const BAR_ABOVE_BYTES: u64 = 1_000_000;

/// Reports objects that are done, and large objects in progress.
pub(crate) struct Progress<'a> {
    ui: &'a Ui,
    bars: Option<Bars>,
    started: Instant,
    forecast: Forecast,
    /// The remaining time of the build; `None` if there is no limit, or after the warning about it.
    build_left: Option<Duration>,
}

impl<'a> Progress<'a> {
    /// Creates the reporter of a run.
    ///
    /// * `build_left`: the remaining time of the build.
    pub(crate) fn new(ui: &'a Ui, build_left: Option<Duration>) -> Self {
        Self {
            ui,
            bars: None,
            started: Instant::now(),
            forecast: Forecast::new(),
            build_left,
        }
    }

    /// Reports an event, if it is time.
    pub(crate) fn event(&mut self, event: &Event) {
        match event {
            Event::Started {
                destination,
                account,
                prefix,
                objects,
            } => {
                let body = wire::Summary {
                    region: destination.region.as_str(),
                    account: account.as_ref().map(AccountId::as_str),
                    bucket: destination.bucket.as_str(),
                    prefix: prefix.as_str(),
                    objects: *objects,
                };
                let account = body.account.unwrap_or("not verified");
                let prefix = match body.prefix {
                    "" => String::new(),
                    prefix => format!(", prefix `{prefix}`"),
                };
                let line = format!(
                    "Packaging for {}, account {account}: {} in bucket `{}`{prefix}",
                    body.region,
                    plural(*objects, "object"),
                    body.bucket,
                );
                self.ui.event(&line, "summary", body);
                self.bars = Some(Bars::new(self.ui.live().clone(), *objects));
            }
            Event::Uploaded(sent) => {
                let mut sizes = size(travelled(sent).unwrap_or_default());
                if sent.reused_bytes > 0 {
                    let copied = size(sent.reused_bytes);
                    sizes = format!("{sizes}, and {copied} copied from an earlier object");
                }
                let line = format!("uploaded {} ({sizes}) as {}", sent.source, short(&sent.key));
                self.done(&line, "uploaded", sent);
            }
            Event::Copied(sent) => {
                let line = format!("copied   {} as {}", sent.source, short(&sent.key));
                self.done(&line, "copied", sent);
            }
            Event::Present(sent) => {
                let line = format!("present  {} as {}", sent.source, short(&sent.key));
                self.done(&line, "present", sent);
            }
            Event::Whole {
                key,
                source,
                reason,
            } => {
                let line = format!("whole    {source} as {}: {reason}", short(key));
                let body = wire::Whole {
                    key: key.as_str(),
                    source: source.as_str(),
                    reason: reason.to_string(),
                };
                self.ui.event(&line, "whole", body);
            }
            Event::Progress {
                key,
                sent_bytes,
                total_bytes,
            } => {
                let at = self.started.elapsed();
                self.forecast.note(at, key, *sent_bytes, *total_bytes);
                let estimate = self.forecast.estimate();
                if let Some(estimate) = &estimate {
                    self.warn_of_the_end(at, estimate);
                }
                if let Some(bars) = &mut self.bars {
                    bars.sent(key, *sent_bytes, *total_bytes);
                }
                let is_drawn = self.bars.as_ref().is_some_and(|bars| !bars.are_hidden());
                if !is_drawn && self.ui.is_silent(Duration::ZERO) {
                    let sizes = format!("{} of {}", size(*sent_bytes), size(*total_bytes));
                    let words = estimate.as_ref().map(estimated).unwrap_or_default();
                    let body = wire::Progress {
                        key: key.as_str(),
                        sent_bytes: *sent_bytes,
                        total_bytes: *total_bytes,
                        bytes_per_second: estimate.map(|estimate| estimate.rate),
                        seconds_left: estimate.map(|estimate| estimate.left.as_secs()),
                    };
                    let line = format!("sending  {}: {sizes}{words}", short(key));
                    self.ui.heartbeat(&line, "progress", body);
                }
            }
            _ => {}
        }
    }

    /// Warns once if the objects in progress need more time than the build has left.
    fn warn_of_the_end(&mut self, at: Duration, estimate: &Estimate) {
        let left = self.build_left.map(|left| left.saturating_sub(at));
        let Some(left) = left.filter(|left| estimate.left > *left) else {
            return;
        };
        self.build_left = None;
        self.ui.warn(format!(
            "the upload needs another {} at {}/s, but the build ends in {}; if it is cut off, run \
             again to continue with the parts that S3 has; later builds send only what changed, \
             unless `--no-delta` is set",
            minutes(estimate.left),
            size(estimate.rate),
            minutes(left),
        ));
    }

    fn done(&mut self, line: &str, kind: &str, sent: &Sent) {
        if let Some(bars) = &mut self.bars {
            bars.done(&sent.key);
        }
        self.ui.event(line, kind, wire::Artifact::of(sent));
    }
}

/// Formats the rate and the remaining time, which follow the sizes.
fn estimated(estimate: &Estimate) -> String {
    let left = minutes(estimate.left);
    format!(", {}/s, {left} left", size(estimate.rate))
}

/// Formats a time in seconds or, from two minutes on, in minutes.
fn minutes(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

/// A bar for each large object in progress, and a bar for all. Dropping it removes them.
struct Bars {
    block: MultiProgress,
    all: ProgressBar,
    /// The number of reported bytes of each object, and its bar.
    under_way: HashMap<ArtifactKey, (u64, Option<ProgressBar>)>,
    objects: usize,
    done: usize,
}

impl Bars {
    fn new(block: MultiProgress, objects: usize) -> Self {
        let all = block.add(ProgressBar::new(0).with_style(style(
            "{msg} [{bar:24}] {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left",
        )));
        let bars = Self {
            block,
            all,
            under_way: HashMap::new(),
            objects,
            done: 0,
        };
        bars.count();
        bars
    }

    fn are_hidden(&self) -> bool {
        self.all.is_hidden()
    }

    fn count(&self) {
        let Self { done, objects, .. } = self;
        self.all.set_message(format!("{done} of {objects} objects"));
    }

    fn sent(&mut self, key: &ArtifactKey, sent_bytes: u64, total_bytes: u64) {
        let (told, bar) = self.under_way.entry(key.clone()).or_insert_with(|| {
            self.all.inc_length(total_bytes);
            let bar = (total_bytes >= BAR_ABOVE_BYTES).then(|| {
                let bar = ProgressBar::new(total_bytes).with_message(line(&short(key)));
                let text = "  [{bar:24}] {decimal_bytes} of {decimal_total_bytes} {wide_msg}";
                self.block
                    .insert_before(&self.all, bar.with_style(style(text)))
            });
            (0, bar)
        });
        // Subtracts the bytes of a failed attempt.
        let all = (self.all.position() + sent_bytes).saturating_sub(*told);
        self.all.set_position(all);
        *told = sent_bytes;
        if let Some(bar) = bar {
            bar.set_position(sent_bytes);
        }
    }

    fn done(&mut self, key: &ArtifactKey) {
        self.done += 1;
        self.count();
        if let Some((_, Some(bar))) = self.under_way.remove(key) {
            bar.finish_and_clear();
            self.block.remove(&bar);
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        for (_, bar) in self.under_way.values() {
            bar.iter().for_each(ProgressBar::finish_and_clear);
        }
        self.all.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).expect("the templates here are valid");
    style.progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use cn_core::s3::Prefix;
    use indicatif::{InMemoryTerm, ProgressDrawTarget};

    use super::*;

    fn key(byte: u8) -> ArtifactKey {
        ArtifactKey::of_object(&Prefix::default(), &[byte; 32], "zip")
    }

    #[test]
    fn an_estimate_is_short() {
        let mut forecast = Forecast::new();
        forecast.note(Duration::ZERO, &key(1), 0, 60_000_000);
        forecast.note(Duration::from_secs(10), &key(1), 12_000_000, 60_000_000);
        let words = estimated(&forecast.estimate().expect("time has passed"));
        assert_eq!(words, ", 1.2 MB/s, 40 s left");
        assert_eq!(minutes(Duration::from_secs(119)), "119 s");
        assert_eq!(minutes(Duration::from_secs(121)), "3 min");
    }

    #[test]
    fn large_objects_have_bars_that_go_away() {
        let terminal = InMemoryTerm::new(10, 100);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let mut bars = Bars::new(MultiProgress::with_draw_target(target), 3);
        bars.sent(&key(1), 15_000_000, 60_000_000);
        bars.sent(&key(2), 500, 1_000);
        bars.all.tick();
        let shown = terminal.contents();
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 2, "{shown}");
        assert!(
            lines[0].starts_with("  [======>                 ] 15.00 MB of 60.00 MB 0101"),
            "{shown}"
        );
        assert!(lines[1].starts_with("0 of 3 objects [======> "), "{shown}");
        assert!(lines[1].contains("15.00 MB of 60.00 MB"), "{shown}");

        // The bytes of an attempt are subtracted.
        bars.sent(&key(1), 5_000_000, 60_000_000);
        assert_eq!(bars.all.position(), 5_000_500);
        bars.sent(&key(1), 60_000_000, 60_000_000);
        bars.done(&key(1));
        bars.done(&key(2));
        bars.all.tick();
        let shown = terminal.contents();
        assert!(shown.starts_with("2 of 3 objects"), "{shown}");
        drop(bars);
        assert_eq!(terminal.contents(), "");
    }
}
