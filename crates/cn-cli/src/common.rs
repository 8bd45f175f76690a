//! Flags that every program has.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

/// How the result and the messages are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object on each line
    Json,
    /// SARIF 2.1.0, for code hosts
    Sarif,
    /// JUnit's XML, for CodeBuild reports
    Junit,
    /// A table, for pull requests
    Markdown,
}

/// When messages are in color.
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
pub struct CommonArgs {
    /// How to write result and messages
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,

    /// Print nothing but the result, warnings and errors
    #[arg(short, long)]
    pub quiet: bool,

    /// Print more about what is done
    #[arg(short, long)]
    pub verbose: bool,

    /// When to use color
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorChoice,

    /// Read settings from this file
    ///
    /// Without it, `cn.toml` is looked for beside the template, then in the
    /// working folder; where there is none, `samconfig.toml`.
    #[arg(long, value_name = "FILE")]
    pub config_file: Option<Utf8PathBuf>,

    /// Environment in the configuration file
    ///
    /// The tables `[NAME.COMMAND.parameters]` and `[NAME.global.parameters]`
    /// of the file are used.
    #[arg(long, default_value = "default", value_name = "NAME")]
    pub config_env: String,

    /// Print every setting and where it comes from, then stop
    #[arg(long)]
    pub show_config: bool,
}
