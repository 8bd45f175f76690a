//! The parts of a template that stay unchanged.

use std::io::Read;

use fs_err as fs;
use serde_json::{Value, json};

use super::{Project, without_digests};

const FILES: [(&str, &str); 1] = [("src/a.py", "a")];

/// Packages a template that contains `Code: src`, and returns the packaged template.
fn packaged(text: &str, args: &[&str]) -> String {
    let project = Project::new(&FILES);
    project.env.write("template.yaml", text);
    let output = project
        .run(args)
        .env("LC_ALL", "C")
        .env("LANG", "C")
        .output();
    let stdout = output.succeeded().stdout();
    without_digests(&stdout).replace(project.env.bucket(), "b")
}

/// Fails unless only the location of the code changes.
fn assert_kept(text: &str) {
    let location = r#"{"S3Bucket": "b", "S3Key": "<H>.zip"}"#;
    let expected = text.replacen("src", location, 1);
    assert_ne!(expected, text);
    assert_eq!(packaged(text, &[]), expected);
}

const FUNCTION: &str =
    "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Code: src\n";

/// Better: the AWS CLI rewrites the whole template.
#[test]
fn only_the_path_changes() {
    let text = "\u{feff}# 开头\nAWSTemplateFormatVersion: '2010-09-09'\n\n\nResources:\n  F:   # 函数\n    Type: \"AWS::Lambda::Function\"\n    Properties:\n      Code: src   # 代码\n      Handler: 'a.b'\n\n  T: {Type: AWS::SNS::Topic,}\n# 结尾";
    assert_kept(text);
    assert_kept(&text.replace('\n', "\r\n"));
}

/// Better: the AWS CLI drops zeros, turns times into numbers, and changes quotes.
#[test]
fn scalars_stay_as_written() {
    let mut text = "Parameters:\n".to_owned();
    for (at, value) in [
        "012345678901",
        "\"012345678901\"",
        "0777",
        "1.10",
        "22:22",
        "\"1e3\"",
        "2012-10-17",
        "yes",
        "\"yes\"",
    ]
    .iter()
    .enumerate()
    {
        let line = format!(
            "  P{at}: {{Type: String, Default: {value}}}\n  Q{at}:\n    Type: String\n    Default: {value}\n"
        );
        text.push_str(&line);
    }
    assert_kept(&format!("{FUNCTION}{text}"));
}

#[test]
fn short_functions_mean_the_same() {
    let outputs = "Outputs:\n  A: {Value: !GetAtt A.Outputs.B, Condition: C}\n  B: {Value: !If [!Condition C, !Sub 'x-${A}', !Join ['', [!Ref A, !GetAtt [A, B]]]]}\nConditions:\n  C: !And [!Condition D, !Not [!Equals [a, b]]]\n";
    assert_kept(&format!("{FUNCTION}{outputs}"));
}

/// Better: the AWS CLI converts JSON to YAML by default, and with JSON output, it stops at dates.
#[test]
fn json_with_tabs_stays_json() {
    let text = "{\n\t\"Resources\": {\n\t\t\"F\": {\"Type\":\t\"AWS::Lambda::Function\", \"Properties\": {\"Code\": \"src\"}}\n\t}\n}\n";
    let after = packaged(text, &[]);
    let location = r#"{"S3Bucket": "b", "S3Key": "<H>.zip"}"#;
    assert_eq!(after, text.replace("\"src\"", location));
    assert!(serde_json::from_str::<Value>(&after).is_ok());

    let dates = "Transform: AWS::Serverless-2016-10-31\nAWSTemplateFormatVersion: 2010-09-09\nMetadata: {At: 2012-10-17, Number: 012}\n";
    let json = packaged(&format!("{dates}{FUNCTION}"), &["--use-json"]);
    let value: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["AWSTemplateFormatVersion"], "2010-09-09");
    assert_eq!(
        value["Metadata"],
        json!({"At": "2012-10-17", "Number": "012"})
    );
    let code = &value["Resources"]["F"]["Properties"]["Code"];
    assert_eq!(*code, json!({"S3Bucket": "b", "S3Key": "<H>.zip"}));
}

/// Better: the AWS CLI reads and writes in the locale's encoding.
#[test]
fn chinese_stays_chinese_in_any_locale() {
    let text = format!("Description: 中文说明 😀 # 注释\n{FUNCTION}");
    assert_kept(&text);
    let escaped = packaged(&text, &["--escape-non-ascii"]);
    let first = escaped.lines().next();
    let expected = r#"Description: "\u4e2d\u6587\u8bf4\u660e \U0001F600" # 注释"#;
    assert_eq!(first, Some(expected));
}

#[test]
fn long_texts_read_back_as_the_same_text() {
    let line = "{{ it.name }} \\n \"quoted\" 'text' that is long enough to be folded by anybody who writes it anew, ${AWS::Region} ";
    let block = format!(
        "      Fn::Sub: |\n        {}\n\n        # no comment\n",
        line.repeat(9)
    );
    let quoted = format!(
        "    Quoted: \"{}\"\n",
        line.repeat(9).replace(['\\', '"'], "")
    );
    assert_kept(&format!(
        "{FUNCTION}Metadata:\n  A:\n    Long:\n{block}{quoted}"
    ));
}

/// Better: the AWS CLI's output begins with an empty line, and a reader can see half a file.
#[test]
fn a_reader_sees_the_old_file_or_the_new_one() {
    let project = Project::new(&FILES);
    project.env.write("template.yaml", FUNCTION);
    let out = project.env.write("out.yaml", "the old one");
    let mut reader = fs::File::open(&out).unwrap();
    let args = ["--output-template-file", "out.yaml"];
    let output = project.run(&args).output().succeeded();
    assert_eq!(output.stdout(), "out.yaml\n");
    let mut old = String::new();
    reader.read_to_string(&mut old).unwrap();
    assert_eq!(old, "the old one");
    let expected = json!({"S3Bucket": "b", "S3Key": "<H>.zip"});
    let new = project.load(&project.env.read("out.yaml"));
    assert_eq!(new["Resources"]["F"]["Properties"]["Code"], expected);
    let mut names: Vec<_> = fs::read_dir(project.env.project())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["out.yaml", "out.yaml.manifest.json", "src", "template.yaml"]
    );
}
