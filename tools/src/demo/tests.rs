//! The made-up catalogue in itself. `tests/demo.rs` fills a server with it.

use std::collections::HashSet;

use super::{art, avi, data::Catalogue};

#[test]
fn everything_that_is_named_is_there_and_everybody_has_a_part() {
    let catalogue = Catalogue::shipped().unwrap();
    let genres: HashSet<_> = catalogue.genres.iter().map(|genre| &genre.slug).collect();
    let people: HashSet<_> = catalogue.people.iter().map(|person| &person.slug).collect();
    let films: HashSet<_> = catalogue.films.iter().map(|film| &film.slug).collect();
    assert_eq!((genres.len(), people.len(), films.len(), catalogue.categories.len()), (10, 60, 40, 6));
    let mut with_parts = HashSet::new();
    for film in &catalogue.films {
        assert!(film.genres.iter().all(|genre| genres.contains(genre)), "{}", film.slug);
        assert!(film.director().is_some(), "{}", film.slug);
        with_parts.extend(film.crew.iter().flat_map(|credit| credit.values()));
        with_parts.extend(film.cast.iter().map(|part| &part.person));
        for texts in [&film.titles, &film.synopses] {
            assert!(texts.keys().eq(["en", "lo"]), "{}", film.slug);
        }
        // Poster and page say the same.
        assert_eq!(film.title.concat(), film.titles["lo"]);
    }
    assert_eq!(with_parts, people);
    let categorized: HashSet<_> = catalogue.categories.iter().flat_map(|category| &category.films).collect();
    assert!(categorized.is_subset(&films));
}

#[test]
fn a_film_is_always_drawn_alike_and_unlike_any_other() {
    let catalogue = Catalogue::shipped().unwrap();
    let draw = || -> Vec<String> {
        let films = catalogue.films.iter();
        let posters = films.clone().map(|film| art::poster(&film.slug, film.scene, film.palette, None));
        let backdrops = films.map(|film| art::backdrop(&film.slug, film.scene, film.palette));
        let portraits = catalogue.people.iter().map(|one| art::portrait(&one.slug, one.long_hair));
        posters.chain(backdrops).chain(portraits).collect()
    };
    let drawn = draw();
    assert_eq!(drawn, draw());
    assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), 40 + 40 + 60);
}

#[test]
fn a_clip_says_where_its_frames_are() {
    let clip = avi::motion_jpeg(&[vec![1, 2, 3], vec![4, 5]], (640, 360), 12);
    let number = |at: usize| u32::from_le_bytes(clip[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!(number(4) + 8, clip.len());
    let movi = clip.windows(4).position(|word| word == b"movi").unwrap();
    let index = clip.windows(4).position(|word| word == b"idx1").unwrap();
    for (entry, frame) in [(0, &[1, 2, 3][..]), (1, &[4, 5])] {
        let at = index + 8 + entry * 16;
        let (place, size) = (movi + number(at + 8), number(at + 12));
        assert_eq!(&clip[place..place + 4], b"00dc");
        assert_eq!(&clip[place + 8..place + 8 + size], frame);
    }
}
