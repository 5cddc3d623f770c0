//! A catalogue of made-up films, large enough to measure on: titles, people and synopses whose words are as unequally
//! common as real ones, in Lao and English.
//!
//! The same number gives the same catalogue but for its ids. Nothing of it can be played.

use domain::lao;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Db, DbError, Result, film::FilmStatus, search};

/// Films written in one statement.
const BATCH: usize = 1000;
/// Films each person is in, about.
const FILMS_PER_PERSON: usize = 4;
/// Names on a film's credits.
const CREDITS: usize = 6;
/// Different words in each language.
const WORDS: usize = 20_000;

const LAO_NAMES: &[&str] =
    &["ບາງກອກ", "ຮ່າໂນ້ຍ", "ພະນົມເປັນ", "ຂອນແກ່ນ", "ຊຽງໃໝ່", "ຮັກ", "ບ້ານ", "ເມືອງ", "ແມ່ນ້ຳ", "ດອກຈຳປາ", "ລາວ", "ຄືນ"];
const LATIN_NAMES: &[&str] = &[
    "the",
    "of",
    "love",
    "Bangkok",
    "Chiang Mai",
    "night",
    "river",
    "Mekong",
    "village",
    "home",
    "road",
    "moon",
];

/// A fixed sequence of numbers that look random (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end.max(1) as u64).unwrap_or(0)
    }

    /// Below `end`, small numbers far more often: the second about half as often as the first (Zipf).
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn unequal(&mut self, end: usize) -> usize {
        let uniform = (self.roll() >> 11) as f64 / (1_u64 << 53) as f64;
        (((end as f64 + 1.0).powf(uniform) - 1.0) as usize).min(end - 1)
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// Words of a language, the commonest first.
struct Vocabulary {
    words: Vec<String>,
    between: &'static str,
}

impl Vocabulary {
    fn lao(dice: &mut Dice) -> Self {
        const INITIALS: &[&str] = &[
            "ກ", "ຂ", "ຄ", "ງ", "ຈ", "ສ", "ຊ", "ຍ", "ດ", "ຕ", "ທ", "ນ", "ບ", "ປ", "ພ", "ມ", "ລ", "ວ", "ຫຼ",
            "ໝ", "ຫ", "ຮ",
        ];
        const AROUND: &[(&str, &str)] = &[
            ("", "າ"),
            ("", "ີ"),
            ("", "ູ"),
            ("", "ັນ"),
            ("", "ອງ"),
            ("", "າຍ"),
            ("ເ", ""),
            ("ແ", "ງ"),
            ("ໄ", ""),
            ("", "ົມ"),
            ("", "ຽນ"),
            ("", "ວງ"),
            ("ເ", "ືອງ"),
            ("", "ະ"),
            ("", "້າ"),
            ("", "ັກ"),
            ("ໂ", "ດ"),
            ("", "ໍ່"),
            ("", "ຳ"),
            ("ເ", "ີນ"),
        ];
        Self::new(LAO_NAMES, "", |_| {
            let mut word = String::new();
            for _ in 0..=dice.below(3) {
                let (before, after) = AROUND[dice.below(AROUND.len())];
                word.extend([before, dice.pick(INITIALS), after]);
            }
            word
        })
    }

    fn latin(dice: &mut Dice) -> Self {
        const INITIALS: &[&str] = &[
            "b", "br", "c", "ch", "d", "f", "g", "gl", "h", "j", "k", "l", "m", "n", "p", "r", "s", "st",
            "t", "th", "v", "w",
        ];
        const VOWELS: &[&str] = &["a", "e", "i", "o", "u", "ea", "oo", "ai"];
        const FINALS: &[&str] = &["", "n", "r", "s", "ng", "t", "ck", "ll", "nd", "m"];
        Self::new(LATIN_NAMES, " ", |_| {
            let mut word = String::new();
            for _ in 0..=dice.below(3) {
                word.extend([dice.pick(INITIALS), dice.pick(VOWELS), dice.pick(FINALS)]);
            }
            word
        })
    }

    fn new(names: &[&str], between: &'static str, word: impl FnMut(usize) -> String) -> Self {
        let names = names.iter().map(|name| (*name).to_owned());
        Self { words: names.chain((0..WORDS).map(word)).collect(), between }
    }

    fn text(&self, dice: &mut Dice, words: usize) -> String {
        let words: Vec<&str> =
            (0..words).map(|_| self.words[dice.unequal(self.words.len())].as_str()).collect();
        words.join(self.between)
    }

    /// Two words that may be rare, with a capital letter if the script has them.
    fn name(&self, dice: &mut Dice) -> String {
        let words: Vec<String> = (0..2)
            .map(|_| {
                let word = &self.words[dice.below(self.words.len())];
                let mut letters = word.chars();
                letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
            })
            .collect();
        words.join(" ")
    }
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
}

/// Fills the database with `films` films and the people in them. Refused where there are films, unless `among_others`.
pub async fn fill(db: &Db, films: usize, among_others: bool) -> Result<()> {
    let any = sqlx::query_scalar!("SELECT EXISTS (SELECT FROM films)").fetch_one(&db.pool).await?;
    if any == Some(true) && !among_others {
        return Err(DbError::conflict("bench_data_empty", "there are films in this database already"));
    }
    let mut dice = Dice(films as u64);
    let lao = Vocabulary::lao(&mut dice);
    let latin = Vocabulary::latin(&mut dice);
    let people =
        fill_people(db, &mut dice, (films / FILMS_PER_PERSON).max(CREDITS * 2), &lao, &latin).await?;
    let mut left = films;
    while left > 0 {
        let count = left.min(BATCH);
        let mut batch = Films::default();
        for _ in 0..count {
            batch.add(&mut dice, &lao, &latin, &people);
        }
        batch.write(db).await?;
        left -= count;
    }
    sqlx::query("ANALYZE").execute(&db.pool).await?;
    search::rebuild(db).await?;
    sqlx::query("VACUUM ANALYZE").execute(&db.pool).await?;
    Ok(())
}

async fn fill_people(
    db: &Db,
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
        .execute(&db.pool)
        .await?;
    }
    Ok(people)
}

impl Films {
    fn add(&mut self, dice: &mut Dice, lao: &Vocabulary, latin: &Vocabulary, people: &[Uuid]) {
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

    /// A film that is ready names its build, and a build its film and its master; constraints are checked when a
    /// statement ends, so all are written in one.
    async fn write(self, db: &Db) -> Result<()> {
        let plan = Json(serde_json::json!({}));
        sqlx::query!(
            "WITH film AS (
                 SELECT *, gen_random_uuid() AS file_id, gen_random_uuid() AS build_id
                 FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::text[])
                      AS film (id, titles, synopses, sort_title_lo, sort_title_en, year, visibility)
             ), file AS (
                 INSERT INTO film_files (id, film_id, name, size_bytes, received_bytes, state, sha256, expires_at)
                 SELECT file_id, id, 'bench.mov', 1, 1, 'uploaded', repeat('0', 64), now() FROM film
             ), build AS (
                 INSERT INTO builds (id, film_id, file_id, profile, state, plan, parts, pending, finished_at)
                 SELECT build_id, id, file_id, 'default', 'ready', $8, 1, 0, now() FROM film
             )
             INSERT INTO films (id, slug, titles, synopses, sort_title_lo, sort_title_en, year, visibility, status, profile,
                                build_id, duration_ms, width, height, languages, countries)
             SELECT id, id::text, titles::jsonb, synopses::jsonb, sort_title_lo, sort_title_en, year, visibility, $9,
                    'default', build_id, 5400000, 1920, 1080, '{lo}', '{LA}'
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
        .execute(&db.pool)
        .await?;
        sqlx::query!(
            "INSERT INTO film_cast (film_id, person_id, role, position)
             SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[])",
            &self.cast_in,
            &self.cast_people,
            &self.cast_roles,
            &self.cast_positions,
        )
        .execute(&db.pool)
        .await?;
        Ok(())
    }
}
