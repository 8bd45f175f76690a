use super::*;
use crate::edit::apply;

/// Returns the references and finding codes of the resources below `Resources:`.
fn find(text: &str) -> (Vec<String>, Vec<&'static str>) {
    let found = references(&template(text), &[]);
    let local = found
        .local
        .iter()
        .map(|at| format!("{}.{}={}", at.owner, at.property, at.path))
        .collect();
    (
        local,
        found
            .findings
            .iter()
            .map(|finding| finding.code.id)
            .collect(),
    )
}

fn template(text: &str) -> Template {
    Template::parse_document(&Source::new("t.yaml", text))
        .template
        .unwrap()
}

fn region() -> Region {
    "cn-north-1".parse().unwrap()
}

/// Returns the edits that replace every local path with `s3://b/k`.
fn located(template: &Template, found: &References) -> Vec<Edit> {
    let location = S3Location {
        bucket: "b".into(),
        key: "k".into(),
        version: None,
    };
    let local = found.local.iter();
    let located: Vec<_> = local.map(|at| (at, location.clone())).collect();
    super::super::edits(template, &located, &region())
}

/// Checks the text after every local path is replaced with `s3://b/k`.
fn check_packaged(text: &str, expected: &str) {
    let template = template(text);
    let found = references(&template, &[]);
    let mut edits = located(&template, &found);
    edits.extend(found.remote);
    let packaged = apply(text, &edits);
    assert_eq!(packaged, expected);
    assert!(
        Template::parse_document(&Source::new("t", packaged))
            .findings
            .is_empty()
    );
}

fn lambda(properties: &str) -> String {
    format!("Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties: {properties}\n")
}

#[test]
fn paths_become_the_propertys_form() {
    check_packaged(
        "Resources:\n  F: # 函数\n    Type: AWS::Lambda::Function\n    Properties:\n      Code: ./src # c\n  G:\n    Type: AWS::Serverless::Function\n    Properties: {CodeUri: 'src'}\n",
        "Resources:\n  F: # 函数\n    Type: AWS::Lambda::Function\n    Properties:\n      Code: {\"S3Bucket\": \"b\", \"S3Key\": \"k\"} # c\n  G:\n    Type: AWS::Serverless::Function\n    Properties: {CodeUri: \"s3://b/k\"}\n",
    );
}

#[test]
fn remote_locations_take_the_propertys_form() {
    check_packaged(
        &lambda("{Code: s3://bk/a.zip?versionId=v1}"),
        &lambda(r#"{Code: {"S3Bucket": "bk", "S3Key": "a.zip", "S3ObjectVersion": "v1"}}"#),
    );
    let sam = "Resources: {F: {Type: AWS::Serverless::Function, Properties: {CodeUri: s3://bk/k?versionId=v}}}";
    check_packaged(sam, sam);
    check_packaged(
        "Resources: {F: {Type: AWS::ElasticBeanstalk::ApplicationVersion, Properties: {SourceBundle: s3://bk/k?versionId=v}}}",
        "Resources: {F: {Type: AWS::ElasticBeanstalk::ApplicationVersion, Properties: {SourceBundle: {\"S3Bucket\": \"bk\", \"S3Key\": \"k\"}}}}",
    );
}

#[test]
fn glue_commands() {
    let glue = |command: &str| {
        format!("Resources: {{J: {{Type: AWS::Glue::Job, Properties: {{Command: {command}}}}}}}")
    };
    assert_eq!(
        find(&glue("{Name: glueetl, ScriptLocation: job.py}")).0,
        ["J.Command.ScriptLocation=job.py"]
    );
    assert_eq!(
        find(&glue("!If [a, {Name: x}, {Name: y}]")),
        (vec![], vec![])
    );
}

#[test]
fn code_that_is_no_path_is_left_alone() {
    for code in [
        "{ZipFile: x}",
        "{ImageUri: x}",
        "!If [c, {ZipFile: x}, !Ref AWS::NoValue]",
        "!Ref Code",
    ] {
        assert_eq!(
            find(&lambda(&format!("{{Code: {code}}}"))),
            (vec![], vec![]),
            "{code}"
        );
    }
}

#[test]
fn both_branches_of_a_condition_are_packaged() {
    assert_eq!(
        find(&lambda(
            "{Code: !If [c, ./a, {'Fn::If': [d, ./b, !Ref AWS::NoValue]}]}"
        ))
        .0,
        ["F.Code=./a", "F.Code=./b"]
    );
    assert_eq!(
        find(&lambda("{Code: !Sub './${X}/src'}")),
        (vec![], vec!["CN524"])
    );
}

#[test]
fn code_from_elsewhere() {
    let sam = |globals: &str, properties: &str| {
        find(&format!(
            "Globals: {globals}\nResources: {{F: {{Type: AWS::Serverless::Function, Properties: {properties}}}}}"
        ))
    };
    assert_eq!(sam("{}", "{InlineCode: x}"), (vec![], vec![]));
    assert_eq!(
        sam("{}", "{PackageType: Image, ImageUri: x}"),
        (vec![], vec![])
    );
    assert_eq!(
        sam("{Function: {PackageType: Image}}", "{Handler: x}"),
        (vec![], vec![])
    );
    assert_eq!(
        sam("{Function: {CodeUri: ./src}}", "{Handler: x}"),
        (vec!["Function.CodeUri=./src".into()], vec![])
    );
}

#[test]
fn the_templates_folder_is_packaged_only_with_properties() {
    assert_eq!(
        find("Resources: {F: {Type: AWS::Lambda::Function}}"),
        (vec![], vec![])
    );
    assert_eq!(
        find(&lambda("{Handler: x}")),
        (vec!["F.Code=".into()], vec!["CN523"])
    );
    check_packaged(
        &lambda("{Handler: x}"),
        &lambda(r#"{"Code": {"S3Bucket": "b", "S3Key": "k"}, Handler: x}"#),
    );
    check_packaged(
        &lambda("{}"),
        &lambda(r#"{"Code": {"S3Bucket": "b", "S3Key": "k"}}"#),
    );
    check_packaged(
        &lambda("\r\n      Code:\r\n      A: 1"),
        &lambda("\r\n      Code: {\"S3Bucket\": \"b\", \"S3Key\": \"k\"}\r\n      A: 1"),
    );
    check_packaged(
        &lambda("\n      ? Handler\n      : x"),
        &lambda(
            "\n      Code: {\"S3Bucket\": \"b\", \"S3Key\": \"k\"}\n      ? Handler\n      : x",
        ),
    );
    check_packaged(
        &lambda("\n      Handler: x"),
        &lambda("\n      Code: {\"S3Bucket\": \"b\", \"S3Key\": \"k\"}\n      Handler: x"),
    );
}

#[test]
fn what_can_be_no_path_is_an_error() {
    assert_eq!(find(&lambda("{Code: [a]}")).1, ["CN522"]);
    assert_eq!(find("Resources: {A: {Type: AWS::Serverless::Api, Properties: {DefinitionUri: 'https://h/x'}}}").1, ["CN522"]);
}

#[test]
fn metadata_of_the_serverless_repository() {
    let text =
        "Metadata: {AWS::ServerlessRepo::Application: {LicenseUrl: L.txt, ReadmeUrl: s3://b/k}}";
    assert_eq!(
        find(text).0,
        ["AWS::ServerlessRepo::Application.LicenseUrl=L.txt"]
    );
}

#[test]
fn unknown_types_are_left_alone() {
    assert_eq!(
        find("Resources: {X: {Type: Custom::X, Properties: {Code: ./src}}}"),
        (vec![], vec![])
    );
}

#[test]
fn includes() {
    let include = "{Name: AWS::Include, Parameters: {Location: inc.yaml}}";
    for text in [
        format!("A: [{{Fn::Transform: {include}}}]"),
        format!("A: !Transform {include}"),
        format!("A: {{B: 1, Fn::Transform: {include}}}"),
        format!("A: {{Fn::Transform: [{include}]}}"),
        format!("Transform: {include}"),
        format!("Transform: [AWS::Serverless-2016-10-31, {include}]"),
    ] {
        assert_eq!(
            find(&text).0,
            ["AWS::Include.Parameters.Location=inc.yaml"],
            "{text}"
        );
    }
    for location in ["''", "!Sub 's3://${B}/k'", "s3://b/k"] {
        let text = format!(
            "A: {{Fn::Transform: {{Name: AWS::Include, Parameters: {{Location: {location}}}}}}}"
        );
        assert_eq!(find(&text), (vec![], vec![]), "{location}");
    }
    assert_eq!(
        find("A: {Fn::Transform: {Name: Mine, Parameters: {Location: x}}}"),
        (vec![], vec![])
    );
}

#[test]
fn nested_templates() {
    let stack = |url: &str| {
        format!(
            "Resources: {{S: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {url}}}}}}}"
        )
    };
    assert_eq!(find(&stack("nested.yaml")).0, ["S.TemplateURL=nested.yaml"]);
    for url in [
        "https://h/x",
        "http://h/x",
        "s3://b/k",
        "!Sub 'https://${H}'",
    ] {
        assert_eq!(find(&stack(url)), (vec![], vec![]), "{url}");
    }
}

#[test]
fn state_machines_and_resolvers() {
    let resource = |kind: &str, properties: &str| {
        format!("Resources: {{R: {{Type: 'AWS::{kind}', Properties: {properties}}}}}")
    };
    check_packaged(
        &resource(
            "StepFunctions::StateMachine",
            "{DefinitionS3Location: d.json}",
        ),
        &resource(
            "StepFunctions::StateMachine",
            r#"{DefinitionS3Location: {"Bucket": "b", "Key": "k"}}"#,
        ),
    );
    check_packaged(
        &resource("Serverless::StateMachine", "{DefinitionUri: d.json}"),
        &resource(
            "Serverless::StateMachine",
            r#"{DefinitionUri: {"Bucket": "b", "Key": "k"}}"#,
        ),
    );
    check_packaged(
        &resource(
            "AppSync::Resolver",
            "{RequestMappingTemplateS3Location: q.vtl, ResponseMappingTemplateS3Location: s.vtl}",
        ),
        &resource(
            "AppSync::Resolver",
            r#"{RequestMappingTemplateS3Location: "s3://b/k", ResponseMappingTemplateS3Location: "s3://b/k"}"#,
        ),
    );
    let neither = resource("AppSync::Resolver", "{TypeName: Query}");
    check_packaged(&neither, &neither);
}

#[test]
fn glues_lists_are_packaged_item_by_item() {
    let job = |arguments: &str| {
        format!(
            "Resources:\n  J:\n    Type: AWS::Glue::Job\n    Properties:\n      Command: {{Name: glueetl}}\n      DefaultArguments:\n        {arguments}\n"
        )
    };
    check_packaged(
        &job("--extra-py-files: lib/a.py, s3://b/x.py ,dist/b.whl"),
        &job("--extra-py-files: s3://b/k, s3://b/x.py ,s3://b/k"),
    );
    check_packaged(
        &job("'--extra-jars': \"a.jar\""),
        &job("'--extra-jars': \"s3://b/k\""),
    );
    let untouched = job("--extra-files: !Ref Files\n        --other: a.py");
    check_packaged(&untouched, &untouched);
    assert_eq!(find(&job("--extra-py-files: \"\\x61.py\"")).1, ["CN524"]);
}

#[test]
fn a_graphql_api_names_files_at_any_key() {
    let text = "Resources: {A: {Type: AWS::Serverless::GraphQLApi, Properties: {SchemaUri: s.graphql, Functions: {f: {CodeUri: f.js}, g: {InlineCode: x}}, Resolvers: {Query: {get: {CodeUri: r.js}, put: {Pipeline: [f]}}}}}}";
    assert_eq!(
        find(text).0,
        [
            "A.SchemaUri=s.graphql",
            "A.Functions.f.CodeUri=f.js",
            "A.Resolvers.Query.get.CodeUri=r.js"
        ]
    );
}

#[test]
fn users_add_rows_of_their_own() {
    let text = "Resources: {E: {Type: AWS::MWAA::Environment, Properties: {Dags: {Path: dags}}}}";
    let row = Row {
        kind: "AWS::MWAA::Environment".to_owned().into(),
        path: "Dags.Path".to_owned().into(),
        takes: Takes::Anything,
        absent: WhenAbsent::Skip,
        form: Form::Members {
            bucket: "B".to_owned().into(),
            key: "K".to_owned().into(),
            version: None,
        },
    };
    let found = references(&template(text), &[row]);
    assert_eq!(found.local[0].property, "Dags.Path");
    let location = S3Location {
        bucket: "b".into(),
        key: "k".into(),
        version: None,
    };
    let packaged = apply(text, &[found.local[0].edit(&location, &region())]);
    assert!(
        packaged.contains(r#"Path: {"B": "b", "K": "k"}"#),
        "{packaged}"
    );
}

#[test]
fn addresses_are_percent_encoded() {
    let template = template(
        "Resources: {S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: n.yaml}}}",
    );
    let found = references(&template, &[]);
    let location = S3Location {
        bucket: "b".into(),
        key: "a b+c/k".into(),
        version: None,
    };
    assert_eq!(
        found.local[0].edit(&location, &region()).text,
        "\"https://s3.cn-north-1.amazonaws.com.cn/b/a%20b%2Bc/k\""
    );
}

/// Returns the text after every local path is replaced with `s3://b/` and the path.
fn packaged_with_paths(text: &str) -> String {
    let template = template(text);
    let found = references(&template, &[]);
    let located: Vec<_> = found
        .local
        .iter()
        .map(|at| {
            let location = S3Location {
                bucket: "b".into(),
                key: at.path.clone(),
                version: None,
            };
            (at, location)
        })
        .collect();
    apply(text, &super::super::edits(&template, &located, &region()))
}

#[test]
fn paths_that_differ_in_each_turn_of_a_loop_are_looked_up() {
    let text = "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::Each:\n    - Name\n    - [in-1, out] # 两个\n    - F${Name}:\n        Type: AWS::Lambda::Function\n        Properties:\n          Code: ./src/${Name} # 代码\n";
    assert_eq!(
        find(text).0,
        ["Fin-1.Code=./src/in-1", "Fout.Code=./src/out"]
    );
    let expected = text
        .replace("Resources:", "Mappings:\n  CnFNameCode:\n    \"in-1\": {\"Location\": \"./src/in-1\"}\n    \"out\": {\"Location\": \"./src/out\"}\n\nResources:")
        .replace(
            "./src/${Name} #",
            r#"{"S3Bucket": "b", "S3Key": {"Fn::FindInMap": ["CnFNameCode", {"Ref": "Name"}, "Location"]}} #"#,
        );
    assert_eq!(packaged_with_paths(text), expected);

    // Two loops, a function around the path, an existing section, JSON.
    let text = r#"{"Mappings": {"M": {"a": {"b": "c"}}}, "Resources": {"Fn::ForEach::A": ["X", ["1", "2"], {"Fn::ForEach::B": ["Y", ["p", "q"], {"F${X}${Y}": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": {"Fn::Sub": "./${X}/&{Y}"}}}}]}]}}"#;
    assert_eq!(
        find(text).0,
        [
            "F1p.CodeUri=./1/p",
            "F1q.CodeUri=./1/q",
            "F2p.CodeUri=./2/p",
            "F2q.CodeUri=./2/q"
        ]
    );
    let packaged = packaged_with_paths(text);
    let value: serde_json::Value = serde_json::from_str(&packaged).unwrap();
    assert_eq!(
        value["Mappings"]["CnFXYCodeUri"]["2-p"]["Location"],
        "s3://b/./2/p"
    );
    assert!(packaged.contains(
        r#""CodeUri": {"Fn::FindInMap": ["CnFXYCodeUri", {"Fn::Join": ["-", [{"Ref": "X"}, {"Ref": "Y"}]]}, "Location"]}"#
    ));
    assert!(packaged.contains(r#"{"M": {"a""#) || packaged.contains(r#""M": {"a""#));
}

#[test]
fn loops_that_cannot_be_followed_are_errors() {
    let text = |collection: &str| {
        format!(
            "Resources:\n  Fn::ForEach::Each:\n    - Name\n    - {collection}\n    - F${{Name}}: {{Type: AWS::Lambda::Function, Properties: {{Code: \"src/${{Name}}\"}}}}\n"
        )
    };
    assert_eq!(find(&text("!Ref Names")), (vec![], vec!["CN529"]));
    assert_eq!(find(&text("[a, !Ref B]")), (vec![], vec!["CN529"]));
    assert_eq!(find(&text("[a_b]")), (vec![], vec!["CN529"]));
    // A path that is the same in all turns needs no variable.
    let same = text("!Ref Names").replace("src/${Name}", "src");
    assert_eq!(find(&same).0, ["F${Name}.Code=src"]);
}

/// Returns the text that replaces `p` when these rows are added to the table.
fn packaged_by(rows: &[&str], text: &str) -> String {
    let rows: Vec<Row> = rows.iter().map(|row| row.parse().unwrap()).collect();
    let template = template(text);
    let found = references(&template, &rows);
    apply(text, &located(&template, &found))
}

#[test]
fn the_last_row_for_a_property_wins() {
    let members = r#"{"S3Bucket": "b", "S3Key": "k"}"#;
    let uri = r#""s3://b/k""#;
    for (rows, kind, property, expected) in [
        (&[][..], "AWS::Lambda::Function", "Code", members),
        (
            &["AWS::Lambda::Function.Code=s3-uri"],
            "AWS::Lambda::Function",
            "Code",
            uri,
        ),
        (
            &["AWS::Serverless::Function.CodeUri=s3-uri"],
            "AWS::Serverless::Function",
            "CodeUri",
            uri,
        ),
        (
            &["Custom::X.P=S3Bucket/S3Key", "Custom::X.P=s3-uri"],
            "Custom::X",
            "P",
            uri,
        ),
        (
            &["Custom::X.P=s3-uri", "Custom::X.*=S3Bucket/S3Key"],
            "Custom::X",
            "P",
            members,
        ),
    ] {
        let text = format!("Resources: {{R: {{Type: {kind}, Properties: {{{property}: ./p}}}}}}");
        assert_eq!(packaged_by(rows, &text), text.replace("./p", expected));
    }
    // A row for one key keeps the table's row for the other keys.
    let api = "Resources: {A: {Type: AWS::Serverless::GraphQLApi, Properties: {Functions: {f: {CodeUri: ./p}, g: {CodeUri: ./p}}}}}";
    let rows = ["AWS::Serverless::GraphQLApi.Functions.f.CodeUri=https-url"];
    let packaged = packaged_by(&rows, api);
    assert!(packaged.contains("f: {CodeUri: \"https://"), "{packaged}");
    assert!(!packaged.contains("./p"), "{packaged}");
}

/// A loop whose function has a different path in each turn.
const LOOP: &str = "Resources:\n  Fn::ForEach::Each:\n    - Name\n    - [a]\n    - Fn${Name}: {Type: AWS::Lambda::Function, Properties: {Code: './${Name}'}}\n";

#[test]
fn a_mapping_of_the_author_keeps_its_name_and_an_empty_section_is_filled() {
    let packaged = packaged_with_paths(&format!(
        "Mappings: {{CnFnNameCode: {{a: {{b: c}}}}}}\n{LOOP}"
    ));
    for expected in [
        "\"CnFnNameCode2\": {\"a\": {\"Location\": \"./a\"}}, CnFnNameCode: {a: {b: c}}",
        "[\"CnFnNameCode2\", {\"Ref\": \"Name\"}, \"Location\"]",
    ] {
        assert!(packaged.contains(expected), "{packaged}");
    }
    for (empty, expected) in [
        (
            "{}",
            " {\"CnFnNameCode\": {\"a\": {\"Location\": \"./a\"}}}\n",
        ),
        (
            "",
            " \n  CnFnNameCode:\n    \"a\": {\"Location\": \"./a\"}\n",
        ),
    ] {
        let packaged = packaged_with_paths(&format!("Mappings: {empty}\n{LOOP}"));
        assert!(
            packaged.starts_with(&format!("Mappings:{expected}")),
            "{packaged}"
        );
    }
}

#[test]
fn a_loop_whose_locations_have_no_place_is_an_error() {
    assert_eq!(
        find(&format!("Mappings: !X y\n{LOOP}")),
        (vec![], vec!["CN529"])
    );
}
