//! The run of a program, from `main` to the exit code.

use std::any::Any;
use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::sync::Mutex;

use anstream::adapter::strip_str;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Args, Command, Parser, value_parser};
use cn_core::foreign::line;
use cn_core::parameter::without_credentials;

use crate::common::{CommonArgs, FormatArgs};
use crate::exit::{self, FailureKind};
use crate::failure::{self, Failure};
use crate::settings::{self, LoadError, Origin, Setting, Settings};
use crate::signals::{self, Signals, interrupted};
use crate::ui::Ui;
use crate::{Shown, common, environment, lines, log, wire};

/// Runs a program.
///
/// Loads the settings, builds a runtime, and passes the arguments and the [`Ui`] to `run`. An error
/// of `run` is printed and becomes the exit code. A panic is an internal error; a signal ends the
/// run at its next point of waiting.
///
/// # Examples
///
/// ```no_run
/// use std::process::ExitCode;
///
/// /// Greets.
/// #[derive(clap::Parser)]
/// #[command(name = "cn-greet", version)]
/// struct Args {
///     /// Whom to greet
///     #[arg(long, default_value = "world")]
///     name: String,
/// }
///
/// fn main() -> ExitCode {
///     cn_cli::main(async |args: Args, ui: &cn_cli::Ui| {
///         ui.status("greeting");
///         ui.result(format!("hello {}", args.name), "greeting", ())
///     })
/// }
/// ```
pub fn main<A, F>(run: F) -> process::ExitCode
where
    A: Parser,
    F: AsyncFnOnce(A, &Ui) -> Result<(), Failure>,
{
    environment::without_empty();
    let command = command::<A>();
    let name = format!(
        "{} {}",
        command.get_name(),
        command.get_version().unwrap_or_default()
    );
    std::panic::set_hook(Box::new(remember));
    let ended = catch_unwind(AssertUnwindSafe(|| start(&command, run)));
    let kind = match ended {
        Ok(Ok(())) => return process::ExitCode::SUCCESS,
        Ok(Err(kind)) => kind,
        Err(payload) => internal(&name, &*payload),
    };
    process::ExitCode::from(kind.exit_code().code)
}

/// The number of examples in the short help: the first ones of the long help.
const USUAL_EXAMPLES: usize = 2;

/// Returns the command line of a program: its own flags, the common flags, a variable for each, and
/// the exit codes at the end of the long help.
pub fn command<A: Parser>() -> Command {
    let own = A::command();
    // Flattening flags into a command replaces the command's own description.
    let states_formats = own.get_arguments().any(|arg| arg.get_id() == "format");
    let formatted = if states_formats {
        own.clone()
    } else {
        FormatArgs::augment_args(own.clone())
    };
    let mut command = CommonArgs::augment_args(formatted)
        .about(None::<&str>)
        .long_about(None::<&str>);
    if let Some(about) = own.get_about() {
        command = command.about(about.clone());
    }
    if let Some(about) = own.get_long_about() {
        command = command.long_about(about.clone());
    }
    let examples = command.get_after_long_help().map(ToString::to_string);
    let examples = examples.unwrap_or_default();
    let usual: Vec<&str> = examples.lines().take(1 + USUAL_EXAMPLES).collect();
    let short = format!(
        "{}\n\n`--help` explains all options, their variables and the exit codes.",
        usual.join("\n")
    );
    let after = [environment::help(&command), exit::help(), examples].join("\n");
    command
        .max_term_width(100)
        .after_help(short.trim_start().to_owned())
        .after_long_help(after.trim_end().to_owned())
        .mut_args(|arg| {
            if ["help", "version"].contains(&arg.get_id().as_str()) {
                return arg;
            }
            let variable = environment::variable_of(arg.get_id().as_str());
            let is_rare = common::is_rare(&arg);
            arg.env(variable).hide_env(true).hide_short_help(is_rare)
        })
}

fn start<A, F>(command: &Command, run: F) -> Result<(), FailureKind>
where
    A: Parser,
    F: AsyncFnOnce(A, &Ui) -> Result<(), Failure>,
{
    let typed: Vec<OsString> = std::env::args_os().collect();
    let common = common_of(command, &typed);
    signals::speak(common.is_json);
    if let Err(failure) = has_descriptors() {
        Ui::new(&common, Settings::default()).failure(&failure);
        return Err(failure.kind);
    }
    let mut signals = Signals::listen();
    let loaded = match settings::load(command, &typed, environment::read) {
        Ok(loaded) => loaded,
        Err(error) => return not_started(error, command, &typed),
    };
    let common = CommonArgs::of(&loaded.matches);
    let common = common.expect("the command was made with these arguments");
    let args = A::from_arg_matches(&loaded.matches);
    let args = args.expect("the command was made from these arguments");
    let ui = Ui::new(&common, loaded.settings);
    let ended = ui.findings(&loaded.findings).and_then(|()| {
        if common.show_config {
            return show_config(&ui);
        }
        if !loaded.is_alone {
            start_log()?;
        }
        refuse_home(command)?;
        let is_given = |setting: &&Setting| setting.origin.rank() < Origin::Default.rank();
        for setting in ui.settings().iter().filter(is_given) {
            ui.detail(format!("Setting `{}`: {}", setting.id, setting.origin));
        }
        block_on(args, &ui, run, &mut signals)
    });
    let ended = ended.map_err(|failure| with_setting(failure, ui.settings()));
    ui.end(ended.as_ref().err());
    ended.map_err(|failure| {
        ui.failure(&failure);
        failure.kind
    })
}

/// Adds the setting that names the file that a failure is about.
fn with_setting(failure: Failure, settings: &Settings) -> Failure {
    let file = failure.file.as_deref();
    match file.and_then(|file| settings.naming(file)) {
        Some(note) => failure.note(note),
        None => failure,
    }
}

/// Fails if the AWS files would be looked up in an unusable `HOME`. Programs without an identity do
/// not read these files.
fn refuse_home(command: &Command) -> Result<(), Failure> {
    let names = ["profile", "home_profile"];
    let mut arguments = command.get_arguments();
    let has_identity = arguments.any(|arg| names.contains(&arg.get_id().as_str()));
    match environment::check_home() {
        Err(why) if has_identity => {
            let failure = Failure::new(FailureKind::Input, format!("cannot use `HOME`: {why}"));
            Err(failure.hint(
                "set `HOME` to an absolute path, or name both files with `AWS_CONFIG_FILE` and \
                 `AWS_SHARED_CREDENTIALS_FILE`",
            ))
        }
        _ => Ok(()),
    }
}

/// Fails if so few files can be open that libraries would give up half-way.
#[cfg(unix)]
fn has_descriptors() -> Result<(), Failure> {
    use std::os::fd::AsFd;
    /// An idle run has about a dozen files open.
    const FEWEST: usize = 32;
    let opened = (0..FEWEST).map(|_| std::io::stdin().as_fd().try_clone_to_owned());
    match opened.collect::<Result<Vec<_>, _>>() {
        Err(error) if failure::is_too_many_open(&error) => {
            let message = format!("the limit for open files is below {FEWEST}");
            let failure = Failure::new(FailureKind::Unavailable, message);
            Err(failure.hint("allow more with `ulimit -n`"))
        }
        _ => Ok(()),
    }
}

/// Does nothing: other systems have no such limit.
#[cfg(not(unix))]
fn has_descriptors() -> Result<(), Failure> {
    Ok(())
}

/// Reports why a run cannot start. Help and version also end here, without a failure.
fn not_started(error: LoadError, command: &Command, argv: &[OsString]) -> Result<(), FailureKind> {
    let ui = Ui::new(&common_of(command, argv), Settings::default());
    let failure = match error {
        LoadError::Clap(error) if !error.use_stderr() => {
            // A reader that has gone away is not an error.
            return error.print().or(Ok(()));
        }
        LoadError::Clap(error) => {
            let message = harmless(error);
            let message = message.trim_start_matches("error: ").trim_end();
            if !ui.is_json() {
                ui.usage(message);
                return Err(FailureKind::Usage);
            }
            Failure::new(FailureKind::Usage, message.to_owned())
        }
        LoadError::Findings(findings) => match ui.findings(&findings) {
            Ok(()) => unreachable!("one of them is an error"),
            Err(failure) => failure,
        },
        LoadError::Failure(failure) => failure,
    };
    ui.failure(&failure);
    Err(failure.kind)
}

/// Returns the message of a usage error. A refused value is put on one line, and credentials in it
/// are redacted.
fn harmless(mut error: clap::Error) -> String {
    for kind in [ContextKind::InvalidValue, ContextKind::InvalidArg] {
        if let Some(ContextValue::String(text)) = error.get(kind) {
            let text = line(&without_credentials(text));
            error.insert(kind, ContextValue::String(text));
        }
    }
    let message = error.to_string();
    match std::error::Error::source(&error).map(ToString::to_string) {
        // The message is free of the escape sequences that the reason may contain.
        Some(reason) => {
            let shown = line(&without_credentials(&reason));
            message.replace(&strip_str(&reason).to_string(), &shown)
        }
        None => message,
    }
}

/// Returns the common flags that can be read from a wrong command line.
fn common_of(command: &Command, argv: &[OsString]) -> CommonArgs {
    let common = CommonArgs::augment_args(Command::new(""));
    let is_common = |arg: &Arg| {
        let mut ids = common.get_arguments().map(Arg::get_id);
        arg.get_id() == "format" || ids.any(|id| id == arg.get_id())
    };
    let lenient = command.clone().ignore_errors(true).mut_args(|arg| {
        if is_common(&arg) || !arg.get_action().takes_values() {
            return arg.required(false);
        }
        // The other flags accept any value.
        arg.required(false).value_parser(value_parser!(OsString))
    });
    let typed = lenient.try_get_matches_from(argv);
    let typed = typed.and_then(|matches| CommonArgs::of(&matches));
    typed.unwrap_or_else(|_| {
        let nothing = CommonArgs::augment_args(Command::new("")).get_matches_from([""]);
        CommonArgs::of(&nothing).expect("every common flag has a default")
    })
}

fn show_config(ui: &Ui) -> Result<(), Failure> {
    if !ui.is_json() {
        return ui.stdout(&ui.settings().render().into());
    }
    for setting in ui.settings().iter() {
        let body = wire::Setting {
            name: &setting.id,
            values: setting.shown().collect(),
            origins: setting
                .values
                .iter()
                .map(|one| one.origin.to_string())
                .collect(),
            origin: setting.origin.to_string(),
        };
        ui.result("", "config", body)?;
    }
    Ok(())
}

fn start_log() -> Result<(), Failure> {
    let Some(filter) = environment::read(environment::LOG) else {
        return Ok(());
    };
    let filter = filter.to_string_lossy();
    log::start(&filter).map_err(|cause| {
        let failure = Failure::new(FailureKind::Input, LogError { cause });
        failure.hint("write it as `CN_LOG=debug` or `CN_LOG=cn_core=trace,aws_config=info`")
    })
}

#[derive(Debug, thiserror::Error)]
#[error("cannot use `CN_LOG`: {cause}")]
struct LogError {
    cause: String,
}

/// Runs work that never waits, such as reading and computing, on another thread, so that a signal
/// can still end the run.
pub async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Runs the program's function to its end, or until the first signal.
fn block_on<A, F>(args: A, ui: &Ui, run: F, signals: &mut Signals) -> Result<(), Failure>
where
    F: AsyncFnOnce(A, &Ui) -> Result<(), Failure>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(FailureKind::Failed, error))?;
    let ended = runtime.block_on(async {
        tokio::select! {
            biased;
            signal = signals.first() => {
                ui.work_at_interrupt().await;
                Err(interrupted(signal))
            }
            ended = run(args, ui) => ended,
        }
    });
    // After a signal, threads that compress or write a file are not waited for.
    runtime.shutdown_background();
    ended
}

/// Location of the last panic, which the payload lacks.
static PANICKED_AT: Mutex<Option<String>> = Mutex::new(None);

fn remember(panic: &std::panic::PanicHookInfo<'_>) {
    if let Ok(mut place) = PANICKED_AT.lock() {
        *place = panic.location().map(ToString::to_string);
    }
}

/// Reports an internal error.
fn internal(name: &str, payload: &(dyn Any + Send)) -> FailureKind {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    let place = PANICKED_AT.lock().ok().and_then(|mut place| place.take());
    let exit = FailureKind::Internal.exit_code();
    let text = format!(
        "internal error: {}\n\
         note: this is a bug in {name}, at {}\n\
         hint: run again with `{}=debug` and attach the output to a report\n\
         exit: {} {}",
        line(text.as_deref().unwrap_or("panic without a message")),
        place.as_deref().unwrap_or("an unknown place"),
        environment::LOG,
        exit.code,
        exit.name,
    );
    lines::stderr(&Shown::document(&text));
    FailureKind::Internal
}
