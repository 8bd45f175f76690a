use cn_testkit::TestEnv;
use cn_testkit::codebuild::{self, BuildReport, Buildspec, Cases, Compute, PhaseName, PhaseState};

/// Runs a buildspec and returns its report and its log.
fn run(text: &str) -> (BuildReport, String) {
    run_on(Compute::Container, text)
}

fn run_on(compute: Compute, text: &str) -> (BuildReport, String) {
    let env = TestEnv::new();
    let (report, log) = codebuild::run(&env, text, compute);
    (report, env.redacted(&log))
}

fn failed(command: &str, code: i32) -> PhaseState {
    let command = command.to_owned();
    PhaseState::Failed { command, code }
}

#[test]
fn all_commands_share_one_shell() {
    let (report, log) = run(r#"
version: 0.2
env:
  variables: {GREETING: hello, NUMBER: 8}
phases:
  install:
    commands:
      - LOCAL="not exported"; mkdir -p deep/er && cd deep
      - export SHOWN="a 'quoted' value"
  build:
    commands:
      - |
        cd er
        pwd
      - echo "$LOCAL, $SHOWN, $GREETING, $NUMBER"
      - sh -c 'echo "child sees [$LOCAL] [$SHOWN]"'
      - echo "$AWS_REGION $AWS_DEFAULT_REGION $CI $CODEBUILD_SRC_DIR $CODEBUILD_BUILD_SUCCEEDING"
"#);
    assert!(report.succeeded());
    insta::assert_snapshot!(log);
}

#[test]
fn a_failed_command_ends_its_phase_but_not_its_finally_block() {
    let (report, log) = run("
version: 0.2
phases:
  build:
    commands: [echo one, 'false', echo two]
    finally: [echo three, exit 4, echo five]
  post_build:
    commands: ['echo succeeding: $CODEBUILD_BUILD_SUCCEEDING']
");
    assert!(!report.succeeded());
    let expected = [
        (PhaseName::Build, failed("false", 1)),
        (PhaseName::PostBuild, PhaseState::Succeeded),
    ];
    assert_eq!(report.phases, expected);
    insta::assert_snapshot!(log);
}

#[test]
fn a_failed_install_or_pre_build_ends_the_build() {
    for phase in ["install", "pre_build"] {
        let (report, _) = run(&format!(
            "{{version: 0.2, phases: {{{phase}: {{commands: [exit 3]}}, build: {{commands: [echo]}}, post_build: {{commands: [echo]}}}}}}"
        ));
        let states: Vec<PhaseState> = report.phases.into_iter().map(|(_, state)| state).collect();
        assert_eq!(
            states,
            [
                failed("exit 3", 3),
                PhaseState::Skipped,
                PhaseState::Skipped
            ]
        );
    }
}

#[test]
fn on_failure_overrides_what_a_failure_means() {
    let (report, _) = run("
version: 0.2
phases:
  pre_build: {on-failure: CONTINUE, commands: [exit 1]}
  build: {on-failure: ABORT, commands: [exit 2]}
  post_build: {commands: [echo]}
");
    let expected = [
        (PhaseName::PreBuild, failed("exit 1", 1)),
        (PhaseName::Build, failed("exit 2", 2)),
        (PhaseName::PostBuild, PhaseState::Skipped),
    ];
    assert_eq!(report.phases, expected);
}

#[test]
fn a_command_that_ends_the_shell_fails_and_leaves_what_came_before() {
    let (report, log) = run("
version: 0.2
phases:
  build:
    commands: [export KEPT=yes, mkdir sub && cd sub, set -e, 'false', echo never]
  post_build:
    commands: ['echo kept: $KEPT in ${PWD##*/}', 'echo \"unclosed', echo never]
");
    let expected = [
        (PhaseName::Build, failed("false", 1)),
        (PhaseName::PostBuild, failed("echo \"unclosed", 2)),
    ];
    assert_eq!(report.phases, expected);
    assert!(log.contains("kept: yes in sub"), "{log}");
}

#[test]
fn reports_exported_variables_and_artifacts() {
    let (report, log) = run("
version: 0.2
env:
  shell: bash
  exported-variables: [RESULT, MISSING]
phases:
  install: {runtime-versions: {python: 3.12}}
  build:
    commands:
      - '[[ a == a ]] && RESULT=\"two words\"'
      - mkdir -p out/deep && touch out/a.yaml out/deep/b.json other
artifacts:
  base-directory: out
  files: ['*.yaml', '**/*.json']
  discard-paths: yes
");
    let exported = [("RESULT", "two words"), ("MISSING", "")];
    let exported = exported.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(report.exported, exported);
    assert_eq!(report.artifacts, ["out/a.yaml", "out/deep/b.json"]);
    assert!(
        log.contains("note: `runtime-versions` makes no difference here"),
        "{log}"
    );
}

#[test]
fn refuses_what_it_cannot_run() {
    let refusal = |text| Buildspec::parse(text).expect_err("refused").to_string();
    let refusals = [
        "{version: 0.2, run-as: nobody, phases: {}}",
        "{version: 0.2, phases: {}, artifacts: {files: [a], secondary-artifacts: {b: {files: [c]}}}}",
        "{version: 0.2, phases: {}, reports: {group: {files: [a], file-format: CUCUMBERJSON}}}",
        "{version: 0.2, phases: {}, batch: {build-list: [{identifier: a}]}}",
        "{version: 0.1, phases: {}}",
        "{version: 0.2, phases: {}, env: {parameter-store: {A: /a}}}",
        "{version: 0.2, phases: {compile: {}}}",
        "{version: 0.2, phases: {build: {comands: [echo]}}}",
        "{version: 0.2, phases: {build: {on-failure: RETRY-3}}}",
        "{version: 0.2, phases: {build: {commands: [{a: b}]}}}",
    ];
    insta::assert_snapshot!(refusals.map(refusal).join("\n---\n"));
}

#[test]
fn on_failure_makes_no_difference_where_it_is_not_supported() {
    let text = "
version: 0.2
phases:
  build: {on-failure: ABORT, commands: [exit 2]}
  post_build: {commands: ['[ \"$CODEBUILD_BUILD_SUCCEEDING\" = 1 ]', touch deployed]}
artifacts: {files: [deployed]}
";
    let (report, _) = run_on(Compute::WithoutOnFailure, text);
    let (last, state) = report.phases.last().expect("two phases");
    assert_eq!(*last, PhaseName::PostBuild);
    assert!(
        matches!(state, PhaseState::Failed { code: 1, .. }),
        "{state:?}"
    );
    assert!(report.artifacts.is_empty());
}

#[test]
fn counts_the_cases_of_reports() {
    let (report, _) = run("
version: 0.2
phases:
  build:
    commands:
      - mkdir out
      - echo '<testsuite><testcase/><testcase><failure/></testcase></testsuite>' > out/a.xml
reports:
  orders: {files: ['*.xml'], base-directory: out}
");
    let cases = Cases {
        total: 2,
        failed: 1,
    };
    assert_eq!(report.reports, [("orders".to_owned(), cases)]);
}

#[test]
fn a_matrix_has_a_build_for_each_combination() {
    let spec = Buildspec::parse(
        "{version: 0.2, phases: {}, batch: {build-matrix: {dynamic: {env: {variables: {A: [1, 2], B: [p, q]}}}}}}",
    );
    let builds = spec.expect("a buildspec").batch();
    let shown: Vec<String> = builds
        .iter()
        .map(|build| format!("{}{}", build["A"], build["B"]))
        .collect();
    assert_eq!(shown, ["1p", "1q", "2p", "2q"]);
}

#[test]
fn a_build_inherits_nothing_from_the_one_before() {
    let env = TestEnv::new();
    let text =
        "{version: 0.2, phases: {build: {commands: ['test -z \"$LEFT\"', export LEFT=over]}}}";
    for _ in 0..2 {
        let (report, log) = codebuild::run(&env, text, Compute::Container);
        assert!(report.succeeded(), "{log}");
    }
}
