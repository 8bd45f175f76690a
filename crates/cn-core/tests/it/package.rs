//! Tests of packaging with only the public API.

use camino::{Utf8Path, Utf8PathBuf};
use cn_core::file::OutputError;
use cn_core::package::{
    BucketError, Event, Goal, Options, Outcome, Regions, RegionsError, RegionsRequest, Request,
};
use cn_core::profile::ProfileFiles;
use cn_core::s3::BucketNames;
use cn_core::session::{Environment, SessionRequest};
use cn_testkit::sink::{Sink, SinkOptions};
use fs_err as fs;

const TEMPLATE: &str = "\
Resources:
  F:
    Type: AWS::Lambda::Function
    Properties: {Code: src, Role: 'arn:aws:iam::123456789012:role/r'}
";

/// A project with a template, a function, and a profile whose bucket is a sink.
struct Project {
    _scratch: tempfile::TempDir,
    folder: Utf8PathBuf,
    sink: Sink,
}

impl Project {
    fn new() -> Self {
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(scratch.path())
            .expect("UTF-8")
            .to_owned();
        let options = SinkOptions {
            verify: true,
            ..SinkOptions::default()
        };
        let sink = Sink::start("127.0.0.1:0", options).expect("a free port");
        let config = format!(
            "[profile china]\nregion = cn-north-1\nendpoint_url = {}\n",
            sink.url()
        );
        fs::create_dir(folder.join("src")).expect("the folder can be written");
        for (name, text) in [
            ("template.yaml", TEMPLATE),
            ("src/a.py", "x = 1\n"),
            ("config", &config),
            (
                "credentials",
                "[china]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = s\n",
            ),
        ] {
            fs::write(folder.join(name), text).expect("the folder can be written");
        }
        Self {
            _scratch: scratch,
            folder,
            sink,
        }
    }

    fn session(&self) -> SessionRequest {
        let mut request = SessionRequest::new(Environment::new(ProfileFiles {
            credentials: self.folder.join("credentials"),
            config: self.folder.join("config"),
        }));
        request.profile = Some("china".parse().expect("valid"));
        request.identity_check = false;
        request
    }

    fn request(&self) -> RegionsRequest {
        let package = Request::new(self.folder.clone());
        let mut request = RegionsRequest::new(package, self.session());
        request.buckets = Some(BucketNames::Given(vec!["bkt".parse().expect("valid")]));
        request.output = Some("out/packaged.yaml".into());
        fs::create_dir_all(self.folder.join("out")).expect("the folder can be written");
        request
    }

    fn operations(&self) -> Vec<&'static str> {
        let requests = self.sink.requests().into_iter();
        requests.map(|request| request.operation).collect()
    }

    fn has(&self, name: &str) -> bool {
        self.folder.join(name).exists()
    }
}

#[tokio::test]
async fn a_few_lines_package_a_template() {
    let project = Project::new();
    let regions = Regions::open(project.request()).await.unwrap();
    let plans = regions.plan().await.unwrap().ready().unwrap();
    let mut events = Vec::new();
    let outcomes = regions
        .send(plans, &Options::default(), &mut |event| {
            events.push(event.clone());
        })
        .await
        .unwrap();
    assert!(!project.has("out/packaged.yaml"), "sending writes nothing");
    regions.write(&outcomes).unwrap();

    let written = fs::read_to_string(project.folder.join("out/packaged.yaml")).unwrap();
    let key = outcomes[0].sent[0].key.as_str();
    let expected = TEMPLATE
        .replace(
            "src",
            &format!(r#"{{"S3Bucket": "bkt", "S3Key": "{key}"}}"#),
        )
        .replace("arn:aws:", "arn:aws-cn:");
    assert_eq!(written, expected);
    let manifest = project.folder.join("out/packaged.yaml.manifest.json");
    let manifest = fs::read_to_string(manifest).unwrap();
    assert!(
        manifest.contains(r#""template": "template.yaml""#),
        "{manifest}"
    );
    let objects = matches!(events[0], Event::Started { objects: 1, .. });
    assert!(objects, "{events:?}");
    assert_eq!(project.operations().last(), Some(&"PutObject"));
}

#[tokio::test]
async fn no_region_has_results_before_every_region_has_its_objects() {
    let project = Project::new();
    let mut request = project.request();
    // The sink's bucket is in Beijing, so the second region fails.
    request.regions = vec![
        "cn-north-1".parse().unwrap(),
        "cn-northwest-1".parse().unwrap(),
    ];
    let buckets = ["bkt", "other"].map(|name| name.parse().unwrap());
    request.buckets = Some(BucketNames::Given(buckets.to_vec()));
    let regions = Regions::open(request).await.unwrap();
    let plans = regions.plan().await.unwrap().ready().unwrap();
    let sent = regions.send(plans, &Options::default(), &mut |_| {}).await;
    let Err(RegionsError::Apply(error)) = sent else {
        panic!("{sent:?}");
    };
    let cn_core::package::ApplyError::Bucket { bucket, kind } = *error else {
        panic!("{error:?}");
    };
    assert_eq!(bucket.as_str(), "other");
    assert!(matches!(kind, BucketError::OtherRegion { .. }), "{kind:?}");
    assert!(project.operations().contains(&"PutObject"));
    assert!(!project.has("out/packaged.cn-north-1.yaml"));
}

#[tokio::test]
async fn files_are_tried_before_the_first_request() {
    let project = Project::new();
    let refused = async |change: fn(&mut RegionsRequest)| {
        let mut request = project.request();
        change(&mut request);
        Regions::open(request).await.unwrap_err()
    };
    let missing = refused(|request| request.output = Some("nowhere/out.yaml".into())).await;
    assert!(matches!(missing, RegionsError::Output(_)), "{missing:?}");
    assert!(
        missing.to_string().contains("`nowhere/out.yaml`"),
        "{missing}"
    );
    let twice = refused(|request| request.manifest.clone_from(&request.output)).await;
    let is_same = matches!(twice, RegionsError::Output(OutputError::Same { .. }));
    assert!(is_same, "{twice:?}");
    let template = refused(|request| request.output = Some("./template.yaml".into())).await;
    let is_input = matches!(template, RegionsError::Output(OutputError::Input { .. }));
    assert!(is_input, "{template:?}");
    let stream = refused(|request| {
        request.output = None;
        request.regions = ["cn-north-1", "cn-northwest-1"]
            .map(|it| it.parse().unwrap())
            .into();
    });
    assert!(matches!(stream.await, RegionsError::OneStream));
    let count = refused(|request| request.buckets = Some(BucketNames::Given(Vec::new()))).await;
    assert_eq!(count.to_string(), "0 buckets given for 1 region");
    assert_eq!(project.operations(), [""; 0]);
}

#[tokio::test]
async fn a_run_without_network_writes_the_same_template() {
    let project = Project::new();
    let mut request = project.request();
    request.goal = Goal::Write;
    let regions = Regions::open(request).await.unwrap();
    let plans = regions.plan().await.unwrap().ready().unwrap();
    let unsent: Vec<Outcome> = plans.into_iter().map(Outcome::unsent).collect();
    regions.write(&unsent).unwrap();
    assert!(project.has("out/packaged.yaml"));
    assert_eq!(project.operations(), [""; 0]);
}

#[tokio::test]
async fn a_plan_beside_an_error_is_not_given_out() {
    let project = Project::new();
    fs::remove_dir_all(project.folder.join("src")).unwrap();
    let regions = Regions::open(project.request()).await.unwrap();
    let findings = regions.plan().await.unwrap().ready().unwrap_err();
    assert_eq!(findings.to_string(), "found 1 error");
    assert_eq!(findings.as_slice()[0].code.id, "CN521");
    assert_eq!(project.operations(), [""; 0]);
}
