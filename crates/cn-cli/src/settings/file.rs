//! The configuration file: `cn.toml`, or an existing `samconfig.toml`.

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Arg, Command};
use cn_core::file::{self, Accepts};
use cn_core::template::{Code, Diagnostic, Severity, Source, Span, rules};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::given::{Given, LoadError, NOT_IN_FILE, Origin, Shape, several, shape};
use super::sam;
use crate::exit::FailureKind;
use crate::failure::Failure;

const NOT_TOML: Code = rules::code("CN651");
const NO_ENVIRONMENT: Code = rules::code("CN652");
const UNKNOWN: Code = rules::code("CN653");
const WRONG_TYPE: Code = rules::code("CN654");

/// Programs that may have tables in the file.
const COMMANDS: &[&str] = &[
    "check", "cleanup", "deploy", "doctor", "global", "keys", "package", "profile",
];

/// Returns the other programs whose tables a program reads after its own: `cn-doctor` checks the
/// settings that they will use. `sam deploy` also packages, and `sam delete` reads the table of
/// `sam deploy`.
fn read_too(program: &str, is_sam: bool) -> &'static [&'static str] {
    match program {
        "doctor" => &["deploy", "package", "profile"],
        "cleanup" | "keys" | "package" | "profile" if is_sam => &["deploy"],
        _ => &[],
    }
}

/// Returns the name of a setting in another program's table; `None` if it has another meaning
/// there. The template that `cn-package` reads is not the template that it writes.
fn name_in<'n>(program: &str, table: &str, id: &'n str) -> Option<&'n str> {
    match (program, table, id) {
        ("doctor", "package", "template_file") => Some("source_template"),
        ("package", "deploy", "template_file") => None,
        _ => Some(id),
    }
}

/// The environment that all others inherit from.
const DEFAULT: &str = "default";

/// The tables of the file that are used.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) name: String,
    /// True if it was named, so that it must exist.
    pub(crate) is_asked_for: bool,
}

/// The file's text.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    path: Utf8PathBuf,
    source: Source,
    /// True if it is the SAM CLI's file, most of whose keys are not ours.
    is_sam: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("cannot read the configuration file `{path}`")]
struct FileError {
    path: Utf8PathBuf,
    #[source]
    source: std::io::Error,
}

type Key<'a> = &'a Spanned<std::borrow::Cow<'a, str>>;
type Value<'a> = &'a Spanned<DeValue<'a>>;

impl ConfigFile {
    pub(crate) fn read(path: &Utf8Path) -> Result<Self, LoadError> {
        let text = file::read_text(path, Accepts::Descriptors).map_err(|source| {
            let path = path.to_owned();
            let failure = Failure::new(FailureKind::Input, FileError { path, source });
            LoadError::Failure(failure.hint("correct `--config-file`, or create the file"))
        })?;
        Ok(Self::new(path, text))
    }

    pub(crate) fn new(path: &Utf8Path, text: String) -> Self {
        Self {
            path: path.to_owned(),
            source: Source::new(path, text),
            is_sam: path.file_name() == Some("samconfig.toml"),
        }
    }

    pub(crate) fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Returns the settings of the file for a program, nearest first; adds problems to `findings`.
    ///
    /// An environment of `cn.toml` inherits from `default`. Environments of the SAM CLI do not.
    pub(crate) fn settings(
        &self,
        command: &Command,
        environment: &Environment,
        findings: &mut Vec<Diagnostic>,
    ) -> Vec<Given> {
        let root = match DeTable::parse(self.source.text()) {
            Ok(root) => root,
            Err(error) => {
                findings.push(self.broken(&error));
                return Vec::new();
            }
        };
        let root = root.get_ref();
        self.misplaced(root, command, findings);
        if table(root, &environment.name).is_none() {
            findings.extend(self.no_environment(root, environment));
        }
        let name = command.get_name();
        let name = name.strip_prefix("cn-").unwrap_or(name);
        let mut environments = vec![environment.name.as_str()];
        if environment.name != DEFAULT && !self.is_sam {
            environments.push(DEFAULT);
        }
        let is_others = |table: &str| table != name && table != "global";
        let mut given = Vec::new();
        for commands in environments.iter().filter_map(|name| table(root, name)) {
            self.misplaced_in(commands, command, findings);
            let tables = [&[name], read_too(name, self.is_sam), &["global"]].concat();
            for table_name in tables {
                let parameters =
                    table(commands, table_name).and_then(|table_of| table(table_of, "parameters"));
                for (key, value) in parameters.into_iter().flatten() {
                    let id = key.get_ref().replace('-', "_");
                    let Some(id) = name_in(name, table_name, &id) else {
                        continue;
                    };
                    let one = self.setting(command, table_name == "global", (id, key), value);
                    match one {
                        Ok(one) => given.extend(one),
                        // The other program reports unknown keys of its own table.
                        Err(finding) if is_others(table_name) && finding.code == UNKNOWN => {}
                        Err(finding) => findings.push(*finding),
                    }
                }
            }
        }
        given
    }

    fn setting(
        &self,
        command: &Command,
        is_global: bool,
        (id, key): (&str, Key<'_>),
        value: Value<'_>,
    ) -> Result<Option<Given>, Box<Diagnostic>> {
        let Some(arg) = settable(command).find(|arg| arg.get_id().as_str() == id) else {
            let names = settable(command).map(|arg| arg.get_id().as_str());
            return match self.unknown(key, value, names, is_global) {
                Some(finding) => Err(Box::new(finding)),
                None => Ok(None),
            };
        };
        let line = self.source.position(key.span().start).line;
        let read = if self.is_sam && sam::PAIRS.contains(&id) {
            pairs_of_sam(id, value.get_ref())
        } else {
            values(arg, value.get_ref())
        };
        let values = read.map_err(|expected| {
            let message = match value.get_ref() {
                // The type is right, but the text is not.
                DeValue::String(_) if expected.starts_with("a text") => {
                    format!("`{id}` takes {expected}")
                }
                other => format!("`{id}` takes {expected}, not {}", article(other.type_str())),
            };
            let mut finding = self.at(Diagnostic::error(WRONG_TYPE, message), key, "");
            // Parameters and tags must not be lost: a deployment would succeed without them.
            if self.is_sam && !sam::PAIRS.contains(&id) {
                finding.severity = Severity::Warning;
            }
            Box::new(finding.help(format!("correct line {line}; it has no effect")))
        })?;
        Ok(Some(Given {
            id: id.to_owned(),
            values: values.into_iter().map(Into::into).collect(),
            origin: Origin::File {
                path: self.path.clone(),
                line,
            },
        }))
    }

    /// Returns the finding for a key that no flag has. In a global table, the key may belong to
    /// another program: only likely typos are reported there.
    fn unknown<'n>(
        &self,
        key: Key<'_>,
        value: Value<'_>,
        names: impl Iterator<Item = &'n str>,
        is_global: bool,
    ) -> Option<Diagnostic> {
        let name = key.get_ref().as_ref();
        if self.is_sam {
            let known = sam::NOT_SUPPORTED.iter().find(|(known, _)| *known == name);
            let (_, next) = known.filter(|_| value.get_ref().as_bool() == Some(true))?;
            let message = format!("`{name}` of the SAM CLI has no effect here");
            let finding = Diagnostic::warning(UNKNOWN, message);
            return Some(self.at(finding, key, "not used").help(*next));
        }
        let closest = closest(name, names);
        if is_global && closest.is_none() {
            return None;
        }
        let finding = Diagnostic::warning(UNKNOWN, format!("unknown setting `{name}`"));
        let finding = self.at(finding, key, "not used");
        Some(match closest {
            Some(closest) => finding.help(format!("did you mean `{closest}`?")),
            None => finding.help("`--show-config` lists all settings"),
        })
    }

    /// Reports settings and tables of parameters that are outside of any environment.
    fn misplaced(&self, root: &DeTable<'_>, command: &Command, findings: &mut Vec<Diagnostic>) {
        for (key, value) in root {
            let name = key.get_ref().as_ref();
            let is_table = value.get_ref().is_table();
            let is_program = is_table && COMMANDS.contains(&name);
            let without_environment = is_program
                && table(root, name).is_some_and(|of_name| of_name.contains_key("parameters"));
            if without_environment {
                let message = format!("`[{name}.parameters]` belongs to no environment");
                let finding = self.at(Diagnostic::warning(UNKNOWN, message), key, "not used");
                let help = format!("write `[{DEFAULT}.{name}.parameters]`");
                findings.push(finding.help(help));
            } else if !is_table {
                findings.extend(self.outside(key, command, "global"));
            }
        }
    }

    /// Reports settings of an environment that are outside its tables of parameters, and tables
    /// that no program reads.
    fn misplaced_in(
        &self,
        commands: &DeTable<'_>,
        command: &Command,
        findings: &mut Vec<Diagnostic>,
    ) {
        for (key, value) in commands {
            let name = key.get_ref().as_ref();
            let Some(of_command) = value.get_ref().as_table() else {
                findings.extend(self.outside(key, command, "global"));
                continue;
            };
            if !COMMANDS.contains(&name) {
                findings.extend(self.unknown_command(key));
                continue;
            }
            for (key, _) in of_command {
                if key.get_ref() != "parameters" {
                    findings.extend(self.outside(key, command, name));
                }
            }
        }
    }

    /// Returns the finding for a key where only tables are read.
    fn outside(&self, key: Key<'_>, command: &Command, program: &str) -> Option<Diagnostic> {
        let name = key.get_ref().as_ref();
        let is_setting =
            settable(command).any(|arg| arg.get_id().as_str() == name.replace('-', "_"));
        if (self.is_sam && !is_setting) || name == "version" {
            return None;
        }
        let message = format!("`{name}` is not in a table of parameters");
        let finding = self.at(Diagnostic::warning(UNKNOWN, message), key, "not used");
        Some(finding.help(format!(
            "put it under `[{DEFAULT}.{program}.parameters]`, or another environment's"
        )))
    }

    fn unknown_command(&self, key: Key<'_>) -> Option<Diagnostic> {
        if self.is_sam {
            return None;
        }
        let name = key.get_ref().as_ref();
        let finding = Diagnostic::warning(UNKNOWN, format!("there is no program `cn-{name}`"));
        let finding = self.at(finding, key, "not used");
        Some(match closest(name, COMMANDS.iter().copied()) {
            Some(closest) => finding.help(format!("did you mean `{closest}`?")),
            None => finding.help(format!("the names are {}", list(COMMANDS.iter().copied()))),
        })
    }

    /// Returns the finding at a key. It shows nothing else of the file: the text next to the key
    /// may be a secret.
    fn at(&self, finding: Diagnostic, key: Key<'_>, label: &str) -> Diagnostic {
        finding.at_only(&self.source, span(key.span()), label)
    }

    fn no_environment(&self, root: &DeTable<'_>, environment: &Environment) -> Option<Diagnostic> {
        if !environment.is_asked_for {
            return None;
        }
        let name = &environment.name;
        let present = root
            .iter()
            .filter(|(_, value)| value.get_ref().is_table())
            .map(|(key, _)| key.get_ref().as_ref());
        let present = list(present);
        let finding = Diagnostic::error(
            NO_ENVIRONMENT,
            format!("no environment `{name}` in `{}`", self.path),
        );
        Some(finding.help(match present.as_str() {
            "" => format!("add a table `[{name}.global.parameters]`"),
            _ => format!("the file has {present}; correct `--config-env` or `CN_ENV`"),
        }))
    }

    fn broken(&self, error: &toml::de::Error) -> Diagnostic {
        let finding = Diagnostic::error(NOT_TOML, format!("`{}` is not TOML", self.path));
        match error.span() {
            Some(at) => {
                let start = Span::new(at.start, at.start);
                finding.at_only(&self.source, start, error.message())
            }
            None => finding.help(error.message()),
        }
    }
}

/// Returns the flags that the file may set.
fn settable(command: &Command) -> impl Iterator<Item = &Arg> {
    let args = command.get_arguments();
    args.filter(|arg| !NOT_IN_FILE.contains(&arg.get_id().as_str()))
}

/// Returns the words of a value of the SAM CLI; the error describes the expected value.
fn pairs_of_sam(id: &str, value: &DeValue<'_>) -> Result<Vec<String>, &'static str> {
    let expected = "a string of `KEY=VALUE` pairs, with quotes around values that contain spaces";
    let texts: Vec<&str> = match value {
        DeValue::String(text) => vec![text],
        DeValue::Array(items) => {
            let texts = items.iter().map(|item| item.get_ref().as_str());
            texts.collect::<Option<_>>().ok_or("a list of strings")?
        }
        DeValue::Table(_) => return of_table(value).ok_or("a table of strings"),
        _ => return Err("strings of the form `KEY=VALUE`"),
    };
    let words = texts.into_iter().map(|text| sam::pairs(id, text));
    let words: Option<Vec<_>> = words.collect();
    Ok(words.ok_or(expected)?.concat())
}

/// Returns `KEY=VALUE` for each entry of a table of strings.
fn of_table(value: &DeValue<'_>) -> Option<Vec<String>> {
    let pairs = value.as_table()?.iter();
    let pairs = pairs.map(|(key, value)| {
        let value = match value.get_ref() {
            DeValue::Array(items) => {
                let items = items.iter().map(|item| scalar(item.get_ref()));
                items.collect::<Option<Vec<_>>>()?.join(",")
            }
            other => scalar(other)?,
        };
        Some(format!("{}={value}", key.get_ref()))
    });
    pairs.collect()
}

fn table<'a>(parent: &'a DeTable<'_>, name: &str) -> Option<&'a DeTable<'a>> {
    let (_, value) = parent.iter().find(|(key, _)| key.get_ref() == name)?;
    value.get_ref().as_table()
}

/// Returns the texts of a value; the error describes the expected value.
fn values(arg: &Arg, value: &DeValue<'_>) -> Result<Vec<String>, &'static str> {
    match (shape(arg), value) {
        (Shape::Switch, DeValue::Boolean(is_on)) => Ok(vec![is_on.to_string()]),
        (Shape::Switch, _) => Err("true or false"),
        (Shape::One, _) => Ok(vec![scalar(value).ok_or("a string or number")?]),
        (Shape::Many, DeValue::String(text)) => {
            several(arg, text).ok_or("a string with closed quotes")
        }
        (Shape::Many, DeValue::Array(items)) => {
            let texts = items.iter().map(|item| scalar(item.get_ref()));
            texts.collect::<Option<_>>().ok_or("a list of strings")
        }
        (Shape::Many, DeValue::Table(_)) => of_table(value).ok_or("a table of strings"),
        (Shape::Many, _) => Ok(vec![scalar(value).ok_or("a list of strings")?]),
    }
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(is_on) => Some(is_on.to_string()),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

fn article(kind: &str) -> String {
    match kind.as_bytes().first() {
        Some(b'a' | b'e' | b'i' | b'o' | b'u') => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}

fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let quoted: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// Returns the closest known name, at most two typos away, or one if `name` has less than 8
/// characters.
fn closest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let limit = (name.chars().count() / 4).clamp(1, 2);
    names
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, known)| known)
}

fn span(range: std::ops::Range<usize>) -> Span {
    Span::new(range.start, range.end)
}
