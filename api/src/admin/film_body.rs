//! The request bodies that create and update a film: they share most fields and their rules.

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
use crate::{film::CreditRole, text_by_language::TextByLanguage, titles::Titles};

/// A time, RFC 3339.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Moment(#[serde(with = "time::serde::rfc3339")] pub(crate) OffsetDateTime);

/// A person's credit in a film.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreditBody {
    /// Id of the person.
    person_id: Uuid,
    /// What the person did.
    role: CreditRole,
    /// The part that an actor plays, or what a person with the role `other` did, by language.
    #[garde(dive)]
    #[serde(default)]
    credited_as: TextByLanguage,
}

macro_rules! film_body {
    ($(#[$doc:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$doc])*
        #[derive(Debug, Deserialize, ToSchema, Validate)]
        #[garde(allow_unvalidated)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            $($own)*
            /// Readable part of the film's URL; an old slug redirects to the new one. Derived from the titles if never set.
            #[garde(inner(custom(|text: &str, (): &()| is_slug(text))))]
            slug: Option<String>,
            /// Title in the original language and script; null if not set.
            #[serde(default)]
            #[schema(value_type = Option<String>, max_length = 200)]
            #[garde(custom(|line: &Patch<String>, (): &()| is_line::<200>(line)))]
            original_title: Patch<String>,
            /// Synopsis by language; replaces all synopses.
            #[garde(dive)]
            synopses: Option<TextByLanguage>,
            /// Year of the first release; null if not known.
            #[serde(default)]
            #[schema(value_type = Option<u16>, minimum = 1880, maximum = 2200)]
            #[garde(custom(|year: &Patch<u16>, (): &()| is_within::<u16, 1880, 2200>(year)))]
            year: Patch<u16>,
            /// Duration in milliseconds according to the film's makers; null if not known.
            #[serde(default)]
            #[schema(value_type = Option<u64>, minimum = 1, maximum = 3_600_000_000_u64)]
            #[garde(custom(|ms: &Patch<u64>, (): &()| is_within::<u64, 1, MAX_MS>(ms)))]
            runtime_ms: Patch<u64>,
            /// Countries as ISO 3166-1 alpha-2 codes in capitals, the main country first; replaces all.
            #[garde(inner(custom(|codes: &[String], (): &()| are_countries(codes))))]
            countries: Option<Vec<String>>,
            /// Spoken languages as BCP 47 tags, the main language first; replaces all.
            #[garde(inner(custom(|tags: &[String], (): &()| are_languages(tags))))]
            languages: Option<Vec<String>>,
            /// Age rating as the country's board writes it; null if not rated.
            #[serde(default)]
            #[schema(value_type = Option<String>, max_length = 20)]
            #[garde(custom(|line: &Patch<String>, (): &()| is_line::<20>(line)))]
            age_rating: Patch<String>,
            /// Festivals and awards, by language; replaces all texts.
            #[garde(dive)]
            awards: Option<TextByLanguage>,
            /// Viewers may play the film from this time; null for no start.
            #[serde(default)]
            #[schema(value_type = Option<String>, format = DateTime)]
            available_from: Patch<Moment>,
            /// Viewers may play the film before this time; null for no end.
            #[serde(default)]
            #[schema(value_type = Option<String>, format = DateTime)]
            available_until: Patch<Moment>,
            /// Countries in which viewers may play the film, as ISO 3166-1 alpha-2 codes in capitals; empty for all; replaces all.
            #[garde(inner(custom(|codes: &[String], (): &()| are_available_in(codes))))]
            available_in: Option<Vec<String>>,
            /// Where the film may be shown, in the words of the contract; null if not set.
            #[serde(default)]
            #[schema(value_type = Option<String>, max_length = 500)]
            #[garde(custom(|line: &Patch<String>, (): &()| is_line::<500>(line)))]
            region_note: Patch<String>,
            /// Start of the end credits, in milliseconds from the beginning; null if not set.
            #[serde(default)]
            #[schema(value_type = Option<u64>, maximum = 3_600_000_000_u64)]
            #[garde(custom(|ms: &Patch<u64>, (): &()| is_within::<u64, 0, MAX_MS>(ms)))]
            credits_ms: Patch<u64>,
            /// Ids of the genres, the main genre first; replaces all genres.
            #[garde(length(max = 20))]
            genres: Option<Vec<Uuid>>,
            /// Credits in order; replaces all credits.
            #[garde(length(max = 1000), dive)]
            credits: Option<Vec<CreditBody>>,
        }

        impl $name {
            fn details(&mut self) -> FilmChange {
                let trim = |line: &mut Patch<String>| std::mem::take(line).map(|line| line.trim().to_owned());
                let moment = |moment: &mut Patch<Moment>| std::mem::take(moment).map(|moment| moment.0);
                let credit = |credit: CreditBody| NewCredit {
                    person_id: credit.person_id,
                    role: credit.role.into(),
                    credited_as: credit.credited_as.canonical(),
                };
                FilmChange {
                    slug: self.slug.take().and_then(|slug| slug.parse().ok()),
                    original_title: trim(&mut self.original_title),
                    synopses: self.synopses.take().map(TextByLanguage::canonical),
                    year: self.year,
                    runtime_ms: self.runtime_ms,
                    countries: self.countries.take(),
                    languages: self
                        .languages
                        .take()
                        .map(|tags| tags.iter().filter_map(|tag| canonical_tag(tag)).collect()),
                    age_rating: trim(&mut self.age_rating),
                    festival_notes: self.awards.take().map(TextByLanguage::canonical),
                    available_from: moment(&mut self.available_from),
                    available_until: moment(&mut self.available_until),
                    available_in: self.available_in.take(),
                    region_note: trim(&mut self.region_note),
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
    /// A new film.
    CreateFilm {
        /// Titles by language, at least one.
        #[garde(dive)]
        titles: Titles,
        /// Name of the encoding profile; default `default`.
        #[garde(inner(custom(|name: &str, (): &()| is_shipped(name))))]
        profile: Option<String>,
    }
}

film_body! {
    /// Fields to change; omitted fields keep their values, and null clears a field that may be empty.
    UpdateFilm {
        /// Titles by language; replaces all titles.
        #[garde(dive)]
        titles: Option<Titles>,
        /// Which viewers may see the film.
        visibility: Option<Visibility>,
        /// When a scheduled film becomes public; null for other films.
        #[serde(default)]
        #[schema(value_type = Option<String>, format = DateTime)]
        publish_at: Patch<Moment>,
        /// Name of the profile with which the next master is encoded.
        #[garde(inner(custom(|name: &str, (): &()| is_shipped(name))))]
        profile: Option<String>,
    }
}

impl CreateFilm {
    /// Returns the titles, the profile if the request has one, and all other fields.
    pub(crate) fn into_parts(mut self) -> (db::film::Texts, Option<String>, FilmChange) {
        let details = self.details();
        (self.titles.canonical(), self.profile, details)
    }
}

impl UpdateFilm {
    /// Returns the change for the catalogue.
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

/// Checks that a text can be a slug.
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

fn are_available_in(codes: &[String]) -> garde::Result {
    rule::available_in(codes).or_else(fail)
}

fn are_languages(tags: &[String]) -> garde::Result {
    rule::languages(tags).or_else(fail)
}
