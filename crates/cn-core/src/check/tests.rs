use super::*;

fn file(path: &str, text: &str) -> File {
    File::parse(Source::new(path, text), true)
}

fn facts(files: Vec<File>) -> Facts {
    Facts {
        files,
        findings: Vec::new(),
    }
}

fn request(regions: &[&str]) -> Request {
    Request {
        paths: Vec::new(),
        regions: regions.iter().map(|name| name.parse().unwrap()).collect(),
        ignored: Vec::new(),
        code: true,
        nested: true,
    }
}

fn messages(request: &Request, file: File) -> Vec<String> {
    let facts = facts(vec![file]);
    let found = check(request, &facts).findings;
    found.into_iter().map(|finding| finding.message).collect()
}

const BOTH: [&str; 2] = ["cn-north-1", "cn-northwest-1"];

#[test]
fn says_once_what_holds_in_every_region() {
    let text = "Resources:\n  Q: {Type: AWS::SQS::Queue, Properties: {A: 'arn:aws:s3:::b'}}\n  D: {Type: AWS::DAX::Cluster}\n";
    assert_eq!(
        messages(&request(&BOTH), file("t.yaml", text)),
        [
            "`arn:aws:s3:::b` does not work in partition `aws-cn`",
            "`AWS::DAX::Cluster` is not available in `cn-north-1`, only in the other region of China",
        ]
    );
}

#[test]
fn looks_through_code_beside_the_template() {
    let text = "Resources:\n  F: {Type: AWS::Serverless::Function, Properties: {CodeUri: src/, Handler: a.b, Runtime: python3.12}}\n";
    let mut template = file("app/t.yaml", text);
    template.code = vec![
        Source::new("app/src/a.py", "x = 'arn:aws:s3:::b'\n"),
        Source::new("app/other/a.py", "x = 'arn:aws:s3:::b'\n"),
    ];
    assert_eq!(
        messages(&request(&BOTH), template),
        ["code contains `arn:aws:s3:::b`, which is not in partition `aws-cn`"]
    );
}

#[test]
fn code_of_many_functions_is_looked_at_once() {
    let function = "{Type: AWS::Serverless::Function, Properties: {CodeUri: src/, Handler: a.b, Runtime: python3.12}}";
    let text = format!("Resources:\n  F: {function}\n  G: {function}\n");
    let mut template = file("t.yaml", &text);
    template.code = vec![Source::new("src/a.py", "x = 'arn:aws:s3:::b'\n")];
    assert_eq!(messages(&request(&BOTH), template).len(), 1);
}

#[test]
fn ignored_codes_are_counted() {
    let text = "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {A: 'arn:aws:s3:::b'}}}\n";
    let request = Request {
        ignored: vec!["cn101".to_owned()],
        ..request(&BOTH)
    };
    let facts = facts(vec![file("t.yaml", text)]);
    let checked = check(&request, &facts);
    assert_eq!((checked.findings.len(), checked.suppressed), (0, 1));
}

#[test]
fn fixed_templates_have_nothing_left_to_fix() {
    let text = "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {A: 'arn:aws:s3:::b'}}}\n";
    let facts = facts(vec![file("t.yaml", text)]);
    let fixes = fix(&request(&BOTH), &facts);
    assert_eq!(fixes.fixed.len(), 1);
    let after = facts.after(&fixes);
    assert!(fix(&request(&BOTH), &after).fixed.is_empty());
    assert!(check(&request(&BOTH), &after).findings.is_empty());
}

#[test]
fn code_is_checked_for_every_region_whatever_their_order() {
    let text = "Resources:\n  F: {Type: AWS::Serverless::Function, Properties: {CodeUri: src/, Handler: a.b, Runtime: python3.12}}\n";
    for regions in [["us-east-1", "cn-north-1"], ["cn-north-1", "us-east-1"]] {
        let mut template = file("t.yaml", text);
        template.code = vec![Source::new("src/a.py", "x = 'arn:aws:s3:::b'\n")];
        assert_eq!(
            messages(&request(&regions), template),
            ["code contains `arn:aws:s3:::b`, which is not in partition `aws-cn`, in `cn-north-1`"]
        );
    }
}

#[test]
fn suppressions_in_a_definition_file_count() {
    let text = "Resources:\n  M: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: m.yaml}}\n";
    let definition = |comment: &str| format!("Resource: arn:aws:states:::sns:publish{comment}\n");
    let found = |comment: &str| {
        let mut template = file("t.yaml", text);
        template.code = vec![Source::new("m.yaml", definition(comment))];
        messages(&request(&BOTH), template)
    };
    assert_eq!(found("").len(), 1);
    assert_eq!(found(" # cn:ignore CN101 known"), [""; 0]);
}

#[test]
fn a_finding_of_two_regions_of_three_names_both() {
    let text = "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {A: 'arn:aws:s3:::b'}}}\n";
    let regions = ["us-east-1", "cn-north-1", "cn-northwest-1"];
    assert_eq!(
        messages(&request(&regions), file("t.yaml", text)),
        [
            "`arn:aws:s3:::b` does not work in partition `aws-cn`, in `cn-north-1` and `cn-northwest-1`"
        ]
    );
}

#[test]
fn what_a_stack_passes_to_a_template_at_hand_is_checked() {
    let outer = "Resources:\n  S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./nested/b.yaml, Parameters: {P: aws}}}\n";
    let nested = "Parameters: {P: {Type: String}}\nResources:\n  T: {Type: AWS::SNS::Topic, Properties: {A: !Sub 'arn:${P}:s3:::b'}}\n";
    let facts = facts(vec![
        file("app/a.yaml", outer),
        file("app/nested/b.yaml", nested),
    ]);
    let found = check(&request(&BOTH), &facts).findings;
    let places: Vec<_> = found
        .iter()
        .map(|finding| {
            let location = finding.location.as_ref().unwrap();
            (
                location.source.path().as_str(),
                location.source.slice(location.span),
            )
        })
        .collect();
    assert_eq!(places, [("app/a.yaml", "aws")]);
}

#[test]
fn a_definition_with_placeholders_outside_quotes_is_looked_through() {
    let text = "Resources:\n  M: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: m.asl}}\n";
    let found = |definition: &str| {
        let mut template = file("t.yaml", text);
        template.code = vec![Source::new("m.asl", definition)];
        messages(&request(&BOTH), template)
    };
    let arn = r#"{"TimeoutSeconds": ${Seconds}, "Resource": "arn:aws:states:::sns:publish"}"#;
    assert_eq!(
        found(arn),
        ["`arn:aws:states:::sns:publish` does not work in partition `aws-cn`"]
    );
    assert_eq!(found(r#"{"TimeoutSeconds": ${Seconds}}"#), [""; 0]);
}

#[test]
fn what_cannot_be_parsed_is_broken_in_every_mode() {
    let file = file("t.yaml", "Resources: {\n");
    let [region, _] = Region::china();
    let (text, findings) = file.rewrite(&region);
    assert!(text.is_none() && has_errors(&findings));
    assert!(has_errors(&facts(vec![file]).broken()));
}

#[test]
fn a_fix_names_the_files_with_aliases_that_it_leaves_alone() {
    let text =
        "Resources:\n  Q: &q {Type: AWS::SQS::Queue, Properties: {A: 'arn:aws:s3:::b'}}\n  R: *q\n";
    let fixes = fix(&request(&BOTH), &facts(vec![file("t.yaml", text)]));
    assert!(fixes.fixed.is_empty());
    assert_eq!(fixes.aliased, ["t.yaml"]);
}

#[test]
fn a_finding_about_the_target_leaves_the_preview() {
    let policy = "arn:aws:iam::aws:policy/ComprehendReadOnly";
    let text = format!(
        "Resources:\n  R: {{Type: AWS::IAM::Role, Properties: {{ManagedPolicyArns: ['{policy}']}}}}\n"
    );
    let [region, _] = Region::china();
    let (rewritten, findings) = file("t.yaml", &text).rewrite(&region);
    assert!(has_errors(&findings));
    assert_eq!(rewritten.unwrap(), text.replace("arn:aws:", "arn:aws-cn:"));
}

#[test]
fn what_stays_is_told_with_its_reason() {
    let text = "Parameters:\n  A: {Type: String, Default: 'arn:aws:s3:::a'}\n  Name: {Type: String}\n\
        Resources:\n  R:\n    Type: AWS::SNS::Topic\n    Properties:\n\
        \x20     Host: !Sub 'https://s3.amazonaws.com/${Name}/x'\n\
        \x20     Forgotten: arn:aws:s3:::${Name}\n\
        \x20     Fixed: arn:aws:s3:::b\n\
        \x20     Accepted: arn:aws:s3:::${Name} # cn:ignore CN101 it is at home\n\
        \x20     Fine: arn:aws-cn:s3:::b\n";
    let left = |request: &Request| -> Vec<(Reason, Vec<usize>)> {
        let fixes = fix(request, &facts(vec![file("t.yaml", text)]));
        assert_eq!(fixes.fixed[0].changes, 2);
        let left = fixes.left.into_iter();
        left.map(|left| (left.reason, left.lines)).collect()
    };
    let mut request = request(&BOTH);
    assert_eq!(
        left(&request),
        [
            (Reason::NoForm, vec![8]),
            (Reason::NoFunction, vec![2]),
            (Reason::ForgottenSub, vec![9]),
        ]
    );
    request.ignored = vec!["CN303".to_owned(), "CN101".to_owned()];
    assert_eq!(left(&request), []);
    request.regions = vec!["us-east-1".parse().unwrap()];
    assert_eq!(left(&request), []);
}
