//! Evaluates a template with its pseudo parameters filled in.

use std::collections::BTreeMap;

use cn_template::tree::{Function, Kind, Node, Template};
use serde_json::{Value, json};

/// Returns the resources and outputs with partition, suffix and region filled in.
///
/// Functions that depend on parameters stay, in their long form.
pub(crate) fn evaluate(template: &Template, partition: &str, region: &str) -> Value {
    evaluate_if(template, partition, region, None)
}

/// As [`evaluate`], but every condition is decided and every parameter has its default.
pub(crate) fn evaluate_if(
    template: &Template,
    partition: &str,
    region: &str,
    holds: Option<&BTreeMap<&str, bool>>,
) -> Value {
    let suffix = if partition == "aws-cn" {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    let evaluator = Evaluator {
        template,
        holds,
        pseudo: BTreeMap::from([
            ("AWS::Partition", partition),
            ("AWS::URLSuffix", suffix),
            ("AWS::Region", region),
        ]),
    };
    let mut out = serde_json::Map::new();
    for section in ["Resources", "Outputs"] {
        if let Some(node) = template.root().get(section) {
            out.insert(section.to_owned(), evaluator.value(node));
        }
    }
    Value::Object(out)
}

struct Evaluator<'t> {
    template: &'t Template,
    holds: Option<&'t BTreeMap<&'t str, bool>>,
    pseudo: BTreeMap<&'static str, &'t str>,
}

impl Evaluator<'_> {
    fn value(&self, node: &Node) -> Value {
        if let Some(call) = node.call() {
            let items = call.argument.items();
            return match (call.function, items) {
                (Function::Ref, _) => self.reference(call.argument),
                (Function::Sub, []) => self.sub(call.argument, &BTreeMap::new()),
                (Function::Sub, [body, names]) => {
                    let names = names
                        .entries()
                        .iter()
                        .map(|entry| (text(&entry.key), self.value(&entry.value)));
                    self.sub(body, &names.collect())
                }
                (Function::Join, [delimiter, list]) => self.join(&text(delimiter), list),
                (Function::FindInMap, [map, first, second, options @ ..]) => {
                    let default = options.first().and_then(|node| node.get("DefaultValue"));
                    self.lookup(map, first, second, default)
                }
                (Function::If, [name, then, otherwise]) if text(name) == "CnIsChina" => {
                    let is_china = self.pseudo["AWS::Partition"] == "aws-cn";
                    self.value(if is_china { then } else { otherwise })
                }
                (Function::If, [name, then, otherwise]) if self.holds.is_some() => {
                    let holds = self.holds.and_then(|holds| holds.get(text(name).as_str()));
                    self.value(if holds == Some(&true) {
                        then
                    } else {
                        otherwise
                    })
                }
                (Function::Other("Select"), [index, list]) if self.holds.is_some() => {
                    self.select(text(index).parse().unwrap_or_default(), list)
                }
                (function, _) => json!({format!("{function:?}"): self.plain(call.argument)}),
            };
        }
        self.plain(node)
    }

    fn plain(&self, node: &Node) -> Value {
        match &node.kind {
            Kind::Scalar(scalar) => self.document(&scalar.value),
            Kind::Sequence(items) => {
                let values = items.iter().map(|item| self.value(item));
                Value::Array(values.filter(|value| *value != no_value()).collect())
            }
            Kind::Mapping(mapping) => {
                let entries = mapping
                    .entries
                    .iter()
                    .map(|entry| (text(&entry.key), self.value(&entry.value)));
                Value::Object(entries.filter(|(_, value)| *value != no_value()).collect())
            }
            Kind::Tagged(tagged) => self.value(&tagged.value),
        }
    }

    fn select(&self, index: usize, list: &Node) -> Value {
        let split = list.call().map(|call| call.argument.items());
        match split {
            Some([delimiter, whole]) => {
                let whole = self.value(whole);
                let mut parts = whole
                    .as_str()
                    .unwrap_or_default()
                    .split(delimiter.as_str().unwrap_or_default());
                Value::from(parts.nth(index).unwrap_or_default())
            }
            _ => list
                .items()
                .get(index)
                .map_or(Value::Null, |item| self.value(item)),
        }
    }

    /// Returns a text, or the evaluated template in it, which has its own functions.
    fn document(&self, value: &str) -> Value {
        let is_template = value.contains("Resources") && value.contains('\n');
        match is_template.then(|| crate::parse(value)).flatten() {
            Some(inner) if inner.root().get("Resources").is_some() => {
                let pseudo = &self.pseudo;
                evaluate(&inner, pseudo["AWS::Partition"], pseudo["AWS::Region"])
            }
            _ => Value::from(value),
        }
    }

    fn reference(&self, name: &Node) -> Value {
        self.reference_to(&text(name))
    }

    fn reference_to(&self, name: &str) -> Value {
        match self.pseudo.get(name) {
            Some(value) => Value::from(*value),
            None if name == "AWS::NoValue" => no_value(),
            None if self.holds.is_some() => {
                let default = self.template.root().at(&["Parameters", name, "Default"]);
                default.map_or(Value::Null, |node| self.value(node))
            }
            None => json!({"Ref": name}),
        }
    }

    fn sub(&self, body: &Node, names: &BTreeMap<String, Value>) -> Value {
        let mut out = String::new();
        let body = text(body);
        let mut rest = body.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                rest = after;
                break;
            };
            match (
                names.get(name),
                self.pseudo.get(name),
                name.strip_prefix('!'),
            ) {
                (Some(Value::String(value)), ..) => out.push_str(value),
                (None, Some(value), _) => out.push_str(value),
                _ if self.holds.is_some()
                    && self.template.root().at(&["Parameters", name]).is_some() =>
                {
                    let value = self.reference_to(name);
                    out.push_str(value.as_str().unwrap_or_default());
                }
                (_, _, Some(literal)) => out.extend(["${", literal, "}"]),
                _ => out.extend(["<", name, ">"]),
            }
            rest = after;
        }
        out.push_str(rest);
        Value::from(out)
    }

    fn join(&self, delimiter: &str, list: &Node) -> Value {
        let items = list.items().iter().map(|item| match self.value(item) {
            Value::String(value) => value,
            other => format!("<{other}>"),
        });
        Value::from(items.collect::<Vec<_>>().join(delimiter))
    }

    fn lookup(&self, map: &Node, first: &Node, second: &Node, default: Option<&Node>) -> Value {
        let found = || {
            let map = self.template.root().at(&["Mappings", map.as_str()?])?;
            let key = self.value(first);
            map.get(key.as_str()?)?.get(second.as_str()?)
        };
        match (found(), default) {
            (Some(node), _) => self.plain(node),
            (None, Some(node)) => self.value(node),
            (None, None) => json!({"FindInMap": [text(map), self.value(first), text(second)]}),
        }
    }
}

fn no_value() -> Value {
    json!({"Ref": "AWS::NoValue"})
}

fn text(node: &Node) -> String {
    node.as_str().unwrap_or_default().to_owned()
}
