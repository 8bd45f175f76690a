//! The record of a run, for the report of `--report`.

use std::sync::{Arc, Mutex};

use camino::{Utf8Path, Utf8PathBuf};
use cn_cli::{Failure, Ui, lock};
use cn_core::deploy::{DeployStep, Outcome, Request};
use cn_core::failure::FunctionLog;
use cn_core::file::{OutputError, Readers, WriteError, check_outputs, create_folder, write_atomic};
use cn_core::report::Record;
use cn_core::secret::Secrets;
use cn_core::stack::{Event, StackName};
use cn_core::template::Region;

use crate::args::Args;
use crate::report::{Rendered, file_stem, render};

/// Records progress if a report is requested. The report is written at the end of the run, whether
/// it succeeds or fails.
pub(crate) struct Recorder(Option<Arc<Mutex<Record>>>);

impl Recorder {
    pub(crate) fn start(args: &Args, ui: &Ui) -> Self {
        let Some(folder) = args.run.report.clone() else {
            return Self(None);
        };
        let record = Record::new(args.stack_name.clone(), None);
        let record = Arc::new(Mutex::new(record));
        let at_end = Arc::clone(&record);
        ui.at_end(move |ui, failure| tell(ui, &folder, &lock(&at_end), failure));
        Self(Some(record))
    }

    fn take_in(&self, what: impl FnOnce(&mut Record)) {
        if let Some(record) = &self.0 {
            what(&mut lock(record));
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

    /// Checks all output files of the run before it does anything: those of the report as
    /// [`claim`] does. A report whose files are inputs or other results is not written.
    ///
    /// # Errors
    ///
    /// [`OutputError`].
    pub(crate) fn check_files(&self, args: &Args, ui: &Ui) -> Result<(), OutputError> {
        let inputs = args.inputs(ui);
        let check = || {
            let mut files = self.files(args, ui, &inputs)?;
            files.extend(args.outputs());
            check_outputs("".into(), &files, &inputs)
        };
        check().inspect_err(|error| {
            if !matches!(error, OutputError::Write(_)) {
                ui.at_end(|_, _| {});
            }
        })
    }

    fn files(
        &self,
        args: &Args,
        ui: &Ui,
        inputs: &[Utf8PathBuf],
    ) -> Result<Vec<Utf8PathBuf>, OutputError> {
        let (Some(record), Some(folder)) = (&self.0, &args.run.report) else {
            return Ok(Vec::new());
        };
        let record = lock(record);
        // If the report's name is not known yet, its files are checked later.
        let Some(stack) = &record.stack else {
            return Ok(Vec::new());
        };
        let stem = file_stem(Some(stack.as_str()), record.region.as_ref());
        let path = |extension: &str| folder.join(format!("{stem}.{extension}"));
        claim(ui, folder, Rendered::EXTENSIONS.map(path).to_vec(), inputs)
    }

    /// Redacts values in everything except events.
    pub(crate) fn redact(&self, secrets: &Secrets) {
        self.take_in(|record| record.redact(secrets));
    }

    pub(crate) fn event(&self, event: &Event) {
        self.take_in(|record| record.add(event));
    }

    pub(crate) fn outcome(&self, outcome: &Outcome) {
        self.take_in(|record| record.end(outcome));
    }

    pub(crate) fn failed(&self, step: &DeployStep) {
        self.take_in(|record| record.failed(step));
    }

    pub(crate) fn function_log(&self, log: &FunctionLog) {
        self.take_in(|record| record.function_log(log));
    }
}

/// Writes the report, or warns that it cannot be written; the result of the deployment is not
/// affected.
fn tell(ui: &Ui, folder: &Utf8Path, record: &Record, failure: Option<&Failure>) {
    match write(folder, record, failure) {
        Ok(page) => ui.status(format!("Report: {page}, with .xml and .md next to it")),
        Err(error) => unwritten(ui, &error),
    }
}

/// Checks the files of a report before anything is done, and returns those that can be written.
///
/// Warns about files that cannot be written, without further effect.
///
/// # Errors
///
/// [`OutputError`] for a report that would overwrite an input.
pub(crate) fn claim(
    ui: &Ui,
    folder: &Utf8Path,
    files: Vec<Utf8PathBuf>,
    inputs: &[Utf8PathBuf],
) -> Result<Vec<Utf8PathBuf>, OutputError> {
    let tried = create_folder(folder).map_err(OutputError::Write);
    match tried.and_then(|()| check_outputs("".into(), &files, inputs)) {
        Ok(()) => Ok(files),
        Err(OutputError::Write(error)) => {
            warn(ui, "the report cannot be written", &error);
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

/// Warns about a report that could not be written.
pub(crate) fn unwritten(ui: &Ui, error: &WriteError) {
    warn(ui, "the report was not written", error);
}

fn warn(ui: &Ui, what: &str, error: &WriteError) {
    let why = &error.source;
    ui.warn(format!(
        "{what}: {error}: {why}; pass a writable folder with `--report`"
    ));
}

/// Writes the three files; returns the path of the page.
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
    let stem = file_stem(report.stack.as_deref(), report.region.as_ref());
    create_folder(folder)?;
    let rendered = render(&report);
    let path = |extension: &str| folder.join(format!("{stem}.{extension}"));
    for (extension, text) in rendered.files() {
        write_atomic(&path(extension), text.as_bytes(), Readers::Anybody)?;
    }
    Ok(path("html"))
}
