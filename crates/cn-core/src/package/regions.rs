//! A packaging run for one region or several.
//!
//! ```text
//! RegionsRequest ──open──► Regions ──plan──► plans ──send──► outcomes ──write──► files
//! ```
//!
//! `cn` reads the files once for all regions. It uploads the objects to the first bucket, and S3
//! copies them from there to buckets of the same partition and account. The run verifies the
//! identity in every region before it uploads the first object, and writes no file until every
//! region has its objects.

use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use cn_template::Region;

use super::apply::apply;
use super::error::ApplyError;
use super::options::{Options, Origin};
use super::outcome::{Event, Outcome};
use super::output::of_region;
use super::plan::{Plan, plan};
use super::preview::{Travel, is_large, preview};
use super::read::{ReadError, read, template_of};
use super::request::{Destination, Request};
use crate::file::{self, OutputError, Readers, WriteError, check_outputs, write_atomic};
use crate::findings::Planned;
use crate::foreign;
use crate::manifest::manifest_path;
use crate::s3::{Bucket, BucketNames, BucketNamesError};
use crate::session::{Session, SessionError, SessionRequest};

/// The last step of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Plans only. With named buckets, the run makes no requests and needs no credentials.
    Plan,
    /// Writes the packaged templates without any requests. Keys come from the contents, so the
    /// templates are identical to those of a run with network access.
    Write,
    /// Uploads the objects, then writes the packaged templates.
    Send,
}

/// A template, its regions and buckets, and the files for the results.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RegionsRequest {
    /// The template and its settings. [`Regions::open`] adds the files of all regions to its outputs.
    pub package: Request,
    /// The identities. Each entry of `regions` overrides the region.
    pub session: SessionRequest,
    /// The regions. When empty, the session's request determines the region.
    pub regions: Vec<Region>,
    /// The buckets: one for each region, in the same order.
    pub buckets: Option<BucketNames>,
    /// The file for the packaged template. `{region}` is replaced with the region. With several
    /// regions and no placeholder, the region goes before the extension.
    pub output: Option<Utf8PathBuf>,
    /// The file for the manifest, named like `output`. If `None`, the manifest goes next to the
    /// packaged template.
    pub manifest: Option<Utf8PathBuf>,
    /// The last step of the run.
    pub goal: Goal,
}

impl RegionsRequest {
    /// Creates a request that uploads and writes no files.
    ///
    /// The caller must still set [`buckets`](Self::buckets).
    pub const fn new(package: Request, session: SessionRequest) -> Self {
        Self {
            package,
            session,
            regions: Vec::new(),
            buckets: None,
            output: None,
            manifest: None,
            goal: Goal::Send,
        }
    }
}

/// An error that ends a run.
///
/// Objects uploaded so far stay in the bucket, and the next run finds them there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegionsError {
    /// Several packaged templates would go to one stream.
    #[error("stdout can take the template of only one region")]
    OneStream,
    /// A region or its identity cannot be used.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The request names no bucket.
    #[error("no artifact bucket was given")]
    NoBucket,
    /// SSM parameters name the buckets, and [`Goal::Write`] does not read them.
    #[error("the name of the bucket is in an SSM parameter, which an offline run cannot read")]
    BucketUnread,
    /// `cn` cannot read a bucket's name from SSM.
    #[error(transparent)]
    Buckets(#[from] BucketNamesError),
    /// The numbers of regions and buckets differ.
    #[error("{buckets} given for {regions}", buckets = plural(*.buckets, "bucket"), regions = plural(*.regions, "region"))]
    Count {
        /// The number of buckets.
        buckets: usize,
        /// The number of regions.
        regions: usize,
    },
    /// An output file would overwrite an input or another output, or cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The template cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The objects cannot be uploaded.
    #[error(transparent)]
    Apply(Box<ApplyError>),
}

/// The regions of one run, each with its identity, bucket and files.
#[derive(Debug)]
pub struct Regions {
    package: Request,
    targets: Vec<RegionTarget>,
}

/// One region of a run.
#[derive(Debug)]
struct RegionTarget {
    destination: Destination,
    session: LazySession,
    output: Option<Utf8PathBuf>,
    manifest: Option<Utf8PathBuf>,
}

impl RegionTarget {
    /// Returns the files that the run writes for this region.
    fn files(&self) -> impl Iterator<Item = &Utf8PathBuf> {
        self.output.iter().chain(&self.manifest)
    }
}

/// A session that opens at its first use: a run that uploads nothing needs no credentials.
#[derive(Debug)]
struct LazySession {
    request: SessionRequest,
    opened: OnceLock<Session>,
}

impl LazySession {
    fn get(&self) -> Result<&Session, SessionError> {
        if let Some(session) = self.opened.get() {
            return Ok(session);
        }
        let session = Session::open(self.request.clone())?;
        Ok(self.opened.get_or_init(|| session))
    }
}

impl Regions {
    /// Resolves the regions, their identities and buckets, and the files to write.
    ///
    /// Checks that each file can be written, so that a run does not upload objects that it cannot
    /// record.
    ///
    /// Cost: reads small files; one request to the home account if SSM parameters name the buckets.
    ///
    /// # Errors
    ///
    /// [`RegionsError`].
    pub async fn open(request: RegionsRequest) -> Result<Self, RegionsError> {
        let is_one = request.regions.len() <= 1;
        if !is_one && request.output.is_none() && request.goal != Goal::Plan {
            return Err(RegionsError::OneStream);
        }
        let places = places(&request)?;
        let buckets = buckets(&request, &places).await?;
        if buckets.len() != places.len() {
            return Err(RegionsError::Count {
                buckets: buckets.len(),
                regions: places.len(),
            });
        }
        let named = |path: &Option<Utf8PathBuf>, region: &Region| {
            let path = path.as_deref();
            path.map(|path| of_region(path, region, is_one))
        };
        let target = |((region, session), bucket): ((Region, LazySession), Bucket)| {
            let output = named(&request.output, &region);
            let manifest = named(&request.manifest, &region);
            RegionTarget {
                manifest: manifest.or_else(|| output.as_deref().map(manifest_path)),
                output,
                session,
                destination: Destination { region, bucket },
            }
        };
        let targets: Vec<RegionTarget> = places.into_iter().zip(buckets).map(target).collect();
        let mut package = request.package;
        let files = targets.iter().flat_map(RegionTarget::files);
        package.outputs.extend(files.cloned());
        let regions = Self { package, targets };
        if request.goal != Goal::Plan {
            regions.check_files()?;
        }
        Ok(regions)
    }

    /// Returns the file for the packaged template of each region, in the order of the request;
    /// `None` if the run writes none.
    pub fn outputs(&self) -> impl Iterator<Item = Option<&Utf8Path>> {
        self.targets.iter().map(|target| target.output.as_deref())
    }

    /// Checks that every output file can be written, before the upload.
    fn check_files(&self) -> Result<(), OutputError> {
        let outputs = self.targets.iter().flat_map(RegionTarget::files);
        let outputs: Vec<Utf8PathBuf> = outputs.cloned().collect();
        let mut inputs = self.package.inputs.clone();
        // A missing template is reported by planning.
        inputs.extend(template_of(&self.package).ok());
        check_outputs(&self.package.base, &outputs, &inputs)
    }

    /// Reads the files, which are the same for all regions, and plans each region.
    ///
    /// The work runs on a blocking thread. The plans are in the order of the regions.
    ///
    /// # Errors
    ///
    /// [`RegionsError`] if the template cannot be read or the prefix is too long.
    pub async fn plan(&self) -> Result<Planned<Vec<Plan>>, RegionsError> {
        let request = self.package.clone();
        let targets = self.targets.iter();
        let destinations: Vec<_> = targets.map(|target| target.destination.clone()).collect();
        let work = tokio::task::spawn_blocking(move || {
            let facts = read(&request)?;
            let planned = destinations
                .iter()
                .map(|destination| plan(&request, destination, &facts));
            Ok(Planned::all(planned))
        });
        match work.await {
            Ok(planned) => planned,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Verifies the identity in every region, then uploads the objects, region by region.
    ///
    /// * `plans`: the plans that [`plan`](Self::plan) returned.
    /// * `options`: the options for all regions. Without an owner, each bucket must belong to the
    ///   account of the target identity.
    /// * `on_event`: receives every event. [`Event::Started`] separates the regions.
    ///
    /// # Errors
    ///
    /// [`RegionsError`]. Objects uploaded so far stay in the bucket, and the next run continues from
    /// there.
    pub async fn send(
        &self,
        plans: Vec<Plan>,
        options: &Options,
        on_event: &mut impl FnMut(&Event),
    ) -> Result<Vec<Outcome>, RegionsError> {
        for target in &self.targets {
            target.session.get()?.verify_target().await?;
        }
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(plans.len());
        for (target, plan) in self.targets.iter().zip(plans) {
            let session = target.session.get()?;
            let owner = options.owner.as_ref().or(session.account());
            let options = Options {
                owner: owner.cloned(),
                origin: self.origin(target, &outcomes)?,
                ..options.clone()
            };
            on_event(&Event::Started {
                destination: target.destination.clone(),
                account: options.owner.clone(),
                prefix: self.package.prefix.clone(),
                objects: plan.uploads.len(),
            });
            let clients = session.target().await?;
            let applied = apply(clients.s3(), plan, &options, on_event).await;
            outcomes.push(applied.map_err(|error| RegionsError::Apply(Box::new(error)))?);
        }
        Ok(outcomes)
    }

    /// Computes the bytes to upload for the large objects, region by region.
    ///
    /// Makes no requests if there are no large objects or [`Options::delta`] is off.
    ///
    /// * `plans`, `options`: as for [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// [`RegionsError`] if an identity cannot be used or an archive cannot be built.
    pub async fn preview(
        &self,
        plans: &[Plan],
        options: &Options,
    ) -> Result<Vec<Vec<Travel>>, RegionsError> {
        let mut all: Vec<Vec<Travel>> = Vec::with_capacity(plans.len());
        for (target, plan) in self.targets.iter().zip(plans) {
            let has_large = plan.uploads.iter().any(|it| is_large(it, options));
            let travels = match all.first() {
                _ if !has_large => Vec::new(),
                Some(first) if self.is_near_first(target)? => {
                    first.iter().map(Travel::within_s3).collect()
                }
                _ => {
                    let session = target.session.get()?;
                    let owner = options.owner.as_ref().or(session.account());
                    let options = Options {
                        owner: owner.cloned(),
                        ..options.clone()
                    };
                    let s3 = session.target().await?.s3();
                    let previewed = preview(s3, plan, &options).await;
                    previewed.map_err(|error| RegionsError::Apply(Box::new(error)))?
                }
            };
            all.push(travels);
        }
        Ok(all)
    }

    /// Returns the bucket that objects can be copied from.
    ///
    /// It is the first bucket that was filled, if it is in the same partition and account.
    fn origin(
        &self,
        target: &RegionTarget,
        done: &[Outcome],
    ) -> Result<Option<Origin>, SessionError> {
        let (Some(first), Some(outcome)) = (self.targets.first(), done.first()) else {
            return Ok(None);
        };
        Ok(self.is_near_first(target)?.then(|| Origin {
            bucket: first.destination.bucket.clone(),
            keys: outcome.sent.iter().map(|sent| sent.key.clone()).collect(),
        }))
    }

    /// Returns true if a region is in the partition and account of the first region.
    fn is_near_first(&self, target: &RegionTarget) -> Result<bool, SessionError> {
        let Some(first) = self.targets.first() else {
            return Ok(false);
        };
        let partition = |target: &RegionTarget| target.destination.region.partition();
        Ok(partition(first) == partition(target)
            && first.session.get()?.account() == target.session.get()?.account())
    }

    /// Writes the manifest and the packaged template of every region.
    ///
    /// * `outcomes`: the outcomes of [`send`](Self::send), or of [`Outcome::unsent`] for a run
    ///   without network access; one for each region.
    ///
    /// # Errors
    ///
    /// [`WriteError`] for the first file that cannot be written.
    pub fn write(&self, outcomes: &[Outcome]) -> Result<(), WriteError> {
        for (target, outcome) in self.targets.iter().zip(outcomes) {
            if let Some(path) = &target.output {
                // If the run ends between the two writes, no manifest of another template is left
                // behind.
                if let Some(manifest) = &target.manifest {
                    file::clear(&self.package.base.join(manifest))?;
                }
                self.write_file(path, &outcome.packaged)?;
            }
            if let Some(path) = &target.manifest {
                let text = foreign::json(&format!("{:#}\n", outcome.manifest()));
                self.write_file(path, &text)?;
            }
        }
        Ok(())
    }

    /// Writes a file below the request's folder. Errors show the path as the request gives it.
    fn write_file(&self, path: &Utf8Path, text: &str) -> Result<(), WriteError> {
        let written = write_atomic(
            &self.package.base.join(path),
            text.as_bytes(),
            Readers::Anybody,
        );
        written.map_err(|error| WriteError {
            path: path.to_owned(),
            ..error
        })
    }
}

/// Returns the regions of a request with their sessions.
///
/// Opens the sessions only if the run needs them.
fn places(request: &RegionsRequest) -> Result<Vec<(Region, LazySession)>, SessionError> {
    let needs_session = match (request.goal, &request.buckets) {
        (Goal::Write, _) | (Goal::Plan, Some(BucketNames::Given(_))) => false,
        (Goal::Plan | Goal::Send, _) => true,
    };
    let place = |region: Option<&Region>| {
        let mut request = request.session.clone();
        if let Some(region) = region {
            request.region = Some(region.clone());
        }
        let session = LazySession {
            request,
            opened: OnceLock::new(),
        };
        let region = if needs_session {
            session.get()?.region().clone()
        } else {
            session.request.region()?
        };
        Ok((region, session))
    };
    match &request.regions[..] {
        [] => Ok(vec![place(None)?]),
        regions => regions.iter().map(|region| place(Some(region))).collect(),
    }
}

/// Returns the buckets that a request names directly or with SSM parameters.
async fn buckets(
    request: &RegionsRequest,
    places: &[(Region, LazySession)],
) -> Result<Vec<Bucket>, RegionsError> {
    match (&request.buckets, places) {
        (None, _) => Err(RegionsError::NoBucket),
        (Some(BucketNames::Parameters(_)), _) if request.goal == Goal::Write => {
            Err(RegionsError::BucketUnread)
        }
        (Some(BucketNames::Given(buckets)), _) => Ok(buckets.clone()),
        (Some(names), [(_, session), ..]) => Ok(names.read(session.get()?).await?),
        (Some(_), []) => Ok(Vec::new()),
    }
}

fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
