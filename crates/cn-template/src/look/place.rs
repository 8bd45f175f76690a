//! The place of a value, and the treatment of the text there.

use crate::artifact::is_object_key;
use crate::tree::Node;

/// The part of a template that a value belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// A property, or the `AWS::CloudFormation::Init` metadata, of a resource.
    Resource,
    /// `Globals` of SAM.
    Globals,
    Outputs,
    Parameters,
    Mappings,
    Conditions,
    Rules,
    /// A separate file or text.
    Document,
}

/// The place of one value.
#[derive(Clone, Debug)]
pub(crate) struct Place<'t> {
    pub section: Section,
    /// The resource's type; empty outside of resources.
    pub resource_type: &'t str,
    /// The resource's properties.
    pub properties: Option<&'t Node>,
    /// The keys that lead to the value, without lists and functions.
    pub path: Vec<&'t str>,
    /// Number of keys that lead to the policy statement around the value.
    pub statement: Option<usize>,
    /// True if the value is a key of a mapping.
    pub is_key: bool,
    /// True for a variable of `Fn::Sub`: CloudFormation inserts it before anything reads the text.
    pub is_variable: bool,
}

impl<'t> Place<'t> {
    /// Creates the place of a text outside of any template.
    pub(crate) fn outside() -> Self {
        Self {
            section: Section::Document,
            resource_type: "",
            properties: None,
            path: Vec::new(),
            statement: None,
            is_key: false,
            is_variable: false,
        }
    }

    /// Returns the last key.
    pub(crate) fn last(&self) -> &'t str {
        self.path.last().copied().unwrap_or_default()
    }

    /// Returns true if the path ends with these keys.
    pub(crate) fn ends_with(&self, keys: &[&str]) -> bool {
        self.path.ends_with(keys)
    }

    /// Returns the keys from the policy statement to the value.
    fn in_statement(&self) -> &[&'t str] {
        self.statement.map_or(&[], |start| &self.path[start..])
    }

    /// Returns the condition key that the value belongs to, such as `aws:SourceArn`.
    pub(crate) fn condition_key(&self) -> Option<&'t str> {
        match self.in_statement() {
            ["Condition", _, key, ..] => Some(key),
            _ => None,
        }
    }

    /// Returns true if the value is a key of a policy's condition.
    pub(crate) fn is_condition_key(&self) -> bool {
        self.is_key && matches!(self.in_statement(), ["Condition", _])
    }

    /// Returns true if the value names a service principal.
    pub(crate) fn is_principal(&self) -> bool {
        if let ["Principal" | "NotPrincipal", kind, ..] = self.in_statement() {
            *kind == "Service"
        } else {
            let last = self.last();
            last.ends_with("Principal") || last.ends_with("Principals") || last == "AWSServiceName"
        }
    }

    /// Returns true if the value is a principal in a policy statement.
    pub(crate) fn is_policy_principal(&self) -> bool {
        matches!(self.in_statement(), ["Principal" | "NotPrincipal", ..])
    }

    /// Returns true if the value is an account in a policy's principal.
    pub(crate) fn is_account(&self) -> bool {
        matches!(
            self.in_statement(),
            ["Principal" | "NotPrincipal", "AWS" | "CanonicalUser", ..]
        )
    }

    /// Returns true if the value is a federated principal.
    pub(crate) fn is_federated(&self) -> bool {
        matches!(self.in_statement(), ["Principal", "Federated", ..])
    }

    /// Returns true if the value is compared with values that services write into events.
    pub(crate) fn is_event(&self) -> bool {
        let is_name = |key: &&str| {
            matches!(
                *key,
                "EventPattern" | "FilterPattern" | "EventSelectors" | "AdvancedEventSelectors"
            )
        };
        self.path.iter().any(is_name)
            || [
                "eventSource",
                "invokedBy",
                "userAgent",
                "sourceIPAddress",
                "source",
            ]
            .contains(&self.last())
    }

    /// Returns true for code that instances receive from CloudFormation and run.
    pub(crate) fn is_of_stack(&self) -> bool {
        let is_name = |key: &&str| matches!(*key, "UserData" | "AWS::CloudFormation::Init");
        self.path.iter().any(is_name)
    }

    /// Returns the treatment of a text at this place.
    pub(crate) fn treatment(&self) -> Treatment {
        if self.is_key {
            return Treatment::Value;
        }
        let last = self.last();
        if self.section == Section::Parameters {
            return match last {
                "Default" | "AllowedValues" => Treatment::Value,
                "AllowedPattern" => Treatment::Pattern,
                _ => Treatment::Prose,
            };
        }
        if PROSE.iter().any(|key| key.eq_ignore_ascii_case(last)) {
            return Treatment::Prose;
        }
        // The object has this name, in whichever partition it is.
        if last.ends_with("Key") && is_object_key(self.resource_type, &self.path) {
            return Treatment::Prose;
        }
        if self.is_variable {
            return Treatment::Value;
        }
        if CODE.iter().any(|keys| self.ends_with(keys))
            || CODE_LISTS.iter().any(|key| self.path.contains(key))
        {
            return Treatment::Code;
        }
        if ARGUMENTS.contains(&last) {
            return Treatment::Argument;
        }
        if last == "TemplateBody" {
            return Treatment::Template;
        }
        Treatment::Value
    }
}

/// The kind of text at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// A value that a service reads; it may be a document in a string.
    Value,
    /// A regular expression that values match.
    Pattern,
    /// A word of a command line: a value if it contains no space, otherwise code.
    Argument,
    /// A template in a string.
    Template,
    /// Text for people, or the key of an object: nothing that names anything else.
    Prose,
    /// A program: reported, never changed.
    Code,
}

/// Keys whose values are text for people, in any letter case.
const PROSE: [&str; 9] = [
    "AssertDescription",
    "Description",
    "ConstraintDescription",
    "AlarmDescription",
    "Comment",
    "Sid",
    "Summary",
    "Title",
    "Documentation",
];

/// Ends of the paths to programs.
const CODE: [&[&str]; 14] = [
    &["UserData"],
    &["Code", "ZipFile"],
    &["InlineCode"],
    &["FunctionCode"],
    &["BuildSpec"],
    &["BuildSpecOverride"],
    &["Code", "Script"],
    &["ApplicationCode"],
    &["TextContent"],
    &["RequestMappingTemplate"],
    &["ResponseMappingTemplate"],
    &["SqlQuery"],
    &["QueryString"],
    &["Script"],
];

/// Keys below which all text is a program, in `AWS::CloudFormation::Init` and SSM documents.
const CODE_LISTS: [&str; 4] = ["commands", "runCommand", "inputScript", "requestTemplates"];

/// Keys of command lines.
const ARGUMENTS: [&str; 4] = ["Command", "EntryPoint", "Args", "Arguments"];
