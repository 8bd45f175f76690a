//! Flags that every program has.

use camino::Utf8PathBuf;
use clap::{Arg, ArgMatches, Args, FromArgMatches, ValueEnum};

/// Flag of every program that states no formats of its own.
///
/// A program with more formats has an argument `format` of a type of its own; the
/// name `json` stands for JSON messages there, too.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Common options")]
pub(crate) struct FormatArgs {
    /// Format of the result and the messages
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Formats of results and messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object on each line
    Json,
}

/// The use of color in messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Flags of every program.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Common options")]
#[expect(clippy::struct_excessive_bools, reason = "a flag each")]
pub struct CommonArgs {
    /// True if `--format json` was given.
    #[arg(skip)]
    pub is_json: bool,

    /// Print nothing but the result, warnings and errors
    #[arg(short, long)]
    pub quiet: bool,

    /// Print more about each step
    #[arg(short, long)]
    pub verbose: bool,

    /// When to use color
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorChoice,

    /// Read settings from this file
    ///
    /// By default, the program reads `cn.toml` next to the template, or else in the working
    /// folder, or else `samconfig.toml`.
    #[arg(long, value_name = "FILE")]
    pub config_file: Option<Utf8PathBuf>,

    /// Environment in the configuration file
    ///
    /// Selects the tables `[NAME.COMMAND.parameters]` and
    /// `[NAME.global.parameters]` of the file.
    #[arg(long, default_value = "default", value_name = "NAME")]
    pub config_env: String,

    /// Print every setting and its source, then stop
    #[arg(long)]
    pub show_config: bool,
}

impl CommonArgs {
    /// Returns the common flags of a command line.
    ///
    /// # Errors
    ///
    /// When the command line was parsed without them.
    pub(crate) fn of(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut common = Self::from_arg_matches(matches)?;
        if let Ok(Some(mut format)) = matches.try_get_raw("format") {
            common.is_json = format.any(|format| format == "json");
        }
        Ok(common)
    }
}

/// Groups of options that `-h` hides.
const RARE_GROUPS: [&str; 5] = [
    "Web identity",
    "Access key",
    "Identity check",
    "Home",
    "StackSet",
];

/// Options of other groups that `-h` hides and `--help` shows.
const RARE: [&str; 49] = [
    "artifact",
    "build_timeout",
    "clear_rollback_triggers",
    "clear_tags",
    "color",
    "compare",
    "concurrency",
    "config_file",
    "continue_rollback",
    "default_chain",
    "drift",
    "env_file",
    "escape_non_ascii",
    "expected_bucket_owner",
    "force_upload",
    "import_existing_resources",
    "include_nested_stacks",
    "kms_key_id",
    "manifest",
    "max_bandwidth",
    "metadata",
    "monitoring_minutes",
    "no_delta",
    "no_disable_rollback",
    "no_fail_on_empty_changeset",
    "no_replace_failed",
    "no_termination_protection",
    "no_validation",
    "notification_arns",
    "object_tags",
    "offline",
    "on_failure",
    "on_interrupt",
    "retain_except_on_create",
    "revert_drift",
    "revision",
    "rollback_triggers",
    "s3_prefix",
    "sse",
    "stack_policy",
    "symlinks",
    "tag_revision",
    "termination_protection",
    "use_json",
    "verify",
    "wait_busy",
    "wait_ready",
    "fail_on_empty_changeset",
    "changeset_file",
];

/// Returns true if `-h`, which fits on one screen, hides the option.
pub(crate) fn is_rare(arg: &Arg) -> bool {
    let group = arg.get_help_heading().unwrap_or_default();
    RARE_GROUPS.contains(&group) || RARE.contains(&arg.get_id().as_str())
}
