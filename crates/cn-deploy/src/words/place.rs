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
}

impl Place {
    pub(crate) fn new(session: &Session, stack: &StackName) -> Self {
        Self {
            region: session.region().clone(),
            stack: stack.clone(),
            template: None,
            lines: BTreeMap::new(),
            flags: format!("--stack-name {stack} {}", identity_flags(session)),
        }
    }
}

fn identity_flags(session: &Session) -> String {
    let identity = match session.identity() {
        Identity::Profile(name) if name.as_str() != "china" => format!(" --profile {name}"),
        Identity::DefaultChain => " --default-chain".to_owned(),
        _ => String::new(),
    };
    format!("--region {}{identity}", session.region())
}
