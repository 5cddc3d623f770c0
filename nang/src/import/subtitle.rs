//! Adds subtitle files to a film that is ready.

use anyhow::{Context, bail};
use reqwest::{Method, Url, header::CONTENT_TYPE};
use serde_json::Value;

use super::{
    api::{REQUEST_TIMEOUT, Server},
    error::{Backoff, Refused, RequestError},
    state::State,
};
use crate::subtitle_file::SubtitleFile;

/// Adds the files that an earlier run of the same command did not add yet.
pub(super) async fn add_all(
    server: &mut Server,
    film: &str,
    files: &[SubtitleFile],
    state: &mut State,
) -> anyhow::Result<()> {
    for file in files {
        let key = format!("{} {}", file.language.tag(), file.sha256());
        if !state.has_subtitle(&key) {
            add(server, film, file, &key, state).await?;
        }
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "messages to the user of the command")]
async fn add(
    server: &mut Server,
    film: &str,
    file: &SubtitleFile,
    key: &str,
    state: &mut State,
) -> anyhow::Result<()> {
    let path = file.path.display();
    let mut backoff = Backoff::new();
    loop {
        let error = match attempt(server, film, file, key, state).await? {
            Ok(accepted) => {
                state.end_subtitle(key)?;
                eprintln!("Added {path} ({})", file.language.label());
                let warnings = accepted["warnings"].as_array().into_iter().flatten();
                for warning in warnings.filter_map(Value::as_str) {
                    eprintln!("  {warning}");
                }
                return Ok(());
            }
            Err(error) => error,
        };
        // A conflict with other editors' changes, or an encoding to confirm, needs the user.
        let is_conflict = matches!(&error, RequestError::Response { status, .. } if status.as_u16() == 409);
        match backoff.next_delay() {
            Some(delay) if error.is_temporary() && !is_conflict => {
                eprintln!("Trying again in {:.1} s: {error}", delay.as_secs_f64());
                tokio::time::sleep(delay).await;
            }
            None if error.is_temporary() => {
                bail!("{error}; gave up after many attempts. Run the same command again to add {path}")
            }
            _ => {
                if let RequestError::Response { .. } = &error {
                    state.cancel_subtitle()?;
                }
                return Err(match error.during("adding the subtitles").downcast::<Refused>() {
                    Ok(Refused(reason)) => Refused(format!(
                        "{path} was not added: {reason} Correct it and run the same command again, or add it on the film's page: \
                         {}/admin/films/{film}",
                        server.address()
                    ))
                    .into(),
                    Err(error) => error,
                });
            }
        }
    }
}

/// Adds the file, unless an earlier attempt did and its response was lost. Returns the server's description of what it accepted.
async fn attempt(
    server: &mut Server,
    film: &str,
    file: &SubtitleFile,
    key: &str,
    state: &mut State,
) -> anyhow::Result<Result<Value, RequestError>> {
    let tracks = format!("/api/admin/films/{film}/tracks");
    let list = match server.get(&tracks).await {
        Ok(list) => list,
        Err(error) => return Ok(Err(error)),
    };
    let present = list["subtitle_tracks"].as_array().map(Vec::as_slice).unwrap_or_default();
    let id = |track: &Value| track["id"].as_str().unwrap_or_default().to_owned();
    if let Some(before) = state.tracks_before(key) {
        let is_new = |track: &&Value| {
            !before.contains(&id(track)) && track["language"].as_str() == Some(file.language.tag())
        };
        if let Some(added) = present.iter().find(is_new) {
            return Ok(Ok(added.clone()));
        }
    } else {
        state.begin_subtitle(key, present.iter().map(id).collect())?;
    }
    let mut url = Url::parse(&format!("{}{tracks}/subtitles", server.address()))
        .context("the server's address is invalid")?;
    let mut query = url.query_pairs_mut();
    query.append_pair("language", file.language.tag()).append_pair("name", &file.name());
    if let Some(encoding) = &file.encoding {
        query.append_pair("encoding", encoding);
    }
    drop(query);
    let sent = server
        .send(|client| {
            client
                .request(Method::POST, url.clone())
                .header(CONTENT_TYPE, "application/octet-stream")
                .body(file.bytes.clone())
                .timeout(REQUEST_TIMEOUT)
        })
        .await;
    Ok(match sent {
        Ok(response) => response.json().await.map_err(RequestError::Connection),
        Err(error) => Err(error),
    })
}
