//! A tus 1.0 client: asks how many bytes the server has, sends the rest, and repeats this until the upload is complete.

use std::sync::Arc;

use anyhow::{Context, bail};
use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{
    Body, Method, RequestBuilder, Response,
    header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION},
};

use super::{
    api::{REQUEST_TIMEOUT, Server},
    error::{Backoff, Refused, RequestError},
    master::Master,
    meter::Meter,
    state::State,
};

/// Maximum number of bytes in one request. The server checks the session and updates the database for each request, and a proxy may
/// buffer a whole request.
const REQUEST_BYTES: u64 = 256 << 20;

/// Fails for a file above the server's size limit, before a film is created for it.
pub(super) async fn check_limit(server: &mut Server, master: &Master) -> anyhow::Result<()> {
    let url = format!("{}/api/admin/uploads", server.address());
    let answer = server.send(|client| client.request(Method::OPTIONS, &url).timeout(REQUEST_TIMEOUT)).await;
    let answer = answer.map_err(|error| error.during("asking for its size limit"))?;
    match number(&answer, "tus-max-size") {
        Some(limit) if master.size_bytes > limit => Err(Refused(format!(
            "{} has {} bytes; the server accepts at most {limit}",
            master.path.display(),
            master.size_bytes
        ))
        .into()),
        _ => Ok(()),
    }
}

/// Uploads the master, or the part that the server does not have yet. Returns the id of the film's file.
pub(super) async fn upload(
    server: &mut Server,
    master: &Master,
    state: &mut State,
    film: &str,
) -> anyhow::Result<String> {
    let meter = Arc::new(Meter::bytes(master.size_bytes));
    let done = send_all(server, master, state, film, &meter).await;
    meter.finish();
    let (address, state) = done?;
    if state == "duplicate" {
        meter.note("The film already has this file, so nothing new is encoded");
    }
    Ok(address.rsplit('/').next().unwrap_or_default().to_owned())
}

/// Returns the upload's address and its final state on the server.
async fn send_all(
    server: &mut Server,
    master: &Master,
    state: &mut State,
    film: &str,
    meter: &Arc<Meter>,
) -> anyhow::Result<(String, String)> {
    let mut backoff = Backoff::new();
    loop {
        match send_more(server, master, state, film, meter).await? {
            Ok(Some(done)) => return Ok(done),
            Ok(None) => backoff = Backoff::new(),
            Err(error) if error.is_gone() && state.upload.is_some() => {
                meter.note(&format!(
                    "The server no longer has the earlier upload ({error}); starting a new one"
                ));
                state.set_upload(None)?;
            }
            Err(error) if error.is_temporary() => match backoff.next_delay() {
                Some(delay) => {
                    meter.note(&format!("Trying again in {:.1} s: {error}", delay.as_secs_f64()));
                    tokio::time::sleep(delay).await;
                }
                None => bail!("{error}; gave up after many attempts. Run the same command again to resume"),
            },
            Err(error) => return Err(error.during("uploading the master")),
        }
    }
}

/// Asks for the upload's offset and sends the rest until a request fails. Returns `None` if some of the requests succeeded.
async fn send_more(
    server: &mut Server,
    master: &Master,
    state: &mut State,
    film: &str,
    meter: &Arc<Meter>,
) -> anyhow::Result<Result<Option<(String, String)>, RequestError>> {
    let address = match &state.upload {
        Some(address) => address.clone(),
        None => match create(server, master, film).await? {
            Ok(address) => {
                state.set_upload(Some(address.clone()))?;
                address
            }
            Err(error) => return Ok(Err(error)),
        },
    };
    let mut answer = match server.send(|client| tus(client.head(&address)).timeout(REQUEST_TIMEOUT)).await {
        Ok(answer) => answer,
        Err(error) => return Ok(Err(error)),
    };
    let mut moved = false;
    loop {
        let offset =
            number(&answer, "upload-offset").context("the server's response has no Upload-Offset header")?;
        meter.restart_at(offset);
        if offset >= master.size_bytes {
            let became = answer.headers().get("nang-upload-state").and_then(|state| state.to_str().ok());
            return Ok(Ok(Some((address, became.unwrap_or("uploaded").to_owned()))));
        }
        master.check_unchanged()?;
        let length = REQUEST_BYTES.min(master.size_bytes - offset);
        let sent = server
            .send(|client| {
                let meter = meter.clone();
                let bytes = master.read(offset, length, move |bytes| meter.advance(bytes));
                tus(client.patch(&address))
                    .header("upload-offset", offset)
                    .header(CONTENT_TYPE, "application/offset+octet-stream")
                    .header(CONTENT_LENGTH, length)
                    .body(Body::wrap_stream(bytes))
            })
            .await;
        answer = match sent {
            Ok(answer) => answer,
            // Earlier requests succeeded, so the delay starts from its minimum again.
            Err(error) if moved && error.is_temporary() => {
                meter.note(&format!("Resuming the upload: {error}"));
                return Ok(Ok(None));
            }
            Err(error) => return Ok(Err(error)),
        };
        moved = true;
    }
}

async fn create(
    server: &mut Server,
    master: &Master,
    film: &str,
) -> anyhow::Result<Result<String, RequestError>> {
    let url = format!("{}/api/admin/uploads", server.address());
    let metadata = format!(
        "filename {},film_id {}",
        BASE64_STANDARD.encode(master.name()),
        BASE64_STANDARD.encode(film)
    );
    let created = server
        .send(|client| {
            tus(client.post(&url).timeout(REQUEST_TIMEOUT))
                .header("upload-length", master.size_bytes)
                .header("upload-metadata", &metadata)
        })
        .await;
    let answer = match created {
        Ok(answer) => answer,
        Err(error) => return Ok(Err(error)),
    };
    let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    server.resolve(location.context("the server's response has no Location header")?).map(Ok)
}

fn tus(request: RequestBuilder) -> RequestBuilder {
    request.header("tus-resumable", "1.0.0")
}

fn number(answer: &Response, header: &str) -> Option<u64> {
    answer.headers().get(header)?.to_str().ok()?.parse().ok()
}
