//! Whether a film may be played now, and by whom. The catalogue decides what is seen (`film_is_shown`); this adds what
//! only matters when somebody presses play: the makers' window, and logging in for a members' film.

use domain::id::{BuildId, FilmId};
use time::OffsetDateTime;

use crate::{Audience, Db, Result, rows::film::Visibility};

/// What there is to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Playable {
    /// The build.
    pub build_id: BuildId,
    /// Its length.
    pub duration_ms: u64,
    /// Where its end credits begin, if its editor said so.
    pub credits_ms: Option<u64>,
}

/// Why it may not be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is not there for the caller.
    NotShown,
    /// It has no build yet; said to editors alone.
    NotReady,
    /// Its window has not begun.
    TooEarly {
        /// When it does.
        from: OffsetDateTime,
    },
    /// Its window is over.
    TooLate {
        /// Since when.
        until: OffsetDateTime,
    },
    /// It is for whoever is logged in.
    LoginNeeded,
}

/// What the decision rests on.
#[derive(Clone, Copy, Debug)]
struct Facts {
    visibility: Visibility,
    is_deleted: bool,
    /// Of a scheduled film: its time has come.
    is_due: bool,
    available_from: Option<OffsetDateTime>,
    available_until: Option<OffsetDateTime>,
    now: OffsetDateTime,
    playable: Option<Playable>,
}

impl Facts {
    /// Published, then the window, then who asks; the first that fails is the answer.
    fn decide(self, audience: Audience) -> Result<Playable, Refusal> {
        if audience == Audience::Editor {
            let playable = self.playable.filter(|_| !self.is_deleted);
            return playable.ok_or(if self.is_deleted { Refusal::NotShown } else { Refusal::NotReady });
        }
        let is_published = !self.is_deleted
            && match self.visibility {
                Visibility::Draft => false,
                Visibility::Scheduled => self.is_due,
                Visibility::Public | Visibility::Members | Visibility::Unlisted => true,
            };
        let playable = self.playable.filter(|_| is_published).ok_or(Refusal::NotShown)?;
        if let Some(from) = self.available_from.filter(|from| self.now < *from) {
            return Err(Refusal::TooEarly { from });
        }
        if let Some(until) = self.available_until.filter(|until| self.now >= *until) {
            return Err(Refusal::TooLate { until });
        }
        if self.visibility == Visibility::Members && audience < Audience::Member {
            return Err(Refusal::LoginNeeded);
        }
        Ok(playable)
    }
}

/// Whether this audience may play the film now.
pub async fn find(db: &Db, film: FilmId, audience: Audience) -> Result<Result<Playable, Refusal>> {
    let row = sqlx::query!(
        r#"SELECT visibility AS "visibility: Visibility", deleted_at IS NOT NULL AS "is_deleted!",
                  coalesce(publish_at <= now(), false) AS "is_due!", available_from, available_until, now() AS "now!",
                  build_id, duration_ms, credits_ms
           FROM films WHERE id = $1"#,
        film.0,
    )
    .fetch_optional(&db.pools.all)
    .await?;
    let Some(row) = row else { return Ok(Err(Refusal::NotShown)) };
    let playable = row.build_id.zip(row.duration_ms).map(|(build, duration_ms)| Playable {
        build_id: BuildId(build),
        duration_ms: duration_ms.cast_unsigned(),
        credits_ms: row.credits_ms.map(i64::cast_unsigned),
    });
    let facts = Facts {
        visibility: row.visibility,
        is_deleted: row.is_deleted,
        is_due: row.is_due,
        available_from: row.available_from,
        available_until: row.available_until,
        now: row.now,
        playable,
    };
    Ok(facts.decide(audience))
}

#[cfg(test)]
mod tests {
    use domain::id::BuildId;
    use time::{OffsetDateTime, macros::datetime};
    use uuid::Uuid;

    use super::{Facts, Playable, Refusal};
    use crate::{
        Audience::{self, Anybody, Editor, Member},
        rows::film::Visibility::{self, Draft, Members, Public, Scheduled, Unlisted},
    };

    const NOW: OffsetDateTime = datetime!(2026-06-01 12:00 UTC);
    const EARLIER: OffsetDateTime = datetime!(2026-05-01 00:00 UTC);
    const LATER: OffsetDateTime = datetime!(2026-07-01 00:00 UTC);
    const PLAYABLE: Playable =
        Playable { build_id: BuildId(Uuid::nil()), duration_ms: 6000, credits_ms: None };

    fn facts(visibility: Visibility) -> Facts {
        Facts {
            visibility,
            is_deleted: false,
            is_due: false,
            available_from: None,
            available_until: None,
            now: NOW,
            playable: Some(PLAYABLE),
        }
    }

    const AUDIENCES: [Audience; 3] = [Anybody, Member, Editor];

    #[test]
    fn visibility_audience_and_window_decide_in_this_order() {
        use Refusal::{LoginNeeded, NotShown, TooEarly, TooLate};
        let (early, late) = (TooEarly { from: LATER }, TooLate { until: EARLIER });
        // Within the window, before it, after it: what anybody and members get. Editors always play.
        for (visibility, is_due, within, before, after) in [
            (Public, false, [None, None], early, late),
            (Unlisted, false, [None, None], early, late),
            (Scheduled, true, [None, None], early, late),
            (Members, false, [Some(LoginNeeded), None], early, late),
            (Scheduled, false, [Some(NotShown); 2], NotShown, NotShown),
            (Draft, false, [Some(NotShown); 2], NotShown, NotShown),
        ] {
            let within = [within[0], within[1], None];
            for (from, until, expected) in [
                (None, None, within),
                (Some(EARLIER), Some(LATER), within),
                (Some(NOW), None, within),
                (Some(LATER), None, [Some(before), Some(before), None]),
                (None, Some(EARLIER), [Some(after), Some(after), None]),
            ] {
                for (audience, refusal) in AUDIENCES.into_iter().zip(expected) {
                    let facts =
                        Facts { is_due, available_from: from, available_until: until, ..facts(visibility) };
                    let decided = facts.decide(audience);
                    assert_eq!(decided.err(), refusal, "{visibility} {audience:?} {from:?} {until:?}");
                }
            }
        }
        // The window's end is the first moment outside it.
        let ended = Facts { available_until: Some(NOW), ..facts(Public) };
        assert_eq!(ended.decide(Anybody), Err(TooLate { until: NOW }));
    }

    #[test]
    fn what_is_deleted_or_has_no_build_is_played_by_nobody() {
        for audience in AUDIENCES {
            let deleted = Facts { is_deleted: true, ..facts(Public) };
            assert_eq!(deleted.decide(audience), Err(Refusal::NotShown), "{audience:?}");
            let unready = Facts { playable: None, ..facts(Public) };
            let expected = if audience == Editor { Refusal::NotReady } else { Refusal::NotShown };
            assert_eq!(unready.decide(audience), Err(expected), "{audience:?}");
        }
    }
}
