//! Checks of the JSON that programs print and write, against `docs/schema`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use boon::{Compiler, SchemaIndex, Schemas};
use camino::Utf8Path;
use serde_json::{Map, Value};

use crate::ambient;

/// The schemas by name: the kinds of lines, and the files `manifest` and `baseline`.
struct Known {
    schemas: Schemas,
    by_name: BTreeMap<String, SchemaIndex>,
}

impl Known {
    fn read() -> Self {
        let folder = ambient::workspace_folder().join("docs/schema");
        let mut compiler = Compiler::new();
        let mut schemas = Schemas::new();
        let mut by_name = BTreeMap::new();
        for file in ["lines", "manifest", "baseline"] {
            let text = fs_err::read_to_string(folder.join(file).with_extension("json"));
            let schema: Value = serde_json::from_str(&text.expect("the schema is there"))
                .expect("the schema is JSON");
            let kinds = schema["$defs"].as_object().cloned().unwrap_or_default();
            let address = format!("mem:///{file}.json");
            compiler
                .add_resource(&address, schema)
                .expect("the address is valid");
            let kinds = kinds
                .keys()
                .map(|kind| (kind.clone(), format!("{address}#/$defs/{kind}")));
            for (name, address) in kinds.chain([(file.to_owned(), address.clone())]) {
                let index = compiler.compile(&address, &mut schemas);
                by_name.insert(name, index.unwrap_or_else(|error| panic!("{error}")));
            }
        }
        Self { schemas, by_name }
    }

    /// Fails unless a value matches the schema of that name.
    fn check(name: &str, value: &Value) {
        static KNOWN: OnceLock<Known> = OnceLock::new();
        let known = KNOWN.get_or_init(Self::read);
        let Some(index) = known.by_name.get(name) else {
            panic!("docs/schema says nothing of `{name}`: {value}");
        };
        if let Err(error) = known.schemas.validate(value, *index) {
            panic!("docs/schema says otherwise of `{name}`: {error:#}\n{value:#}");
        }
    }
}

/// Checks every line of `--format json` in a stream.
pub(super) fn check_lines(stream: &str) {
    for line in stream
        .lines()
        .filter(|line| line.starts_with("{\"schema\":"))
    {
        // A program that is killed may leave an incomplete line.
        if let Ok(value) = serde_json::from_str::<Value>(line) {
            Known::check(value["kind"].as_str().unwrap_or("line"), &value);
        }
    }
}

/// Checks the JSON files of our programs below a folder.
pub(super) fn check_files(folder: &Utf8Path) {
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        let path = entry.path();
        let kind = entry.file_type();
        if kind.as_ref().is_ok_and(std::fs::FileType::is_dir) {
            check_files(path);
        } else if kind.is_ok_and(|kind| kind.is_file()) && path.extension() == Some("json") {
            let bytes = fs_err::read(path).unwrap_or_default();
            if let Ok(Value::Object(members)) = serde_json::from_slice(&bytes)
                && let Some(name) = name_of(&members)
            {
                Known::check(&name, &members.into());
            }
        }
    }
}

/// Returns the name of a file's schema; `None` for files of others.
fn name_of(members: &Map<String, Value>) -> Option<String> {
    if members.contains_key("schema") && members.contains_key("packaged-sha256") {
        return Some("manifest".to_owned());
    }
    if members.contains_key("version") && members.contains_key("findings") {
        return Some("baseline".to_owned());
    }
    let kind = members
        .get("kind")
        .filter(|_| members.contains_key("schema"))?;
    kind.as_str().map(str::to_owned)
}
