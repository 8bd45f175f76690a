//! The JSON Schema of the lines that the programs print.

use camino::Utf8PathBuf;
use cn_cli::wire::{self, check, cleanup, deploy, doctor, keys, package, stack_set};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// Returns the schema of a kind, including the keys of every line.
fn line<T: JsonSchema>(kind: &str) -> Value {
    let mut settings = SchemaSettings::draft2020_12().for_serialize();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let mut schema = schema.to_value();
    let mut keys = Map::new();
    keys.insert("schema".to_owned(), json!({"const": wire::SCHEMA}));
    keys.insert("kind".to_owned(), json!({"const": kind}));
    if let Some(Value::Object(own)) = schema.get_mut("properties").map(Value::take) {
        keys.extend(own);
    }
    schema["properties"] = keys.into();
    let mut required = vec![json!("schema"), json!("kind")];
    if let Some(Value::Array(own)) = schema.get_mut("required").map(Value::take) {
        required.extend(own);
    }
    schema["required"] = required.into();
    close(&mut schema);
    schema
}

/// Forbids all keys that a schema does not name: a key without a description is a defect.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            let is_object = members.get("type").is_some_and(|kind| {
                kind == "object"
                    || kind
                        .as_array()
                        .is_some_and(|it| it.contains(&json!("object")))
            });
            if is_object && members.contains_key("properties") {
                let others = members.entry("additionalProperties");
                others.or_insert_with(|| false.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// Returns the schema of a kind that has two forms.
fn either(forms: &[Value]) -> Value {
    json!({"oneOf": forms})
}

fn schema() -> Value {
    let kinds = [
        (
            "change-set",
            either(&[
                line::<deploy::ChangeSet<'_>>("change-set"),
                line::<deploy::ChangeSetFile<'_>>("change-set"),
            ]),
        ),
        ("changes", line::<deploy::ChangeSet<'_>>("changes")),
        ("check", line::<doctor::Check<'_>>("check")),
        ("cause", line::<deploy::Cause<'_>>("cause")),
        ("cleanup", line::<cleanup::Done<'_>>("cleanup")),
        ("cleanup-event", line::<cleanup::Event<'_>>("cleanup-event")),
        ("cleanup-plan", line::<cleanup::Plan<'_>>("cleanup-plan")),
        ("comparison", line::<deploy::Comparison<'_>>("comparison")),
        ("config", line::<wire::Setting<'_>>("config")),
        ("copied", line::<package::Artifact<'_>>("copied")),
        ("diff", line::<check::Diff<'_>>("diff")),
        ("drift", line::<deploy::Drift<'_>>("drift")),
        ("failure", line::<wire::Failed<'_>>("failure")),
        ("finding", line::<wire::Finding<'_>>("finding")),
        ("heartbeat", line::<deploy::Heartbeat<'_>>("heartbeat")),
        ("issuer", line::<keys::Issuer<'_>>("issuer")),
        ("issuer-file", line::<keys::IssuerFile<'_>>("issuer-file")),
        ("key-event", line::<keys::Event<'_>>("key-event")),
        ("key-revoked", line::<keys::Revoked<'_>>("key-revoked")),
        ("key-status", line::<keys::Status<'_>>("key-status")),
        ("key-stored", line::<keys::Stored<'_>>("key-stored")),
        ("note", line::<wire::Message<'_>>("note")),
        ("outputs", line::<deploy::Outputs<'_>>("outputs")),
        ("packaged", line::<package::Packaged<'_>>("packaged")),
        ("plan", line::<package::Plan<'_>>("plan")),
        ("present", line::<package::Artifact<'_>>("present")),
        ("profile", line::<wire::Profile<'_>>("profile")),
        ("progress", line::<package::Progress<'_>>("progress")),
        ("rewritten", line::<check::Rewritten<'_>>("rewritten")),
        ("rotation", line::<keys::Rotation<'_>>("rotation")),
        ("rule", line::<check::Explained<'_>>("rule")),
        ("source", line::<check::SourceOf<'_>>("source")),
        ("stack-event", line::<deploy::StackEvent<'_>>("stack-event")),
        ("stack-set", line::<stack_set::StackSet<'_>>("stack-set")),
        (
            "stack-set-event",
            line::<stack_set::StackSetEvent<'_>>("stack-set-event"),
        ),
        (
            "stack-set-plan",
            line::<stack_set::StackSetPlan<'_>>("stack-set-plan"),
        ),
        ("status", line::<wire::Message<'_>>("status")),
        (
            "summary",
            either(&[
                line::<deploy::Summary<'_>>("summary"),
                line::<package::Summary<'_>>("summary"),
            ]),
        ),
        ("uploaded", line::<package::Artifact<'_>>("uploaded")),
        ("version", line::<check::Version<'_>>("version")),
        ("warning", line::<wire::Message<'_>>("warning")),
        ("whole", line::<package::Whole<'_>>("whole")),
    ];
    let kinds: Map<String, Value> = kinds
        .into_iter()
        .map(|(kind, schema)| (kind.to_owned(), schema))
        .collect();
    let references = kinds
        .keys()
        .map(|kind| json!({"$ref": format!("#/$defs/{kind}")}));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of `--format json`",
        "description": "Every line on stdout and stderr is one of these objects. Within one `schema` number keys are added, never renamed or removed.",
        "oneOf": references.collect::<Vec<_>>(),
        "$defs": kinds,
    })
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the variable is for people who run the tests, not for programs"
)]
fn the_schema_of_the_lines_is_up_to_date() {
    let path: Utf8PathBuf = cn_testkit::workspace_folder().join("docs/schema/lines.json");
    let made = format!("{:#}\n", schema());
    if std::env::var_os("CN_BLESS").is_some() {
        fs_err::write(&path, &made).expect("the schema can be written");
    }
    let text = fs_err::read_to_string(&path).expect("the schema is there");
    assert!(
        text == made,
        "`{path}` is not what the wire types say: run `CN_BLESS=1 cargo test -p cn-cli --test it schema`"
    );
}
