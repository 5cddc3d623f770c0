//! What editors send of a film, to add it or to change it: the same fields, and each with its rule.

use db::film::{FilmChange, NewCredit};
use domain::{
    catalogue::rule::{self, MAX_MS, canonical_tag},
    patch::Patch,
    profile::Profile,
    slug::Slug,
};
use garde::Validate;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::visibility::Visibility;
use crate::{film::CreditRole, prose::Prose, titles::Titles};

/// A moment, RFC 3339.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Moment(#[serde(with = "time::serde::rfc3339")] pub(crate) OffsetDateTime);

/// Somebody's part in a film.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreditBody {
    /// Who.
    person_id: Uuid,
    /// What they did.
    role: CreditRole,
    /// The part an actor plays, or what an `other` did, by language.
    #[garde(dive)]
    #[serde(default)]
    credited_as: Prose,
}

macro_rules! film_body {
    ($(#[$doc:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$doc])*
        #[derive(Debug, Deserialize, ToSchema, Validate)]
        #[garde(allow_unvalidated)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            $($own)*
            /// Another address; the old one redirects. Made of the titles if never given.
            #[garde(inner(custom(|text: &str, (): &()| is_slug(text))))]
            slug: Option<String>,
            /// Title in its own language and script.
            #[serde(default)]
            #[schema(value_type = Option<String>, max_length = 200)]
            #[garde(custom(|line: &Patch<String>, (): &()| is_line::<200>(line)))]
            original_title: Patch<String>,
            /// What it is about, by language; replaces all.
            #[garde(dive)]
            synopses: Option<Prose>,
            /// Of first release.
            #[serde(default)]
            #[schema(value_type = Option<u16>, minimum = 1880, maximum = 2200)]
            #[garde(custom(|year: &Patch<u16>, (): &()| is_within::<u16, 1880, 2200>(year)))]
            year: Patch<u16>,
            /// Length as its makers say.
            #[serde(default)]
            #[schema(value_type = Option<u64>, minimum = 1, maximum = 3_600_000_000_u64)]
            #[garde(custom(|ms: &Patch<u64>, (): &()| is_within::<u64, 1, MAX_MS>(ms)))]
            runtime_ms: Patch<u64>,
            /// ISO 3166-1 alpha-2 in capitals, the main one first.
            #[garde(inner(custom(|codes: &[String], (): &()| are_countries(codes))))]
            countries: Option<Vec<String>>,
            /// BCP 47 languages spoken in it, the main one first.
            #[garde(inner(custom(|tags: &[String], (): &()| are_languages(tags))))]
            languages: Option<Vec<String>>,
            /// As the country's board writes it.
            #[serde(default)]
            #[schema(value_type = Option<String>, max_length = 20)]
            #[garde(custom(|line: &Patch<String>, (): &()| is_line::<20>(line)))]
            age_rating: Patch<String>,
            /// Festivals and awards, by language; replaces all.
            #[garde(dive)]
            awards: Option<Prose>,
            /// When viewers may play it, from this moment …
            #[serde(default)]
            #[schema(value_type = Option<String>, format = DateTime)]
            available_from: Patch<Moment>,
            /// … and before this one.
            #[serde(default)]
            #[schema(value_type = Option<String>, format = DateTime)]
            available_until: Patch<Moment>,
            /// Where it may be shown, in the contract's words.
            #[serde(default)]
            #[schema(value_type = Option<String>, max_length = 500)]
            #[garde(custom(|line: &Patch<String>, (): &()| is_line::<500>(line)))]
            region_note: Patch<String>,
            /// Where its end credits begin.
            #[serde(default)]
            #[schema(value_type = Option<u64>, maximum = 3_600_000_000_u64)]
            #[garde(custom(|ms: &Patch<u64>, (): &()| is_within::<u64, 0, MAX_MS>(ms)))]
            credits_ms: Patch<u64>,
            /// Ids of its genres, the main one first; replaces all.
            #[garde(length(max = 20))]
            genres: Option<Vec<Uuid>>,
            /// Its credits in their order; replaces all.
            #[garde(length(max = 1000), dive)]
            credits: Option<Vec<CreditBody>>,
        }

        impl $name {
            fn details(&mut self) -> FilmChange {
                let lines = |line: &mut Patch<String>| std::mem::take(line).map(|line| line.trim().to_owned());
                let moment = |moment: &mut Patch<Moment>| std::mem::take(moment).map(|moment| moment.0);
                let credit = |credit: CreditBody| NewCredit {
                    person_id: credit.person_id,
                    role: credit.role.into(),
                    credited_as: credit.credited_as.canonical(),
                };
                FilmChange {
                    slug: self.slug.take().and_then(|slug| slug.parse().ok()),
                    original_title: lines(&mut self.original_title),
                    synopses: self.synopses.take().map(Prose::canonical),
                    year: self.year,
                    runtime_ms: self.runtime_ms,
                    countries: self.countries.take(),
                    languages: self
                        .languages
                        .take()
                        .map(|tags| tags.iter().filter_map(|tag| canonical_tag(tag)).collect()),
                    age_rating: lines(&mut self.age_rating),
                    festival_notes: self.awards.take().map(Prose::canonical),
                    available_from: moment(&mut self.available_from),
                    available_until: moment(&mut self.available_until),
                    region_note: lines(&mut self.region_note),
                    credits_ms: self.credits_ms,
                    genres: self.genres.take(),
                    credits: self.credits.take().map(|credits| credits.into_iter().map(credit).collect()),
                    ..FilmChange::default()
                }
            }
        }
    };
}

film_body! {
    /// A film to be added.
    CreateFilm {
        /// At least one.
        #[garde(dive)]
        titles: Titles,
        /// Name of an encoding profile; `default` if not given.
        #[garde(inner(custom(|name: &str, (): &()| is_shipped(name))))]
        profile: Option<String>,
    }
}

film_body! {
    /// What is to change; what is left out stays, and null empties a field that may be empty.
    UpdateFilm {
        /// Replaces all titles.
        #[garde(dive)]
        titles: Option<Titles>,
        /// Who may see it.
        visibility: Option<Visibility>,
        /// When a scheduled film becomes public.
        #[serde(default)]
        #[schema(value_type = Option<String>, format = DateTime)]
        publish_at: Patch<Moment>,
        /// Profile that its next master is encoded with.
        #[garde(inner(custom(|name: &str, (): &()| is_shipped(name))))]
        profile: Option<String>,
    }
}

impl CreateFilm {
    /// Titles, profile if one is named, and everything else.
    pub(crate) fn into_parts(mut self) -> (db::film::Texts, Option<String>, FilmChange) {
        let details = self.details();
        (self.titles.canonical(), self.profile, details)
    }
}

impl UpdateFilm {
    /// The change as the catalogue makes it.
    pub(crate) fn into_change(mut self) -> FilmChange {
        FilmChange {
            titles: self.titles.take().map(Titles::canonical),
            visibility: self.visibility.map(Into::into),
            publish_at: self.publish_at.map(|moment| moment.0),
            profile: self.profile.take(),
            ..self.details()
        }
    }
}

fn fail(text: impl Into<String>) -> garde::Result {
    Err(garde::Error::new(text.into()))
}

fn is_shipped(profile: &str) -> garde::Result {
    if Profile::shipped(profile).is_some() {
        return Ok(());
    }
    let names = Profile::shipped_names().collect::<Vec<_>>().join(", ");
    fail(format!("is not one of the profiles: {names}"))
}

/// Whether a text can be part of an address.
pub(crate) fn is_slug(text: &str) -> garde::Result {
    match text.parse::<Slug>() {
        Ok(_) => Ok(()),
        Err(error) => fail(format!("is {error}")),
    }
}

fn is_line<const MAX_CHARS: usize>(line: &Patch<String>) -> garde::Result {
    let Some(line) = line.value() else { return Ok(()) };
    rule::line(line, MAX_CHARS).or_else(fail)
}

fn is_within<T: Copy + Into<u64>, const MIN: u64, const MAX: u64>(number: &Patch<T>) -> garde::Result {
    match number.value() {
        Some(number) if !(MIN..=MAX).contains(&(*number).into()) => fail(format!("must be {MIN} to {MAX}")),
        _ => Ok(()),
    }
}

fn are_countries(codes: &[String]) -> garde::Result {
    rule::countries(codes).or_else(fail)
}

fn are_languages(tags: &[String]) -> garde::Result {
    rule::languages(tags).or_else(fail)
}
