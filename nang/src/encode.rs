//! `nang encode`: the pipeline without a server, with its progress and a closing summary.

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
    child::{Probed, SandboxMode},
    hex,
    manifest::Manifest,
    plan::Plan,
    planner,
};
use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressDrawTarget};
use sha2::{Digest, Sha256};
use storage::Storage;
use worker::{
    folder::{FolderProgress, encode_folder, is_vacant},
    publish,
    sandbox::FileMaster,
};

use crate::{cli::EncodeArgs, profile, progress, role};

/// Encodes and prints what came out.
#[expect(clippy::print_stdout, reason = "this command's output")]
pub(crate) async fn run(args: EncodeArgs, sandbox: SandboxMode) -> anyhow::Result<ExitCode> {
    let profile = profile::load(&args.profile)?;
    let out = &args.out;
    ensure!(
        is_vacant(out).with_context(|| format!("cannot look into {}", out.display()))?,
        "{} is not empty; give --out a folder that does not exist yet",
        out.display()
    );
    let master = Arc::new(
        FileMaster::open(&args.master).with_context(|| format!("cannot read {}", args.master.display()))?,
    );
    let sandbox = role::sandbox::for_command(sandbox).await?;
    let Probed { facts, libraries } = sandbox.probe(Arc::clone(&master)).await?;
    let plan = match planner::plan(&profile, &facts) {
        Ok(plan) => Plan { libraries: Some(libraries), ..plan },
        Err(refusal) => bail!("{refusal}"),
    };
    let path = args.master.clone();
    let hash = tokio::task::spawn_blocking(move || sha256_of(&path));

    let started = Instant::now();
    let storage = Storage::local(out).with_context(|| format!("cannot make {}", out.display()))?;
    let jobs = args.jobs.unwrap_or_else(|| jobs_at_once(&plan));
    let master_sha256 = hash.await?.with_context(|| format!("cannot read {}", args.master.display()))?;
    let meter = Meter::new(&plan);
    let manifest = encode_folder(&sandbox, &master, &plan, &storage, jobs, master_sha256, |progress| {
        meter.show(progress);
    })
    .await;
    meter.finish();
    let manifest = manifest
        .with_context(|| format!("{} is not finished; remove it before trying again", out.display()))?;
    print!("{}", summary(&manifest, out, started.elapsed()));
    Ok(ExitCode::SUCCESS)
}

/// One chunk keeps several threads busy (its encoders run in parallel), so half the cores are enough; a film of one
/// chunk and its sound still run side by side.
fn jobs_at_once(plan: &Plan) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (cores / 2).max(1).min(plan.chunk_count() as usize + plan.audio.len()).max(2)
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

/// Frames done over all chunks, as a bar on a terminal and as a line every few seconds elsewhere.
struct Meter {
    bar: ProgressBar,
    state: Mutex<State>,
    /// Sound tracks come before chunks.
    tracks: usize,
    plain: bool,
}

struct State {
    frames: Vec<u64>,
    said: Instant,
}

impl Meter {
    fn new(plan: &Plan) -> Self {
        let bar = ProgressBar::with_draw_target(Some(plan.frames), ProgressDrawTarget::stderr_with_hz(8));
        bar.set_style(progress::style(
            "{msg:9} {wide_bar} {pos}/{len} frames  {per_sec:.0}  {percent}%  {left}",
        ));
        bar.set_message("Encoding");
        bar.enable_steady_tick(Duration::from_millis(250));
        let chunks = plan.chunk_count() as usize;
        let plain = bar.is_hidden();
        Self {
            bar,
            state: Mutex::new(State { frames: vec![0; chunks], said: Instant::now() }),
            tracks: plan.audio.len(),
            plain,
        }
    }

    #[expect(clippy::print_stderr, reason = "plain progress lines for logs and pipes")]
    fn show(&self, progress: FolderProgress) {
        match progress {
            // Sound is encoded beside the pictures and is never what one waits for; the bar counts pictures.
            FolderProgress::Encoding { part, frames } if part >= self.tracks => {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                state.frames[part - self.tracks] = frames;
                progress::set_position(&self.bar, state.frames.iter().sum());
                if self.plain && state.said.elapsed() >= Duration::from_secs(5) {
                    state.said = Instant::now();
                    let (done, total) = (self.bar.position(), self.bar.length().unwrap_or(0));
                    let pace = Some(self.bar.per_sec()).filter(|pace| *pace > 0.0);
                    let pace = pace.map(|pace| format!(", {pace:.1} a second")).unwrap_or_default();
                    eprintln!("Encoding: {done}/{total} frames{pace}{}", progress::left(&self.bar));
                }
            }
            FolderProgress::Encoding { .. } => {}
            FolderProgress::Checking(..) => self.bar.set_message("Checking"),
        }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// A table of what was made: a line a rendition, measured.
fn summary(manifest: &Manifest, out: &Path, took: Duration) -> String {
    let mut text = String::new();
    let seconds = Duration::from_millis(manifest.duration_ms);
    let _ = writeln!(
        text,
        "{:<10} {:>11} {:>14} {:>14} {:>11}  codecs",
        "rendition", "size", "average", "peak", "pictures"
    );
    for rendition in &manifest.renditions {
        let pictures = manifest
            .plan
            .rungs
            .iter()
            .find(|rung| rung.name == rendition.rendition)
            .map_or_else(|| "sound".to_owned(), |rung| format!("{}x{}", rung.width, rung.height));
        let _ = writeln!(
            text,
            "{:<10} {:>11} {:>9} kbit/s {:>9} kbit/s {:>9}  {}",
            rendition.rendition.as_str(),
            HumanBytes(rendition.size_bytes).to_string(),
            rendition.average_bps.div_ceil(1000),
            rendition.peak_bps.div_ceil(1000),
            pictures,
            rendition.codecs
        );
    }
    for rendition in publish::uneven(manifest) {
        #[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
        let times = rendition.peak_bps as f64 / rendition.average_bps.max(1) as f64;
        let _ = writeln!(
            text,
            "Warning: the peak of {} is {times:.1} times its average; Apple's authoring rules advise at most 2.",
            rendition.rendition
        );
    }
    let total: u64 = manifest.objects.values().map(|object| object.size_bytes).sum();
    let _ = writeln!(
        text,
        "\n{} of film in {} ({:.2}x), {} in {} files: {}",
        HumanDuration(seconds),
        HumanDuration(took),
        seconds.as_secs_f64() / took.as_secs_f64().max(0.001),
        HumanBytes(total),
        manifest.objects.len() + 1,
        out.join("main.m3u8").display()
    );
    text
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path, time::Duration};

    use domain::manifest::{Manifest, RenditionSummary};

    use super::summary;

    #[test]
    fn an_uneven_rendition_is_warned_of_by_its_name() {
        let plan = serde_json::json!({
            "profile": "default",
            "video": {"stream_index": 0, "time_base": {"num": 1, "den": 12800}, "first_pts": 0, "rotation_degrees": 0, "deinterlace": false},
            "frame_rate": {"num": 25, "den": 1}, "frames": 150, "timescale": 12800, "frame_ticks": 512, "gop_frames": 50,
            "segment_frames": 150, "chunk_segments": 10, "rungs": [], "audio": [],
        });
        let rendition = |name: &str, peak_bps| RenditionSummary {
            rendition: name.to_owned().try_into().unwrap(),
            codecs: "avc1.640028".to_owned(),
            average_bps: 1_000_000,
            peak_bps,
            size_bytes: 1,
            segments: 1,
        };
        let manifest = Manifest {
            version: 1,
            master_sha256: String::new(),
            plan: serde_json::from_value(plan).unwrap(),
            tools: BTreeMap::new(),
            duration_ms: 6000,
            renditions: vec![rendition("even", 2_000_000), rendition("steep", 2_500_000)],
            objects: BTreeMap::new(),
        };
        let text = summary(&manifest, Path::new("out"), Duration::from_secs(1));
        let warnings: Vec<_> = text.lines().filter(|line| line.starts_with("Warning")).collect();
        assert_eq!(warnings.len(), 1, "{text}");
        assert!(warnings[0].contains("steep is 2.5 times"), "{text}");
    }
}
