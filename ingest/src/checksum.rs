//! The checksum extension: a digest of one request's bytes, which is compared before any of them count.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::error::IngestError;
use crate::headers::UPLOAD_CHECKSUM;

/// Value of `Tus-Checksum-Algorithm`. Every tus server must support sha1.
pub(crate) const ALGORITHMS: &str = "sha1,sha256";

enum Hasher {
    Sha1(Sha1),
    Sha256(Sha256),
}

/// The digest that the client announced, and the hasher of the bytes received so far.
pub(crate) struct Checksum {
    announced: Vec<u8>,
    hasher: Hasher,
}

impl Checksum {
    /// Parses `Upload-Checksum: <algorithm> <base64>`. Returns `None` if it is absent.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Result<Option<Self>, IngestError> {
        let Some(value) = headers.get(UPLOAD_CHECKSUM) else { return Ok(None) };
        let malformed = |problem| IngestError::Header { name: UPLOAD_CHECKSUM, problem };
        let (algorithm, digest) = value
            .to_str()
            .ok()
            .and_then(|text| text.split_once(' '))
            .ok_or_else(|| malformed("is not an algorithm and a base64 digest"))?;
        let (hasher, digest_bytes) = match algorithm {
            "sha1" => (Hasher::Sha1(Sha1::new()), 20),
            "sha256" => (Hasher::Sha256(Sha256::new()), 32),
            _ => return Err(malformed("names an algorithm other than sha1 and sha256")),
        };
        let announced = BASE64_STANDARD.decode(digest.trim()).map_err(|_| malformed("is not base64"))?;
        if announced.len() != digest_bytes {
            return Err(malformed("has a digest of the wrong length"));
        }
        Ok(Some(Self { announced, hasher }))
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match &mut self.hasher {
            Hasher::Sha1(hasher) => hasher.update(bytes),
            Hasher::Sha256(hasher) => hasher.update(bytes),
        }
    }

    pub(crate) fn matches(self) -> bool {
        match self.hasher {
            Hasher::Sha1(hasher) => hasher.finalize()[..] == self.announced[..],
            Hasher::Sha256(hasher) => hasher.finalize()[..] == self.announced[..],
        }
    }
}
