//! Places in categories: merges the places that the lines request with the existing ones.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::plan::Planned;
use crate::{Result, Tx};

/// The film at each place of each category that any line changes.
#[derive(Default)]
pub(super) struct Categories(HashMap<Uuid, BTreeMap<i32, Uuid>>);

impl Categories {
    /// Loads all films in these categories. With `lock`, for a real import, it locks the categories as every edit of their order does.
    pub(super) async fn load(tx: &mut Tx, categories: &[Uuid], lock: bool) -> Result<Self> {
        if lock {
            sqlx::query!("SELECT id FROM categories WHERE id = ANY ($1) ORDER BY id FOR UPDATE", categories)
                .fetch_all(&mut **tx)
                .await?;
        }
        let rows = sqlx::query!(
            "SELECT category_id, film_id, position FROM film_categories WHERE category_id = ANY ($1)",
            categories
        )
        .fetch_all(&mut **tx)
        .await?;
        let mut all = Self::default();
        for row in rows {
            all.0.entry(row.category_id).or_default().insert(row.position, row.film_id);
        }
        Ok(all)
    }

    /// Returns the films of the category in their order.
    pub(super) fn films(&self, category: Uuid) -> Vec<Uuid> {
        self.0.get(&category).map(|films| films.values().copied().collect()).unwrap_or_default()
    }

    /// Moves the films of these lines to the places that they request, and films without a requested place to the end. Returns the
    /// lines whose place is taken, with an error text.
    pub(super) fn arrange(&mut self, planned: &mut [Planned]) -> Vec<(u64, String)> {
        let mut errors = Vec::new();
        // All films leave their old places first, so that two films can exchange places.
        for film in planned.iter() {
            for (category, place) in &film.was.places {
                if !film.places.contains(&(*category, Some(*place)))
                    && let Some(films) = self.0.get_mut(category)
                {
                    films.remove(place);
                }
            }
        }
        for film in planned.iter() {
            for (category, place) in &film.places {
                let Some(place) = *place else { continue };
                let taken = self.0.entry(*category).or_default().insert(place, film.after.id.0);
                if taken.is_some_and(|other| other != film.after.id.0) {
                    let detail = format!(
                        "place {place} is taken by another film; give another place, or none to put the film at the end"
                    );
                    errors.push((film.line, detail));
                }
            }
        }
        for film in planned {
            for (category, place) in &mut film.places {
                if place.is_none() {
                    let films = self.0.entry(*category).or_default();
                    let end = films.last_key_value().map_or(1, |(last, _)| last.saturating_add(1));
                    films.insert(end, film.after.id.0);
                    *place = Some(end);
                }
            }
        }
        errors
    }
}
