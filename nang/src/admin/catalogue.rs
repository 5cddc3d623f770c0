//! `nang admin import-catalogue` and `export-catalogue`: import and export as with the API's `/admin/catalogue`, from and to files.

use std::{io::Write, path::Path};

use anyhow::{Context, bail};
use db::{
    Db,
    audit::Author,
    catalogue::{Export, Report, import},
};
use domain::catalogue::{Format, read};
use indicatif::{ProgressBar, ProgressStyle};
use uuid::Uuid;

use crate::cli::{ExportCatalogueArgs, ImportCatalogueArgs};

pub(super) async fn export_catalogue(
    db: &Db,
    args: ExportCatalogueArgs,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let Some(path) = args.file else {
        write(db, args.format.unwrap_or(Format::Json), out).await?;
        return Ok(());
    };
    let format = format_of(&path, args.format)?;
    // The file is replaced atomically: an existing file stays until the export is complete.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("cannot create a file in {}", folder.display()))?;
    let films = write(db, format, &mut file).await?;
    file.as_file().sync_all()?;
    file.persist(&path).with_context(|| format!("cannot write {}", path.display()))?;
    writeln!(out, "Exported {films} films to {}", path.display())?;
    Ok(())
}

async fn write(db: &Db, format: Format, out: &mut impl Write) -> anyhow::Result<u64> {
    let mut export = Export::begin(db, format).await?;
    let bar = ProgressBar::new_spinner().with_style(ProgressStyle::with_template("Exporting {pos} films")?);
    while let Some(part) = export.next_part().await? {
        out.write_all(&part)?;
        bar.set_position(export.films());
    }
    bar.finish_and_clear();
    Ok(export.films())
}

pub(super) async fn import_catalogue(
    db: &Db,
    args: ImportCatalogueArgs,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let path = args.file.display();
    let format = format_of(&args.file, args.format)?;
    let file = std::fs::read(&args.file).with_context(|| format!("cannot read {path}"))?;
    let bar = ProgressBar::new(0)
        .with_style(ProgressStyle::with_template("Importing {wide_bar} {pos} of {len} films")?);
    let mut progress = |done: usize, all: usize| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    };
    let lines = read(format, &file);
    let report = import(db, &Author::NANG, lines, args.dry_run, Uuid::now_v7, &mut progress).await?;
    bar.finish_and_clear();
    for error in &report.errors.first {
        let field = if error.field.is_empty() { String::new() } else { format!("{}: ", error.field) };
        writeln!(out, "{path}:{}: {field}{}", error.line, error.detail)?;
    }
    let not_shown = report.errors.count - report.errors.first.len();
    if not_shown > 0 {
        writeln!(out, "{path}: errors not shown: {not_shown}")?;
    }
    summarize(&report, out)?;
    match report.errors.count {
        0 if args.dry_run => writeln!(out, "Nothing was imported: this was a dry run.")?,
        0 => {}
        1 => bail!("{path} has an error, so nothing was imported"),
        errors => bail!("{path} has {errors} errors, so nothing was imported"),
    }
    Ok(())
}

fn summarize(report: &Report, out: &mut impl Write) -> anyhow::Result<()> {
    let (created, changed) = if report.applied { ("created", "changed") } else { ("to create", "to change") };
    writeln!(
        out,
        "Films: {} {created}, {} {changed}, {} unchanged",
        report.created, report.changed, report.unchanged
    )?;
    let kinds = [
        ("Genres", &report.new_genres),
        ("People", &report.new_people),
        ("Categories", &report.new_categories),
    ];
    for (kind, names) in kinds {
        const SHOWN: usize = 20;
        let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        match names.len() {
            0 => {}
            count if count > SHOWN => writeln!(out, "{kind} {created}: {shown} and {} more", count - SHOWN)?,
            _ => writeln!(out, "{kind} {created}: {shown}")?,
        }
    }
    Ok(())
}

/// Returns the given format, or that of the file's extension.
fn format_of(path: &Path, given: Option<Format>) -> anyhow::Result<Format> {
    if let Some(format) = given {
        return Ok(format);
    }
    let extension =
        path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_lowercase();
    extension.parse().with_context(|| {
        format!(
            "the extension of {} is not a known format; add --format json or --format csv",
            path.display()
        )
    })
}
