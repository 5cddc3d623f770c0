//! Films with their cast, genres and categories.

use db::film::FilmStatus;
use domain::{lao, plan::Plan, planner, profile::Profile};
use sqlx::{PgPool, types::Json};
use uuid::Uuid;

use super::{BATCH, dice::Dice, vocabulary::Vocabulary};
use crate::{BenchDataError, Result};

/// Approximate number of films of each person.
const FILMS_PER_PERSON: usize = 4;
/// Credits of each film.
const CREDITS: usize = 6;
/// Genre names in Lao and English.
const GENRES: &[(&str, &str)] = &[
    ("ລະຄອນ", "Drama"),
    ("ຕະຫຼົກ", "Comedy"),
    ("ສາລະຄະດີ", "Documentary"),
    ("ຮັກ", "Romance"),
    ("ຜີ", "Horror"),
    ("ຜະຈົນໄພ", "Adventure"),
    ("ສົງຄາມ", "War"),
    ("ເດັກນ້ອຍ", "Children"),
    ("ເພງ", "Music"),
    ("ປະຫວັດສາດ", "History"),
    ("ໜັງສັ້ນ", "Short film"),
    ("ທຳມະຊາດ", "Nature"),
];
const CATEGORIES: usize = 8;
const FILMS_IN_CATEGORY: i64 = 24;

/// Writes `films` films, and their people, genres and categories.
pub(super) async fn fill(pool: &PgPool, dice: &mut Dice, films: usize) -> Result<()> {
    let lao = Vocabulary::lao(dice);
    let latin = Vocabulary::latin(dice);
    let people = fill_people(pool, dice, (films / FILMS_PER_PERSON).max(CREDITS * 2), &lao, &latin).await?;
    let genres = fill_genres(pool).await?;
    let plan = plan()?;
    let mut left = films;
    while left > 0 {
        let count = left.min(BATCH);
        let mut batch = Films::default();
        for _ in 0..count {
            batch.add(dice, &lao, &latin, &people, &genres);
        }
        batch.write(pool, &plan).await?;
        left -= count;
    }
    fill_categories(pool).await
}

/// Films as columns for `unnest`.
#[derive(Default)]
struct Films {
    ids: Vec<Uuid>,
    titles: Vec<String>,
    synopses: Vec<String>,
    sort_titles_lo: Vec<String>,
    sort_titles_en: Vec<String>,
    years: Vec<i16>,
    visibilities: Vec<String>,
    cast_in: Vec<Uuid>,
    cast_people: Vec<Uuid>,
    cast_roles: Vec<String>,
    cast_positions: Vec<i32>,
    genres_of: Vec<Uuid>,
    genres: Vec<Uuid>,
    genre_positions: Vec<i32>,
}

/// Returns the plan of every film's build.
fn plan() -> Result<Plan> {
    let wrong = |why: &dyn std::fmt::Display| BenchDataError::Plan(why.to_string());
    let facts = serde_json::from_str(include_str!("master.json")).map_err(|error| wrong(&error))?;
    let profile = Profile::shipped("default").ok_or_else(|| wrong(&"the profile \"default\" is missing"))?;
    planner::plan(profile, &facts).map_err(|error| wrong(&error))
}

async fn fill_people(
    pool: &PgPool,
    dice: &mut Dice,
    count: usize,
    lao: &Vocabulary,
    latin: &Vocabulary,
) -> Result<Vec<Uuid>> {
    let people: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
    for batch in people.chunks(BATCH) {
        let names: Vec<_> = batch.iter().map(|_| (lao.name(dice), latin.name(dice))).collect();
        let sort_names: Vec<String> = names.iter().map(|(_, latin)| lao::fold(latin)).collect();
        let names: Vec<String> =
            names.iter().map(|(lo, en)| serde_json::json!({ "lo": lo, "en": en }).to_string()).collect();
        sqlx::query!(
            "INSERT INTO people (id, slug, names, sort_name)
             SELECT id, id::text, names::jsonb, sort_name
             FROM unnest($1::uuid[], $2::text[], $3::text[]) AS person (id, names, sort_name)",
            batch,
            &names,
            &sort_names,
        )
        .execute(pool)
        .await?;
    }
    Ok(people)
}

impl Films {
    fn add(
        &mut self,
        dice: &mut Dice,
        lao: &Vocabulary,
        latin: &Vocabulary,
        people: &[Uuid],
        genres: &[Uuid],
    ) {
        let id = Uuid::now_v7();
        let words = 1 + dice.below(4);
        let (lo, en) = (lao.text(dice, words), latin.text(dice, words));
        let sentences = |dice: &mut Dice, vocabulary: &Vocabulary| {
            let sentences: Vec<String> = (0..3).map(|_| format!("{}.", vocabulary.text(dice, 12))).collect();
            sentences.join(" ")
        };
        self.ids.push(id);
        self.sort_titles_lo.push(lao::fold(&lo));
        self.sort_titles_en.push(lao::fold(&en));
        self.titles.push(serde_json::json!({ "lo": lo, "en": en }).to_string());
        let synopses = serde_json::json!({ "lo": sentences(dice, lao), "en": sentences(dice, latin) });
        self.synopses.push(synopses.to_string());
        self.years.push(1960 + i16::try_from(dice.below(67)).unwrap_or(0));
        let visibility = match dice.below(20) {
            0 => "draft",
            1 => "members",
            _ => "public",
        };
        self.visibilities.push(visibility.to_owned());
        let first = dice.unequal(genres.len());
        for position in 0..=dice.below(2) {
            self.genres_of.push(id);
            self.genres.push(genres[(first + position) % genres.len()]);
            self.genre_positions.push(i32::try_from(position).unwrap_or(0));
        }
        let mut cast: Vec<Uuid> = Vec::new();
        for position in 0..CREDITS {
            let person = people[dice.unequal(people.len())];
            if cast.contains(&person) {
                continue;
            }
            cast.push(person);
            self.cast_in.push(id);
            self.cast_people.push(person);
            self.cast_roles.push(if position == 0 { "director" } else { "actor" }.to_owned());
            self.cast_positions.push(i32::try_from(position).unwrap_or(0));
        }
    }

    /// Writes the films. A ready film refers to its presentation, and a presentation to its build, film and master. PostgreSQL checks constraints at the
    /// end of a statement, so one statement writes all of them.
    async fn write(self, pool: &PgPool, plan: &Plan) -> Result<()> {
        let plan = Json(plan);
        sqlx::query!(
            "WITH film AS (
                 SELECT *, gen_random_uuid() AS file_id, gen_random_uuid() AS build_id, gen_random_uuid() AS presentation_id
                 FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::text[])
                      AS film (id, titles, synopses, sort_title_lo, sort_title_en, year, visibility)
             ), file AS (
                 INSERT INTO film_files (id, film_id, name, size_bytes, received_bytes, state, sha256, expires_at)
                 SELECT file_id, id, 'bench.mov', 1, 1, 'uploaded', repeat('0', 64), now() FROM film
             ), build AS (
                 INSERT INTO builds (id, film_id, file_id, profile, state, plan, parts, pending, finished_at)
                 SELECT build_id, id, file_id, 'default', 'ready', $8, 1, 0, now() FROM film
             ), presentation AS (
                 INSERT INTO presentations (id, film_id, number, content, build_id, duration_ms, made_by, shown_at)
                 SELECT presentation_id, id, 1,
                        jsonb_build_object('version', 1, 'video', build_id, 'audio', '[]'::jsonb, 'subtitles', '[]'::jsonb,
                                           'thumbnails', NULL),
                        build_id, 5400000, 'build.publish', now()
                 FROM film
             )
             INSERT INTO films (id, slug, titles, synopses, sort_title_lo, sort_title_en, year, visibility, status, profile,
                                presentation_id, build_id, duration_ms, width, height, languages, countries)
             SELECT id, id::text, titles::jsonb, synopses::jsonb, sort_title_lo, sort_title_en, year, visibility, $9,
                    'default', presentation_id, build_id, 5400000, 1920, 1080, '{lo}', '{LA}'
             FROM film",
            &self.ids,
            &self.titles,
            &self.synopses,
            &self.sort_titles_lo,
            &self.sort_titles_en,
            &self.years,
            &self.visibilities,
            plan as _,
            FilmStatus::Ready.as_str(),
        )
        .execute(pool)
        .await?;
        sqlx::query!(
            "INSERT INTO film_cast (film_id, person_id, role, position)
             SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[])",
            &self.cast_in,
            &self.cast_people,
            &self.cast_roles,
            &self.cast_positions,
        )
        .execute(pool)
        .await?;
        sqlx::query!(
            "INSERT INTO film_genres (film_id, genre_id, position)
             SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[])",
            &self.genres_of,
            &self.genres,
            &self.genre_positions,
        )
        .execute(pool)
        .await?;
        Ok(())
    }
}

async fn fill_genres(pool: &PgPool) -> Result<Vec<Uuid>> {
    let ids: Vec<Uuid> = GENRES.iter().map(|_| Uuid::now_v7()).collect();
    let names: Vec<String> =
        GENRES.iter().map(|(lo, en)| serde_json::json!({ "lo": lo, "en": en }).to_string()).collect();
    sqlx::query!(
        "INSERT INTO genres (id, slug, names, position)
         SELECT id, id::text, names::jsonb, number FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS genre (id, names, number)",
        &ids,
        &names,
    )
    .execute(pool)
    .await?;
    Ok(ids)
}

async fn fill_categories(pool: &PgPool) -> Result<()> {
    for category in 1..=CATEGORIES {
        let id = Uuid::now_v7();
        let names =
            Json(serde_json::json!({ "lo": format!("ຊັ້ນ {category}"), "en": format!("Category {category}") }));
        sqlx::query!(
            "WITH category AS (INSERT INTO categories (id, slug, names, position) VALUES ($1, $1::uuid::text, $2, $3))
             INSERT INTO film_categories (category_id, film_id, position)
             SELECT $1, id, row_number() OVER () FROM (SELECT id FROM films ORDER BY md5(id::text || $1::uuid::text) LIMIT $4) AS film",
            id,
            names as _,
            i32::try_from(category).unwrap_or(0),
            FILMS_IN_CATEGORY,
        )
        .execute(pool)
        .await?;
    }
    Ok(())
}
