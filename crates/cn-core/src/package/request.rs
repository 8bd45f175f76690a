//! Requests for packaging, valid by construction.

use camino::Utf8PathBuf;
use cn_template::Region;
use cn_template::artifact::Row;

use crate::s3::{Bucket, Prefix};

/// A template and the settings that all regions share.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The folder for relative paths, as an absolute path. Messages and manifests show paths below
    /// it as relative paths.
    pub base: Utf8PathBuf,
    /// The template's file. If `None`, the first of `template.yaml`, `template.yml` and
    /// `template.json` that exists in `base`.
    pub template: Option<Utf8PathBuf>,
    /// The files for packaged templates, and for manifests with a name of their own. These files
    /// never become part of an archive, nor do the manifests next to them.
    pub outputs: Vec<Utf8PathBuf>,
    /// Files that the run reads in addition to the template and its references, such as settings.
    /// No result may overwrite them.
    pub inputs: Vec<Utf8PathBuf>,
    /// The prefix of every object key.
    pub prefix: Prefix,
    /// Handling of text that differs between partitions.
    pub portability: Portability,
    /// Codes of portability findings to ignore, such as `CN301`.
    pub ignored: Vec<String>,
    /// Handling of symbolic links in packaged folders, and on the way to artifacts.
    pub symlinks: Symlinks,
    /// True to accept, without a warning, artifacts that are neither below the template's folder
    /// nor below `base`.
    pub allow_outside: bool,
    /// Properties that name local files, in addition to the built-in ones.
    pub extra_rows: Vec<Row>,
    /// True to write the packaged template as JSON; nested templates keep their format.
    pub json: bool,
    /// True to escape characters outside ASCII in all templates: CloudFormation shows `?` for such
    /// characters.
    pub ascii: bool,
}

/// Default file names of a template, in order of preference.
pub(crate) const TEMPLATE_NAMES: [&str; 3] = ["template.yaml", "template.yml", "template.json"];

impl Request {
    /// Creates a request with the default settings.
    ///
    /// It packages the default template of the folder, rewrites it for the target, follows links,
    /// and uses no prefix.
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
            json: false,
            ascii: false,
        }
    }
}

/// A region, and the bucket there that receives the objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The region that the template is packaged for.
    pub region: Region,
    /// The bucket, which must be in that region.
    pub bucket: Bucket,
}

impl Destination {
    /// Pairs a region with its bucket.
    pub const fn new(region: Region, bucket: Bucket) -> Self {
        Self { region, bucket }
    }
}

/// Handling of symbolic links in packaged folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Symlinks {
    /// Packages the target of each link under the name of the link.
    Follow,
    /// Keeps links as links in the archive.
    Keep,
    /// Refuses links, including a property that names a link or a path that leads through one.
    Error,
}

/// Handling of text that differs between partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Portability {
    /// Rewrites the text for the target.
    Rewrite,
    /// Reports the differences and changes nothing.
    Check,
    /// Does not check the text.
    Off,
}
