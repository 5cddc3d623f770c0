//! Compares every filter and order with a slow and simple implementation, and checks with 100,000 films that each uses an index.

#![allow(clippy::unwrap_used)]

use std::cmp::Reverse;

use domain::catalogue::sort_title::sort_title_in;
use sqlx::{PgPool, Row as _, postgres::PgPoolOptions};
use time::OffsetDateTime;

use super::*;

/// Creates films in SQL, with people, genres and categories of very different sizes. Foreign key checks and triggers are off, since
/// the films' builds do not exist.
async fn fill(pool: &PgPool, films: i32) {
    let mut connection = pool.acquire().await.unwrap();
    for sql in [
        "SET session_replication_role = replica",
        "SELECT setseed(0.5)",
        "INSERT INTO genres (id, slug, names) SELECT uuid_v7(), 'genre-' || n, '{\"en\": \"g\"}' FROM generate_series(0, 19) n",
        "INSERT INTO categories (id, slug, names) SELECT uuid_v7(), 'category-' || n, '{\"en\": \"c\"}' FROM generate_series(0, 9) n",
    ] {
        sqlx::query(sql).execute(&mut *connection).await.unwrap();
    }
    for sql in [
        "INSERT INTO people (id, slug, names, sort_name)
         SELECT uuid_v7(), 'person-' || n, '{\"en\": \"p\"}', 'p' || n FROM generate_series(0, $1 / 20) n",
        "INSERT INTO films (id, slug, titles, profile, visibility, publish_at, status, presentation_id, build_id, failure, deleted_at, created_at, year,
                            duration_ms, runtime_ms, countries, languages, audio_languages, subtitle_languages, available_from, available_until,
                            sort_title_lo, sort_title_en)
         SELECT gen_random_uuid(), 'film-' || n, jsonb_build_object('en', 'Film ' || md5(n::text)), 'default', visibility,
                CASE visibility WHEN 'scheduled' THEN now() + (n % 3 - 1) * interval '1 day' END,
                CASE WHEN n % 50 = 7 THEN 'failed' ELSE 'ready' END,
                CASE WHEN n % 50 <> 7 THEN gen_random_uuid() END,
                CASE WHEN n % 50 <> 7 THEN gen_random_uuid() END,
                CASE WHEN n % 50 = 7 THEN 'broken' END,
                CASE WHEN n % 97 = 3 THEN now() END,
                '2020-01-01'::timestamptz + (n / 3) * interval '10 minutes',
                CASE WHEN n % 11 <> 0 THEN 1920 + n % 107 END,
                CASE WHEN n % 5 <> 0 THEN 60000 * (1 + n % 200) END,
                CASE WHEN n % 7 <> 0 THEN 60000 * (1 + n % 180) END,
                CASE WHEN n % 1000 = 3 THEN '{TH,MM}' ELSE '{LA}' END::text[],
                CASE WHEN n % 1000 = 1 THEN '{kjg}' WHEN n % 2 = 0 THEN '{lo,th}' ELSE '{lo}' END::text[],
                CASE WHEN n % 1000 = 2 THEN '{hmn}' ELSE '{lo}' END::text[],
                CASE WHEN n % 1000 = 4 THEN '{fr,en}' ELSE '{en}' END::text[],
                CASE WHEN n % 9 = 0 THEN now() + (n % 5 - 2) * interval '1 day' END,
                CASE WHEN n % 9 = 0 THEN now() + (n % 5) * interval '1 day' + interval '1 hour'
                     WHEN n % 13 = 0 THEN now() - interval '1 day' END,
                'film ' || md5(n::text), 'film ' || md5(n::text)
         FROM (SELECT n, (ARRAY['public', 'public', 'public', 'members', 'scheduled', 'unlisted', 'draft'])[1 + n % 7] AS visibility
               FROM generate_series(1, $1) n) made",
        "INSERT INTO film_genres (film_id, genre_id, position, film_created_at)
         SELECT films.id, genres.id, 1, films.created_at
         FROM (SELECT *, floor(20 * random() ^ 4)::integer AS pick FROM films WHERE $1 > 0) films
         JOIN genres ON genres.slug = 'genre-' || films.pick",
        "INSERT INTO film_cast (film_id, person_id, role, position)
         SELECT films.id, people.id, 'director', 1
         FROM (SELECT *, substr(slug, 6)::integer % ($1 / 20 + 1) AS pick FROM films) films
         JOIN people ON people.slug = 'person-' || films.pick",
        "INSERT INTO film_categories (category_id, film_id, position)
         SELECT categories.id, films.id, films.number
         FROM (SELECT id, substr(slug, 6)::integer AS number FROM films) films
         JOIN categories ON categories.slug = 'category-' || films.number % 10 WHERE films.number <= 500 AND $1 > 0",
    ] {
        sqlx::query(sql).bind(films).execute(&mut *connection).await.unwrap();
    }
    sqlx::query("SET session_replication_role = DEFAULT").execute(&mut *connection).await.unwrap();
    sqlx::raw_sql(
        "VACUUM ANALYZE films, genres, film_genres, people, film_cast, categories, film_categories",
    )
    .execute(&mut *connection)
    .await
    .unwrap();
}

async fn id(pool: &PgPool, table: &'static str, slug: &str) -> Uuid {
    let mut sql = QueryBuilder::<Postgres>::new("SELECT id FROM ");
    sql.push(table).push(" WHERE slug = ").push_bind(slug);
    sql.build_query_scalar().fetch_one(pool).await.unwrap()
}

/// Returns the films with this genre or person, or in this category.
async fn films_of(pool: &PgPool, table: &'static str, column: &'static str, id: Option<Uuid>) -> Vec<Uuid> {
    let mut sql = QueryBuilder::<Postgres>::new("SELECT film_id FROM ");
    sql.push(table).push(" WHERE ").push(column).push(" = ").push_bind(id);
    sql.build_query_scalar().fetch_all(pool).await.unwrap()
}

fn is_listed(film: &Film, audience: Audience, now: OffsetDateTime) -> bool {
    film.status == FilmStatus::Ready
        && film.deleted_at.is_none()
        && match film.visibility {
            Visibility::Public => true,
            Visibility::Members => audience != Audience::Anonymous,
            Visibility::Scheduled => film.publish_at.unwrap() <= now,
            Visibility::Draft | Visibility::Unlisted => false,
        }
}

fn passes(film: &Film, filter: &FilmFilter, now: OffsetDateTime) -> bool {
    let runtime = film.duration_ms.or(film.runtime_ms);
    let state = match (film.available_from, film.available_until) {
        (Some(from), _) if from > now => Availability::Soon,
        (_, Some(until)) if until <= now => Availability::Over,
        _ => Availability::Now,
    };
    filter.country.as_ref().is_none_or(|code| film.countries.contains(code))
        && filter.year_from.is_none_or(|year| film.year.is_some_and(|of| of >= year))
        && filter.year_to.is_none_or(|year| film.year.is_some_and(|of| of <= year))
        && filter.language.as_ref().is_none_or(|tag| film.languages.contains(tag))
        && filter.audio.as_ref().is_none_or(|tag| film.audio_languages.contains(tag))
        && filter.subtitle.as_ref().is_none_or(|tag| film.subtitle_languages.contains(tag))
        && filter.runtime_min_ms.is_none_or(|shortest| runtime.is_some_and(|of| of >= shortest))
        && filter.runtime_max_ms.is_none_or(|longest| runtime.is_some_and(|of| of <= longest))
        && filter.availability.is_none_or(|wanted| state == wanted)
}

fn sort(films: &mut [Film], order: FilmSort) {
    match order {
        FilmSort::Newest => films.sort_by_key(|film| Reverse((film.created_at, film.id))),
        FilmSort::Oldest => films.sort_by_key(|film| (film.created_at, film.id)),
        FilmSort::Year => films.sort_by_key(|film| Reverse((film.year, film.id))),
        FilmSort::TitleLo => films.sort_by_key(|film| (sort_title_in(&film.titles, "lo"), film.id)),
        FilmSort::TitleEn => films.sort_by_key(|film| (sort_title_in(&film.titles, "en"), film.id)),
        FilmSort::Runtime => films.sort_by_key(|film| (film.duration_ms.or(film.runtime_ms), film.id)),
    }
}

fn filters(genres: &[Uuid], person: Uuid, category: Uuid) -> Vec<FilmFilter> {
    let none = FilmFilter::default;
    let mut filters = vec![
        none(),
        FilmFilter { person: Some(person), ..none() },
        FilmFilter { category: Some(category), ..none() },
        FilmFilter { year_from: Some(1950), year_to: Some(1960), ..none() },
        FilmFilter { year_to: Some(1930), ..none() },
        FilmFilter { country: Some("MM".to_owned()), ..none() },
        FilmFilter { language: Some("kjg".to_owned()), ..none() },
        FilmFilter { language: Some("th".to_owned()), audio: Some("lo".to_owned()), ..none() },
        FilmFilter { audio: Some("hmn".to_owned()), ..none() },
        FilmFilter { subtitle: Some("fr".to_owned()), ..none() },
        FilmFilter { runtime_min_ms: Some(5_000_000), runtime_max_ms: Some(9_000_000), ..none() },
        FilmFilter { runtime_max_ms: Some(900_000), availability: Some(Availability::Now), ..none() },
    ];
    filters.extend(Availability::ALL.iter().map(|state| FilmFilter { availability: Some(*state), ..none() }));
    filters.extend(genres.iter().map(|genre| FilmFilter { genre: Some(*genre), ..none() }));
    filters.push(FilmFilter { genre: Some(genres[0]), year_from: Some(1990), ..none() });
    filters
}

#[sqlx::test(migrations = "../migrations")]
async fn every_filter_and_order_gives_the_same_films_as_a_simple_implementation(pool: PgPool) {
    fill(&pool, 2500).await;
    let db = Db::from_pool(pool.clone());
    let now: OffsetDateTime = sqlx::query_scalar("SELECT now()").fetch_one(&pool).await.unwrap();
    let rows: Vec<Row> = sqlx::query_as("SELECT * FROM films").fetch_all(&pool).await.unwrap();
    let all: Vec<Film> = rows.into_iter().map(Film::from).collect();
    let genres = [id(&pool, "genres", "genre-0").await, id(&pool, "genres", "genre-17").await];
    let (person, category) =
        (id(&pool, "people", "person-3").await, id(&pool, "categories", "category-4").await);
    let mut compared = 0;
    for filter in filters(&genres, person, category) {
        let of_genre = films_of(&pool, "film_genres", "genre_id", filter.genre).await;
        let of_person = films_of(&pool, "film_cast", "person_id", filter.person).await;
        let in_category = films_of(&pool, "film_categories", "category_id", filter.category).await;
        for audience in [Audience::Anonymous, Audience::Member] {
            let mut expected: Vec<Film> = all
                .iter()
                .filter(|film| is_listed(film, audience, now) && passes(film, &filter, now))
                .filter(|film| filter.genre.is_none() || of_genre.contains(&film.id.0))
                .filter(|film| filter.person.is_none() || of_person.contains(&film.id.0))
                .filter(|film| filter.category.is_none() || in_category.contains(&film.id.0))
                .cloned()
                .collect();
            for order in FilmSort::ALL {
                sort(&mut expected, *order);
                let (mut seen, mut after) = (Vec::new(), None::<SortedCursor>);
                loop {
                    let page = list(&db, audience, None, &filter, *order, after.as_ref(), 173).await.unwrap();
                    let Some(last) = page.last() else { break };
                    after = Some(last.cursor(*order).to_string().parse().unwrap());
                    seen.extend(page.into_iter().map(|listed| listed.film.id));
                }
                let expected: Vec<_> = expected.iter().map(|film| film.id).collect();
                assert_eq!(seen, expected, "{order} {audience:?} {filter:?}");
                compared += seen.len();
            }
        }
    }
    assert!(compared > 50_000, "{compared}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cursor_of_another_order_is_rejected(pool: PgPool) {
    let db = Db::from_pool(pool);
    let filter = FilmFilter::default();
    for (order, cursor) in [
        (FilmSort::Newest, SortedCursor::number("oldest", 1, Uuid::nil())),
        (FilmSort::TitleLo, SortedCursor::text("title_en", "x".to_owned(), Uuid::nil())),
        (FilmSort::TitleLo, SortedCursor::number("title_lo", 1, Uuid::nil())),
        (FilmSort::Newest, SortedCursor::number("newest", i64::MAX, Uuid::nil())),
    ] {
        let answer = list(&db, Audience::Anonymous, None, &filter, order, Some(&cursor), 5).await;
        assert!(matches!(answer, Err(crate::DbError::Cursor(_))), "{order} {cursor}");
    }
    let far = SortedCursor::number("year", i64::MIN, Uuid::nil());
    assert_eq!(
        list(&db, Audience::Anonymous, None, &filter, FilmSort::Year, Some(&far), 5).await.unwrap(),
        []
    );
}

/// Returns the plan as text, and the number of blocks that were read.
async fn explain(pool: &PgPool, mut statement: QueryBuilder<Postgres>) -> (String, u64) {
    let rows = statement.build().persistent(false).fetch_all(pool).await.unwrap();
    let lines: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let buffers = lines.iter().find_map(|line| line.trim().strip_prefix("Buffers: shared ")).unwrap();
    let blocks = buffers.split([' ', '=']).filter_map(|word| word.parse::<u64>().ok()).sum();
    (lines.join("\n"), blocks)
}

#[sqlx::test(migrations = "../migrations")]
async fn lists_of_a_hundred_thousand_films_use_an_index(pool: PgPool) {
    const EXPLAIN: &str = "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) ";
    fill(&pool, 100_000).await;
    // Few availability windows that are over or have not begun, as in most catalogues.
    for sql in [
        "UPDATE films SET available_from = NULL, available_until = NULL WHERE substr(slug, 6)::integer % 2000 <> 18",
        "UPDATE films SET available_from = now() + interval '1 day', available_until = NULL WHERE substr(slug, 6)::integer % 2000 = 17",
        "UPDATE films SET available_from = NULL, available_until = now() - interval '1 day' WHERE substr(slug, 6)::integer % 2000 = 18",
        "VACUUM FULL ANALYZE films",
    ] {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    let db = Db::from_pool(pool.clone());
    let viewer = Some(UserId(Uuid::nil()));
    let none = FilmFilter::default;
    let genre = async |slug| FilmFilter { genre: Some(id(&pool, "genres", slug).await), ..none() };
    let person = FilmFilter { person: Some(id(&pool, "people", "person-3").await), ..none() };
    let category = FilmFilter { category: Some(id(&pool, "categories", "category-4").await), ..none() };
    let by_country = FilmFilter { country: Some("MM".to_owned()), ..none() };
    let by_language = FilmFilter { language: Some("kjg".to_owned()), ..none() };
    let by_audio = FilmFilter { audio: Some("hmn".to_owned()), ..none() };
    let by_subtitle = FilmFilter { subtitle: Some("fr".to_owned()), ..none() };
    let rarely = |availability| FilmFilter { availability: Some(availability), ..none() };
    let years = FilmFilter { year_from: Some(1950), year_to: Some(1951), ..none() };
    for (order, filter, index, most_blocks) in [
        (FilmSort::Newest, none(), "films_listed_newest", 200),
        (FilmSort::Oldest, none(), "films_listed_newest", 200),
        (FilmSort::Year, none(), "films_listed_year", 200),
        (FilmSort::TitleLo, none(), "films_listed_title_lo", 200),
        (FilmSort::TitleEn, none(), "films_listed_title_en", 200),
        (FilmSort::Runtime, none(), "films_listed_runtime", 200),
        (FilmSort::Newest, genre("genre-0").await, "film_genres_by_genre", 400),
        (FilmSort::Newest, genre("genre-9").await, "film_genres_by_genre", 400),
        (FilmSort::Oldest, genre("genre-19").await, "film_genres_by_genre", 400),
        (FilmSort::TitleLo, genre("genre-0").await, "films_listed_title_lo", 800),
        (FilmSort::Newest, person, "film_cast_by_person", 400),
        (FilmSort::Newest, category, "film_categories_pkey", 800),
        (FilmSort::Newest, by_country, "films_by_country", 800),
        (FilmSort::Newest, by_language, "films_by_language", 800),
        (FilmSort::Newest, by_audio, "films_by_audio_language", 800),
        (FilmSort::Newest, by_subtitle, "films_by_subtitle_language", 800),
        (FilmSort::Year, years, "films_listed_year", 400),
        (FilmSort::Newest, rarely(Availability::Over), "films_listed_until", 800),
        (FilmSort::Newest, rarely(Availability::Soon), "films_listed_from", 800),
        (
            FilmSort::Newest,
            FilmFilter { runtime_max_ms: Some(10_000), ..none() },
            "films_listed_runtime",
            400,
        ),
    ] {
        let (plan, blocks) =
            explain(&pool, statement(EXPLAIN, Audience::Member, viewer, &filter, order, None, 21).unwrap())
                .await;
        assert!(plan.contains(index) && !plan.contains("Seq Scan on films"), "{order} {filter:?}\n{plan}");
        assert!(blocks <= most_blocks, "{order} {filter:?}\n{plan}");

        // Also from the middle of the list.
        let page = list(&db, Audience::Member, viewer, &filter, order, None, 10_000).await.unwrap();
        let Some(middle) = page.get(page.len() / 2) else { continue };
        let middle = middle.cursor(order);
        let (plan, blocks) = explain(
            &pool,
            statement(EXPLAIN, Audience::Member, viewer, &filter, order, Some(&middle), 21).unwrap(),
        )
        .await;
        assert!(!plan.contains("Seq Scan on films"), "{order} {filter:?}\n{plan}");
        assert!(blocks <= most_blocks, "{order} {filter:?}\n{plan}");
    }

    // Two letters contain no trigram: a rare beginning is looked up in the search index, a common one is found among the newest films.
    for sql in [
        "UPDATE films SET titles = titles || '{\"lo\": \"ດີໃຈ\"}' WHERE substr(slug, 6)::integer % 5000 = 4999",
        "INSERT INTO search_titles (film_id, place, key, spelling, ends, length)
         SELECT id, 0, CASE WHEN titles ? 'lo' THEN 'dichai' ELSE 'film' || substr(md5(slug), 1, 20) END, '', 0, 24 FROM films",
        "VACUUM ANALYZE films, search_titles",
    ] {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    for (text, least) in [("ດີ", 10), ("Fi", 21)] {
        let filter = AdminFilter { text: Some(text.to_owned()), ..AdminFilter::default() };
        assert!(admin(&db, &filter, None, 21).await.unwrap().len() >= least, "{text}");
        let (plan, blocks) = explain(&pool, admin_statement(EXPLAIN, &filter, None, 21)).await;
        assert!(!plan.contains("Seq Scan on films"), "{text}\n{plan}");
        assert!(blocks <= 3000, "{text}\n{plan}");
    }

    let title: String = sqlx::query_scalar("SELECT titles->>'en' FROM films WHERE slug = 'film-77777'")
        .fetch_one(&pool)
        .await
        .unwrap();
    for (filter, index) in [
        (AdminFilter::default(), "films_newest"),
        (AdminFilter { deleted: true, ..AdminFilter::default() }, "films_deleted"),
        (
            AdminFilter { text: Some(title[7..20].to_uppercase()), ..AdminFilter::default() },
            "films_by_title_text",
        ),
    ] {
        let (plan, blocks) = explain(&pool, admin_statement(EXPLAIN, &filter, None, 21)).await;
        assert!(plan.contains(index) && !plan.contains("Seq Scan on films"), "{filter:?}\n{plan}");
        assert!(blocks <= 800, "{filter:?}\n{plan}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn people_of_listed_films_are_listed_by_name_without_reading_all_films(pool: PgPool) {
    fill(&pool, 100_000).await;
    let db = Db::from_pool(pool.clone());
    let (listed, all): (i64, i64) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE EXISTS (SELECT FROM film_cast JOIN films ON films.id = film_cast.film_id
                                               WHERE person_id = people.id AND film_is_listed(films, false))), count(*) FROM people",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    let count = async |audience| {
        let (mut seen, mut after) = (0, None);
        loop {
            let page = crate::rows::person::list(&db, audience, after.as_ref(), 997).await.unwrap();
            let Some(last) = page.last() else { return seen };
            after = Some(last.cursor());
            seen += i64::try_from(page.len()).unwrap();
        }
    };
    assert_eq!(count(Audience::Editor).await, all);
    assert_eq!(count(Audience::Anonymous).await, listed);

    // The most expensive case: no person may be listed, so every person is checked.
    sqlx::query("UPDATE films SET visibility = 'draft', publish_at = NULL").execute(&pool).await.unwrap();
    sqlx::query("VACUUM ANALYZE films").execute(&pool).await.unwrap();
    // One connection with one open transaction, so that the transaction's counters show what the list read.
    let alone = PgPoolOptions::new()
        .max_connections(1)
        .connect_with((*pool.connect_options()).clone())
        .await
        .unwrap();
    sqlx::query("BEGIN").execute(&alone).await.unwrap();
    let people =
        crate::rows::person::list(&Db::from_pool(alone.clone()), Audience::Member, None, 21).await.unwrap();
    let (whole, looked_up): (i64, i64) = sqlx::query_as(
        "SELECT sum(seq_scan)::bigint, sum(idx_scan)::bigint FROM pg_stat_xact_user_tables WHERE relname IN ('films', 'film_cast')",
    )
    .fetch_one(&alone)
    .await
    .unwrap();
    sqlx::query("ROLLBACK").execute(&alone).await.unwrap();
    assert_eq!(people, []);
    assert_eq!(whole, 0);
    assert!(looked_up > 5_000, "{looked_up}");
}
