//! `cargo xtask fuzz`: the laws of templates, settings and parameters, on generated texts.
//!
//! The laws of templates and the mutations are those of the tests of `cn-template`; here they run
//! for a given time. Settings and parameters are read by crates that need the SDK, which
//! development tasks should not have to build: an example of `cn-tools` runs these.

mod engine;
#[path = "../../../cn-template/tests/it/laws.rs"]
mod laws;
#[path = "../../../cn-template/tests/it/mutation.rs"]
mod mutation;

use std::process::Command;

use cn_testkit::workspace_folder;

use crate::terminal::say;
use engine::{Target, texts};
use mutation::Random;
use xtask::BoxError;

/// The targets of the example.
const OF_EXAMPLE: [&str; 2] = ["parameters", "settings"];

/// Fuzzes a target for a time, on one core.
///
/// # Errors
///
/// When there is no such target, or a law is broken; the texts that show it are in
/// `target/fuzz`.
pub(crate) fn run(name: &str, seconds: u64, seed: u64) -> Result<(), BoxError> {
    if OF_EXAMPLE.contains(&name) {
        let status = Command::new(env!("CARGO"))
            .args([
                "run",
                "--quiet",
                "--package",
                "cn-tools",
                "--example",
                "fuzz",
                "--",
            ])
            .args([name, &seconds.to_string(), &seed.to_string()])
            .current_dir(workspace_folder())
            .status()?;
        return if status.success() {
            Ok(())
        } else {
            Err(format!("fuzzing {name} failed ({status})").into())
        };
    }
    let target = target(name).ok_or_else(|| {
        format!(
            "the targets are `parse`, `edit`, `{}`",
            OF_EXAMPLE.join("` and `")
        )
    })?;
    engine::run(target, seconds, seed, say)
}

/// Returns the target of that name in this program.
fn target(name: &str) -> Option<Target> {
    let (name, check): (_, fn(&str, u64) -> bool) = match name {
        "parse" => ("parse", is_parsed),
        "edit" => ("edit", is_edited),
        _ => return None,
    };
    Some(Target {
        name,
        texts: texts("fixtures", &["yaml", "json"]),
        check,
    })
}

/// Checks that any text gives a tree or a finding, and that all spans lie in the text.
fn is_parsed(text: &str, _seed: u64) -> bool {
    let template = laws::is_survived(text);
    if let Some(template) = &template {
        laws::is_expanded(template);
        laws::is_escaped(template);
    }
    template.is_some()
}

/// Checks that edits and expansion change only their subject.
fn is_edited(text: &str, seed: u64) -> bool {
    let template = laws::is_survived(text);
    if let Some(template) = &template {
        let mut random = Random(seed);
        laws::is_edited(template, || random.below(usize::MAX));
        laws::is_packaged(template);
    }
    template.is_some()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    #[test]
    fn a_short_run_finds_nothing() {
        for name in ["parse", "edit"] {
            let target = target(name).expect("it is a target");
            let found = engine::execute(&target, 1, |done| done >= 300, &AtomicU64::new(0));
            assert_eq!(found.executions, 300);
            assert!(found.read > 30, "only {} trees", found.read);
            assert!(found.broken.is_empty(), "{:#?}", found.broken);
        }
    }

    #[test]
    fn what_is_broken_becomes_as_small_as_it_can() {
        let target = Target {
            name: "test",
            texts: Vec::new(),
            check: |text, _| {
                assert!(!(text.contains('a') && text.contains('b')), "both");
                true
            },
        };
        assert_eq!(target.smaller("xxaxxxbx", 0), "ab");
        assert_eq!(target.broken("ab", 0), Err("both".to_owned()));
        assert_eq!(target.broken("a", 0), Ok(true));
    }
}
