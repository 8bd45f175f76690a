//! Values of settings and their sources.

use std::ffi::OsString;
use std::fmt;

use camino::Utf8PathBuf;
use clap::{Arg, ArgAction};
use cn_core::parameter::without_credentials;
use cn_core::secret::REDACTED;
use cn_core::template::Diagnostic;

use super::{sam, words};
use crate::failure::Failure;

/// Flags that cannot be set in the file, such as those that choose it.
pub(super) const NOT_IN_FILE: &[&str] = &[
    "config_env",
    "config_file",
    "flags_only",
    "help",
    "show_config",
    "version",
];

/// The source of a setting, closest to the command first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag,
    /// A `CN_` variable.
    Variable(String),
    /// A variable of existing projects.
    LegacyVariable(&'static str),
    /// The configuration file.
    File {
        /// The file.
        path: Utf8PathBuf,
        /// Line of the key, from 1.
        line: usize,
    },
    /// The program's own default.
    Default,
    /// No source sets a value.
    Unset,
}

impl Origin {
    /// Returns the distance from the command line.
    pub(crate) const fn rank(&self) -> u8 {
        match self {
            Self::Flag => 0,
            Self::Variable(_) => 1,
            Self::LegacyVariable(_) => 2,
            Self::File { .. } => 3,
            Self::Default => 4,
            Self::Unset => 5,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("command line"),
            Self::Variable(name) => f.write_str(name),
            Self::LegacyVariable(name) => f.write_str(name),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Default => f.write_str("default"),
            Self::Unset => f.write_str("not set"),
        }
    }
}

/// A value of a setting and its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced {
    /// The value.
    pub value: String,
    /// The source.
    pub origin: Origin,
}

/// Settings that are tables: values from all sources are merged, key by key.
pub(super) const MERGED: &[&str] = &["parameter_overrides", "tags", "metadata", "object_tags"];

/// Settings whose values may be secrets.
const CONFIDENTIAL: &[&str] = &["parameter_overrides"];

/// Returns a value of a setting as it may be shown: of parameters, only the names.
pub(super) fn shown(id: &str, value: &str) -> String {
    if !CONFIDENTIAL.contains(&id) || value.starts_with("file://") {
        return without_credentials(value);
    }
    let key = match value.strip_prefix("ParameterKey=") {
        Some(named) => named.split_once(',').map(|(key, _)| key),
        None => value.split_once('=').map(|(key, _)| key),
    };
    let is_name = |key: &&str| key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match key.filter(is_name) {
        Some(key) => format!("{key}={REDACTED}"),
        None => REDACTED.to_owned(),
    }
}

/// The reason that a run cannot start.
#[derive(Debug)]
pub(crate) enum LoadError {
    /// The command line is wrong, or requests help or version.
    Clap(clap::Error),
    /// The configuration file has errors.
    Findings(Vec<Diagnostic>),
    /// Anything else.
    Failure(Failure),
}

/// A setting that did not come from the command line.
pub(super) struct Given {
    pub(super) id: String,
    pub(super) values: Vec<OsString>,
    pub(super) origin: Origin,
}

impl Given {
    /// Returns true if it is a switch that is off, which has no effect.
    pub(super) fn is_off(&self) -> bool {
        self.values == ["false"]
    }

    pub(super) fn sourced(&self) -> impl Iterator<Item = Sourced> {
        self.values.iter().map(|value| Sourced {
            value: value.to_string_lossy().into_owned(),
            origin: self.origin.clone(),
        })
    }
}

/// Splits a text into values, as on the command line; `None` if a quote is not closed.
pub(super) fn several(arg: &Arg, text: &str) -> Option<Vec<String>> {
    let is_document = text.trim_start().starts_with(['{', '[']);
    if is_document && sam::PAIRS.contains(&arg.get_id().as_str()) {
        return Some(vec![text.to_owned()]);
    }
    let words = words::split(text)?;
    let Some(delimiter) = arg.get_value_delimiter() else {
        return Some(words);
    };
    let values = words.iter().flat_map(|word| word.split(delimiter));
    Some(values.map(str::to_owned).collect())
}

/// The number of values that a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Switch,
    One,
    Many,
}

pub(super) fn shape(arg: &Arg) -> Shape {
    let is_many = arg
        .get_num_args()
        .is_some_and(|range| range.max_values() > 1);
    match arg.get_action() {
        ArgAction::SetTrue | ArgAction::SetFalse => Shape::Switch,
        ArgAction::Append => Shape::Many,
        _ if is_many => Shape::Many,
        _ => Shape::One,
    }
}
