//! The crates in the program file: their licenses, and a list of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use cn_testkit::workspace_folder;
use serde::Deserialize;
use serde_json::{Value, json};

use super::release::NAME;
use crate::BoxError;

/// The crates that are linked into the program file.
#[derive(Debug)]
pub(super) struct Crates {
    /// The version of the program file's own crate.
    pub(super) version: String,
    /// Packages by name and version, without crates of the workspace.
    foreign: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Clone, Debug, Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    repository: Option<String>,
    manifest_path: String,
    source: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Debug, Deserialize)]
struct DependencyKind {
    /// `None` for ordinary dependencies; `build` and `dev` are not linked.
    kind: Option<String>,
}

impl Crates {
    /// Reads the ordinary dependencies of the program file on a system from cargo.
    pub(super) fn read(triple: &str) -> Result<Self, BoxError> {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked"])
            .args(["--filter-platform", triple])
            .current_dir(workspace_folder())
            .output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("cannot list the dependencies: {said}").into());
        }
        Self::of(&serde_json::from_slice(&output.stdout)?)
    }

    fn of(metadata: &Metadata) -> Result<Self, BoxError> {
        let nodes: BTreeMap<&str, &Node> = metadata
            .resolve
            .nodes
            .iter()
            .map(|node| (node.id.as_str(), node))
            .collect();
        let own = metadata
            .packages
            .iter()
            .find(|package| package.name == NAME);
        let own = own.ok_or_else(|| format!("`{NAME}` is not in the workspace"))?;
        let mut linked = BTreeSet::new();
        let mut open = vec![own.id.as_str()];
        while let Some(id) = open.pop() {
            if !linked.insert(id) {
                continue;
            }
            let dependencies = nodes.get(id).map_or(&[][..], |node| &node.deps);
            let ordinary = |dependency: &&Dependency| {
                let mut kinds = dependency.dep_kinds.iter();
                kinds.any(|kind| kind.kind.is_none())
            };
            let ordinary = dependencies.iter().filter(ordinary);
            open.extend(ordinary.map(|dependency| dependency.pkg.as_str()));
        }
        let is_foreign =
            |package: &&Package| package.source.is_some() && linked.contains(package.id.as_str());
        let mut foreign: Vec<Package> = metadata
            .packages
            .iter()
            .filter(is_foreign)
            .cloned()
            .collect();
        foreign.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        Ok(Self {
            version: own.version.clone(),
            foreign,
        })
    }

    /// Returns every crate with its license, followed by each distinct license text.
    pub(super) fn licenses(&self) -> Result<String, BoxError> {
        let mut text = format!("Crates in {NAME} {} and their licenses.\n\n", self.version);
        let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for package in &self.foreign {
            let license = package.license.as_deref().unwrap_or("see its files");
            let home = package.repository.as_deref().unwrap_or_default();
            let Package { name, version, .. } = package;
            writeln!(text, "{name} {version}: {license} {home}")?;
            for file in license_files(Utf8Path::new(&package.manifest_path))? {
                let content = fs_err::read(&file)?;
                let content = String::from_utf8_lossy(&content).replace('\r', "");
                let owners = texts.entry(content.trim().to_owned()).or_default();
                owners.push(format!("{name} {version}"));
            }
        }
        for (license, owners) in texts {
            let line = "-".repeat(72);
            write!(text, "\n{line}\n{}\n\n{license}\n", owners.join(", "))?;
        }
        Ok(text)
    }

    /// Returns the list of all crates in CycloneDX 1.5, without time and serial number.
    pub(super) fn sbom(&self) -> String {
        let components: Vec<Value> = self.foreign.iter().map(component).collect();
        let document = json!({
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "metadata": {"component": {
                "type": "application",
                "name": NAME,
                "version": self.version,
                "licenses": [{"expression": "Apache-2.0"}],
            }},
            "components": components,
        });
        format!("{document:#}\n")
    }
}

fn component(package: &Package) -> Value {
    let Package { name, version, .. } = package;
    let mut component = json!({
        "type": "library",
        "name": name,
        "version": version,
        "purl": format!("pkg:cargo/{name}@{version}"),
    });
    if let Some(license) = &package.license {
        // Old manifests separate alternatives with a slash.
        let expression = license.replace('/', " OR ");
        component["licenses"] = json!([{"expression": expression}]);
    }
    component
}

/// Returns the license files next to a manifest, sorted.
fn license_files(manifest: &Utf8Path) -> Result<Vec<Utf8PathBuf>, BoxError> {
    let mut found = Vec::new();
    for entry in manifest.parent().unwrap_or(manifest).read_dir_utf8()? {
        let path = entry?.into_path();
        let name = path.file_name().unwrap_or_default().to_ascii_uppercase();
        let starts = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "COPYRIGHT"];
        if path.is_file() && starts.iter().any(|start| name.starts_with(start)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
