//! The library names no flags: each program chooses the names of its options.

use camino::Utf8Path;
use cn_testkit::workspace_folder;
use proc_macro2::{TokenStream, TokenTree};

use crate::tidy::files;

/// Returns the flags and settings in the string literals of a source, without the flags of `aws`
/// command lines that people can run. Doc comments may name flags.
fn flags(source: &str) -> Vec<String> {
    let code: TokenStream = source.parse().expect("Rust");
    let mut literals = Vec::new();
    collect(code, &mut literals);
    literals.iter().flat_map(|text| flags_in(text)).collect()
}

fn collect(code: TokenStream, literals: &mut Vec<String>) {
    let mut is_doc = false;
    for token in code {
        match token {
            TokenTree::Group(group) => collect(group.stream(), literals),
            TokenTree::Literal(literal) if !is_doc => literals.push(literal.to_string()),
            TokenTree::Ident(word) => is_doc = word == "doc",
            TokenTree::Literal(_) => is_doc = false,
            TokenTree::Punct(_) => {}
        }
    }
}

fn flags_in(literal: &str) -> Vec<String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    // Settings as files name them: words in backticks with underscores.
    let is_setting = |word: &&str| {
        let is_letter = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        word.contains('_')
            && word
                .chars()
                .all(|letter| letter == '_' || is_letter(letter))
    };
    let quoted = literal.split('`').skip(1).step_by(2);
    let mut flags: Vec<String> = quoted.filter(is_setting).map(str::to_owned).collect();
    for (at, _) in literal.match_indices("--") {
        let (before, rest) = literal.split_at(at);
        let name = &rest[2..];
        let is_flag = name.starts_with(|letter: char| letter.is_ascii_lowercase())
            && !before.ends_with(is_part);
        // The command of the flag: from the last quote or line on.
        let command = before.rsplit(['`', '"', '\n']).next().unwrap_or_default();
        if is_flag && !command.starts_with("aws ") {
            let end = name.find(|letter| !is_part(letter)).unwrap_or(name.len());
            flags.push(format!("--{}", &name[..end]));
        }
    }
    flags
}

#[test]
fn the_library_names_no_flags() {
    let mut found = Vec::new();
    for path in files("crates/cn-core/src", &[".rs"]) {
        let text = fs_err::read_to_string(workspace_folder().join(&path)).expect("readable");
        // The library writes the command line with which a profile runs `cn-profile`; tests of
        // profiles contain command lines of other programs. The last two are an argument of AWS
        // Glue and a key of the AWS configuration.
        let is_own = |flag: &String| {
            let is_profile = path == Utf8Path::new("crates/cn-core/src/profile/write.rs");
            let is_of_profile = matches!(
                flag.as_str(),
                "--credential-process" | "--profile" | "--china"
            );
            path == Utf8Path::new("crates/cn-core/src/session/process.rs")
                || (is_profile && is_of_profile)
                || ["--extra-py-files", "endpoint_url"].contains(&flag.as_str())
        };
        let flags: Vec<String> = flags(&text).into_iter().filter(|it| !is_own(it)).collect();
        if !flags.is_empty() {
            found.push((path, flags));
        }
    }
    assert!(found.is_empty(), "these name flags: {found:#?}");
}

#[test]
fn flags_are_told_from_dashes_and_from_lines_of_the_aws_cli() {
    let source = r##"
        //! Pass `--doc`.
        /// Pass `--doc`.
        const A: &str = "pass `--one` or --two-more=x";
        const B: &str = "run `aws s3 ls --region x`, then `cn-deploy --attach`";
        const D: &str = "put `stack_name` into the file, or `Name`, or `s3`";
        const C: &str = r#"-----BEGIN KEY-----"#;
        fn f() -> String { format!("(--three {})", "a--b -- c") }
    "##;
    assert_eq!(
        flags(source),
        ["--one", "--two-more", "--attach", "stack_name", "--three"]
    );
}
