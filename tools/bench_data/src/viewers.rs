//! Viewers with their watch history and resume points.

use sqlx::PgPool;
use uuid::Uuid;

use super::{BATCH, BenchData, dice::Dice};
use crate::Result;

const FILMS_PER_VIEWER: usize = 100;
/// Number of days covered by the history.
const DAYS: usize = 365;
/// Duration of every film of this catalogue.
const LENGTH_MS: usize = 5_400_000;

/// Writes the viewers and their history.
pub(super) async fn fill(pool: &PgPool, dice: &mut Dice, data: &BenchData) -> Result<()> {
    if data.history == 0 {
        return Ok(());
    }
    let viewers: Vec<Uuid> = (0..data.history.div_ceil(FILMS_PER_VIEWER)).map(|_| Uuid::now_v7()).collect();
    sqlx::query!(
        "INSERT INTO users (id, email, display_name, role, password_hash)
         SELECT id, 'viewer-' || number || '@bench.example', 'Viewer ' || number, 'viewer', $2
         FROM unnest($1::uuid[]) WITH ORDINALITY AS viewer (id, number)",
        &viewers,
        data.password_hash,
    )
    .execute(pool)
    .await?;
    let films = sqlx::query_scalar!("SELECT id FROM films ORDER BY id").fetch_all(pool).await?;
    let mut left = data.history;
    while left > 0 {
        let count = left.min(10 * BATCH);
        left -= write(pool, dice, &viewers, &films, count).await?;
    }
    // No viewer watched a film to its very end, so each watched film has a resume point.
    sqlx::query!(
        "INSERT INTO resume_points (user_id, film_id, position_ms, at, event_id)
         SELECT DISTINCT ON (user_id, film_id) user_id, film_id, furthest_ms, watched_at, gen_random_uuid()
         FROM watch_history ORDER BY user_id, film_id, watched_at DESC"
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Writes history entries. Returns the number of new rows: a film that is watched twice on a day has one row.
async fn write(
    pool: &PgPool,
    dice: &mut Dice,
    viewers: &[Uuid],
    films: &[Uuid],
    count: usize,
) -> Result<usize> {
    let mut users = Vec::with_capacity(count);
    let mut watched = Vec::with_capacity(count);
    let (mut ages, mut furthest) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for _ in 0..count {
        users.push(viewers[dice.below(viewers.len())]);
        watched.push(films[dice.unequal(films.len())]);
        ages.push(i32::try_from(dice.below(DAYS)).unwrap_or(0));
        furthest.push(i32::try_from(60_000 + dice.below(LENGTH_MS - 60_000)).unwrap_or(0));
    }
    let written = sqlx::query!(
        "INSERT INTO watch_history (user_id, film_id, day, begun_at, watched_at, watched, furthest_ms)
         SELECT user_id, film_id, (now() AT TIME ZONE 'UTC')::date - age, now() - make_interval(days => age),
                now() - make_interval(days => age) + make_interval(secs => furthest / 1000),
                int4multirange(int4range(0, furthest)), furthest
         FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::integer[]) AS seen (user_id, film_id, age, furthest)
         ON CONFLICT DO NOTHING",
        &users,
        &watched,
        &ages,
        &furthest,
    )
    .execute(pool)
    .await?
    .rows_affected();
    Ok(usize::try_from(written).unwrap_or(count).max(1))
}
