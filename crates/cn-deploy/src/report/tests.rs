use std::time::Duration;

use cn_core::Timestamp;
use cn_core::deploy::{End, Outcome};
use cn_core::failure::{FunctionLog, LogPlace};
use cn_core::report::{Record, Verdict};
use cn_core::stack::{
    Change, ChangeSetKind, Detail, Event, Hook, Output, Progress, ResourceEvent, StackStatus,
    Validation,
};
use cn_testkit::hostile::{
    HOSTILE, assert_harmless, assert_visible, everything, markdown_structure,
};

use super::{Rendered, file_stem, render, sample};

/// Returns the page without its style sheet, and without the parts that depend on the version.
fn page(html: &str) -> String {
    let version = format!("cn-deploy {}", env!("CARGO_PKG_VERSION"));
    html.replace(&version, "cn-deploy")
        .replace(super::html::STYLE, "")
}

#[test]
fn sixty_resources_in_three_stacks_are_reported_when_they_succeed() {
    let report = sample::updated();
    let counts = report.counts();
    assert_eq!((counts.all, counts.done), (60, 60));
    assert_eq!(
        file_stem(report.stack.as_deref(), report.region.as_ref()),
        "orders-prod.cn-north-1"
    );
    let rendered = render(&report);
    insta::assert_snapshot!("updated.xml", rendered.junit);
    insta::assert_snapshot!("updated.md", rendered.markdown);
    insta::assert_snapshot!("updated.html", page(&rendered.html));
}

#[test]
fn sixty_resources_in_three_stacks_are_reported_when_one_fails() {
    let report = sample::failed();
    assert_eq!(report.verdict, Verdict::Failed);
    let counts = report.counts();
    assert_eq!((counts.all, counts.failed), (60, 1));
    let rendered = render(&report);
    insta::assert_snapshot!("failed.xml", rendered.junit);
    insta::assert_snapshot!("failed.md", rendered.markdown);
    insta::assert_snapshot!("failed.html", page(&rendered.html));
}

/// Returns a record in which every foreign text is `text`.
fn saying(text: &str, end: End) -> Record {
    let event = |at: i64, status: &str| ResourceEvent {
        id: at.to_string(),
        at: Timestamp(at),
        stack_id: "arn:stack".into(),
        path: vec![text.into()],
        logical_id: text.into(),
        physical_id: Some(text.into()),
        resource_type: text.into(),
        status: status.into(),
        reason: Some(text.into()),
        background: None,
        hook: Some(Hook {
            name: text.into(),
            status: "HOOK_COMPLETE_FAILED".into(),
            reason: Some(text.into()),
        }),
        service_token: None,
    };
    let change = Change {
        action: text.into(),
        path: Vec::new(),
        logical_id: format!("{text}2"),
        physical_id: None,
        resource_type: text.into(),
        replacement: None,
        policy: Some(text.into()),
        details: Vec::new(),
        drift: None,
        kept_drift: Vec::new(),
        nested_change_set_id: None,
    };
    let mut record = Record::new(None, Some("cn-north-1".parse().unwrap()));
    record.add(&Event::Resource {
        event: Box::new(event(1, "CREATE_IN_PROGRESS")),
        progress: Progress::default(),
    });
    record.end(&Outcome {
        stack: "orders".parse().unwrap(),
        stack_id: Some(text.into()),
        kind: ChangeSetKind::Create,
        change_set: None,
        end,
        changes: vec![change],
        validation: Validation::default(),
        events: vec![
            event(1, "CREATE_IN_PROGRESS"),
            event(2, text),
            event(3, "CREATE_FAILED"),
        ],
        is_tidy: true,
        elapsed: Duration::from_secs(1),
    });
    record.function_log(&log(&[text, text]));
    record
}

fn log(lines: &[&str]) -> FunctionLog {
    FunctionLog {
        place: LogPlace {
            group: format!("/aws/lambda/{}", lines[0]),
            stream: None,
            since: Timestamp(0),
            until: Timestamp(1),
        },
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
    }
}

/// Returns the reports of runs with each kind of end, with `text` as every foreign text.
fn reports_with(text: &str) -> [Rendered; 3] {
    let failed = End::Failed {
        status: Some(StackStatus::new(text)),
        cause: None,
        reason: Some(text.into()),
    };
    let done = End::Done {
        outputs: vec![Output {
            key: text.into(),
            value: text.into(),
            description: Some(text.into()),
            export: Some(text.into()),
        }],
        is_cleaning_up: false,
    };
    let refused = End::Refused {
        reason: text.into(),
        details: vec![Detail {
            logical_id: text.into(),
            resource_type: text.into(),
            found_by: text.into(),
            mode: None,
            reason: text.into(),
            place: Some(text.into()),
        }],
    };
    [failed, done, refused].map(|end| {
        let record = saying(text, end);
        render(&record.report(&[text.into(), text.into()], &[text.into()]))
    })
}

/// Returns the elements and attributes of a page or an XML file.
fn elements(text: &str) -> Vec<String> {
    let body = text.split_once("<body>").map_or(text, |(_, rest)| rest);
    let body = body
        .split_once("</body>")
        .map_or(body, |(inside, _)| inside);
    let document = if body.starts_with("<?xml") {
        body.to_owned()
    } else {
        format!("<body>{body}</body>").replace("<details open>", "<details>")
    };
    let document = roxmltree::Document::parse(&document).expect("well-formed");
    // The line breaks of a long name and the code in a sentence depend on the text.
    let is_element = |node: &roxmltree::Node<'_, '_>| {
        !node.is_text() && !node.has_tag_name("wbr") && !node.has_tag_name("code")
    };
    let elements = document.descendants().filter(is_element);
    elements
        .map(|node| {
            let attributes = node.attributes().iter().map(|it| it.name().to_owned());
            let attributes: Vec<String> = attributes.collect();
            format!("{:?} {attributes:?}", node.tag_name())
        })
        .collect()
}

#[test]
fn hostile_texts_are_text_in_every_format() {
    let plain = reports_with("plain");
    for text in HOSTILE.iter().copied().chain([everything().as_str()]) {
        for (rendered, plain) in reports_with(text).iter().zip(&plain) {
            for (format, shown) in rendered.files() {
                assert_visible(format, shown);
            }
            assert_harmless("JUnit", &rendered.junit);
            assert_eq!(
                elements(&rendered.junit),
                elements(&plain.junit),
                "{text:?}"
            );
            assert_eq!(elements(&rendered.html), elements(&plain.html), "{text:?}");
            let [shown, plain] = [rendered, plain].map(|it| markdown_structure(&it.markdown));
            assert_eq!(shown, plain, "{text:?}");
        }
    }
}

#[test]
fn the_page_is_well_formed_and_asks_for_nothing() {
    for report in [sample::updated(), sample::failed()] {
        let html = render(&report).html;
        // Except for the attribute without a value, the page is XML.
        let body = html.split_once("<body>").expect("a body").1;
        let body = body.split_once("</body>").expect("a body").0;
        let document = format!("<body>{body}</body>").replace("<details open>", "<details>");
        let document = roxmltree::Document::parse(&document).expect("every element is closed");
        for node in document.descendants() {
            for attribute in node.attributes() {
                let is_address = ["src", "srcset", "action", "data"].contains(&attribute.name());
                assert!(
                    !is_address && !attribute.name().starts_with("on"),
                    "{attribute:?}"
                );
                if attribute.name() == "href" {
                    let value = attribute.value();
                    let is_ours = value.starts_with('#');
                    let is_console = value.starts_with("https://cn-north-1.console.amazonaws.cn/");
                    assert!(is_ours || is_console, "{value}");
                }
            }
            let is_nested = node.has_tag_name("details") && node.attribute("class").is_none();
            if is_nested {
                let rows = node
                    .descendants()
                    .filter(|it| it.has_tag_name("li"))
                    .count();
                assert!(rows > 10, "{rows}");
            }
        }
        let style = html.split_once("<style>").expect("a style").1;
        let style = style.split_once("</style>").expect("a style").0;
        assert!(!style.contains("url(") && !style.contains("@import"));
        assert!(html.contains("prefers-color-scheme: dark"));
    }
}

#[test]
fn a_change_set_for_review_shows_all_its_changes_and_no_timeline() {
    let report = sample::reviewable();
    let rendered = render(&report);
    assert!(!rendered.html.contains("<h2>Timeline</h2>"));
    assert!(
        rendered
            .html
            .contains("<details class=\"fold\" open><summary>")
    );
    assert!(
        rendered
            .html
            .contains("31 changes without removal or replacement")
    );
    assert!(
        rendered.junit.contains("skipped=\"34\""),
        "{}",
        rendered.junit
    );
    assert_eq!(report.verdict, Verdict::Reviewable);
}

#[test]
fn what_goes_on_is_shown_as_long_as_it_was_seen() {
    let mut record = Record::new(Some("orders".parse().unwrap()), None);
    record.add(&Event::Executing {
        stack_id: "arn:stack".into(),
        kind: ChangeSetKind::Create,
    });
    for (second, id, status) in [
        (0, "Table", "CREATE_IN_PROGRESS"),
        (31, "Table", "CREATE_COMPLETE"),
        (32, "Database", "CREATE_IN_PROGRESS"),
        (33, "Queue", "CREATE_IN_PROGRESS"),
        (95, "Queue", "CREATE_COMPLETE"),
    ] {
        let event = ResourceEvent {
            id: format!("{id}-{second}"),
            at: Timestamp(second * 1000),
            stack_id: "arn:stack".into(),
            path: Vec::new(),
            logical_id: id.into(),
            physical_id: None,
            resource_type: "AWS::SQS::Queue".into(),
            status: status.into(),
            reason: None,
            background: None,
            hook: None,
            service_token: None,
        };
        record.add(&Event::Resource {
            event: Box::new(event),
            progress: Progress::default(),
        });
    }
    let report = record.report(&["the time limit was reached".into()], &[]);
    let html = render(&report).html;
    for said in [
        "Still in progress when this run ended, after 1 min 35 s",
        "3 resources: 2 done, 1 in progress",
        "<b>Database</b> &gt;\u{a0}1\u{a0}min\u{a0}3\u{a0}s",
        "class=\"bar slow open\" style=\"left:33.68%;width:66.32%\"",
        ", since 0:32, on the slowest path",
        "class=\"cause calm\"",
    ] {
        assert!(html.contains(said), "{said}: {html}");
    }
}

#[test]
fn what_the_function_of_a_custom_resource_logged_is_in_every_format() {
    let mut record = Record::new(Some("orders".parse().unwrap()), None);
    let event = |seconds: i64, status: &str| Event::Resource {
        event: Box::new(ResourceEvent {
            id: seconds.to_string(),
            at: Timestamp(seconds * 1000),
            stack_id: "arn:stack".into(),
            path: Vec::new(),
            logical_id: "Seed".into(),
            physical_id: None,
            resource_type: "Custom::Seed".into(),
            status: status.into(),
            reason: Some("no answer".into()),
            background: None,
            hook: None,
            service_token: None,
        }),
        progress: Progress::default(),
    };
    record.add(&event(1, "CREATE_IN_PROGRESS"));
    record.add(&event(2, "CREATE_FAILED"));
    record.function_log(&log(&["opening table", "KeyError: 'Table'"]));
    let rendered = render(&record.report(&["stack `orders` rolled back".into()], &[]));
    for (format, text) in rendered.files() {
        let [first, second] = ["opening table", "KeyError: "].map(|line| text.find(line));
        assert!(first < second && first.is_some(), "{format}: {text}");
    }
}

#[test]
fn a_run_that_never_began_is_an_error_in_junit_and_says_why_everywhere() {
    let record = Record::default();
    let report = record.report(
        &[
            "cannot find credentials for profile `china`".into(),
            "no section".into(),
        ],
        &["run `cn-profile` first".into()],
    );
    assert_eq!(
        file_stem(report.stack.as_deref(), report.region.as_ref()),
        "cn-deploy"
    );
    let rendered = render(&report);
    insta::assert_snapshot!("never_began.xml", rendered.junit);
    insta::assert_snapshot!("never_began.md", rendered.markdown);
    assert!(
        rendered
            .html
            .contains("cannot find credentials for profile <code>china</code>")
    );
}
