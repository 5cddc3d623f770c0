//! Adds the demo catalogue to a Nang, with the same functions as the API.

use std::{collections::HashMap, time::Duration};

use anyhow::{Context, ensure};
use api::image::{Upload, UploadType};
use db::{
    Audience, Db,
    audit::Author,
    category::{self, NewCategory},
    film::{self, FilmChange, NewCredit, NewFilm, Visibility},
    film_file,
    genre::{self, NewGenre},
    image::{self, ImageKind, Owner},
    person::{self, NewPerson},
    slug::{self, Address, Kind},
    upload::{self, NewFile},
};
use domain::{
    id::{FileId, FilmId, ImageId},
    patch::Patch,
    slug::Slug,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;
use storage::{Checkpoint, Storage};
use uuid::Uuid;

use super::{
    data::{Catalogue, Film, Person},
    draw::{Studio, credits_ms},
};
use crate::clock;

const AUTHOR: &Author = &Author::NANG;
const PROFILE: &str = "fast";
const DAY: Duration = Duration::from_hours(24);
/// Maximum time to store a clip.
const EXPIRY: Duration = Duration::from_hours(1);
/// Number of films and people drawn at once. It is small because drawing is limited by the processor.
const CONCURRENCY: usize = 2;

/// Numbers of added items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Added {
    pub(super) films: usize,
    pub(super) people: usize,
    pub(super) categories: usize,
    pub(super) images: usize,
    pub(super) masters: usize,
}

/// Ids by slug.
type Ids = HashMap<String, Uuid>;

/// Adds the items that are missing. Returns their numbers.
pub(super) async fn fill(
    db: &Db,
    storage: &Storage,
    catalogue: &Catalogue,
    studio: &Studio,
    bar: &ProgressBar,
) -> anyhow::Result<Added> {
    let mut added = Added::default();
    let genres = add_genres(db, catalogue).await?;
    let people = add_people(db, catalogue, &mut added).await?;
    let films = add_films(db, catalogue, (&genres, &people), &mut added).await?;
    add_categories(db, catalogue, &films, &mut added).await?;

    bar.set_length((catalogue.films.len() + catalogue.people.len()) as u64);
    let of_people = stream::iter(&catalogue.people).map(async |one| {
        let images = draw_person(db, storage, studio, one, people[&one.slug]).await?;
        bar.inc(1);
        anyhow::Ok(images)
    });
    let of_people: Vec<usize> = of_people.buffer_unordered(CONCURRENCY).try_collect().await?;
    let of_films = stream::iter(&catalogue.films).map(async |one| {
        let director =
            one.director().and_then(|slug| catalogue.people.iter().find(|person| person.slug == slug));
        let director = director.and_then(|person| person.names.get("lo")).map_or("", String::as_str);
        let made = draw_film(db, storage, studio, (one, director), FilmId(films[&one.slug])).await?;
        bar.inc(1);
        anyhow::Ok(made)
    });
    let of_films: Vec<(usize, usize)> = of_films.buffer_unordered(CONCURRENCY).try_collect().await?;
    added.images = of_people.iter().sum::<usize>() + of_films.iter().map(|(images, _)| images).sum::<usize>();
    added.masters = of_films.iter().map(|(_, masters)| masters).sum();
    Ok(added)
}

/// Returns the id of the item that has this slug.
async fn find(db: &Db, kind: Kind, slug: &Slug) -> anyhow::Result<Option<Uuid>> {
    Ok(slug::locate(db, kind, &Address::Slug(slug.clone())).await?)
}

fn parse(slug: &str) -> anyhow::Result<Slug> {
    slug.parse().with_context(|| format!("{slug} is not a valid slug"))
}

async fn add_genres(db: &Db, catalogue: &Catalogue) -> anyhow::Result<Ids> {
    let mut ids = Ids::new();
    for (position, one) in (0..).zip(&catalogue.genres) {
        let slug = parse(&one.slug)?;
        let id = if let Some(id) = find(db, Kind::Genre, &slug).await? {
            id
        } else {
            let (id, names) = (Uuid::now_v7(), one.names.clone());
            genre::create(db, AUTHOR, NewGenre { id, slug: Some(slug), names, position }).await?.id
        };
        ids.insert(one.slug.clone(), id);
    }
    Ok(ids)
}

async fn add_people(db: &Db, catalogue: &Catalogue, added: &mut Added) -> anyhow::Result<Ids> {
    let mut ids = Ids::new();
    for one in &catalogue.people {
        let slug = parse(&one.slug)?;
        let id = if let Some(id) = find(db, Kind::Person, &slug).await? {
            id
        } else {
            let new = NewPerson {
                id: Uuid::now_v7(),
                slug: Some(slug),
                names: one.names.clone(),
                biographies: one.biographies.clone(),
            };
            added.people += 1;
            person::create(db, AUTHOR, new).await?.id
        };
        ids.insert(one.slug.clone(), id);
    }
    Ok(ids)
}

async fn add_films(
    db: &Db,
    catalogue: &Catalogue,
    (genres, people): (&Ids, &Ids),
    added: &mut Added,
) -> anyhow::Result<Ids> {
    let mut ids = Ids::new();
    for one in &catalogue.films {
        let slug = parse(&one.slug)?;
        let id = if let Some(id) = find(db, Kind::Film, &slug).await? {
            id
        } else {
            let new = NewFilm {
                id: FilmId(Uuid::now_v7()),
                titles: one.titles.clone(),
                profile: PROFILE.to_owned(),
            };
            let details = details(one, slug, genres, people)?;
            added.films += 1;
            film::create(db, AUTHOR, new, details).await?.id.0
        };
        ids.insert(one.slug.clone(), id);
    }
    Ok(ids)
}

fn details(one: &Film, slug: Slug, genres: &Ids, people: &Ids) -> anyhow::Result<FilmChange> {
    let named = |ids: &Ids, slug: &String| {
        ids.get(slug).copied().with_context(|| format!("{} refers to {slug}, which does not exist", one.slug))
    };
    let in_days = |days: Option<i64>| {
        let moment = days.and_then(|days| Some(clock::now() + DAY * u32::try_from(days).ok()?));
        moment.map_or(Patch::Keep, Patch::Set)
    };
    let crew = one.crew.iter().flatten().map(|(role, person)| {
        Ok(NewCredit { person_id: named(people, person)?, role: *role, credited_as: film::Texts::new() })
    });
    let cast = one.cast.iter().map(|part| {
        Ok(NewCredit {
            person_id: named(people, &part.person)?,
            role: film::CreditRole::Actor,
            credited_as: part.part.clone(),
        })
    });
    let original = one.languages.first().and_then(|language| one.titles.get(language)).cloned();
    Ok(FilmChange {
        slug: Some(slug),
        original_title: original.map_or(Patch::Keep, Patch::Set),
        synopses: Some(one.synopses.clone()),
        year: Patch::Set(one.year),
        runtime_ms: Patch::Set(one.runtime_minutes * 60_000),
        countries: Some(one.countries.clone()),
        languages: Some(one.languages.clone()),
        age_rating: Patch::Set(one.age_rating.clone()),
        festival_notes: Some(one.awards.clone()),
        available_from: in_days(one.available_in_days.from),
        available_until: in_days(one.available_in_days.until),
        region_note: one.region_note.clone().map_or(Patch::Keep, Patch::Set),
        visibility: Some(one.visibility),
        publish_at: in_days(one.publish_in_days),
        credits_ms: credits_ms(one.clip_seconds).map_or(Patch::Keep, Patch::Set),
        genres: Some(one.genres.iter().map(|genre| named(genres, genre)).collect::<anyhow::Result<_>>()?),
        credits: Some(crew.chain(cast).collect::<anyhow::Result<_>>()?),
        ..FilmChange::default()
    })
}

async fn add_categories(
    db: &Db,
    catalogue: &Catalogue,
    films: &Ids,
    added: &mut Added,
) -> anyhow::Result<()> {
    for (position, one) in (0..).zip(&catalogue.categories) {
        let slug = parse(&one.slug)?;
        let id = if let Some(id) = find(db, Kind::Category, &slug).await? {
            id
        } else {
            let new = NewCategory {
                id: Uuid::now_v7(),
                slug: Some(slug),
                names: one.names.clone(),
                descriptions: one.descriptions.clone(),
                position,
                shown: true,
            };
            added.categories += 1;
            category::create(db, AUTHOR, new).await?.id
        };
        if category::films(db, Audience::Editor, id, None, 1).await?.is_empty() {
            let film_ids: Vec<Uuid> = one.films.iter().filter_map(|slug| films.get(slug).copied()).collect();
            ensure!(film_ids.len() == one.films.len(), "{} refers to a film that does not exist", one.slug);
            let category =
                category::find(db, id).await?.context("a category was deleted while it was filled")?;
            category::set_films(db, AUTHOR, id, &film_ids, category.version)
                .await?
                .context("a category was changed while it was filled")?;
        }
    }
    Ok(())
}

/// Adds a person's portrait if it is missing. Returns the number of added images.
async fn draw_person(
    db: &Db,
    storage: &Storage,
    studio: &Studio,
    one: &Person,
    id: Uuid,
) -> anyhow::Result<usize> {
    let owner = Owner::Person(id);
    if !image::list(db, owner).await?.is_empty() {
        return Ok(0);
    }
    let (studio, person) = (studio.clone(), one.clone());
    let portrait = tokio::task::spawn_blocking(move || studio.portrait(&person)).await??;
    add_image(db, storage, owner, ImageKind::Portrait, portrait).await?;
    Ok(1)
}

/// Adds a film's images and master if they are missing. Returns the numbers of added images and masters.
async fn draw_film(
    db: &Db,
    storage: &Storage,
    studio: &Studio,
    (one, director): (&Film, &str),
    id: FilmId,
) -> anyhow::Result<(usize, usize)> {
    let owner = Owner::Film(id);
    let existing = image::list(db, owner).await?;
    let lacks = |kind: ImageKind| !existing.iter().any(|image| image.kind == kind);
    let lacks_master =
        one.visibility != Visibility::Draft && film_file::list_by_film(db, id).await?.is_empty();
    if !lacks(ImageKind::Poster) && !lacks(ImageKind::Backdrop) && !lacks_master {
        return Ok((0, 0));
    }
    let (studio, film, director) = (studio.clone(), one.clone(), director.to_owned());
    let drawn = tokio::task::spawn_blocking(move || studio.film(&film, &director)).await??;
    let mut images = 0;
    for (kind, bytes) in [(ImageKind::Poster, drawn.poster), (ImageKind::Backdrop, drawn.backdrop)] {
        if lacks(kind) {
            add_image(db, storage, owner, kind, bytes).await?;
            images += 1;
        }
    }
    if lacks_master {
        add_master(db, storage, id, &format!("{}.avi", one.slug), drawn.clip).await?;
    }
    Ok((images, usize::from(lacks_master)))
}

async fn add_image(
    db: &Db,
    storage: &Storage,
    owner: Owner,
    kind: ImageKind,
    bytes: Vec<u8>,
) -> anyhow::Result<()> {
    let version =
        image::owner_version(db, owner).await?.context("the film or person of an image was deleted")?;
    let upload = Upload {
        id: ImageId(Uuid::now_v7()),
        owner,
        kind,
        media_type: UploadType::Jpeg,
        bytes: bytes.into(),
    };
    api::image::add(db, storage, AUTHOR, upload, version).await.context("cannot add an image")?;
    Ok(())
}

/// Adds a master like an upload in one request. The transcode pipeline processes it.
async fn add_master(
    db: &Db,
    storage: &Storage,
    film_id: FilmId,
    name: &str,
    clip: Vec<u8>,
) -> anyhow::Result<()> {
    let (id, size_bytes, expires_at) = (FileId(Uuid::now_v7()), clip.len() as u64, clock::now() + EXPIRY);
    let new = NewFile { id, film_id, name: name.to_owned(), size_bytes, expires_at };
    upload::create(db, AUTHOR, new).await?;
    let mut upload = storage.open_upload(id, size_bytes, Checkpoint::default()).await?;
    upload.append(clip.into()).await;
    let closed = upload.close().await;
    if let Some(failure) = closed.failure {
        return Err(failure).context("cannot store a clip");
    }
    let stored = closed.checkpoint;
    let (lease, _) = upload::take_lease(db, id, Duration::from_mins(1))
        .await?
        .context("the upload of a clip was deleted while it was stored")?;
    let kept = upload::checkpoint(db, &lease, 0, stored.offset, &stored.state, expires_at).await?;
    ensure!(kept, "the upload of a clip was deleted while it was stored");
    storage.finish_upload(id, &stored).await?;
    upload::finish(db, &lease, &stored.sha256()?).await?;
    Ok(())
}
