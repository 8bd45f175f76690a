//! The access key with its parameters, and the role of a web identity.

use aws_sdk_iam::Client as Iam;
use aws_sdk_ssm::Client as Ssm;
use aws_sdk_ssm::types::{ResourceTypeForTagging, Tag};
use cn_template::partition::Arn;
use secrecy::ExposeSecret as _;

use super::error::CleanupError;
use super::outcome::{Event, Outcome};
use crate::call::{CallError, CallErrorKind, CallExt as _};
use crate::keys::{KeyClients, KeyId, UserName};
use crate::parameter::{ParameterName, Value, read_present};
use crate::session::{Caller, Home, KeyStore, Target, from_json};
use crate::stack::StackName;
use crate::web_identity::RoleArn;

/// The tag for the ID of a key that is about to be deleted.
///
/// It is set on the key's parameters, so that the next run knows why the key is refused.
const MARK: &str = "cn-cleanup:deletes-key";

/// Number of names that one `DeleteParameters` request takes.
///
/// # Source
///
/// AWS Systems Manager API reference, `DeleteParameters`, `Names`: at most 10.
const NAMES_PER_REQUEST: usize = 10;

/// The access to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessFacts {
    /// An access key.
    Key(KeyFacts),
    /// A role.
    Role(RoleFacts),
}

/// An access key and the parameters that contain it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFacts {
    /// The parameters that exist.
    pub parameters: Vec<ParameterName>,
    /// The key and its user; `None` if the key is already deleted.
    pub key: Option<(KeyId, UserName)>,
    /// Other keys of the user, which stay.
    pub others: Vec<KeyId>,
}

/// A role for web identities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleFacts {
    /// The role.
    pub arn: RoleArn,
    /// Its inline policies, which are deleted with the role.
    pub inline: Vec<String>,
    /// Its attached policies, which are detached and not deleted.
    pub attached: Vec<String>,
    /// True if the role signs this run.
    pub is_signer: bool,
    /// The stack that created the role.
    pub of_stack: Option<String>,
}

/// A key as stored in its parameters.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    parameters: Vec<ParameterName>,
    id: Option<KeyId>,
    /// True if an earlier run was about to delete the key.
    pub(super) is_marked: bool,
}

impl Stored {
    /// Returns true if no parameter exists.
    pub(super) fn is_absent(&self) -> bool {
        self.parameters.is_empty()
    }

    /// Returns the facts for a key that is known to be deleted.
    pub(super) fn without_key(self) -> KeyFacts {
        KeyFacts {
            parameters: self.parameters,
            key: None,
            others: Vec::new(),
        }
    }
}

/// Reads the parameters of a key.
pub(super) async fn stored(home: &Home, store: &KeyStore) -> Result<Stored, CleanupError> {
    let names: Vec<ParameterName> = store.names().into_iter().cloned().collect();
    let values = read_present(home.ssm(), home.region(), &names).await?;
    let id = match (store, values.as_slice()) {
        (KeyStore::Json(_), [Some(value)]) => from_json(&value.text).map(|key| KeyId::from(&key)),
        // The secret half comes first.
        (KeyStore::Pair { .. }, [_, Some(Value { text, .. })]) => {
            Some(KeyId::new(text.expose_secret().trim()))
        }
        _ => None,
    };
    let present = std::iter::zip(names, values).filter(|(_, value)| value.is_some());
    let parameters: Vec<ParameterName> = present.map(|(name, _)| name).collect();
    let mut is_marked = false;
    for name in &parameters {
        let mark = mark(home.ssm(), name)
            .await
            .map_err(|source| CleanupError::ReadAccess {
                what: format!("the tags of the SSM parameter `{name}`"),
                source,
            })?;
        is_marked |=
            mark.is_some() && (id.is_none() || mark.as_deref() == id.as_ref().map(KeyId::as_str));
    }
    Ok(Stored {
        parameters,
        id,
        is_marked,
    })
}

async fn mark(ssm: &Ssm, name: &ParameterName) -> Result<Option<String>, CallError> {
    let answer = ssm
        .list_tags_for_resource()
        .resource_type(ResourceTypeForTagging::Parameter)
        .resource_id(name.as_str())
        .send()
        .await
        .call("ssm", "ListTagsForResource")?;
    let tags = answer.tag_list.unwrap_or_default().into_iter();
    let mut marks = tags.filter(|tag| tag.key == MARK);
    Ok(marks.next().map(|tag| tag.value))
}

/// Reads the key in the parameters from IAM.
pub(super) async fn key(target: &Target, stored: Stored) -> Result<KeyFacts, CleanupError> {
    let Some(id) = stored.id.clone() else {
        return Ok(stored.without_key());
    };
    let failed = |source| CleanupError::ReadAccess {
        what: format!("access key `{id}`"),
        source,
    };
    let clients = KeyClients::from(target.clone());
    let user = match clients.owner_of(&id).await {
        Ok(user) => user,
        Err(error) if error.has_code("NoSuchEntity") => return Ok(stored.without_key()),
        Err(error) => return Err(failed(error)),
    };
    let slots = clients.list(&user).await.map_err(failed)?;
    let ids: Vec<KeyId> = slots.into_iter().map(|slot| slot.id).collect();
    Ok(KeyFacts {
        key: ids.contains(&id).then(|| (id.clone(), user)),
        others: ids.into_iter().filter(|other| *other != id).collect(),
        parameters: stored.parameters,
    })
}

/// Reads a role. `None` if it does not exist.
pub(super) async fn role(
    target: &Target,
    arn: &RoleArn,
    caller: Option<&Caller>,
) -> Result<Option<RoleFacts>, CleanupError> {
    let failed = |source| CleanupError::ReadAccess {
        what: format!("role `{arn}`"),
        source,
    };
    let (iam, name) = (target.iam(), role_name(arn));
    let answer = iam
        .get_role()
        .role_name(name)
        .send()
        .await
        .call("iam", "GetRole");
    match answer {
        Err(error) if error.has_code("NoSuchEntity") => return Ok(None),
        Err(error) => return Err(failed(error)),
        Ok(_) => {}
    }
    let inline = inline_policies(&iam, name).await.map_err(failed)?;
    let attached = attached_policies(&iam, name).await.map_err(failed)?;
    let is_signer = caller.is_some_and(|caller| {
        let resource = Arn::parse(&caller.arn).map_or("", |arn| arn.resource);
        let mut parts = resource.split('/');
        parts.next() == Some("assumed-role") && parts.next() == Some(name)
    });
    let of_stack = stack_of(target, name).await.map_err(failed)?;
    Ok(Some(RoleFacts {
        arn: arn.clone(),
        inline,
        attached,
        is_signer,
        of_stack,
    }))
}

/// Returns the name in a role's ARN, without its path.
fn role_name(arn: &RoleArn) -> &str {
    arn.as_str().rsplit('/').next().unwrap_or_default()
}

async fn inline_policies(iam: &Iam, role: &str) -> Result<Vec<String>, CallError> {
    let (mut found, mut marker) = (Vec::new(), None);
    loop {
        let request = iam.list_role_policies().role_name(role).set_marker(marker);
        let page = request.send().await.call("iam", "ListRolePolicies")?;
        found.extend(page.policy_names);
        marker = page.marker;
        if marker.is_none() {
            return Ok(found);
        }
    }
}

async fn attached_policies(iam: &Iam, role: &str) -> Result<Vec<String>, CallError> {
    let (mut found, mut marker) = (Vec::new(), None);
    loop {
        let request = iam.list_attached_role_policies();
        let request = request.role_name(role).set_marker(marker);
        let page = request
            .send()
            .await
            .call("iam", "ListAttachedRolePolicies")?;
        let policies = page.attached_policies.unwrap_or_default().into_iter();
        found.extend(policies.filter_map(|policy| policy.policy_arn));
        marker = page.marker;
        if marker.is_none() {
            return Ok(found);
        }
    }
}

/// Returns the stack that created a resource.
///
/// # Source
///
/// CloudFormation API reference, `DescribeStackResources`, `PhysicalResourceId`: a resource that
/// belongs to no stack causes a `ValidationError`.
async fn stack_of(target: &Target, physical_id: &str) -> Result<Option<String>, CallError> {
    let answer = target
        .cloudformation()
        .describe_stack_resources()
        .physical_resource_id(physical_id)
        .send()
        .await
        .call("cloudformation", "DescribeStackResources");
    let resources = match answer {
        Ok(answer) => answer.stack_resources.unwrap_or_default(),
        Err(error) if error.kind == CallErrorKind::Refused => return Ok(None),
        Err(error) => return Err(error),
    };
    let of_role = |it: &&aws_sdk_cloudformation::types::StackResource| {
        it.physical_resource_id() == Some(physical_id)
    };
    Ok(resources.iter().find(of_role).and_then(|it| {
        let name = it.stack_name().map(str::to_owned);
        name.or_else(|| Some(it.stack_id()?.parse::<StackName>().ok()?.to_string()))
    }))
}

/// Deletes the key, then its parameters.
///
/// The parameters are marked first. If the run ends in between, the next run finds a marked key
/// that is refused, and deletes the parameters.
pub(super) async fn delete_key(
    home: &Home,
    target: Option<&Target>,
    facts: &KeyFacts,
    outcome: &mut Outcome,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<(), CleanupError> {
    if let (Some((id, user)), Some(target)) = (&facts.key, target) {
        for name in &facts.parameters {
            let tag = Tag::builder().key(MARK).value(id.as_str()).build();
            home.ssm()
                .add_tags_to_resource()
                .resource_type(ResourceTypeForTagging::Parameter)
                .resource_id(name.as_str())
                .tags(tag.expect("key and value are given"))
                .send()
                .await
                .call("ssm", "AddTagsToResource")
                .map_err(|source| CleanupError::Delete {
                    what: format!("access key `{id}`: cannot tag the SSM parameter `{name}`"),
                    source,
                })?;
        }
        let deleted = KeyClients::from(target.clone()).delete(user, id).await;
        match deleted {
            // If a key deletes itself and the response is lost, the retries are refused.
            Err(error) if error.kind == CallErrorKind::Credentials => {}
            Err(source) => {
                let what = format!("access key `{id}`");
                return Err(CleanupError::Delete { what, source });
            }
            Ok(()) => {}
        }
        outcome.key = Some(id.clone());
        on_event(Event::KeyDeleted(id.clone()));
    }
    delete_parameters(home, &facts.parameters, outcome, on_event).await
}

/// Deletes parameters. Parameters that do not exist count as deleted.
pub(super) async fn delete_parameters(
    home: &Home,
    names: &[ParameterName],
    outcome: &mut Outcome,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<(), CleanupError> {
    for chunk in names.chunks(NAMES_PER_REQUEST) {
        let plain = chunk.iter().map(|name| name.as_str().to_owned());
        let answer = home
            .ssm()
            .delete_parameters()
            .set_names(Some(plain.collect()))
            .send()
            .await
            .call("ssm", "DeleteParameters");
        answer.map_err(|source| CleanupError::DeleteParameter {
            name: chunk[0].clone(),
            source,
        })?;
        for name in chunk {
            outcome.parameters += 1;
            on_event(Event::ParameterDeleted(name.clone()));
        }
    }
    Ok(())
}

/// Removes all policies from a role and deletes it.
///
/// Anything that no longer exists counts as deleted.
pub(super) async fn delete_role(
    target: &Target,
    facts: &RoleFacts,
    outcome: &mut Outcome,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<(), CleanupError> {
    let deleted = strip_and_delete(&target.iam(), facts).await;
    deleted.map_err(|source| CleanupError::Delete {
        what: format!("role `{}`", facts.arn),
        source,
    })?;
    outcome.role = Some(facts.arn.clone());
    on_event(Event::RoleDeleted(facts.arn.clone()));
    Ok(())
}

async fn strip_and_delete(iam: &Iam, facts: &RoleFacts) -> Result<(), CallError> {
    let name = role_name(&facts.arn);
    for policy in &facts.inline {
        let request = iam.delete_role_policy().role_name(name).policy_name(policy);
        gone(
            request
                .send()
                .await
                .call("iam", "DeleteRolePolicy")
                .map(drop),
        )?;
    }
    for policy in &facts.attached {
        let request = iam.detach_role_policy().role_name(name).policy_arn(policy);
        gone(
            request
                .send()
                .await
                .call("iam", "DetachRolePolicy")
                .map(drop),
        )?;
    }
    let deleted = iam.delete_role().role_name(name).send().await;
    gone(deleted.call("iam", "DeleteRole").map(drop))
}

/// Treats the error for a thing that does not exist as success.
fn gone(answer: Result<(), CallError>) -> Result<(), CallError> {
    match answer {
        Err(error) if error.has_code("NoSuchEntity") => Ok(()),
        other => other,
    }
}
