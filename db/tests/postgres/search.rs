//! Search: what is found, in which order, and by whom.

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

use crate::support::ready;

/// Real names and what people type for them; see its first lines.
const LAO_NAMES: &str = include_str!("lao_names.tsv");

async fn shown(db: &Db, titles: &[(&str, &str)]) -> FilmId {
    let id = unready(db, titles).await;
    ready(db, id).await;
    id
}

async fn unready(db: &Db, titles: &[(&str, &str)]) -> FilmId {
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

async fn person(db: &Db, pool: &PgPool, name: &str, film: FilmId) -> Uuid {
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

async fn found(db: &Db, text: &str) -> Vec<Found> {
    let Some(query) = index::query(text) else { return Vec::new() };
    search::find(db, &query, Audience::Anybody, None, 10).await.unwrap()
}

async fn found_ids(db: &Db, text: &str) -> Vec<FilmId> {
    found(db, text).await.into_iter().map(|found| found.film_id).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn real_lao_names_are_among_the_first_three_however_they_are_typed(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let data = BenchData { films: 3000, history: 0, password_hash: String::new() };
    bench_data::fill(&pool, &data).await.unwrap();
    // Made-up films that happen to be called after a place would be as good an answer.
    let names: Vec<Vec<&str>> = LAO_NAMES
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
        .collect();
    assert!(names.len() >= 60);
    let mut missed = Vec::new();
    let mut asked = 0;
    // All of them first: names much alike stand beside each other.
    let mut films = Vec::new();
    for name in &names {
        films.push(shown(&db, &[("lo", name[1])]).await);
    }
    for (name, film) in names.iter().zip(films) {
        let typed = name[1..].iter().flat_map(|forms| forms.split(';')).map(str::trim);
        let part = name[4];
        for typed in typed.filter(|typed| !typed.is_empty() && *typed != part) {
            asked += 1;
            let place = found_ids(&db, typed).await.iter().position(|id| *id == film);
            if place.is_none_or(|place| place > 2) {
                missed.push(format!("{} by {typed}: {place:?}", name[1]));
            }
        }
    }
    assert!(missed.is_empty(), "{} of {asked} missed:\n{}", missed.len(), missed.join("\n"));
}

/// Every way in which one slip of a finger changes a word: a letter left out, two swapped, one doubled, and in Latin letters
/// the key beside the right one. The first letter is right: people look at it.
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

/// No form here was chosen by anybody: this says how much is forgiven, and not only to those who wrote the rules.
#[sqlx::test(migrations = "../migrations")]
async fn a_slip_anywhere_in_a_name_is_mostly_forgiven(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let data = BenchData { films: 3000, history: 0, password_hash: String::new() };
    bench_data::fill(&pool, &data).await.unwrap();
    let mut names = Vec::new();
    for line in LAO_NAMES.lines().filter(|line| !line.starts_with('#')) {
        let name: Vec<&str> = line.split('\t').collect();
        names.push((shown(&db, &[("lo", name[1])]).await, name));
    }
    for (script, column, least) in [("Lao", 1, 0.95), ("Latin", 5, 0.85)] {
        let (mut asked, mut missed) = (0_u32, Vec::new());
        for (film, name) in &names {
            for spelling in name[column].split(';').filter(|spelling| spelling.chars().count() >= 5) {
                // Every eleventh: each kind of slip comes at every place of some name.
                for typed in slips(spelling).into_iter().step_by(11) {
                    asked += 1;
                    let found = found_ids(&db, &typed).await;
                    if !found.iter().take(3).any(|found| found == film) {
                        missed.push(format!("{} by {typed}", name[1]));
                    }
                }
            }
        }
        let forgiven = 1.0 - f64::from(u32::try_from(missed.len()).unwrap()) / f64::from(asked);
        assert!(forgiven >= least, "{script}: {forgiven:.3} of {asked}; missed:\n{}", missed.join("\n"));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_part_of_a_name_without_spaces_finds_it(pool: PgPool) {
    let db = Db::from_pool(pool);
    for line in LAO_NAMES.lines().filter(|line| !line.starts_with('#')) {
        let name: Vec<&str> = line.split('\t').collect();
        let film = shown(&db, &[("lo", name[1])]).await;
        assert!(found_ids(&db, name[4]).await.contains(&film), "{} by {}", name[1], name[4]);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn titles_come_before_people_before_synopses_and_whole_before_part_before_mistyped(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let synopsis = shown(&db, &[("en", "Nothing")]).await;
    set_synopsis(&db, &pool, synopsis, "lo", "ເລື່ອງຂອງຈັນທະລີ ໃນບ້ານ.").await;
    let person_film = shown(&db, &[("en", "Something")]).await;
    person(&db, &pool, "ຈັນທະລີ", person_film).await;
    let mistyped = shown(&db, &[("en", "Chamthali")]).await;
    let part = shown(&db, &[("lo", "ສາວຈັນທະລີ")]).await;
    let prefix = shown(&db, &[("en", "Chanthaly Returns")]).await;
    let exact = shown(&db, &[("lo", "ຈັນທະລີ")]).await;
    let found = found(&db, "ຈັນທະລີ").await;
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
    // A guess is made only where nothing good is found.
    assert!(!order.iter().any(|(film, _)| *film == mistyped));
    assert_eq!(found_ids(&db, "chamtali").await.first(), Some(&mistyped));
}

#[sqlx::test(migrations = "../migrations")]
async fn words_are_found_in_any_order_and_across_fields(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = shown(&db, &[("en", "Good Morning, Luang Prabang")]).await;
    person(&db, &pool, "Anousone Sirisackda", film).await;
    set_synopsis(&db, &pool, film, "en", "A photographer travels along the Mekong.").await;
    for text in
        ["prabang morning", "morning anousone", "photographer", "mekong photographer", "ຫຼວງພະບາງ good"]
    {
        assert_eq!(found_ids(&db, text).await, [film], "{text}");
    }
    assert_eq!(found_ids(&db, "morning vientiane").await, []);
}

#[sqlx::test(migrations = "../migrations")]
async fn only_what_the_audience_may_see_is_found(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = shown(&db, &[("lo", "ວັງວຽງ")]).await;
    let person = person(&db, &pool, "ວັງໄຊ", film).await;
    unready(&db, &[("lo", "ວັງວຽງ")]).await;
    let query = index::query("ວັງ").unwrap();
    let seen = async |audience| {
        let found = search::find(&db, &query, audience, None, 10).await.unwrap();
        let suggested = search::suggest(&db, &query, audience, 8).await.unwrap();
        let people = suggested
            .iter()
            .filter(|suggested| matches!(suggested, Suggested::Person(id, _) if *id == person));
        (found.len(), suggested.len(), people.count())
    };
    assert_eq!(seen(Audience::Anybody).await, (1, 2, 1));
    set_visibility(&db, film, Visibility::Members).await;
    assert_eq!(seen(Audience::Anybody).await, (0, 0, 0));
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
    assert_eq!(seen(Audience::Anybody).await, (0, 0, 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_changes_is_found_by_what_it_is_now(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = shown(&db, &[("en", "Before")]).await;
    let person = person(&db, &pool, "Sombath", film).await;
    let version = films::find(&db, film).await.unwrap().unwrap().version;
    let titles = BTreeMap::from([("en".to_owned(), "Hereafter".to_owned())]);
    let change = FilmChange { titles: Some(titles), ..FilmChange::default() };
    films::update(&db, &Author::NANG, film, change, version).await.unwrap().unwrap();
    assert_eq!(found_ids(&db, "before").await, []);
    assert_eq!(found_ids(&db, "hereafter").await, [film]);
    sqlx::query("UPDATE people SET names = $2 WHERE id = $1")
        .bind(person)
        .bind(json!({ "lo": "ມະນີວັນ" }))
        .execute(&pool)
        .await
        .unwrap();
    search::refresh_people(&db, &[person]).await.unwrap();
    assert_eq!(found_ids(&db, "sombath").await, []);
    assert_eq!(found_ids(&db, "manivan").await, [film]);
    // In the film's own texts too, where names are found together with other words.
    assert_eq!(found_ids(&db, "manivan hereafter").await, [film]);
}

#[sqlx::test(migrations = "../migrations")]
async fn migrating_makes_films_searchable_that_were_there_before(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = shown(&db, &[("lo", "ຈຳປາສັກ")]).await;
    sqlx::raw_sql("DELETE FROM search_titles; DELETE FROM search_films; DELETE FROM search_state")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(found_ids(&db, "champasak").await, []);
    db.migrate().await.unwrap();
    assert_eq!(found_ids(&db, "champasak").await, [film]);
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_hold_every_film_once_the_best_first(pool: PgPool) {
    let db = Db::from_pool(pool);
    let mut films = HashSet::new();
    for number in 0..7 {
        films.insert(shown(&db, &[("en", &format!("Mekong {number}")), ("lo", "ແມ່ນ້ຳຂອງ")]).await);
    }
    let query = index::query("mekong").unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = search::find(&db, &query, Audience::Anybody, after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.cursor().to_string().parse().unwrap());
        seen.extend(page.iter().map(|found| found.film_id));
    }
    assert_eq!(seen.len(), 7);
    assert_eq!(seen.into_iter().collect::<HashSet<_>>(), films);
}

/// All that is found, in pages of two.
async fn found_by_page(db: &Db, text: &str) -> Vec<FilmId> {
    let query = index::query(text).unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = search::find(db, &query, Audience::Anybody, after, 2).await.unwrap();
        let Some(last) = page.last() else { return seen };
        after = Some(last.cursor().to_string().parse().unwrap());
        seen.extend(page.iter().map(|found| found.film_id));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn later_pages_guess_at_what_was_mistyped_just_if_the_first_does(pool: PgPool) {
    let db = Db::from_pool(pool);
    let mut whole = HashSet::new();
    for _ in 0..2 {
        whole.insert(shown(&db, &[("en", "Mekong")]).await);
    }
    let alike = shown(&db, &[("en", "Mekang")]).await;
    // The first page ends with the last whole match.
    assert_eq!(found_by_page(&db, "mekong").await.into_iter().collect::<HashSet<_>>(), whole);
    let all = found_by_page(&db, "mekung").await;
    assert_eq!(all.len(), 3);
    assert!(all.contains(&alike) && whole.iter().all(|film| all.contains(film)), "{all:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn suggestions_are_titles_and_people_that_begin_so(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = shown(&db, &[("lo", "ຫຼວງພະບາງ"), ("en", "Luang Prabang")]).await;
    let person = person(&db, &pool, "Louangpha", film).await;
    for typed in ["lu", "lou", "ຫຼ", "ຫລວງ", "luang pr", "ຫຼວງພະບ", "luamg prabang"]
    {
        let query = index::query(typed).unwrap();
        let suggested = search::suggest(&db, &query, Audience::Anybody, 8).await.unwrap();
        let titled = matches!(&suggested[..], [Suggested::Film(id, _), ..] if *id == film);
        assert!(titled, "{typed}: {suggested:?}");
    }
    let query = index::query("louangp").unwrap();
    let suggested = search::suggest(&db, &query, Audience::Anybody, 8).await.unwrap();
    assert!(suggested.iter().any(|suggested| matches!(suggested, Suggested::Person(id, _) if *id == person)));
}
