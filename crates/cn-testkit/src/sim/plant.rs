//! Texts of answers that may repeat a secret, and the answers that describe a stack.

use std::collections::BTreeMap;

use super::world::{Happened, Served, World};

pub(super) const ERROR: &str = "message of an error";
pub(super) const STATUS_REASON: &str = "status reason of a stack";
pub(super) const OUTPUT_DESCRIPTION: &str = "description of an output";
pub(super) const CHANGE_SET_REASON: &str = "status reason of a change set";
pub(super) const NESTED_REASON: &str = "status reason of a nested change set";
pub(super) const DETAIL_REASON: &str = "reason in DescribeEvents";
pub(super) const DETAIL_PATH: &str = "path in DescribeEvents";
const CHANGE_ID: &str = "physical ID in a change";
const CHANGE_PATH: &str = "property path in a change";
const BEFORE: &str = "value before a change";
const AFTER: &str = "value after a change";
const DEPLOYED: &str = "value that was deployed before it drifted";
const ACTUAL: &str = "value that a property drifted to";
const KEPT: &str = "property whose drift stays";
const EVENT_ID: &str = "physical ID in an event";
const EVENT_REASON: &str = "reason of an event";
const HOOK_REASON: &str = "reason of a hook";
const SERVICE_TOKEN: &str = "service token of a custom resource";
const DRIFT_REASON: &str = "reason of an incomplete drift detection";
const DRIFT_ID: &str = "physical ID of a drifted resource";
const DRIFT_PATH: &str = "path of a drifted property";
const DRIFT_VALUE: &str = "value of a drifted property";
const TEMPLATE: &str = "template of a stack";
const RESOURCE_ID: &str = "physical ID in a list of resources";

/// Every place where [`World::planted`] is added.
pub const PLACES: &[&str] = &[
    ERROR,
    STATUS_REASON,
    OUTPUT_DESCRIPTION,
    CHANGE_SET_REASON,
    NESTED_REASON,
    DETAIL_REASON,
    DETAIL_PATH,
    CHANGE_ID,
    CHANGE_PATH,
    BEFORE,
    AFTER,
    DEPLOYED,
    ACTUAL,
    KEPT,
    EVENT_ID,
    EVENT_REASON,
    HOOK_REASON,
    SERVICE_TOKEN,
    DRIFT_REASON,
    DRIFT_ID,
    DRIFT_PATH,
    DRIFT_VALUE,
    TEMPLATE,
    RESOURCE_ID,
];

impl World {
    /// Returns a text of an answer with the planted text, escaped for XML.
    pub(super) fn text(&mut self, place: &'static str, text: &str) -> String {
        let Some(planted) = &self.planted else {
            return escaped(text);
        };
        self.places.insert(place);
        escaped(format!("{text} {planted}").trim_start())
    }

    /// Returns an element with such a text; empty for an empty text.
    pub(super) fn element(&mut self, name: &str, place: &'static str, text: &str) -> String {
        match self.text(place, text).as_str() {
            "" => String::new(),
            text => format!("<{name}>{text}</{name}>"),
        }
    }

    /// Returns the texts of a change, without names.
    pub(super) fn change_texts(&mut self) -> String {
        if self.planted.is_none() {
            return String::new();
        }
        let id = self.element("PhysicalResourceId", CHANGE_ID, "physical");
        let path = self.element("Path", CHANGE_PATH, "/Properties/Tags");
        let before = self.element("BeforeValue", BEFORE, "old");
        let after = self.element("AfterValue", AFTER, "new");
        let deployed = self.element("PreviousValue", DEPLOYED, "old");
        let actual = self.element("ActualValue", ACTUAL, "other");
        let kept = self.element("Path", KEPT, "/Properties/Capacity");
        format!(
            "{id}<Details><member><Target><Attribute>Properties</Attribute>{path}{before}{after}<Drift>{deployed}{actual}</Drift></Target></member></Details><ResourceDriftIgnoredAttributes><member>{kept}<Reason>MANAGED_BY_AWS</Reason></member></ResourceDriftIgnoredAttributes>"
        )
    }

    /// Returns the texts of an event, without names and statuses.
    pub(super) fn event_texts(&mut self, event: &Happened) -> String {
        let is_arn = event.physical.starts_with("arn:");
        let mut out = if is_arn || event.physical.is_empty() {
            let id = escaped(&event.physical);
            format!("<PhysicalResourceId>{id}</PhysicalResourceId>")
        } else {
            self.element("PhysicalResourceId", EVENT_ID, &event.physical)
        };
        out += &self.element("ResourceStatusReason", EVENT_REASON, &event.reason);
        if self.planted.is_none() {
            return out;
        }
        out +=
            "<HookType>Org::Guard::Hook</HookType><HookStatus>HOOK_COMPLETE_SUCCEEDED</HookStatus>";
        out += &self.element("HookStatusReason", HOOK_REASON, "checked");
        if event.kind.starts_with("Custom::") {
            self.places.insert(SERVICE_TOKEN);
            let planted = self.planted.as_deref().unwrap_or_default();
            let token = format!("arn:aws-cn:sns:cn-north-1:123456789012:{planted}");
            let properties = serde_json::json!({ "ServiceToken": token, "Value": planted });
            let properties = escaped(&properties.to_string());
            out.extend(["<ResourceProperties>", &properties, "</ResourceProperties>"]);
        }
        out
    }

    pub(super) fn detect_drift(&mut self, members: &BTreeMap<String, String>) -> Served {
        self.existing(members)?;
        Ok("<StackDriftDetectionId>1</StackDriftDetectionId>".to_owned())
    }

    /// Returns a drift detection that could not examine everything.
    pub(super) fn drift_status(&mut self) -> String {
        let reason = self.element("DetectionStatusReason", DRIFT_REASON, "not all were read");
        format!("<DetectionStatus>DETECTION_FAILED</DetectionStatus>{reason}")
    }

    pub(super) fn resource_drifts(&mut self) -> String {
        let id = self.element("PhysicalResourceId", DRIFT_ID, "physical-Queue");
        let path = self.element("PropertyPath", DRIFT_PATH, "/DelaySeconds");
        let value = self.text(DRIFT_VALUE, "5");
        format!(
            "<StackResourceDrifts><member><LogicalResourceId>Queue</LogicalResourceId>{id}<ResourceType>AWS::SQS::Queue</ResourceType><StackResourceDriftStatus>MODIFIED</StackResourceDriftStatus><PropertyDifferences><member>{path}<ExpectedValue>0</ExpectedValue><ActualValue>{value}</ActualValue><DifferenceType>NOT_EQUAL</DifferenceType></member></PropertyDifferences></member></StackResourceDrifts>"
        )
    }

    pub(super) fn get_template(&mut self, members: &BTreeMap<String, String>) -> Served {
        let content = self.existing(members)?.content.clone();
        let body = self.text(TEMPLATE, &content);
        Ok(format!("<TemplateBody>{body}</TemplateBody>"))
    }

    pub(super) fn list_stack_resources(&mut self, members: &BTreeMap<String, String>) -> Served {
        self.existing(members)?;
        let id = self.element("PhysicalResourceId", RESOURCE_ID, "physical-Queue");
        Ok(format!(
            "<StackResourceSummaries><member><LogicalResourceId>Queue</LogicalResourceId>{id}</member></StackResourceSummaries>"
        ))
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
