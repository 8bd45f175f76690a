//! Tests that plant a secret in every text of the service; the library must not show it.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Debug;

use aws_smithy_types::base64;
use cn_testkit::sim::PLACES;

use super::*;
use crate::deploy::request::DeclaredParameter;
use crate::inspect;
use crate::report::Record;
use crate::secret::Secrets;

/// `WOMBAT` and `OCELOT` look the same in every encoding except base64.
const SECRET: &str = "alpha\"WOMBAT/9+OCELOT é";

/// The forms in which services, functions and logs repeat the secret.
fn forms() -> Vec<(&'static str, String)> {
    let percent = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    let encoded = base64::encode(SECRET);
    let broken = |text: &str| format!("{}\n{}", &text[..14], &text[14..]);
    vec![
        ("raw", SECRET.to_owned()),
        ("JSON", serde_json::Value::from(SECRET).to_string()),
        ("URL", SECRET.bytes().map(percent).collect()),
        ("broken", broken(SECRET)),
        ("broken base64", broken(&encoded)),
        ("base64", encoded),
    ]
}

/// Returns true if a text shows a part of the secret, in any form.
fn shows_secret(text: &str) -> bool {
    let encoded = base64::encode(SECRET);
    let parts = ["WOMBAT", "OCELOT", &encoded[1..13], &encoded[15..27]];
    parts.iter().any(|part| text.contains(part))
}

/// Everything that left the library during a run.
#[derive(Default)]
struct Told(Vec<String>);

impl Told {
    fn add(&mut self, value: &impl Debug) {
        self.0.push(format!("{value:?}"));
    }

    fn error(&mut self, error: &(impl Error + 'static)) {
        self.0
            .push(format!("{} {error:?}", cn_testkit::chain(error)));
    }

    fn result<T: Debug>(&mut self, result: &Result<T, impl Error + 'static>) {
        match result {
            Ok(value) => self.add(value),
            Err(error) => self.error(error),
        }
    }
}

/// A service that repeats the secret, in one form.
struct Planted {
    form: &'static str,
    text: String,
    places: BTreeSet<&'static str>,
}

impl Planted {
    fn in_a(&self, sim: Sim) -> Sim {
        let mut world = sim.world.lock().unwrap();
        world.planted = Some(self.text.clone());
        world.masks_parameters = true;
        drop(world);
        sim
    }

    fn new_stack(&self) -> Sim {
        self.in_a(Sim::new())
    }

    fn stack_in(&self, status: &str) -> Sim {
        self.in_a(Sim::new().with_stack("orders", status))
    }

    /// Fails if any collected text shows the secret.
    fn check(&mut self, what: &str, sim: &Sim, told: &Told) {
        self.places.extend(&sim.world.lock().unwrap().places);
        for text in &told.0 {
            assert!(!shows_secret(text), "{what}, {}: {text}", self.form);
        }
        let is_told = told.0.iter().any(|text| text.contains("****"));
        assert!(is_told, "{what}, {}: nothing was redacted", self.form);
    }

    async fn deploys(&mut self, what: &str, sim: &Sim, request: &Request) {
        let (outcome, events) = deploy(sim, request).await;
        let mut told = Told::default();
        let mut record = Record::default();
        record.request(request);
        for event in &events {
            record.add(event);
            told.add(event);
        }
        told.result(&outcome);
        let failure = match &outcome {
            Ok(outcome) => {
                record.end(outcome);
                Vec::new()
            }
            Err(error) => vec![cn_testkit::chain(error)],
        };
        told.add(&record);
        told.add(&record.report(&failure, &[]));
        self.check(what, sim, &told);
    }
}

/// A request that sends the secret for a `NoEcho` parameter.
fn with_secret(number: u32) -> Request {
    let mut request = with_number(number);
    request.declared = TemplateParameters(vec![DeclaredParameter {
        key: "Password".into(),
        has_default: false,
        no_echo: true,
        span: None,
    }]);
    request.overrides = vec![given()];
    request
}

fn given() -> ParameterOverride {
    ParameterOverride {
        key: "Password".into(),
        value: SECRET.into(),
    }
}

/// Returns the secret under the name of a masked parameter, or only as a value.
fn confidential(is_named: bool) -> Confidential {
    let mut confidential = Confidential::default();
    if is_named {
        confidential.given.push(given());
    } else {
        confidential.secrets = secrets();
    }
    confidential
}

fn secrets() -> Secrets {
    let mut secrets = Secrets::default();
    secrets.add_value(SECRET.into());
    secrets
}

const FAILING_UPDATE: &[Beat] = &[
    beat(0, "", "", "UPDATE_IN_PROGRESS", ""),
    beat(1000, "Rows", "Custom::Rows", "UPDATE_IN_PROGRESS", ""),
    beat(2000, "Rows", "Custom::Rows", "UPDATE_FAILED", "no"),
    beat(2100, "", "", "UPDATE_ROLLBACK_IN_PROGRESS", "no"),
    beat(90_000, "", "", "UPDATE_ROLLBACK_COMPLETE", ""),
];

async fn deploys(planted: &mut Planted) {
    let sim = planted.new_stack();
    planted.deploys("create", &sim, &with_secret(1)).await;
    planted.deploys("unchanged", &sim, &with_secret(2)).await;
    let sim = planted.stack_in("CREATE_COMPLETE");
    planted.deploys("update", &sim, &with_secret(1)).await;
    let sim = planted.stack_in("CREATE_COMPLETE");
    sim.script(FAILING_UPDATE);
    let failing = "failing update";
    planted.deploys(failing, &sim, &with_secret(1)).await;
    for (mode, what) in [(Mode::Review, "review"), (Mode::Preview, "preview")] {
        let sim = planted.new_stack();
        let mut request = with_secret(1);
        request.mode = mode;
        planted.deploys(what, &sim, &request).await;
    }
    let sim = planted.stack_in("CREATE_COMPLETE");
    sim.world.lock().unwrap().changes_as = Some("Remove");
    let mut gated = with_secret(1);
    gated.gates = vec!["delete".parse().unwrap()];
    planted.deploys("gated", &sim, &gated).await;
    let nested = "Nested change set arn:aws-cn:cloudformation:cn-north-1:123456789012:changeSet/nested/1 was not created";
    for (reason, offers_details) in [("no", true), (nested, false)] {
        let sim = planted.new_stack();
        sim.world.lock().unwrap().change_set_fails = Some(reason);
        sim.world.lock().unwrap().offers_details = offers_details;
        planted.deploys("refused", &sim, &with_secret(1)).await;
    }
    let sim = planted.stack_in("UPDATE_ROLLBACK_FAILED");
    let mut continued = with_secret(1);
    continued.continue_rollback = true;
    planted.deploys("continued", &sim, &continued).await;
    let sim = planted.stack_in("ROLLBACK_COMPLETE");
    planted.deploys("replaced", &sim, &with_secret(1)).await;
}

async fn fails(planted: &mut Planted) {
    let actions = [
        "DescribeStacks",
        "CreateChangeSet",
        "DescribeChangeSet",
        "ExecuteChangeSet",
        "DescribeStackEvents",
        "UpdateTerminationProtection",
    ];
    for action in actions {
        for (status, code) in [(403, "AccessDenied"), (503, "ServiceUnavailable")] {
            let sim = planted.stack_in("CREATE_COMPLETE");
            sim.fault(action, Fault::Answer(status, code), 5);
            sim.fault("DeleteChangeSet", Fault::Answer(403, "AccessDenied"), 1);
            let mut request = with_secret(1);
            request.termination_protection = Some(true);
            let what = format!("{action} {code}");
            planted.deploys(&what, &sim, &request).await;
        }
    }
    let sim = planted.stack_in("ROLLBACK_FAILED");
    let (request, pace) = (with_secret(1), Pace::standard(None, 1));
    let facts = read(&sim.client(), &request, &pace, &mut |_| {}).await;
    let mut told = Told::default();
    told.add(&facts);
    told.error(&plan(&request, &facts.unwrap()).unwrap_err());
    planted.check("stuck", &sim, &told);
}

async fn executes(planted: &mut Planted) {
    for is_named in [true, false] {
        let sim = planted.stack_in("CREATE_COMPLETE");
        sim.script(FAILING_UPDATE);
        let mut review = with_secret(1);
        review.mode = Mode::Review;
        planted.deploys("review", &sim, &review).await;
        let token = ChangeSetName::new("approved", 9);
        let name = review.change_set.as_str();
        let mut reviewed = ReviewedChangeSet::new(name, Some(review.stack.clone()), token);
        reviewed.confidential = confidential(is_named);
        let (client, pace) = (sim.client(), Pace::standard(None, 3));
        let mut told = Told::default();
        let mut on_event = |event: Event| told.add(&event);
        let proposal = reviewed.read(&client, &mut on_event).await.unwrap();
        let shown = format!("{proposal:?}");
        let verdict = proposal.judge(&[]);
        let outcome = verdict.conclude(&client, &pace, &mut on_event).await;
        told.0.push(shown);
        told.result(&outcome);
        planted.check("execute", &sim, &told);

        // A change set that failed and could not be deleted.
        let sim = planted.new_stack();
        sim.world.lock().unwrap().change_set_fails = Some("no");
        sim.fault("DeleteChangeSet", Fault::Answer(403, "AccessDenied"), 1);
        planted.deploys("refused", &sim, &with_secret(1)).await;
        let mut told = Told::default();
        told.result(&reviewed.read(&sim.client(), &mut |_| {}).await);
        planted.check("execute a failed change set", &sim, &told);
    }
    let sim = planted.stack_in("CREATE_COMPLETE");
    sim.fault("DescribeChangeSet", Fault::Answer(403, "AccessDenied"), 1);
    let mut reviewed = ReviewedChangeSet::new("arn:x", None, ChangeSetName::new("approved", 9));
    reviewed.confidential = confidential(false);
    let mut told = Told::default();
    told.result(&reviewed.read(&sim.client(), &mut |_| {}).await);
    planted.check("execute without access", &sim, &told);
}

async fn attaches(planted: &mut Planted) {
    for is_named in [true, false] {
        let sim = planted.stack_in("CREATE_COMPLETE");
        sim.script(FAILING_UPDATE);
        let request = with_secret(1);
        let soon = Pace::standard(Some(Instant::now() + Duration::from_secs(20)), 1);
        let left = deploy_within(&sim, &request, &soon).await.0.unwrap();
        assert!(matches!(left.end, End::Running { .. }), "{left:?}");
        let (client, pace) = (sim.client(), Pace::standard(None, 2));
        let (stack, confidential) = (&request.stack, confidential(is_named));
        let mut told = Told::default();
        let mut on_event = |event: Event| told.add(&event);
        let attached = attach(&client, stack, &confidential, &pace, &mut on_event).await;
        told.result(&attached);
        assert!(told.0.iter().any(|text| text.contains("UpdateFailed")));
        planted.check("attach", &sim, &told);
    }
    let sim = planted.stack_in("CREATE_COMPLETE");
    sim.fault("DescribeStacks", Fault::Answer(403, "AccessDenied"), 1);
    let (stack, pace) = ("orders".parse().unwrap(), Pace::standard(None, 2));
    let confidential = confidential(false);
    let mut told = Told::default();
    told.result(&attach(&sim.client(), &stack, &confidential, &pace, &mut |_| {}).await);
    planted.check("attach without access", &sim, &told);
}

async fn inspects(planted: &mut Planted) {
    let (stack, secrets) = ("orders".parse().unwrap(), secrets());
    let (region, pace) = ("cn-north-1".parse().unwrap(), Pace::standard(None, 1));
    for is_denied in [false, true] {
        let sim = planted.stack_in("CREATE_COMPLETE");
        let tag = (REVISION_TAG.to_owned(), planted.text.clone());
        sim.world.lock().unwrap().stacks[0].tags.push(tag);
        if is_denied {
            for action in ["GetTemplate", "DetectStackDrift"] {
                sim.fault(action, Fault::Answer(403, "AccessDenied"), 3);
            }
        }
        let client = sim.client();
        let mut told = Told::default();
        let wanted = format!("wanted {}", planted.text);
        told.result(&inspect::verify_template(&client, &stack, &wanted, &secrets).await);
        planted.check("verify", &sim, &told);
        let mut told = Told::default();
        told.result(&inspect::drift(&client, &stack, &secrets, &pace).await);
        planted.check("drift", &sim, &told);
        let mut told = Told::default();
        told.result(&inspect::running(&client, &region, &stack, &confidential(false)).await);
        planted.check("compare", &sim, &told);
    }
    let sim = planted.stack_in("CREATE_COMPLETE");
    sim.fault("ListStackResources", Fault::Answer(403, "AccessDenied"), 1);
    let lambda = aws_sdk_lambda::Config::builder()
        .behavior_version(aws_sdk_lambda::config::BehaviorVersion::latest())
        .build();
    let lambda = aws_sdk_lambda::Client::from_conf(lambda);
    let mut told = Told::default();
    told.result(
        &inspect::verify_code(
            &clients(&sim),
            &lambda,
            &stack,
            &std::collections::BTreeMap::new(),
            &secrets,
        )
        .await,
    );
    planted.check("verify code", &sim, &told);
    // Physical names are not redacted: names that no template sets contain no secret in practice.
    let names = crate::stack::template::physical_ids(&sim.client(), "orders").await;
    assert!(shows_secret(&names.unwrap()["Queue"]));
    planted.places.extend(&sim.world.lock().unwrap().places);
}

#[tokio::test(start_paused = true)]
async fn a_secret_planted_in_every_answer_is_shown_nowhere() {
    for (form, text) in forms() {
        assert!(shows_secret(&text), "{form}");
        let mut planted = Planted {
            form,
            text,
            places: BTreeSet::new(),
        };
        deploys(&mut planted).await;
        fails(&mut planted).await;
        executes(&mut planted).await;
        attaches(&mut planted).await;
        inspects(&mut planted).await;
        let all: BTreeSet<&str> = PLACES.iter().copied().collect();
        assert_eq!(planted.places, all, "{form}: texts that no run returned");
    }
}
