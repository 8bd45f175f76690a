//! The IAM policies of `docs/policies`, derived from the calls that tests recorded.
//!
//! A policy belongs to a task (a program and its mode) and an account. The set-up templates in
//! `buildspecs/` contain the same statements, between two comments.

mod derive;
mod grants;
mod render;

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use cn_testkit::{Call, workspace_folder};

use crate::BoxError;
pub use derive::{Policies, Statements};
pub use grants::{Account, Grant, Scope, WITHOUT_PERMISSION, grants};
pub use render::{Generated, page, policy};

/// Returns the path and text of every generated file: policies, the page, and the templates.
///
/// # Errors
///
/// When the recorded calls or a template cannot be read, and the errors of [`Policies::derive`].
pub fn files() -> Result<BTreeMap<Utf8PathBuf, String>, BoxError> {
    let calls = Call::parse(&fs_err::read_to_string(Call::file())?);
    let policies = Policies::derive(&calls)?;
    let folder = Utf8Path::new("docs/policies");
    let mut files = BTreeMap::from([(folder.join("README.md"), page(&policies))]);
    for ((account, task), statements) in &policies.0 {
        let path = folder.join(format!("{account}/{task}.json"));
        files.insert(path, policy(statements));
    }
    for generated in Generated::ALL {
        let path = Utf8Path::new("buildspecs").join(generated.template);
        let text = match files.remove(&path) {
            Some(text) => text,
            None => fs_err::read_to_string(workspace_folder().join(&path))?,
        };
        files.insert(path, generated.splice(&text, &policies));
    }
    Ok(files)
}

/// Writes every generated file, and deletes policies of tasks that no longer exist.
///
/// # Errors
///
/// When a file cannot be written, and the errors of [`files`].
pub fn write() -> Result<(), BoxError> {
    let files = files()?;
    for account in [Account::Home, Account::Target] {
        let folder = workspace_folder().join(format!("docs/policies/{account}"));
        if folder.is_dir() {
            fs_err::remove_dir_all(&folder)?;
        }
        fs_err::create_dir_all(&folder)?;
    }
    for (path, text) in files {
        fs_err::write(workspace_folder().join(path), text)?;
    }
    Ok(())
}
