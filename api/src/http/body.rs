//! Reading a request's body: never more than is allowed, and never for ever.
//!
//! A client that sends a byte now and then, or none, would hold a connection, and whatever the request was given, for
//! nothing; before anybody has logged in, that is free for the client.

use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::{Instant, timeout_at};

use super::error::ApiError;

/// How long clients are waited for. The default is for the slowest of links.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The longest time in which nothing of a body comes.
    pub idle: Duration,
    /// The longest time that JSON may take, mostly a few kilobytes.
    pub json: Duration,
    /// The longest time that a file may take: a picture, or a catalogue.
    pub file: Duration,
    /// The longest time that whoever exports the catalogue may take for one part of it. The database ends a transaction that
    /// waits for a minute.
    pub export_part: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(30),
            json: Duration::from_mins(2),
            file: Duration::from_hours(1),
            export_part: Duration::from_mins(1),
        }
    }
}

/// The whole body of at most `max_bytes`, of which something must come every `idle` and all in `whole`.
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
