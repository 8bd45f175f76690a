//! The outputs of a stack in formats that other tools read.

use super::facts::Output;
use super::name::StackName;
use crate::foreign;

/// Renders outputs as JSON: `{"STACK": {"KEY": "VALUE"}}`.
///
/// # Source
///
/// The format of `cdk deploy --outputs-file`.
pub fn to_json(stack: &StackName, outputs: &[Output]) -> String {
    let values: serde_json::Map<String, serde_json::Value> = outputs
        .iter()
        .map(|output| (output.key.clone(), output.value.clone().into()))
        .collect();
    let document = serde_json::json!({ stack.as_str(): values });
    foreign::json(&format!("{document:#}\n"))
}

/// Names, made of letters and digits only, of variables that a shell and its programs depend on.
const RESERVED: &[&str] = &[
    "CDPATH",
    "ENV",
    "HOME",
    "HOSTNAME",
    "IFS",
    "LANG",
    "LOGNAME",
    "MAIL",
    "OLDPWD",
    "PATH",
    "PERL5LIB",
    "PS1",
    "PS4",
    "PWD",
    "PYTHONHOME",
    "PYTHONPATH",
    "RUBYLIB",
    "RUBYOPT",
    "SHELL",
    "SHELLOPTS",
    "TERM",
    "TMPDIR",
    "TZ",
    "UID",
    "USER",
];

/// Returns the reason why [`to_exports`] skips an output; `None` if it does not.
///
/// CloudFormation's output names contain only letters and digits, so a name with other characters,
/// such as `LD_PRELOAD`, does not come from CloudFormation.
pub fn not_exported(output: &Output) -> Option<&'static str> {
    let key = output.key.as_str();
    let is_variable = key.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_variable {
        Some("no variable of a shell can have its name")
    } else if RESERVED.contains(&key) {
        Some("a variable of its name would change how later commands run")
    } else {
        None
    }
}

/// Renders outputs as `export KEY='VALUE'` lines that a POSIX shell reads, for any value.
///
/// Skips outputs whose names are [not those of a variable](not_exported).
pub fn to_exports(outputs: &[Output]) -> String {
    let outputs = outputs
        .iter()
        .filter(|output| not_exported(output).is_none());
    let lines = outputs.map(|output| {
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
            output("PATH", "/tmp"),
            output("LD_PRELOAD", "/tmp/x.so"),
            output("1Queue", "a"),
            output("A=b; touch /tmp/x; B", "a"),
            output("", "a"),
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
            to_json(&"orders".parse().unwrap(), &outputs()[1..2]),
            "{\n  \"orders\": {\n    \"Url\": \"https://x?a=1&b=$2\"\n  }\n}\n"
        );
    }
}
