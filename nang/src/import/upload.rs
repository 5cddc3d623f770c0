//! The tus 1.0 client: find out what the server has, send the rest, and again until it has all.

use std::sync::Arc;

use anyhow::{Context, bail};
use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{
    Body, Method, RequestBuilder, Response,
    header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION},
};

use super::{
    api::{ANSWER, Server},
    master::Master,
    meter::Meter,
    state::State,
    trouble::{Patience, Refused, Trouble},
};

/// Bytes per request. The login is checked and the database told at each, and a proxy may want to hold one whole.
const REQUEST_BYTES: u64 = 256 << 20;

/// Refuses a file that this server would refuse, before a film is made for it.
pub(super) async fn check_limit(server: &mut Server, master: &Master) -> anyhow::Result<()> {
    let url = format!("{}/api/admin/uploads", server.address());
    let answer = server.send(|client| client.request(Method::OPTIONS, &url).timeout(ANSWER)).await;
    let answer = answer.map_err(|trouble| trouble.refused("asking what it takes"))?;
    match number(&answer, "tus-max-size") {
        Some(limit) if master.size_bytes > limit => Err(Refused(format!(
            "{} has {} bytes, and the server takes at most {limit}",
            master.path.display(),
            master.size_bytes
        ))
        .into()),
        _ => Ok(()),
    }
}

/// Sends the master, or what is missing of it, and says which of the film's files it is.
pub(super) async fn upload(
    server: &mut Server,
    master: &Master,
    state: &mut State,
    film: &str,
) -> anyhow::Result<String> {
    let meter = Arc::new(Meter::bytes(master.size_bytes));
    let done = send_all(server, master, state, film, &meter).await;
    meter.finish();
    let (address, became) = done?;
    if became == "duplicate" {
        meter.note("The film already has this very file; nothing new is encoded.");
    }
    Ok(address.rsplit('/').next().unwrap_or_default().to_owned())
}

/// Gives the upload's address and what the server says it became.
async fn send_all(
    server: &mut Server,
    master: &Master,
    state: &mut State,
    film: &str,
    meter: &Arc<Meter>,
) -> anyhow::Result<(String, String)> {
    let mut patience = Patience::new();
    loop {
        match send_more(server, master, state, film, meter).await? {
            Ok(Some(done)) => return Ok(done),
            Ok(None) => patience = Patience::new(),
            Err(trouble) if trouble.is_gone() && state.upload.is_some() => {
                meter.note(&format!("The upload begun earlier is gone ({trouble}); beginning again."));
                state.set_upload(None)?;
            }
            Err(trouble) if trouble.is_passing() => match patience.next_pause() {
                Some(pause) => {
                    meter.note(&format!("Trying again in {:.1} s: {trouble}", pause.as_secs_f64()));
                    tokio::time::sleep(pause).await;
                }
                None => bail!("{trouble}; given up after many attempts. The same command goes on from here"),
            },
            Err(trouble) => return Err(trouble.refused("sending the master")),
        }
    }
}

/// Asks where the upload stands and sends on from there as long as all goes well.
async fn send_more(
    server: &mut Server,
    master: &Master,
    state: &mut State,
    film: &str,
    meter: &Arc<Meter>,
) -> anyhow::Result<Result<Option<(String, String)>, Trouble>> {
    let address = match &state.upload {
        Some(address) => address.clone(),
        None => match create(server, master, film).await? {
            Ok(address) => {
                state.set_upload(Some(address.clone()))?;
                address
            }
            Err(trouble) => return Ok(Err(trouble)),
        },
    };
    let mut answer = match server.send(|client| tus(client.head(&address)).timeout(ANSWER)).await {
        Ok(answer) => answer,
        Err(trouble) => return Ok(Err(trouble)),
    };
    let mut moved = false;
    loop {
        let offset = number(&answer, "upload-offset").context("the server does not say how much it has")?;
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
            // Something got through before the trouble: patience starts anew.
            Err(trouble) if moved && trouble.is_passing() => {
                meter.note(&format!("Going on: {trouble}"));
                return Ok(Ok(None));
            }
            Err(trouble) => return Ok(Err(trouble)),
        };
        moved = true;
    }
}

async fn create(server: &mut Server, master: &Master, film: &str) -> anyhow::Result<Result<String, Trouble>> {
    let url = format!("{}/api/admin/uploads", server.address());
    let metadata = format!(
        "filename {},film_id {}",
        BASE64_STANDARD.encode(master.name()),
        BASE64_STANDARD.encode(film)
    );
    let created = server
        .send(|client| {
            tus(client.post(&url).timeout(ANSWER))
                .header("upload-length", master.size_bytes)
                .header("upload-metadata", &metadata)
        })
        .await;
    let answer = match created {
        Ok(answer) => answer,
        Err(trouble) => return Ok(Err(trouble)),
    };
    let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    server.resolve(location.context("the server does not say where the upload is")?).map(Ok)
}

fn tus(request: RequestBuilder) -> RequestBuilder {
    request.header("tus-resumable", "1.0.0")
}

fn number(answer: &Response, header: &str) -> Option<u64> {
    answer.headers().get(header)?.to_str().ok()?.parse().ok()
}
