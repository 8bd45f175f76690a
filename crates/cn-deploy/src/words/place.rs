//! The target of a run.

use std::collections::BTreeMap;

use cn_core::session::{Identity, Session};
use cn_core::stack::StackName;
use cn_core::template::Region;

/// The target of a run, as messages name it.
pub(crate) struct Place {
    pub(crate) region: Region,
    pub(crate) stack: StackName,
    /// The template's path; `None` if no template is deployed.
    pub(crate) template: Option<String>,
    /// The template's resources, each with its first line.
    pub(crate) lines: BTreeMap<String, usize>,
    /// Flags with which another run selects the same stack.
    pub(crate) flags: String,
    pub(crate) identity: Identity,
}

impl Place {
    pub(crate) fn new(session: &Session, stack: &StackName) -> Self {
        Self {
            region: session.region().clone(),
            stack: stack.clone(),
            template: None,
            lines: BTreeMap::new(),
            flags: format!("--stack-name {stack} {}", identity_flags(session)),
            identity: session.identity().clone(),
        }
    }

    /// Returns a command line of the AWS CLI that uses the identity of this run.
    ///
    /// * `command`: the words after `aws`.
    pub(crate) fn aws(&self, command: &str) -> String {
        let region = &self.region;
        match &self.identity {
            Identity::Profile(name) => format!("aws {command} --region {region} --profile {name}"),
            Identity::DefaultChain => format!("aws {command} --region {region}"),
            Identity::Parameters(_) | Identity::WebIdentity(_) => {
                format!("cn-profile exec --region {region} -- aws {command} --region {region}")
            }
        }
    }
}

pub(crate) fn identity_flags(session: &Session) -> String {
    let identity = match session.identity() {
        Identity::Profile(name) if name.as_str() != "china" => format!(" --profile {name}"),
        Identity::DefaultChain => " --default-chain".to_owned(),
        _ => String::new(),
    };
    format!("--region {}{identity}", session.region())
}
