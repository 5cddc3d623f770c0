//! Search: what is found, in which order, and by which audience.

use std::collections::{BTreeMap, HashSet};

use bench_data::BenchData;
use db::{
    Audience, Db,
    audit::Author,
    film::{self as films, FilmChange, NewFilm, Visibility},
    search::{self, Field, Found, Suggested},
};
use domain::{id::FilmId, lao::index};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::make_ready;

/// Real names and what people type for them; its first lines describe its columns.
const LAO_NAMES: &str = include_str!("lao_names.tsv");

async fn create_ready_film(db: &Db, titles: &[(&str, &str)]) -> FilmId {
    let id = create_film(db, titles).await;
    make_ready(db, id).await;
    id
}

async fn create_film(db: &Db, titles: &[(&str, &str)]) -> FilmId {
    let titles: BTreeMap<String, String> =
        titles.iter().map(|(tag, title)| ((*tag).to_owned(), (*title).to_owned())).collect();
    let id = FilmId(Uuid::now_v7());
    let new = NewFilm { id, titles, profile: "default".to_owned() };
    films::create(db, &Author::NANG, new, FilmChange::default()).await.unwrap();
    set_visibility(db, id, Visibility::Public).await;
    id
}

async fn set_visibility(db: &Db, id: FilmId, visibility: Visibility) {
    let version = films::find(db, id).await.unwrap().unwrap().version;
    let change = FilmChange { visibility: Some(visibility), ..FilmChange::default() };
    films::update(db, &Author::NANG, id, change, version).await.unwrap().unwrap();
}

async fn add_person(db: &Db, pool: &PgPool, name: &str, film: FilmId) -> Uuid {
    let id = Uuid::now_v7();
    sqlx::query("INSERT INTO people (id, slug, names, sort_name) VALUES ($1, $1::text, $2, '')")
        .bind(id)
        .bind(json!({ "lo": name }))
        .execute(pool)
        .await
        .unwrap();
    sqlx::query("INSERT INTO film_cast (film_id, person_id, role, position) VALUES ($1, $2, 'director', (SELECT count(*) FROM film_cast))")
        .bind(film.0)
        .bind(id)
        .execute(pool)
        .await
        .unwrap();
    search::refresh_people(db, &[id]).await.unwrap();
    id
}

async fn set_synopsis(db: &Db, pool: &PgPool, film: FilmId, language: &str, text: &str) {
    sqlx::query("UPDATE films SET synopses = $2 WHERE id = $1")
        .bind(film.0)
        .bind(json!({ language: text }))
        .execute(pool)
        .await
        .unwrap();
    search::refresh_films(db, &[film]).await.unwrap();
}

async fn find(db: &Db, text: &str) -> Vec<Found> {
    let Some(query) = index::query(text) else { return Vec::new() };
    search::find(db, &query, Audience::Anonymous, None, 10).await.unwrap()
}

async fn find_ids(db: &Db, text: &str) -> Vec<FilmId> {
    find(db, text).await.into_iter().map(|found| found.film_id).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn real_lao_names_are_among_the_first_three_in_every_spelling(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let data = BenchData { films: 3000, history: 0, password_hash: String::new() };
    bench_data::fill(&pool, &data).await.unwrap();
    // Generated films that are named after a place would be equally good results.
    let names: Vec<Vec<&str>> = LAO_NAMES
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
        .collect();
    assert!(names.len() >= 60);
    let mut missed = Vec::new();
    let mut asked = 0;
    // All films are created first, so that similar names compete with each other.
    let mut films = Vec::new();
    for name in &names {
        films.push(create_ready_film(&db, &[("lo", name[1])]).await);
    }
    for (name, film) in names.iter().zip(films) {
        let typed = name[1..].iter().flat_map(|forms| forms.split(';')).map(str::trim);
        let part = name[4];
        for typed in typed.filter(|typed| !typed.is_empty() && *typed != part) {
            asked += 1;
            let place = find_ids(&db, typed).await.iter().position(|id| *id == film);
            if place.is_none_or(|place| place > 2) {
                missed.push(format!("{} by {typed}: {place:?}", name[1]));
            }
        }
    }
    assert!(missed.is_empty(), "{} of {asked} missed:\n{}", missed.len(), missed.join("\n"));
}

/// Every single typing mistake in a word: a letter left out, two swapped, one doubled, and in Latin letters the key beside the
/// right one. The first letter is always right, because people look at it.
fn slips(word: &str) -> Vec<String> {
    const ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
    let letters: Vec<char> = word.chars().collect();
    let mut slips = Vec::new();
    for at in 1..letters.len() {
        let (before, letter, after) = (&letters[..at], letters[at], &letters[at + 1..]);
        let mut slip = |middle: &[char]| slips.push([before, middle, after].concat().iter().collect());
        slip(&[]);
        slip(&[letter, letter]);
        for row in ROWS {
            if let Some(place) = row.find(letter.to_ascii_lowercase()) {
                let beside = [place.wrapping_sub(1), place + 1];
                beside.iter().filter_map(|place| row.chars().nth(*place)).for_each(|beside| slip(&[beside]));
            }
        }
        if let [next, rest @ ..] = after
            && *next != letter
        {
            slips.push([before, &[*next, letter], rest].concat().iter().collect());
        }
    }
    slips
}

/// The mistakes are generated and not chosen, so this measures tolerance beyond the examples that the rules were written for.
#[sqlx::test(migrations = "../migrations")]
async fn most_single_typing_mistakes_in_a_name_are_tolerated(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let data = BenchData { films: 3000, history: 0, password_hash: String::new() };
    bench_data::fill(&pool, &data).await.unwrap();
    let mut names = Vec::new();
    for line in LAO_NAMES.lines().filter(|line| !line.starts_with('#')) {
        let name: Vec<&str> = line.split('\t').collect();
        names.push((create_ready_film(&db, &[("lo", name[1])]).await, name));
    }
    for (script, column, least) in [("Lao", 1, 0.95), ("Latin", 5, 0.85)] {
        let (mut asked, mut missed) = (0_u32, Vec::new());
        for (film, name) in &names {
            for spelling in name[column].split(';').filter(|spelling| spelling.chars().count() >= 5) {
                // Every eleventh mistake: each kind still comes at every place of some name.
                for typed in slips(spelling).into_iter().step_by(11) {
                    asked += 1;
                    let found = find_ids(&db, &typed).await;
                    if !found.iter().take(3).any(|found| found == film) {
                        missed.push(format!("{} by {typed}", name[1]));
                    }
                }
            }
        }
        let tolerated = 1.0 - f64::from(u32::try_from(missed.len()).unwrap()) / f64::from(asked);
        assert!(tolerated >= least, "{script}: {tolerated:.3} of {asked}; missed:\n{}", missed.join("\n"));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_part_of_a_name_without_spaces_finds_it(pool: PgPool) {
    let db = Db::from_pool(pool);
    for line in LAO_NAMES.lines().filter(|line| !line.starts_with('#')) {
        let name: Vec<&str> = line.split('\t').collect();
        let film = create_ready_film(&db, &[("lo", name[1])]).await;
        assert!(find_ids(&db, name[4]).await.contains(&film), "{} by {}", name[1], name[4]);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn titles_come_before_people_before_synopses_and_whole_before_part_before_mistyped(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let synopsis = create_ready_film(&db, &[("en", "Nothing")]).await;
    set_synopsis(&db, &pool, synopsis, "lo", "ເລື່ອງຂອງຈັນທະລີ ໃນບ້ານ.").await;
    let person_film = create_ready_film(&db, &[("en", "Something")]).await;
    add_person(&db, &pool, "ຈັນທະລີ", person_film).await;
    let mistyped = create_ready_film(&db, &[("en", "Chamthali")]).await;
    let part = create_ready_film(&db, &[("lo", "ສາວຈັນທະລີ")]).await;
    let prefix = create_ready_film(&db, &[("en", "Chanthaly Returns")]).await;
    let exact = create_ready_film(&db, &[("lo", "ຈັນທະລີ")]).await;
    let found = find(&db, "ຈັນທະລີ").await;
    let order: Vec<_> = found.iter().map(|found| (found.film_id, found.field)).collect();
    assert_eq!(
        order,
        [
            (exact, Field::Title),
            (prefix, Field::Title),
            (person_film, Field::Person),
            (part, Field::Title),
            (synopsis, Field::Synopsis),
        ]
    );
    assert_eq!(found[2].texts, ["ຈັນທະລີ"]);
    // Search guesses only where nothing matches well.
    assert!(!order.iter().any(|(film, _)| *film == mistyped));
    assert_eq!(find_ids(&db, "chamtali").await.first(), Some(&mistyped));
}

#[sqlx::test(migrations = "../migrations")]
async fn words_are_found_in_any_order_and_across_fields(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = create_ready_film(&db, &[("en", "Good Morning, Luang Prabang")]).await;
    add_person(&db, &pool, "Anousone Sirisackda", film).await;
    set_synopsis(&db, &pool, film, "en", "A photographer travels along the Mekong.").await;
    for text in
        ["prabang morning", "morning anousone", "photographer", "mekong photographer", "ຫຼວງພະບາງ good"]
    {
        assert_eq!(find_ids(&db, text).await, [film], "{text}");
    }
    assert_eq!(find_ids(&db, "morning vientiane").await, []);
}

#[sqlx::test(migrations = "../migrations")]
async fn only_what_the_audience_may_see_is_found(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = create_ready_film(&db, &[("lo", "ວັງວຽງ")]).await;
    let person = add_person(&db, &pool, "ວັງໄຊ", film).await;
    create_film(&db, &[("lo", "ວັງວຽງ")]).await;
    let query = index::query("ວັງ").unwrap();
    let seen = async |audience| {
        let found = search::find(&db, &query, audience, None, 10).await.unwrap();
        let suggested = search::suggest(&db, &query, audience, 8).await.unwrap().items;
        let people = suggested
            .iter()
            .filter(|suggested| matches!(suggested, Suggested::Person(found) if found.id == person));
        (found.len(), suggested.len(), people.count())
    };
    assert_eq!(seen(Audience::Anonymous).await, (1, 2, 1));
    set_visibility(&db, film, Visibility::Members).await;
    assert_eq!(seen(Audience::Anonymous).await, (0, 0, 0));
    assert_eq!(seen(Audience::Member).await, (1, 2, 1));
    for visibility in [Visibility::Draft, Visibility::Unlisted] {
        set_visibility(&db, film, visibility).await;
        assert_eq!(seen(Audience::Editor).await, (0, 0, 0), "{visibility:?}");
    }
    set_visibility(&db, film, Visibility::Public).await;
    sqlx::query("UPDATE films SET deleted_at = now() WHERE id = $1")
        .bind(film.0)
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(seen(Audience::Anonymous).await, (0, 0, 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn edited_films_and_people_are_found_by_their_current_names(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = create_ready_film(&db, &[("en", "Before")]).await;
    let person = add_person(&db, &pool, "Sombath", film).await;
    let version = films::find(&db, film).await.unwrap().unwrap().version;
    let titles = BTreeMap::from([("en".to_owned(), "Hereafter".to_owned())]);
    let change = FilmChange { titles: Some(titles), ..FilmChange::default() };
    films::update(&db, &Author::NANG, film, change, version).await.unwrap().unwrap();
    assert_eq!(find_ids(&db, "before").await, []);
    assert_eq!(find_ids(&db, "hereafter").await, [film]);
    sqlx::query("UPDATE people SET names = $2 WHERE id = $1")
        .bind(person)
        .bind(json!({ "lo": "ມະນີວັນ" }))
        .execute(&pool)
        .await
        .unwrap();
    search::refresh_people(&db, &[person]).await.unwrap();
    assert_eq!(find_ids(&db, "sombath").await, []);
    assert_eq!(find_ids(&db, "manivan").await, [film]);
    // The name is also in the film's own texts, where it is found together with other words.
    assert_eq!(find_ids(&db, "manivan hereafter").await, [film]);
}

#[sqlx::test(migrations = "../migrations")]
async fn migrating_makes_existing_films_searchable(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = create_ready_film(&db, &[("lo", "ຈຳປາສັກ")]).await;
    sqlx::raw_sql("DELETE FROM search_titles; DELETE FROM search_films; DELETE FROM search_state")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(find_ids(&db, "champasak").await, []);
    db.migrate().await.unwrap();
    assert_eq!(find_ids(&db, "champasak").await, [film]);
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_list_every_film_once(pool: PgPool) {
    let db = Db::from_pool(pool);
    let mut films = HashSet::new();
    for number in 0..7 {
        films.insert(create_ready_film(&db, &[("en", &format!("Mekong {number}")), ("lo", "ແມ່ນ້ຳຂອງ")]).await);
    }
    let query = index::query("mekong").unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = search::find(&db, &query, Audience::Anonymous, after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.cursor().to_string().parse().unwrap());
        seen.extend(page.iter().map(|found| found.film_id));
    }
    assert_eq!(seen.len(), 7);
    assert_eq!(seen.into_iter().collect::<HashSet<_>>(), films);
}

/// Finds all matches, in pages of two.
async fn find_by_page(db: &Db, text: &str) -> Vec<FilmId> {
    let query = index::query(text).unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = search::find(db, &query, Audience::Anonymous, after, 2).await.unwrap();
        let Some(last) = page.last() else { return seen };
        after = Some(last.cursor().to_string().parse().unwrap());
        seen.extend(page.iter().map(|found| found.film_id));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn later_pages_correct_mistakes_only_if_the_first_page_does(pool: PgPool) {
    let db = Db::from_pool(pool);
    let mut whole = HashSet::new();
    for _ in 0..2 {
        whole.insert(create_ready_film(&db, &[("en", "Mekong")]).await);
    }
    let alike = create_ready_film(&db, &[("en", "Mekang")]).await;
    // The first page ends with the last whole match.
    assert_eq!(find_by_page(&db, "mekong").await.into_iter().collect::<HashSet<_>>(), whole);
    let all = find_by_page(&db, "mekung").await;
    assert_eq!(all.len(), 3);
    assert!(all.contains(&alike) && whole.iter().all(|film| all.contains(film)), "{all:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn suggestions_are_titles_and_people_that_begin_as_typed(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = create_ready_film(&db, &[("lo", "ຫຼວງພະບາງ"), ("en", "Luang Prabang")]).await;
    let person = add_person(&db, &pool, "Louangpha", film).await;
    for typed in ["lu", "lou", "ຫຼ", "ຫລວງ", "luang pr", "ຫຼວງພະບ", "luamg prabang"]
    {
        let query = index::query(typed).unwrap();
        let suggested = search::suggest(&db, &query, Audience::Anonymous, 8).await.unwrap().items;
        let titled = matches!(&suggested[..], [Suggested::Film(id, _), ..] if *id == film);
        assert!(titled, "{typed}: {suggested:?}");
    }
    let query = index::query("louangp").unwrap();
    let suggested = search::suggest(&db, &query, Audience::Anonymous, 8).await.unwrap().items;
    assert!(
        suggested.iter().any(|suggested| matches!(suggested, Suggested::Person(found) if found.id == person))
    );
}
