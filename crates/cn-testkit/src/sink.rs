//! An upload sink: as much of S3 as uploads need, fast, and faulty on demand.
//!
//! It serves benchmarks, where an emulator would be the bottleneck, and tests of
//! uploads, where it can drop connections in the middle of a body. Bodies are
//! thrown away; their length and SHA-256 are kept. Signatures are not looked at.
//!
//! # Source
//!
//! Amazon S3 API reference: the operations named in [`Request::operation`].

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

const BUFFER_BYTES: usize = 256 * 1024;

/// What a sink does beside answering.
#[derive(Clone, Debug, Default)]
pub struct SinkOptions {
    /// How long it thinks about each request.
    pub latency: Duration,
    /// Every so many `PUT`s, the connection is closed in the middle of the body; never when 0.
    pub reset_every: u64,
    /// Every so many requests, the answer is 503 `SlowDown`; never when 0.
    pub fail_every: u64,
    /// Operations that are answered with 403, such as `HeadObject`.
    pub denied: Vec<String>,
    /// Whether bodies are hashed and compared with the checksum sent.
    pub verify: bool,
    /// Whether every object is said to be absent.
    pub forget: bool,
}

/// One request as the sink understood it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The operation's name, such as `PutObject`, `UploadPart`, `ListParts`.
    pub operation: &'static str,
    /// The key, decoded; empty for requests about the bucket.
    pub key: String,
    /// The number of a part.
    pub part: Option<u32>,
    /// How much of the body arrived.
    pub body_bytes: u64,
    /// The status of the answer; absent when the connection was closed instead.
    pub status: Option<u16>,
}

/// An object that was put or completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its size.
    pub bytes: u64,
    /// The SHA-256 of each part in base64, or of the whole when it came in one.
    pub sha256: Vec<String>,
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
}

impl Sink {
    /// Starts a sink.
    ///
    /// * `address`: where to listen; port 0 takes any free port.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened at.
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
                // A client that hangs up is no concern of the sink's.
                std::thread::spawn(move || drop(serve(connection, &shared)));
            }
        });
        Ok(Self { address, shared })
    }

    /// The address of the sink, as an endpoint.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far, in the order answered.
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

    /// How many connections were opened.
    pub fn connections(&self) -> u64 {
        self.shared.state().connections
    }

    /// How many requests waited for the latency to pass at one moment, at most.
    pub fn most_at_once(&self) -> usize {
        self.shared.state().most_waiting
    }

    /// The objects by key.
    pub fn objects(&self) -> BTreeMap<String, Object> {
        self.shared.state().objects.clone()
    }

    /// The keys of unfinished uploads, with the number of parts each has.
    pub fn unfinished(&self) -> Vec<(String, usize)> {
        let state = self.shared.state();
        let uploads = state.uploads.values();
        uploads
            .map(|upload| (upload.key.clone(), upload.parts.len()))
            .collect()
    }

    /// Puts an object of a size, past the requests.
    pub fn put(&self, key: &str, bytes: u64) {
        let object = Object {
            bytes,
            sha256: Vec::new(),
        };
        self.shared.state().objects.insert(key.to_owned(), object);
    }

    /// Makes a part of an unfinished upload another one than was sent.
    pub fn spoil(&self, key: &str, part: u32) {
        let mut state = self.shared.state();
        let uploads = state.uploads.values_mut();
        for upload in uploads.filter(|upload| upload.key == key) {
            if let Some(part) = upload.parts.get_mut(&part) {
                part.sha256 = vec![base64(&[0; 32])];
            }
        }
    }

    /// Puts an unfinished upload without parts.
    ///
    /// * `initiated`: when, as `2020-01-01T00:00:00.000Z`.
    pub fn begin(&self, key: &str, initiated: &str) {
        self.shared.state().begin(key, initiated);
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        // The listener looks at the flag when somebody connects.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    /// Lets the latency pass, and counts who waits.
    fn wait(&self) {
        {
            let mut state = self.state();
            state.waiting += 1;
            state.most_waiting = state.most_waiting.max(state.waiting);
        }
        std::thread::sleep(self.options.latency);
        let mut state = self.state();
        // Forgotten in between, nobody was counted.
        state.waiting = state.waiting.saturating_sub(1);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn begin(&mut self, key: &str, initiated: &str) -> String {
        self.begun += 1;
        let id = format!("upload-{}", self.begun);
        let upload = Upload {
            key: key.to_owned(),
            parts: BTreeMap::new(),
            initiated: initiated.to_owned(),
        };
        self.uploads.insert(id.clone(), upload);
        id
    }
}

/// The beginning of a request.
struct Head {
    method: String,
    key: String,
    query: BTreeMap<String, String>,
    length: u64,
    chunked: bool,
    expects: bool,
    checksum: Option<String>,
}

impl Head {
    fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace();
        let method = words.next().unwrap_or_default().to_owned();
        let target = words.next().unwrap_or("/").to_owned();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        // Path style only: `/bucket/key`.
        let key = path
            .trim_start_matches('/')
            .split_once('/')
            .map_or("", |(_, key)| key);
        let query = query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (name.to_owned(), decoded(value)))
            .collect();
        let mut head = Self {
            method,
            key: decoded(key),
            query,
            length: 0,
            chunked: false,
            expects: false,
            checksum: None,
        };
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            let line = line.trim_end();
            let Some((name, value)) = line.split_once(':') else {
                return Ok(Some(head));
            };
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => head.length = value.parse().unwrap_or(0),
                "transfer-encoding" => head.chunked = value.contains("chunked"),
                "expect" => head.expects = true,
                "x-amz-checksum-sha256" => head.checksum = Some(value.to_owned()),
                _ => {}
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        self.query.contains_key(name)
    }

    fn part(&self) -> Option<u32> {
        self.query.get("partNumber")?.parse().ok()
    }

    fn operation(&self) -> &'static str {
        match (self.method.as_str(), self.key.is_empty()) {
            ("HEAD", true) => "HeadBucket",
            ("HEAD", false) => "HeadObject",
            ("PUT", _) if self.has("partNumber") => "UploadPart",
            ("PUT", _) => "PutObject",
            ("POST", _) if self.has("uploads") => "CreateMultipartUpload",
            ("POST", _) => "CompleteMultipartUpload",
            ("DELETE", _) => "AbortMultipartUpload",
            (_, true) if self.has("uploads") => "ListMultipartUploads",
            (_, true) if self.has("location") => "GetBucketLocation",
            (_, true) => "ListObjectsV2",
            (_, false) => "ListParts",
        }
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
        if head.expects {
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
        let expected = if resets { head.length / 2 } else { head.length };
        let body = receive(&mut reader, expected, head.chunked, shared, &mut request);
        let outcome = match body {
            // Closing with unread data makes the kernel reset the connection.
            _ if resets => None,
            Err(_) => None,
            Ok(sha256) => Some(answer(&head, &sha256, &request, shared)),
        };
        request.status = outcome.as_ref().map(|answer| answer.status);
        shared.state().requests.push(request);
        let Some(answer) = outcome else { return Ok(()) };
        answer.write(&mut writer, head.method == "HEAD")?;
    }
    Ok(())
}

impl Shared {
    fn resets(&self, head: &Head) -> bool {
        let mut state = self.state();
        state.puts += u64::from(head.method == "PUT");
        let every = self.options.reset_every;
        head.method == "PUT" && every > 0 && state.puts.is_multiple_of(every)
    }
}

/// Reads a body; gives its SHA-256 in base64 when bodies are verified.
fn receive(
    reader: &mut impl BufRead,
    length: u64,
    chunked: bool,
    shared: &Shared,
    request: &mut Request,
) -> io::Result<String> {
    let mut hasher = shared.options.verify.then(Sha256::new);
    let mut drain = |reader: &mut dyn BufRead, mut left: u64| -> io::Result<()> {
        while left > 0 {
            let bytes = reader.fill_buf()?;
            if bytes.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let taken = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            if let Some(hasher) = &mut hasher {
                hasher.update(&bytes[..taken]);
            }
            reader.consume(taken);
            left -= taken as u64;
            request.body_bytes += taken as u64;
        }
        Ok(())
    };
    if !chunked {
        drain(reader, length)?;
        return Ok(hasher
            .map(|hasher| base64(&hasher.finalize()))
            .unwrap_or_default());
    }
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let size = line.trim().split(';').next().unwrap_or_default();
        let size = u64::from_str_radix(size, 16).unwrap_or(0);
        drain(reader, size)?;
        line.clear();
        reader.read_line(&mut line)?;
        if size == 0 {
            return Ok(hasher
                .map(|hasher| base64(&hasher.finalize()))
                .unwrap_or_default());
        }
    }
}

struct Answer {
    status: u16,
    headers: String,
    body: String,
}

impl Answer {
    fn new(status: u16) -> Self {
        Self {
            status,
            headers: String::new(),
            body: String::new(),
        }
    }

    fn error(status: u16, code: &str) -> Self {
        let mut answer = Self::new(status);
        answer.body = format!("<Error><Code>{code}</Code><Message>by the sink</Message></Error>");
        answer
    }

    fn xml(body: String) -> Self {
        Self {
            body,
            ..Self::new(200)
        }
    }

    fn header(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        write!(self.headers, "{name}: {value}\r\n").expect("writing to a text does not fail");
        self
    }

    fn write(&self, writer: &mut TcpStream, is_head: bool) -> io::Result<()> {
        let Self {
            status,
            headers,
            body,
        } = self;
        let length = if headers.contains("Content-Length") {
            String::new()
        } else {
            format!("Content-Length: {}\r\n", body.len())
        };
        let body = if is_head { "" } else { body };
        let text = format!(
            "HTTP/1.1 {status} Said\r\nx-amz-request-id: SINK\r\n{headers}{length}\r\n{body}"
        );
        writer.write_all(text.as_bytes())
    }
}

fn answer(head: &Head, sha256: &str, request: &Request, shared: &Shared) -> Answer {
    let options = &shared.options;
    let mut state = shared.state();
    state.received += 1;
    if options.fail_every > 0 && state.received.is_multiple_of(options.fail_every) {
        return Answer::error(503, "SlowDown");
    }
    if options
        .denied
        .iter()
        .any(|denied| denied == request.operation)
    {
        return Answer::error(403, "AccessDenied");
    }
    let is_wrong = |sent: &String| options.verify && *sent != sha256;
    if head.checksum.as_ref().is_some_and(is_wrong) {
        return Answer::error(400, "BadDigest");
    }
    let checksum = head.checksum.clone().unwrap_or_else(|| sha256.to_owned());
    let object = Object {
        bytes: request.body_bytes,
        sha256: vec![checksum],
    };
    let upload_id = head.query.get("uploadId").cloned().unwrap_or_default();
    match request.operation {
        "PutObject" => {
            state.objects.insert(head.key.clone(), object);
            Answer::new(200).header("ETag", "\"0\"")
        }
        "HeadBucket" => Answer::new(200).header("x-amz-bucket-region", "cn-north-1"),
        "HeadObject" => match state.objects.get(&head.key).filter(|_| !options.forget) {
            Some(object) => Answer::new(200)
                .header("ETag", "\"0\"")
                .header("Content-Length", object.bytes),
            None => Answer::new(404),
        },
        "CreateMultipartUpload" => {
            let id = state.begin(&head.key, "2999-01-01T00:00:00.000Z");
            Answer::xml(format!(
                "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
            ))
        }
        "GetBucketLocation" => {
            Answer::xml("<LocationConstraint>cn-north-1</LocationConstraint>".to_owned())
        }
        "ListObjectsV2" => list_objects(head, &state, options.forget),
        "ListMultipartUploads" => list_uploads(head, &state),
        operation => match state.uploads.get_mut(&upload_id) {
            None => Answer::error(404, "NoSuchUpload"),
            Some(upload) => match operation {
                "UploadPart" => {
                    upload.parts.insert(head.part().unwrap_or(0), object);
                    Answer::new(200).header("ETag", "\"0\"")
                }
                "ListParts" => list_parts(upload),
                "AbortMultipartUpload" => {
                    state.uploads.remove(&upload_id);
                    Answer::new(204)
                }
                _ => complete(&mut state, &upload_id),
            },
        },
    }
}

fn complete(state: &mut State, id: &str) -> Answer {
    const SMALLEST_PART_BYTES: u64 = 5 * 1024 * 1024;
    let upload = state.uploads.remove(id).expect("the upload was found");
    let last = upload.parts.keys().max().copied();
    let is_too_small =
        |(number, part): (&u32, &Object)| Some(*number) != last && part.bytes < SMALLEST_PART_BYTES;
    if upload.parts.iter().any(is_too_small) {
        return Answer::error(400, "EntityTooSmall");
    }
    let object = Object {
        bytes: upload.parts.values().map(|part| part.bytes).sum(),
        sha256: upload
            .parts
            .into_values()
            .flat_map(|part| part.sha256)
            .collect(),
    };
    state.objects.insert(upload.key, object);
    Answer::xml("<CompleteMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><ETag>\"0-1\"</ETag></CompleteMultipartUploadResult>".to_owned())
}

fn list_objects(head: &Head, state: &State, forget: bool) -> Answer {
    const PAGE: usize = 1000;
    let query = |name: &str| head.query.get(name).map_or("", String::as_str);
    let after = query("start-after").max(query("continuation-token"));
    let keys = state.objects.keys().map(String::as_str);
    let wanted = |key: &&str| !forget && key.starts_with(query("prefix")) && *key > after;
    let mut keys: Vec<&str> = keys.filter(wanted).take(PAGE + 1).collect();
    let is_truncated = keys.len() > PAGE;
    keys.truncate(PAGE);
    let mut body = format!("<ListBucketResult><IsTruncated>{is_truncated}</IsTruncated>");
    for key in &keys {
        append(
            &mut body,
            format_args!("<Contents><Key>{key}</Key></Contents>"),
        );
    }
    if let Some(last) = keys.last().filter(|_| is_truncated) {
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
            let Upload { key, initiated, .. } = upload;
            append(
                &mut body,
                format_args!(
                    "<Upload><Key>{key}</Key><UploadId>{id}</UploadId><Initiated>{initiated}</Initiated></Upload>"
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
                "<Part><PartNumber>{number}</PartNumber><Size>{}</Size><ETag>\"0\"</ETag><ChecksumSHA256>{}</ChecksumSHA256></Part>",
                part.bytes,
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

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, later @ ..] = rest {
        let digits = later
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let (b'%', Some(byte)) = (first, byte) {
            bytes.push(byte);
            rest = &later[2..];
        } else {
            bytes.push(*first);
            rest = later;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Base64 with padding, as checksums are written.
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
