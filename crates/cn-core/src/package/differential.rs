//! Compares our packaging with the AWS CLI's own code, on all available templates.
//!
//! Templates are compared as the AWS CLI loads them, and artifacts by their content: zips by names,
//! contents and execute bits. `differential.py` names the accepted differences, each as narrow as
//! it is documented. The templates in this file demonstrate every one of them.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use cn_template::artifact::{Takes, references};
use cn_template::tree::Template;
use cn_template::{Region, Severity, Source};
use cn_testkit::{Python, workspace_folder};
use fs_err as fs;

use super::archive::{Built, build};
use super::plan::{Body, plan};
use super::read::read;
use super::request::{Destination, Portability, Request};

/// The folder of a template's copy.
const PROJECT: &str = "outer/above/further/project";

/// Returns every template in a folder, at any depth.
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

/// The templates of this file, in addition to those on disk.
///
/// They contain each accepted difference, and the rare ways to name code.
const OF_OUR_OWN: [(&str, &str); 8] = [
    (
        "forms.yaml",
        "Resources:\n  A: {Type: AWS::Lambda::Function, Properties: {Code: app.zip}}\n  B: {Type: AWS::Lambda::Function, Properties: {Code: one.py}}\n  C: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: ./tree/}}\n  D: {Type: AWS::ElasticBeanstalk::ApplicationVersion, Properties: {SourceBundle: tree}}\n  E: {Type: AWS::Serverless::Application, Properties: {Location: nested.yaml}}\n  F: {Type: AWS::CodeCommit::Repository, Properties: {Code: {S3: tree}}}\n  G: {Type: AWS::ApiGateway::RestApi, Properties: {BodyS3Location: api.json}}\n  H: {Type: AWS::Glue::Job, Properties: {Command: {Name: x, ScriptLocation: one.py}}}\n",
    ),
    (
        "whole-folder.yaml",
        "Resources:\n  A: {Type: AWS::Lambda::Function, Properties: {Handler: x}}\n  B: {Type: AWS::Serverless::Function, Properties: {CodeUri: ''}}\n",
    ),
    (
        "elsewhere.yaml",
        "Resources:\n  A: {Type: AWS::Serverless::Function, Properties: {InlineCode: x}}\n  B: {Type: AWS::Serverless::Function, Properties: {PackageType: Image, ImageUri: x}}\n",
    ),
    (
        "globals.yaml",
        "Globals: {Function: {CodeUri: tree}}\nResources:\n  A: {Type: AWS::Serverless::Function, Properties: {Handler: x}}\n  B: {Type: AWS::Serverless::Function, Properties: {CodeUri: tree}}\n",
    ),
    (
        "glue.yaml",
        "Resources:\n  A: {Type: AWS::Glue::Job, Properties: {Command: !If [c, {Name: x}, {Name: y}]}}\n  B: {Type: AWS::Glue::Job, Properties: {Command: {Name: x, ScriptLocation: one.py}, DefaultArguments: {--extra-py-files: 'one.py,s3://b/k'}}}\n",
    ),
    (
        "sam.yaml",
        "Resources:\n  A: {Type: AWS::Serverless::HttpApi, Properties: {DefinitionUri: api.json}}\n  B: {Type: AWS::CloudFormation::StackSet, Properties: {TemplateURL: nested.yaml}}\n  C: {Type: AWS::Serverless::GraphQLApi, Properties: {SchemaUri: s.graphql, Functions: {f: {CodeUri: f.js}}}}\n  D: {Type: AWS::AppSync::Resolver, Properties: {CodeS3Location: f.js}}\n",
    ),
    (
        "branches.yaml",
        "Resources:\n  A: {Type: AWS::Lambda::Function, Properties: {Code: !If [c, tree, !Ref Other]}}\n",
    ),
    (
        "section.yaml",
        "Transform: [{Name: AWS::Include, Parameters: {Location: inc.yaml}}]\nMappings: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: inc.yaml}}}\nResources: {T: {Type: AWS::SNS::Topic}}\n",
    ),
];

/// Creates files and folders at a template's paths, so that it can be packaged.
fn furnish(folder: &Utf8Path, template: &Template) {
    for reference in references(template, &[]).local {
        let path = folder.join(&reference.path);
        // Paths of real templates climb at most three folders, so the project has three folders
        // above it.
        let is_outside =
            reference.path.starts_with('/') || reference.path.matches("..").count() > 3;
        if is_outside || reference.path.is_empty() || path.exists() {
            continue;
        }
        // A path may be both a file and the folder of another path, so errors are ignored.
        let made = match reference.row.takes {
            Takes::Archive => match path.extension() {
                Some("zip" | "jar" | "whl") => write(&path, &an_archive()),
                Some("py" | "js" | "ts" | "rb") => write(&path, b"x = 1\n"),
                _ => tree(&path),
            },
            Takes::Template => {
                let nested = "Resources:\n  F: {Type: AWS::Lambda::Function, Properties: {Code: code-of-nested}}\n  T: {Type: AWS::SNS::Topic}\n";
                let beside = path.with_file_name("code-of-nested");
                write(&path, nested.as_bytes()).and_then(|()| tree(&beside))
            }
            Takes::Anything if path.extension().is_none() => tree(&path),
            Takes::Anything | Takes::Text(_) => write(&path, b"{}\n"),
        };
        drop(made);
    }
}

fn write(path: &Utf8Path, bytes: &[u8]) -> std::io::Result<()> {
    fs::create_dir_all(path.parent().expect("a file lies in a folder"))?;
    fs::write(path, bytes)
}

fn an_archive() -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    let written = archive
        .start_file("inside.txt", options)
        .and_then(|()| Ok(archive.write_all(b"inside")?));
    written.expect("memory takes it");
    archive.finish().expect("memory takes it").into_inner()
}

/// Creates a folder with typical and unusual contents of a code folder.
fn tree(folder: &Utf8Path) -> std::io::Result<()> {
    for (name, bytes, mode) in [
        ("index.py", &b"x = 1\n"[..], 0o644),
        ("bin/run.sh", b"#!/bin/sh\n", 0o755),
        ("bin/mine.sh", b"#!/bin/sh\nexit\n", 0o700),
        ("lib/deep/er/data.bin", &[0, 159, 146, 150], 0o600),
        ("lib/数据.txt", "内容".as_bytes(), 0o644),
        (".hidden/.env", b"A=1", 0o644),
        ("empty.txt", b"", 0o644),
    ] {
        let path = folder.join(name);
        write(&path, bytes)?;
        fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))?;
    }
    fs::create_dir_all(folder.join("no-files/inside"))?;
    symlink("bin/run.sh", folder.join("link.sh"))?;
    symlink("lib/deep", folder.join("linked"))
}

fn copy(from: &Utf8Path, to: &Utf8Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in from.read_dir_utf8()? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// The result of packaging a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ours {
    /// The file is not text, or has no mapping at its root.
    NoTemplate,
    /// The codes of the errors.
    Refused(Vec<&'static str>),
    Packaged,
}

/// Packages a template in a copy of its folder.
fn packaged(template: &Utf8Path, folder: &Utf8Path) -> Ours {
    let refused = try_packaging(template, folder);
    refused.unwrap_or(Ours::NoTemplate)
}

fn try_packaging(template: &Utf8Path, folder: &Utf8Path) -> Option<Ours> {
    let text = fs::read_to_string(template).ok()?;
    let region: Region = "cn-north-1".parse().expect("it is a region");
    let parsed = Template::parse(&Source::new(template, text)).template?;
    if !parsed.root().is_mapping() {
        return None;
    }
    let (name, project) = (template.file_name()?, folder.join(PROJECT));
    fs::create_dir_all(folder).ok()?;
    fs::write(folder.join("name"), name).ok()?;
    copy(template.parent()?, &project).ok()?;
    furnish(&project, &parsed);
    let request = Request {
        template: Some(project.join(name)),
        prefix: "p".parse().unwrap(),
        portability: Portability::Off,
        ..Request::new(project)
    };
    let destination = Destination {
        region,
        bucket: "bkt".parse().expect("it is a bucket's name"),
    };
    let facts = read(&request).expect("the template was read before");
    let planned = plan(&request, &destination, &facts);
    let plan = match planned.ready() {
        Ok(plan) => plan,
        Err(findings) => {
            let errors = findings.as_slice().iter();
            let errors = errors.filter(|finding| finding.severity == Severity::Error);
            return Some(Ours::Refused(errors.map(|error| error.code.id).collect()));
        }
    };
    let objects = folder.join("objects");
    fs::create_dir_all(&objects).ok()?;
    for upload in plan.uploads {
        let bytes = match upload.body {
            Body::Archive(files) => {
                match build(&files, None).expect("the files are as they were") {
                    Built::InMemory(bytes) => bytes,
                    Built::InFile { file, .. } => fs::read(file.path()).expect("it was just built"),
                }
            }
            Body::File(file) => fs::read(file.path).expect("the file is as it was"),
            Body::Text(text) => text.into_bytes(),
        };
        let name = upload.key.as_str().trim_start_matches("p/");
        fs::write(objects.join(name), bytes).expect("the folder takes it");
    }
    fs::write(folder.join("ours"), plan.packaged).ok()?;
    Some(Ours::Packaged)
}

/// Returns the results of the AWS CLI's code for the folders, one JSON value for each.
fn compare(folders: &[Utf8PathBuf]) -> Vec<serde_json::Value> {
    let python = Python::ready().expect("the AWS CLI can be installed");
    let mut child = Command::new(python.program("python"))
        .args(["-c", include_str!("differential.py")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the interpreter runs");
    let mut list: Vec<&str> = folders.iter().map(|folder| folder.as_str()).collect();
    list.push("");
    let list = list.join("\n");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    let asking = std::thread::spawn(move || stdin.write_all(list.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    asking
        .join()
        .expect("it does not panic")
        .expect("it reads the list");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("it is JSON"))
        .collect()
}

#[test]
fn packages_what_the_aws_cli_packages() {
    let scratch = tempfile::tempdir().unwrap();
    let scratch = Utf8Path::from_path(scratch.path()).unwrap();
    let of_our_own = OF_OUR_OWN.map(|(name, text)| {
        let path = scratch.join(format!("own/{name}/{name}"));
        write(&path, text.as_bytes()).unwrap();
        path
    });
    let fixtures = templates(&workspace_folder().join("fixtures"));
    let all = [&of_our_own[..], &fixtures].concat();
    let mut folders = BTreeMap::new();
    for (at, template) in all.iter().enumerate() {
        let folder = scratch.join(format!("{at:04}"));
        let ours = packaged(template, &folder);
        if ours != Ours::NoTemplate {
            folders.insert(folder, (template, ours));
        }
    }
    let said = compare(&folders.keys().cloned().collect::<Vec<_>>());
    assert_eq!(said.len(), folders.len());
    let (mut differing, mut tolerated, mut objects) = (Vec::new(), BTreeMap::new(), 0);
    let mut refused = Vec::new();
    for said in &said {
        let (template, ours) = &folders[Utf8Path::new(said["folder"].as_str().unwrap())];
        let (error, found) = (&said["error"], &said["differences"]);
        let is_alike = match ours {
            Ours::Refused(codes) => {
                refused.push((template, codes, error));
                // The AWS CLI rewrites a file that is not a template at all.
                !error.is_null() || codes == &["CN004"]
            }
            _ => error.is_null() && *found == serde_json::json!([]),
        };
        if !is_alike {
            differing.push(format!("{template}: {ours:?} {error} {found:#}"));
        }
        objects += said["objects"].as_u64().unwrap();
        for name in said["tolerated"].as_array().unwrap() {
            *tolerated.entry(name.as_str().unwrap()).or_insert(0) += 1;
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    let compared = said.len() - refused.len();
    println!("{compared} of {} compared, {objects} objects", all.len());
    println!("tolerated: {tolerated:#?}\nrefused: {refused:#?}");
    // A difference that no template shows any more must be removed from the list.
    let names: Vec<&str> = tolerated.into_keys().collect();
    let expected = [
        "a property that SAM packages",
        "both branches of a condition",
        "case 13: a Glue command that depends",
        "case 16: code that is elsewhere",
        "case 18: code of all functions",
        "case 39: the section that includes",
    ];
    assert_eq!(names, expected);
    let is_own = |path: &Utf8PathBuf| of_our_own.contains(path);
    assert!(
        !refused.iter().any(|(path, ..)| is_own(path)),
        "{refused:?}"
    );
    assert!(objects > 20, "only {objects} objects were compared");
}
