//! Settings from flags, variables, configuration file and defaults.
//!
//! `clap` does all the parsing: values from variables and the file become default values of the
//! command before the command line is parsed, and the source of each value is recorded. The order
//! gives the precedence: flag, `CN_` variable, legacy variable, file, default. Settings that are
//! tables are merged in that order, key by key.

mod file;
mod given;
mod sam;
mod words;

use std::ffi::OsString;

use camino::{Utf8Path, Utf8PathBuf};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use cn_core::foreign;
use cn_core::inputs::Written;
use cn_core::parameter::without_credentials;
use cn_core::template::Diagnostic;

use crate::environment;
use crate::exit::FailureKind;
use crate::failure::Failure;
use file::ConfigFile;
pub(crate) use given::LoadError;
use given::{Given, MERGED, Shape, several, shape, shown};
pub use given::{Origin, Sourced};

/// The switch that makes a program ignore variables and files, in programs that have it. Only the
/// command line can set it: the sources that it disables cannot.
const FLAGS_ONLY: &str = "flags_only";

/// Settings that name files or folders of results; two of them name an input in some programs.
pub const RESULTS: [&str; 8] = [
    "output_template_file",
    "outputs_file",
    "env_file",
    "changeset_file",
    "report",
    "output",
    "manifest",
    "baseline",
];

/// Flags that exist only on the command line, and set nothing.
const NO_SETTINGS: [&str; 3] = [FLAGS_ONLY, "help", "version"];

/// A setting, its values and their sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The flag's name with underscores: the key in the configuration file.
    pub id: String,
    /// Its values, farthest from the command line first; empty if it is not set.
    pub values: Vec<Sourced>,
    /// True if it is a flag without a value.
    pub is_switch: bool,
    /// The source of the nearest value.
    pub origin: Origin,
}

/// All settings of a run, in the order of the help.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    entries: Vec<Setting>,
    /// The configuration file.
    file: Option<Utf8PathBuf>,
}

impl Settings {
    /// Returns every setting of the program.
    pub fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.entries.iter()
    }

    /// Returns the configuration file that was read.
    pub fn file(&self) -> Option<&Utf8Path> {
        self.file.as_deref()
    }

    /// Returns the source of the setting of that name; [`Origin::Unset`] if there is none.
    pub fn origin(&self, id: &str) -> &Origin {
        let entry = self.entries.iter().find(|entry| entry.id == id);
        entry.map_or(&Origin::Unset, |entry| &entry.origin)
    }

    /// Returns the values of a setting, farthest from the command line first. Of two values for one
    /// key, the later takes precedence.
    pub fn values(&self, id: &str) -> &[Sourced] {
        let entry = self.entries.iter().find(|entry| entry.id == id);
        entry.map_or(&[], |entry| &entry.values)
    }

    /// Returns the values of a setting in the form that the library reads, with their sources and
    /// with `~/` in paths of files expanded.
    pub fn written(&self, id: &str) -> Vec<Written> {
        let values = self.values(id).iter();
        let written = values.map(|sourced| Written {
            text: match sourced.value.strip_prefix("file://~/") {
                Some(path) => format!("file://{}", environment::home_folder().join(path)),
                None => sourced.value.clone(),
            },
            place: match &sourced.origin {
                Origin::Flag => None,
                origin => Some(origin.to_string()),
            },
        });
        written.collect()
    }

    /// Returns a sentence about the settings that name a result's file, or its folder.
    pub(crate) fn naming(&self, file: &Utf8Path) -> Option<String> {
        let place = |id: &str, origin: &Origin| match origin {
            Origin::Flag => Some(format!("`--{}`", id.replace('_', "-"))),
            Origin::Variable(_) | Origin::LegacyVariable(_) => Some(format!("`{origin}`")),
            Origin::File { .. } => Some(format!("`{id}` in {origin}")),
            Origin::Default | Origin::Unset => None,
        };
        let places = RESULTS.iter().flat_map(|id| {
            let values = self.values(id).iter();
            let named = values.filter(|it| !it.value.is_empty() && file.starts_with(&it.value));
            named.filter_map(move |it| place(id, &it.origin))
        });
        let places: Vec<String> = places.collect();
        (!places.is_empty()).then(|| format!("`{file}` comes from {}", places.join(" and ")))
    }

    /// Returns the distance of a setting from the command line, which has rank 0. Of two settings
    /// that cannot be combined, the lower rank takes precedence.
    pub fn rank(&self, id: &str) -> u8 {
        self.origin(id).rank()
    }

    /// Renders the settings as a configuration file, with their sources.
    pub(crate) fn render(&self) -> Vec<String> {
        let left: Vec<String> = self.entries.iter().map(Setting::render).collect();
        let width = left
            .iter()
            .filter(|text| !text.contains('\n'))
            .map(|text| text.chars().count())
            .max()
            .unwrap_or(0);
        let lines = left
            .iter()
            .zip(&self.entries)
            .flat_map(|(left, entry)| match entry.origin {
                _ if left.contains('\n') => left.lines().map(str::to_owned).collect(),
                Origin::Unset => vec![left.clone()],
                _ => vec![format!("{left:<width$}  # {}", entry.origin)],
            });
        lines.collect()
    }
}

impl Setting {
    /// Returns the values as they may be shown: values of parameters are redacted.
    pub(crate) fn shown(&self) -> impl Iterator<Item = String> {
        let values = self.values.iter();
        values.map(|sourced| shown(&self.id, &sourced.value))
    }

    fn render(&self) -> String {
        let quoted: Vec<String> = self
            .shown()
            // A JSON string is also a TOML string, and has one line.
            .map(|value| foreign::json(&serde_json::Value::from(value).to_string()))
            .collect();
        let is_mixed = self.values.iter().any(|one| one.origin != self.origin);
        match (&self.origin, &quoted[..]) {
            (Origin::Unset, _) => format!("# {} is not set", self.id),
            (_, [_]) if self.is_switch => format!("{} = {}", self.id, self.values[0].value),
            (_, many) if is_mixed => {
                let values = many.iter().zip(&self.values);
                let lines =
                    values.map(|(value, sourced)| format!("    {value},  # {}\n", sourced.origin));
                format!("{} = [\n{}]", self.id, lines.collect::<String>())
            }
            (_, [one]) => format!("{} = {one}", self.id),
            (_, many) => format!("{} = [{}]", self.id, many.join(", ")),
        }
    }
}

/// The settings and findings that a run starts with.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) matches: ArgMatches,
    pub(crate) settings: Settings,
    /// Warnings about the configuration file.
    pub(crate) findings: Vec<Diagnostic>,
    /// True if only the command line is used.
    pub(crate) is_alone: bool,
}

/// Parses the command line, on top of variables and configuration file.
///
/// * `command`: the result of [`command`](crate::command).
/// * `argv`: the program's name first.
/// * `variable`: the value of an environment variable.
pub(crate) fn load(
    command: &Command,
    argv: &[OsString],
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Loaded, LoadError> {
    let mut first = look_at(command, argv, &variable)?;
    let is_alone = first.is_typed(FLAGS_ONLY);
    let variable = |name: &str| variable(name).filter(|_| !is_alone);
    if is_alone {
        first = look_at(command, argv, &variable)?;
    }
    let given_by_variables = variables(command, &variable).map_err(LoadError::Failure)?;
    let mut findings = Vec::new();
    let file = if is_alone { None } else { first.file()? };
    let path = file.as_ref().map(|file| file.path().to_owned());
    let given_by_file = match file {
        None => Vec::new(),
        Some(file) => file.settings(command, &first.environment, &mut findings),
    };
    if cn_core::template::diag::has_errors(&findings) {
        return Err(LoadError::Findings(findings));
    }
    let candidates = given_by_variables.into_iter().chain(given_by_file);
    let (matches, entries) = merged(command, argv, &first, candidates)?;
    Ok(Loaded {
        matches,
        settings: Settings {
            entries,
            file: path,
        },
        findings,
        is_alone,
    })
}

/// Parses the command line, on top of values from other sources.
///
/// * `candidates`: these values, nearest first.
fn merged(
    command: &Command,
    argv: &[OsString],
    first: &First,
    candidates: impl Iterator<Item = Given>,
) -> Result<(ArgMatches, Vec<Setting>), LoadError> {
    let mut given: Vec<Given> = Vec::new();
    for candidate in candidates {
        let is_void = given
            .iter()
            .any(|nearer| excludes(command, nearer, &candidate));
        if !is_void && !first.excludes(command, &candidate.id) {
            given.push(candidate);
        }
    }
    let command = command.clone().mut_args(|arg| {
        let arg = arg.env(None::<&str>);
        let id = arg.get_id().as_str();
        let of_arg = given.iter().rev().filter(|one| one.id == id);
        let values: Vec<OsString> = of_arg.clone().flat_map(|one| one.values.clone()).collect();
        match of_arg.count() {
            0 => arg,
            _ if first.is_typed(id) => arg.required(false),
            // The values are already separate, and may contain the delimiter.
            _ => arg
                .required(false)
                .value_delimiter(None)
                .default_values(values),
        }
    });
    let matches = command
        .clone()
        .try_get_matches_from(argv)
        .map_err(|error| refused(error, command.clone(), &given))?;
    let settings = command
        .get_arguments()
        .filter(|arg| !NO_SETTINGS.contains(&arg.get_id().as_str()))
        .map(|arg| setting(arg, &matches, &given))
        .collect();
    Ok((matches, settings))
}

/// Reads the text of a configuration file alone, as a program without arguments would.
///
/// Returns the lines of `--show-config`, and the problems of the text.
///
/// * `path`: the file's name; `samconfig.toml` is read as the SAM CLI does.
/// * `environment`: the environment to read.
///
/// # Errors
///
/// The reason, if the text cannot be used.
pub fn of_text(
    command: &Command,
    path: &Utf8Path,
    text: &str,
    environment: &str,
) -> Result<(Vec<String>, Vec<Diagnostic>), String> {
    let reason = |error: LoadError| match error {
        LoadError::Clap(error) => error.to_string(),
        LoadError::Findings(findings) => findings.into_iter().map(|it| it.message).collect(),
        LoadError::Failure(failure) => failure.chain().join(": "),
    };
    let command = command.clone().mut_args(|arg| arg.required(false));
    let argv = [OsString::from(command.get_name())];
    let first = First {
        on_command_line: Vec::new(),
        file: None,
        beside: None,
        environment: file::Environment {
            name: environment.to_owned(),
            is_asked_for: true,
        },
    };
    let mut findings = Vec::new();
    let file = ConfigFile::new(path, text.to_owned());
    let given = file.settings(&command, &first.environment, &mut findings);
    if cn_core::template::diag::has_errors(&findings) {
        return Err(reason(LoadError::Findings(findings)));
    }
    let (_, entries) = merged(&command, &argv, &first, given.into_iter()).map_err(reason)?;
    let settings = Settings {
        entries,
        file: Some(path.to_owned()),
    };
    Ok((settings.render(), findings))
}

/// Returns true if a nearer value overrides a farther value: the same flag, `x` and `no_x`, and
/// flags that cannot be given together, unless both have the same rank.
///
/// `clap` checks for conflicts only among typed flags.
fn excludes(command: &Command, nearer: &Given, farther: &Given) -> bool {
    (nearer.id == farther.id && !MERGED.contains(&nearer.id.as_str()))
        || is_opposite(&nearer.id, &farther.id)
        || (nearer.origin.rank() < farther.origin.rank()
            && !nearer.is_off()
            && is_in_conflict(command, &nearer.id, &farther.id))
}

/// Returns true if one of two flags is declared to conflict with the other.
fn is_in_conflict(command: &Command, one: &str, other: &str) -> bool {
    let declares = |one: &str, other: &str| {
        let arg = command.get_arguments().find(|arg| arg.get_id() == one);
        let conflicts = arg.map(|arg| command.get_arg_conflicts_with(arg));
        conflicts.is_some_and(|found| found.iter().any(|arg| arg.get_id() == other))
    };
    declares(one, other) || declares(other, one)
}

fn is_opposite(one: &str, other: &str) -> bool {
    one.strip_prefix("no_") == Some(other) || other.strip_prefix("no_") == Some(one)
}

/// The settings that locate the configuration file.
struct First {
    on_command_line: Vec<String>,
    file: Option<Utf8PathBuf>,
    /// The first folder to look for the file in.
    beside: Option<Utf8PathBuf>,
    environment: file::Environment,
}

/// Parses the command line and ignores mistakes. Help and version end here.
fn look_at(
    command: &Command,
    argv: &[OsString],
    variable: &impl Fn(&str) -> Option<OsString>,
) -> Result<First, LoadError> {
    let matches = command
        .clone()
        .mut_args(|arg| arg.required(false))
        .ignore_errors(true)
        .try_get_matches_from(argv)
        .map_err(LoadError::Clap)?;
    let is_typed = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let ids = command.get_arguments().map(|arg| arg.get_id().as_str());
    let text = |id: &str| {
        let typed = raw(&matches, id).filter(|_| is_typed(id));
        typed.or_else(|| variable(&environment::variable_of(id))?.into_string().ok())
    };
    let named = text("config_env");
    Ok(First {
        file: text("config_file").map(Utf8PathBuf::from),
        beside: text("template_file")
            .or_else(|| text("paths"))
            .and_then(|path| folder_of(Utf8Path::new(&path))),
        environment: file::Environment {
            is_asked_for: named.is_some(),
            name: named.unwrap_or_else(|| "default".to_owned()),
        },
        on_command_line: ids.filter(|id| is_typed(id)).map(str::to_owned).collect(),
    })
}

fn raw(matches: &ArgMatches, id: &str) -> Option<String> {
    let mut values = matches.try_get_raw(id).ok()??;
    values.next()?.to_str().map(str::to_owned)
}

/// Returns the path if it is a folder, else its parent.
fn folder_of(path: &Utf8Path) -> Option<Utf8PathBuf> {
    if path.is_dir() {
        return Some(path.to_owned());
    }
    path.parent().map(Utf8Path::to_owned)
}

impl First {
    fn is_typed(&self, id: &str) -> bool {
        self.on_command_line.iter().any(|typed| typed == id)
    }

    /// Returns true if a typed flag overrides any other value of a flag.
    fn excludes(&self, command: &Command, id: &str) -> bool {
        self.on_command_line
            .iter()
            .any(|typed| is_opposite(typed, id) || is_in_conflict(command, typed, id))
    }

    fn file(&self) -> Result<Option<ConfigFile>, LoadError> {
        if let Some(path) = &self.file {
            return ConfigFile::read(path).map(Some);
        }
        for folder in self
            .beside
            .as_deref()
            .into_iter()
            .chain([Utf8Path::new("")])
        {
            for name in ["cn.toml", "samconfig.toml"] {
                let path = folder.join(name);
                // A file that exists but cannot be read is an error.
                if path.as_std_path().symlink_metadata().is_ok() {
                    return ConfigFile::read(&path).map(Some);
                }
            }
        }
        Ok(None)
    }
}

/// Returns the values of `CN_` and legacy variables, nearest first.
fn variables(
    command: &Command,
    variable: &impl Fn(&str) -> Option<OsString>,
) -> Result<Vec<Given>, Failure> {
    let mut given = Vec::new();
    for arg in command.get_arguments() {
        let id = arg.get_id().as_str();
        if NO_SETTINGS.contains(&id) {
            continue;
        }
        let name = environment::variable_of(id);
        if let Some(value) = variable(&name) {
            given.push(of_variable(arg, value, Origin::Variable(name))?);
        }
    }
    for (id, name) in environment::LEGACY {
        let arg = command.get_arguments().find(|arg| arg.get_id() == id);
        if let (Some(arg), Some(value)) = (arg, variable(name)) {
            given.push(of_variable(arg, value, Origin::LegacyVariable(name))?);
        }
    }
    Ok(given)
}

fn of_variable(arg: &Arg, value: OsString, origin: Origin) -> Result<Given, Failure> {
    let id = arg.get_id().to_string();
    let refuse = |message: &str| {
        let failure = Failure::new(
            FailureKind::Input,
            format!("cannot use `{origin}`: {message}"),
        );
        failure.hint(format!("correct `{origin}`, or unset it"))
    };
    let values = match (value.to_str(), shape(arg)) {
        (_, Shape::One) => vec![value],
        (None, _) => return Err(refuse("it is not UTF-8 text")),
        (Some(text), Shape::Switch) => {
            let is_on =
                words::switch(text).ok_or_else(|| refuse("it is neither true nor false"))?;
            vec![OsString::from(is_on.to_string())]
        }
        (Some(text), Shape::Many) => {
            let words = several(arg, text).ok_or_else(|| refuse("a quote is not closed"))?;
            words.into_iter().map(OsString::from).collect()
        }
    };
    Ok(Given { id, values, origin })
}

fn setting(arg: &Arg, matches: &ArgMatches, given: &[Given]) -> Setting {
    let id = arg.get_id().as_str();
    let is_switch = shape(arg) == Shape::Switch;
    let by_us = || given.iter().rev().filter(|one| one.id == id);
    let nearest = given.iter().find(|one| one.id == id);
    let origin = match (matches.value_source(id), nearest) {
        (None, _) => Origin::Unset,
        (Some(ValueSource::DefaultValue), Some(one)) => one.origin.clone(),
        (Some(ValueSource::DefaultValue), None) => Origin::Default,
        _ => Origin::Flag,
    };
    let mut values: Vec<Sourced> = Vec::new();
    let is_merged = MERGED.contains(&id) && origin == Origin::Flag;
    if is_merged || (nearest.is_some() && origin != Origin::Flag) {
        values.extend(by_us().flat_map(Given::sourced));
    }
    if nearest.is_none() || origin == Origin::Flag {
        let typed = matches.get_raw(id).into_iter().flatten();
        values.extend(typed.map(|value| Sourced {
            value: value.to_string_lossy().into_owned(),
            origin: origin.clone(),
        }));
    }
    // A switch on the command line has no value of its own.
    if is_switch && values.is_empty() && origin == Origin::Flag {
        values.push(Sourced {
            value: "true".to_owned(),
            origin: origin.clone(),
        });
    }
    Setting {
        id: id.to_owned(),
        values,
        is_switch,
        origin,
    }
}

/// Converts a mistake that clap found, in the command line or in the values added to it.
fn refused(error: clap::Error, mut command: Command, given: &[Given]) -> LoadError {
    command.build();
    let culprit = match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (
            ErrorKind::ValueValidation | ErrorKind::InvalidValue,
            Some(ContextValue::String(shown)),
        ) => {
            let arg = command
                .get_arguments()
                .find(|arg| arg.to_string() == *shown);
            arg.and_then(|arg| given.iter().find(|one| one.id == arg.get_id().as_str()))
        }
        _ => None,
    };
    let Some(culprit) = culprit else {
        return LoadError::Clap(error);
    };
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => value.as_str(),
        _ => "",
    };
    let is_shown = given
        .iter()
        .any(|one| one.id == culprit.id && one.values.iter().any(|given| *given == *value));
    if !is_shown {
        return LoadError::Clap(error);
    }
    let flag = culprit.id.replace('_', "-");
    let cause = match std::error::Error::source(&error) {
        Some(cause) => cause.to_string(),
        None => format!("`{value}` is not one of the possible values"),
    };
    let refused = Refused {
        flag: flag.clone(),
        origin: culprit.origin.clone(),
        cause: Cause(without_credentials(&cause)),
    };
    let failure = Failure::new(FailureKind::Input, refused);
    LoadError::Failure(failure.hint(format!("correct it, or pass `--{flag}`")))
}

/// A value from outside the command line that its flag rejects.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the value for `--{flag}` from `{origin}`")]
struct Refused {
    flag: String,
    origin: Origin,
    #[source]
    cause: Cause,
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Cause(String);

#[cfg(test)]
mod tests;
