//! `nang-tools demo`: adds a realistic catalogue of invented films, for a first look and for tests.
//!
//! Viewers see a film only when it can be played. So each film gets its own master, eight seconds of its drawn backdrop (a few
//! films a minute and a half, with a melody and end credits), which the real pipeline encodes: durations, renditions and thumbnails in the database are those of that clip. `runtime_ms` is the length that
//! the invented film would have. Drafts have no master.
//!
//! Items whose slugs exist already are not changed. Only images and masters that an interrupted run did not add are added.

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
    let storage = site.storage().await?;
    let catalogue = Catalogue::shipped()?;
    let studio = Studio::new();
    let bar = progress_bar()?;
    let added = fill(&db, &storage, &catalogue, &studio, &bar).await?;
    bar.finish_and_clear();
    print_summary(&catalogue, &added, studio.has_fonts(), &mut std::io::stdout())
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

fn print_summary(
    catalogue: &Catalogue,
    added: &Added,
    has_fonts: bool,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    writeln!(
        out,
        "Added {} of {} films, {} of {} people, {} of {} categories, {} images and {} clips.",
        added.films,
        catalogue.films.len(),
        added.people,
        catalogue.people.len(),
        added.categories,
        catalogue.categories.len(),
        added.images,
        added.masters,
    )?;
    if added.images > 0 && !has_fonts {
        writeln!(
            out,
            "The posters have no titles, because the font Noto Sans Lao (Debian package fonts-noto-core) is not installed."
        )?;
    }
    if added.masters > 0 {
        writeln!(
            out,
            "A worker of `nang up` is encoding the clips. Viewers see each film when its clip is encoded."
        )?;
    }
    Ok(())
}
