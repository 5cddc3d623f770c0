//! The pages that links lead to: a film, a person, a genre, a category. Each tells only what a viewer without an account may see. A former
//! slug and an id redirect to the present slug.

use db::{
    Audience, Db, DbError,
    film::Texts,
    image::Image,
    slug::{self, Address, Kind as Noun},
};
use domain::id::FilmId;

use super::head::{Head, Kind, Preview};

/// Width from which an image of a preview is large enough.
const PREVIEW_WIDTH: u32 = 600;

/// What a link leads to.
pub(super) enum Target {
    /// A page with this head. Its canonical address is a path.
    Page(Box<Head>),
    /// Another path.
    Redirect(String),
    /// Nothing that a viewer without an account may see.
    Nothing,
}

/// The texts and the address of a resource.
struct Found {
    slug: String,
    titles: Texts,
    year: Option<u16>,
    descriptions: Texts,
    image: Option<Image>,
    kind: Kind,
}

/// Returns what the address `/<folder>/<name>` leads to. URLs of images begin with `base`.
pub(super) async fn find(
    db: &Db,
    noun: Noun,
    folder: &str,
    name: &str,
    language: &'static str,
    base: Option<&str>,
) -> Result<Target, DbError> {
    let Ok(address) = name.parse::<Address>() else { return Ok(Target::Nothing) };
    let Some(id) = slug::locate(db, noun, &address).await? else { return Ok(Target::Nothing) };
    let found = match noun {
        Noun::Film => match film(db, FilmId(id)).await? {
            Some(found) => found,
            None if db::film::is_for_members(db, FilmId(id)).await? => {
                // That it exists is no secret, its title may be one.
                let title =
                    if language == "lo" { "ສຳລັບສະມາຊິກ" } else { "For members" };
                let head = Head { language, title: Some(title.to_owned()), ..Head::default() };
                return Ok(Target::Page(Box::new(head)));
            }
            None => return Ok(Target::Nothing),
        },
        Noun::Person => match person(db, id).await? {
            Some(found) => found,
            None => return Ok(Target::Nothing),
        },
        Noun::Genre => match db::genre::find(db, id).await? {
            Some(genre) => Found::new(genre.slug, genre.names, Texts::new()),
            None => return Ok(Target::Nothing),
        },
        Noun::Category => match db::category::find(db, id).await?.filter(|category| category.shown) {
            Some(category) => Found::new(category.slug, category.names, category.descriptions),
            None => return Ok(Target::Nothing),
        },
    };
    let path = format!("/{folder}/{}", found.slug);
    if matches!(address, Address::Id(_)) || address.is_former(&found.slug) {
        return Ok(Target::Redirect(path));
    }
    Ok(Target::Page(Box::new(found.into_head(path, language, base))))
}

async fn film(db: &Db, id: FilmId) -> Result<Option<Found>, DbError> {
    let Some(page) = db::film::page(db, Audience::Anonymous, &Address::Id(id.0)).await? else {
        return Ok(None);
    };
    let film = page.film;
    Ok(Some(Found {
        slug: film.slug,
        titles: film.titles,
        year: film.year,
        descriptions: film.synopses,
        image: film.poster.or(film.backdrop),
        kind: Kind::Film,
    }))
}

async fn person(db: &Db, id: uuid::Uuid) -> Result<Option<Found>, DbError> {
    // A person whom only hidden films credit must not be revealed.
    if db::film::filmography(db, Audience::Anonymous, None, id, 1).await?.is_empty() {
        return Ok(None);
    }
    let found = |person: db::person::Person| Found {
        image: person.portrait,
        kind: Kind::Person,
        ..Found::new(person.slug, person.names, person.biographies)
    };
    Ok(db::person::find(db, id).await?.map(found))
}

impl Found {
    fn new(slug: String, titles: Texts, descriptions: Texts) -> Self {
        Self { slug, titles, year: None, descriptions, image: None, kind: Kind::Website }
    }

    fn into_head(self, path: String, language: &'static str, base: Option<&str>) -> Head {
        let title = text_in(&self.titles, language).map(|title| match self.year {
            Some(year) => format!("{title} ({year})"),
            None => title.to_owned(),
        });
        Head {
            language,
            title,
            description: text_in(&self.descriptions, language).map(str::to_owned),
            canonical: Some(path),
            kind: self.kind,
            preview: self.image.zip(base).map(|(image, base)| preview(&image, base)),
        }
    }
}

/// Returns the text in this language, or else in another one.
fn text_in<'a>(texts: &'a Texts, language: &str) -> Option<&'a str> {
    let other = if language == "lo" { "en" } else { "lo" };
    texts.get(language).or_else(|| texts.get(other)).or_else(|| texts.values().next()).map(String::as_str)
}

/// Returns the smallest width of an image that is large enough for a preview.
fn preview(image: &Image, base: &str) -> Preview {
    let wide = image.widths.iter().find(|width| **width >= PREVIEW_WIDTH).or(image.widths.last());
    let width = wide.copied().unwrap_or(image.width);
    let height = u64::from(width) * u64::from(image.height) / u64::from(image.width.max(1));
    Preview {
        url: format!("{base}/api/images/{}/{width}", image.id),
        width,
        height: u32::try_from(height).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use db::image::ImageKind;
    use domain::id::ImageId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_preview_is_the_smallest_image_that_is_large_enough() {
        let image = |widths: &[u32]| Image {
            id: ImageId(Uuid::nil()),
            kind: ImageKind::Poster,
            width: 1000,
            height: 1500,
            widths: widths.to_vec(),
            focus: None,
            placeholder_colour: "#000000".to_owned(),
        };
        for (widths, width, height) in
            [(&[240, 480, 960][..], 960, 1440), (&[240, 480], 480, 720), (&[], 1000, 1500)]
        {
            let preview = preview(&image(widths), "https://films.la");
            assert_eq!((preview.width, preview.height), (width, height));
            let url = format!("https://films.la/api/images/00000000-0000-0000-0000-000000000000/{width}");
            assert_eq!(preview.url, url);
        }
    }

    #[test]
    fn a_text_is_shown_in_the_visitors_language_or_else_in_another_one() {
        let texts = |pairs: &[(&str, &str)]| -> Texts {
            pairs.iter().map(|(tag, text)| ((*tag).to_owned(), (*text).to_owned())).collect()
        };
        for (pairs, language, expected) in [
            (&[("en", "Film"), ("lo", "ໜັງ")][..], "lo", Some("ໜັງ")),
            (&[("en", "Film"), ("lo", "ໜັງ")], "en", Some("Film")),
            (&[("en", "Film"), ("fr", "Le film")], "lo", Some("Film")),
            (&[("fr", "Le film")], "lo", Some("Le film")),
            (&[], "lo", None),
        ] {
            assert_eq!(text_in(&texts(pairs), language), expected);
        }
    }
}
