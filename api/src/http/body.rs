//! Reads request bodies with limits on size and time.
//!
//! Without time limits, a client that sends very slowly or not at all would hold a connection and the resources of its request, and
//! could do so without logging in.

use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::{Instant, timeout_at};

use super::error::ApiError;

/// Timeouts for slow clients. The defaults suit very slow links.
#[derive(Clone, Copy, Debug)]
pub struct ClientTimeouts {
    /// Maximum time without any data of a request body.
    pub idle: Duration,
    /// Maximum time for a whole JSON body, usually a few kilobytes.
    pub json: Duration,
    /// Maximum time for a whole file: an image or a catalogue.
    pub file: Duration,
    /// Maximum time that a client may take to read one part of an exported catalogue. PostgreSQL ends a transaction that is idle for
    /// a minute.
    pub export_part: Duration,
}

impl Default for ClientTimeouts {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(30),
            json: Duration::from_mins(2),
            file: Duration::from_hours(1),
            export_part: Duration::from_mins(1),
        }
    }
}

/// Reads a whole body of at most `max_bytes`. Data must arrive at least every `idle`, and the whole body within `whole`.
pub(crate) async fn read_body(
    body: Body,
    max_bytes: usize,
    idle: Duration,
    whole: Duration,
) -> Result<Bytes, ApiError> {
    let end = Instant::now() + whole;
    let mut body = Limited::new(body, max_bytes);
    let mut read = Vec::new();
    loop {
        let next = timeout_at(end.min(Instant::now() + idle), body.frame());
        let Some(frame) = next.await.map_err(|_| ApiError::SlowBody)? else { return Ok(read.into()) };
        let frame = frame.map_err(|error| {
            if error.is::<LengthLimitError>() {
                ApiError::BodyTooLarge(max_bytes)
            } else {
                ApiError::MalformedBody("The body ended early.".to_owned())
            }
        })?;
        if let Ok(bytes) = frame.into_data() {
            read.extend_from_slice(&bytes);
        }
    }
}
