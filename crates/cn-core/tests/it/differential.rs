//! Our packaging against the AWS CLI's own code, on every template there is.

use std::io::Write;
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use cn_core::package::{Portability, Prefix, Request, Spelling, Symlinks, plan, read};
use cn_template::artifact::{Takes, references};
use cn_template::diag::has_errors;
use cn_template::tree::Template;
use cn_template::{Region, Source};
use cn_testkit::{Python, workspace_folder};
use fs_err as fs;

/// Every template of a folder, at any depth.
fn templates(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let Ok(entries) = folder.read_dir_utf8() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(templates(path));
        } else if matches!(path.extension(), Some("yaml" | "yml" | "json" | "template")) {
            found.push(path.to_owned());
        }
    }
    found.sort();
    found
}

/// Puts something where a template's paths lead, so that it can be packaged.
fn furnish(folder: &Utf8Path, template: &Template, region: &Region) {
    for reference in references(template, region, &[]).local {
        let path = folder.join(&reference.path);
        let is_outside = reference.path.starts_with('/') || reference.path.contains("..");
        if is_outside || reference.path.is_empty() || path.exists() {
            continue;
        }
        let (file, text) = match reference.row.takes {
            Takes::Archive => (path.join("index.py"), "x = 1\n"),
            Takes::Template => (path, "Resources: {T: {Type: AWS::SNS::Topic}}\n"),
            Takes::Anything | Takes::Text(_) => (path, "{}\n"),
        };
        // A path may be both a file and the folder of another.
        let made = fs::create_dir_all(file.parent().unwrap()).and_then(|()| fs::write(&file, text));
        drop(made);
    }
}

/// Packages a template in a folder of its own; none when we refuse it.
fn packaged(template: &Utf8Path, folder: &Utf8Path) -> Option<()> {
    let text = fs::read_to_string(template).ok()?;
    let region: Region = "cn-north-1".parse().unwrap();
    let parsed = Template::parse(&Source::new(template, text.clone())).template?;
    if !parsed.root().is_mapping() {
        return None;
    }
    fs::create_dir_all(folder).unwrap();
    let name = template.file_name()?;
    fs::write(folder.join(name), &text).unwrap();
    fs::write(folder.join("template"), name).unwrap();
    furnish(folder, &parsed, &region);
    let request = Request {
        template: folder.join(name),
        output: None,
        region,
        bucket: "bkt".parse().unwrap(),
        prefix: Prefix::new("p"),
        portability: Portability::Off,
        symlinks: Symlinks::Follow,
        extra_rows: Vec::new(),
        ignored: Vec::new(),
        spelling: Spelling::default(),
    };
    let planned = plan(&request, &read(&request).unwrap()).unwrap();
    if has_errors(&planned.findings) {
        return None;
    }
    fs::write(folder.join("ours"), planned.plan.packaged).unwrap();
    Some(())
}

#[test]
fn packages_what_the_aws_cli_packages() {
    let scratch = tempfile::tempdir().unwrap();
    let scratch = Utf8Path::from_path(scratch.path()).unwrap();
    let own = templates(&workspace_folder().join("fixtures"));
    // Templates that people published; they lie beside the workspace, where they lie at all.
    let corpus = workspace_folder()
        .ancestors()
        .nth(1)
        .unwrap()
        .join("shared/corpus");
    let all = [own, templates(&corpus)].concat();
    let mut list = String::new();
    for (at, template) in all.iter().enumerate() {
        let folder = scratch.join(format!("{at:04}"));
        if packaged(template, &folder).is_some() {
            list.push_str(folder.as_str());
            list.push('\n');
        }
    }
    let mut child = Command::new(Python::ready().unwrap().program("python"))
        .args(["-c", include_str!("differential.py")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(list.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let mut compared = 0;
    let mut differing = Vec::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let said: serde_json::Value = serde_json::from_str(line).unwrap();
        let place: usize = said["folder"]
            .as_str()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        if said["error"].is_null() {
            compared += 1;
        }
        if !said["error"].is_null() || said["differences"] != serde_json::json!([]) {
            differing.push(format!(
                "{}: {} {}",
                all[place], said["error"], said["differences"]
            ));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    println!("{compared} of {} compared", all.len());
    assert!(compared > 10, "only {compared} templates were compared");
}
