//! Damaged masters against a whole server and the command line: who sees what, and the exit status.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

use crate::support::{Site, master};

/// The exit status for a film that is encoded and needs a decision.
const DAMAGED: Option<i32> = Some(3);

/// Copies a film and overwrites its video packets that begin within these times, in seconds.
fn damaged(film: &Path, name: &str, times: Range<f64>) -> PathBuf {
    let packets = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-of", "csv=p=0"])
        .args(["-show_entries", "packet=pts_time,size,pos"])
        .arg(film)
        .output()
        .unwrap();
    assert!(packets.status.success());
    let mut bytes = std::fs::read(film).unwrap();
    for packet in String::from_utf8(packets.stdout).unwrap().lines() {
        let fields: Vec<&str> = packet.split(',').collect();
        let (size, at): (usize, usize) = (fields[1].parse().unwrap(), fields[2].parse().unwrap());
        if times.contains(&fields[0].parse().unwrap()) {
            bytes[at..at + size].fill(0xff);
        }
    }
    let damaged = film.with_file_name(name);
    std::fs::write(&damaged, bytes).unwrap();
    damaged
}

fn printed(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

async fn import(site: &Site, file: &Path, title: &str, options: &[&str]) -> Output {
    let mut arguments = vec!["import", file.to_str().unwrap(), "--title", title, "--profile", "fast"];
    arguments.extend_from_slice(options);
    site.run(&arguments).await
}

fn newest_build(film: &Value) -> &Value {
    film["builds"].as_array().unwrap().last().unwrap()
}

#[tokio::test]
async fn viewers_get_a_seriously_damaged_film_only_when_an_editor_publishes_it() {
    let site = Site::start(1).await;
    let whole = master(site.path(), 20);
    let broken = damaged(&whole, "broken.mp4", 6.0..10.0);
    let token = site.log_in().await;

    let cues = site.path().join("cues.srt");
    std::fs::write(&cues, "1\n00:00:01,000 --> 00:00:02,000\nສະບາຍດີ\n").unwrap();
    let subtitle = format!("lo={}", cues.display());
    let output = import(&site, &broken, "Broken", &["--publish", "--subtitle", &subtitle]).await;
    let text = printed(&output);
    assert_eq!(output.status.code(), DAMAGED, "{text}\n{}", site.read_log("server"));
    assert!(
        text.contains("until an editor publishes it: the video stands still or is broken for "),
        "{text}"
    );
    let film = site.film(&token, "Broken").await.unwrap();
    let id = film["id"].as_str().unwrap();
    assert!(text.contains(&format!("/admin/films/{id}")), "the import must print the film's page: {text}");
    let rest = format!("The subtitles were not added; then add them with --film {id}");
    assert!(text.contains(&rest), "{text}");
    assert_eq!((&film["status"], &film["visibility"]), (&"damaged".into(), &"draft".into()), "{film:#}");
    assert!(film["build_id"].is_null(), "{film:#}");
    let build = newest_build(&film);
    assert_eq!((&build["state"], &build["damage"]["level"]), (&"damaged".into(), &"serious".into()));
    let track = &build["damage"]["tracks"][0];
    assert_eq!((&track["kind"], &track["track"]), (&"held_frames".into(), &Value::Null));
    assert!(track["places"][0]["duration_ms"].as_u64().unwrap() > 2000, "{track:#}");
    let waiting = site.get(&token, "/api/admin/builds?state=damaged").await.unwrap();
    assert_eq!(waiting["items"].as_array().unwrap().len(), 1);
    let (status, answer) = site.post(&token, &format!("/api/stream/{id}"), &Value::Null).await;
    assert_eq!(status, 409, "{answer:#}");

    // Only an editor can publish it, and only once.
    let publish = format!("/api/admin/builds/{}/publish", build["id"].as_str().unwrap());
    assert_eq!(site.post("", &publish, &Value::Null).await.0, 401);
    let (status, answer) = site.post(&token, &publish, &Value::Null).await;
    assert_eq!((status, &answer["state"]), (200, &"ready".into()), "{answer:#}");
    assert!(answer["approved_at"].is_string() && answer["approved_by"].is_string(), "{answer:#}");
    let (status, answer) = site.post(&token, &publish, &Value::Null).await;
    assert_eq!(status, 409, "{answer:#}");
    let film = site.film(&token, "Broken").await.unwrap();
    assert_eq!((&film["status"], &film["build_id"]), (&"ready".into(), &newest_build(&film)["id"]));
    let stream = site.play_as(&token, id).await;
    assert_eq!(stream.status().await, 200);
    stream.read_everything().await;

    let rest = site.run(&["import", "--film", id, "--subtitle", &subtitle]).await;
    assert_eq!(rest.status.code(), Some(0), "{}", printed(&rest));

    // An undamaged build needs no decision.
    let output = import(&site, &whole, "Undamaged", &["--wait"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
    let undamaged = newest_build(&site.film(&token, "Undamaged").await.unwrap()).clone();
    assert!(undamaged["damage"].is_null() && undamaged["approved_at"].is_null(), "{undamaged:#}");
    let publish = format!("/api/admin/builds/{}/publish", undamaged["id"].as_str().unwrap());
    let (status, answer) = site.post(&token, &publish, &Value::Null).await;
    assert_eq!(status, 409, "{answer:#}");
}

#[tokio::test]
async fn encode_says_where_the_master_is_damaged() {
    let site = Site::unstarted();
    let whole = master(site.path(), 20);
    let encode = async |file: &Path, out: &str| {
        let out = site.path().join(out);
        site.run(&["encode", file.to_str().unwrap(), "--out", out.to_str().unwrap(), "--profile", "fast"])
            .await
    };
    let output = encode(&whole, "whole").await;
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
    assert!(!printed(&output).contains("damage"), "{}", printed(&output));

    let broken = damaged(&whole, "broken.mp4", 6.0..10.0);
    let output = encode(&broken, "broken").await;
    let text = printed(&output);
    assert_eq!(output.status.code(), DAMAGED, "{text}");
    assert!(
        text.contains("Warning: the master is damaged: the video stands still or is broken for "),
        "{text}"
    );
    assert!(text.contains("The damage is serious."), "{text}");
    assert!(site.path().join("broken/main.m3u8").exists());

    let unreadable = damaged(&whole, "unreadable.mp4", 2.0..99.0);
    let output = encode(&unreadable, "unreadable").await;
    let text = printed(&output);
    assert!(!output.status.success() && output.status.code() != DAMAGED, "{text}");
    assert!(text.contains("The video cannot be read after 00:00:0"), "{text}");
    assert!(text.contains("Upload an undamaged copy of the film."), "{text}");
}
