//! What is asked of a packaging run, valid by construction.

use camino::Utf8PathBuf;
use cn_template::Region;
use cn_template::artifact::Row;

use crate::s3::{Bucket, Prefix};

/// What to package and for which target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The template's file.
    pub template: Utf8PathBuf,
    /// The files that packaged templates, and manifests of a name of their own,
    /// will be written to: they never become part of an archive, nor do the
    /// manifests beside them.
    pub outputs: Vec<Utf8PathBuf>,
    /// The region the template is packaged for.
    pub region: Region,
    /// The bucket that takes the artifacts, in the target region.
    pub bucket: Bucket,
    /// What stands before every key.
    pub prefix: Prefix,
    /// Whether partition-dependent text is rewritten for the target.
    pub portability: Portability,
    /// Codes of findings about portability that are not worth a word, such as `CN301`.
    pub ignored: Vec<String>,
    /// What becomes of symbolic links in folders that are packaged.
    pub symlinks: Symlinks,
    /// Properties that name local files, beside those every user has.
    pub extra_rows: Vec<Row>,
    /// How the packaged template is spelled.
    pub spelling: Spelling,
}

/// How packaged templates are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Spelling {
    /// The template asked for becomes JSON; those it nests stay as written.
    pub json: bool,
    /// Characters outside ASCII are spelled as escapes, in all templates:
    /// CloudFormation shows `?` for others.
    pub ascii: bool,
}

/// What becomes of symbolic links in folders that are packaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Symlinks {
    /// What they lead to is packaged under their name.
    Follow,
    /// They are links in the archive.
    Keep,
    /// They are refused.
    Error,
}

/// What becomes of text that differs between partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Portability {
    /// Rewritten for the target.
    Rewrite,
    /// Reported, not changed.
    Check,
    /// Not looked at.
    Off,
}
