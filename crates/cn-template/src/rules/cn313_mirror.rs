//! The host is slow or blocked from China.

use super::model::{Hits, Look, Rule, Spots};
use crate::china;
use crate::diag::{Code, Severity};
use crate::look::place::Section;
use crate::look::scene::{Scene, occurrences};
use crate::look::subject::Subject;
use crate::tree::Function;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN313",
        title: "public registry or download site",
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
        Look::Resource(look_at_parameter),
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
        for at in occurrences(scene.text, name) {
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

/// Returns true if a name is in a comment, a link, or a log message.
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

/// Resource types that pull images from Docker Hub unless the image names a registry.
const PULLS: [&str; 4] = [
    "AWS::Batch::JobDefinition",
    "AWS::CodeBuild::Project",
    "AWS::ECS::TaskDefinition",
    "AWS::Lightsail::Container",
];

/// The paths to images in these types.
const IMAGES: [&[&str]; 3] = [
    &["ContainerDefinitions", "Image"],
    &["ContainerProperties", "Image"],
    &["Environment", "Image"],
];

/// Finds images without a registry.
fn look_at_image(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    let is_image = scene.place.last() == "Image" && !scene.place.is_key;
    if scene.aim.is_china()
        && is_image
        && PULLS.contains(&scene.place.resource_type)
        && is_of_docker_hub(scene.text)
    {
        let range = 0..scene.text.len();
        hits.report(range.clone(), message(&scene.shown(&range)));
    }
}

/// Finds images without a registry in the defaults of parameters.
fn look_at_parameter(subject: &Subject<'_, '_>, spots: &mut Spots<'_>) {
    if !PULLS.contains(&subject.kind) {
        return;
    }
    for (node, aims) in IMAGES.iter().flat_map(|path| subject.at(path)) {
        let name = node.call().filter(|call| call.function == Function::Ref);
        let name = name.and_then(|call| call.argument.as_str());
        let root = subject.view.template.root();
        let default = name.and_then(|name| root.at(&["Parameters", name, "Default"]));
        if let Some((node, text)) = default.and_then(|node| Some((node, node.as_str()?)))
            && is_of_docker_hub(text)
        {
            spots.report_message(node.span, subject.view.in_regions(aims), message(text));
        }
    }
}

fn message(image: &str) -> String {
    format!("image `{image}` comes from Docker Hub, which is slow or blocked from China")
}

/// Returns true if a text names an image without a registry, other than CodeBuild's own images.
fn is_of_docker_hub(text: &str) -> bool {
    let name = text.split(['@', ':']).next().unwrap_or_default();
    let is_part =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-/".contains(&byte);
    let is_name = name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(is_part)
        && !name.starts_with("aws/codebuild/");
    let has_registry = text
        .split_once('/')
        .is_some_and(|(first, _)| first.contains(['.', ':']) || first == "localhost");
    is_name && !has_registry
}
