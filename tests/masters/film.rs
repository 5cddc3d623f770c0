//! What Nang says of a master and makes of it.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// The report of `nang probe`.
pub(super) struct Report {
    pub(super) refusal: Option<String>,
    /// Codes of the notes.
    pub(super) notes: Vec<String>,
    /// Why streams are not used.
    pub(super) unused: Vec<String>,
    /// Language and role of each audio track of the plan, as `lo main`.
    pub(super) audio: Vec<String>,
    pub(super) rate: String,
}

/// A film that was encoded.
pub(super) struct Film {
    pub(super) width: usize,
    pub(super) height: usize,
    /// The decoded frames: red, green and blue of each sample.
    pub(super) frames: Vec<Vec<u8>>,
    /// The samples of both ears, 48,000 in a second.
    pub(super) ears: [Vec<f32>; 2],
    pub(super) rate: f64,
}

fn nang() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nang"));
    command.env("NANG_SANDBOX", "best-effort").stdin(Stdio::null());
    command
}

fn output(command: &mut Command) -> Result<Output, String> {
    command.output().map_err(|error| format!("cannot run {command:?}: {error}"))
}

/// Runs `nang probe`.
pub(super) fn probe(master: &Path) -> Result<Report, String> {
    let output = output(nang().args(["probe", "--json"]).arg(master))?;
    let Ok(report) = serde_json::from_slice::<Value>(&output.stdout) else {
        // Files that cannot be read at all are refused before there are facts.
        let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        let refusal = text.strip_prefix("nang: ").map(str::to_owned);
        return refusal
            .map(|refusal| Report {
                refusal: Some(refusal),
                notes: vec![],
                unused: vec![],
                audio: vec![],
                rate: String::new(),
            })
            .ok_or(format!("nang probe said neither a report nor a refusal: {text}"));
    };
    let texts = |values: &Value, key: &str| -> Vec<String> {
        let values = values.as_array().map(Vec::as_slice).unwrap_or_default();
        values.iter().filter_map(|value| Some(value.pointer(key)?.as_str()?.to_owned())).collect()
    };
    let plan = &report["plan"];
    let audio = plan["audio"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(Report {
        refusal: report["refusal"].as_str().map(str::to_owned),
        notes: texts(&plan["notes"], "/code"),
        unused: texts(&report["unused"], "/why"),
        audio: audio
            .iter()
            .map(|track| {
                let language = track["language"].as_str().unwrap_or("-");
                format!("{language} {}", track["role"].as_str().unwrap_or("main"))
            })
            .collect(),
        rate: format!("{}/{}", plan["timeline"]["frame_rate"]["num"], plan["timeline"]["frame_rate"]["den"]),
    })
}

fn encode_to(master: &Path, out: &Path) -> Result<Output, String> {
    let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/masters/profile.toml");
    output(nang().arg("encode").arg(master).arg("--out").arg(out).arg("--profile").arg(profile))
}

/// Checks that encoding a refused master fails with words and leaves no film behind.
pub(super) fn no_output_when_refused(master: &Path, out: &Path) -> Result<(), String> {
    let output = encode_to(master, out)?;
    if output.status.success() || out.join("main.m3u8").exists() {
        return Err("a refused master was encoded".to_owned());
    }
    Ok(())
}

/// Runs `nang encode` and decodes the film.
pub(super) fn encode(master: &Path, out: &Path) -> Result<Film, String> {
    let encoded = encode_to(master, out)?;
    if !encoded.status.success() {
        return Err(format!("nang encode: {}", String::from_utf8_lossy(&encoded.stderr).trim()));
    }
    let playlist = out.join("main.m3u8");
    let described = ffprobe(&playlist, "v:0", "stream=width,height,r_frame_rate")?;
    let fields: Vec<&str> = described.split(',').collect();
    let [width, height, rate] = fields[..] else { return Err(format!("ffprobe: {described}")) };
    let number = |text: &str| text.parse::<usize>().map_err(|error| format!("{text}: {error}"));
    let (width, height) = (number(width)?, number(height)?);
    let (num, den) = rate.split_once('/').ok_or("no frame rate")?;
    let rate = num.parse::<f64>().unwrap_or(0.0) / den.parse::<f64>().unwrap_or(1.0);
    let video = decode(
        &playlist,
        &["-map", "0:v:0", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24"],
    )?;
    let frames = video.chunks_exact(width * height * 3).map(<[u8]>::to_vec).collect();
    let audio =
        decode(&playlist, &["-map", "0:a:0?", "-ac", "2", "-ar", "48000", "-f", "f32le"]).unwrap_or_default();
    let sample = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    let ears = [0, 4].map(|at| audio.chunks_exact(8).map(|both| sample(&both[at..at + 4])).collect());
    Ok(Film { width, height, frames, ears, rate })
}

fn ffprobe(path: &PathBuf, stream: &str, entries: &str) -> Result<String, String> {
    let mut command = Command::new("ffprobe");
    command
        .args(["-v", "error", "-select_streams", stream, "-show_entries", entries, "-of", "csv=p=0"])
        .arg(path);
    let text = String::from_utf8_lossy(&output(&mut command)?.stdout).into_owned();
    let line = text.lines().find(|line| !line.trim().is_empty());
    line.map(|line| line.trim_end_matches(',').to_owned()).ok_or(format!("ffprobe printed no {entries}"))
}

fn decode(path: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-i"]).arg(path).args(arguments).arg("-");
    let output = output(&mut command)?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
