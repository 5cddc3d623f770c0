//! The catalogue.

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

use crate::support::{film, find_film, ready};

async fn create(db: &Db, new: NewFilm) -> db::Result<Film> {
    films::create(db, &Author::NANG, new, FilmChange::default()).await
}

async fn listed(db: &Db, audience: Audience) -> Vec<FilmId> {
    let filter = FilmFilter::default();
    let films = films::list(db, audience, &filter, FilmSort::Newest, None, 10).await.unwrap();
    films.into_iter().map(|listed| listed.film.id).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_film_is_an_empty_draft(pool: PgPool) {
    let db = Db::from_pool(pool);
    let id = FilmId(Uuid::now_v7());
    let titles =
        BTreeMap::from([("en".to_owned(), "The Signal".to_owned()), ("lo".to_owned(), "ສັນຍານ".to_owned())]);
    let made = create(&db, NewFilm { id, titles: titles.clone(), profile: "fast".to_owned() }).await.unwrap();
    assert_eq!((made.visibility, made.status, made.version), (Visibility::Draft, FilmStatus::Empty, 1));
    assert_eq!((made.titles.clone(), made.build_id, made.profile.as_str()), (titles, None, "fast"));
    assert_eq!(find_film(&db, id).await, made);
    assert_eq!(films::find(&db, FilmId(Uuid::now_v7())).await.unwrap(), None);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_film_needs_a_title_and_its_own_id(pool: PgPool) {
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
async fn an_edit_changes_what_it_names_and_only_the_version_it_saw(pool: PgPool) {
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
async fn a_list_is_newest_first_and_goes_on_without_gaps(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let mut made = Vec::new();
    for _ in 0..7 {
        made.push(film(&db).await);
    }
    // Several films of one moment must not be skipped at a page's end.
    sqlx::query("UPDATE films SET created_at = '2026-01-01'").execute(&pool).await.unwrap();
    made.reverse();
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = films::admin(&db, &AdminFilter::default(), after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.cursor().to_string().parse().unwrap());
        listed.extend(page.iter().map(|film| film.id));
    }
    assert_eq!(listed, made);
}

#[sqlx::test(migrations = "../migrations")]
async fn viewers_see_what_is_public_and_ready(pool: PgPool) {
    let db = Db::from_pool(pool);
    let (shown, draft, unready) = (film(&db).await, film(&db).await, film(&db).await);
    ready(&db, shown).await;
    ready(&db, draft).await;
    for id in [shown, unready] {
        let publish = FilmChange { visibility: Some(Visibility::Public), ..FilmChange::default() };
        films::update(&db, &Author::NANG, id, publish, 1).await.unwrap().unwrap();
    }
    assert_eq!(listed(&db, Audience::Anybody).await, [shown]);
    assert_eq!(films::admin(&db, &AdminFilter::default(), None, 10).await.unwrap().len(), 3);
}
