//! The values that are packaged, and the values that replace them.

use serde_json::json;

use super::{Entry, Project, resource};

#[test]
fn a_folder_of_lambda_code_becomes_bucket_and_key() {
    let files = [("src/b/c.py", "c"), ("src/a.py", "a")];
    let project = Project::of("Lambda::Function", "{Code: ./src}", &files);
    let expected = json!({"Code": {"S3Bucket": "b", "S3Key": "<H>.zip"}});
    assert_eq!(project.properties(&[]), expected);
    let expected = [Entry::plain("a.py", "a"), Entry::plain("b/c.py", "c")];
    assert_eq!(project.entries(), expected);
}

#[test]
fn a_folder_of_serverless_code_becomes_one_address() {
    let project = Project::of("Serverless::Function", "{CodeUri: ./src}", &[("src/a", "")]);
    assert_eq!(project.properties(&[])["CodeUri"], "s3://b/<H>.zip");
}

#[test]
fn a_prefix_stands_before_the_key() {
    let project = Project::of("Serverless::Function", "{CodeUri: ./src}", &[("src/a", "")]);
    let properties = project.properties(&["--s3-prefix", "p/q"]);
    assert_eq!(properties["CodeUri"], "s3://b/p/q/<H>.zip");
    assert!(project.objects()[0].0.starts_with("p/q/"));
}

/// Better: the AWS CLI turns it into `p//KEY`.
#[test]
fn a_prefix_that_ends_in_a_slash_ends_in_one() {
    let project = Project::of("Lambda::Function", "{Code: src}", &[("src/a", "")]);
    let properties = project.properties(&["--s3-prefix", "p/"]);
    assert_eq!(properties["Code"]["S3Key"], "p/<H>.zip");
}

#[test]
fn a_location_is_written_in_the_propertys_form() {
    let code = "{Code: 's3://bk/key/a.zip?versionId=v1'}";
    let project = Project::of("Lambda::Function", code, &[]);
    let expected = json!({"S3Bucket": "bk", "S3Key": "key/a.zip", "S3ObjectVersion": "v1"});
    assert_eq!(project.properties(&[])["Code"], expected);
    assert_eq!(project.puts(), 0);
}

#[test]
fn a_location_in_an_address_stays() {
    let code = "{CodeUri: 's3://bk/k?versionId=v'}";
    Project::of("Serverless::Function", code, &[]).assert_untouched();
}

/// The key is a SHA-256 digest instead of MD5, and keeps the extension.
#[test]
fn a_definition_is_sent_byte_for_byte() {
    let files = [("api.yaml", "x\n")];
    let project = Project::of("ApiGateway::RestApi", "{BodyS3Location: api.yaml}", &files);
    let expected = json!({"Bucket": "b", "Key": "<H>.yaml"});
    assert_eq!(project.properties(&[])["BodyS3Location"], expected);
    let digest = "73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac";
    let expected = (format!("{digest}.yaml"), b"x\n".to_vec());
    assert_eq!(project.objects(), [expected]);
}

#[test]
fn a_bundle_has_no_version() {
    let bundle = "{SourceBundle: 's3://bk/k?versionId=v'}";
    let project = Project::of("ElasticBeanstalk::ApplicationVersion", bundle, &[]);
    let expected = json!({"SourceBundle": {"S3Bucket": "bk", "S3Key": "k"}});
    assert_eq!(project.properties(&[]), expected);
}

#[test]
fn both_kinds_of_state_machines_are_packaged() {
    for (kind, property) in [
        ("StepFunctions::StateMachine", "DefinitionS3Location"),
        ("Serverless::StateMachine", "DefinitionUri"),
    ] {
        let properties = format!("{{{property}: d.json}}");
        let project = Project::of(kind, &properties, &[("d.json", "{\"States\": {}}")]);
        let expected = json!({property: {"Bucket": "b", "Key": "<H>.json"}});
        assert_eq!(project.properties(&[]), expected);
        assert_eq!(project.object(), b"{\"States\": {}}");
    }
}

#[test]
fn a_glue_script_goes_as_it_is() {
    let command = "{Command: {Name: glueetl, ScriptLocation: job.py}}";
    let project = Project::of("Glue::Job", command, &[("job.py", "x = 1\n")]);
    let expected = json!({"Name": "glueetl", "ScriptLocation": "s3://b/<H>.py"});
    assert_eq!(project.properties(&[])["Command"], expected);
    assert_eq!(project.object(), b"x = 1\n");
}

/// Better: the AWS CLI writes a `ScriptLocation` next to `Fn::If` and uploads the folder.
#[test]
fn a_glue_command_that_depends_stays() {
    let command = "{Command: !If [a, {Name: glueetl}, {Name: pythonshell}]}";
    Project::of("Glue::Job", command, &[]).assert_untouched();
}

#[test]
fn both_mappings_of_a_resolver_are_packaged() {
    let mappings =
        "{RequestMappingTemplateS3Location: q.vtl, ResponseMappingTemplateS3Location: s.vtl}";
    let files = [("q.vtl", "q"), ("s.vtl", "s")];
    let project = Project::of("AppSync::Resolver", mappings, &files);
    let expected = json!({
        "RequestMappingTemplateS3Location": "s3://b/<H>.vtl",
        "ResponseMappingTemplateS3Location": "s3://b/<H>.vtl",
    });
    assert_eq!(project.properties(&[]), expected);
    assert_eq!(project.objects().len(), 2);
    Project::of("AppSync::Resolver", "{TypeName: Query}", &[]).assert_untouched();
}

#[test]
fn code_that_is_no_path_stays() {
    for code in [
        "{ZipFile: 'x = 1'}",
        "{ImageUri: '1.dkr.ecr.cn-north-1.amazonaws.com.cn/i:1'}",
        "!If [c, {ZipFile: x}, !Ref 'AWS::NoValue']",
    ] {
        let properties = format!("{{Code: {code}}}");
        Project::of("Lambda::Function", &properties, &[]).assert_untouched();
    }
}

/// Better: the AWS CLI uploads the template's folder.
#[test]
fn code_in_the_template_needs_no_folder() {
    Project::of("Serverless::Function", "{InlineCode: 'x = 1'}", &[]).assert_untouched();
}

/// Better: the AWS CLI uploads the template's folder for each function.
#[test]
fn code_of_all_functions_is_packaged_once() {
    let functions = "Globals: {Function: {CodeUri: ./src}}\nResources:\n  F: {Type: AWS::Serverless::Function, Properties: {Handler: a.f}}\n  G: {Type: AWS::Serverless::Function, Properties: {Handler: a.g}}\n";
    let project = Project::new(&[("template.yaml", functions), ("src/a.py", "a")]);
    let packaged = project.packaged(&[]);
    assert_eq!(packaged["Globals"]["Function"]["CodeUri"], "s3://b/<H>.zip");
    let expected = json!({"Handler": "a.f"});
    assert_eq!(packaged["Resources"]["F"]["Properties"], expected);
    assert_eq!(project.entries(), [Entry::plain("a.py", "a")]);
}

#[test]
fn a_function_without_properties_stays() {
    let project = Project::new(&[(
        "template.yaml",
        "Resources: {R: {Type: AWS::Lambda::Function}}\n",
    )]);
    project.assert_untouched();
}

/// Better: it warns.
#[test]
fn a_function_without_code_has_the_templates_folder() {
    let project = Project::of("Lambda::Function", "{Handler: x}", &[("a.py", "a")]);
    let output = project.run(&[]).output().succeeded();
    let said = output.stderr();
    assert!(said.contains("warning[CN523]: `R` has no `Code`"), "{said}");
    let packaged = project.load(&output.stdout());
    let expected = json!({"Code": {"S3Bucket": "b", "S3Key": "<H>.zip"}, "Handler": "x"});
    assert_eq!(packaged["Resources"]["R"]["Properties"], expected);
    let names: Vec<String> = project
        .entries()
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    assert_eq!(names, ["a.py", "template.yaml"]);
}

#[test]
fn an_archive_goes_as_it_is_whatever_its_name() {
    let project = Project::of("Lambda::Function", "{Code: lib/app.jar}", &[]);
    let mut jar = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    jar.start_file("A.class", zip::write::SimpleFileOptions::default())
        .unwrap();
    let jar = jar.finish().unwrap().into_inner();
    project.env.write("lib/app.jar", &jar);
    assert_eq!(project.properties(&[])["Code"]["S3Key"], "<H>.jar");
    assert_eq!(project.object(), jar);
}

#[test]
fn a_file_of_code_becomes_an_archive_of_its_base_name() {
    let project = Project::of("Lambda::Function", "{Code: src/a.py}", &[("src/a.py", "a")]);
    assert_eq!(project.properties(&[])["Code"]["S3Key"], "<H>.zip");
    assert_eq!(project.entries(), [Entry::plain("a.py", "a")]);
}

/// Better: the AWS CLI uploads the file as it is, or another file with the same name.
#[test]
fn the_working_folder_does_not_matter() {
    let project = Project::of("Lambda::Function", "{Code: src/a.py}", &[("src/a.py", "a")]);
    project.env.write("elsewhere/src/a.py", "another");
    let here = project.run(&[]).output().succeeded().stdout();
    let bytes = project.object();
    let there = project
        .run(&["-t", "../template.yaml"])
        .current_dir("elsewhere")
        .output();
    assert_eq!(there.succeeded().stdout(), here);
    assert_eq!(project.object(), bytes);
}

#[test]
fn a_missing_path_is_named_with_its_property() {
    let said = Project::of("Lambda::Function", "{Code: nope}", &[]).refused();
    let expected = "`Code` of `R` names `nope`, which does not exist";
    assert!(said.contains(expected), "{said}");
    assert!(said.contains("/project/nope` does not exist"), "{said}");
}

/// Better for addresses: the AWS CLI looks for a file with that name.
#[test]
fn what_can_be_no_path_is_refused() {
    for (kind, properties, property) in [
        ("Lambda::Function", "{Code: [a]}", "Code"),
        (
            "Serverless::Api",
            "{DefinitionUri: 'https://host/x.yaml'}",
            "DefinitionUri",
        ),
    ] {
        let said = Project::of(kind, properties, &[]).refused();
        let expected = format!("`{property}` of `R` cannot be packaged");
        assert!(said.contains(&expected), "{said}");
        assert!(said.contains("neither a local path nor"), "{said}");
    }
}

#[test]
fn the_licence_of_a_published_application_is_packaged() {
    let text =
        "Metadata:\n  AWS::ServerlessRepo::Application: {LicenseUrl: L.txt, ReadmeUrl: s3://b/k}\n";
    let topic = "Resources: {T: {Type: AWS::SNS::Topic}}\n";
    let template = format!("{text}{topic}");
    let project = Project::new(&[("template.yaml", &template), ("L.txt", "licence")]);
    let expected = json!({"LicenseUrl": "s3://b/<H>.txt", "ReadmeUrl": "s3://b/k"});
    let metadata = &project.packaged(&[])["Metadata"];
    assert_eq!(metadata["AWS::ServerlessRepo::Application"], expected);
    assert_eq!(project.object(), b"licence");
    project.env.write("template.yaml", text);
    let said = project.run(&[]).output().succeeded();
    let metadata = &project.load(&said.stdout())["Metadata"];
    assert_eq!(metadata["AWS::ServerlessRepo::Application"], expected);
    let said = said.stderr();
    assert!(said.contains("has no `Resources`"), "{said}");
}

#[test]
fn unknown_types_stay() {
    let project = Project::new(&[(
        "template.yaml",
        "Resources: {R: {Type: Custom::X, Properties: {Code: ./src}}}\n",
    )]);
    project.assert_untouched();
    let listed = resource("Lambda::Alias", "{Code: ./src}");
    Project::new(&[("template.yaml", &listed)]).assert_untouched();
}
