//! The environment variables of the programs. Only this module reads them.
//!
//! Every flag has a variable: `CN_` and the flag's name in capitals, so `--template-file` is
//! `CN_TEMPLATE_FILE`. [`RENAMED`] lists the exceptions, [`LEGACY`] the names that existing
//! projects already set. An empty variable counts as not set.

use std::ffi::OsString;
use std::io;
use std::time::Duration;

use camino::Utf8PathBuf;
use clap::Command;
use cn_core::session;

/// Filter for tracing on stderr, such as `debug` or `cn_core=debug,aws_config=info`.
pub const LOG: &str = "CN_LOG";

/// Flags whose variable has another name: identifier of the flag, variable.
pub const RENAMED: &[(&str, &str)] = &[("config_env", "CN_ENV")];

/// Variables of existing projects: identifier of the flag, variable.
///
/// They are used if neither the flag nor its `CN_` variable is given.
///
/// # Source
///
/// The CodeBuild projects of the AWS blog post "Deploy to AWS China Regions
/// from a global Region", whose buildspec reads them.
pub const LEGACY: &[(&str, &str)] = &[
    ("access_key_ssm", "USER_ACCESS_KEY_SSM"),
    ("secret_key_ssm", "USER_SECRET_KEY_SSM"),
    ("s3_bucket_ssm", "S3_BUCKET_SSM"),
    ("s3_bucket", "S3_BUCKET"),
];

/// Returns the variables of a program, for its help.
pub(crate) fn help(command: &Command) -> String {
    let mut lines = vec![
        "Environment variables:".to_owned(),
        "  Every option has a variable: CN_ and its name in capitals, for example CN_CONFIG_FILE."
            .to_owned(),
        "  A flag overrides its variable, and a variable overrides the configuration file."
            .to_owned(),
    ];
    for (id, variable) in RENAMED.iter().chain(LEGACY) {
        if command.get_arguments().any(|arg| arg.get_id() == *id) {
            let flag = id.replace('_', "-");
            lines.push(format!("  {variable:<19}  --{flag}"));
        }
    }
    lines.push(format!(
        "  {LOG:<19}  Tracing on stderr, such as debug or cn_core=trace\n"
    ));
    lines.join("\n")
}

/// Returns the variable of the flag with that identifier.
pub fn variable_of(id: &str) -> String {
    let renamed = RENAMED.iter().find(|(flag, _)| *flag == id);
    match renamed {
        Some((_, variable)) => (*variable).to_owned(),
        None => format!("CN_{}", id.to_ascii_uppercase()),
    }
}

/// Returns the value of a variable; `None` if it is not set or empty.
#[expect(clippy::disallowed_methods, reason = "the one place that reads it")]
pub(crate) fn read(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Restarts the program without the standard variables that are empty, if there are any: the SDK
/// would use an empty region, profile or address as a value.
///
/// Returns if there are none, or if the system refuses.
#[cfg(unix)]
pub(crate) fn without_empty() {
    use std::os::unix::process::CommandExt as _;

    let is_standard = |name: &OsString| {
        let name = name.to_string_lossy().to_ascii_uppercase();
        name.starts_with("AWS_") || PROXIES.contains(&name.as_str())
    };
    let empty = std::env::vars_os().filter(|(name, value)| value.is_empty() && is_standard(name));
    let empty: Vec<OsString> = empty.map(|(name, _)| name).collect();
    let mut arguments = std::env::args_os();
    let (Ok(program), Some(name)) = (std::env::current_exe(), arguments.next()) else {
        return;
    };
    if !empty.is_empty() {
        let mut again = std::process::Command::new(program);
        again.arg0(name).args(arguments);
        for name in empty {
            again.env_remove(name);
        }
        let refused = again.exec();
        tracing::debug!(%refused, "empty variables stay");
    }
}

/// Does nothing, because one program cannot replace another here: empty variables stay.
#[cfg(not(unix))]
pub(crate) const fn without_empty() {}

/// Variables for proxies, in capitals.
const PROXIES: [&str; 4] = ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"];

fn read_text(name: &str) -> Option<String> {
    read(name)?.into_string().ok()
}

/// Returns the variables that a session reads.
pub(crate) fn of_session() -> session::Environment {
    session::Environment::of(read_text, &home_folder())
}

/// Returns the file with a web identity token, from the variable of the AWS SDKs.
pub(crate) fn web_identity_token_file() -> Option<Utf8PathBuf> {
    let path = read_text("AWS_WEB_IDENTITY_TOKEN_FILE")?;
    let in_home = path.strip_prefix("~/").map(|rest| home_folder().join(rest));
    Some(in_home.unwrap_or_else(|| path.into()))
}

/// The build that runs the program, as CodeBuild describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Build {
    /// Its ID, such as `orders:0a1b2c3d-…`.
    pub id: Option<String>,
    /// The start of the build, since 1970.
    pub start: Option<Duration>,
    /// The revision of its source, such as a commit's ID.
    pub revision: Option<String>,
}

/// Reads the build from the variables that CodeBuild sets.
///
/// # Source
///
/// CodeBuild user guide, "Environment variables in build environments".
pub(crate) fn of_build() -> Build {
    Build {
        id: read_text("CODEBUILD_BUILD_ID"),
        revision: read_text("CODEBUILD_RESOLVED_SOURCE_VERSION"),
        start: read_text("CODEBUILD_START_TIME")
            .and_then(|text| text.parse().ok())
            .map(Duration::from_millis),
    }
}

/// Returns the folder that the program was started in.
pub(crate) fn working_folder() -> io::Result<Utf8PathBuf> {
    let folder = Utf8PathBuf::from_path_buf(std::env::current_dir()?);
    folder.map_err(|folder| {
        let text = format!("`{}` is not UTF-8", folder.display());
        io::Error::new(io::ErrorKind::InvalidData, text)
    })
}

/// Returns the path of a program that is installed next to the running file, which may be the file
/// that contains all programs.
pub(crate) fn program(name: &str) -> io::Result<String> {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::current_exe()?.with_file_name(name);
    Ok(path.to_string_lossy().into_owned())
}

/// Rejects a `HOME` that is not an absolute UTF-8 path, unless no file is read from there.
///
/// # Errors
///
/// The reason.
pub(crate) fn check_home() -> Result<(), &'static str> {
    let is_named = |name| read(name).is_some();
    if is_named("AWS_CONFIG_FILE") && is_named("AWS_SHARED_CREDENTIALS_FILE") {
        return Ok(());
    }
    let Some(home) = read("HOME") else {
        return Ok(());
    };
    match Utf8PathBuf::from_path_buf(home.into()) {
        Err(_) => Err("it is not UTF-8"),
        Ok(folder) if !folder.is_absolute() => Err("it is not an absolute path"),
        Ok(_) => Ok(()),
    }
}

/// Returns `HOME`, else the home folder that the system has for the user, else `/`. It is never the
/// working folder.
pub(crate) fn home_folder() -> Utf8PathBuf {
    let folder = std::env::home_dir().and_then(|folder| Utf8PathBuf::from_path_buf(folder).ok());
    let folder = folder.filter(|folder| folder.is_absolute());
    folder.unwrap_or_else(|| Utf8PathBuf::from("/"))
}
