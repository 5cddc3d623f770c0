//! Whether an audience may play a film now. The SQL function `film_is_shown` decides which films an audience sees; this module adds
//! what matters only for playback: the film's availability window, the viewer's country, and being logged in for a members' film.

use domain::{
    country::ViewerCountry,
    id::{FilmId, PresentationId},
};
use time::OffsetDateTime;

use crate::{Audience, Db, Result, rows::film::Visibility};

/// What can be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Playable {
    /// The presentation.
    pub presentation_id: PresentationId,
    /// The duration of the film in it.
    pub duration_ms: u64,
    /// Where the end credits begin, if an editor has set it.
    pub credits_ms: Option<u64>,
}

/// Why the film may not be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The caller may not see the film.
    NotShown,
    /// The film has no presentation yet. Only editors get this answer.
    NotReady,
    /// The film's availability window has not begun.
    TooEarly {
        /// When it begins.
        from: OffsetDateTime,
    },
    /// The film's availability window is over.
    TooLate {
        /// When it ended.
        until: OffsetDateTime,
    },
    /// The film may be watched in other countries only.
    OtherCountry {
        /// These, by ISO 3166-1 alpha-2 code.
        available_in: Vec<String>,
    },
    /// The caller must log in.
    LoginNeeded,
}

/// The input of the decision.
#[derive(Clone, Debug)]
struct Facts {
    visibility: Visibility,
    is_deleted: bool,
    /// For a scheduled film: whether `publish_at` is past.
    is_due: bool,
    available_from: Option<OffsetDateTime>,
    available_until: Option<OffsetDateTime>,
    now: OffsetDateTime,
    available_in: Vec<String>,
    playable: Option<Playable>,
}

impl Facts {
    /// Checks that the film is published, then its window, then the country, then the audience. The first failed check is the answer.
    fn decide(self, audience: Audience, country: ViewerCountry) -> Result<Playable, Refusal> {
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
        if !country.is_among(&self.available_in) {
            return Err(Refusal::OtherCountry { available_in: self.available_in });
        }
        if self.visibility == Visibility::Members && audience < Audience::Member {
            return Err(Refusal::LoginNeeded);
        }
        Ok(playable)
    }
}

/// Returns what this audience may play of the film now in this country, or why it may not.
pub async fn find(
    db: &Db,
    film: FilmId,
    audience: Audience,
    country: ViewerCountry,
) -> Result<Result<Playable, Refusal>> {
    let row = sqlx::query!(
        r#"SELECT visibility AS "visibility: Visibility", deleted_at IS NOT NULL AS "is_deleted!",
                  coalesce(publish_at <= now(), false) AS "is_due!", available_from, available_until, now() AS "now!",
                  available_in, presentation_id, duration_ms, credits_ms
           FROM films WHERE id = $1"#,
        film.0,
    )
    .fetch_optional(&db.pools.all)
    .await?;
    let Some(row) = row else { return Ok(Err(Refusal::NotShown)) };
    let playable = row.presentation_id.zip(row.duration_ms).map(|(presentation, duration_ms)| Playable {
        presentation_id: PresentationId(presentation),
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
        available_in: row.available_in,
        playable,
    };
    Ok(facts.decide(audience, country))
}

#[cfg(test)]
mod tests {
    use domain::{
        country::ViewerCountry::{Known, NotLearned, Unknown},
        id::PresentationId,
    };
    use time::{OffsetDateTime, macros::datetime};
    use uuid::Uuid;

    use super::{Facts, Playable, Refusal};
    use crate::{
        Audience::{self, Anonymous, Editor, Member},
        rows::film::Visibility::{self, Draft, Members, Public, Scheduled, Unlisted},
    };

    const NOW: OffsetDateTime = datetime!(2026-06-01 12:00 UTC);
    const EARLIER: OffsetDateTime = datetime!(2026-05-01 00:00 UTC);
    const LATER: OffsetDateTime = datetime!(2026-07-01 00:00 UTC);
    const PLAYABLE: Playable =
        Playable { presentation_id: PresentationId(Uuid::nil()), duration_ms: 6000, credits_ms: None };

    fn facts(visibility: Visibility) -> Facts {
        Facts {
            visibility,
            is_deleted: false,
            is_due: false,
            available_from: None,
            available_until: None,
            now: NOW,
            available_in: Vec::new(),
            playable: Some(PLAYABLE),
        }
    }

    const AUDIENCES: [Audience; 3] = [Anonymous, Member, Editor];

    #[test]
    fn visibility_audience_and_window_decide_in_this_order() {
        use Refusal::{LoginNeeded, NotShown, TooEarly, TooLate};
        let (early, late) = (TooEarly { from: LATER }, TooLate { until: EARLIER });
        // Refusals within, before and after the window, for anonymous viewers and members. Editors may always play.
        for (visibility, is_due, within, before, after) in [
            (Public, false, [None, None], early.clone(), late.clone()),
            (Unlisted, false, [None, None], early.clone(), late.clone()),
            (Scheduled, true, [None, None], early.clone(), late.clone()),
            (Members, false, [Some(LoginNeeded), None], early, late),
            (Scheduled, false, [Some(NotShown), Some(NotShown)], NotShown, NotShown),
            (Draft, false, [Some(NotShown), Some(NotShown)], NotShown, NotShown),
        ] {
            let [anonymous, member] = within;
            let within = [anonymous, member, None];
            for (from, until, expected) in [
                (None, None, within.clone()),
                (Some(EARLIER), Some(LATER), within.clone()),
                (Some(NOW), None, within),
                (Some(LATER), None, [Some(before.clone()), Some(before), None]),
                (None, Some(EARLIER), [Some(after.clone()), Some(after), None]),
            ] {
                for (audience, refusal) in AUDIENCES.into_iter().zip(expected) {
                    let facts =
                        Facts { is_due, available_from: from, available_until: until, ..facts(visibility) };
                    let decided = facts.decide(audience, Unknown);
                    assert_eq!(decided.err(), refusal, "{visibility} {audience:?} {from:?} {until:?}");
                }
            }
        }
        // The window's end is the first moment outside it.
        let ended = Facts { available_until: Some(NOW), ..facts(Public) };
        assert_eq!(ended.decide(Anonymous, Unknown), Err(TooLate { until: NOW }));
    }

    #[test]
    fn no_audience_plays_a_film_that_is_deleted_or_has_no_build() {
        for audience in AUDIENCES {
            let deleted = Facts { is_deleted: true, ..facts(Public) };
            assert_eq!(deleted.decide(audience, NotLearned), Err(Refusal::NotShown), "{audience:?}");
            let unready = Facts { playable: None, ..facts(Public) };
            let expected = if audience == Editor { Refusal::NotReady } else { Refusal::NotShown };
            assert_eq!(unready.decide(audience, NotLearned), Err(expected), "{audience:?}");
        }
    }

    #[test]
    fn a_film_of_other_countries_is_refused_to_all_but_editors() {
        let available_in = vec!["LA".to_owned()];
        for (visibility, expected) in [(Public, [true, true, false]), (Members, [true, true, false])] {
            for (audience, is_refused) in AUDIENCES.into_iter().zip(expected) {
                for country in [Unknown, Known(*b"FR")] {
                    let facts = Facts { available_in: available_in.clone(), ..facts(visibility) };
                    let refusal = Refusal::OtherCountry { available_in: available_in.clone() };
                    let decided = facts.decide(audience, country).err();
                    assert_eq!(
                        decided,
                        is_refused.then_some(refusal),
                        "{visibility} {audience:?} {country:?}"
                    );
                }
            }
        }
        for country in [NotLearned, Known(*b"LA")] {
            let facts = Facts { available_in: available_in.clone(), ..facts(Public) };
            assert_eq!(facts.decide(Anonymous, country), Ok(PLAYABLE), "{country:?}");
        }
    }
}
