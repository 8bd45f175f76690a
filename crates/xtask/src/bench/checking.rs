//! Checking templates for a region, side by side with cfn-lint.

use camino::{Utf8Path, Utf8PathBuf};

use super::meter::{Contender, Run};
use super::setup::Bench;
use crate::china_data;
use crate::terminal::say;
use xtask::Trouble;

/// Copies of the templates that are checked: a folder is seldom large enough to time.
const COPIES: usize = 10;

/// The templates, and the program they are checked with on the other side.
pub(super) struct Checking {
    files: Vec<String>,
    cfn_lint: Utf8PathBuf,
}

impl Checking {
    /// Copies the templates of `CN_CORPUS`, else the fixtures, ten times.
    #[expect(
        clippy::disallowed_methods,
        reason = "a chore has no flags of the programs; the tests of templates read the same variable"
    )]
    pub(super) fn new(bench: &Utf8Path) -> Result<Self, Trouble> {
        let workspace = cn_testkit::workspace_folder();
        let source = std::env::var("CN_CORPUS")
            .map_or_else(|_| workspace.join("fixtures"), Utf8PathBuf::from);
        let folder = bench.join("templates");
        if folder.exists() {
            fs_err::remove_dir_all(&folder)?;
        }
        let found = templates(&source)?;
        let mut files = Vec::new();
        for copy in 0..COPIES {
            let to = folder.join(copy.to_string());
            for (at, template) in found.iter().enumerate() {
                let name = template.file_name().unwrap_or_default();
                let path = to.join(at.to_string()).join(name);
                fs_err::create_dir_all(path.parent().unwrap_or(&to))?;
                fs_err::copy(template, &path)?;
                files.push(path.into_string());
            }
        }
        say(&format!("checking {} templates of {source}", files.len()));
        Ok(Self {
            files,
            cfn_lint: china_data::cfn_lint()?,
        })
    }

    pub(super) fn once(&self, bench: &Bench, contender: Contender) -> Result<Run, Trouble> {
        let files = self.files.iter().map(String::as_str);
        let (path, flags): (_, &[&str]) = match contender {
            Contender::Peer => (
                self.cfn_lint.clone(),
                &["-r", "cn-north-1", "--non-zero-exit-code", "none", "--"],
            ),
            Contender::Ours => (
                bench.program("cn-check"),
                &["--region", "cn-north-1", "--max-severity", "error"],
            ),
        };
        let arguments: Vec<&str> = flags.iter().copied().chain(files).collect();
        bench.meter.run(&bench.offline(path, &arguments))
    }
}

/// The files below a folder that are named like templates and have resources.
fn templates(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>, Trouble> {
    let mut found = Vec::new();
    for entry in folder.read_dir_utf8()? {
        let path = entry?.into_path();
        if path.is_dir() {
            found.extend(templates(&path)?);
        } else if matches!(path.extension(), Some("yaml" | "yml" | "json" | "template"))
            && fs_err::read_to_string(&path).is_ok_and(|text| text.contains("Resources"))
        {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
