//! A plan as data to store and compare: everything that will be sent, except secrets.

use serde::{Serialize, Serializer};
use serde_json::json;

use super::plan::Plan;
use super::request::{Permissions, Preferences};
use crate::deploy::stored::{parameters_to_value, redact, step, tags_to_value, template_to_value};

/// Serializes the plan, so that it can be stored and compared with another plan.
///
/// Secrets are omitted, as in the plan of a stack: [`deploy::Plan`](crate::deploy::Plan).
impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Lists every field by name, so that no new field is forgotten.
        let Self {
            name,
            token,
            prepare,
            set,
            template,
            parameters,
            capabilities,
            tags,
            permissions:
                Permissions {
                    model: _,
                    administration_role,
                    execution_role,
                    auto_deployment,
                    is_delegated,
                },
            model,
            preferences:
                Preferences {
                    failure_tolerance,
                    max_concurrent,
                    is_soft,
                    is_parallel,
                },
            creations,
            existing,
            unnamed,
            waits,
            secrets,
        } = self;
        let mut plan = json!({
            "stack-set": name.as_str(),
            "token": token.as_str(),
            "prepare": prepare.iter().map(step).collect::<Vec<_>>(),
            "set": set,
            "template": template_to_value(template),
            "parameters": parameters_to_value(parameters, secrets),
            "capabilities": capabilities,
            "tags": tags_to_value(tags.as_deref()),
            "permissions": {
                "model": model.as_str(),
                "administration-role": administration_role,
                "execution-role": execution_role,
                "auto-deployment": auto_deployment,
                "is-delegated": is_delegated,
            },
            "preferences": {
                "failure-tolerance": failure_tolerance.map(|it| it.to_string()),
                "max-concurrent": max_concurrent.map(|it| it.to_string()),
                "is-soft": is_soft,
                "is-parallel": is_parallel,
            },
            "creations": creations,
            "existing": existing,
            "unnamed": unnamed,
            "waits": waits,
        });
        redact(&mut plan, secrets);
        plan.serialize(serializer)
    }
}
