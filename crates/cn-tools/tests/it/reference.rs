//! `docs/reference` is generated from the command lines: a page for each program, and a page with
//! every setting. `CN_BLESS=1` writes it, as `cargo xtask docs` does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use camino::Utf8PathBuf;
use clap::{Arg, ArgAction, Command};
use cn_cli::environment::{LEGACY, LOG};

use crate::settings::{NOT_IN_FILE, settings};

const WRITTEN: &str =
    "<!-- Written by `cargo xtask docs` from the command lines of the programs. -->\n\n";

/// Returns the pages by name.
fn pages() -> BTreeMap<String, String> {
    let programs = cn_tools::PROGRAMS.iter();
    let mut pages: BTreeMap<String, String> = programs
        .map(|program| (format!("{}.md", program.name), page(&(program.command)())))
        .collect();
    pages.insert("settings.md".to_owned(), index());
    pages
}

fn page(command: &Command) -> String {
    let mut command = command.clone();
    let name = command.get_name().to_owned();
    let about = command.get_long_about().or(command.get_about());
    let about = about.map(|text| format!("{}\n\n", sentences(&text.to_string())));
    let usage = command.render_usage().to_string().replace("Usage: ", "");
    let mut page = format!(
        "{WRITTEN}# {name}\n\n{}```text\n{}\n```\n\nFlags take precedence over variables, and variables over `cn.toml`: see [settings](../guide/settings-and-identities.md). [Exit codes](../exit-codes.md) are the same for all programs.\n",
        about.unwrap_or_default(),
        usage.trim()
    );
    let mut groups: Vec<&str> = Vec::new();
    for arg in settings(&command) {
        let group = group(arg);
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    for heading in groups {
        append(&mut page, &format!("\n## {heading}\n"));
        for arg in settings(&command).filter(|arg| group(arg) == heading) {
            append(&mut page, &entry(arg));
        }
    }
    page
}

fn group(arg: &Arg) -> &str {
    let other = if arg.is_positional() {
        "Arguments"
    } else {
        "Options"
    };
    arg.get_help_heading().unwrap_or(other)
}

/// Renders a flag with its variable, its key and its description.
fn entry(arg: &Arg) -> String {
    let id = arg.get_id().as_str();
    let mut facts = vec![format!("variable `{}`", variable(arg))];
    facts.extend(legacy(id).map(|name| format!("or `{name}`")));
    if !NOT_IN_FILE.contains(&id) {
        facts.push(format!("key `{id}`"));
    }
    let defaults: Vec<_> = arg.get_default_values().iter().collect();
    if let [default] = defaults[..]
        && !is_switch(arg)
        && !default.is_empty()
    {
        facts.push(format!("default `{}`", default.to_string_lossy()));
    }
    let help = arg.get_long_help().or(arg.get_help());
    let mut entry = format!(
        "\n### {}\n\n{}\n\n{}\n",
        spelling(arg),
        capitalized(&facts.join(", ")),
        sentences(&help.map(ToString::to_string).unwrap_or_default())
    );
    let values = arg.get_possible_values();
    if !is_switch(arg) && !values.is_empty() {
        append(&mut entry, "\n| value | meaning |\n| --- | --- |\n");
        for value in values.iter().filter(|value| !value.is_hide_set()) {
            let help = value.get_help().map(ToString::to_string);
            let row = format!(
                "| `{}` | {} |\n",
                value.get_name(),
                help.unwrap_or_default().replace('|', "\\|")
            );
            append(&mut entry, &row);
        }
    }
    entry
}

fn spelling(arg: &Arg) -> String {
    let names = arg.get_value_names().unwrap_or_default();
    let value = names.first().filter(|_| !is_switch(arg));
    let more = arg
        .get_num_args()
        .is_some_and(|count| count.max_values() > 1)
        || matches!(arg.get_action(), ArgAction::Append);
    let more = if more { "…" } else { "" };
    match (arg.get_long(), value) {
        (Some(long), Some(value)) => format!("`--{long} <{value}>{more}`"),
        (Some(long), None) => format!("`--{long}`"),
        (None, value) => format!(
            "`<{}>{more}`",
            value.map_or("VALUE", |value| value.as_str())
        ),
    }
}

/// Renders the index of all settings of all programs.
fn index() -> String {
    let mut settings_by_variable: BTreeMap<String, (String, BTreeSet<&str>)> = BTreeMap::new();
    for program in &cn_tools::PROGRAMS {
        for arg in settings(&(program.command)()) {
            let row = settings_by_variable
                .entry(variable(arg))
                .or_insert_with(|| (arg.get_id().to_string(), BTreeSet::new()));
            row.1.insert(program.name);
        }
    }
    let mut page = format!(
        "{WRITTEN}# Every setting\n\nA setting is a flag, a variable, or a key of a table of parameters in `cn.toml`. [Settings and identities](../guide/settings-and-identities.md) explains precedence, environments and forms of values.\n\n| variable | key | programs |\n| --- | --- | --- |\n"
    );
    for (variable, (id, programs)) in settings_by_variable {
        let names = legacy(&id).map(|name| format!(", `{name}`"));
        let key = if NOT_IN_FILE.contains(&id.as_str()) {
            String::new()
        } else {
            format!("`{id}`")
        };
        let links = programs.iter().map(|name| format!("[{name}]({name}.md)"));
        let links: Vec<String> = links.collect();
        let row = format!(
            "| `{variable}`{} | {key} | {} |\n",
            names.unwrap_or_default(),
            links.join(", ")
        );
        append(&mut page, &row);
    }
    append(
        &mut page,
        &format!(
            "\n`{LOG}` is a filter for tracing on stderr, such as `debug` or `cn_core=trace`. It has no flag.\n"
        ),
    );
    page
}

fn variable(arg: &Arg) -> String {
    let name = arg.get_env().expect("every setting has a variable");
    name.to_string_lossy().into_owned()
}

fn legacy(id: &str) -> Option<&'static str> {
    let mut names = LEGACY.iter().filter(|(of, _)| *of == id);
    names.next().map(|(_, name)| *name)
}

fn is_switch(arg: &Arg) -> bool {
    !arg.get_action().takes_values()
}

/// Renders a help text as Markdown; its first line is a label and gets a period.
fn sentences(help: &str) -> String {
    // Markdown needs no escapes within backticks.
    let parts = help.split('`').enumerate().map(|(at, part)| match at % 2 {
        0 => part.replace('<', "\\<").replace('*', "\\*"),
        _ => format!("`{part}`"),
    });
    let help: String = parts.collect();
    let (first, rest) = help.split_once("\n\n").unwrap_or((&help, ""));
    let end = if first.ends_with(['.', ':', ']']) {
        ""
    } else {
        "."
    };
    format!("{first}{end}\n\n{rest}").trim().to_owned()
}

fn capitalized(text: &str) -> String {
    let (first, rest) = text.split_at(1);
    format!("{}{rest}.", first.to_uppercase())
}

fn append(page: &mut String, text: &str) {
    page.write_str(text)
        .expect("writing to a text does not fail");
}

#[test]
fn the_reference_is_what_the_command_lines_say() {
    let folder = Utf8PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference"));
    let pages = pages();
    #[expect(
        clippy::disallowed_methods,
        reason = "how pages of rules are blessed, too"
    )]
    if std::env::var_os("CN_BLESS").is_some() {
        fs_err::create_dir_all(&folder).expect("folders can be made");
        for (name, text) in &pages {
            fs_err::write(folder.join(name), text).expect("written");
        }
    }
    let entries = folder
        .read_dir_utf8()
        .expect("`cargo xtask docs` writes it");
    let names: BTreeSet<String> = entries
        .map(|entry| entry.expect("readable").file_name().to_owned())
        .collect();
    assert_eq!(names, pages.keys().cloned().collect());
    for (name, text) in pages {
        let found = fs_err::read_to_string(folder.join(&name)).expect("readable");
        assert!(
            found == text,
            "docs/reference/{name} is old: run `cargo xtask docs`"
        );
    }
}
