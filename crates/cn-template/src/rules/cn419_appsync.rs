//! According to the documentation, AppSync in China is available only in Beijing.
//!
//! It has no user pools and no relational data sources there.

use super::model::{Absent, Look, Rule, Spots};
use crate::diag::{Code, Severity};
use crate::look::subject::Subject;
use crate::partition::Region;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN419",
        title: "AppSync is limited in China",
    },
    name: "appsync",
    severity: Severity::Warning,
    why: "according to the documentation, AppSync is available only in Beijing, without user pools and relational data sources",
    help: "deploy it to `cn-north-1`, or test it in Ningxia before you rely on it",
    sources: &["cn-appsync"],
    looks: &[
        Look::Absent(&[Absent::value(
            "AWS::AppSync::DataSource",
            &["Type"],
            &["RELATIONAL_DATABASE"],
        )
        .severity(Severity::Error)
        .saying("AppSync in China does not support relational data sources")
        .help("access the database through a Lambda data source in China")]),
        Look::Resource(look),
    ],
    ..Rule::BASE
};

fn look(subject: &Subject<'_, '_>, spots: &mut Spots<'_>) {
    if subject.kind != "AWS::AppSync::GraphQLApi" {
        return;
    }
    let [_, ningxia] = Region::china();
    for (aims, region) in subject.regions() {
        if *region == ningxia {
            spots.report_message(
                subject.kind_span,
                aims,
                format!("according to the documentation, AppSync is not available in `{region}`"),
            );
        }
    }
}
