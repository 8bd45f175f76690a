//! HTTP requests and answers of the sink.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufRead, Write};
use std::net::TcpStream;

use bytes::Bytes;

/// The head of a request.
pub(super) struct Head {
    pub method: String,
    pub key: String,
    pub query: BTreeMap<String, String>,
    /// Header fields by name in lower case.
    headers: BTreeMap<String, String>,
}

impl Head {
    pub(super) fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
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
            headers: BTreeMap::new(),
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
            head.headers
                .insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(super) fn length(&self) -> u64 {
        let length = self.header("content-length");
        length.and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    pub(super) fn is_chunked(&self) -> bool {
        let coding = self.header("transfer-encoding");
        coding.is_some_and(|coding| coding.contains("chunked"))
    }

    fn has(&self, name: &str) -> bool {
        self.query.contains_key(name)
    }

    pub(super) fn part(&self) -> Option<u32> {
        self.query.get("partNumber")?.parse().ok()
    }

    pub(super) fn operation(&self) -> &'static str {
        match (self.method.as_str(), self.key.is_empty()) {
            ("HEAD", true) => "HeadBucket",
            ("HEAD", false) => "HeadObject",
            ("PUT", _) if self.has("partNumber") => match self.header("x-amz-copy-source") {
                Some(_) => "UploadPartCopy",
                None => "UploadPart",
            },
            ("PUT", _) => "PutObject",
            ("POST", _) if self.has("uploads") => "CreateMultipartUpload",
            ("POST", _) => "CompleteMultipartUpload",
            ("DELETE", _) if self.has("uploadId") => "AbortMultipartUpload",
            ("DELETE", _) => "DeleteObject",
            (_, true) if self.has("uploads") => "ListMultipartUploads",
            (_, true) if self.has("location") => "GetBucketLocation",
            (_, true) => "ListObjectsV2",
            (_, false) if self.has("uploadId") => "ListParts",
            (_, false) => "GetObject",
        }
    }
}

/// An answer to a request.
pub(super) struct Answer {
    pub status: u16,
    headers: String,
    body: Vec<u8>,
}

impl Answer {
    pub(super) fn new(status: u16) -> Self {
        Self {
            status,
            headers: String::new(),
            body: Vec::new(),
        }
    }

    pub(super) fn error(status: u16, code: &str) -> Self {
        let mut answer = Self::new(status);
        let body = format!("<Error><Code>{code}</Code><Message>by the sink</Message></Error>");
        answer.body = body.into();
        answer
    }

    pub(super) fn xml(body: String) -> Self {
        Self {
            body: body.into(),
            ..Self::new(200)
        }
    }

    pub(super) fn bytes(status: u16, body: Vec<u8>) -> Self {
        Self {
            body,
            ..Self::new(status)
        }
    }

    pub(super) fn header(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        write!(self.headers, "{name}: {value}\r\n").expect("writing to a text does not fail");
        self
    }

    pub(super) fn write(&self, writer: &mut TcpStream, is_head: bool) -> io::Result<()> {
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
        let text =
            format!("HTTP/1.1 {status} Said\r\nx-amz-request-id: SINK\r\n{headers}{length}\r\n");
        writer.write_all(text.as_bytes())?;
        writer.write_all(if is_head { &[] } else { body })
    }
}

pub(super) fn decoded(text: &str) -> String {
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

/// Returns a range of a body; `None` if it ends after them.
pub(super) fn slice(content: &[Bytes], first: usize, end: usize) -> Option<Vec<Bytes>> {
    let mut start = 0;
    let mut found = Vec::new();
    for bytes in content {
        let of = |place: usize| place.clamp(start, start + bytes.len()) - start;
        found.push(bytes.slice(of(first)..of(end)));
        start += bytes.len();
    }
    (first < end && end <= start).then_some(found)
}
