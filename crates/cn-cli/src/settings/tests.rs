use clap::Parser;

use super::*;

#[derive(Parser, Debug)]
#[command(name = "cn-deploy")]
struct Args {
    #[arg(long)]
    stack_name: String,
    #[arg(long)]
    s3_bucket: Option<String>,
    #[arg(long, num_args = 1..)]
    tags: Vec<String>,
    #[arg(long, num_args = 1..)]
    parameter_overrides: Vec<String>,
    #[arg(long, value_delimiter = ',', value_parser = ["k=1", "l=2", "k=1,2"])]
    metadata: Vec<String>,
    #[arg(long, value_parser = ["a", "b"])]
    mode: Option<String>,
    #[arg(long, overrides_with = "no_wait")]
    wait: bool,
    #[arg(long)]
    no_wait: bool,
    #[arg(long, conflicts_with = "tags")]
    clear_tags: bool,
    #[arg(long, default_value = "template.yaml")]
    template_file: Utf8PathBuf,
    #[arg(long)]
    source_template: Option<Utf8PathBuf>,
}

/// Returns the settings that differ from their defaults, one on each line.
fn set(argv: &[&str], variables: &[(&str, &str)], config: &str) -> Result<String, LoadError> {
    set_by("cn.toml", argv, variables, config).map(|(text, _)| text)
}

/// Like [`set`], with another name for the file; also returns the problems of the file.
fn set_by(
    file: &str,
    argv: &[&str],
    variables: &[(&str, &str)],
    config: &str,
) -> Result<(String, Vec<String>), LoadError> {
    let scratch = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(scratch.path()).unwrap();
    fs_err::write(folder.join(file), config).unwrap();
    let template = folder.join("t.yaml");
    let argv: Vec<OsString> = ["cn-deploy", "--template-file", template.as_str()]
        .into_iter()
        .chain(argv.iter().copied())
        .map(OsString::from)
        .collect();
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| OsString::from(value))
    };
    let loaded = load(&crate::command::<Args>(), &argv, variable)?;
    let shown = loaded.settings.iter().filter(|setting| {
        let is_ours = !["template_file", "verbose"].contains(&setting.id.as_str());
        is_ours && !matches!(setting.origin, Origin::Default | Origin::Unset)
    });
    let lines = shown.map(|setting| format!("{} # {}\n", setting.render(), setting.origin));
    let text: String = lines.collect();
    let findings = loaded.findings.iter().map(|finding| {
        let place = finding.location.as_ref().unwrap();
        let line = place.source.position(place.span.start).line;
        let shown = place.source.text().trim_start();
        format!("{line}: {} [{shown}]", finding.message)
    });
    Ok((text.replace(&format!("{folder}/"), ""), findings.collect()))
}

#[track_caller]
fn check(argv: &[&str], variables: &[(&str, &str)], config: &str, expected: &str) {
    let shown = set(argv, variables, config).map_err(|error| format!("{error:?}"));
    assert_eq!(shown.unwrap().trim_end(), expected);
}

#[test]
fn the_nearest_to_the_command_line_counts() {
    let config = "[default.global.parameters]\nstack_name = 'g'\ns3_bucket = 'g'\n\
                  [default.deploy.parameters]\nstack_name = 'f'";
    check(
        &[],
        &[],
        config,
        "stack_name = \"f\" # cn.toml:5\ns3_bucket = \"g\" # cn.toml:3",
    );
    let legacy = ("S3_BUCKET", "l");
    check(
        &[],
        &[legacy],
        config,
        "stack_name = \"f\" # cn.toml:5\ns3_bucket = \"l\" # S3_BUCKET",
    );
    check(
        &["--stack-name", "c"],
        &[legacy, ("CN_S3_BUCKET", "v"), ("CN_STACK_NAME", "v")],
        config,
        "stack_name = \"c\" # command line\ns3_bucket = \"v\" # CN_S3_BUCKET",
    );
}

#[test]
fn several_values_in_every_form() {
    let name = ["--stack-name", "s"];
    let expected = |origin: &str| {
        format!("stack_name = \"s\" # command line\ntags = [\"A=1\", \"B=二 三\"] # {origin}")
    };
    for text in [
        "tags = 'A=1 \"B=二 三\"'",
        "tags = ['A=1', 'B=二 三']",
        "tags = { A = 1, B = '二 三' }",
    ] {
        let config = format!("[default.deploy.parameters]\n{text}");
        check(&name, &[], &config, &expected("cn.toml:2"));
    }
    check(
        &name,
        &[("CN_TAGS", "A=1 B='二 三'")],
        "",
        &expected("CN_TAGS"),
    );
    check(
        &["--stack-name", "s", "--tags", "A=1", "B=二 三"],
        &[],
        "",
        &expected("command line"),
    );
}

#[test]
fn a_list_or_table_keeps_its_commas_and_a_text_is_taken_apart() {
    let name = "stack_name = \"s\" # command line";
    let argv = ["--stack-name", "s"];
    for (text, expected) in [
        ("{ k = '1,2' }", "\"k=1,2\""),
        ("['k=1,2']", "\"k=1,2\""),
        ("'k=1,l=2'", "[\"k=1\", \"l=2\"]"),
    ] {
        check(
            &argv,
            &[],
            &format!("[default.deploy.parameters]\nmetadata = {text}"),
            &format!("{name}\nmetadata = {expected} # cn.toml:2"),
        );
    }
    check(
        &argv,
        &[("CN_METADATA", "k=1,l=2")],
        "",
        &format!("{name}\nmetadata = [\"k=1\", \"l=2\"] # CN_METADATA"),
    );
    check(
        &["--stack-name", "s", "--metadata", "k=1,l=2"],
        &[],
        "",
        &format!("{name}\nmetadata = [\"k=1\", \"l=2\"] # command line"),
    );
    let torn = set(&argv, &[("CN_METADATA", "k=1,2")], "");
    assert!(matches!(torn, Err(LoadError::Failure(_))), "{torn:?}");
}

#[test]
fn a_nearer_no_voids_a_farther_yes() {
    let name = "stack_name = \"s\" # command line";
    let config = "[default.deploy.parameters]\nwait = true";
    check(
        &["--stack-name", "s"],
        &[],
        config,
        &format!("{name}\nwait = true # cn.toml:2"),
    );
    check(
        &["--stack-name", "s", "--no-wait"],
        &[],
        config,
        &format!("{name}\nno_wait = true # command line"),
    );
    let variable = ("CN_NO_WAIT", "yes");
    check(
        &["--stack-name", "s"],
        &[variable],
        config,
        &format!("{name}\nno_wait = true # CN_NO_WAIT"),
    );
}

#[test]
fn a_nearer_flag_voids_a_farther_one_that_it_conflicts_with() {
    let name = "stack_name = \"s\" # command line";
    let clear = "[default.deploy.parameters]\nclear_tags = true";
    let tags = "[default.deploy.parameters]\ntags = 'A=1'";
    let typed_tags = format!("{name}\ntags = \"A=1\" # command line");
    let argv = ["--stack-name", "s", "--tags", "A=1"];
    check(&argv, &[], clear, &typed_tags);
    let variable = ("CN_CLEAR_TAGS", "true");
    check(&argv, &[variable], "", &typed_tags);
    check(
        &["--stack-name", "s", "--clear-tags"],
        &[("CN_TAGS", "A=1")],
        tags,
        &format!("{name}\nclear_tags = true # command line"),
    );
    check(
        &["--stack-name", "s"],
        &[variable],
        tags,
        &format!("{name}\nclear_tags = true # CN_CLEAR_TAGS"),
    );
    check(
        &["--stack-name", "s"],
        &[("CN_CLEAR_TAGS", "false")],
        tags,
        &format!("{name}\ntags = \"A=1\" # cn.toml:2\nclear_tags = false # CN_CLEAR_TAGS"),
    );
}

#[test]
fn another_environment_is_another_table() {
    let config = "version = 0.1\n[default.deploy.parameters]\nstack_name = 'd'\n\
                  [prod.deploy.parameters]\nstack_name = 'p'";
    let prod = "stack_name = \"p\" # cn.toml:5\nconfig_env = \"prod\" # ";
    check(
        &["--config-env", "prod"],
        &[],
        config,
        &format!("{prod}command line"),
    );
    check(&[], &[("CN_ENV", "prod")], config, &format!("{prod}CN_ENV"));
}

#[test]
fn a_value_that_is_refused_is_blamed_on_its_origin() {
    let refused = |argv: &[&str], variables: &[(&str, &str)], config: &str| match set(
        argv, variables, config,
    ) {
        Err(LoadError::Failure(failure)) => {
            let cause = failure.error.source().map(ToString::to_string);
            format!("{failure}: {}", cause.unwrap_or_default())
        }
        other => format!("{other:?}"),
    };
    assert_eq!(
        refused(&["--stack-name", "s"], &[("CN_MODE", "c")], ""),
        "cannot use the value for `--mode` from `CN_MODE`: `c` is not one of the possible values"
    );
    assert_eq!(
        refused(&[], &[("CN_WAIT", "maybe")], ""),
        "cannot use `CN_WAIT`: it is neither true nor false: "
    );
    assert_eq!(
        refused(&[], &[("CN_TAGS", "A='x")], ""),
        "cannot use `CN_TAGS`: a quote is not closed: "
    );
    let typed = set(
        &["--mode", "c", "--stack-name", "s"],
        &[("CN_MODE", "a")],
        "",
    );
    assert!(matches!(typed, Err(LoadError::Clap(_))), "{typed:?}");
    let missing = set(&[], &[], "");
    assert!(matches!(missing, Err(LoadError::Clap(_))), "{missing:?}");
}

#[test]
fn what_the_file_gets_wrong_is_all_reported() {
    let config =
        "[default.deploy.parameters]\nwait = 'yes'\nstack_nam = 's'\nmode = ['a']\nhelp = true\n";
    let Err(LoadError::Findings(findings)) = set(&[], &[], config) else {
        panic!("the file has errors");
    };
    let messages: Vec<&str> = findings
        .iter()
        .map(|finding| finding.message.as_str())
        .collect();
    assert_eq!(
        messages,
        [
            "unknown setting `help`",
            "`mode` takes a string or number, not an array",
            "unknown setting `stack_nam`",
            "`wait` takes true or false, not a string",
        ]
    );
}

#[test]
fn tables_are_merged_over_all_places() {
    let config = "[default.global.parameters]\ntags = { a = 'global', b = 'global' }\n\
                  [default.deploy.parameters]\ntags = { b = 'deploy' }";
    let argv = ["--stack-name", "s", "--tags", "d=flag"];
    check(
        &argv,
        &[("CN_TAGS", "c=variable")],
        config,
        "stack_name = \"s\" # command line\n\
         tags = [\n    \"a=global\",  # cn.toml:2\n    \"b=global\",  # cn.toml:2\n    \
         \"b=deploy\",  # cn.toml:4\n    \"c=variable\",  # CN_TAGS\n    \
         \"d=flag\",  # command line\n] # command line",
    );
    let without = ["--stack-name", "s"];
    let loaded = set(&without, &[], config).unwrap();
    assert!(loaded.contains("\"a=global\",  # cn.toml:2\n"), "{loaded}");
    let list = "[default.deploy.parameters]\nmetadata = ['k=1']";
    let one = set(&["--stack-name", "s", "--metadata", "l=2"], &[], list).unwrap();
    assert!(one.contains("\"k=1\",  # cn.toml:2\n    \"l=2\""), "{one}");
}

#[test]
fn an_environment_inherits_from_default_key_by_key() {
    let config = "[default.global.parameters]\ns3_bucket = 'shared'\nstack_name = 'd'\n\
                  [default.deploy.parameters]\nmode = 'a'\nwait = true\n\
                  [prod.global.parameters]\nstack_name = 'p'\n\
                  [prod.deploy.parameters]\nno_wait = true\n";
    check(
        &["--config-env", "prod"],
        &[],
        config,
        "stack_name = \"p\" # cn.toml:8\ns3_bucket = \"shared\" # cn.toml:2\n\
         mode = \"a\" # cn.toml:5\nno_wait = true # cn.toml:10\n\
         config_env = \"prod\" # command line",
    );
    let sam = set_by("samconfig.toml", &["--config-env", "prod"], &[], config).unwrap();
    assert!(!sam.0.contains("s3_bucket"), "{}", sam.0);
}

#[test]
fn settings_outside_a_table_of_parameters_are_reported_with_their_line() {
    let config = "stack_name = 'top'\nversion = 0.1\n[default]\nregion = 'x'\n\
                  [default.deploy]\nstack_name = 'deploy'\n\
                  [default.parameters]\nmode = 'a'\n\
                  [deploy.parameters]\nmode = 'b'\n";
    let (_, findings) = set_by("cn.toml", &["--stack-name", "s"], &[], config).unwrap();
    assert_eq!(
        findings,
        [
            "9: `[deploy.parameters]` belongs to no environment [deploy]",
            "1: `stack_name` is not in a table of parameters [stack_name]",
            "6: `stack_name` is not in a table of parameters [stack_name]",
            "7: there is no program `cn-parameters` [parameters]",
            "4: `region` is not in a table of parameters [region]",
        ]
    );
    let other = "[default.package]\nstack_name = 1\n[default.deploy.parametres]\nmode = 'a'\n";
    let (_, findings) = set_by("cn.toml", &["--stack-name", "s"], &[], other).unwrap();
    assert_eq!(findings.len(), 2, "{findings:?}");
}

#[test]
fn values_of_parameters_are_never_shown() {
    let secret = "HUNTER2";
    for text in [
        "parameter_overides = { Pw = 'HUNTER2' }",
        "parameter_overrides = { Pw = { x = 'HUNTER2' } }",
        "parameter_overrides = 'Pw=\"HUNTER2'",
        "parameter_overrides = { Pw = 'HUNTER2' } x",
        "stack_nam = 'x' # HUNTER2",
        "tags = { a = 1, b = { c = 'HUNTER2' } }",
        "parameter_overrides = [1, {Pw = 'HUNTER2'}]",
        "parameter_overrides = \"\"\"HUNTER2",
    ] {
        for file in ["cn.toml", "samconfig.toml"] {
            let config = format!("[default.deploy.parameters]\n{text}\n");
            let said = match set_by(file, &["--stack-name", "s"], &[], &config) {
                Ok((shown, findings)) => format!("{shown} {findings:?}"),
                Err(LoadError::Findings(findings)) => {
                    let rendered = findings.iter().map(crate::findings::render);
                    rendered.map(|shown| shown.to_string()).collect()
                }
                Err(other) => panic!("{other:?}"),
            };
            assert!(!said.contains(secret), "{file}: {text}: {said}");
        }
    }
    for words in [
        "Pw=HUNTER2",
        "Pw='HUNTER2 x' A=1",
        "HUNTER2",
        "{\"Pw\": \"HUNTER2\"}",
    ] {
        let shown = set(
            &["--stack-name", "s"],
            &[("CN_PARAMETER_OVERRIDES", words)],
            "",
        );
        let shown = shown.unwrap();
        assert!(shown.contains("****") && !shown.contains(secret), "{shown}");
        assert!(shown.contains("CN_PARAMETER_OVERRIDES"), "{shown}");
    }
}

#[test]
fn sam_files_are_read_as_sam_reads_them() {
    let shown = |text: &str| {
        let config = format!("[default.deploy.parameters]\ntags = {text}");
        set_by("samconfig.toml", &["--stack-name", "s"], &[], &config).map(|(text, _)| text)
    };
    for text in [
        "'A=1 B=\"二 三\"'",
        "['A=1 B=\"二 三\"']",
        "['A=\"1\"', \"B='二 三'\"]",
        "{ A = 1, B = '二 三' }",
    ] {
        let shown = shown(text).unwrap();
        assert!(
            shown.ends_with("tags = [\"A=1\", \"B=二 三\"] # samconfig.toml:2\n"),
            "{text}: {shown}"
        );
    }
    assert!(matches!(shown("'A=\"1 B=2'"), Err(LoadError::Findings(_))));
    let config = "version = 0.1\n[default.deploy.parameters]\nconfirm_changeset = true\n\
                  resolve_s3 = true\nresolve_image_repos = false\nunknown = 1\n";
    let (_, findings) = set_by("samconfig.toml", &["--stack-name", "s"], &[], config).unwrap();
    assert_eq!(
        findings,
        [
            "3: `confirm_changeset` of the SAM CLI has no effect here [confirm_changeset]",
            "4: `resolve_s3` of the SAM CLI has no effect here [resolve_s3]",
        ]
    );
}

#[test]
fn programs_read_the_table_of_sam_deploy() {
    let config = "[default.deploy.parameters]\nstack_name = 'orders'\ns3_bucket = 'b'\n\
                  template_file = 'p.yaml'\nresolve_s3 = true\n\
                  [default.package.parameters]\ns3_bucket = 'nearer'\n";
    let scratch = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(scratch.path()).unwrap();
    let values = |program: &'static str, file: &str| {
        let file = folder.join(file);
        fs_err::write(&file, config).unwrap();
        let argv = [program, "--config-file", file.as_str()].map(OsString::from);
        let command = crate::command::<Args>().name(program);
        let command = command.mut_args(|arg| arg.required(false));
        let loaded = load(&command, &argv, |_| None).unwrap();
        assert!(loaded.findings.is_empty(), "{:?}", loaded.findings);
        let names = ["stack_name", "s3_bucket", "template_file"];
        names.map(|id| match loaded.settings.values(id) {
            [one] => one.value.clone(),
            _ => "-".to_owned(),
        })
    };
    let package = values("cn-package", "samconfig.toml");
    assert_eq!(package, ["orders", "nearer", "template.yaml"]);
    let cleanup = values("cn-cleanup", "samconfig.toml");
    assert_eq!(cleanup, ["orders", "b", "p.yaml"]);
    let nothing = ["-", "-", "template.yaml"];
    assert_eq!(values("cn-check", "samconfig.toml"), nothing);
    assert_eq!(values("cn-cleanup", "cn.toml"), nothing);
}

#[test]
fn every_program_may_have_a_table() {
    let programs = [
        "check", "cleanup", "deploy", "doctor", "keys", "package", "profile",
    ];
    let tables = programs
        .map(|name| format!("[default.{name}.parameters]\n"))
        .concat();
    let (_, findings) = set_by("cn.toml", &["--stack-name", "s"], &[], &tables).unwrap();
    assert_eq!(findings, [""; 0]);
}

#[test]
fn the_doctor_reads_the_tables_of_what_it_checks() {
    let config = "[default.deploy.parameters]\nstack_name = 'orders'\ntemplate_file = 'p.yaml'\n\
                  [default.package.parameters]\ns3_bucket = 'b'\ntemplate_file = 't.yaml'\nsymlinks = 'keep'\n\
                  [default.doctor.parameters]\nmode = 'a'\n";
    let scratch = tempfile::tempdir().unwrap();
    let file = Utf8Path::from_path(scratch.path()).unwrap().join("cn.toml");
    fs_err::write(&file, config).unwrap();
    let argv = ["cn-doctor", "--config-file", file.as_str()].map(OsString::from);
    let command = crate::command::<Args>().name("cn-doctor");
    let loaded = load(&command, &argv, |_| None).unwrap();
    let value = |id: &str| loaded.settings.values(id)[0].value.clone();
    let names = [
        "stack_name",
        "s3_bucket",
        "template_file",
        "source_template",
        "mode",
    ];
    assert_eq!(names.map(value), ["orders", "b", "p.yaml", "t.yaml", "a"]);
    assert!(loaded.findings.is_empty(), "{:?}", loaded.findings);
}
