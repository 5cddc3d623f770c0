//! `nang demo`: a made-up catalogue that looks like life, for first looks and for tests.
//!
//! Viewers see a film once it can be played. So each gets a master of its own, eight seconds of its own drawn picture, which the real
//! pipeline encodes: nothing in the database is pretended, and lengths, renditions and thumbnails are those of that clip. What the film
//! would last stands in its `runtime_ms`. Drafts have no master.
//!
//! What is there already, by its slug, is left as it is, but for pictures and masters that a run that was stopped still owes.

mod art;
mod avi;
mod data;
mod draw;
mod fill;
#[cfg(test)]
mod tests;

use std::{io::Write, process::ExitCode};

use indicatif::{ProgressBar, ProgressDrawTarget};

use crate::{admin::Database, progress, role, settings::Settings};
use data::Catalogue;
use draw::Studio;
use fill::{Added, fill};

pub(crate) async fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    let database = Database::open(&settings).await?;
    let result = async {
        let storage = role::storage(&settings)?;
        let catalogue = Catalogue::shipped()?;
        let studio = Studio::new();
        let bar = progress_bar();
        let added = fill(&database.db, &storage, &catalogue, &studio, &bar).await?;
        bar.finish_and_clear();
        tell(&catalogue, &added, studio.has_letters(), &mut std::io::stdout())
    };
    let result = result.await;
    let closed = database.close().await;
    result?;
    closed?;
    Ok(ExitCode::SUCCESS)
}

fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
    bar.set_style(progress::style("{prefix:10} {wide_bar} {pos}/{len}  {left}"));
    bar.set_prefix("Drawing");
    bar
}

fn tell(catalogue: &Catalogue, added: &Added, letters: bool, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(
        out,
        "Added {} of {} films, {} of {} people, {} of {} shelves, {} pictures and {} clips.",
        added.films,
        catalogue.films.len(),
        added.people,
        catalogue.people.len(),
        added.shelves,
        catalogue.shelves.len(),
        added.images,
        added.masters,
    )?;
    if added.images > 0 && !letters {
        writeln!(
            out,
            "Posters have no titles: that takes Noto Sans Lao, from Debian's package fonts-noto-core."
        )?;
    }
    if added.masters > 0 {
        writeln!(out, "Viewers see each film once a worker has encoded its clip: `nang up` does.")?;
    }
    Ok(())
}
