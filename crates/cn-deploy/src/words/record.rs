//! What a run tells, kept for the report that `--report` asks for.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use camino::{Utf8Path, Utf8PathBuf};
use cn_cli::{Failure, Ui};
use cn_core::deploy::{Outcome, Request};
use cn_core::failure::FunctionLog;
use cn_core::file::{Readers, WriteError, write_atomic};
use cn_core::report::Record;
use cn_core::secret::Secrets;
use cn_core::stack::{Event, StackName};
use cn_core::template::Region;

use crate::args::Args;
use crate::report::{file_stem, render};

/// Takes in what happens, if a report is asked for; it is written when the run
/// has ended, however it has.
pub(crate) struct Recorder(Option<Rc<RefCell<Record>>>);

impl Recorder {
    pub(crate) fn start(args: &Args, ui: &Ui) -> Self {
        let Some(folder) = args.run.report.clone() else {
            return Self(None);
        };
        let record = Record::new(args.stack_name.clone(), None);
        let record = Rc::new(RefCell::new(record));
        let kept = Rc::clone(&record);
        ui.at_end(move |ui, failure| tell(ui, &folder, &kept.borrow(), failure));
        Self(Some(record))
    }

    fn take_in(&self, what: impl FnOnce(&mut Record)) {
        if let Some(record) = &self.0 {
            what(&mut record.borrow_mut());
        }
    }

    pub(crate) fn region(&self, region: &Region) {
        self.take_in(|record| record.region = Some(region.clone()));
    }

    pub(crate) fn stack(&self, stack: &StackName) {
        self.take_in(|record| record.stack = Some(stack.clone()));
    }

    pub(crate) fn request(&self, request: &Request) {
        self.take_in(|record| record.request(request));
    }

    /// Redacts values from what is reported besides events.
    pub(crate) fn redact(&self, secrets: &Secrets) {
        self.take_in(|record| record.redact(secrets));
    }

    pub(crate) fn event(&self, event: &Event) {
        self.take_in(|record| record.add(event));
    }

    pub(crate) fn outcome(&self, outcome: &Outcome) {
        self.take_in(|record| record.end(outcome));
    }

    pub(crate) fn not_executed(&self) {
        self.take_in(Record::not_executed);
    }

    pub(crate) fn function_log(&self, log: &FunctionLog) {
        self.take_in(|record| record.function_log(log));
    }
}

/// Writes the report, or says why it cannot be: what became of the deployment stays what it is.
fn tell(ui: &Ui, folder: &Utf8Path, record: &Record, failure: Option<&Failure>) {
    match write(folder, record, failure) {
        Ok(page) => ui.status(format!("Report: {page}, with .xml and .md beside it")),
        Err(error) => ui.warn(format!(
            "the report was not written: {error}: {}; name a folder that can be written with `--report`",
            error.source
        )),
    }
}

/// Writes the three files; gives the path of the page.
fn write(
    folder: &Utf8Path,
    record: &Record,
    failure: Option<&Failure>,
) -> Result<Utf8PathBuf, WriteError> {
    let (message, hints) = match failure {
        Some(failure) => (failure.chain(), failure.hints.clone()),
        None => (Vec::new(), Vec::new()),
    };
    let report = record.report(&message, &hints);
    let stem = file_stem(&report);
    fs_err::create_dir_all(folder).map_err(|source| WriteError {
        path: folder.to_owned(),
        // The message of `fs_err` names the path a second time.
        source: io::Error::from(source.kind()),
    })?;
    let rendered = render(&report);
    let path = |extension: &str| folder.join(format!("{stem}.{extension}"));
    for (extension, text) in rendered.files() {
        write_atomic(&path(extension), text.as_bytes(), Readers::Anybody)?;
    }
    Ok(path("html"))
}
