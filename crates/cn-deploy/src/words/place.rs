//! The place where a run acts.

use std::collections::BTreeMap;

use cn_core::session::{Identity, Session};
use cn_core::stack::StackName;
use cn_core::template::Region;

/// The place where a run acts, as messages name it.
pub(crate) struct Place {
    pub(crate) region: Region,
    pub(crate) stack: StackName,
    /// The template's path; absent when none is deployed.
    pub(crate) template: Option<String>,
    /// The template's resources, each with the line it begins in.
    pub(crate) lines: BTreeMap<String, usize>,
    /// Flags that lead another run to the same stack.
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

    /// Returns a command line of the AWS CLI as the identity of this run.
    ///
    /// * `command`: after `aws`.
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
