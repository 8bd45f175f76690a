//! The outputs of a stack in formats that other tools read.

use super::facts::Output;
use super::name::StackName;
use crate::foreign;

/// Names, made of letters and digits only, of variables that a shell and its programs depend on.
const RESERVED: &[&str] = &[
    "BASHOPTS",
    "BROWSER",
    "CC",
    "CDPATH",
    "CLASSPATH",
    "CXX",
    "EDITOR",
    "EGID",
    "ENV",
    "EUID",
    "FPATH",
    "GID",
    "GLOBIGNORE",
    "GOFLAGS",
    "HISTFILE",
    "HOME",
    "HOSTNAME",
    "IFS",
    "LANG",
    "LANGUAGE",
    "LESSCLOSE",
    "LESSOPEN",
    "LOGNAME",
    "MAIL",
    "MAILPATH",
    "MAKEFLAGS",
    "MANPAGER",
    "NLSPATH",
    "NULLCMD",
    "OLDPWD",
    "OPTARG",
    "OPTIND",
    "PAGER",
    "PATH",
    "PERL5DB",
    "PERL5LIB",
    "PERL5OPT",
    "PPID",
    "PROMPT",
    "PS0",
    "PS1",
    "PS2",
    "PS3",
    "PS4",
    "PWD",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "RUBYLIB",
    "RUBYOPT",
    "RUSTFLAGS",
    "SHELL",
    "SHELLOPTS",
    "TEMP",
    "TERM",
    "TERMINFO",
    "TMP",
    "TMPDIR",
    "TZ",
    "UID",
    "USER",
    "USERNAME",
    "VISUAL",
    "ZDOTDIR",
    "argv",
    "cdpath",
    "fpath",
    "mailpath",
    "manpath",
    "path",
    "prompt",
    "status",
];

impl Output {
    /// Renders outputs as JSON: `{"STACK": {"KEY": "VALUE"}}`.
    ///
    /// # Source
    ///
    /// The format of `cdk deploy --outputs-file`.
    pub fn to_json(stack: &StackName, outputs: &[Self]) -> String {
        let values: serde_json::Map<String, serde_json::Value> = outputs
            .iter()
            .map(|output| (output.key.clone(), output.value.clone().into()))
            .collect();
        let document = serde_json::json!({ stack.as_str(): values });
        foreign::json(&format!("{document:#}\n"))
    }

    /// Returns the reason why [`to_exports`](Self::to_exports) skips an output; `None` if it does not.
    ///
    /// CloudFormation's output names contain only letters and digits, so a name with other characters,
    /// such as `LD_PRELOAD`, does not come from CloudFormation.
    pub fn not_exported(&self) -> Option<&'static str> {
        let key = self.key.as_str();
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
    /// Skips outputs whose names are [not those of a variable](Self::not_exported).
    pub fn to_exports(outputs: &[Self]) -> String {
        let outputs = outputs
            .iter()
            .filter(|output| output.not_exported().is_none());
        let lines = outputs.map(|output| {
            let value = output.value.replace('\'', r"'\''");
            format!("export {}='{value}'\n", output.key)
        });
        lines.collect()
    }
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
            output("EUID", "0"),
            output("PERL5OPT", "-Mx"),
            output("path", "/tmp"),
            output("1Queue", "a"),
            output("A=b; touch /tmp/x; B", "a"),
            output("", "a"),
        ]
    }

    #[test]
    fn a_shell_reads_every_value_as_it_is() {
        assert_eq!(
            Output::to_exports(&outputs()),
            "export Name='it'\\''s 订单'\nexport Url='https://x?a=1&b=$2'\n"
        );
    }

    #[test]
    fn the_json_file_has_the_stack_on_top() {
        assert_eq!(
            Output::to_json(&"orders".parse().unwrap(), &outputs()[1..2]),
            "{\n  \"orders\": {\n    \"Url\": \"https://x?a=1&b=$2\"\n  }\n}\n"
        );
    }
}
