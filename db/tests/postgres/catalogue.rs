//! Export and import of the whole catalogue.

use std::collections::BTreeMap;

use db::{
    Db,
    audit::Author,
    catalogue::{Export, Report, import},
    category::{self, NewCategory},
    film::{self as films, CreditRole, Film, FilmChange, NewCredit, NewFilm, Visibility},
    genre::{self, NewGenre},
    person::{self, NewPerson},
};
use domain::{
    catalogue::{Format, read},
    id::FilmId,
    patch::Patch,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const FORMATS: [Format; 2] = [Format::Json, Format::Csv];

pub(crate) fn texts<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(tag, text)| (tag.to_owned(), text.to_owned())).collect()
}

pub(crate) async fn export(db: &Db, format: Format) -> String {
    let mut export = Export::begin(db, format).await.unwrap();
    let mut file = Vec::new();
    while let Some(part) = export.next_part().await.unwrap() {
        file.extend(part);
    }
    String::from_utf8(file).unwrap()
}

async fn run(db: &Db, format: Format, file: &str, dry_run: bool) -> db::Result<Report> {
    let lines = read(format, file.as_bytes());
    import(db, &Author::NANG, lines, dry_run, Uuid::now_v7, &mut |_, _| {}).await
}

/// Imports a file, which must succeed and report the same as the dry run before it.
pub(crate) async fn import_file(db: &Db, format: Format, file: &str) -> Report {
    let dry = run(db, format, file, true).await.unwrap();
    assert_eq!(dry.errors.first, [], "{file}");
    assert!(!dry.applied);
    let report = run(db, format, file, false).await.unwrap();
    assert_eq!(report, Report { applied: true, ..dry });
    report
}

/// Returns the errors of an import, which are the same in a dry run. The import must change nothing.
pub(crate) async fn import_errors(db: &Db, format: Format, file: &str) -> Vec<String> {
    let before = export(db, Format::Json).await;
    let report = run(db, format, file, false).await.unwrap();
    assert!(!report.applied, "{file}");
    assert_eq!(run(db, format, file, true).await.unwrap(), report);
    assert_eq!(export(db, Format::Json).await, before, "{file}");
    report.errors.first.into_iter().map(|e| format!("{}: {}: {}", e.line, e.field, e.detail)).collect()
}

/// Counts of a report: created, changed, unchanged.
pub(crate) fn counts(report: &Report) -> (usize, usize, usize) {
    (report.created, report.changed, report.unchanged)
}

/// Creates a film with every field, one with only a title, and a deleted one. Returns the first two.
pub(crate) async fn create_catalogue(db: &Db) -> (FilmId, FilmId) {
    let author = &Author::NANG;
    let genre = NewGenre {
        id: Uuid::now_v7(),
        slug: None,
        names: texts([("lo", "ດຣາມາ"), ("en", "Drama")]),
        position: 3,
    };
    let genre = genre::create(db, author, genre).await.unwrap();
    let person = NewPerson {
        id: Uuid::now_v7(),
        slug: None,
        names: texts([("lo", "ນາງ ນ້ອຍ: |=\\"), ("en", "Noy, \"Nang\"")]),
        biographies: texts([("en", "Born.")]),
    };
    let person = person::create(db, author, person).await.unwrap();
    let change = FilmChange {
        original_title: Patch::Set("=HYPERLINK(\"http://x\")".to_owned()),
        synopses: Some(texts([("lo", "ເລື່ອງ\n\"ຫຍໍ້\", ຍາວ"), ("fr", "- une histoire")])),
        year: Patch::Set(1997),
        runtime_ms: Patch::Set(5_400_000),
        countries: Some(vec!["LA".to_owned(), "FR".to_owned()]),
        languages: Some(vec!["lo".to_owned(), "kjg".to_owned()]),
        age_rating: Patch::Set("ທ+13".to_owned()),
        festival_notes: Some(texts([("en", "@Vientianale, 1st prize")])),
        available_from: Patch::Set(OffsetDateTime::UNIX_EPOCH + Duration::microseconds(1_234_567)),
        available_until: Patch::Set(OffsetDateTime::UNIX_EPOCH + Duration::days(30_000)),
        region_note: Patch::Set("'quoted'".to_owned()),
        visibility: Some(Visibility::Scheduled),
        publish_at: Patch::Set(OffsetDateTime::UNIX_EPOCH + Duration::days(20_000)),
        credits_ms: Patch::Set(5_000_000),
        genres: Some(vec![genre.id]),
        credits: Some(vec![
            NewCredit { person_id: person.id, role: CreditRole::Director, credited_as: texts([]) },
            NewCredit {
                person_id: person.id,
                role: CreditRole::Actor,
                credited_as: texts([("lo", "ແມ່"), ("en", "the mother: herself")]),
            },
        ]),
        ..FilmChange::default()
    };
    let titles =
        texts([("lo", "ສະບາຍດີ ຫຼວງພະບາງ"), ("en", "Good Morning, Luang Prabang"), ("pt-BR", "+ Olá")]);
    let new = NewFilm { id: FilmId(Uuid::now_v7()), titles, profile: "fast".to_owned() };
    let whole = films::create(db, author, new, change).await.unwrap().id;
    let plain = create_film(db, "The Signal").await.id;
    let deleted = create_film(db, "Gone").await;
    db::workflow::delete_film(db, author, deleted.id, deleted.version).await.unwrap().unwrap();
    let category = NewCategory {
        id: Uuid::now_v7(),
        slug: None,
        names: texts([("en", "New films")]),
        descriptions: texts([]),
        position: 0,
        shown: true,
    };
    let category = category::create(db, author, category).await.unwrap();
    category::set_films(db, author, category.id, &[plain.0, whole.0], category.version)
        .await
        .unwrap()
        .unwrap();
    (whole, plain)
}

async fn create_film(db: &Db, title: &str) -> Film {
    let new =
        NewFilm { id: FilmId(Uuid::now_v7()), titles: texts([("en", title)]), profile: "default".to_owned() };
    films::create(db, &Author::NANG, new, FilmChange::default()).await.unwrap()
}

pub(crate) async fn find(db: &Db, id: FilmId) -> Film {
    films::find(db, id).await.unwrap().unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn an_exported_catalogue_is_imported_and_exported_unchanged(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    create_catalogue(&db).await;
    for format in FORMATS {
        let file = export(&db, format).await;
        let report = import_file(&db, format, &file).await;
        assert_eq!(counts(&report), (0, 0, 2), "{file}");
        assert_eq!(export(&db, format).await, file);
        assert!(!file.contains("Gone"), "{file}");
    }
    // The same into an empty catalogue: slugs, ids and versions are those of the file.
    for format in FORMATS {
        let file = export(&db, format).await;
        sqlx::raw_sql("TRUNCATE films, genres, people, categories, slugs CASCADE")
            .execute(&pool)
            .await
            .unwrap();
        let report = import_file(&db, format, &file).await;
        assert_eq!(counts(&report), (2, 0, 0), "{file}");
        assert_eq!(report.new_genres, ["Drama"]);
        assert_eq!(report.new_people, ["Noy, \"Nang\""]);
        assert_eq!(report.new_categories, ["New films"]);
        assert_eq!(export(&db, format).await, file);
    }
    let empty = "TRUNCATE films, genres, people, categories, slugs CASCADE";
    sqlx::raw_sql(empty).execute(&pool).await.unwrap();
    for format in FORMATS {
        let file = export(&db, format).await;
        assert_eq!(counts(&import_file(&db, format, &file).await), (0, 0, 0), "{file}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_line_changes_only_the_fields_it_names(pool: PgPool) {
    let db = Db::from_pool(pool);
    let (whole, plain) = create_catalogue(&db).await;
    let before = find(&db, whole).await;
    let file = format!(
        "id,version,title_en,title_pt-BR,year,runtime_ms\n{whole},{},Good Evening,,1998,\n",
        before.version
    );
    let report = import_file(&db, Format::Csv, &file).await;
    assert_eq!(counts(&report), (0, 1, 0));
    let after = find(&db, whole).await;
    let expected = Film {
        titles: texts([("lo", "ສະບາຍດີ ຫຼວງພະບາງ"), ("en", "Good Evening")]),
        year: Some(1998),
        runtime_ms: None,
        version: before.version + 1,
        updated_at: after.updated_at,
        ..before
    };
    assert_eq!(after, expected);

    // A second import of the same file changes nothing; a film is found by its slug as well.
    let report = import_file(&db, Format::Csv, &file).await;
    assert_eq!(counts(&report), (0, 0, 1));
    let file = json!({ "films": [{ "slug": "the-signal", "version": 1, "visibility": "public", "titles": { "lo": "ສັນຍານ" } }] });
    assert_eq!(counts(&import_file(&db, Format::Json, &file.to_string()).await), (0, 1, 0));
    let after = find(&db, plain).await;
    assert_eq!(after.titles, texts([("en", "The Signal"), ("lo", "ສັນຍານ")]));
    assert_eq!((after.visibility, after.slug.as_str()), (Visibility::Public, "the-signal"));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_import_overwrites_nothing_that_was_edited_since_its_export(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let (whole, plain) = create_catalogue(&db).await;
    for format in FORMATS {
        let file = export(&db, format).await.replace("The Signal", "The Sign");
        let edit = FilmChange { year: Patch::Set(1950), ..FilmChange::default() };
        let film = find(&db, plain).await;
        let edited = films::update(&db, &Author::NANG, plain, edit, film.version).await.unwrap().unwrap();
        let errors = import_errors(&db, format, &file).await;
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].contains(": version: is 1, but the film is now at version 2"), "{errors:?}");
        // The unchanged export is refused too.
        assert_eq!(import_errors(&db, format, &file.replace("The Sign", "The Signal")).await.len(), 1);
        let back = FilmChange { year: Patch::Clear, ..FilmChange::default() };
        films::update(&db, &Author::NANG, plain, back, edited.version).await.unwrap().unwrap();
        sqlx::query("UPDATE films SET version = 1 WHERE id = $1").bind(plain.0).execute(&pool).await.unwrap();
    }
    let file = json!({ "films": [{ "id": plain, "year": 1990 }] }).to_string();
    assert!(import_errors(&db, Format::Json, &file).await[0].contains(": version: is missing"));

    // Categories are edited separately from films; places in them are checked as well.
    let file = export(&db, Format::Csv).await;
    let category = category::list(&db, false, None, 9).await.unwrap().remove(0);
    category::set_films(&db, &Author::NANG, category.id, &[whole.0, plain.0], category.version)
        .await
        .unwrap()
        .unwrap();
    let errors = import_errors(&db, Format::Csv, &file).await;
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].contains(": categories: were changed since the export"), "{errors:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn every_error_is_reported_and_nothing_is_imported(pool: PgPool) {
    let db = Db::from_pool(pool);
    let (whole, plain) = create_catalogue(&db).await;
    let version = find(&db, whole).await.version;
    let unknown: Uuid = Uuid::now_v7();
    let deleted =
        films::admin(&db, &films::AdminFilter { deleted: true, ..films::AdminFilter::default() }, None, 9)
            .await
            .unwrap()
            .remove(0);
    let lines = [
        json!({ "titles": { "en": "A good one" } }),
        json!({ "id": whole, "version": format!("{version}"), "slug": "the-signal" }),
        json!({ "id": unknown }),
        json!({ "id": deleted.id, "version": 1, "year": 1990 }),
        json!({ "id": plain, "version": 1, "titles": { "en": null } }),
        json!({ "id": whole, "version": version, "available_until": "1960-01-01T00:00:00Z" }),
        json!({ "titles": { "en": "x" }, "visibility": "scheduled" }),
        json!({ "titles": { "en": "x" }, "publish_at": "2030-01-01T00:00:00Z" }),
        json!({ "titles": { "en": "x" }, "genres": [{ "slug": "no-such" }, "Drama", "drama"] }),
        json!({ "titles": { "en": "x" }, "credits": [{ "role": "actor", "person": "Ann" }, { "role": "actor", "person": "ann" }] }),
        json!({ "titles": { "en": "x" }, "slug": "mine" }),
        json!({ "titles": { "en": "y" }, "slug": "mine" }),
        json!({ "titles": { "en": "x" }, "categories": [{ "slug": "new-films", "place": 2 }] }),
        json!({ "titles": { "en": "x" }, "year": "x" }),
    ];
    let film_lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    let file = format!("{{\"films\":[\n{}\n]}}", film_lines.join(",\n"));
    let errors = import_errors(&db, Format::Json, &file).await;
    let starts = [
        "3: slug: is or was the slug of another film",
        "4: titles: are missing",
        "5: : is a deleted film",
        "6: titles: are missing",
        "7: available_until: must be after",
        "8: publish_at: is missing",
        "9: publish_at: is only for scheduled films",
        "10: genres: nothing has the slug no-such",
        "10: genres: contain the same entry twice",
        "11: credits: name a person twice",
        "13: slug: is also given in another line",
        "14: categories: place 2 is taken by another film",
        "15: year: must be a whole number",
    ];
    assert_eq!(errors.len(), starts.len(), "{errors:#?}");
    for (error, start) in errors.iter().zip(starts) {
        assert!(error.starts_with(start), "{error}\n{start}");
    }
    let file = format!("id\n{plain}\n{plain}\n");
    assert!(import_errors(&db, Format::Csv, &file).await[0].starts_with("3: : is the same film as line 2"));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_import_writes_the_same_as_single_edits(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let titles = texts([("lo", "ດາວເດືອນ"), ("en", "The Star and the Moon")]);
    let change = FilmChange {
        synopses: Some(texts([("en", "A sky.")])),
        year: Patch::Set(2001),
        visibility: Some(Visibility::Public),
        ..FilmChange::default()
    };
    let new = NewFilm { id: FilmId(Uuid::now_v7()), titles: titles.clone(), profile: "default".to_owned() };
    let single = films::create(&db, &Author::NANG, new, change).await.unwrap();
    let file = json!({ "films": [{ "titles": titles, "synopses": { "en": "A sky." }, "year": 2001, "visibility": "public", "slug": "imported" }] });
    import_file(&db, Format::Json, &file.to_string()).await;
    let id: Uuid =
        sqlx::query_scalar("SELECT id FROM films WHERE slug = 'imported'").fetch_one(&pool).await.unwrap();
    let imported = find(&db, FilmId(id)).await;
    let times = (single.created_at, single.updated_at);
    let same = Film {
        id: single.id,
        slug: single.slug.clone(),
        created_at: times.0,
        updated_at: times.1,
        ..imported
    };
    assert_eq!(same, single);
    for sql in [
        "SELECT (to_jsonb(films) - '{id,slug,created_at,updated_at}'::text[])::text FROM films WHERE id = $1",
        "SELECT string_agg(concat_ws(' ', place, key, spelling, ends, length), ',' ORDER BY place, key, spelling) FROM search_titles WHERE film_id = $1",
        // The first character is the share of the films that this one is in.
        "SELECT concat_ws(' ', title_grams, person_grams, (SELECT array_agg(substr(gram, 2)) FROM unnest(grams) AS gram))
         FROM search_films WHERE film_id = $1",
        "SELECT jsonb_build_array(action, subject, label, changes - 'slug')::text FROM audit_log WHERE subject_id = $1",
        "SELECT count(*)::text FROM slugs WHERE film_id = $1",
    ] {
        let of =
            async |id: Uuid| sqlx::query_scalar::<_, String>(sql).bind(id).fetch_one(&pool).await.unwrap();
        assert_eq!(of(id).await, of(single.id.0).await, "{sql}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn of_two_imports_of_one_file_at_once_one_creates_the_films_and_the_other_finds_them(pool: PgPool) {
    let db = Db::from_pool(pool);
    let file = "slug,title_en,genres\none,One,Drama\ntwo,Two,Drama\n";
    let (first, second) =
        tokio::join!(run(&db, Format::Csv, file, false), run(&db, Format::Csv, file, false));
    let (first, second): (Report, Report) = (first.unwrap(), second.unwrap());
    let mut created = [counts(&first), counts(&second)];
    created.sort_unstable();
    assert_eq!(created, [(0, 0, 2), (2, 0, 0)]);
    assert_eq!(genre::list(&db, None, 9).await.unwrap().len(), 1);
}
