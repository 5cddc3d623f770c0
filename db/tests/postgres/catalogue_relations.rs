//! Genres, people and categories in an import of the catalogue.

use db::{
    Db,
    audit::{self, AuditFilter, Author},
    category,
    person::{self, NewPerson},
};
use domain::{catalogue::Format, id::FilmId};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::catalogue::{counts, create_catalogue, export, find, import_errors, import_file, texts};

#[sqlx::test(migrations = "../migrations")]
async fn genres_people_and_categories_are_found_by_slug_or_name_or_created(pool: PgPool) {
    let db = Db::from_pool(pool);
    create_catalogue(&db).await;
    let file = "title_en,genres,credits,categories\n\
                One,drama|Comedy,director:Unknown|actor:ສີ ສະຫວັດ:as lo=ພໍ່,new-films\n\
                One,DRAMA|comedy|ດຣາມາ ໃໝ່,actor:ສີ ສະຫວັດ,Festival:place=7|new films\n";
    let report = import_file(&db, Format::Csv, file).await;
    assert_eq!(counts(&report), (2, 0, 0));
    assert_eq!(report.new_genres, ["Comedy", "ດຣາມາ ໃໝ່"]);
    assert_eq!(report.new_people, ["Unknown", "ສີ ສະຫວັດ"]);
    assert_eq!(report.new_categories, ["Festival"]);
    let file: Value = serde_json::from_str(&export(&db, Format::Json).await).unwrap();
    let created: Vec<&Value> =
        file["films"].as_array().unwrap().iter().filter(|film| film["titles"]["en"] == "One").collect();
    // The slugs are those that single edits give.
    let mut slugs: Vec<_> = created.iter().map(|film| film["slug"].as_str().unwrap()).collect();
    slugs.sort_unstable();
    assert_eq!(slugs, ["one", "one-2"]);
    let first = created.iter().find(|film| film["slug"] == "one").unwrap();
    assert_eq!(first["genres"][1]["names"], json!({ "en": "Comedy" }));
    assert_eq!(first["credits"][1]["credited_as"], json!({ "lo": "ພໍ່" }));
    assert_eq!(first["categories"][0]["place"], 3);
    let second = created.iter().find(|film| film["slug"] == "one-2").unwrap();
    assert_eq!(second["genres"][0]["slug"], "drama");
    assert_eq!(second["genres"][2]["names"], json!({ "lo": "ດຣາມາ ໃໝ່" }));
    assert_eq!(second["credits"][0]["person"], first["credits"][1]["person"]);
    let places: Vec<_> =
        second["categories"].as_array().unwrap().iter().map(|at| (&at["slug"], &at["place"])).collect();
    assert!(
        places.contains(&(&json!("festival"), &json!(7)))
            && places.contains(&(&json!("new-films"), &json!(4))),
        "{places:?}"
    );

    // Two people of the same name must be distinguished by slug.
    let person = NewPerson {
        id: Uuid::now_v7(),
        slug: None,
        names: texts([("en", "ສີ ສະຫວັດ")]),
        biographies: texts([]),
    };
    person::create(&db, &Author::NANG, person).await.unwrap();
    let errors = import_errors(&db, Format::Csv, "title_en,credits\nTwo,actor:ສີ ສະຫວັດ\n").await;
    assert!(errors[0].starts_with("2: credits: 2 entries are named ສີ ສະຫວັດ; give the slug"), "{errors:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn films_change_places_in_a_category_and_leave_it(pool: PgPool) {
    let db = Db::from_pool(pool);
    let (whole, plain) = create_catalogue(&db).await;
    let file = export(&db, Format::Csv).await;
    let swapped =
        file.replace("place=1", "place=0").replace("place=2", "place=1").replace("place=0", "place=2");
    let version = category::list(&db, false, None, 9).await.unwrap()[0].version;
    assert_eq!(counts(&import_file(&db, Format::Csv, &swapped).await), (0, 2, 0));
    let category = category::list(&db, false, None, 9).await.unwrap().remove(0);
    assert_eq!(category.version, version + 1);
    let listed = async || {
        let places = category::films(&db, db::Audience::Editor, category.id, None, 9).await.unwrap();
        places.into_iter().map(|place| FilmId(place.film_id)).collect::<Vec<_>>()
    };
    assert_eq!(listed().await, [whole, plain]);
    let log =
        audit::list(&db, AuditFilter { subject_id: Some(category.id), ..AuditFilter::default() }, None, 1)
            .await
            .unwrap();
    assert_eq!(log[0].action, "category.films");
    assert_eq!(log[0].changes["films"], json!([[plain, whole], [whole, plain]]));

    let file: Value = serde_json::from_str(&export(&db, Format::Json).await).unwrap();
    let film = file["films"].as_array().unwrap().iter().find(|film| film["id"] == json!(whole)).unwrap();
    let leaving = json!({ "films": [{ "id": whole, "version": film["version"], "categories": [] }] });
    assert_eq!(counts(&import_file(&db, Format::Json, &leaving.to_string()).await), (0, 1, 0));
    assert_eq!(listed().await, [plain]);
    assert_eq!(
        find(&db, whole).await.version,
        film["version"].as_str().unwrap()[..1].parse::<i64>().unwrap()
    );
}
