//! A region does not offer an instance class that is written out or the default of a parameter.

use super::model::{Look, Rule, Spots};
use crate::china;
use crate::china::Availability;
use crate::diag::{Code, Severity};
use crate::look::subject::Subject;
use crate::tree::{Call, Function, Node};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN404",
        title: "instance class that is not available",
    },
    name: "class-absent",
    severity: Severity::Warning,
    why: "creation of the resource fails",
    help: "make the class a parameter, or look it up by `AWS::Region` in a mapping",
    sources: &["cfn-lint-types"],
    looks: &[Look::Resource(look)],
    ..Rule::BASE
};

fn look(subject: &Subject<'_, '_>, spots: &mut Spots<'_>) {
    let property = match subject.kind {
        "AWS::RDS::DBInstance" => "DBInstanceClass",
        "AWS::RDS::DBCluster" => "DBClusterInstanceClass",
        "AWS::DAX::Cluster" => "NodeType",
        _ => return,
    };
    let name = format!("{}/{property}", subject.kind);
    for (node, reached) in subject.at(&[property]) {
        let written = match node.call() {
            Some(Call {
                function: Function::Ref,
                argument,
                ..
            }) => default_of(subject, argument),
            _ => Some(node),
        };
        let Some((class, span)) = written.and_then(|node| Some((node.as_str()?, node.span))) else {
            continue;
        };
        for (aims, region) in subject.view.regions(reached) {
            if china::instance_class(&name, class, region) == Availability::No {
                spots.report_message(
                    span,
                    aims,
                    format!("instance class `{class}` is not available in `{region}`"),
                );
            }
        }
    }
}

fn default_of<'t>(subject: &Subject<'_, 't>, argument: &Node) -> Option<&'t Node> {
    let name = argument.as_str()?;
    let mut parameters = subject.view.template.parameters();
    parameters.find(|parameter| parameter.name == name)?.default
}
