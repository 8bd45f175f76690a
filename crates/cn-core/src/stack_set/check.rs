//! The findings about a deployment, based only on the request and the facts.

use std::collections::BTreeSet;

use cn_template::diag::Remedy;
use cn_template::tree::Template;
use cn_template::{Code, Diagnostic, Region, rules};

use super::facts::StackSetFacts;
use super::request::{AccountFilter, Preferences, Request, Share};
use super::status::{InstanceStatus, PermissionModel};

/// A StackSet that cannot be deployed as requested.
const STACK_SET: Code = rules::code("CN630");

/// Finds everything in a request that CloudFormation would refuse, or that may surprise.
///
/// * `model`: the permission model of the plan.
pub(super) fn check(
    request: &Request,
    present: Option<&StackSetFacts>,
    model: &PermissionModel,
) -> Vec<Diagnostic> {
    let mut findings = check_targets(request, present, model);
    findings.extend(check_permissions(request, present, model));
    findings.extend(check_preferences(&request.preferences));
    findings.extend(check_template(request, present, model));
    findings
}

fn error(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(STACK_SET, message)
}

fn check_targets(
    request: &Request,
    present: Option<&StackSetFacts>,
    model: &PermissionModel,
) -> Vec<Diagnostic> {
    let targets = &request.targets;
    let name = &request.name;
    let mut findings = Vec::new();
    let has_targets = !targets.accounts.is_empty() || !targets.units.is_empty();
    if !has_targets && present.is_none() {
        let message = format!("StackSet `{name}` does not exist, and no account was given");
        let finding = error(message).help("pass accounts or organizational units");
        findings.push(finding.remedy(Remedy::Targets));
    }
    let is_service = *model == PermissionModel::ServiceManaged;
    if is_service && has_targets && targets.units.is_empty() {
        let message = format!(
            "StackSet `{name}` has service-managed permissions, which need organizational units"
        );
        findings.push(
            error(message)
                .help("pass the organizational units, or the root, that the accounts belong to")
                .remedy(Remedy::Targets),
        );
    }
    if !is_service && !targets.units.is_empty() {
        let message = format!(
            "StackSet `{name}` has self-managed permissions, which need accounts instead of \
             organizational units"
        );
        findings.push(
            error(message)
                .help("name the accounts")
                .remedy(Remedy::Targets),
        );
    }
    if targets.filter == AccountFilter::Difference && targets.units.is_empty() {
        let message = "accounts can be excluded only from organizational units";
        findings.push(
            error(message)
                .help("name the units")
                .remedy(Remedy::Targets),
        );
    }
    let partition = request.inputs.region.partition();
    for region in &targets.regions {
        if region.partition() != partition {
            let message = format!(
                "region `{region}` is in partition `{}`, but StackSet `{name}` is in `{}`",
                region.partition().id(),
                partition.id()
            );
            findings.push(error(message).help("deploy to each partition in a separate run"));
        }
    }
    if has_targets && targets.regions.is_empty() {
        findings.push(error(format!("no region is given for StackSet `{name}`")));
    }
    let instances = present.into_iter().flat_map(|set| &set.instances);
    for instance in instances.filter(|it| it.status == InstanceStatus::Inoperable) {
        let message = format!(
            "the instance of `{name}` for {} is INOPERABLE: CloudFormation no longer updates it",
            instance.place
        );
        findings.push(Diagnostic::warning(STACK_SET, message).help(
            "delete the instance with `aws cloudformation delete-stack-instances --retain-stacks`, and its stack in the account",
        ));
    }
    findings
}

fn check_permissions(
    request: &Request,
    present: Option<&StackSetFacts>,
    model: &PermissionModel,
) -> Vec<Diagnostic> {
    let (name, asked) = (&request.name, &request.permissions);
    let mut findings = Vec::new();
    if let Some(present) = present.and_then(|set| set.model.as_ref())
        && present != model
    {
        let message = format!("StackSet `{name}` is {present}, but {model} was requested");
        let help = "the model of a StackSet with instances cannot be changed; choose another name";
        findings.push(error(message).help(help));
    }
    let is_service = *model == PermissionModel::ServiceManaged;
    if is_service && (asked.administration_role.is_some() || asked.execution_role.is_some()) {
        let message = format!(
            "StackSet `{name}` has service-managed permissions: CloudFormation uses its own roles"
        );
        findings.push(error(message).help("remove the roles"));
    }
    if !is_service && (asked.auto_deployment.is_some() || asked.is_delegated) {
        let message = format!(
            "StackSet `{name}` has self-managed permissions: automatic deployment and delegated administrators need service-managed ones"
        );
        findings.push(
            error(message)
                .help("name organizational units")
                .remedy(Remedy::Targets),
        );
    }
    findings
}

/// # Source
///
/// CloudFormation API reference, `StackSetOperationPreferences`: `MaxConcurrentCount` is at
/// most one more than `FailureToleranceCount` with `STRICT_FAILURE_TOLERANCE`.
fn check_preferences(preferences: &Preferences) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    if let Some(Share::Count(0) | Share::Percent(0)) = preferences.max_concurrent {
        findings.push(error("an operation needs at least one account at a time"));
    }
    let tolerance = match preferences.failure_tolerance {
        Some(Share::Count(count)) => count,
        Some(Share::Percent(percent)) if percent > 0 => return findings,
        _ => 0,
    };
    if let Some(Share::Count(count)) = preferences.max_concurrent
        && count > tolerance.saturating_add(1)
        && !preferences.is_soft
    {
        let message = format!(
            "CloudFormation works on {} at a time, not on {count}: strict concurrency allows one \
             more than the failure tolerance",
            plural(usize::from(tolerance) + 1)
        );
        findings.push(
            Diagnostic::warning(STACK_SET, message)
                .help("tolerate more failures, or choose the soft concurrency mode"),
        );
    }
    findings
}

fn plural(accounts: usize) -> String {
    match accounts {
        1 => "1 account".to_owned(),
        _ => format!("{accounts} accounts"),
    }
}

fn check_template(
    request: &Request,
    present: Option<&StackSetFacts>,
    model: &PermissionModel,
) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let path = request.inputs.template.path();
    let template = Template::parse(&request.inputs.template).template;
    let transforms = template.is_some_and(|template| template.has_macros());
    if transforms && *model == PermissionModel::ServiceManaged {
        let message = format!(
            "`{path}` uses a macro, and a StackSet with service-managed permissions supports none, \
             not even `AWS::Serverless`"
        );
        findings.push(
            error(message).help("deploy the processed template, or use self-managed permissions"),
        );
    }
    let Some(packaged) = &request.packaged_for else {
        return findings;
    };
    let asked = request.targets.regions.iter().map(Region::as_str);
    let instances = present.into_iter().flat_map(|set| &set.instances);
    let regions = asked.chain(instances.map(|it| it.place.region.as_str()));
    let others: BTreeSet<&str> = regions.filter(|region| region != packaged).collect();
    if !others.is_empty() {
        let others: Vec<String> = others.iter().map(|it| format!("`{it}`")).collect();
        let message = format!(
            "the code of `{path}` is in a bucket of `{packaged}`, and StackSet `{}` has instances \
             in {}, where Lambda loads code only from a bucket in that region",
            request.name,
            others.join(" and ")
        );
        findings.push(Diagnostic::warning(STACK_SET, message).help(
            "use a StackSet for each region, each with the template that was packaged for it",
        ));
    }
    findings
}
