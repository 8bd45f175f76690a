//! Looks at the resources of a template.

use super::looks::LOOKS;
use crate::look::aim::{Aim, Aims};
use crate::look::condition::Conditions;
use crate::look::subject::{Subject, View};
use crate::rules::model::{Absent, Spot, Spots};
use crate::tree::Template;

/// Runs the rules that look at resources or at the whole template.
pub(crate) fn look_at_resources<'t>(
    template: &'t Template,
    aims: &[Aim<'_>],
    conditions: &[Conditions<'t>],
    present: Aims,
) -> Vec<Spot> {
    let looks = &*LOOKS;
    let view = View::new(template, aims, conditions, present, &looks.types);
    let mut found = Vec::new();
    view.each(|subject| {
        let found = &mut found;
        for (rule, look) in &looks.resource {
            look(subject, &mut Spots { rule, found });
        }
        for (rule, absent) in looks.absent.get(subject.kind).into_iter().flatten() {
            look_for_absent(subject, absent, &mut Spots { rule, found });
        }
    });
    for (rule, look) in &looks.template {
        let found = &mut found;
        look(&view, &mut Spots { rule, found });
    }
    found
}

/// Reports the matches of one row of a rule's table.
fn look_for_absent(subject: &Subject<'_, '_>, absent: &Absent, spots: &mut Spots<'_>) {
    let rule = spots.rule;
    let or = |own: &'static str, of_rule: &'static str| if own.is_empty() { of_rule } else { own };
    let (message, help) = (
        or(absent.message, rule.code.title),
        or(absent.help, rule.help),
    );
    let severity = absent.severity.unwrap_or(rule.severity);
    let places = if absent.path.is_empty() {
        vec![(subject.kind_span, subject.present)]
    } else if absent.values.is_empty() {
        subject.given(absent.path)
    } else {
        let is_meant = |text: &str| {
            let mut values = absent.values.iter();
            values.any(|value| value.eq_ignore_ascii_case(text))
        };
        subject
            .texts(absent.path)
            .into_iter()
            .filter(|(text, ..)| is_meant(text))
            .map(|(_, span, aims)| (span, aims))
            .collect()
    };
    for (span, aims) in places {
        spots.report_as(severity, span, subject.view.in_regions(aims), message, help);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::partition::Region;
    use crate::source::Source;

    /// Returns the templates of a rule's fixture.
    #[expect(
        clippy::disallowed_methods,
        reason = "tests read the files that the crate itself never reads"
    )]
    fn fixtures(id: &str) -> Vec<Template> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/rules");
        let text = std::fs::read_to_string(folder.join(id).join("in.yaml")).unwrap_or_default();
        let parsed = Template::parse(&Source::new("in.yaml", text));
        parsed.template.into_iter().collect()
    }

    #[test]
    fn every_row_of_every_table_finds_something_in_the_fixture_of_its_rule() {
        let [north, _] = Region::china();
        let aims = [Aim::Region(&north)];
        let present = Aims::one(0);
        for (rule, absent) in LOOKS.absent.values().flatten() {
            let mut found = Vec::new();
            for template in fixtures(rule.code.id) {
                let conditions = [Conditions::of(&template, aims[0])];
                let view = View::new(&template, &aims, &conditions, present, &LOOKS.types);
                view.each(|subject| {
                    if subject.kind == absent.kind {
                        let found = &mut found;
                        look_for_absent(subject, absent, &mut Spots { rule, found });
                    }
                });
            }
            assert!(!found.is_empty(), "{}: {absent:?}", rule.code.id);
        }
    }
}
