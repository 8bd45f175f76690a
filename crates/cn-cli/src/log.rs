//! Tracing on stderr, enabled by `CN_LOG`.

use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::{Shown, lines};

/// Prefix of the names of all crates of this workspace; a level alone applies to them.
const OURS: &str = "cn_";

/// Starts tracing.
///
/// * `filter`: levels and `target=level`, separated by commas. A level alone applies to our crates.
///   Other crates log only if they are named, and never finer than `debug`: below that, the layers
///   under HTTP write the data that they send.
///
/// # Errors
///
/// The part of `filter` that is not valid.
pub(crate) fn start(filter: &str) -> Result<(), String> {
    let asked: Targets = filter.parse().map_err(|error| format!("{error}"))?;
    let mut targets = Targets::new();
    if let Some(level) = asked.default_level() {
        targets = targets.with_target(OURS, level);
    }
    for (target, level) in &asked {
        let is_ours = target.starts_with(OURS);
        let level = if is_ours {
            level
        } else {
            level.min(LevelFilter::DEBUG)
        };
        targets = targets.with_target(target, level);
    }
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(|| Lines)
        .with_ansi(false)
        .without_time();
    tracing_subscriber::registry()
        .with(targets)
        .with(lines)
        .init();
    Ok(())
}

/// Prints events, and escapes foreign text in them.
struct Lines;

impl io::Write for Lines {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        lines::stderr(&Shown::message(&String::from_utf8_lossy(event), "  "));
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
