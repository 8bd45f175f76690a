//! The files that a buildspec keeps.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::buildspec::Artifacts;

/// Returns the files that match, relative to the source, sorted.
pub(super) fn find(artifacts: &Artifacts, source: &Utf8Path) -> io::Result<Vec<Utf8PathBuf>> {
    let base = match &artifacts.base_directory {
        Some(folder) => source.join(&folder.0),
        None => source.to_owned(),
    };
    let mut files = Vec::new();
    list(&base, Utf8Path::new(""), &mut files)?;
    files.sort();
    files.retain(|file| {
        let mut patterns = artifacts.files.iter();
        patterns.any(|pattern| matches(&parts(&pattern.0), &parts(file.as_str())))
    });
    let relative = base.strip_prefix(source).unwrap_or(&base);
    Ok(files.iter().map(|file| relative.join(file)).collect())
}

fn list(base: &Utf8Path, folder: &Utf8Path, files: &mut Vec<Utf8PathBuf>) -> io::Result<()> {
    let path = base.join(folder);
    if !path.is_dir() {
        return Ok(());
    }
    for entry in path.read_dir_utf8()? {
        let entry = entry?;
        let name = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            list(base, &name, files)?;
        } else {
            files.push(name);
        }
    }
    Ok(())
}

fn parts(path: &str) -> Vec<&str> {
    path.split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect()
}

/// Returns true if a path matches a pattern, in which `**` stands for any number of folders.
fn matches(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**", rest @ ..], _) => (0..=path.len()).any(|skipped| matches(rest, &path[skipped..])),
        ([first, rest @ ..], [name, path @ ..]) => part_matches(first, name) && matches(rest, path),
        _ => false,
    }
}

/// Returns true if a name matches a pattern, in which `*` stands for any text.
fn part_matches(pattern: &str, name: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(rest) = name.strip_prefix(before) else {
        return false;
    };
    let mut ends = rest
        .char_indices()
        .map(|(index, _)| index)
        .chain([rest.len()]);
    ends.any(|index| part_matches(after, &rest[index..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_documented() {
        let matched = |pattern, path| matches(&parts(pattern), &parts(path));
        assert!(matched("packaged.yaml", "packaged.yaml"));
        assert!(matched("**/*", "a/b/c.txt"));
        assert!(matched("a/*", "a/c.txt"));
        assert!(!matched("a/*", "a/b/c.txt"));
        assert!(matched("a/**/*.txt", "a/c.txt"));
        assert!(!matched("*.json", "a.yaml"));
    }
}
