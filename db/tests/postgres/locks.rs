//! Edits of related rows at the same time wait for each other, and none of them is refused.

use std::collections::BTreeMap;

use db::{
    Db, DbError,
    audit::Author,
    catalogue::import,
    film::{self, CreditRole, Film, FilmChange, NewCredit, NewFilm, Texts},
    genre::{self, Genre, GenreChange, NewGenre},
    person::{self, NewPerson, Person, PersonChange},
};
use domain::{
    catalogue::{Format, read},
    id::FilmId,
};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

const ROUNDS: usize = 40;

fn name(text: String) -> Texts {
    BTreeMap::from([("en".to_owned(), text)])
}

async fn person(db: &Db) -> Person {
    let new = NewPerson {
        id: Uuid::now_v7(),
        slug: None,
        names: name("Noy".to_owned()),
        biographies: Texts::new(),
    };
    person::create(db, &Author::NANG, new).await.unwrap()
}

async fn genre(db: &Db) -> Genre {
    let new = NewGenre { id: Uuid::now_v7(), slug: None, names: name("Drama".to_owned()), position: 1 };
    genre::create(db, &Author::NANG, new).await.unwrap()
}

async fn film(db: &Db, change: FilmChange) -> Film {
    let new = NewFilm {
        id: FilmId(Uuid::now_v7()),
        titles: name("Film".to_owned()),
        profile: "default".to_owned(),
    };
    film::create(db, &Author::NANG, new, change).await.unwrap()
}

fn credits(people: &[&Person]) -> FilmChange {
    let credit = |person: &&Person| NewCredit {
        person_id: person.id,
        role: CreditRole::Actor,
        credited_as: Texts::new(),
    };
    FilmChange { credits: Some(people.iter().map(credit).collect()), ..FilmChange::default() }
}

fn genres(genres: &[&Genre]) -> FilmChange {
    FilmChange { genres: Some(genres.iter().map(|genre| genre.id).collect()), ..FilmChange::default() }
}

/// The edit succeeded, or came too late: the person or genre to be added had just been merged into another.
fn assert_done_or_merged(edit: Result<Option<Film>, DbError>, constraint: &str) {
    match edit {
        Ok(Some(_)) => {}
        Err(DbError::Conflict { constraint: broken, .. }) if broken == constraint => {}
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn people_are_renamed_and_merged_while_they_are_added_to_films(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let author = &Author::NANG;
    for round in 0..ROUNDS {
        let (a, b, c) = (person(&db).await, person(&db).await, person(&db).await);
        let (f, g) = (film(&db, credits(&[&a, &b])).await, film(&db, FilmChange::default()).await);
        let renamed = PersonChange { names: Some(name(format!("Keo{round}"))), ..PersonChange::default() };
        let (renamed, merged, first, second) = tokio::join!(
            person::update(&db, author, a.id, renamed, a.version),
            person::merge(&db, author, b.id, c.id, b.version),
            film::update(&db, author, f.id, credits(&[&c, &a]), f.version),
            film::update(&db, author, g.id, credits(&[&c, &b, &a]), g.version),
        );
        assert!(renamed.unwrap().is_some());
        assert!(merged.unwrap().is_some());
        assert!(first.unwrap().is_some());
        assert_done_or_merged(second, "film_cast_person_fkey");

        // In whichever order the edits were made, the films are found by the current names of people.
        let entries = "SELECT film_id, person_grams, grams FROM search_films ORDER BY film_id";
        let before: Vec<(Uuid, Vec<String>, Vec<String>)> =
            sqlx::query_as(entries).fetch_all(&pool).await.unwrap();
        db::search::refresh_films(&db, &[f.id, g.id]).await.unwrap();
        let after: Vec<(Uuid, Vec<String>, Vec<String>)> =
            sqlx::query_as(entries).fetch_all(&pool).await.unwrap();
        assert_eq!(before, after);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn genres_are_merged_while_they_are_added_to_films(pool: PgPool) {
    let db = Db::from_pool(pool);
    let author = &Author::NANG;
    for _ in 0..ROUNDS {
        let (x, y, z) = (genre(&db).await, genre(&db).await, genre(&db).await);
        let (f, g) = (film(&db, genres(&[&x, &y])).await, film(&db, genres(&[&y])).await);
        let moved = GenreChange { position: Some(7), ..GenreChange::default() };
        let (merged, moved, first, second) = tokio::join!(
            genre::merge(&db, author, x.id, y.id, x.version),
            genre::update(&db, author, z.id, moved, z.version),
            film::update(&db, author, f.id, genres(&[&z, &y]), f.version),
            film::update(&db, author, g.id, genres(&[&y, &z, &x]), g.version),
        );
        assert!(merged.unwrap().is_some());
        assert!(moved.unwrap().is_some());
        assert!(first.unwrap().is_some());
        assert_done_or_merged(second, "film_genres_genre_fkey");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_catalogue_is_imported_while_films_and_people_are_edited(pool: PgPool) {
    let db = Db::from_pool(pool);
    let author = &Author::NANG;
    for round in 0..ROUNDS {
        let (a, b) = (person(&db).await, person(&db).await);
        let f = film(&db, credits(&[&b])).await;
        // New words, which all edits add to the words that search corrects mistakes with.
        let words = |order: [&str; 3]| order.map(|word| format!("{word}{round}")).join(" ");
        let lines = ["zebra", "mango"].map(|word| {
            let people = [&b, &a].map(|person| json!({ "role": "actor", "person": person.slug }));
            json!({ "titles": { "en": words([word, "apple", "kiwi"]) }, "credits": people })
        });
        let file = json!({ "films": lines }).to_string();
        let renamed =
            PersonChange { names: Some(name(words(["kiwi", "mango", "apple"]))), ..PersonChange::default() };
        let retitled =
            FilmChange { titles: Some(name(words(["apple", "zebra", "mango"]))), ..credits(&[&a, &b]) };
        let mut quiet = |_, _| {};
        let (imported, renamed, retitled) = tokio::join!(
            import(&db, author, read(Format::Json, file.as_bytes()), false, Uuid::now_v7, &mut quiet),
            person::update(&db, author, a.id, renamed, a.version),
            film::update(&db, author, f.id, retitled, f.version),
        );
        let report = imported.unwrap();
        assert!(report.applied, "{report:?}");
        assert!(renamed.unwrap().is_some());
        assert!(retitled.unwrap().is_some());
    }
}
