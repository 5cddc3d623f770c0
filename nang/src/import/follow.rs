//! From the last byte to a film that plays: what the server does meanwhile, and how it ends.

use std::time::Duration;

use anyhow::bail;
use serde_json::{Value, json};

use super::{
    api::Server,
    meter::Meter,
    trouble::{Patience, Refused, Trouble},
};

const EVERY: Duration = Duration::from_secs(1);

/// What a look at the film shows.
#[derive(Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing that can be counted yet.
    Waiting(&'static str),
    Encoding {
        frames_done: u64,
        frames_total: u64,
        jobs_done: u64,
        jobs_total: u64,
    },
    Ready,
    /// A newer master's build is shown.
    Superseded,
    Failed(String),
}

/// Returns when the film can be played from the file `master`, or from a newer one that was ready first; how it failed, otherwise, is a [`Refused`].
pub(super) async fn follow(server: &mut Server, film: &str, master: &str) -> anyhow::Result<()> {
    let meter = Meter::frames();
    let ended = watch(server, film, master, &meter).await;
    meter.finish();
    ended
}

async fn watch(server: &mut Server, film: &str, master: &str, meter: &Meter) -> anyhow::Result<()> {
    let mut patience = Patience::new();
    loop {
        match server.get(&format!("/api/admin/films/{film}")).await {
            Ok(film) => {
                patience = Patience::new();
                match stage(&film, master) {
                    Stage::Ready => return Ok(()),
                    Stage::Superseded => {
                        meter.note("A newer master of this film is ready, and is shown instead of this one");
                        return Ok(());
                    }
                    Stage::Failed(reason) => return Err(Refused(reason).into()),
                    Stage::Waiting(what) => meter.wait_for(what),
                    Stage::Encoding { frames_done, frames_total, jobs_done, jobs_total } => {
                        meter.show(frames_done, frames_total, format!("{jobs_done}/{jobs_total} jobs"));
                    }
                }
                tokio::time::sleep(EVERY).await;
            }
            Err(trouble) if trouble.is_passing() => match patience.next_pause() {
                Some(pause) => {
                    meter.note(&format!("Trying again in {:.1} s: {trouble}", pause.as_secs_f64()));
                    tokio::time::sleep(pause).await;
                }
                None => bail!("{trouble}; given up after many attempts. The film may go on without us"),
            },
            Err(trouble) => return Err(trouble.refused("following the film")),
        }
    }
}

/// Reads an `AdminFilm`; `master` is the id of the file in question.
fn stage(film: &Value, master: &str) -> Stage {
    let failed =
        |reason: &Value, otherwise: &str| Stage::Failed(reason.as_str().unwrap_or(otherwise).to_owned());
    let find = |list: &Value, key: &str| -> Option<Value> {
        list.as_array()?.iter().rfind(|item| item[key] == master).cloned()
    };
    let row = find(&film["files"], "id").unwrap_or_default();
    let build = find(&film["builds"], "file_id").unwrap_or_default();
    match (row["state"].as_str(), build["state"].as_str()) {
        (Some("refused"), _) => return failed(&row["note"], "the master was refused"),
        (Some("expired"), _) => return failed(&row["note"], "the upload was given up"),
        (_, Some("ready")) => return Stage::Ready,
        (_, Some("superseded")) => return Stage::Superseded,
        (_, Some("failed")) => return failed(&build["failure"], "the encoding failed"),
        (_, Some("cancelled")) => return Stage::Failed("the encoding was cancelled".to_owned()),
        _ => {}
    }
    match film["status"].as_str() {
        Some("failed") => failed(&film["failure"], "the film failed"),
        Some("ready") if row["state"] == "duplicate" => Stage::Ready,
        _ => {
            // A duplicate waits for the build of the file it equals.
            let build = if build.is_null() {
                film["builds"].as_array().and_then(|all| all.last().cloned())
            } else {
                Some(build)
            };
            let build = build.unwrap_or_default();
            let count = |name: &str| build["progress"][name].as_u64().unwrap_or(0);
            match build["state"].as_str() {
                Some("publishing") => Stage::Waiting("Publishing"),
                Some("encoding") => Stage::Encoding {
                    frames_done: count("frames_done"),
                    frames_total: count("frames_total"),
                    jobs_done: count("jobs_done"),
                    jobs_total: count("jobs_total"),
                },
                _ => Stage::Waiting("Looking at the master"),
            }
        }
    }
}

/// Shows the film to everybody.
pub(super) async fn publish(server: &mut Server, film: &str) -> anyhow::Result<()> {
    let path = format!("/api/admin/films/{film}");
    let mut patience = Patience::new();
    loop {
        let published = match server.get(&path).await {
            Ok(film) => server.patch(&path, &film["version"], &json!({ "visibility": "public" })).await,
            Err(trouble) => Err(trouble),
        };
        match published {
            Ok(_) => return Ok(()),
            // Somebody else edited the film between our two requests.
            Err(Trouble::Answer { status, .. }) if status.as_u16() == 412 => {}
            Err(trouble) if trouble.is_passing() => match patience.next_pause() {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(trouble.refused("publishing the film")),
            },
            Err(trouble) => return Err(trouble.refused("publishing the film")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Stage, stage};

    #[test]
    fn what_a_film_says_is_understood() {
        let progress = json!({"frames_done": 5, "frames_total": 10, "jobs_done": 1, "jobs_total": 3});
        let build = |file: &str, state: &str| json!({"file_id": file, "state": state, "progress": progress, "failure": "broke"});
        let encoding = Stage::Encoding { frames_done: 5, frames_total: 10, jobs_done: 1, jobs_total: 3 };
        let failed = |reason: &str| Stage::Failed(reason.to_owned());
        for (status, file, builds, expected) in [
            ("processing", "uploaded", vec![], Stage::Waiting("Looking at the master")),
            ("processing", "uploaded", vec![build("f", "encoding")], encoding),
            ("processing", "uploaded", vec![build("f", "publishing")], Stage::Waiting("Publishing")),
            ("ready", "uploaded", vec![build("f", "ready")], Stage::Ready),
            ("ready", "uploaded", vec![build("f", "superseded"), build("newer", "ready")], Stage::Superseded),
            ("failed", "uploaded", vec![build("f", "failed")], failed("broke")),
            ("processing", "uploaded", vec![build("f", "cancelled")], failed("the encoding was cancelled")),
            ("failed", "refused", vec![], failed("no picture in it")),
            ("failed", "uploaded", vec![], failed("gave up")),
            // A better copy of a film that plays already is not ready because the film is.
            ("ready", "uploaded", vec![build("other", "ready")], Stage::Waiting("Looking at the master")),
            ("ready", "duplicate", vec![build("other", "ready")], Stage::Ready),
        ] {
            let film = json!({
                "status": status, "failure": "gave up", "builds": builds,
                "files": [{"id": "f", "state": file, "note": "no picture in it"}],
            });
            assert_eq!(stage(&film, "f"), expected, "{film}");
        }
    }
}
