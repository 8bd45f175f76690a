//! The host is slow or blocked from China.

use super::model::{Hits, Look, Rule};
use crate::china;
use crate::diag::{Code, Severity};
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
    looks: &[Look::Words(
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
    )],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    if !scene.aim.is_china() {
        return;
    }
    for name in china::mirrors() {
        for at in places(scene.text, name) {
            let before = &scene.text[..at];
            let is_start =
                before.is_empty() || before.ends_with(['/', '.', ' ', '"', '\'', '@', '=', '\n']);
            let is_end = scene.text[at + name.len()..].starts_with(['/', ':']);
            if is_start && is_end {
                hits.report(
                    at..at + name.len(),
                    format!("`{name}` is slow or blocked from China"),
                );
            }
        }
    }
}
