//! The library of masters: files as film-makers deliver them, and what must come out of each.
//!
//! `cases.toml` names them all. Each is made with FFmpeg's command line, shown to `nang probe`, whose table is compared with a snapshot, and
//! encoded with `nang encode`; then the film is decoded and measured.

mod case;
mod clip;
mod film;

use std::{
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use case::{Case, cases};

/// Cases that run at once: each encodes on two threads for a second or two.
const AT_ONCE: usize = 3;

#[test]
fn every_master_comes_out_right_or_is_refused_in_words() {
    let cases = cases();
    let only = std::env::var("MASTER_CASE").ok();
    let chosen: Vec<&Case> =
        cases.iter().filter(|case| only.as_ref().is_none_or(|only| case.name.contains(only))).collect();
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let folder = tempfile::tempdir().unwrap();
                    if let Err(problem) = check(case, folder.path()) {
                        let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
                        failures.push(format!("{}: {problem}", case.name));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(failures.is_empty(), "{} of {} masters:\n{}", failures.len(), chosen.len(), failures.join("\n"));
}

/// Makes one master, and checks what Nang says and makes of it.
fn check(case: &Case, folder: &Path) -> Result<(), String> {
    let master = clip::make(case, folder)?;
    let report = film::probe(&master)?;
    case.check_report(&report)?;
    if report.refusal.is_some() {
        return film::no_output_when_refused(&master, &folder.join("film"));
    }
    let film = film::encode(&master, &folder.join("film"))?;
    case.check_film(&film)
}
