//! The user interface: the only module that prints.
//!
//! The result goes to stdout, all other messages to stderr. It is not an error if the reader of
//! stdout goes away early.

use std::collections::HashSet;
use std::fmt::{self, Display};
use std::io::{self, IsTerminal, Read, Write};
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use camino::Utf8PathBuf;
use cn_core::findings::Planned;
use cn_core::session;
use cn_core::template::diag::has_errors;
use cn_core::template::{Diagnostic, Severity};
use indicatif::{MultiProgress, ProgressDrawTarget};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::common::{ColorChoice, CommonArgs};
use crate::exit::FailureKind;
use crate::failure::Failure;
use crate::lines::{
    ERROR, INDENTATION, NOTE, WARNING, exit_line, json, labeled, last_words, stderr, write_line,
};
use crate::mutex::lock;
use crate::settings::Settings;
use crate::shown::Shown;
pub use crate::shown::plural;
use crate::{environment, signals, terminal, wire};

/// The output of a program: result, progress, questions and failures.
#[derive(Debug)]
pub struct Ui {
    is_json: bool,
    is_quiet: bool,
    is_verbose: bool,
    settings: Settings,
    environment: session::Environment,
    stdout_is_gone: AtomicBool,
    at_interrupt: Mutex<Work>,
    at_end: Mutex<Last>,
    live: MultiProgress,
    silence: Mutex<Silence>,
    /// Findings printed so far: each is printed once.
    found: Mutex<HashSet<Diagnostic>>,
}

/// The time since the last message.
#[derive(Clone, Copy, Debug)]
struct Silence {
    since: Instant,
    /// Heartbeats printed since then.
    heartbeats: usize,
}

/// The work to do when the run has ended, before its failure is printed.
#[derive(Default)]
struct Last(Option<LastWork>);

type LastWork = Box<dyn FnOnce(&Ui, Option<&Failure>) + Send>;

impl fmt::Debug for Last {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "some" } else { "none" })
    }
}

/// The work to do when a signal ends the run.
#[derive(Default)]
struct Work(Option<Pin<Box<dyn Future<Output = Option<String>> + Send>>>);

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "some" } else { "none" })
    }
}

impl Ui {
    pub(crate) fn new(common: &CommonArgs, settings: Settings) -> Self {
        common.color.apply();
        Self {
            is_json: common.is_json,
            is_quiet: common.quiet,
            is_verbose: common.verbose,
            settings,
            environment: environment::of_session(),
            stdout_is_gone: AtomicBool::new(false),
            at_interrupt: Mutex::default(),
            at_end: Mutex::default(),
            live: MultiProgress::with_draw_target(live_target(common)),
            silence: Mutex::new(Silence {
                since: Instant::now(),
                heartbeats: 0,
            }),
            found: Mutex::default(),
        }
    }

    /// Returns the progress lines at the bottom, which change in place. They are hidden if stderr
    /// is not a terminal, and with `--quiet` or JSON.
    pub fn live(&self) -> &MultiProgress {
        &self.live
    }

    /// Prints a text above the progress lines.
    fn say(&self, text: &Shown) {
        *lock(&self.silence) = Silence {
            since: Instant::now(),
            heartbeats: 0,
        };
        self.live.suspend(|| stderr(text));
    }

    /// Returns true if a heartbeat is due: after 30 s of silence, then after 1, 2 and every 5 min.
    ///
    /// * `patience`: added to these times.
    pub fn is_silent(&self, patience: Duration) -> bool {
        let silence = *lock(&self.silence);
        silence.since.elapsed() >= longest_silence(silence.heartbeats) + patience
    }

    /// Prints a heartbeat like an [`event`](Self::event): it only shows that the program is at
    /// work.
    pub fn heartbeat(&self, text: &str, kind: &str, body: impl Serialize) {
        let heartbeats = lock(&self.silence).heartbeats + 1;
        self.event(text, kind, body);
        lock(&self.silence).heartbeats = heartbeats;
    }

    /// Returns the settings and their sources.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the variables that a session reads.
    pub fn environment(&self) -> &session::Environment {
        &self.environment
    }

    /// Returns the working folder, which relative paths start from.
    ///
    /// # Errors
    ///
    /// When the folder was deleted or its path is not UTF-8.
    pub fn working_folder(&self) -> Result<Utf8PathBuf, Failure> {
        let folder = environment::working_folder();
        folder.map_err(|error| {
            let failure = Failure::new(FailureKind::Input, FolderError(error));
            failure.hint("run in a folder that exists and whose path is UTF-8")
        })
    }

    /// Returns the path of another program of this workspace, such as `cn-profile`.
    ///
    /// # Errors
    ///
    /// When the system cannot name the path of the running program.
    pub fn program(&self, name: &str) -> Result<String, Failure> {
        environment::program(name).map_err(|error| Failure::new(FailureKind::Failed, error))
    }

    /// Returns the build that runs the program; its fields are `None` outside of CodeBuild.
    pub fn build(&self) -> environment::Build {
        environment::of_build()
    }

    /// Returns the remaining time of the build; `None` outside of a build or without a limit.
    ///
    /// * `timeout`: the time limit of the build, counted from its start.
    pub fn build_left(&self, timeout: Option<Duration>) -> Option<Duration> {
        let end = self.build().start?.saturating_add(timeout?);
        Some(end.saturating_sub(self.now()))
    }

    /// The file in `AWS_WEB_IDENTITY_TOKEN_FILE`.
    pub fn web_identity_token_file(&self) -> Option<Utf8PathBuf> {
        environment::web_identity_token_file()
    }

    /// Returns the files that a run reads whatever it does: settings, the AWS files,
    /// certificates and tokens. No result may overwrite one.
    pub fn inputs(&self) -> Vec<Utf8PathBuf> {
        let tokens = self.settings.values("web_identity_token").iter();
        let tokens = tokens.filter_map(|token| token.value.strip_prefix("file:"));
        let tokens = tokens.map(Utf8PathBuf::from);
        let files = &self.environment.files;
        let always = [files.credentials.clone(), files.config.clone()];
        let named = [
            self.settings.file().map(Into::into),
            self.environment.ca_bundle.clone(),
            self.web_identity_token_file(),
        ];
        let named = named.into_iter().flatten();
        always.into_iter().chain(named).chain(tokens).collect()
    }

    /// Returns the time since 1970, by the machine's clock.
    #[expect(
        clippy::disallowed_methods,
        reason = "the edge: the time becomes a fact, never a part of a plan"
    )]
    pub fn now(&self) -> Duration {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.unwrap_or_default()
    }

    /// Returns the time since 1970 in milliseconds.
    pub fn now_ms(&self) -> i64 {
        i64::try_from(self.now().as_millis()).unwrap_or(i64::MAX)
    }

    /// Reads a secret. On a terminal, prompts with `question` and turns off the echo; otherwise
    /// reads all of standard input.
    ///
    /// # Errors
    ///
    /// When standard input cannot be read.
    pub fn ask_secret(&self, question: &str) -> io::Result<SecretString> {
        if io::stdin().is_terminal() {
            let typed = terminal::guarded(|| rpassword::prompt_password(question));
            return typed.map(SecretString::from);
        }
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        Ok(text.into())
    }

    /// Asks a person on the terminal to confirm; any answer but `y` or `yes` counts as no.
    ///
    /// # Errors
    ///
    /// When standard input cannot be read.
    pub fn confirm(&self, question: &str) -> io::Result<bool> {
        self.say(&format!("{question} [y/N]").into());
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        let answer = answer.trim().to_ascii_lowercase();
        Ok(matches!(answer.as_str(), "y" | "yes"))
    }

    /// Returns true if standard input is a terminal, so that the program can ask.
    pub fn is_interactive(&self) -> bool {
        io::stdin().is_terminal()
    }

    /// Returns true with `--quiet`: only the result, warnings and errors are printed.
    pub fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// Returns true with `--format json`.
    pub fn is_json(&self) -> bool {
        self.is_json
    }

    /// Prints the result, on stdout.
    ///
    /// * `text`: the result for people: one line, a list of lines, or a [`Shown`] document.
    /// * `kind`, `body`: the same result for `--format json`; see [`wire`].
    ///
    /// # Errors
    ///
    /// When writing to stdout fails, unless its reader has gone away.
    pub fn result(
        &self,
        text: impl Into<Shown>,
        kind: &str,
        body: impl Serialize,
    ) -> Result<(), Failure> {
        self.stdout(&if self.is_json() {
            json(kind, body)
        } else {
            text.into()
        })
    }

    /// Prints a document on stdout, byte for byte: redirecting it gives the same file that the
    /// program would have written itself. A terminal gets it as [`Shown`].
    ///
    /// * `kind`, `body`: the same document for `--format json`; see [`wire`].
    ///
    /// # Errors
    ///
    /// Those of [`result`](Self::result).
    pub fn document(&self, text: &str, kind: &str, body: impl Serialize) -> Result<(), Failure> {
        if self.is_json() {
            return self.stdout(&json(kind, body));
        }
        if io::stdout().is_terminal() {
            return self.stdout(&Shown::document(text));
        }
        // Bypasses `anstream`, which would remove escape sequences of terminals.
        let mut stream = io::stdout().lock();
        let written = stream.write_all(text.as_bytes());
        self.written(written.and_then(|()| stream.flush()))
    }

    /// Prints a secret that a protocol requires on stdout, in any output format.
    ///
    /// # Errors
    ///
    /// Those of [`result`](Self::result).
    pub fn secret(&self, text: &SecretString) -> Result<(), Failure> {
        self.stdout(&Shown::styled(text.expose_secret().to_owned()))
    }

    /// Prints an event on stderr; not with `--quiet`.
    ///
    /// * `text`: one or more lines; those after the first are indented.
    /// * `kind`, `body`: the same event for `--format json`.
    pub fn event(&self, text: &str, kind: &str, body: impl Serialize) {
        self.event_as(&Shown::message(text, INDENTATION), kind, body);
    }

    fn event_as(&self, text: &Shown, kind: &str, body: impl Serialize) {
        if self.is_json() {
            self.say(&json(kind, body));
        } else if !self.is_quiet {
            self.say(text);
        }
    }

    /// Prints a status message; not with `--quiet`.
    pub fn status(&self, text: impl Display) {
        let text = text.to_string();
        self.event(&text, "status", wire::Message { message: &text });
    }

    /// Prints a detail; only with `--verbose`.
    pub fn detail(&self, text: impl Display) {
        if self.is_verbose {
            self.status(text);
        }
    }

    /// Prints a note; not with `--quiet`.
    pub fn note(&self, text: impl Display) {
        let text = text.to_string();
        self.event_as(
            &labeled("note", NOTE, &text),
            "note",
            wire::Message { message: &text },
        );
    }

    /// Prints a warning; also with `--quiet`.
    pub fn warn(&self, text: impl Display) {
        let text = text.to_string();
        if self.is_json() {
            self.say(&json("warning", wire::Message { message: &text }));
        } else {
            self.say(&labeled("warning", WARNING, &text));
        }
    }

    /// Returns true with `--verbose`.
    pub const fn is_verbose(&self) -> bool {
        self.is_verbose
    }

    /// Prints the findings that need a person, errors first, and sums up the others in one line,
    /// unless `--verbose` lists them. Skips findings that were printed before, and notes with
    /// `--quiet`.
    ///
    /// # Errors
    ///
    /// A failure of kind [`FailureKind::Input`] when one of them is an error.
    pub fn findings(&self, findings: &[Diagnostic]) -> Result<(), Failure> {
        let mut found = lock(&self.found);
        let mut new = findings.to_vec();
        new.retain(|finding| found.insert(finding.clone()));
        let all = new.as_slice();
        if self.is_json() {
            for finding in all {
                self.say(&json("finding", crate::findings::to_wire(finding)));
            }
        } else {
            let listing = crate::findings::list(all, self.is_verbose, self.is_quiet);
            if !listing.findings.is_empty() {
                self.say(&listing.findings.into_iter().collect());
            }
            if let Some(summary) = listing.summary {
                self.status(summary);
            }
        }
        if !has_errors(findings) {
            return Ok(());
        }
        let count = |severity| {
            let of_severity = findings
                .iter()
                .filter(|finding| finding.severity == severity);
            of_severity.count()
        };
        let errors = plural(count(Severity::Error), "error");
        let message = match count(Severity::Warning) {
            0 => format!("stopped because of {errors}"),
            warnings => format!(
                "stopped because of {errors}; also found {}",
                plural(warnings, "warning")
            ),
        };
        Err(Failure::new(FailureKind::Input, message))
    }

    /// Prints the findings of a plan, and returns the plan.
    ///
    /// # Errors
    ///
    /// Those of [`findings`](Self::findings).
    pub fn ready<P>(&self, planned: Planned<P>) -> Result<P, Failure> {
        self.findings(planned.findings())?;
        Ok(planned.ready()?)
    }

    /// Keeps a sentence for the case that a signal ends the run, and replaces the previous
    /// sentence. It names the operation that continues in AWS, and how to come back to it.
    pub fn on_interrupt(&self, text: impl Into<String>) {
        signals::keep(Some(text.into()));
    }

    /// Keeps work for the case that a signal ends the run, and replaces the previous work. The work
    /// deletes what nobody will use. It gets a few seconds, and its result replaces the sentence
    /// that [`on_interrupt`](Self::on_interrupt) keeps.
    pub fn at_interrupt(&self, work: impl Future<Output = Option<String>> + Send + 'static) {
        *lock(&self.at_interrupt) = Work(Some(Box::pin(work)));
    }

    /// Drops the work that [`at_interrupt`](Self::at_interrupt) keeps.
    pub fn clear_interrupt_work(&self) {
        *lock(&self.at_interrupt) = Work(None);
    }

    /// Drops the sentence and work that [`on_interrupt`](Self::on_interrupt) and
    /// [`at_interrupt`](Self::at_interrupt) keep.
    pub fn clear_interrupt(&self) {
        signals::keep(None);
        self.clear_interrupt_work();
    }

    /// Keeps work for the end of the run, whether it succeeds or fails, and replaces the previous
    /// work. The work gets the failure, if there is one, and cannot change it.
    pub fn at_end(&self, work: impl FnOnce(&Self, Option<&Failure>) + Send + 'static) {
        *lock(&self.at_end) = Last(Some(Box::new(work)));
    }

    /// Runs the work for the end of the run.
    pub(crate) fn end(&self, failure: Option<&Failure>) {
        let work = lock(&self.at_end).0.take();
        if let Some(work) = work {
            work(self, failure);
        }
    }

    /// Runs the work for a signal.
    pub(crate) async fn work_at_interrupt(&self) {
        let work = lock(&self.at_interrupt).0.take();
        if let Some(work) = work
            && let Ok(Some(text)) = tokio::time::timeout(signals::GRACE, work).await
        {
            self.on_interrupt(text);
        }
    }

    /// Prints a failure, its causes, hints and exit code.
    pub(crate) fn failure(&self, failure: &Failure) {
        self.say(&last_words(failure, self.is_json));
    }

    /// Prints a usage error and the exit code.
    pub(crate) fn usage(&self, message: &str) {
        self.say(&Shown::styled(format!(
            "{ERROR}error{ERROR:#}: {}\n",
            Shown::document(message)
        )));
        self.exit_line(FailureKind::Usage);
    }

    /// Prints the exit code, the last line of every failure; not in JSON.
    pub(crate) fn exit_line(&self, kind: FailureKind) {
        if !self.is_json() {
            self.say(&exit_line(kind));
        }
    }

    pub(crate) fn stdout(&self, text: &Shown) -> Result<(), Failure> {
        if self.stdout_is_gone.load(Ordering::Relaxed) {
            return Ok(());
        }
        let written = || write_line(anstream::stdout().lock(), text);
        self.written(self.live.suspend(written))
    }

    /// Returns the failure of a write to stdout, if there is one.
    fn written(&self, outcome: io::Result<()>) -> Result<(), Failure> {
        match outcome {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.stdout_is_gone.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => Err(Failure::new(FailureKind::Failed, StdoutError(error))),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("cannot use the working folder")]
struct FolderError(#[source] io::Error);

#[derive(Debug, thiserror::Error)]
#[error("cannot write to stdout")]
struct StdoutError(#[source] io::Error);

impl ColorChoice {
    fn apply(self) {
        let choice = match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

/// Returns the draw target of the progress lines.
fn live_target(common: &CommonArgs) -> ProgressDrawTarget {
    if common.quiet || common.is_json {
        return ProgressDrawTarget::hidden();
    }
    // `indicatif` draws nothing if stderr is not a terminal.
    ProgressDrawTarget::stderr()
}

/// Returns the longest silence after a number of heartbeats. Each time is a second short, because
/// the clocks of the callers do not run in step.
fn longest_silence(heartbeats: usize) -> Duration {
    const SECONDS: [u64; 4] = [30, 60, 120, 300];
    Duration::from_secs(SECONDS[heartbeats.min(SECONDS.len() - 1)] - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heartbeats_come_further_apart() {
        let seconds = (0..6).map(|heartbeats| longest_silence(heartbeats).as_secs() + 1);
        assert_eq!(seconds.collect::<Vec<_>>(), [30, 60, 120, 300, 300, 300]);
    }
}
