//! The request to check templates.

use camino::Utf8PathBuf;
use cn_template::Region;

/// A request to check templates.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// Files and folders; templates in folders are found by their content.
    pub paths: Vec<Utf8PathBuf>,
    /// The regions that the templates must work in.
    pub regions: Vec<Region>,
    /// Rule codes to ignore.
    pub ignored: Vec<String>,
    /// True if the check includes code that templates refer to.
    pub code: bool,
    /// True if the check includes nested templates.
    pub nested: bool,
}

impl Request {
    /// Creates a request that checks templates, the templates nested in them and their code, for
    /// both regions of China.
    pub fn new(paths: Vec<Utf8PathBuf>) -> Self {
        Self {
            paths,
            regions: Region::china().to_vec(),
            ignored: Vec::new(),
            code: true,
            nested: true,
        }
    }
}
