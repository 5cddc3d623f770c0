//! The films of the catalogue.

use std::collections::BTreeMap;

use db::{
    Audience, Db, DbError,
    audit::Author,
    film::{
        self as films, AdminFilter, Film, FilmChange, FilmFilter, FilmSort, FilmStatus, NewFilm, Visibility,
    },
};
use domain::id::FilmId;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{film, find_film, make_ready};

async fn create(db: &Db, new: NewFilm) -> db::Result<Film> {
    films::create(db, &Author::NANG, new, FilmChange::default()).await
}

async fn list_ids(db: &Db, audience: Audience) -> Vec<FilmId> {
    let filter = FilmFilter::default();
    let films = films::list(db, audience, None, &filter, FilmSort::Newest, None, 10).await.unwrap();
    films.into_iter().map(|listed| listed.film.id).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_film_is_an_empty_draft(pool: PgPool) {
    let db = Db::from_pool(pool);
    let id = FilmId(Uuid::now_v7());
    let titles =
        BTreeMap::from([("en".to_owned(), "The Signal".to_owned()), ("lo".to_owned(), "ສັນຍານ".to_owned())]);
    let created =
        create(&db, NewFilm { id, titles: titles.clone(), profile: "fast".to_owned() }).await.unwrap();
    assert_eq!(
        (created.visibility, created.status, created.version),
        (Visibility::Draft, FilmStatus::Empty, 1)
    );
    assert_eq!((created.titles.clone(), created.build_id, created.profile.as_str()), (titles, None, "fast"));
    assert_eq!(find_film(&db, id).await, created);
    assert_eq!(films::find(&db, FilmId(Uuid::now_v7())).await.unwrap(), None);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_film_needs_a_title_and_a_unique_id(pool: PgPool) {
    let db = Db::from_pool(pool);
    let new = NewFilm { id: film(&db).await, titles: BTreeMap::new(), profile: "default".to_owned() };
    let error = create(&db, new.clone()).await.unwrap_err();
    assert!(
        matches!(&error, DbError::Conflict { constraint, .. } if constraint == "films_titles_given"),
        "{error:?}"
    );
    assert_eq!(error.to_string(), "a film needs at least one title");
    let titled = NewFilm { titles: BTreeMap::from([("lo".to_owned(), "ໜັງ".to_owned())]), ..new };
    let error = create(&db, titled).await.unwrap_err();
    assert!(
        matches!(&error, DbError::Conflict { constraint, .. } if constraint == "films_pkey"),
        "{error:?}"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn an_edit_changes_only_the_fields_it_names_of_the_expected_version(pool: PgPool) {
    let db = Db::from_pool(pool);
    let id = film(&db).await;
    let publish = FilmChange { visibility: Some(Visibility::Public), ..FilmChange::default() };
    let edited = films::update(&db, &Author::NANG, id, publish.clone(), 1).await.unwrap().unwrap();
    assert_eq!((edited.visibility, edited.version), (Visibility::Public, 2));
    assert_eq!(edited.titles["lo"], "ໜັງ");
    assert_eq!(films::update(&db, &Author::NANG, id, publish, 1).await.unwrap(), None);
    let titles = BTreeMap::from([("en".to_owned(), "Film".to_owned())]);
    let retitle = FilmChange {
        titles: Some(titles.clone()),
        profile: Some("fast".to_owned()),
        ..FilmChange::default()
    };
    let edited = films::update(&db, &Author::NANG, id, retitle, 2).await.unwrap().unwrap();
    assert_eq!(
        (edited.titles, edited.profile.as_str(), edited.visibility),
        (titles, "fast", Visibility::Public)
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_list_is_newest_first_and_its_pages_have_no_gaps(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let mut created = Vec::new();
    for _ in 0..7 {
        created.push(film(&db).await);
    }
    // Films of the same creation time must not be skipped at the end of a page.
    sqlx::query("UPDATE films SET created_at = '2026-01-01'").execute(&pool).await.unwrap();
    created.reverse();
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = films::admin(&db, &AdminFilter::default(), after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.cursor().to_string().parse().unwrap());
        listed.extend(page.iter().map(|film| film.id));
    }
    assert_eq!(listed, created);
}

#[sqlx::test(migrations = "../migrations")]
async fn viewers_see_films_that_are_public_and_ready(pool: PgPool) {
    let db = Db::from_pool(pool);
    let (shown, draft, unready) = (film(&db).await, film(&db).await, film(&db).await);
    make_ready(&db, shown).await;
    make_ready(&db, draft).await;
    for id in [shown, unready] {
        let publish = FilmChange { visibility: Some(Visibility::Public), ..FilmChange::default() };
        films::update(&db, &Author::NANG, id, publish, 1).await.unwrap().unwrap();
    }
    assert_eq!(list_ids(&db, Audience::Anonymous).await, [shown]);
    assert_eq!(films::admin(&db, &AdminFilter::default(), None, 10).await.unwrap().len(), 3);
}
