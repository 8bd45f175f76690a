//! The report of a StackSet: one case per account and region.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use camino::Utf8PathBuf;
use cn_cli::report::junit::{self, Case, CaseResult, Problem, Suite};
use cn_cli::{Failure, Ui, lock};
use cn_core::file::{OutputError, Readers, create_folder, write_atomic};
use cn_core::foreign::indented;
use cn_core::stack_set::{InstanceResult, Place, ResultStatus, StackSetName};
use cn_core::template::Region;

use crate::args::Args;
use crate::report::file_stem;
use crate::words::record::{claim, unwritten};

/// The last result of each account and region.
type Results = BTreeMap<Place, InstanceResult>;

/// Records results if a report is requested. The report is written at the end of the run, whether
/// it succeeds or fails.
pub(super) struct Recorder(Option<Arc<Kept>>);

struct Kept {
    name: StackSetName,
    folder: Utf8PathBuf,
    /// The region, once it is known.
    region: OnceLock<Region>,
    results: Mutex<Results>,
}

impl Kept {
    fn path(&self) -> Utf8PathBuf {
        let stem = file_stem(Some(self.name.as_str()), self.region.get());
        self.folder.join(format!("{stem}.xml"))
    }
}

impl Recorder {
    pub(super) fn start(ui: &Ui, args: &Args, name: &StackSetName) -> Self {
        let Some(folder) = args.run.report.clone() else {
            return Self(None);
        };
        let kept = Arc::new(Kept {
            name: name.clone(),
            folder,
            region: OnceLock::new(),
            results: Mutex::default(),
        });
        let at_end = Arc::clone(&kept);
        ui.at_end(move |ui, failure| {
            let path = at_end.path();
            let text = render(at_end.name.as_str(), &lock(&at_end.results), failure);
            let written = create_folder(&at_end.folder)
                .and_then(|()| write_atomic(&path, text.as_bytes(), Readers::Anybody));
            match written {
                Ok(()) => ui.status(format!("Report: {path}")),
                Err(error) => unwritten(ui, &error),
            }
        });
        Self(Some(kept))
    }

    /// Sets the region, and checks the file of the report as [`claim`] does. A report whose file is
    /// an input is not written.
    ///
    /// # Errors
    ///
    /// [`OutputError`] for a report that would overwrite an input.
    pub(super) fn region(&self, ui: &Ui, args: &Args, region: &Region) -> Result<(), OutputError> {
        let Some(kept) = &self.0 else {
            return Ok(());
        };
        kept.region.get_or_init(|| region.clone());
        claim(ui, &kept.folder, vec![kept.path()], &args.inputs(ui))
            .inspect_err(|_| ui.at_end(|_, _| {}))?;
        Ok(())
    }

    pub(super) fn add(&self, result: &InstanceResult) {
        if let Some(kept) = &self.0 {
            let mut results = lock(&kept.results);
            results.insert(result.place.clone(), result.clone());
        }
    }
}

/// Renders the file. The first case is the StackSet, which fails if no result explains the failure
/// of the run.
fn render(name: &str, results: &Results, failure: Option<&Failure>) -> String {
    let says_why = results.values().any(|it| it.status == ResultStatus::Failed);
    let message = failure.map(ToString::to_string);
    let result = match message {
        None => CaseResult::Passed {
            said: String::new(),
        },
        Some(message) if says_why => CaseResult::Skipped(message),
        Some(message) => {
            let chain = failure.map(Failure::chain).unwrap_or_default();
            CaseResult::Error(problem("FAILED", message, &chain.join("\ncaused by: ")))
        }
    };
    let set = Case {
        class: name.to_owned(),
        name: "StackSet".to_owned(),
        time: None,
        result,
    };
    let cases = results.values().map(|result| case(name, result));
    let suite = Suite {
        name: name.to_owned(),
        began: None,
        cases: std::iter::once(set).chain(cases).collect(),
    };
    junit::render(&junit::Report {
        suites: vec![suite],
    })
}

fn case(name: &str, result: &InstanceResult) -> Case {
    let reason = result.reason.clone();
    let status = result.status.as_str();
    Case {
        class: format!("{name}.{}", result.place.region),
        name: format!("{} ({})", result.place.account, result.place.region),
        time: None,
        result: match result.status {
            ResultStatus::Succeeded => CaseResult::Passed {
                said: indented(&reason.unwrap_or_default(), "    "),
            },
            ResultStatus::Failed => {
                let reason = reason.unwrap_or_else(|| "no reason was given".to_owned());
                CaseResult::Failed(problem(status, reason.clone(), &reason))
            }
            ResultStatus::Cancelled => CaseResult::Skipped(match reason {
                Some(reason) => format!("cancelled: {reason}"),
                None => "canceled because of another account".to_owned(),
            }),
            _ => CaseResult::Skipped("still in progress when the run ended".to_owned()),
        },
    }
}

fn problem(kind: &str, message: String, text: &str) -> Problem {
    Problem {
        kind: kind.to_owned(),
        message,
        text: indented(text, "    "),
    }
}
