//! Checks all files that a run writes, before the run does anything.

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

use super::place::{Identity, Place};
use super::write::{WriteError, tried};

/// An error for files that a run must not write. Nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Two results would be written to one file.
    #[error("two results would be written to one file: `{first}` and `{second}`")]
    Same {
        /// The first result, as the request names it.
        first: Utf8PathBuf,
        /// The second result, as the request names it.
        second: Utf8PathBuf,
    },
    /// A result would replace a file that the run reads.
    #[error("`{output}` would overwrite {}", overwritten(output, input))]
    Input {
        /// The result's file, as the request names it.
        output: Utf8PathBuf,
        /// The input, as the run names it.
        input: Utf8PathBuf,
    },
}

fn overwritten(output: &Utf8Path, input: &Utf8Path) -> String {
    if output == input {
        "a file that this run reads".to_owned()
    } else {
        format!("`{input}`, which this run reads")
    }
}

/// A file of a run, as the request names it, and its identity.
///
/// Devices and pipes have no identity: several results may go to the same one.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// The path as the request names it.
    pub shown: Utf8PathBuf,
    /// The identity of the file.
    pub identity: Option<Identity>,
}

/// Checks every file that a run will write.
///
/// The files must be writable, and different from each other and from every input, whatever paths
/// lead to them: links, hard links or `..`.
///
/// * `base`: the folder for relative paths; empty for the working folder.
/// * `inputs`: files that the run reads. Missing files are skipped.
///
/// # Errors
///
/// [`OutputError`] for the first file that must not be written.
pub fn check_outputs(
    base: &Utf8Path,
    outputs: &[Utf8PathBuf],
    inputs: &[Utf8PathBuf],
) -> Result<(), OutputError> {
    // If another run replaces a file at the same time, its inode may be reused for the next file. A
    // real conflict is still there at the second check.
    look(base, outputs, inputs).or_else(|error| match error {
        OutputError::Write(_) => Err(error),
        _ => look(base, outputs, inputs),
    })
}

fn look(
    base: &Utf8Path,
    outputs: &[Utf8PathBuf],
    inputs: &[Utf8PathBuf],
) -> Result<(), OutputError> {
    let tried = outputs.iter().map(|path| {
        let place = tried(&base.join(path)).map_err(|source| WriteError {
            path: path.clone(),
            source,
        })?;
        Ok(Known {
            shown: path.clone(),
            identity: place.identity(),
        })
    });
    let outputs: Vec<Known> = tried.collect::<Result<_, WriteError>>()?;
    let inputs = inputs.iter().map(|path| known(base, path));
    distinct(&outputs, &inputs.collect::<Vec<_>>())
}

/// Returns true if two paths lead to the same file, whatever links are on the way.
pub(crate) fn is_same_path(one: &Utf8Path, other: &Utf8Path) -> bool {
    let real = |path| Place::find(path).ok().map(|place| place.real);
    real(one).is_some_and(|one| Some(one) == real(other))
}

/// Returns a file that a run reads. Only a regular file has an identity.
pub(crate) fn known(base: &Utf8Path, path: &Utf8Path) -> Known {
    let real = base.join(path);
    let metadata = fs::metadata(&real).ok().filter(std::fs::Metadata::is_file);
    Known {
        shown: path.to_owned(),
        identity: metadata.map(|metadata| Identity::of(&metadata, real.as_std_path())),
    }
}

/// Checks that the files of a run are different from each other.
fn distinct(outputs: &[Known], inputs: &[Known]) -> Result<(), OutputError> {
    let is_same =
        |one: &Known, other: &Known| one.identity.is_some() && one.identity == other.identity;
    for (at, output) in outputs.iter().enumerate() {
        if let Some(first) = outputs[..at].iter().find(|first| is_same(first, output)) {
            return Err(OutputError::Same {
                first: first.shown.clone(),
                second: output.shown.clone(),
            });
        }
        if let Some(input) = inputs.iter().find(|input| is_same(input, output)) {
            return Err(OutputError::Input {
                output: output.shown.clone(),
                input: input.shown.clone(),
            });
        }
    }
    Ok(())
}
