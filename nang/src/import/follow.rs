//! Follows the processing of an uploaded master until its film is ready or has failed.

use std::time::Duration;

use anyhow::bail;
use domain::damage::{self, TrackDamage};
use serde_json::{Value, json};

use super::{
    api::Server,
    error::{Backoff, Damaged, Refused, RequestError},
    meter::Meter,
};

const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// How far the processing of the film is.
#[derive(Debug, PartialEq, Eq)]
enum Stage {
    /// There is no progress to count.
    Waiting(&'static str),
    Encoding {
        frames_done: u64,
        frames_total: u64,
        jobs_done: u64,
        jobs_total: u64,
    },
    Ready,
    /// Viewers see the build of a newer master.
    Superseded,
    /// The build waits for an editor because its master is damaged: the damage, and what viewers see now.
    Damaged(String),
    Failed(String),
}

/// Returns when the film plays from the file `master`, or from a newer file that was ready first. If the film fails, the error is a
/// [`Refused`] with the reason; if an editor must decide about a damaged build, it is a [`Damaged`].
pub(super) async fn follow(server: &mut Server, film: &str, master: &str) -> anyhow::Result<()> {
    let meter = Meter::frames();
    let ended = watch(server, film, master, &meter).await;
    meter.finish();
    ended
}

async fn watch(server: &mut Server, film: &str, master: &str, meter: &Meter) -> anyhow::Result<()> {
    let mut backoff = Backoff::new();
    loop {
        match server.get(&format!("/api/admin/films/{film}")).await {
            Ok(film) => {
                backoff = Backoff::new();
                match stage(&film, master) {
                    Stage::Ready => {
                        for note in newest(&film["builds"], "file_id", master).iter().flat_map(damage_of) {
                            meter.note(&format!("Warning: the master is slightly damaged: {note}"));
                        }
                        return Ok(());
                    }
                    Stage::Superseded => {
                        meter.note("A newer master of this film is ready, so viewers see that one instead of this one");
                        return Ok(());
                    }
                    Stage::Damaged(damage) => return Err(Damaged { damage, without_subtitles: None }.into()),
                    Stage::Failed(reason) => return Err(Refused(reason).into()),
                    Stage::Waiting(what) => meter.show_waiting(what),
                    Stage::Encoding { frames_done, frames_total, jobs_done, jobs_total } => {
                        meter.show(frames_done, frames_total, format!("{jobs_done}/{jobs_total} jobs"));
                    }
                }
                tokio::time::sleep(POLL_INTERVAL).await;
            }
            Err(error) if error.is_temporary() => match backoff.next_delay() {
                Some(delay) => {
                    meter.note(&format!("Trying again in {:.1} s: {error}", delay.as_secs_f64()));
                    tokio::time::sleep(delay).await;
                }
                None => bail!("{error}; gave up after many attempts. The server may still finish the film"),
            },
            Err(error) => return Err(error.during("waiting for the film")),
        }
    }
}

/// Returns the stage of an `AdminFilm`; `master` is the id of the uploaded file.
fn stage(film: &Value, master: &str) -> Stage {
    let failed =
        |reason: &Value, otherwise: &str| Stage::Failed(reason.as_str().unwrap_or(otherwise).to_owned());
    let damaged = |build: &Value| Stage::Damaged(damage_of(build).join("; "));
    let row = newest(&film["files"], "id", master).unwrap_or_default();
    let build = newest(&film["builds"], "file_id", master).unwrap_or_default();
    match (row["state"].as_str(), build["state"].as_str()) {
        (Some("refused"), _) => return failed(&row["note"], "the master was refused"),
        (Some("expired"), _) => return failed(&row["note"], "the upload expired"),
        (_, Some("ready")) => return Stage::Ready,
        (_, Some("superseded")) => return Stage::Superseded,
        (_, Some("damaged")) => return damaged(&build),
        (_, Some("failed")) => return failed(&build["failure"], "the encoding failed"),
        (_, Some("cancelled")) => return Stage::Failed("the encoding was cancelled".to_owned()),
        _ => {}
    }
    match film["status"].as_str() {
        Some("failed") => failed(&film["failure"], "the film failed"),
        Some("ready") if row["state"] == "duplicate" => Stage::Ready,
        Some("damaged") if row["state"] == "duplicate" => {
            damaged(&newest(&film["builds"], "state", "damaged").unwrap_or_default())
        }
        _ => {
            // A duplicate has no build; it waits for the build of the identical file.
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
                _ => Stage::Waiting("Probing the master"),
            }
        }
    }
}

/// Returns the last item of a list whose `key` has this value.
fn newest(list: &Value, key: &str, value: &str) -> Option<Value> {
    list.as_array()?.iter().rfind(|item| item[key] == value).cloned()
}

/// Returns the damage of each track of a build, in words.
fn damage_of(build: &Value) -> Vec<String> {
    let tracks = build["damage"]["tracks"].as_array().cloned().unwrap_or_default();
    let words = |track: Value| {
        let label = track["label"].as_str().map(str::to_owned);
        let track: TrackDamage = serde_json::from_value(track).ok()?;
        Some(damage::summary(&track, label.as_deref()))
    };
    tracks.into_iter().filter_map(words).collect()
}

/// Makes the film public.
pub(super) async fn publish(server: &mut Server, film: &str) -> anyhow::Result<()> {
    let path = format!("/api/admin/films/{film}");
    let mut backoff = Backoff::new();
    loop {
        let published = match server.get(&path).await {
            Ok(film) => server.patch(&path, &film["version"], &json!({ "visibility": "public" })).await,
            Err(error) => Err(error),
        };
        match published {
            Ok(_) => return Ok(()),
            // Another editor changed the film between the two requests.
            Err(RequestError::Response { status, .. }) if status.as_u16() == 412 => {}
            Err(error) if error.is_temporary() => match backoff.next_delay() {
                Some(delay) => tokio::time::sleep(delay).await,
                None => return Err(error.during("publishing the film")),
            },
            Err(error) => return Err(error.during("publishing the film")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Stage, stage};

    #[test]
    fn the_stage_follows_from_the_files_and_builds_of_a_film() {
        let progress = json!({"frames_done": 5, "frames_total": 10, "jobs_done": 1, "jobs_total": 3});
        let build = |file: &str, state: &str| json!({"file_id": file, "state": state, "progress": progress, "failure": "broke"});
        let encoding = Stage::Encoding { frames_done: 5, frames_total: 10, jobs_done: 1, jobs_total: 3 };
        let damaged = json!({
            "file_id": "f", "state": "damaged",
            "damage": {"level": "serious", "duration_ms": 60_000, "tracks": [
                {"kind": "held_frames", "track": null, "label": null, "total_ms": 3000, "count": 1,
                 "places": [{"from_ms": 20_000, "duration_ms": 3000}]},
                {"kind": "lost_audio", "track": 2, "label": "Lao", "total_ms": 40, "count": 1,
                 "places": [{"from_ms": 5000, "duration_ms": 40}]},
            ]},
        });
        let places = "the video stands still or is broken for 3 s at 00:00:20; audio track 2 (Lao) is silent for 0.1 s at 00:00:05";
        let failed = |reason: &str| Stage::Failed(reason.to_owned());
        for (status, file, builds, expected) in [
            ("processing", "uploaded", vec![], Stage::Waiting("Probing the master")),
            ("processing", "uploaded", vec![build("f", "encoding")], encoding),
            ("processing", "uploaded", vec![build("f", "publishing")], Stage::Waiting("Publishing")),
            ("ready", "uploaded", vec![build("f", "ready")], Stage::Ready),
            ("ready", "uploaded", vec![build("f", "superseded"), build("newer", "ready")], Stage::Superseded),
            ("failed", "uploaded", vec![build("f", "failed")], failed("broke")),
            ("processing", "uploaded", vec![build("f", "cancelled")], failed("the encoding was cancelled")),
            ("failed", "refused", vec![], failed("no video in it")),
            ("failed", "uploaded", vec![], failed("gave up")),
            // The film is ready, but with an older file: the new file is not ready yet.
            ("ready", "uploaded", vec![build("other", "ready")], Stage::Waiting("Probing the master")),
            ("ready", "duplicate", vec![build("other", "ready")], Stage::Ready),
            ("damaged", "uploaded", vec![damaged.clone()], Stage::Damaged(places.to_owned())),
            (
                "damaged",
                "duplicate",
                vec![json!({"state": "damaged", "file_id": "other"})],
                Stage::Damaged(String::new()),
            ),
            ("ready", "uploaded", vec![build("other", "ready"), damaged], Stage::Damaged(places.to_owned())),
        ] {
            let film = json!({
                "status": status, "failure": "gave up", "builds": builds,
                "files": [{"id": "f", "state": file, "note": "no video in it"}],
            });
            assert_eq!(stage(&film, "f"), expected, "{film}");
        }
    }
}
