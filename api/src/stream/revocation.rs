//! Writes the revocations list, by which origins learn which playback tokens no longer hold.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use db::{
    Db, DbError,
    revoked_playback::{self, RevokedSession},
};
use domain::{
    id::FilmId,
    key::Key,
    revocations::{Revocations, Signed},
    token::KeyRing,
};
use storage::{Storage, StorageError};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Time between two looks at the database. With the origins' own interval and the time for which NGINX caches an authorization, a token
/// stops working within a minute of the change that ends it.
const INTERVAL: Duration = Duration::from_secs(4);
/// Time after which an unchanged list is written again, so that origins see that the writer works.
const REWRITE: Duration = Duration::from_secs(20);
/// From this number of revoked sessions on, a film is listed as a whole: a popular film that is taken down would otherwise make a list
/// of megabytes that every origin reads every few seconds. Editors who watch it then press play again.
const SESSIONS_OF_WHOLE_FILM: usize = 20_000;

/// Why the list was not written.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error("the database failed: {0}")]
    Db(#[from] DbError),
    #[error("the storage failed: {0}")]
    Storage(#[from] StorageError),
}

/// Keeps the list in storage up to date until `shutdown`. Several processes may do this at once: they write the same list.
pub async fn write_revocations(db: Db, storage: Storage, keys: KeyRing, shutdown: CancellationToken) {
    let mut written: Option<(Vec<RevokedSession>, Instant)> = None;
    let mut is_failing = false;
    loop {
        match write_if_due(&db, &storage, &keys, &mut written).await {
            Ok(()) if is_failing => {
                is_failing = false;
                info!("The list of revoked playback tokens is written again");
            }
            Ok(()) => {}
            Err(error) => {
                if !is_failing {
                    warn!(%error, "Cannot write the list of revoked playback tokens; trying again every few seconds. Until then, tokens of ended sessions and of films that were taken down keep working");
                }
                is_failing = true;
            }
        }
        if shutdown.run_until_cancelled(tokio::time::sleep(INTERVAL)).await.is_none() {
            return;
        }
    }
}

async fn write_if_due(
    db: &Db,
    storage: &Storage,
    keys: &KeyRing,
    written: &mut Option<(Vec<RevokedSession>, Instant)>,
) -> Result<(), WriteError> {
    let (now, sessions) = revoked_playback::list(db).await?;
    if written.as_ref().is_some_and(|(last, at)| *last == sessions && at.elapsed() < REWRITE) {
        return Ok(());
    }
    let list = list(now.unix_timestamp().unsigned_abs(), &sessions);
    let Signed { bytes, dropped_films, dropped_sessions } = list.sign(keys);
    if dropped_films + dropped_sessions > 0 {
        warn!(
            dropped_films,
            dropped_sessions,
            "The list of revoked playback tokens is full; the oldest of these tokens work until they expire"
        );
    }
    storage.put_bytes(&Key::revocations(), bytes.into()).await?;
    *written = Some((sessions, Instant::now()));
    Ok(())
}

fn list(made_at: u64, sessions: &[RevokedSession]) -> Revocations {
    let mut of_film: HashMap<FilmId, usize> = HashMap::new();
    for session in sessions {
        *of_film.entry(session.film_id).or_default() += 1;
    }
    let mut list = Revocations::new(made_at);
    for session in sessions {
        if of_film.get(&session.film_id).is_some_and(|count| *count >= SESSIONS_OF_WHOLE_FILM) {
            // Sessions that began before the last of them ended.
            list.revoke_film(session.film_id, made_at * 1000);
        } else {
            list.revoke_session(session.id);
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use domain::id::{FilmId, PlaybackSessionId};
    use uuid::Uuid;

    use super::{KeyRing, RevokedSession, SESSIONS_OF_WHOLE_FILM, list};

    #[test]
    fn a_film_with_many_revoked_sessions_is_listed_as_a_whole() {
        let (small, large) = (FilmId(Uuid::from_u128(1)), FilmId(Uuid::from_u128(2)));
        let session = |film_id, id| RevokedSession { id: PlaybackSessionId(Uuid::from_u128(id)), film_id };
        let sessions: Vec<_> = (0..SESSIONS_OF_WHOLE_FILM as u128)
            .map(|id| session(large, id))
            .chain([session(small, 1 << 100)])
            .collect();
        let keys = format!("1 {}", "0123456789abcdef".repeat(4));
        let signed = list(7, &sessions).sign(&KeyRing::parse(&keys).unwrap());
        let text = String::from_utf8(signed.bytes).unwrap();
        assert!(text.contains(&format!(r#"{{"film":"{large}","before_ms":7000}}"#)), "{text}");
        assert!(text.contains(&Uuid::from_u128(1 << 100).to_string()) && text.len() < 500, "{text}");
    }
}
