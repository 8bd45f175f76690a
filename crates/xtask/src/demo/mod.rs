//! `cargo xtask demo`: the whole path, from the build in us-east-1 to the stack in cn-north-1, with
//! the buildspec that users commit.

mod world;

use std::process::Command;
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use cn_testkit::codebuild::{Build, BuildReport, Buildspec, Compute};
use cn_testkit::{Client, Keys, TestEnv, program, target_folder, workspace_folder};

use crate::terminal;
use crate::terminal::say;
use xtask::BoxError;

const STACK: &str = "orders-dev";
const INTRODUCTION: &str = "\
The demo deploys fixtures/sample-app, whose template was written for us-east-1, into cn-north-1:
  1. builds three programs (3 to 10 minutes the first time, then seconds), or installs those of a wheel
  2. starts two AWS emulators on loopback, one for each partition
  3. runs buildspecs/buildspec-china.yml as CodeBuild does (some seconds)
  4. runs it again from a fresh checkout, to show that nothing travels twice
No AWS account is used, and nothing leaves this machine but downloads of packages.
";

const PROGRAMS: [&str; 3] = ["cn-profile", "cn-package", "cn-deploy"];

/// Runs the demo; fails if anything of the global partition arrives in China.
///
/// With a wheel, the buildspec installs the programs from the wheel into an environment without
/// them.
pub(crate) fn run(wheel: Option<&Utf8Path>) -> Result<(), BoxError> {
    say(INTRODUCTION);
    let wheel = wheel.map(Utf8Path::canonicalize_utf8).transpose()?;
    if wheel.is_none() {
        build_programs()?;
    }
    say(
        "starting two AWS emulators on loopback (the first time, they are installed: half a minute)",
    );
    let start = Instant::now();
    let env = TestEnv::new();
    let china = env.china();
    say(&format!(
        "two emulators are up after {:.1} s: aws (us-east-1) and aws-cn (cn-north-1)",
        start.elapsed().as_secs_f64()
    ));
    let keys = seed(&env)?;
    let programs = match wheel {
        Some(wheel) => install_from(&env, &wheel)?,
        None => program(PROGRAMS[0]).with_file_name(""),
    };
    env.set("PATH", &format!("{programs}:/usr/local/bin:/usr/bin:/bin"));
    env.copy_folder(workspace_folder().join("fixtures/sample-app"), "");
    env.git_init();

    say("\nthe build, as CodeBuild in us-east-1 runs buildspecs/buildspec-china.yml");
    let report = build(&env, 1)?;
    say(&format!(
        "\nbuild in {:.1} s, artifacts: {:?}",
        start.elapsed().as_secs_f64(),
        report.artifacts
    ));
    show_requests(&env, &keys);
    let strays = show_stack(&china)?;
    let reports = keep_reports(&env)?;

    say("\nthe same build again, from a fresh checkout with new modification times");
    env.forget_requests();
    check_out_again(&env)?;
    build(&env, 2)?;
    let puts = env.requests().object_puts();
    say(&format!(
        "objects written by the second build: {}",
        puts.count()
    ));
    if puts.count() > 0 {
        return Err(format!("the second build wrote objects again:\n{puts}").into());
    }
    if !strays.is_empty() {
        return Err(format!("`arn:aws:` is left in China:\n{}", strays.join("\n")).into());
    }
    say(&format!(
        "\nShown: an application written for us-east-1 was packaged and deployed in cn-north-1, and a second build from a fresh checkout changed nothing.\n\
         Reports: {reports}/orders-dev.cn-north-1.html (with .md and .xml beside it)\n\
         Next: read docs/guide/first-deployment.md, or try your own template with `cargo run -p cn-check -- TEMPLATE`"
    ));
    Ok(())
}

/// Copies the reports of the build to a folder that outlives the demo, and returns the folder.
fn keep_reports(env: &TestEnv) -> Result<Utf8PathBuf, BoxError> {
    let folder = target_folder().join("demo");
    fs_err::create_dir_all(&folder)?;
    for ending in ["html", "md", "xml"] {
        let name = format!("{STACK}.cn-north-1.{ending}");
        fs_err::copy(env.project().join("report").join(&name), folder.join(&name))?;
    }
    Ok(folder)
}

fn build_programs() -> Result<(), BoxError> {
    say(&format!("building {}", PROGRAMS.join(", ")));
    let packages = PROGRAMS.iter().flat_map(|name| ["--package", name]);
    let status = Command::new(env!("CARGO"))
        .args(["build", "--locked"])
        .args(packages)
        .current_dir(workspace_folder())
        .status()?;
    if status.success() {
        return Ok(());
    }
    Err("the programs do not build".into())
}

/// Sets the variables that the buildspec's install phase reads; returns the folder that it installs
/// the programs into.
fn install_from(env: &TestEnv, wheel: &Utf8Path) -> Result<Utf8PathBuf, BoxError> {
    let folder = env.temporary_folder().join("python");
    let status = Command::new("python3")
        .args(["-m", "venv"])
        .arg(&folder)
        .status()?;
    if !status.success() {
        return Err(format!("Python made no virtual environment in {folder}").into());
    }
    env.set("CN_TOOLS", wheel.as_str());
    env.set("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    Ok(folder.join("bin"))
}

/// Prepares both accounts as an administrator does once by hand: a user with a key and a bucket in
/// China, and the parameters in home that contain their names.
fn seed(env: &TestEnv) -> Result<Keys, BoxError> {
    let bucket = "orders-artifacts-cn";
    let keys = env.china_user("deployer", cn_testkit::ALLOW_ALL);
    env.china().create_bucket(bucket)?;
    let home = env.home();
    home.put_secure_parameter("/China/Dev/UserAccessKey", &keys.id)?;
    home.put_secure_parameter("/China/Dev/UserSecretKey", &keys.secret)?;
    home.put_parameter("/China/Dev/DeploymentS3Bucket", bucket)?;
    env.set("USER_ACCESS_KEY_SSM", "/China/Dev/UserAccessKey");
    env.set("USER_SECRET_KEY_SSM", "/China/Dev/UserSecretKey");
    env.set("S3_BUCKET_SSM", "/China/Dev/DeploymentS3Bucket");
    say("seeded: /China/Dev/* in home's SSM; a user, its key and a bucket in China");
    Ok(keys)
}

fn build(env: &TestEnv, number: usize) -> Result<BuildReport, BoxError> {
    let id = format!("orders-china:00000000-0000-4000-8000-{number:012}");
    env.set("CODEBUILD_BUILD_ID", &id);
    let file = workspace_folder().join("buildspecs/buildspec-china.yml");
    let buildspec = Buildspec::parse(&fs_err::read_to_string(file)?)?;
    let build = Build {
        buildspec: &buildspec,
        source: &env.project(),
        scratch: &env.temporary_folder().join("build"),
        variables: env.variables(),
        compute: Compute::Container,
        log: terminal::log()?,
    };
    let report = build.run()?;
    if report.succeeded() {
        return Ok(report);
    }
    let logs = target_folder().join("testkit/logs");
    Err(format!("the build failed; the emulators' logs are in {logs}").into())
}

/// Simulates a new container with a new clone: no profile, no build products, new modification
/// times.
fn check_out_again(env: &TestEnv) -> Result<(), BoxError> {
    fs_err::remove_dir_all(env.home_folder().join(".aws"))?;
    env.git(&["clean", "--quiet", "-fdx"]);
    env.git(&["rm", "--quiet", "-r", "."]);
    env.git(&["reset", "--quiet", "--hard"]);
    Ok(())
}

fn show_requests(env: &TestEnv, keys: &Keys) {
    let requests = env.requests();
    env.assert_identities_kept_apart(keys);
    env.assert_no_secret_was_sent();
    let signed = requests.signed_by(&keys.id).count();
    let others = requests.count() - signed;
    say(&format!(
        "requests signed by China's user, all to cn-north-1: {signed}; by the build's role, all to us-east-1: {others}"
    ));
}

/// Shows the resources of the stack and returns the texts that name the global partition.
fn show_stack(china: &Client) -> Result<Vec<String>, BoxError> {
    let status = china.stack_status(STACK)?.unwrap_or_default();
    say(&format!("\nstack {STACK} in cn-north-1: {status}"));
    let mut strays = Vec::new();
    let mut seen = 0;
    for resource in world::resources(china, STACK)? {
        say(&format!(
            "  {:<18} {:<34} {}",
            resource.logical_id, resource.kind, resource.physical_id
        ));
        for text in world::described(china, &resource)? {
            seen += text.matches("arn:aws-cn:").count();
            let found = text.match_indices("arn:aws:");
            let found = found.map(|(start, _)| world::arn_at(&text[start..]));
            strays.extend(found.map(|arn| format!("  {}: {arn}", resource.logical_id)));
        }
    }
    for (name, value) in china.stack_outputs(STACK)? {
        say(&format!("  output {name} = {value}"));
    }
    say(&format!(
        "policies, layers, functions and state machines as China reports them: {seen} x `arn:aws-cn:`, {} x `arn:aws:`",
        strays.len()
    ));
    if seen == 0 {
        return Err("China reports no ARN at all; nothing was checked".into());
    }
    Ok(strays)
}
