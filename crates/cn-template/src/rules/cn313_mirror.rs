//! The host is slow or blocked from China.

use super::model::{Hits, Look, Rule};
use crate::china;
use crate::diag::{Code, Severity};
use crate::look::place::Section;
use crate::look::scene::{Scene, places};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN313",
        title: "public registry or download",
    },
    name: "mirror",
    severity: Severity::Note,
    why: "the host is slow or blocked from China",
    help: "copy the files to S3 or ECR in China, or use a mirror there",
    sources: &["bbb-cn"],
    looks: &[
        Look::Words(
            &[
                "docker",
                "gcr",
                "quay",
                "github",
                "pypi",
                "pypa",
                "pythonhosted",
                "npmjs",
                "ghcr",
                "k8s",
                "public.ecr.aws",
            ],
            look,
        ),
        Look::Text(look_at_image),
    ],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    if !scene.aim.is_china() || scene.place.section == Section::Outputs {
        return;
    }
    if scene.place.path.contains(&"Tags") {
        return;
    }
    for name in china::mirrors() {
        for at in places(scene.text, name) {
            let before = &scene.text[..at];
            let is_start =
                before.is_empty() || before.ends_with(['/', '.', ' ', '"', '\'', '@', '=', '\n']);
            let is_end = scene.text[at + name.len()..].starts_with(['/', ':']);
            if is_start && is_end && !is_read_by_people(before) {
                hits.report(
                    at..at + name.len(),
                    format!("`{name}` is slow or blocked from China"),
                );
            }
        }
    }
}

/// Returns true behind the start of a comment, of a link, or of words for a log.
fn is_read_by_people(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let words = line.trim_start();
    let is_comment = [
        "# ", "#\t", "##", "//", "--", ";", "* ", "/*", "<!--", "REM ", "rem ", "::",
    ]
    .iter()
    .any(|start| words.starts_with(start))
        || words == "#"
        || words.starts_with('#') && !words.starts_with("#!")
        || line.contains(" # ")
        || line.contains(" // ");
    let is_said = [
        "echo ",
        "printf ",
        "print(",
        "console.log(",
        "Write-Host ",
        "Write-Output ",
    ]
    .iter()
    .any(|start| words.starts_with(start));
    let address = line
        .trim_end_matches("www.")
        .trim_end_matches("https://")
        .trim_end_matches("http://");
    let is_link = ["href=\"", "href='", "](", "see ", "See "]
        .iter()
        .any(|start| address.ends_with(start));
    let is_fetched = ["curl", "wget", "git clone", "install"]
        .iter()
        .any(|command| line.contains(command));
    is_comment || is_said && !is_fetched || is_link
}

/// Resource types whose images come from Docker Hub unless they name a registry.
const PULLS: [&str; 4] = [
    "AWS::Batch::JobDefinition",
    "AWS::CodeBuild::Project",
    "AWS::ECS::TaskDefinition",
    "AWS::Lightsail::Container",
];

/// Finds images without a registry, which come from Docker Hub.
fn look_at_image(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    if !scene.aim.is_china()
        || scene.place.is_key
        || scene.place.last() != "Image"
        || !PULLS.contains(&scene.place.resource_type)
        || scene.text.starts_with("aws/codebuild/")
    {
        return;
    }
    let name = scene.text.split(['@', ':']).next().unwrap_or_default();
    let is_name = |name: &str| {
        let is_part = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-/".contains(&byte)
        };
        name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.bytes().all(is_part)
    };
    let has_registry = scene
        .text
        .split_once('/')
        .is_some_and(|(first, _)| first.contains(['.', ':']) || first == "localhost");
    if is_name(name) && !has_registry {
        hits.report(
            0..scene.text.len(),
            format!(
                "image `{}` comes from Docker Hub, which is slow or blocked from China",
                scene.shown(&(0..scene.text.len()))
            ),
        );
    }
}
