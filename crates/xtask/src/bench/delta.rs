//! A large archive, of which the bucket has an earlier version.

use camino::Utf8PathBuf;
use cn_testkit::sink::{Sink, SinkOptions};
use cn_testkit::workload::{self, Edit};

use super::link::Link;
use super::meter::{Contender, Run};
use super::packaging;
use super::setup::{Bench, Scale};
use crate::terminal::say;
use xtask::BoxError;

/// The earlier project and the changed one.
pub(super) struct Changed {
    before: Utf8PathBuf,
    after: Utf8PathBuf,
}

impl Changed {
    pub(super) fn new(bench: &Bench, edit: Edit) -> Result<Self, BoxError> {
        let bytes = match bench.scale {
            Scale::Full => 200_000_000,
            Scale::Quick => 40_000_000,
        };
        let project = |edit| {
            let scale = format!("{:?}", bench.scale).to_lowercase();
            let folder = bench.folder.join(scale).join(format!("archive-{edit:?}"));
            let template = folder.join("template.yaml");
            // The template is written last.
            if !template.is_file() {
                say(&format!("generating an archive, {edit:?}"));
                workload::archive(&folder, bytes, edit)?;
            }
            Ok::<_, BoxError>(template)
        };
        Ok(Self {
            before: project(Edit::None)?,
            after: project(edit)?,
        })
    }

    /// Packages the earlier project without measuring, then the changed project.
    ///
    /// The peer packages only the changed project, because it copies nothing from earlier objects.
    pub(super) fn once(
        &self,
        bench: &Bench,
        contender: Contender,
        is_over_link: bool,
    ) -> Result<Run, BoxError> {
        if is_over_link {
            let mut link = Link::new(&packaging::LONG)?;
            if contender != Contender::Peer {
                let mut before = packaging::program(bench, contender, &self.before, &Link::url());
                before.wrapper = link.far_wrapper();
                bench.meter.run(&before)?;
                link.forget_requests()?;
            }
            let mut after = packaging::program(bench, contender, &self.after, &Link::url());
            after.wrapper = link.wrapper().to_vec();
            let mut run = bench.meter.run(&after)?;
            (run.requests, run.sent_bytes) = link.end()?;
            return Ok(run);
        }
        let options = SinkOptions {
            keep: true,
            ..SinkOptions::default()
        };
        let sink = Sink::start("127.0.0.1:0", options)?;
        let run = |template| {
            let program = packaging::program(bench, contender, template, &sink.url());
            bench.meter.run(&program)
        };
        if contender != Contender::Peer {
            run(&self.before)?;
            sink.forget_requests();
        }
        let mut run = run(&self.after)?;
        packaging::count(&mut run, &sink);
        Ok(run)
    }
}
