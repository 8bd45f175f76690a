//! The configuration file: `cn.toml`, or an existing `samconfig.toml`.

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Arg, Command};
use cn_core::file::{self, Accepts};
use cn_core::template::{Code, Diagnostic, Severity, Source, Span};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::given::{Given, LoadError, NOT_IN_FILE, Origin, Shape, several, shape};
use crate::exit::FailureKind;
use crate::failure::Failure;

const NOT_TOML: Code = Code {
    id: "CN651",
    title: "configuration file is not TOML",
};
const NO_ENVIRONMENT: Code = Code {
    id: "CN652",
    title: "environment is not in the configuration file",
};
const UNKNOWN: Code = Code {
    id: "CN653",
    title: "unknown name in the configuration file",
};
const WRONG_TYPE: Code = Code {
    id: "CN654",
    title: "setting has a value of the wrong type",
};

/// Programs that may have tables in the file.
const COMMANDS: &[&str] = &["check", "deploy", "global", "keys", "package", "profile"];

/// Which tables of the file are used.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) name: String,
    /// Whether it was named, so that it must be there.
    pub(crate) is_asked_for: bool,
}

/// The file's text.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    path: Utf8PathBuf,
    source: Source,
    /// Whether it is SAM's, most of whose keys are none of ours.
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
        Ok(Self {
            path: path.to_owned(),
            source: Source::new(path, text),
            is_sam: path.file_name() == Some("samconfig.toml"),
        })
    }

    pub(crate) fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// What the file says for a program, nearest first; what is odd goes to `findings`.
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
        let Some(commands) = table(root, &environment.name) else {
            findings.extend(self.no_environment(root, environment));
            return Vec::new();
        };
        self.unknown_commands(commands, findings);
        let name = command.get_name();
        let name = name.strip_prefix("cn-").unwrap_or(name);
        let mut given = Vec::new();
        for table_name in [name, "global"] {
            let parameters =
                table(commands, table_name).and_then(|table_of| table(table_of, "parameters"));
            for (key, value) in parameters.into_iter().flatten() {
                let one = self.setting(command, table_name == "global", key, value);
                match one {
                    Ok(one) => given.extend(one),
                    Err(finding) => findings.push(*finding),
                }
            }
        }
        given
    }

    fn setting(
        &self,
        command: &Command,
        is_global: bool,
        key: Key<'_>,
        value: Value<'_>,
    ) -> Result<Option<Given>, Box<Diagnostic>> {
        let id = key.get_ref().replace('-', "_");
        let settable = || {
            let args = command.get_arguments();
            args.filter(|arg| !NOT_IN_FILE.contains(&arg.get_id().as_str()))
        };
        let Some(arg) = settable().find(|arg| arg.get_id().as_str() == id) else {
            let names = settable().map(|arg| arg.get_id().as_str());
            return match self.unknown(key, names, is_global) {
                Some(finding) => Err(Box::new(finding)),
                None => Ok(None),
            };
        };
        let values = values(arg, value.get_ref()).map_err(|expected| {
            let at = span(key.span());
            let mut finding = Diagnostic::error(
                WRONG_TYPE,
                format!(
                    "`{id}` takes {expected}, not {}",
                    article(value.get_ref().type_str())
                ),
            )
            .at(&self.source, span(value.span()), "");
            if self.is_sam {
                finding.severity = Severity::Warning;
            }
            let line = self.source.position(at.start).line;
            Box::new(finding.help(format!("correct line {line}; it is not used")))
        })?;
        let line = self.source.position(key.span().start).line;
        Ok(Some(Given {
            id,
            values: values.into_iter().map(Into::into).collect(),
            origin: Origin::File {
                path: self.path.clone(),
                line,
            },
        }))
    }

    /// A key that no flag has. In a global table it may be another program's:
    /// there only what looks like a slip of the pen is reported.
    fn unknown<'n>(
        &self,
        key: Key<'_>,
        names: impl Iterator<Item = &'n str>,
        is_global: bool,
    ) -> Option<Diagnostic> {
        if self.is_sam {
            return None;
        }
        let name = key.get_ref().as_ref();
        let closest = closest(name, names);
        if is_global && closest.is_none() {
            return None;
        }
        let finding = Diagnostic::warning(UNKNOWN, format!("no setting is called `{name}`")).at(
            &self.source,
            span(key.span()),
            "not used",
        );
        Some(match closest {
            Some(closest) => finding.help(format!("a setting with a similar name is `{closest}`")),
            None => finding.help("`--show-config` lists all settings"),
        })
    }

    fn unknown_commands(&self, commands: &DeTable<'_>, findings: &mut Vec<Diagnostic>) {
        if self.is_sam {
            return;
        }
        for key in commands.keys() {
            let name = key.get_ref().as_ref();
            if COMMANDS.contains(&name) {
                continue;
            }
            let finding = Diagnostic::warning(UNKNOWN, format!("no program is called `cn-{name}`"))
                .at(&self.source, span(key.span()), "not used");
            findings.push(match closest(name, COMMANDS.iter().copied()) {
                Some(closest) => finding.help(format!("did you mean `{closest}`?")),
                None => finding.help(format!("the names are {}", list(COMMANDS.iter().copied()))),
            });
        }
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
            Some(at) => finding.at(&self.source, span(at), error.message()),
            None => finding.help(error.message()),
        }
    }
}

fn table<'a>(parent: &'a DeTable<'_>, name: &str) -> Option<&'a DeTable<'a>> {
    let (_, value) = parent.iter().find(|(key, _)| key.get_ref() == name)?;
    value.get_ref().as_table()
}

/// The texts that a value stands for, or what was expected in its place.
fn values(arg: &Arg, value: &DeValue<'_>) -> Result<Vec<String>, &'static str> {
    match (shape(arg), value) {
        (Shape::Switch, DeValue::Boolean(is_on)) => Ok(vec![is_on.to_string()]),
        (Shape::Switch, _) => Err("true or false"),
        (Shape::One, _) => Ok(vec![scalar(value).ok_or("one text or number")?]),
        (Shape::Many, DeValue::String(text)) => {
            several(arg, text).ok_or("a text whose quotes are closed")
        }
        (Shape::Many, DeValue::Array(items)) => {
            let texts = items.iter().map(|item| scalar(item.get_ref()));
            texts.collect::<Option<_>>().ok_or("a list of texts")
        }
        (Shape::Many, DeValue::Table(pairs)) => {
            let pair = |key: &str, value| Some(format!("{key}={}", scalar(value)?));
            let texts = pairs
                .iter()
                .map(|(key, value)| pair(key.get_ref(), value.get_ref()));
            texts.collect::<Option<_>>().ok_or("a table of texts")
        }
        (Shape::Many, _) => Ok(vec![scalar(value).ok_or("a list of texts")?]),
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

/// The name that is two slips of the pen away, or one for each four letters.
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
