//! The outputs as files for what runs after.

use cn_cli::Failure;
use cn_core::deploy::Outcome;
use cn_core::file::{Readers, write_atomic};
use cn_core::stack::Output;

use crate::args::Args;

/// Writes the files that were asked for.
pub(crate) fn write(args: &Args, outcome: &Outcome, outputs: &[Output]) -> Result<(), Failure> {
    if let Some(path) = &args.run.outputs_file {
        let text = as_json(outcome.stack.as_str(), outputs);
        write_atomic(path, text.as_bytes(), Readers::Anybody)?;
    }
    if let Some(path) = &args.run.env_file {
        write_atomic(path, as_exports(outputs).as_bytes(), Readers::Anybody)?;
    }
    Ok(())
}

/// `{"STACK": {"KEY": "VALUE"}}`, the shape of the CDK's `--outputs-file`.
fn as_json(stack: &str, outputs: &[Output]) -> String {
    let values: serde_json::Map<String, serde_json::Value> = outputs
        .iter()
        .map(|output| (output.key.clone(), output.value.clone().into()))
        .collect();
    let document = serde_json::json!({ stack: values });
    format!("{document:#}\n")
}

/// Lines that a POSIX shell reads, whatever the value holds.
fn as_exports(outputs: &[Output]) -> String {
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
            as_exports(&outputs()),
            "export Name='it'\\''s 订单'\nexport Url='https://x?a=1&b=$2'\n"
        );
    }

    #[test]
    fn the_json_file_has_the_stack_on_top() {
        assert_eq!(
            as_json("orders", &outputs()[1..]),
            "{\n  \"orders\": {\n    \"Url\": \"https://x?a=1&b=$2\"\n  }\n}\n"
        );
    }
}
