//! `nang fsck`: compares the database with storage and with the records of builds.
//!
//! The system may run at the same time: whatever looks wrong is looked up again, first in the database and then in storage, before it is
//! named. Films are compared one after the other, so memory does not grow with their number.

mod film;
mod report;

use std::{collections::HashMap, process::ExitCode};

use anyhow::Context;
use db::{Db, stored_object};
use domain::{
    id::{FileId, FilmId, ImageId},
    key::{FILMS_PREFIX, IMAGES_PREFIX, Key, MASTERS_PREFIX, film_prefix, image_prefix},
};
use storage::Storage;

use crate::{admin::Database, cli::FsckArgs, role, settings::Settings, telemetry};
use report::{Finding, Report};

/// Rows that one query reads.
const PAGE: u32 = 1000;

pub(crate) async fn run(settings: Settings, args: FsckArgs) -> anyhow::Result<ExitCode> {
    telemetry::start(&settings)?;
    let storage = role::storage(&settings).await?;
    let database = Database::open(&settings).await?;
    let report = compare(database.db.clone(), storage, &args).await;
    database.close().await?;
    Ok(report?.finish())
}

async fn compare(db: Db, storage: Storage, args: &FsckArgs) -> anyhow::Result<Report> {
    let mut check = Check { db, storage, reads: args.read, report: Report::default() };
    check.films().await?;
    check.masters().await?;
    check.images().await?;
    if args.repair {
        check.report.repair(&check.storage).await?;
    }
    Ok(check.report)
}

/// A running check.
struct Check {
    db: Db,
    storage: Storage,
    /// Whether objects are read whose hash storage has not recorded.
    reads: bool,
    report: Report,
}

impl Check {
    async fn films(&mut self) -> anyhow::Result<()> {
        let mut after = None;
        let mut known = Vec::new();
        loop {
            let page = stored_object::films(&self.db, after, PAGE).await.context("cannot list films")?;
            let Some(last) = page.last() else { break };
            after = Some(*last);
            for film in &page {
                self.film(*film).await?;
            }
            known.extend(page);
        }
        for folder in self.storage.list_folders(FILMS_PREFIX).await? {
            let film: Option<FilmId> = folder.parse().ok();
            if film.is_some_and(|film| known.binary_search(&film).is_ok()) {
                continue;
            }
            // A film that was created since it was listed.
            if let Some(film) = film
                && !stored_object::films_exist(&self.db, &[film]).await?.is_empty()
            {
                self.film(film).await?;
                continue;
            }
            let objects = self.storage.list(&format!("{FILMS_PREFIX}{folder}/")).await?;
            self.report
                .add_all(objects, |key, size_bytes| Finding::unknown(key, size_bytes, "no film has this id"));
        }
        Ok(())
    }

    /// Compares masters without a row. Those with one are compared with their film.
    async fn masters(&mut self) -> anyhow::Result<()> {
        let stored = self.storage.list(MASTERS_PREFIX).await?;
        for page in stored.chunks(PAGE as usize) {
            let ids: Vec<FileId> = page.iter().filter_map(|(key, _)| key.as_master()).collect();
            let known = stored_object::existing_files(&self.db, &ids).await?;
            for (key, size_bytes) in page {
                if key.as_master().is_none_or(|file| !known.contains(&file)) {
                    self.report.add(Finding::unknown_master(key, *size_bytes));
                }
            }
        }
        Ok(())
    }

    async fn images(&mut self) -> anyhow::Result<()> {
        let mut stored: HashMap<String, u64> = HashMap::new();
        for (key, size_bytes) in self.storage.list(IMAGES_PREFIX).await? {
            let folder = key.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
            *stored.entry(format!("{folder}/")).or_default() += size_bytes;
        }
        let mut after: Option<ImageId> = None;
        loop {
            let page = stored_object::images(&self.db, after, PAGE).await.context("cannot list images")?;
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            for (image, size_bytes) in page {
                let found = stored.remove(&image_prefix(image)).unwrap_or(0);
                if found != size_bytes && self.image_differs(image).await? {
                    self.report.add(Finding::image(image, size_bytes, found));
                }
            }
        }
        for prefix in stored.into_keys() {
            // An image that is being added or deleted at this moment, or that a later sweep deletes, has a row in another table.
            let image = prefix.trim_start_matches(IMAGES_PREFIX).trim_end_matches('/').parse::<ImageId>();
            if let Ok(image) = image
                && stored_object::is_known_image(&self.db, image).await?
            {
                continue;
            }
            let objects = self.storage.list(&prefix).await?;
            self.report.add_all(objects, |key, size_bytes| {
                Finding::unknown(key, size_bytes, "no image has this id")
            });
        }
        Ok(())
    }

    /// Looks an image up again.
    async fn image_differs(&self, image: ImageId) -> anyhow::Result<bool> {
        let Some(size_bytes) = stored_object::image_size(&self.db, image).await? else { return Ok(false) };
        let found: u64 = self.storage.list(&image_prefix(image)).await?.iter().map(|(_, size)| size).sum();
        Ok(found != size_bytes && stored_object::image_size(&self.db, image).await? == Some(size_bytes))
    }

    async fn film(&mut self, film: FilmId) -> anyhow::Result<()> {
        let found =
            film::compare(self, film).await.with_context(|| format!("cannot check {}", film_prefix(film)))?;
        for finding in found {
            self.report.add(finding);
        }
        Ok(())
    }

    /// Returns whether the stored object is absent or differs.
    async fn fault(
        &self,
        key: &Key,
        size_bytes: u64,
        sha256: Option<&str>,
    ) -> anyhow::Result<Option<String>> {
        let Some(meta) = self.storage.head(key).await? else { return Ok(Some("missing".to_owned())) };
        if meta.size_bytes != size_bytes {
            return Ok(Some(format!("has {} bytes instead of {size_bytes}", meta.size_bytes)));
        }
        let Some(expected) = sha256 else { return Ok(None) };
        let found = match meta.sha256 {
            Some(found) => found,
            None if self.reads => match self.storage.sha256(key).await? {
                Some(found) => found,
                None => return Ok(Some("missing".to_owned())),
            },
            None => return Ok(None),
        };
        Ok((found != expected).then(|| "has other bytes than were stored".to_owned()))
    }
}
