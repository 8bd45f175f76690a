use super::*;
use crate::edit::apply;
use crate::source::Source;

fn rewritten(text: &str, region: &str) -> (String, Rewritten) {
    let source = Source::new("t.yaml", text);
    let parsed = Template::parse(&source);
    let template = parsed
        .template
        .unwrap_or_else(|| panic!("no tree: {:?}", parsed.findings));
    let region = region.parse().unwrap();
    let rewritten = rewrite_template(&template, &region);
    (apply(template.source().text(), &rewritten.edits), rewritten)
}

/// Wraps properties of a resource into a template.
fn resource(kind: &str, properties: &str) -> String {
    format!("Resources:\n  R:\n    Type: {kind}\n    Properties:\n{properties}")
}

/// Checks the rewrite for cn-north-1, that a second run changes nothing, and the way back.
#[track_caller]
fn check_template(text: &str, expected: &str) {
    let (once, _) = rewritten(text, "cn-north-1");
    assert_eq!(once, expected);
    let (twice, _) = rewritten(&once, "cn-north-1");
    assert_eq!(twice, once, "a second run changes nothing");
    if expected.contains("aws-cn") && !text.contains("aws-cn") {
        let (back, _) = rewritten(&once, "us-east-1");
        assert_eq!(back, text, "the way back");
    }
}

#[track_caller]
fn check(properties: &str, expected: &str) {
    check_template(
        &resource("AWS::IAM::Role", properties),
        &resource("AWS::IAM::Role", expected),
    );
}

#[track_caller]
fn stays(properties: &str) {
    check(properties, properties);
}

#[test]
fn rewrites_arns_however_they_are_built() {
    check(
        "      A: arn:aws:s3:::b # arn:aws:",
        "      A: arn:aws-cn:s3:::b # arn:aws:",
    );
    check(
        "      A: [!Sub 'arn:aws:s3:::${B}']",
        "      A: [!Sub 'arn:aws-cn:s3:::${B}']",
    );
    check(
        "      A: !Sub ['arn:aws:s3:::${B}', {B: 'arn:aws:x:'}]",
        "      A: !Sub ['arn:aws-cn:s3:::${B}', {B: 'arn:aws-cn:x:'}]",
    );
    check(
        "      A: !Join ['', ['arn:aws:s3:::', !Ref B, /*]]",
        "      A: !Join ['', ['arn:aws-cn:s3:::', !Ref B, /*]]",
    );
    check(
        "      A: !Join [':', [arn, aws, s3, '', '', b]]",
        "      A: !Join [':', [arn, aws-cn, s3, '', '', b]]",
    );
    check(
        "      A: {'Fn::Join': ['', ['arn:', aws, ':s3:::', 'aws']]}",
        "      A: {'Fn::Join': ['', ['arn:', aws-cn, ':s3:::', 'aws']]}",
    );
    check(
        "      A: !If [C, arn:aws:s3:::b, !Sub 'arn:aws:s3:::${B}']",
        "      A: !If [C, arn:aws-cn:s3:::b, !Sub 'arn:aws-cn:s3:::${B}']",
    );
}

#[test]
fn leaves_what_is_portable_or_not_known() {
    stays("      A: !Sub 'arn:${AWS::Partition}:s3:::b'");
    stays("      A: !Join [':', [arn, !Ref AWS::Partition, s3]]");
    stays("      A: arn:*:s3:::b");
    stays("      A: !Sub '${!arn:aws:x}'");
    stays("      A: [arn:aws:s3:::b, arn:aws-cn:s3:::b]");
    stays("      Description: like arn:aws:s3:::b");
}

#[test]
fn rewrites_keys_and_documents_in_strings() {
    check(
        "      P: {Condition: {StringLike: {'arn:aws:x': y}}}",
        "      P: {Condition: {StringLike: {'arn:aws-cn:x': y}}}",
    );
    check(
        "      P: '{\"Resource\": \"arn:aws:s3:::b\", \"Description\": \"arn:aws:\"}'",
        "      P: '{\"Resource\": \"arn:aws-cn:s3:::b\", \"Description\": \"arn:aws:\"}'",
    );
    check(
        "      P: !Sub |\n        {\"Resource\": \"arn:aws:states:::lambda:invoke\", \"A\": ${B}}\n",
        "      P: !Sub |\n        {\"Resource\": \"arn:aws-cn:states:::lambda:invoke\", \"A\": ${B}}\n",
    );
    check(
        "      P: !Join ['', ['{\"Resource\": \"arn:', 'aws:s3:::', !Ref B, '\"}']]\n",
        "      P: !Join ['', ['{\"Resource\": \"arn:', 'aws-cn:s3:::', !Ref B, '\"}']]\n",
    );
    check(
        "      TemplateBody: |\n        Resources:\n          T:\n            Type: X\n            Properties:\n              A: arn:aws:s3:::b # arn:aws:\n",
        "      TemplateBody: |\n        Resources:\n          T:\n            Type: X\n            Properties:\n              A: arn:aws-cn:s3:::b # arn:aws:\n",
    );
}

#[test]
fn reports_code_and_leaves_it() {
    let text = resource(
        "AWS::Lambda::Function",
        "      Code:\n        ZipFile: |\n          x = 'arn:aws:s3:::b'\n",
    );
    let (after, rewritten) = rewritten(&text, "cn-north-1");
    assert_eq!(after, text);
    assert_eq!(rewritten.findings.len(), 1);
    assert_eq!(
        rewritten.findings[0].code,
        crate::rules::cn501_code::RULE.code
    );
}

#[test]
fn leaves_what_cannot_exist_in_the_target() {
    let text = "\
Parameters:
  P: {Type: String, Default: 'arn:aws:s3:::b', AllowedPattern: '^arn:aws:s3:::'}
  Q: {Type: String, AllowedPattern: '^arn:(aws|aws-cn):|arn:aws:|arn:aws-cn:', Description: 'arn:aws:'}
Mappings:
  M: {aws: {A: 'arn:aws:x'}, cn-north-1: {A: 'arn:aws:x'}, us-east-1: {A: 'arn:aws:x'}, k: {A: 'arn:aws:x'}}
Conditions:
  IsChina: !Equals [!Ref AWS::Partition, aws-cn]
  IsGlobal: !Not [!Condition IsChina]
  Both: !And [!Condition IsGlobal, !Equals [!Ref P, x]]
Resources:
  A: {Type: X, Condition: IsGlobal, Properties: {A: 'arn:aws:x'}}
  B: {Type: X, Condition: Both, Properties: {A: 'arn:aws:x'}}
  C: {Type: X, Condition: IsChina, Properties: {A: 'arn:aws:x', B: !If [IsChina, 'arn:aws-cn:x', 'arn:aws:x']}}
";
    let expected = text
        .replace("Default: 'arn:aws:", "Default: 'arn:aws-cn:")
        .replace("'^arn:aws:s3", "'^arn:aws-cn:s3")
        .replace("cn-north-1: {A: 'arn:aws:", "cn-north-1: {A: 'arn:aws-cn:")
        .replace("k: {A: 'arn:aws:", "k: {A: 'arn:aws-cn:")
        .replace(
            "IsChina, Properties: {A: 'arn:aws:",
            "IsChina, Properties: {A: 'arn:aws-cn:",
        );
    let (after, _) = rewritten(text, "cn-north-1");
    assert_eq!(after, expected);
    assert_eq!(rewritten(text, "us-east-1").0, text, "neutral");
}

#[test]
fn every_way_between_partitions_is_open() {
    let text = resource("X", "      A: arn:aws-cn:s3:::b\n");
    for (region, partition) in [
        ("us-east-1", "aws"),
        ("us-gov-west-1", "aws-us-gov"),
        ("cn-northwest-1", "aws-cn"),
    ] {
        assert_eq!(
            rewritten(&text, region).0,
            text.replace("aws-cn", partition),
            "{region}"
        );
    }
}

#[track_caller]
fn fixes(text: &str, expected: &str) {
    let portable = |text: &str| {
        let template = Template::parse(&Source::new("t.yaml", text))
            .template
            .unwrap();
        apply(text, &make_portable(&template).edits)
    };
    let once = portable(text);
    assert_eq!(once, expected);
    assert_eq!(portable(&once), once, "a second run changes nothing");
}

#[track_caller]
fn fix(properties: &str, expected: &str) {
    fixes(
        &resource("AWS::IAM::Role", properties),
        &resource("AWS::IAM::Role", expected),
    );
}

#[test]
fn makes_literals_portable_in_every_form() {
    fix(
        "      A: arn:aws:s3:::b # c",
        "      A: !Sub \"arn:${AWS::Partition}:s3:::b\" # c",
    );
    fix(
        "      A: 'arn:aws:s3:::b'",
        "      A: !Sub 'arn:${AWS::Partition}:s3:::b'",
    );
    fix(
        "      A: !Sub arn:aws:s3:::${B}",
        "      A: !Sub arn:${AWS::Partition}:s3:::${B}",
    );
    fix(
        "      A: !Sub arn:aws:s3:::b",
        "      A: !Sub \"arn:${AWS::Partition}:s3:::b\"",
    );
    fix(
        "      A: {'Fn::Sub': 'arn:aws:x:'}",
        "      A: {'Fn::Sub': 'arn:${AWS::Partition}:x:'}",
    );
    fix(
        "      A: !Join ['', ['arn:', 'aws', ':s3:::', !Ref B]]",
        "      A: !Join ['', ['arn:', !Ref AWS::Partition, ':s3:::', !Ref B]]",
    );
    fix(
        "      A: !Join ['', ['arn:aws:s3:::', !Ref B]]",
        "      A: !Join ['', [!Sub 'arn:${AWS::Partition}:s3:::', !Ref B]]",
    );
    fix(
        "      A: 'arn:aws:s3:::b/${aws:username}'",
        "      A: !Sub 'arn:${AWS::Partition}:s3:::b/${!aws:username}'",
    );
    fix(
        "      A: 'arn:aws:s3:::b/${R.Arn}'",
        "      A: 'arn:aws:s3:::b/${R.Arn}'",
    );
    fix(
        "      A: [arn:aws:s3:::b, arn:aws-cn:s3:::b]",
        "      A: [arn:aws:s3:::b, arn:aws-cn:s3:::b]",
    );
    fix(
        "      A: !Base64 arn:aws:s3:::b",
        "      A: !Base64 {\"Fn::Sub\": \"arn:${AWS::Partition}:s3:::b\"}",
    );
    fix(
        "      A: |\n        {\"a\": \"arn:aws:s3:::b/${aws:x}\"}\n",
        "      A: !Sub |\n        {\"a\": \"arn:${AWS::Partition}:s3:::b/${!aws:x}\"}\n",
    );
    fix(
        "      A: !Sub https://${B}.execute-api.${AWS::Region}.amazonaws.com/x",
        "      A: !Sub https://${B}.execute-api.${AWS::Region}.${AWS::URLSuffix}/x",
    );
    fix(
        "      P: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}}]}",
        "      P: {Statement: [{Effect: Allow, Principal: {Service: !Sub \"ec2.${AWS::URLSuffix}\"}}]}",
    );
    fix(
        "      P: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}}]}",
        "      P: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}}]}",
    );
}

#[test]
fn makes_hosts_without_a_pseudo_parameter_portable_by_a_mapping() {
    fixes(
        "# 注释\r\nResources:\r\n  R:\r\n    Type: X\r\n    Properties:\r\n      A: !Sub https://console.aws.amazon.com/${B}\r\n      Z: Z2FDTNDATAQYW2\r\n",
        "# 注释\r\nMappings:\r\n  CnPartition:\r\n    aws: {CloudFrontZone: Z2FDTNDATAQYW2, ConsoleHost: console.aws.amazon.com}\r\n    aws-cn: {CloudFrontZone: Z3RFFRIM2A3IF5, ConsoleHost: console.amazonaws.cn}\r\n    aws-us-gov: {ConsoleHost: console.amazonaws-us-gov.com}\r\n\r\nResources:\r\n  R:\r\n    Type: X\r\n    Properties:\r\n      A: !Sub [\"https://${ConsoleHost}/${B}\", {\"ConsoleHost\": {\"Fn::FindInMap\": [\"CnPartition\", {\"Ref\": \"AWS::Partition\"}, \"ConsoleHost\"]}}]\r\n      Z: !FindInMap [CnPartition, !Ref AWS::Partition, CloudFrontZone]\r\n",
    );
    fixes(
        "{\"Mappings\": {\n  \"M\": {}\n}, \"Resources\": {\"R\": {\"Type\": \"X\", \"Properties\": {\"A\": \"arn:aws:s3:::b\", \"Z\": \"Z2FDTNDATAQYW2\"}}}}",
        "{\"Mappings\": {\n  \"CnPartition\": {\"aws\": {\"CloudFrontZone\": \"Z2FDTNDATAQYW2\"}, \"aws-cn\": {\"CloudFrontZone\": \"Z3RFFRIM2A3IF5\"}},\n  \"M\": {}\n}, \"Resources\": {\"R\": {\"Type\": \"X\", \"Properties\": {\"A\": {\"Fn::Sub\": \"arn:${AWS::Partition}:s3:::b\"}, \"Z\": {\"Fn::FindInMap\": [\"CnPartition\", {\"Ref\": \"AWS::Partition\"}, \"CloudFrontZone\"]}}}}}",
    );
}

/// Returns resources with a name that a mapping gives, and their portable form.
fn zone(mapping: &str) -> (&'static str, String) {
    let text = "Resources: {R: {Type: X, Properties: {Z: Z2FDTNDATAQYW2}}}\n";
    let lookup = format!("!FindInMap [{mapping}, !Ref AWS::Partition, CloudFrontZone]");
    (text, text.replace("Z2FDTNDATAQYW2", &lookup))
}

#[track_caller]
fn fixes_zone(mappings: &str, expected: &str, mapping: &str) {
    let (resources, fixed) = zone(mapping);
    fixes(
        &format!("{mappings}{resources}"),
        &format!("{expected}{fixed}"),
    );
}

#[test]
fn a_mapping_of_an_earlier_fix_gets_the_rows_it_lacks() {
    fixes_zone(
        "Mappings:\n  CnPartition: # c\n    aws: {ConsoleHost: console.aws.amazon.com}\n    aws-cn:\n      ConsoleHost: console.amazonaws.cn\n    aws-us-gov: {ConsoleHost: console.amazonaws-us-gov.com}\n\n",
        "Mappings:\n  CnPartition: # c\n    aws: {CloudFrontZone: Z2FDTNDATAQYW2, ConsoleHost: console.aws.amazon.com}\n    aws-cn:\n      CloudFrontZone: Z3RFFRIM2A3IF5\n      ConsoleHost: console.amazonaws.cn\n    aws-us-gov: {ConsoleHost: console.amazonaws-us-gov.com}\n\n",
        "CnPartition",
    );
    fixes_zone(
        "Mappings:\n  CnPartition:\n    aws: {CloudFrontZone: Z2FDTNDATAQYW2}\n",
        "Mappings:\n  CnPartition:\n    aws-cn: {CloudFrontZone: Z3RFFRIM2A3IF5}\n    aws: {CloudFrontZone: Z2FDTNDATAQYW2}\n",
        "CnPartition",
    );
    fixes(
        "{\"Mappings\": {\"CnPartition\": {\"aws\": {\"A\": \"1\"}, \"aws-cn\": {}}}, \"Resources\": {\"R\": {\"Type\": \"X\", \"Properties\": {\"Z\": \"Z2FDTNDATAQYW2\"}}}}",
        "{\"Mappings\": {\"CnPartition\": {\"aws\": {\"CloudFrontZone\": \"Z2FDTNDATAQYW2\", \"A\": \"1\"}, \"aws-cn\": {\"CloudFrontZone\": \"Z3RFFRIM2A3IF5\"}}}, \"Resources\": {\"R\": {\"Type\": \"X\", \"Properties\": {\"Z\": {\"Fn::FindInMap\": [\"CnPartition\", {\"Ref\": \"AWS::Partition\"}, \"CloudFrontZone\"]}}}}}",
    );
}

#[test]
fn a_mapping_that_says_something_else_stays_and_another_is_made() {
    let new =
        "    aws: {CloudFrontZone: Z2FDTNDATAQYW2}\n    aws-cn: {CloudFrontZone: Z3RFFRIM2A3IF5}\n";
    for own in [
        "{us-east-1: {A: b}}",
        "{aws: {CloudFrontZone: Z}}",
        "{aws: {CloudFrontZone: [Z2FDTNDATAQYW2]}}",
        "{aws: }",
        "",
    ] {
        fixes_zone(
            &format!("Mappings:\n  CnPartition: {own}\n"),
            &format!("Mappings:\n  CnPartition2:\n{new}  CnPartition: {own}\n"),
            "CnPartition2",
        );
    }
}

#[test]
fn an_empty_section_of_mappings_is_filled() {
    let rows = "{\"aws\": {\"CloudFrontZone\": \"Z2FDTNDATAQYW2\"}, \"aws-cn\": {\"CloudFrontZone\": \"Z3RFFRIM2A3IF5\"}}";
    fixes_zone(
        "Mappings: {}\n",
        &format!("Mappings: {{\"CnPartition\": {rows}}}\n"),
        "CnPartition",
    );
    fixes_zone(
        "Mappings: # none yet\n",
        "Mappings: # none yet\n  CnPartition:\n    aws: {CloudFrontZone: Z2FDTNDATAQYW2}\n    aws-cn: {CloudFrontZone: Z3RFFRIM2A3IF5}\n",
        "CnPartition",
    );
}

#[test]
fn nothing_is_looked_up_where_no_mapping_can_be_added() {
    for mappings in ["[]", "''", "!Transform {Name: X}"] {
        let text = format!("Mappings: {mappings}\n{}", zone("").0);
        fixes(&text, &text);
    }
}

#[test]
fn the_condition_for_china_is_there_wherever_it_is_asked_for() {
    let api = |condition: &str| {
        let endpoint = match condition {
            "" => String::new(),
            name => format!(
                "EndpointConfiguration: !If [{name}, {{Types: [REGIONAL]}}, !Ref AWS::NoValue], "
            ),
        };
        format!(
            "Resources: {{A: {{Type: AWS::ApiGateway::RestApi, Properties: {{{endpoint}Name: n}}}}}}\n"
        )
    };
    let is_china = "    Fn::Equals: [!Ref AWS::Partition, aws-cn]\n";
    for (conditions, expected, name) in [
        (
            "Conditions: {}\n",
            "Conditions: {\"CnIsChina\": {\"Fn::Equals\": [{\"Ref\": \"AWS::Partition\"}, \"aws-cn\"]}}\n".to_owned(),
            "CnIsChina",
        ),
        (
            "Conditions:\n",
            format!("Conditions:\n  CnIsChina:\n{is_china}"),
            "CnIsChina",
        ),
        (
            "Conditions:\n  CnIsChina: !Equals [!Ref P, x]\n",
            format!("Conditions:\n  CnIsChina2:\n{is_china}  CnIsChina: !Equals [!Ref P, x]\n"),
            "CnIsChina2",
        ),
        ("Conditions: []\n", "Conditions: []\n".to_owned(), ""),
    ] {
        fixes(
            &format!("{conditions}{}", api("")),
            &format!("{expected}{}", api(name)),
        );
    }
}

#[test]
fn asks_for_regional_apis_in_china_alone() {
    fixes(
        "Resources:\n  A:\n    Type: AWS::ApiGateway::RestApi\n    Properties:\n      Name: n\n",
        "Conditions:\n  CnIsChina:\n    Fn::Equals: [!Ref AWS::Partition, aws-cn]\n\nResources:\n  A:\n    Type: AWS::ApiGateway::RestApi\n    Properties:\n      EndpointConfiguration: !If [CnIsChina, {Types: [REGIONAL]}, !Ref AWS::NoValue]\n      Name: n\n",
    );
    fixes(
        "Conditions: {C: !Equals [aws-cn, !Ref AWS::Partition]}\nResources: {A: {Type: AWS::ApiGateway::RestApi, Properties: {EndpointConfiguration: {Types: [EDGE]}}}}\n",
        "Conditions: {C: !Equals [aws-cn, !Ref AWS::Partition]}\nResources: {A: {Type: AWS::ApiGateway::RestApi, Properties: {EndpointConfiguration: {Types: [!If [C, REGIONAL, EDGE]]}}}}\n",
    );
    check_template(
        "Resources:\r\n  A:\r\n    Type: AWS::ApiGateway::RestApi\r\n    Properties:\r\n      Name: n\r\n",
        "Resources:\r\n  A:\r\n    Type: AWS::ApiGateway::RestApi\r\n    Properties:\r\n      EndpointConfiguration: {Types: [REGIONAL]}\r\n      Name: n\r\n",
    );
}

#[test]
fn a_layer_with_more_parts_than_layers_have_is_survived() {
    let arn = "arn:aws:lambda::580247275435:layer:LambdaInsightsExtension-Arm64:😀:3";
    let text = format!(
        "Resources: {{F: {{Type: AWS::Lambda::Function, Properties: {{Layers: ['{arn}']}}}}}}"
    );
    let template = Template::parse_document(&Source::new("t.yaml", text.as_str())).template;
    let region = "cn-north-1".parse().unwrap();
    let done = rewrite_template(&template.unwrap(), &region);
    let after = crate::edit::apply(&text, &done.edits);
    assert!(
        after.contains(":layer:LambdaInsightsExtension-Arm64:") && after.ends_with(":3']}}}"),
        "{after}"
    );
}

#[test]
fn a_bucket_in_a_script_ends_with_its_line() {
    let script = |end: &str| {
        let line = format!("curl https://s3.amazonaws.com/x{end}echo hi");
        format!("      UserData: {}\n", crate::tree::quoted(&line))
    };
    for end in ["\n ", "\t", ";", ")", "|", "`", " > y; "] {
        let (_, rewritten) = rewritten(&resource("AWS::EC2::Instance", &script(end)), "cn-north-1");
        let said = rewritten
            .findings
            .iter()
            .map(|found| found.message.as_str());
        let said: Vec<&str> = said.filter(|said| said.contains("bucket")).collect();
        assert_eq!(
            said,
            ["bucket `x` is not known to exist in China"],
            "{end:?}"
        );
    }
}

/// A nested template that builds an ARN and two hosts from its parameters.
const NESTED: &str = r#"Parameters:
  P: {Type: String, Default: aws-cn}
  S: {Type: String}
  H: {Type: String}
Resources:
  R:
    Type: AWS::SNS::Topic
    Properties:
      A: !Sub "arn:${P}:s3:::a"
      B: !Join [":", [arn, !Ref P, "s3::", b]]
      C: !Sub "https://x.execute-api.${AWS::Region}.${S}/"
      D: !Sub "https://b.${H}.amazonaws.com/"
"#;

/// Returns the code, the literal and the message of each finding about values that a stack passes.
fn passed(parameters: &str) -> Vec<(&'static str, String, String)> {
    let text = format!(
        "Parameters:\n  Own: {{Type: String, Default: aws}}\n  Flag: {{Type: String}}\nConditions:\n  IsFlag: !Equals [!Ref Flag, x]\n  IsGov: !Equals [!Ref AWS::Partition, aws-us-gov]\nResources:\n  Stack:\n    Type: AWS::CloudFormation::Stack\n    Properties: {{TemplateURL: nested.yaml, Parameters: {{{parameters}}}}}\n"
    );
    passed_down(&[&text, NESTED])
}

/// As [`passed`], for templates that each nest the next one as `Stack` and as `Again`.
fn passed_down(texts: &[&str]) -> Vec<(&'static str, String, String)> {
    let parse = |text: &&str| Template::parse(&Source::new("t.yaml", *text)).template;
    let templates: Vec<Template> = texts.iter().filter_map(parse).collect();
    let nested = |template: &Template| {
        let is_it = |other: &Template| std::ptr::eq(other, template);
        let next = templates.iter().position(is_it).map_or(0, |at| at + 1);
        // The last template nests the first, which makes a cycle.
        let next = &templates[next % templates.len()];
        vec![("Stack".to_owned(), next), ("Again".to_owned(), next)]
    };
    let found = check_passed(&templates[0], &nested, &Region::china());
    let told = found.into_iter().map(|finding| {
        let location = finding.location.unwrap();
        let literal = location.source.slice(location.span).to_owned();
        (finding.code.id, literal, finding.message)
    });
    told.collect()
}

#[test]
fn a_value_passed_to_a_nested_template_is_reported_where_it_is_written() {
    let codes = |parameters: &str| -> Vec<_> {
        let found = passed(parameters).into_iter();
        found.map(|(code, literal, _)| (code, literal)).collect()
    };
    let said = |code: &'static str, literal: &str| vec![(code, literal.to_owned())];
    assert_eq!(codes("P: aws"), said("CN101", "aws"));
    assert_eq!(codes("P: !Ref Own"), said("CN101", "aws"));
    assert_eq!(
        codes("P: !If [IsFlag, aws-us-gov, aws]"),
        [said("CN101", "aws-us-gov"), said("CN101", "aws")].concat()
    );
    assert_eq!(
        codes("P: !If [IsGov, aws-us-gov, aws]"),
        said("CN101", "aws")
    );
    assert_eq!(codes("S: amazonaws.com"), said("CN301", "amazonaws.com"));
    let none: [(&str, String); 0] = [];
    assert_eq!(codes("P: aws-cn, S: amazonaws.com.cn"), none);
    assert_eq!(codes("P: !Ref AWS::Partition, S: !Ref Flag"), none);
    assert_eq!(codes("Other: aws"), none);
    let [(_, _, message)] = &passed("P: aws")[..] else {
        panic!("one finding");
    };
    assert_eq!(
        message,
        "`aws` results in `arn:aws:s3:::a` in the nested template, which does not work in partition `aws-cn`"
    );
}

#[test]
fn a_value_is_followed_through_every_level_of_nested_templates() {
    let level = |value: &str| {
        format!(
            "Parameters:\n  P: {{Type: String, Default: aws}}\nResources:\n  Stack:\n    Type: AWS::CloudFormation::Stack\n    Properties: {{TemplateURL: n.yaml, Parameters: {{P: {value}}}}}\n"
        )
    };
    let codes = |levels: &[&str]| -> Vec<_> {
        let levels: Vec<String> = levels.iter().map(|value| level(value)).collect();
        let mut texts: Vec<&str> = levels.iter().map(String::as_str).collect();
        texts.push(NESTED);
        let found = passed_down(&texts).into_iter();
        found.map(|(code, literal, _)| (code, literal)).collect()
    };
    let aws = || vec![("CN101", "aws".to_owned())];
    assert_eq!(codes(&["aws", "!Ref P"]), aws());
    assert_eq!(codes(&["aws", "!Sub \"${P}\"", "!Ref P", "!Ref P"]), aws());
    // A value that a level writes itself belongs to that level, not to the outermost template.
    assert_eq!(codes(&["aws-cn", "aws"]), []);
    assert_eq!(codes(&["aws", "aws-cn"]), []);
    assert_eq!(codes(&["aws", "!Ref AWS::Partition"]), []);
    assert_eq!(codes(&["aws", "!Ref Unknown"]), []);
}

#[test]
fn ways_through_nested_templates_are_bounded() {
    let stack = |id: &str| {
        format!(
            "  {id}:\n    Type: AWS::CloudFormation::Stack\n    Properties: {{TemplateURL: n.yaml, Parameters: {{P: !Ref P}}}}\n"
        )
    };
    let level = format!(
        "Parameters:\n  P: {{Type: String, Default: aws}}\nResources:\n{}{}",
        stack("Stack"),
        stack("Again")
    );
    // Two paths on each of 60 levels, and the last level nests the first.
    let levels = vec![level.as_str(); 60];
    assert_eq!(passed_down(&levels), []);
}

#[test]
fn a_finding_of_one_region_names_it_and_one_of_all_regions_names_none() {
    let text = "Resources:\n  Q: {Type: AWS::SQS::Queue, Properties: {A: 'arn:aws:s3:::b'}}\n";
    let template = Template::parse(&Source::new("t.yaml", text))
        .template
        .unwrap();
    let [north, west] = Region::china();
    let regions = [Region::global(), north, west];
    let of_three = check_regions(&template, &regions);
    assert_eq!(of_three.len(), 1);
    assert_eq!(
        of_three[0].message,
        "`arn:aws:s3:::b` does not work in partition `aws-cn`, in `cn-north-1` and `cn-northwest-1`"
    );
    let of_two = check_regions(&template, &Region::china());
    assert_eq!(
        of_two[0].message,
        "`arn:aws:s3:::b` does not work in partition `aws-cn`"
    );
}
