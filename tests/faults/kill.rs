//! A kill at any moment: of a worker, of its child, or of the whole server. The film must be the same as without the kill.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use super::LIMIT;
use crate::support::{Process, Site, eventually, master, sandboxes, signal};

/// Number of films during which a process is killed: `NANG_FAULT_RUNS`, or 3 (one for each kind of victim).
fn runs() -> u64 {
    std::env::var("NANG_FAULT_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(3)
}

/// The seed of random choices: `NANG_FAULT_SEED`, to repeat an earlier run, or a random one.
fn seed() -> u64 {
    match std::env::var("NANG_FAULT_SEED") {
        Ok(text) => text.parse().expect("NANG_FAULT_SEED is a number"),
        Err(_) => uuid::Uuid::new_v4().as_u64_pair().0 >> 32,
    }
}

/// A generator of repeatable random numbers (splitmix64).
fn scramble(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A stage of the processing of a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Upload,
    Probe,
    Parts,
    Publish,
}

impl Stage {
    const ALL: [Self; 4] = [Self::Upload, Self::Probe, Self::Parts, Self::Publish];

    /// Returns `Some` if the film has reached this stage or a later one.
    async fn is_reached(self, site: &Site, token: &str, title: &str) -> Option<()> {
        let film = site.film(token, title).await?;
        let has = |list: &str, states: &[&str]| {
            let all = film[list].as_array();
            all.is_some_and(|all| all.iter().any(|one| states.iter().any(|state| one["state"] == *state)))
        };
        let reached = match self {
            // The upload starts immediately.
            Self::Upload => true,
            Self::Probe => has("files", &["uploaded"]),
            Self::Parts => has("builds", &["encoding", "publishing", "ready"]),
            Self::Publish => has("builds", &["publishing", "ready"]),
        };
        reached.then_some(())
    }
}

/// The process that is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    /// A separate worker, with or without a running child.
    Worker,
    /// The running child of a worker.
    Child,
    /// `nang up`, with its worker and the child of that worker.
    Server,
}

/// Kills a process once. Returns which process, and the states of the film at that moment; `None` if the film was ready or failed
/// before.
async fn kill_once(
    site: &mut Site,
    worker: &mut Option<Process>,
    token: &str,
    title: &str,
    (victim, stage, pause): (Victim, Stage, Duration),
) -> Option<String> {
    let started = Instant::now();
    while stage.is_reached(site, token, title).await.is_none() {
        assert!(started.elapsed() < LIMIT, "{title} did not reach {stage:?} in time");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    tokio::time::sleep(pause).await;
    let child = match (victim, &worker) {
        (Victim::Child, Some(worker)) => {
            // There may be no child at this moment. Then the next child is killed, if there is one.
            eventually("a child, or the end of the film", LIMIT, async || {
                match sandboxes(worker.id()).first() {
                    Some(child) => Some(Some(*child)),
                    None => is_settled(site, token, title).await.then_some(None),
                }
            })
            .await
        }
        _ => None,
    };
    let film = site.film(token, title).await.unwrap_or_default();
    if matches!(film["status"].as_str(), Some("ready" | "failed"))
        || (victim == Victim::Child && child.is_none())
    {
        return None;
    }
    match (victim, child) {
        (Victim::Child, Some(child)) => signal(child, Signal::KILL),
        (Victim::Worker, _) => {
            worker.as_mut().unwrap().kill();
            *worker = Some(site.start_worker("worker"));
        }
        _ => {
            site.server().kill();
            site.start_server().await;
        }
    }
    Some(format!(
        "{victim:?} killed with files {}, builds {}",
        states(&film["files"]),
        states(&film["builds"])
    ))
}

async fn is_settled(site: &Site, token: &str, title: &str) -> bool {
    let film = site.film(token, title).await;
    film.is_some_and(|film| matches!(film["status"].as_str(), Some("ready" | "failed")))
}

fn states(list: &Value) -> String {
    let states = list.as_array().into_iter().flatten().filter_map(|one| one["state"].as_str());
    format!("[{}]", states.collect::<Vec<_>>().join(", "))
}

#[tokio::test]
async fn a_film_is_the_same_after_a_kill_at_any_moment() {
    let seed = seed();
    eprintln!("NANG_FAULT_SEED={seed}");
    let mut site = Site::start(0).await;
    let mut worker = Some(site.start_worker("worker"));
    let mut token = site.log_in().await;
    let file = master(site.path(), 25);

    let started = Instant::now();
    let mut import = site.import(&file, &["--title", "undisturbed", "--wait"]);
    let film = site.settled(&token, "undisturbed", LIMIT).await;
    assert_eq!(film["status"], "ready", "{film:#}\n{}", site.read_log("worker"));
    assert!(import.0.wait().unwrap().success(), "{}", site.read_log("import"));
    let whole = started.elapsed();
    let expected = site.build_record(&film);
    eprintln!("undisturbed: {whole:.1?}");
    for tool in ["nang", "libavcodec", "libswscale", "libswresample", "libx264"] {
        assert!(expected.contains(&format!("\"{tool}\": \"")), "{tool} is not recorded");
    }

    for run in 0..runs() {
        let victim = [Victim::Worker, Victim::Child, Victim::Server][usize::try_from(run % 3).unwrap()];
        if (victim == Victim::Server) == worker.is_some() {
            // A server that is killed runs the jobs itself, so that the kill ends every running job.
            drop(worker.take());
            site.set_worker_jobs(usize::from(victim == Victim::Server));
            site.server().kill();
            site.start_server().await;
            worker = (victim != Victim::Server).then(|| site.start_worker("worker"));
            token = site.log_in().await;
        }
        // If the film is done before the chosen moment, no process is killed. The test then tries an earlier moment with another film.
        let mut killed = None;
        for attempt in 0_u32..8 {
            let choice = scramble(seed.wrapping_add(run * 8 + u64::from(attempt)));
            let stages = if victim == Victim::Child { &Stage::ALL[1..3] } else { &Stage::ALL[..] };
            // With any seed, each kind of victim goes through all stages in turn. The moment within a stage is random.
            let turn = usize::try_from(run / 3 + run % 3 + u64::from(attempt) + seed).unwrap();
            let stage = stages[turn % stages.len()];
            let longest = match stage {
                Stage::Upload => whole / 1000,
                Stage::Probe => whole / 100,
                Stage::Parts => whole / 2,
                Stage::Publish => whole / 500,
            };
            let part = f64::from(u32::try_from(choice % 1000).unwrap()) / 1000.0;
            let pause = longest.mul_f64(part) / 2_u32.pow(attempt);
            let title = format!("disturbed {run} {attempt}");
            let started = Instant::now();
            let mut import = site.import(&file, &["--title", &title, "--wait"]);
            killed = kill_once(&mut site, &mut worker, &token, &title, (victim, stage, pause)).await;
            token = site.log_in().await;
            let film = site.settled(&token, &title, LIMIT).await;
            let logs = || format!("{}\n{}", site.read_log("worker"), site.read_log("server"));
            assert_eq!(film["status"], "ready", "run {run}, {killed:?}: {film:#}\n{}", logs());
            assert!(site.build_record(&film) == expected, "run {run}, {killed:?}: the film differs");
            // The import continues after a restart of the server and deletes its state.
            eventually("the import to end", LIMIT, async || (!import.is_running()).then_some(())).await;
            assert!(import.0.wait().unwrap().success(), "{}", site.read_log("import"));
            let what = killed.as_deref().unwrap_or("no process killed, trying an earlier moment");
            eprintln!("run {run}, {stage:?} and {pause:.1?}: {what}; ready after {:.1?}", started.elapsed());
            if killed.is_some() {
                break;
            }
        }
        assert!(killed.is_some(), "run {run}: no process was killed, so nothing was tested");
    }
}
