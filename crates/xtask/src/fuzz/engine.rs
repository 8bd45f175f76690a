//! Executions of one fuzz target: texts, laws, and the smallest text that breaks a law.
//!
//! The seed alone determines an execution, so that a finding can be repeated.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use camino::{Utf8DirEntry, Utf8Path, Utf8PathBuf};
use cn_testkit::{target_folder, workspace_folder};
use fs_err as fs;

use super::mutation::{Random, mutated};

/// Number of findings that end a run.
const MOST_FINDINGS: usize = 10;
/// An execution takes milliseconds; after this time, it counts as endless.
const HANG: Duration = Duration::from_secs(20);
/// The stack size of the threads that the programs parse on.
const STACK_BYTES: usize = 2 * 1024 * 1024;

/// The current seed.
static NOW: AtomicU64 = AtomicU64::new(0);

/// The target of fuzzing.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Its name, for messages and files.
    pub(crate) name: &'static str,
    /// The texts that mutations start from.
    pub(crate) texts: Vec<String>,
    /// Checks the laws on a text, with a seed; returns true if the text could be read.
    ///
    /// A broken law panics.
    pub(crate) check: fn(&str, u64) -> bool,
}

/// The result of a run.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) executions: u64,
    /// Number of texts that could be read.
    pub(crate) read: u64,
    /// Seed, message, and the smallest text that breaks the law.
    pub(crate) broken: Vec<(u64, String, String)>,
}

impl Target {
    /// Checks the laws on a text. The error is the message of the law that it breaks.
    pub(crate) fn broken(&self, text: &str, seed: u64) -> Result<bool, String> {
        let check = self.check;
        catch_unwind(AssertUnwindSafe(|| check(text, seed))).map_err(|panic| message(&*panic))
    }

    /// Returns a smaller text that also breaks a law, by removing pieces as long as it does.
    pub(crate) fn smaller(&self, text: &str, seed: u64) -> String {
        let mut text: Vec<char> = text.chars().collect();
        let mut size = text.len() / 2;
        while size > 0 {
            let mut at = 0;
            while at < text.len() {
                let mut without = text.clone();
                without.drain(at..(at + size).min(text.len()));
                let shown: String = without.iter().collect();
                if self.broken(&shown, seed).is_err() {
                    text = without;
                } else {
                    at += size;
                }
            }
            size /= 2;
        }
        text.into_iter().collect()
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    text.unwrap_or_else(|| "a panic without a message".to_owned())
}

/// Returns the texts of all files below a folder of the workspace with one of these extensions.
pub(crate) fn texts(folder: &str, extensions: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    gather(&workspace_folder().join(folder), extensions, &mut found);
    found
}

fn gather(folder: &Utf8Path, extensions: &[&str], found: &mut Vec<String>) {
    let Ok(entries) = folder.read_dir_utf8() else {
        return;
    };
    let mut paths: Vec<Utf8PathBuf> = entries.flatten().map(Utf8DirEntry::into_path).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            gather(&path, extensions, found);
        } else if path
            .extension()
            .is_some_and(|extension| extensions.contains(&extension))
        {
            found.extend(fs::read_to_string(&path));
        }
    }
}

/// Runs until `until` returns true for the number of executions, or there are `MOST_FINDINGS`.
///
/// * `seed`: the first execution's seed; it increases by one for each execution.
/// * `now`: is set to the current seed, for observers.
pub(crate) fn execute(
    target: &Target,
    seed: u64,
    until: impl Fn(u64) -> bool,
    now: &AtomicU64,
) -> Found {
    let mut found = Found::default();
    for seed in seed.. {
        if until(found.executions) || found.broken.len() >= MOST_FINDINGS {
            break;
        }
        now.store(seed, Ordering::Relaxed);
        let text = mutated(&target.texts, &mut Random(seed));
        found.executions += 1;
        match target.broken(&text, seed) {
            Ok(is_read) => found.read += u64::from(is_read),
            Err(message) => {
                let is_known = found
                    .broken
                    .iter()
                    .any(|(_, known, _)| alike(known, &message));
                if !is_known {
                    let text = target.smaller(&text, seed);
                    found.broken.push((seed, message, text));
                }
            }
        }
    }
    found
}

/// Returns true if two messages begin alike: they quote different texts, and the beginnings name
/// the law.
fn alike(one: &str, other: &str) -> bool {
    let beginning = |text: &str| text.chars().take(24).collect::<String>();
    beginning(one) == beginning(other)
}

/// Fuzzes for a time, on one core.
///
/// # Errors
///
/// When a law is broken; the texts that show it are in `target/fuzz`.
///
/// * `say`: prints a line.
pub(crate) fn run(
    target: Target,
    seconds: u64,
    seed: u64,
    say: fn(&str),
) -> Result<(), Box<dyn std::error::Error>> {
    let name = target.name;
    let (start, time) = (Instant::now(), Duration::from_secs(seconds));
    say(&format!("fuzzing {name} for {seconds} s from seed {seed}"));
    // A broken law is reported at the end, not where it panics.
    std::panic::set_hook(Box::new(|_| {}));
    let work = std::thread::Builder::new().stack_size(STACK_BYTES);
    let work = work.spawn(move || execute(&target, seed, |_| start.elapsed() >= time, &NOW))?;
    let (mut last, mut since) = (0, Instant::now());
    while !work.is_finished() {
        std::thread::sleep(Duration::from_millis(200));
        let now = NOW.load(Ordering::Relaxed);
        if now != last {
            (last, since) = (now, Instant::now());
        } else if since.elapsed() > HANG {
            return Err(format!("seed {now} takes longer than {HANG:?}").into());
        }
    }
    let found = work.join().map_err(|panic| message(&*panic))?;
    say(&format!(
        "{} executions in {:.0} s, {} of them read, {} findings",
        found.executions,
        start.elapsed().as_secs_f64(),
        found.read,
        found.broken.len()
    ));
    let folder = target_folder().join("fuzz");
    fs::create_dir_all(&folder)?;
    for (seed, message, text) in &found.broken {
        let path = folder.join(format!("{name}-{seed}.txt"));
        fs::write(&path, text)?;
        let shown: String = message.chars().take(400).collect();
        say(&format!("seed {seed}, {path}: {text:?}\n  {shown}"));
    }
    if found.broken.is_empty() {
        Ok(())
    } else {
        Err("laws are broken".into())
    }
}
