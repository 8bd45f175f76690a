//! A change in the words that tables show.

use super::super::changeset::Change;

impl Change {
    /// What happens, in one word; what may lose data is in capitals: `add`,
    /// `modify`, `import`, `REPLACE`, `REPLACE?` when that is not yet certain,
    /// `REMOVE`.
    pub fn effect(&self) -> String {
        match (self.action.as_str(), self.replacement.as_deref()) {
            ("Remove", _) => "REMOVE".to_owned(),
            (_, Some("True")) => "REPLACE".to_owned(),
            (_, Some("Conditional")) => "REPLACE?".to_owned(),
            (action, _) => action.to_lowercase(),
        }
    }

    /// The properties that change and what causes them to, each once; then
    /// what becomes of what is removed.
    pub fn causes(&self) -> Vec<String> {
        let mut causes: Vec<String> = Vec::new();
        for detail in &self.details {
            let name = match detail.name.as_str() {
                "" => detail.attribute.as_str(),
                name => name.trim_start_matches("/Properties/"),
            };
            let cause = match &detail.caused_by {
                Some(entity) => format!("{name} (from {entity})"),
                None => name.to_owned(),
            };
            if !causes.contains(&cause) {
                causes.push(cause);
            }
        }
        if let Some(policy) = self.policy.as_deref()
            && self.effect() != "add"
        {
            causes.push(format!("what is removed: {policy}"));
        }
        causes
    }
}
