//! The body of a request: it counts its bytes, observes the bandwidth limit, and can be sent again.

use std::ops::Range;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use aws_sdk_s3::primitives::{ByteStream, Length, SdkBody};
use bytes::Bytes;
use camino::Utf8PathBuf;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Sleep;

use super::super::archive::Temporary;
use super::super::key::ArtifactKey;
use super::super::outcome::Event;
use super::throttle::Throttle;

use crate::mutex::lock;

/// Bytes between two progress events.
const STEP_BYTES: u64 = 128 * 1024;
/// Bytes to read from a file at once.
const READ_BYTES: usize = 128 * 1024;

/// The bytes of an object, in memory or in a file.
#[derive(Debug)]
pub(super) enum Content {
    /// In memory.
    Memory(Bytes),
    /// In a file of the user.
    File(Utf8PathBuf),
    /// In a temporary file of ours, which is deleted when this is dropped.
    Temporary(Temporary),
}

impl Content {
    /// Returns a part of the content as a body that can be sent again.
    pub(super) async fn body(&self, range: Range<u64>, way: &Way) -> std::io::Result<SdkBody> {
        let body = match self {
            Self::Memory(bytes) => SdkBody::from(bytes.slice(in_memory(&range))),
            Self::File(path) => file_body(path.as_std_path(), range, way).await?,
            Self::Temporary(file) => file_body(file.path(), range, way).await?,
        };
        // A body in memory without a bandwidth limit needs no wrapper: the object is counted when
        // it is sent.
        if way.throttle.is_none() && matches!(self, Self::Memory(_)) {
            return Ok(body);
        }
        let attempts = Arc::new(AtomicU64::new(0));
        let way = way.clone();
        Ok(body.map(move |inner| {
            let attempt = Metered {
                inner,
                way: way.clone(),
                counted: Arc::clone(&attempts),
                started: false,
                left: Bytes::new(),
                waiting: None,
            };
            SdkBody::from_body_1_x(attempt)
        }))
    }

    /// Opens the content for reading from its beginning.
    pub(super) fn reader(&self) -> std::io::Result<Box<dyn std::io::Read + '_>> {
        Ok(match self {
            Self::Memory(bytes) => Box::new(&bytes[..]),
            Self::File(path) => Box::new(fs_err::File::open(path)?),
            Self::Temporary(file) => Box::new(fs_err::File::open(file.path())?),
        })
    }

    /// Reads a part of the content. Blocks the thread.
    pub(super) fn read(
        &self,
        range: &Range<u64>,
        mut take: impl FnMut(&[u8]),
    ) -> std::io::Result<()> {
        use std::io::{Read, Seek, SeekFrom};
        let path = match self {
            Self::Memory(bytes) => {
                take(&bytes[in_memory(range)]);
                return Ok(());
            }
            Self::File(path) => path.as_std_path(),
            Self::Temporary(file) => file.path(),
        };
        let mut file = fs_err::File::open(path)?;
        file.seek(SeekFrom::Start(range.start))?;
        let mut left = range.end - range.start;
        let mut buffer = vec![0; READ_BYTES];
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(READ_BYTES).min(READ_BYTES);
            let read = file.read(&mut buffer[..most])?;
            if read == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            take(&buffer[..read]);
            left -= read as u64;
        }
        Ok(())
    }
}

fn in_memory(range: &Range<u64>) -> Range<usize> {
    let place = |offset| usize::try_from(offset).expect("what is in memory has a size in memory");
    place(range.start)..place(range.end)
}

async fn file_body(
    path: &std::path::Path,
    range: Range<u64>,
    way: &Way,
) -> std::io::Result<SdkBody> {
    let piece = way
        .throttle
        .as_ref()
        .map_or(READ_BYTES, |throttle| throttle.piece_bytes());
    let stream = ByteStream::read_from()
        .path(path)
        .offset(range.start)
        .length(Length::Exact(range.end - range.start))
        .buffer_size(piece)
        .build()
        .await
        .map_err(std::io::Error::other)?;
    Ok(stream.into_inner())
}

/// The state that all bodies of an object share.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub throttle: Option<Arc<Throttle>>,
    pub meter: Arc<Meter>,
}

/// A counter of the object's bytes that are on their way or uploaded.
#[derive(Debug)]
pub(super) struct Meter {
    key: ArtifactKey,
    total_bytes: u64,
    count: Mutex<Count>,
    events: UnboundedSender<Event>,
}

#[derive(Debug)]
struct Count {
    sent_bytes: u64,
    told_bytes: u64,
}

impl Meter {
    pub(super) fn new(key: ArtifactKey, total_bytes: u64, events: UnboundedSender<Event>) -> Self {
        Self {
            key,
            total_bytes,
            count: Mutex::new(Count {
                sent_bytes: 0,
                told_bytes: 0,
            }),
            events,
        }
    }

    /// Counts the whole object as uploaded.
    pub(super) fn complete(&self) {
        let count = lock(&self.count);
        let missing = self.total_bytes.saturating_sub(count.sent_bytes);
        drop(count);
        if missing > 0 {
            self.add(missing, 0);
        }
    }

    /// Adds bytes, and subtracts those of a failed attempt.
    pub(super) fn add(&self, bytes: u64, taken_back: u64) {
        let mut count = lock(&self.count);
        count.sent_bytes = (count.sent_bytes + bytes).saturating_sub(taken_back);
        let is_step = count.sent_bytes.abs_diff(count.told_bytes) >= STEP_BYTES;
        if is_step || count.sent_bytes == self.total_bytes && count.told_bytes != self.total_bytes {
            count.told_bytes = count.sent_bytes;
            let event = Event::Progress {
                key: self.key.clone(),
                sent_bytes: count.sent_bytes,
                total_bytes: self.total_bytes,
            };
            // The receiver is gone if the run was abandoned.
            drop(self.events.send(event));
        }
    }
}

/// An attempt at uploading a part.
struct Metered {
    inner: SdkBody,
    way: Way,
    /// Bytes that the attempts at this part have counted.
    counted: Arc<AtomicU64>,
    started: bool,
    /// Bytes that were read, but not handed out.
    left: Bytes,
    /// The next piece and the time when it may go.
    waiting: Option<(Pin<Box<Sleep>>, Bytes)>,
}

impl Metered {
    fn count(&mut self, piece: &Bytes) {
        let taken_back = if self.started {
            0
        } else {
            self.started = true;
            self.counted.swap(0, Ordering::Relaxed)
        };
        let bytes = piece.len() as u64;
        self.counted.fetch_add(bytes, Ordering::Relaxed);
        self.way.meter.add(bytes, taken_back);
    }
}

impl Body for Metered {
    type Data = Bytes;
    type Error = <SdkBody as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        loop {
            if let Some((turn, _)) = &mut self.waiting {
                ready!(turn.as_mut().poll(ctx));
                if let Some((_, piece)) = self.waiting.take() {
                    self.count(&piece);
                    return Poll::Ready(Some(Ok(Frame::data(piece))));
                }
            }
            if self.left.is_empty() {
                let frame = match ready!(Pin::new(&mut self.inner).poll_frame(ctx)) {
                    Some(Ok(frame)) => frame,
                    end => return Poll::Ready(end),
                };
                match frame.into_data() {
                    Ok(data) => self.left = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                }
            }
            let Some(throttle) = self.way.throttle.clone() else {
                let piece = std::mem::take(&mut self.left);
                self.count(&piece);
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            };
            let most = throttle.piece_bytes().min(self.left.len());
            let piece = self.left.split_to(most);
            let turn = tokio::time::sleep_until(throttle.reserve(piece.len()));
            self.waiting = Some((Box::pin(turn), piece));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.waiting.is_none() && self.left.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let waiting = self.waiting.as_ref().map_or(0, |(_, piece)| piece.len());
        let held = (self.left.len() + waiting) as u64;
        match self.inner.size_hint().exact() {
            Some(left) => SizeHint::with_exact(left + held),
            None => self.inner.size_hint(),
        }
    }
}
