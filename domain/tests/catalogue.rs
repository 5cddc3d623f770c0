//! Catalogue files: an exported catalogue is read back unchanged, whatever it contains, and errors are reported with their
//! line.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use domain::{
    catalogue::{
        CategoryLine, CreditLine, ExportedCategory, ExportedCredit, ExportedFilm, ExportedReference,
        FilmLine, FilmVersion, Format, Reference, Texts, csv::Columns, json, read,
    },
    id::FilmId,
    patch::Patch,
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use time::OffsetDateTime;
use uuid::Uuid;

/// Texts with many characters that have a meaning in tables, cells or spreadsheets.
fn text(lines: bool) -> impl Strategy<Value = String> {
    let tricky = select(vec![
        "=",
        "+",
        "-",
        "@",
        "'",
        "\"",
        ",",
        ";",
        "|",
        ":",
        "\\",
        "ກໍ່",
        "ເມືອງ",
        " ",
        "as en=",
        "place=1",
        "\u{feff}",
        "\u{a0}",
        "é",
        "{",
        "null",
        "1",
    ]);
    let part = prop_oneof![
        4 => tricky.prop_map(str::to_owned),
        1 => any::<char>().prop_map(|c| if c.is_control() { 'x' } else { c }.to_string()),
        1 => select(vec!["\n", "\r\n", "\t", "x"]).prop_map(move |s| if lines { s } else { "y" }.to_owned()),
    ];
    vec(part, 1..12)
        .prop_map(|parts| parts.concat().trim().to_owned())
        .prop_filter("not blank", |text| !text.is_empty())
}

fn texts(least: usize, lines: bool) -> impl Strategy<Value = Texts> {
    let tag = select(vec!["lo", "en", "fr", "pt-BR", "hmn", "zh-Hans"]).prop_map(str::to_owned);
    proptest::collection::btree_map(tag, text(lines), least..4)
}

fn reference() -> impl Strategy<Value = ExportedReference> {
    ("[a-z]{1,8}(-[a-z0-9]{1,5}){0,2}", texts(1, false))
        .prop_map(|(slug, names)| ExportedReference { slug, names })
}

fn moment() -> impl Strategy<Value = OffsetDateTime> {
    (-60_000_000_000_000_000_i64..250_000_000_000_000_000)
        .prop_map(|micros| OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000).unwrap())
}

prop_compose! {
    fn about()(
        titles in texts(1, false), original_title in option::of(text(false)), synopses in texts(0, true),
        year in option::of(1880..=2200_u16), runtime_ms in option::of(1..3_600_000_000_u64),
        countries in vec("[A-Z]{2}", 0..3), languages in vec(select(vec!["lo", "th", "kjg"]).prop_map(str::to_owned), 0..3),
        age_rating in option::of(text(false).prop_map(|text| text.chars().take(20).collect::<String>().trim().to_owned())),
        awards in texts(0, true),
    ) -> (Texts, Option<String>, Texts, Option<u16>, Option<u64>, Vec<String>, Vec<String>, Option<String>, Texts) {
        (titles, original_title, synopses, year, runtime_ms, countries, languages, age_rating, awards)
    }
}

prop_compose! {
    fn film()(
        id in any::<u128>(), version in 1..=1_000_000_000_i64, places in option::of(any::<u32>()),
        slug in "[a-z0-9]{1,9}(-[a-z]{1,9}){0,2}", about in about(),
        available_from in option::of(moment()), available_until in option::of(moment()),
        available_in in vec("[A-Z]{2}", 0..3),
        region_note in option::of(text(false)), visibility in select(vec!["draft", "scheduled", "public", "members", "unlisted"]),
        publish_at in option::of(moment()), credits_ms in option::of(0..3_600_000_000_u64),
        profile in select(vec!["default", "fast"]), genres in vec(reference(), 0..3),
        credits in vec((select(vec!["director", "actor", "other"]), reference(), texts(0, true)), 0..4),
        categories in vec((reference(), 1..1_000_000), 0..3),
    ) -> ExportedFilm {
        let (titles, original_title, synopses, year, runtime_ms, countries, languages, age_rating, awards) = about;
        let credit = |(role, person, credited_as): (&str, _, _)| ExportedCredit { role: role.to_owned(), person, credited_as };
        ExportedFilm {
            id: FilmId(Uuid::from_u128(id)), version: FilmVersion { film: version, places }, slug, titles, original_title,
            synopses, year, runtime_ms, countries, languages, age_rating, awards, available_from, available_until, available_in,
            region_note,
            visibility: visibility.to_owned(), publish_at, credits_ms, profile: profile.to_owned(), genres,
            credits: credits.into_iter().map(credit).collect(),
            categories: categories.into_iter().map(|(category, place)| ExportedCategory { category, place }).collect(),
        }
    }
}

/// The line of an import that contains exactly this film.
fn line(film: &ExportedFilm) -> FilmLine {
    let set = |texts: &Texts| texts.iter().map(|(tag, text)| (tag.clone(), Some(text.clone()))).collect();
    let reference =
        |found: &ExportedReference| Reference::Slug(found.slug.parse().unwrap(), found.names.clone());
    let credit = |credit: &ExportedCredit| CreditLine {
        role: credit.role.clone(),
        person: reference(&credit.person),
        credited_as: credit.credited_as.clone(),
    };
    let category = |place: &ExportedCategory| CategoryLine {
        category: reference(&place.category),
        place: Some(place.place),
    };
    FilmLine {
        id: Some(film.id),
        version: Some(film.version),
        slug: Some(film.slug.parse().unwrap()),
        titles: set(&film.titles),
        original_title: film.original_title.clone().into(),
        synopses: set(&film.synopses),
        year: film.year.into(),
        runtime_ms: film.runtime_ms.into(),
        countries: Some(film.countries.clone()),
        languages: Some(film.languages.clone()),
        age_rating: film.age_rating.clone().into(),
        awards: set(&film.awards),
        available_from: film.available_from.into(),
        available_until: film.available_until.into(),
        available_in: Some(film.available_in.clone()),
        region_note: film.region_note.clone().into(),
        visibility: Some(film.visibility.clone()),
        publish_at: film.publish_at.into(),
        credits_ms: film.credits_ms.into(),
        profile: Some(film.profile.clone()),
        genres: Some(film.genres.iter().map(reference).collect()),
        credits: Some(film.credits.iter().map(credit).collect()),
        categories: Some(film.categories.iter().map(category).collect()),
    }
}

fn columns(films: &[ExportedFilm]) -> Columns {
    let mut columns = Columns::default();
    for film in films {
        columns.titles.extend(film.titles.keys().cloned());
        columns.synopses.extend(film.synopses.keys().cloned());
        columns.awards.extend(film.awards.keys().cloned());
    }
    columns
}

fn csv_file(films: &[ExportedFilm]) -> Vec<u8> {
    let columns = columns(films);
    let mut file = b"\xef\xbb\xbf".to_vec();
    columns.write_header(&mut file);
    for film in films {
        columns.write_film(&mut file, film);
    }
    file
}

fn json_file(films: &[ExportedFilm]) -> Vec<u8> {
    let mut file = json::BEGIN.as_bytes().to_vec();
    for (at, film) in films.iter().enumerate() {
        if at > 0 {
            file.extend(json::BETWEEN.bytes());
        }
        json::write_film(&mut file, film);
    }
    file.extend(json::END.bytes());
    file
}

proptest! {
    #[test]
    fn an_exported_json_file_is_read_back_unchanged(films in vec(film(), 0..4)) {
        let (lines, errors) = read(Format::Json, &json_file(&films));
        prop_assert_eq!(errors.first, vec![]);
        // Each film is on its own line, after the first line.
        let expected: Vec<_> = (2..).zip(films.iter().map(line)).collect();
        prop_assert_eq!(lines, expected);
    }

    #[test]
    fn an_exported_table_is_read_back_unchanged(films in vec(film(), 0..4)) {
        let columns = columns(&films);
        let (lines, errors) = read(Format::Csv, &csv_file(&films));
        prop_assert_eq!(errors.first, vec![]);
        let lines: Vec<_> = lines.into_iter().map(|(_, line)| line).collect();
        let expected: Vec<_> = films.iter().map(|film| {
            let mut line = line(film);
            // The columns for other films' languages are empty, which removes the text.
            for (texts, tags) in [(&mut line.titles, &columns.titles), (&mut line.synopses, &columns.synopses), (&mut line.awards, &columns.awards)] {
                for tag in tags {
                    texts.entry(tag.clone()).or_insert(None);
                }
            }
            line
        }).collect();
        prop_assert_eq!(lines, expected);
    }

    #[test]
    fn no_cell_of_a_table_is_a_formula(film in film()) {
        let file = csv_file(std::slice::from_ref(&film));
        let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(&file[3..]);
        for row in rows.records() {
            for cell in &row.unwrap() {
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
            }
        }
    }

    #[test]
    fn reading_random_bytes_does_not_panic(bytes in vec(any::<u8>(), 0..200), format in select(vec![Format::Csv, Format::Json])) {
        let (lines, errors) = read(format, &bytes);
        prop_assert!(lines.is_empty() || errors.count == 0);
    }

    #[test]
    fn reading_a_damaged_file_does_not_panic(
        films in vec(film(), 1..3), cut in any::<prop::sample::Index>(), put in text(true),
        format in select(vec![Format::Csv, Format::Json]),
    ) {
        let mut file = match format { Format::Csv => csv_file(&films), Format::Json => json_file(&films) };
        let at = cut.index(file.len());
        file.splice(at..(at + 3).min(file.len()), put.bytes());
        let (lines, errors) = read(format, &file);
        prop_assert!(errors.count >= errors.first.len() && lines.len() <= films.len() + 20);
    }
}

fn errors(format: Format, file: &str) -> Vec<String> {
    let (_, errors) = read(format, file.as_bytes());
    errors.first.into_iter().map(|e| format!("{}: {}: {}", e.line, e.field, e.detail)).collect()
}

#[test]
fn errors_in_a_table_have_line_and_column() {
    let file = "title_lo,title_en,year,genres,credits\n\
                ດາວ,Star,1999,Drama,actor:Noy\n\
                \"two\nlines\",,nineteen,,\n\
                ,Fine,2001,a:b,boss:Noy|Noy\n\
                short,row\n";
    let errors = errors(Format::Csv, file);
    let expected = [
        "3: title_lo: must not contain line breaks",
        "3: year: must be a whole number, 1880 to 2200",
        "5: genres: \"b\" has no name: write \\: for a colon",
        "5: credits: must have the form role:person, such as actor:Noy Sisouk",
        "6: : has 2 cells but the table has 5 columns",
    ];
    assert_eq!(errors.len(), expected.len(), "{errors:#?}");
    for (error, start) in errors.iter().zip(expected) {
        assert!(error.starts_with(start), "{error}\n{start}");
    }
}

#[test]
fn unknown_columns_and_fields_are_refused_by_name() {
    assert_eq!(errors(Format::Csv, "title_lo,director,title_LO,title_qqq\n").len(), 3);
    assert!(errors(Format::Csv, "title_lo,director\n")[0].starts_with("1: director: is not a known column"));
    assert!(errors(Format::Csv, "")[0].starts_with("1: : must contain the names of the columns"));
    let found = errors(
        Format::Json,
        "{\"films\":[\n{\"titles\":{\"lo\":\"x\"},\"director\":\"y\"},\n\n{\"credits\":[{\"role\":\"boss\",\"person\":{\"slug\":\"A\",\"x\":1}}]}]}",
    );
    assert_eq!(found.len(), 4, "{found:#?}");
    assert_eq!(found[0], "2: director: is not a known field");
    assert!(found[1].starts_with("4: credits.0.role: must be one of director"), "{found:#?}");
    assert!(found[2].starts_with("4: credits.0.person.slug: is not 1 to 100"), "{found:#?}");
    assert_eq!(found[3], "4: credits.0.person.x: is not a known field");
    assert!(errors(Format::Json, "{\"film\":[]}")[0].contains("unknown field `film`"));
    assert!(
        errors(Format::Json, "{\"films\":[\n{},\n")[0]
            .starts_with("3: : is not JSON of the form {\"films\": [...]}")
    );
}

#[test]
fn tables_with_any_usual_delimiter_are_read() {
    let titles = BTreeMap::from([("lo".to_owned(), Some("ດາວ, ເດືອນ".to_owned()))]);
    for file in [
        "title_lo,year\r\n\"ດາວ, ເດືອນ\",1999\r\n",
        "\u{feff}title_lo;year\nດາວ, ເດືອນ;1999\n\n;\n",
        "\"title_lo\"\tyear\nດາວ, ເດືອນ\t1999",
        "title_LO,year\n\"ດາວ, ເດືອນ\", 1999",
    ] {
        let (lines, errors) = read(Format::Csv, file.as_bytes());
        assert_eq!(errors.first, [], "{file}");
        let expected = FilmLine { titles: titles.clone(), year: Patch::Set(1999), ..FilmLine::default() };
        assert_eq!(lines, [(2, expected)], "{file}");
    }
}

#[test]
fn only_versions_of_exports_are_accepted() {
    for text in ["1", "3-s1f0c22d8", "1000000000"] {
        assert_eq!(text.parse::<FilmVersion>().unwrap().to_string(), text);
    }
    for text in ["", "0", "-1", "9223372036854775807", "3-s", "3-sxyz", "3-1f0c22d8", "x"] {
        assert!(text.parse::<FilmVersion>().is_err(), "{text}");
    }
}

#[test]
fn errors_beyond_the_limit_are_counted() {
    let file = format!("year\n{}", "x\n".repeat(2000));
    let (_, errors) = read(Format::Csv, file.as_bytes());
    assert_eq!((errors.first.len(), errors.count), (500, 2000));
}
