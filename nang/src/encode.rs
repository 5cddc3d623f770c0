//! `nang encode`: encodes a master without a server, shows the progress, and prints a summary.

use std::{
    fmt::Write as _,
    io::Read,
    path::Path,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use domain::{
    build_record::BuildRecord,
    child::{Probed, SandboxMode},
    clock_time,
    damage::{self, BuildDamage, DamageLevel},
    hex,
    plan::{Level, Plan},
    planner,
    presentation::TrackSettings,
    subtitle::Subtitle,
};
use indicatif::{HumanBytes, HumanDuration};
use sha2::{Digest, Sha256};
use storage::Storage;
use worker::{
    folder::{AddedSubtitle, FolderProgress, Sources, encode_folder, is_vacant, measure},
    sandbox::FileMaster,
    seal::renditions_with_high_peak,
};

use crate::{
    cli::EncodeArgs,
    profile,
    progress::Progress,
    role,
    subtitle_file::{SubtitleFile, SubtitleFileError},
};

/// Exit status if the film is encoded but its master is seriously damaged, so that a script does not publish it unseen.
pub(crate) const DAMAGED_STATUS: u8 = 3;

/// Maximum number of damaged places of a track in the summary.
const LISTED_PLACES: usize = 20;

/// Encodes a master and prints a summary of the output.
#[expect(clippy::print_stdout, reason = "this command's output")]
pub(crate) async fn run(args: EncodeArgs, sandbox: SandboxMode) -> anyhow::Result<ExitCode> {
    let profile = profile::load(&args.profile)?;
    let out = &args.out;
    ensure!(
        is_vacant(out).with_context(|| format!("cannot read the folder {}", out.display()))?,
        "{} is not empty; name a folder with --out that does not exist yet",
        out.display()
    );
    let open = |arg| SubtitleFile::open(arg, args.subtitle_encoding.as_deref());
    let files: Vec<SubtitleFile> = args.subtitles.iter().map(open).collect::<Result<_, _>>()?;
    let master = Arc::new(
        FileMaster::open(&args.master).with_context(|| format!("cannot read {}", args.master.display()))?,
    );
    let sandbox = role::sandbox::for_command(sandbox).await?;
    let Probed { facts, libraries } = sandbox.probe(Arc::clone(&master)).await?;
    let plan = match planner::plan(&profile, &facts) {
        Ok(plan) => Plan { libraries: Some(libraries), ..plan },
        Err(refusal) => bail!("{refusal}"),
    };
    let film_ms = plan.timeline.duration_ms();
    let subtitles = files.iter().map(|file| added(file, film_ms)).collect::<Result<_, _>>()?;
    let plan = measure(&sandbox, &master, plan, &profile.loudness).await?;
    let path = args.master.clone();
    let hash = tokio::task::spawn_blocking(move || sha256_of(&path));

    let started = Instant::now();
    let storage = Storage::local(out).with_context(|| format!("cannot create {}", out.display()))?;
    let jobs = args.jobs.unwrap_or_else(|| default_jobs(&plan));
    let master_sha256 = hash.await?.with_context(|| format!("cannot read {}", args.master.display()))?;
    let meter = Meter::new(&plan);
    let sources = Sources { plan: &plan, master_sha256, subtitles };
    let records = encode_folder(&sandbox, &master, sources, &storage, jobs, |progress| {
        meter.show(progress);
    })
    .await;
    meter.finish();
    let records = records
        .with_context(|| format!("{} is incomplete; delete it before you try again", out.display()))?;
    print!("{}", summary(&records, out, started.elapsed()));
    let worst = records.iter().map(|record| damage::level(&record.damage, record.duration_ms)).max();
    Ok(match worst.unwrap_or(DamageLevel::None) {
        DamageLevel::None | DamageLevel::Slight => ExitCode::SUCCESS,
        DamageLevel::Serious | DamageLevel::Unreadable => ExitCode::from(DAMAGED_STATUS),
    })
}

/// Returns a warning for each damaged track, with its longest places, and what to do if the damage is serious.
fn damage_report(record: &BuildRecord) -> String {
    let mut text = String::new();
    let Some(found) = BuildDamage::of(record) else { return text };
    for named in &found.tracks {
        let _ = writeln!(
            text,
            "Warning: the master is damaged: {}.",
            damage::summary(&named.track, named.label.as_deref())
        );
        let damage = &named.track.damage;
        for place in damage.places.iter().take(LISTED_PLACES).filter(|_| damage.count > 1) {
            let ms = |ms: u64| format!("{}.{:03}", clock_time(ms), ms % 1000);
            let _ = writeln!(text, "  {} to {}", ms(place.from_ms), ms(place.end_ms()));
        }
        if damage.count > LISTED_PLACES as u64 {
            let _ = writeln!(text, "  and more; build.json lists the longest places");
        }
    }
    if found.level() >= DamageLevel::Serious {
        let _ = writeln!(
            text,
            "The damage is serious. Look at these places before you publish the film, or encode an undamaged copy."
        );
    }
    text
}

/// Reads a subtitle file for a film of this duration, and prints what an editor should check.
#[expect(clippy::print_stderr, reason = "messages to the user of the command")]
fn added(file: &SubtitleFile, film_ms: u64) -> Result<AddedSubtitle, SubtitleFileError> {
    let Subtitle { cues, warnings, .. } = file.read_for_film(film_ms)?;
    for warning in &warnings.first {
        eprintln!("{}: {warning}", file.path.display());
    }
    let settings = TrackSettings {
        language: Some(file.language.tag().to_owned()),
        encoding: file.encoding.clone(),
        ..TrackSettings::default()
    };
    Ok(AddedSubtitle { settings, sha256: file.sha256(), cues })
}

/// Returns the number of chunks and audio tracks to encode in parallel. One chunk keeps several threads busy, because its encoders run
/// in parallel, so half the number of cores is enough. At least 2, so that a film of one chunk is encoded in parallel with its audio.
fn default_jobs(plan: &Plan) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (cores / 2).max(1).min(plan.video_part_count() as usize + plan.audio.len()).max(2)
}

fn sha256_of(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hex::encode(&hash.finalize()));
        }
        hash.update(&buffer[..read]);
    }
}

/// Shows the number of encoded frames of all chunks: as a bar on a terminal, otherwise as a line every five seconds.
struct Meter {
    progress: Progress,
    state: Mutex<State>,
    /// Number of audio tracks. Their parts come before the chunks.
    tracks: usize,
    plain: bool,
}

struct State {
    frames: Vec<u64>,
    printed_at: Instant,
}

impl Meter {
    fn new(plan: &Plan) -> Self {
        let progress = Progress::new(
            plan.timeline.frames,
            "{msg:9} {wide_bar} {pos}/{len} frames  {speed}  {percent}%  {left}",
            |speed| format!("{speed:.1} frames/s"),
        );
        progress.bar.set_message("Encoding");
        let chunks = plan.video_part_count() as usize;
        let plain = progress.bar.is_hidden();
        Self {
            progress,
            state: Mutex::new(State { frames: vec![0; chunks], printed_at: Instant::now() }),
            tracks: plan.audio.len(),
            plain,
        }
    }

    #[expect(clippy::print_stderr, reason = "plain progress lines for logs and pipes")]
    fn show(&self, progress: FolderProgress) {
        match progress {
            // The bar counts only frames of video. Audio is encoded in parallel and never takes longer.
            FolderProgress::Encoding { part, frames } if part >= self.tracks => {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                state.frames[part - self.tracks] = frames;
                self.progress.set_position(state.frames.iter().sum());
                if self.plain && state.printed_at.elapsed() >= Duration::from_secs(5) {
                    state.printed_at = Instant::now();
                    let bar = &self.progress.bar;
                    let (done, total) = (bar.position(), bar.length().unwrap_or(0));
                    eprintln!("Encoding: {done}/{total} frames{}", self.progress.estimate());
                }
            }
            FolderProgress::Encoding { .. } => {}
            FolderProgress::Checking(..) => self.progress.bar.set_message("Checking"),
        }
    }

    fn finish(&self) {
        self.progress.bar.finish_and_clear();
    }
}

/// Returns a table with the measured size and bit rates of each rendition of the builds, and warnings.
fn summary(records: &[BuildRecord], out: &Path, took: Duration) -> String {
    let mut text = String::new();
    let seconds = Duration::from_millis(records.first().map_or(0, |film| film.duration_ms));
    let _ = writeln!(
        text,
        "{:<10} {:>11} {:>16} {:>16} {:>10}  codecs",
        "rendition", "size", "average", "peak", "resolution"
    );
    for (record, (name, codecs, measured)) in
        records.iter().flat_map(|record| record.media().map(move |media| (record, media)))
    {
        let video = record.video.iter().find(|video| video.name == *name);
        let is_audio = record.audio.iter().any(|audio| audio.name == *name);
        let other = if is_audio { "audio" } else { "subtitles" };
        let resolution =
            video.map_or_else(|| other.to_owned(), |video| format!("{}x{}", video.width, video.height));
        let _ = writeln!(
            text,
            "{:<10} {:>11} {:>9} kbit/s {:>9} kbit/s {:>10}  {}",
            name.as_str(),
            HumanBytes(measured.size_bytes).to_string(),
            measured.bitrates.average_bps.div_ceil(1000),
            measured.bitrates.peak_bps.div_ceil(1000),
            resolution,
            codecs
        );
    }
    for rendition in records.iter().flat_map(|record| &record.audio) {
        if let Some(level) = rendition.level {
            let _ = writeln!(text, "{}: {}", rendition.name, level_text(level));
        }
    }
    for rendition in records.iter().flat_map(renditions_with_high_peak) {
        let bitrates = rendition.measured.bitrates;
        #[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
        let times = bitrates.peak_bps as f64 / bitrates.average_bps.max(1) as f64;
        let _ = writeln!(
            text,
            "Warning: the peak bit rate of {} is {times:.1} times its average; Apple's HLS rules recommend at most 2.",
            rendition.name
        );
    }
    for note in records.iter().flat_map(|record| &record.subtitle_notes) {
        for detail in &note.details {
            let _ = writeln!(text, "Subtitles {} (stream {}): {detail}", note.label, note.stream_index);
        }
    }
    for record in records {
        text.push_str(&damage_report(record));
    }
    let objects = || records.iter().flat_map(|record| record.objects.values());
    let total: u64 = objects().map(|object| object.size_bytes).sum();
    let _ = writeln!(
        text,
        "\nEncoded {} of film in {} ({:.2}x real time): {} in {} files. Main playlist: {}",
        HumanDuration(seconds),
        HumanDuration(took),
        seconds.as_secs_f64() / took.as_secs_f64().max(0.001),
        HumanBytes(total),
        // The records, the playlist and the manifest are not objects of a record.
        objects().count() + records.len() + 2,
        out.join("main.m3u8").display()
    );
    text
}

/// `-31.2 LUFS, range 8.1 LU, true peak -9.0 dBTP; gain +7.0 dB, limited by the true peak`
fn level_text(Level { loudness, gain_db, is_limited }: Level) -> String {
    let Some(integrated_lufs) = loudness.integrated_lufs else { return "silent".to_owned() };
    let peak = loudness.true_peak_dbtp.map(|dbtp| format!(", true peak {dbtp:.1} dBTP")).unwrap_or_default();
    let limited = if is_limited { ", limited by the true peak" } else { "" };
    format!(
        "{integrated_lufs:.1} LUFS, range {:.1} LU{peak}; gain {:+.1} dB{limited}",
        loudness.range_lu, gain_db
    )
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path, time::Duration};

    use domain::{
        build_record::{Bitrates, BuildRecord, Measured, VideoRendition},
        ratio::Ratio,
    };

    use super::summary;

    #[test]
    fn a_rendition_with_a_high_peak_bit_rate_is_named_in_a_warning() {
        let rendition = |name: &str, peak_bps| VideoRendition {
            name: name.to_owned().try_into().unwrap(),
            codecs: "avc1.640028".to_owned(),
            width: 1920,
            height: 1080,
            frame_rate: Ratio { num: 25, den: 1 },
            measured: Measured {
                bitrates: Bitrates { average_bps: 1_000_000, peak_bps },
                size_bytes: 1,
                segments: 1,
            },
            iframes: None,
        };
        let record = BuildRecord {
            version: BuildRecord::VERSION,
            source_sha256: String::new(),
            plan: serde_json::Value::Null,
            tools: BTreeMap::new(),
            duration_ms: 6000,
            video: vec![rendition("even", 2_000_000), rendition("steep", 2_500_000)],
            audio: Vec::new(),
            subtitles: Vec::new(),
            subtitle_notes: Vec::new(),
            thumbnails: None,
            chapters: Vec::new(),
            damage: Vec::new(),
            objects: BTreeMap::new(),
        };
        let text = summary(&[record], Path::new("out"), Duration::from_secs(1));
        let warnings: Vec<_> = text.lines().filter(|line| line.starts_with("Warning")).collect();
        assert_eq!(warnings.len(), 1, "{text}");
        assert!(warnings[0].contains("steep is 2.5 times"), "{text}");
    }
}
