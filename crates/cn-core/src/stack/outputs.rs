//! The outputs of a stack in the forms that other tools read.

use super::facts::Output;
use super::name::StackName;
use crate::foreign;

/// Renders outputs as JSON: `{"STACK": {"KEY": "VALUE"}}`.
///
/// # Source
///
/// The shape of `cdk deploy --outputs-file`.
pub fn to_json(stack: &StackName, outputs: &[Output]) -> String {
    let values: serde_json::Map<String, serde_json::Value> = outputs
        .iter()
        .map(|output| (output.key.clone(), output.value.clone().into()))
        .collect();
    let document = serde_json::json!({ stack.as_str(): values });
    foreign::json(&format!("{document:#}\n"))
}

/// Renders outputs as `export KEY='VALUE'` lines that a POSIX shell reads, whatever a
/// value holds.
pub fn to_exports(outputs: &[Output]) -> String {
    let lines = outputs.iter().map(|output| {
        let value = output.value.replace('\'', r"'\''");
        format!("export {}='{value}'\n", output.key)
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs() -> Vec<Output> {
        let output = |key: &str, value: &str| Output {
            key: key.into(),
            value: value.into(),
            description: None,
            export: None,
        };
        vec![
            output("Name", "it's 订单"),
            output("Url", "https://x?a=1&b=$2"),
        ]
    }

    #[test]
    fn a_shell_reads_every_value_as_it_is() {
        assert_eq!(
            to_exports(&outputs()),
            "export Name='it'\\''s 订单'\nexport Url='https://x?a=1&b=$2'\n"
        );
    }

    #[test]
    fn the_json_file_has_the_stack_on_top() {
        assert_eq!(
            to_json(&"orders".parse().unwrap(), &outputs()[1..]),
            "{\n  \"orders\": {\n    \"Url\": \"https://x?a=1&b=$2\"\n  }\n}\n"
        );
    }
}
