//! Requests for packaging, valid by construction.

use camino::Utf8PathBuf;
use cn_template::Region;
use cn_template::artifact::Row;

use crate::s3::{Bucket, Prefix};

/// A template and the settings that every region shares.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The folder that relative paths start from: an absolute path. Messages and
    /// manifests show paths below it relative to it.
    pub base: Utf8PathBuf,
    /// The template's file; when absent, the first of `template.yaml`, `template.yml` and `template.json` that `base` has.
    pub template: Option<Utf8PathBuf>,
    /// The files that packaged templates, and manifests of a name of their own,
    /// will be written to: they never become part of an archive, nor do the
    /// manifests beside them.
    pub outputs: Vec<Utf8PathBuf>,
    /// Files that the run reads besides the template and what it names, such as
    /// settings: no result may overwrite them.
    pub inputs: Vec<Utf8PathBuf>,
    /// The beginning of every object key.
    pub prefix: Prefix,
    /// Handling of text that differs between partitions.
    pub portability: Portability,
    /// Codes of portability findings to ignore, such as `CN301`.
    pub ignored: Vec<String>,
    /// Handling of symbolic links in folders that are packaged, and on the way to artifacts.
    pub symlinks: Symlinks,
    /// Artifacts that lie neither below the template's folder nor below `base` are accepted
    /// without a word.
    pub allow_outside: bool,
    /// Properties that name local files, in addition to those every user has.
    pub extra_rows: Vec<Row>,
    /// The spelling of the packaged template.
    pub spelling: Spelling,
}

/// The names of a template that need not be given, in order of preference.
pub(crate) const TEMPLATE_NAMES: [&str; 3] = ["template.yaml", "template.yml", "template.json"];

impl Request {
    /// Creates a request with the usual settings: the usual template of a folder,
    /// rewritten for the target, links followed, no prefix.
    ///
    /// * `base`: an absolute path.
    pub fn new(base: Utf8PathBuf) -> Self {
        Self {
            base,
            template: None,
            outputs: Vec::new(),
            inputs: Vec::new(),
            prefix: Prefix::default(),
            portability: Portability::Rewrite,
            ignored: Vec::new(),
            symlinks: Symlinks::Follow,
            allow_outside: false,
            extra_rows: Vec::new(),
            spelling: Spelling::default(),
        }
    }
}

/// A region, and the bucket there that takes the objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The region that the template is packaged for.
    pub region: Region,
    /// The bucket, which must lie in that region.
    pub bucket: Bucket,
}

impl Destination {
    /// Pairs a region with its bucket.
    pub const fn new(region: Region, bucket: Bucket) -> Self {
        Self { region, bucket }
    }
}

/// The spelling of packaged templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Spelling {
    /// The template asked for becomes JSON; those it nests stay as written.
    pub json: bool,
    /// Characters outside ASCII are spelled as escapes, in all templates:
    /// CloudFormation shows `?` for others.
    pub ascii: bool,
}

/// Handling of symbolic links in folders that are packaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Symlinks {
    /// The files they lead to are packaged under their names.
    Follow,
    /// They are links in the archive.
    Keep,
    /// They are refused, also where a property names one, or a path that leads through one.
    Error,
}

/// Handling of text that differs between partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Portability {
    /// Rewritten for the target.
    Rewrite,
    /// Reported, not changed.
    Check,
    /// Not looked at.
    Off,
}
