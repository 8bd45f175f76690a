//! An upload sink that implements as much of S3 as uploads need. It is fast, and faulty on demand.
//!
//! Benchmarks use it because an emulator would be the bottleneck, and tests of uploads because it
//! can drop connections in the middle of a body. By default, it discards bodies and keeps only
//! their length and checksums. It does not verify signatures.
//!
//! # Source
//!
//! Amazon S3 API reference: the operations named in [`Request::operation`].

mod etag;
mod http;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use crc32fast::Hasher;
use sha2::{Digest, Sha256};

use self::etag::Etags;
use self::http::{Answer, Head, decoded, slice};

const BUFFER_BYTES: usize = 256 * 1024;

/// The behavior of a sink.
#[derive(Clone, Debug, Default)]
pub struct SinkOptions {
    /// The delay of each answer.
    pub latency: Duration,
    /// Closes the connection in the middle of the body of every n-th `PUT`; 0 for never.
    pub reset_every: u64,
    /// Answers every n-th request with 503 `SlowDown`; 0 for never.
    pub fail_every: u64,
    /// Operations that get a 403, such as `HeadObject`.
    pub denied: Vec<String>,
    /// True if bodies are hashed and compared with the checksum sent.
    pub verify: bool,
    /// True if bodies are kept, so that objects can be read and copied.
    pub keep: bool,
    /// True if every object is reported as missing.
    pub forget: bool,
}

/// A request as the sink understood it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The operation's name, such as `PutObject`, `UploadPart`, `ListParts`.
    pub operation: &'static str,
    /// The key, decoded; empty for requests about the bucket.
    pub key: String,
    /// The number of a part.
    pub part: Option<u32>,
    /// The number of bytes of the body that arrived.
    pub body_bytes: u64,
    /// The status of the answer; `None` if the connection was closed instead.
    pub status: Option<u16>,
}

/// An object that was put or completed. Objects with the same bytes are equal.
#[derive(Clone, Debug, Default)]
pub struct Object {
    /// Its size.
    pub bytes: u64,
    /// The SHA-256 of each part in base64, or of the whole object if it has no parts.
    pub sha256: Vec<String>,
    /// The `ETag`, different for each write.
    pub etag: String,
    /// Its CRC-32, if bodies are verified.
    pub crc32: u32,
    /// Its bytes, if bodies are kept.
    content: Vec<Bytes>,
    /// The position among all writes.
    written: u64,
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        (self.bytes, &self.sha256) == (other.bytes, &other.sha256)
    }
}

impl Object {
    /// Returns the kept bytes.
    pub fn content(&self) -> Vec<u8> {
        self.content.concat()
    }
}

/// A running sink; it stops when dropped.
#[derive(Debug)]
pub struct Sink {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: SinkOptions,
    state: Mutex<State>,
    stopped: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, Object>,
    uploads: BTreeMap<String, Upload>,
    begun: u64,
    written: u64,
    etags: Etags,
    /// Requests until the sink is gone, and true if the last of them still takes effect.
    life: Option<(u64, bool)>,
    /// The operations to refuse, each with the number of times, the status and the code.
    refusals: BTreeMap<String, (usize, u16, String)>,
    received: u64,
    puts: u64,
    connections: u64,
    waiting: usize,
    most_waiting: usize,
    requests: Vec<Request>,
}

#[derive(Clone, Debug)]
struct Upload {
    key: String,
    parts: BTreeMap<u32, Object>,
    initiated: String,
    /// The algorithm of its checksums.
    algorithm: String,
    /// True if a key encrypts it.
    is_encrypted: bool,
}

impl Sink {
    /// Starts a sink.
    ///
    /// * `address`: the address to listen on; port 0 selects any free port.
    ///
    /// # Errors
    ///
    /// When the sink cannot listen on the address.
    pub fn start(address: &str, options: SinkOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            options,
            state: Mutex::default(),
            stopped: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                if accepting.stopped.load(Ordering::Relaxed) {
                    return;
                }
                accepting.state().connections += 1;
                let shared = Arc::clone(&accepting);
                // A client that hangs up is not an error of the sink.
                std::thread::spawn(move || drop(serve(connection, &shared)));
            }
        });
        Ok(Self { address, shared })
    }

    /// Returns the address of the sink, as an endpoint.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the requests so far, in the order of the answers.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.state().requests.clone()
    }

    /// Forgets the requests so far; objects and uploads stay.
    pub fn forget_requests(&self) {
        self.shared.state().requests.clear();
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *self.shared.state() = State::default();
    }

    /// Returns the number of connections that were opened.
    pub fn connections(&self) -> u64 {
        self.shared.state().connections
    }

    /// Returns the maximum number of requests that waited for the latency at the same time.
    pub fn most_at_once(&self) -> usize {
        self.shared.state().most_waiting
    }

    /// Returns the objects by key.
    pub fn objects(&self) -> BTreeMap<String, Object> {
        self.shared.state().objects.clone()
    }

    /// Returns the keys of unfinished uploads, with the number of parts of each.
    pub fn unfinished(&self) -> Vec<(String, usize)> {
        let state = self.shared.state();
        let uploads = state.uploads.values();
        uploads
            .map(|upload| (upload.key.clone(), upload.parts.len()))
            .collect()
    }

    /// Creates an object of a given size, without a request.
    pub fn put(&self, key: &str, bytes: u64) {
        let object = Object {
            bytes,
            ..Object::default()
        };
        self.shared.state().keep(key, object);
    }

    /// Deletes an object, without a request.
    pub fn remove(&self, key: &str) {
        self.shared.state().objects.remove(key);
    }

    /// Replaces the content of an object but keeps its `ETag`, as S3 never does.
    pub fn spoil_object(&self, key: &str) {
        if let Some(object) = self.shared.state().objects.get_mut(key) {
            object.content = vec![vec![0; object.content().len()].into()];
        }
    }

    /// Makes the sink stop answering after a number of requests, like a machine that is shut down.
    ///
    /// * `is_last_done`: true if the last of them takes effect and only its answer is lost.
    pub fn end_after(&self, requests: u64, is_last_done: bool) {
        self.shared.state().life = Some((requests, is_last_done));
    }

    /// Makes the sink answer again; returns true if it had stopped.
    pub fn revive(&self) -> bool {
        let life = self.shared.state().life.take();
        life.is_some_and(|(left, _)| left == 0)
    }

    /// Refuses an operation the given number of times.
    pub fn refuse(&self, operation: &str, status: u16, code: &str, times: usize) {
        let refusal = (times, status, code.to_owned());
        let refusals = &mut self.shared.state().refusals;
        refusals.insert(operation.to_owned(), refusal);
    }

    /// Replaces a part of an unfinished upload by a different one.
    pub fn spoil(&self, key: &str, part: u32) {
        let mut state = self.shared.state();
        let uploads = state.uploads.values_mut();
        for upload in uploads.filter(|upload| upload.key == key) {
            if let Some(part) = upload.parts.get_mut(&part) {
                part.sha256 = vec![base64(&[0; 32])];
            }
        }
    }

    /// Creates an unfinished upload without parts.
    ///
    /// * `initiated`: the start of the upload, such as `2020-01-01T00:00:00.000Z`.
    pub fn begin(&self, key: &str, initiated: &str) {
        self.shared.state().begin(key, initiated, String::new());
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        // The listener checks the flag at the next connection.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    /// Waits for the latency, and counts the waiting requests.
    fn wait(&self) {
        {
            let mut state = self.state();
            state.waiting += 1;
            state.most_waiting = state.most_waiting.max(state.waiting);
        }
        std::thread::sleep(self.options.latency);
        let mut state = self.state();
        // If the state was cleared in between, nobody was counted.
        state.waiting = state.waiting.saturating_sub(1);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn keep(&mut self, key: &str, mut object: Object) -> String {
        self.written += 1;
        object.written = self.written;
        if object.etag.is_empty() {
            object.etag = self.etags.next();
        }
        let etag = object.etag.clone();
        self.objects.insert(key.to_owned(), object);
        etag
    }

    fn begin(&mut self, key: &str, initiated: &str, algorithm: String) -> String {
        self.begun += 1;
        let id = format!("upload-{}", self.begun);
        let upload = Upload {
            key: key.to_owned(),
            parts: BTreeMap::new(),
            initiated: initiated.to_owned(),
            algorithm,
            is_encrypted: false,
        };
        self.uploads.insert(id.clone(), upload);
        id
    }
}

fn serve(mut writer: TcpStream, shared: &Shared) -> io::Result<()> {
    writer.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, writer.try_clone()?);
    while let Some(head) = Head::read(&mut reader)? {
        if shared.stopped.load(Ordering::Relaxed) {
            return Ok(());
        }
        shared.wait();
        let life = shared.live();
        if life == Life::Gone {
            return Ok(());
        }
        if head.header("expect").is_some() {
            writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let mut request = Request {
            operation: head.operation(),
            key: head.key.clone(),
            part: head.part(),
            body_bytes: 0,
            status: None,
        };
        let resets = shared.resets(&head);
        let length = head.length();
        let expected = if resets { length / 2 } else { length };
        let body = receive(
            &mut reader,
            expected,
            head.is_chunked(),
            shared,
            &mut request,
        );
        let outcome = match body {
            // Closing with unread data makes the kernel reset the connection.
            _ if resets => None,
            Err(_) => None,
            Ok(body) => Some(answer(&head, body, &request, shared)),
        };
        request.status = outcome.as_ref().map(|answer| answer.status);
        shared.state().requests.push(request);
        let Some(answer) = outcome.filter(|_| life == Life::Alive) else {
            return Ok(());
        };
        answer.write(&mut writer, head.method == "HEAD")?;
    }
    Ok(())
}

/// The state of the sink.
#[derive(Clone, Copy, PartialEq)]
enum Life {
    Alive,
    /// The request takes effect, but its answer is lost.
    Last,
    Gone,
}

impl Shared {
    fn live(&self) -> Life {
        let mut state = self.state();
        let Some((left, is_last_done)) = &mut state.life else {
            return Life::Alive;
        };
        *left = left.saturating_sub(1);
        match (*left, *is_last_done) {
            (0, true) => {
                *is_last_done = false;
                Life::Last
            }
            (0, false) => Life::Gone,
            _ => Life::Alive,
        }
    }

    fn resets(&self, head: &Head) -> bool {
        let mut state = self.state();
        state.puts += u64::from(head.method == "PUT");
        let every = self.options.reset_every;
        head.method == "PUT" && every > 0 && state.puts.is_multiple_of(every)
    }
}

/// A received body.
#[derive(Default)]
struct Received {
    /// Its SHA-256 in base64; like the CRC-32, only if bodies are verified.
    sha256: String,
    crc32: u32,
    /// Its bytes, if bodies are kept.
    content: Vec<Bytes>,
}

/// Reads a body.
fn receive(
    reader: &mut impl BufRead,
    length: u64,
    chunked: bool,
    shared: &Shared,
    request: &mut Request,
) -> io::Result<Received> {
    let mut hashers = shared
        .options
        .verify
        .then(|| (Sha256::new(), Hasher::new()));
    let mut kept = Vec::new();
    let mut drain = |reader: &mut dyn BufRead, mut left: u64| -> io::Result<()> {
        while left > 0 {
            let bytes = reader.fill_buf()?;
            if bytes.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let taken = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            if let Some((sha256, crc32)) = &mut hashers {
                sha256.update(&bytes[..taken]);
                crc32.update(&bytes[..taken]);
            }
            if shared.options.keep {
                kept.extend(&bytes[..taken]);
            }
            reader.consume(taken);
            left -= taken as u64;
            request.body_bytes += taken as u64;
        }
        Ok(())
    };
    if !chunked {
        drain(reader, length)?;
    }
    let mut is_more = chunked;
    while is_more {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let size = line.trim().split(';').next().unwrap_or_default();
        let size = u64::from_str_radix(size, 16).unwrap_or(0);
        drain(reader, size)?;
        line.clear();
        reader.read_line(&mut line)?;
        is_more = size > 0;
    }
    let (sha256, crc32) = hashers.map_or_else(Default::default, |(sha256, crc32)| {
        (base64(&sha256.finalize()), crc32.finalize())
    });
    Ok(Received {
        sha256,
        crc32,
        content: vec![kept.into()],
    })
}

/// Returns the answer to a request that the sink refuses regardless of its contents.
fn refusal(state: &mut State, options: &SinkOptions, operation: &str) -> Option<Answer> {
    state.received += 1;
    if options.fail_every > 0 && state.received.is_multiple_of(options.fail_every) {
        return Some(Answer::error(503, "SlowDown"));
    }
    if options.denied.iter().any(|denied| denied == operation) {
        return Some(Answer::error(403, "AccessDenied"));
    }
    let (times, status, code) = state.refusals.get_mut(operation)?;
    *times = times.checked_sub(1)?;
    Some(Answer::error(*status, code))
}

fn answer(head: &Head, body: Received, request: &Request, shared: &Shared) -> Answer {
    let options = &shared.options;
    let mut state = shared.state();
    if let Some(refusal) = refusal(&mut state, options, request.operation) {
        return refusal;
    }
    let sums = [
        (head.header("x-amz-checksum-sha256"), body.sha256.clone()),
        (head.header("x-amz-checksum-crc32"), in_base64(body.crc32)),
    ];
    let is_of_body = matches!(request.operation, "PutObject" | "UploadPart");
    let is_wrong = |(sent, actual): &(Option<&str>, String)| sent.is_some_and(|it| it != actual);
    if is_of_body && options.verify && sums.iter().any(is_wrong) {
        return Answer::error(400, "BadDigest");
    }
    let sent = head.header("x-amz-checksum-sha256").map(str::to_owned);
    let object = Object {
        etag: state.etags.next(),
        bytes: request.body_bytes,
        sha256: vec![sent.unwrap_or(body.sha256)],
        crc32: body.crc32,
        content: body.content,
        ..Object::default()
    };
    let upload_id = head.query.get("uploadId").cloned().unwrap_or_default();
    match request.operation {
        "PutObject" => {
            let etag = state.keep(&head.key, object);
            Answer::new(200).header("ETag", etag)
        }
        "GetObject" => match state.objects.get(&head.key).filter(|_| !options.forget) {
            Some(object) => Answer::bytes(200, object.content()).header("ETag", &object.etag),
            None => Answer::error(404, "NoSuchKey"),
        },
        "DeleteObject" => {
            state.objects.remove(&head.key);
            Answer::new(204)
        }
        "HeadBucket" => Answer::new(200).header("x-amz-bucket-region", "cn-north-1"),
        "HeadObject" => match state.objects.get(&head.key).filter(|_| !options.forget) {
            Some(object) => Answer::new(200)
                .header("ETag", &object.etag)
                .header("Content-Length", object.bytes),
            None => Answer::new(404),
        },
        "CreateMultipartUpload" => {
            let algorithm = head.header("x-amz-checksum-algorithm").unwrap_or_default();
            let algorithm = algorithm.to_owned();
            let id = state.begin(&head.key, "2999-01-01T00:00:00.000Z", algorithm);
            if let Some(upload) = state.uploads.get_mut(&id) {
                let encryption = head.header("x-amz-server-side-encryption");
                upload.is_encrypted = encryption == Some("aws:kms");
            }
            let kind = head.header("x-amz-checksum-type").unwrap_or("COMPOSITE");
            let answer = Answer::xml(format!(
                "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
            ));
            answer.header("x-amz-checksum-type", kind)
        }
        "GetBucketLocation" => {
            Answer::xml("<LocationConstraint>cn-north-1</LocationConstraint>".to_owned())
        }
        "ListObjectsV2" => list_objects(head, &state, options.forget),
        "ListMultipartUploads" => list_uploads(head, &state),
        "UploadPartCopy" => match copied(head, &state, options.verify) {
            Ok(mut part) => {
                let checksum = in_base64(part.crc32);
                let etag = object.etag;
                part.etag.clone_from(&etag);
                let Some(upload) = state.uploads.get_mut(&upload_id) else {
                    return Answer::error(404, "NoSuchUpload");
                };
                upload.parts.insert(head.part().unwrap_or(0), part);
                Answer::xml(format!(
                    "<CopyPartResult><ETag>{etag}</ETag><ChecksumCRC32>{checksum}</ChecksumCRC32></CopyPartResult>"
                ))
            }
            Err(refusal) => refusal,
        },
        operation => match state.uploads.get_mut(&upload_id) {
            None => Answer::error(404, "NoSuchUpload"),
            Some(upload) => match operation {
                // The checksum algorithm of a part is the one that the upload was created with.
                "UploadPart" if upload.algorithm == "CRC32" && sums[0].0.is_some() => {
                    Answer::error(400, "InvalidRequest")
                }
                "UploadPart" => {
                    let answer = Answer::new(200).header("ETag", &object.etag);
                    upload.parts.insert(head.part().unwrap_or(0), object);
                    answer
                }
                "ListParts" => list_parts(upload),
                "AbortMultipartUpload" => {
                    state.uploads.remove(&upload_id);
                    Answer::new(204)
                }
                _ => complete(head, &mut state, &upload_id, options.verify),
            },
        },
    }
}

const SMALLEST_PART_BYTES: u64 = 5 * 1024 * 1024;

/// Returns the part of an object that a request copies, unless S3 would refuse.
///
/// * `verify`: true to compute its SHA-256; the answer contains its CRC-32.
fn copied(head: &Head, state: &State, verify: bool) -> Result<Object, Answer> {
    let source = decoded(head.header("x-amz-copy-source").unwrap_or_default());
    let (_, key) = source.split_once('/').unwrap_or_default();
    let Some(object) = state.objects.get(key) else {
        return Err(Answer::error(404, "NoSuchKey"));
    };
    let expected = head.header("x-amz-copy-source-if-match");
    if expected.is_some_and(|expected| expected != object.etag) {
        return Err(Answer::error(412, "PreconditionFailed"));
    }
    let range = head.header("x-amz-copy-source-range").unwrap_or_default();
    let range = range
        .strip_prefix("bytes=")
        .and_then(|it| it.split_once('-'));
    let number = |text: &str| text.parse::<usize>().ok();
    let numbers = range.and_then(|(first, last)| Some((number(first)?, number(last)?)));
    let content = numbers.and_then(|(first, last)| slice(&object.content, first, last + 1));
    let Some(content) = content else {
        return Err(Answer::error(416, "InvalidRange"));
    };
    if object.bytes <= SMALLEST_PART_BYTES {
        return Err(Answer::error(400, "InvalidRequest"));
    }
    let (mut sha256, mut crc32) = (Sha256::new(), Hasher::new());
    for bytes in &content {
        crc32.update(bytes);
        if verify {
            sha256.update(bytes);
        }
    }
    Ok(Object {
        bytes: content.iter().map(|bytes| bytes.len() as u64).sum(),
        sha256: vec![base64(&sha256.finalize())],
        crc32: crc32.finalize(),
        content,
        ..Object::default()
    })
}

/// Completes an upload.
///
/// * `verify`: true to compare the checksum of the whole with the one sent.
fn complete(head: &Head, state: &mut State, id: &str, verify: bool) -> Answer {
    let mut whole = Hasher::new();
    for part in state
        .uploads
        .get(id)
        .iter()
        .flat_map(|it| it.parts.values())
    {
        whole.combine(&Hasher::new_with_initial_len(part.crc32, part.bytes));
    }
    let crc32 = whole.finalize();
    let expected = head.header("x-amz-checksum-crc32");
    if verify && expected.is_some_and(|expected| expected != in_base64(crc32)) {
        return Answer::error(400, "BadDigest");
    }
    let upload = state.uploads.remove(id).expect("the upload was found");
    let last = upload.parts.keys().max().copied();
    let is_too_small =
        |(number, part): (&u32, &Object)| Some(*number) != last && part.bytes < SMALLEST_PART_BYTES;
    if upload.parts.iter().any(is_too_small) {
        return Answer::error(400, "EntityTooSmall");
    }
    let mut object = Object {
        crc32,
        // S3 forms the `ETag` of an encrypted object in another way.
        etag: if upload.is_encrypted {
            state.etags.next()
        } else {
            etag::of_parts(upload.parts.values().map(|part| part.etag.as_str()))
        },
        ..Object::default()
    };
    for part in upload.parts.into_values() {
        object.bytes += part.bytes;
        object.sha256.extend(part.sha256);
        object.content.extend(part.content);
    }
    let etag = state.keep(&upload.key, object);
    Answer::xml(format!(
        "<CompleteMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><ETag>{etag}</ETag></CompleteMultipartUploadResult>"
    ))
}

fn list_objects(head: &Head, state: &State, forget: bool) -> Answer {
    const PAGE: usize = 1000;
    let query = |name: &str| head.query.get(name).map_or("", String::as_str);
    let after = query("start-after").max(query("continuation-token"));
    let wanted = |(key, _): &(&String, &Object)| {
        !forget && key.starts_with(query("prefix")) && key.as_str() > after
    };
    let mut keys: Vec<_> = state.objects.iter().filter(wanted).take(PAGE + 1).collect();
    let is_truncated = keys.len() > PAGE;
    keys.truncate(PAGE);
    let mut body = format!("<ListBucketResult><IsTruncated>{is_truncated}</IsTruncated>");
    for (key, object) in &keys {
        let (minute, second) = (object.written / 60 % 60, object.written % 60);
        append(
            &mut body,
            format_args!(
                "<Contents><Key>{key}</Key><LastModified>2026-01-01T00:{minute:02}:{second:02}.000Z</LastModified></Contents>"
            ),
        );
    }
    if let Some((last, _)) = keys.last().filter(|_| is_truncated) {
        append(
            &mut body,
            format_args!("<NextContinuationToken>{last}</NextContinuationToken>"),
        );
    }
    body.push_str("</ListBucketResult>");
    Answer::xml(body)
}

fn list_uploads(head: &Head, state: &State) -> Answer {
    let prefix = head.query.get("prefix").map_or("", String::as_str);
    let mut body = "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>".to_owned();
    for (id, upload) in &state.uploads {
        if upload.key.starts_with(prefix) {
            let Upload {
                key,
                initiated,
                algorithm,
                ..
            } = upload;
            append(
                &mut body,
                format_args!(
                    "<Upload><Key>{key}</Key><UploadId>{id}</UploadId><Initiated>{initiated}</Initiated><ChecksumAlgorithm>{algorithm}</ChecksumAlgorithm></Upload>"
                ),
            );
        }
    }
    body.push_str("</ListMultipartUploadsResult>");
    Answer::xml(body)
}

fn list_parts(upload: &Upload) -> Answer {
    let mut body = "<ListPartsResult><IsTruncated>false</IsTruncated>".to_owned();
    for (number, part) in &upload.parts {
        append(
            &mut body,
            format_args!(
                "<Part><PartNumber>{number}</PartNumber><Size>{}</Size><ETag>{}</ETag><ChecksumSHA256>{}</ChecksumSHA256></Part>",
                part.bytes,
                part.etag,
                part.sha256.concat()
            ),
        );
    }
    body.push_str("</ListPartsResult>");
    Answer::xml(body)
}

fn append(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments)
        .expect("writing to a text does not fail");
}

fn in_base64(crc32: u32) -> String {
    base64(&crc32.to_be_bytes())
}

/// Encodes bytes in base64 with padding, the form of checksums.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let number = chunk
            .iter()
            .chain(&[0, 0])
            .take(3)
            .fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
        for place in 0..4 {
            if place <= chunk.len() {
                text.push(char::from(DIGITS[number >> (18 - 6 * place) & 63]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_padded() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
