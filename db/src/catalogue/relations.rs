//! Genres, people and categories that lines name: existing ones, and new ones to create.

use std::collections::{BTreeSet, HashMap};

use domain::{
    catalogue::{FilmLine, Reference},
    slug::Slug,
};
use uuid::Uuid;

use crate::{
    Result, Tx,
    rows::{film::Texts, slug::Kind},
};

/// A genre, person or category to create.
#[derive(Clone, Debug)]
pub(super) struct NewRelation {
    pub(super) id: Uuid,
    /// Its slug, if the file gives one.
    pub(super) slug: Option<Slug>,
    pub(super) names: Texts,
}

/// All genres, people or categories that the lines name.
pub(super) struct Relations {
    by_slug: HashMap<String, Uuid>,
    /// By the names in the file, spelled as in the file.
    by_name: HashMap<String, Vec<Uuid>>,
    /// New ones to create, in the order of the file.
    pub(super) new: Vec<NewRelation>,
    new_by_name: HashMap<String, Uuid>,
}

/// Returns a line's references to this kind.
fn references(kind: Kind, line: &FilmLine) -> Box<dyn Iterator<Item = &Reference> + '_> {
    match kind {
        Kind::Genre => Box::new(line.genres.iter().flatten()),
        Kind::Person => Box::new(line.credits.iter().flatten().map(|credit| &credit.person)),
        Kind::Category => Box::new(line.categories.iter().flatten().map(|place| &place.category)),
        Kind::Film => Box::new(std::iter::empty()),
    }
}

impl Relations {
    /// Looks up everything that the lines name. A reference with an unknown slug and names becomes a new entry.
    pub(super) async fn load(
        tx: &mut Tx,
        kind: Kind,
        lines: &[(u64, FilmLine)],
        new_id: &mut (impl FnMut() -> Uuid + Send),
    ) -> Result<Self> {
        let (mut slugs, mut names) = (BTreeSet::new(), BTreeSet::new());
        for reference in lines.iter().flat_map(|(_, line)| references(kind, line)) {
            match reference {
                Reference::Slug(slug, _) => {
                    slugs.insert(slug.to_string());
                }
                Reference::Word(word) => {
                    slugs.insert(word.clone());
                    names.insert(word.clone());
                }
                Reference::Names(texts) => names.extend(texts.values().cloned()),
            }
        }
        let mut relations = Self {
            by_slug: slugs_of(tx, kind, slugs.into_iter().collect()).await?,
            by_name: named(tx, kind, names.into_iter().collect()).await?,
            new: Vec::new(),
            new_by_name: HashMap::new(),
        };
        for reference in lines.iter().flat_map(|(_, line)| references(kind, line)) {
            if let Reference::Slug(slug, names) = reference
                && !names.is_empty()
                && !relations.by_slug.contains_key(slug.as_str())
            {
                relations.add(new_id(), Some(slug.clone()), names.clone());
            }
        }
        Ok(relations)
    }

    fn add(&mut self, id: Uuid, slug: Option<Slug>, names: Texts) -> Uuid {
        if let Some(slug) = &slug {
            self.by_slug.insert(slug.to_string(), id);
        }
        for name in names.values() {
            self.new_by_name.entry(name.to_lowercase()).or_insert(id);
        }
        self.new.push(NewRelation { id, slug, names });
        id
    }

    /// Returns the id of the existing or new entry that the reference means; an error says what to write instead.
    pub(super) fn resolve(
        &mut self,
        reference: &Reference,
        new_id: &mut impl FnMut() -> Uuid,
    ) -> Result<Uuid, String> {
        match reference {
            Reference::Slug(slug, _) => {
                // With names it would already be among the new entries.
                let missing = || format!("nothing has the slug {slug}; give names as well to create it");
                self.by_slug.get(slug.as_str()).copied().ok_or_else(missing)
            }
            Reference::Word(word) => {
                if let Some(id) = self.by_slug.get(word) {
                    return Ok(*id);
                }
                let names = Texts::from([(language_of(word).to_owned(), word.clone())]);
                self.resolve_names(&names, new_id)
            }
            Reference::Names(names) => self.resolve_names(names, new_id),
        }
    }

    fn resolve_names(&mut self, names: &Texts, new_id: &mut impl FnMut() -> Uuid) -> Result<Uuid, String> {
        let known: BTreeSet<Uuid> =
            names.values().filter_map(|name| self.by_name.get(name)).flatten().copied().collect();
        let known: Vec<Uuid> = known.into_iter().collect();
        match known.as_slice() {
            [] => {}
            [id] => return Ok(*id),
            _ => {
                let names = names.values().cloned().collect::<Vec<_>>().join(", ");
                return Err(format!(
                    "{} entries are named {names}; give the slug of the right one",
                    known.len()
                ));
            }
        }
        let new = names.values().find_map(|name| self.new_by_name.get(&name.to_lowercase()).copied());
        Ok(new.unwrap_or_else(|| self.add(new_id(), None, names.clone())))
    }
}

/// Returns the language of a name that is given without one.
fn language_of(name: &str) -> &'static str {
    if name.chars().any(|c| matches!(c, '\u{e80}'..='\u{eff}')) { "lo" } else { "en" }
}

/// Returns the ids of what has or had these slugs.
pub(super) async fn slugs_of(tx: &mut Tx, kind: Kind, slugs: Vec<String>) -> Result<HashMap<String, Uuid>> {
    let rows = sqlx::query!(
        r#"SELECT slug, coalesce(film_id, genre_id, person_id, category_id) AS "id!" FROM slugs
           WHERE kind = $1 AND slug = ANY ($2)"#,
        kind.as_str(),
        &slugs,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.slug, row.id)).collect())
}

/// Returns the ids of what has these names in any language, ignoring case.
async fn named(tx: &mut Tx, kind: Kind, names: Vec<String>) -> Result<HashMap<String, Vec<Uuid>>> {
    let mut found: HashMap<String, Vec<Uuid>> = HashMap::new();
    if names.is_empty() {
        return Ok(found);
    }
    macro_rules! named_in {
        ($table:literal) => {
            sqlx::query!(
                r#"SELECT DISTINCT wanted.name AS "name!", known.id AS "id!"
                   FROM unnest($1::text[]) AS wanted (name)
                   JOIN (SELECT id, lower(name.value) AS name FROM "#
                    + $table
                    + r#" CROSS JOIN LATERAL jsonb_each_text(names) AS name) AS known ON known.name = lower(wanted.name)"#,
                &names,
            )
            .fetch_all(&mut **tx)
            .await?
            .into_iter()
            .for_each(|row| found.entry(row.name).or_default().push(row.id))
        };
    }
    match kind {
        Kind::Genre => named_in!("genres"),
        Kind::Person => named_in!("people"),
        Kind::Category => named_in!("categories"),
        Kind::Film => {}
    }
    Ok(found)
}
