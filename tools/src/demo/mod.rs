//! `nang-tools demo`: a made-up catalogue that looks like life, for first looks and for tests.
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

use std::{fmt, io::Write};

use db::Db;
use indicatif::{FormattedDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::site::Site;
use data::Catalogue;
use draw::Studio;
use fill::{Added, fill};

pub(crate) async fn run(site: &Site) -> anyhow::Result<()> {
    let db = Db::from_pool(site.database().await?);
    let storage = site.storage()?;
    let catalogue = Catalogue::shipped()?;
    let studio = Studio::new();
    let bar = progress_bar()?;
    let added = fill(&db, &storage, &catalogue, &studio, &bar).await?;
    bar.finish_and_clear();
    tell(&catalogue, &added, studio.has_letters(), &mut std::io::stdout())
}

fn progress_bar() -> anyhow::Result<ProgressBar> {
    let left = |state: &ProgressState, out: &mut dyn fmt::Write| {
        if state.per_sec() > 0.0 {
            let _ = write!(out, "{} left", FormattedDuration(state.eta()));
        }
    };
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
    let style = ProgressStyle::with_template("{prefix:10} {wide_bar} {pos}/{len}  {left}")?;
    bar.set_style(style.with_key("left", left));
    bar.set_prefix("Drawing");
    Ok(bar)
}

fn tell(catalogue: &Catalogue, added: &Added, letters: bool, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(
        out,
        "Added {} of {} films, {} of {} people, {} of {} categories, {} pictures and {} clips.",
        added.films,
        catalogue.films.len(),
        added.people,
        catalogue.people.len(),
        added.categories,
        catalogue.categories.len(),
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
        writeln!(out, "Viewers see each film when a worker has encoded its clip; `nang up` has begun.")?;
    }
    Ok(())
}
