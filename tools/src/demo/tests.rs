//! Tests of the demo catalogue. `tests/demo.rs` adds it to a server.

use std::collections::HashSet;

use super::{art, avi, data::Catalogue};

#[test]
fn every_reference_exists_and_every_person_has_a_credit() {
    let catalogue = Catalogue::shipped().unwrap();
    let genres: HashSet<_> = catalogue.genres.iter().map(|genre| &genre.slug).collect();
    let people: HashSet<_> = catalogue.people.iter().map(|person| &person.slug).collect();
    let films: HashSet<_> = catalogue.films.iter().map(|film| &film.slug).collect();
    assert_eq!((genres.len(), people.len(), films.len(), catalogue.categories.len()), (10, 60, 40, 6));
    let mut credited = HashSet::new();
    for film in &catalogue.films {
        assert!(film.genres.iter().all(|genre| genres.contains(genre)), "{}", film.slug);
        assert!(film.director().is_some(), "{}", film.slug);
        credited.extend(film.crew.iter().flat_map(|credit| credit.values()));
        credited.extend(film.cast.iter().map(|part| &part.person));
        for texts in [&film.titles, &film.synopses] {
            assert!(texts.keys().eq(["en", "lo"]), "{}", film.slug);
        }
        // The poster and the film's page have the same title.
        assert_eq!(film.title.concat(), film.titles["lo"]);
    }
    assert_eq!(credited, people);
    let categorized: HashSet<_> = catalogue.categories.iter().flat_map(|category| &category.films).collect();
    assert!(categorized.is_subset(&films));
}

#[test]
fn drawings_are_reproducible_and_all_different() {
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
fn the_index_of_a_clip_refers_to_its_frames() {
    let clip = avi::motion_jpeg(&[vec![1, 2, 3], vec![4, 5]], (640, 360), 12, None);
    let number = |at: usize| u32::from_le_bytes(clip[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!(number(4) + 8, clip.len());
    let movi = clip.windows(4).position(|word| word == b"movi").unwrap();
    let index = clip.windows(4).position(|word| word == b"idx1").unwrap();
    for (entry, frame) in [(0, &[1, 2, 3][..]), (1, &[4, 5])] {
        let at = index + 8 + entry * 16;
        let (offset, size) = (movi + number(at + 8), number(at + 12));
        assert_eq!(&clip[offset..offset + 4], b"00dc");
        assert_eq!(&clip[offset + 8..offset + 8 + size], frame);
    }
}

#[test]
fn audio_follows_each_frame_and_is_in_the_index() {
    let audio = avi::Audio { sample_rate: 24, samples: vec![1, 2, 3, 4] };
    let clip = avi::motion_jpeg(&[vec![1, 2], vec![3, 4]], (640, 360), 12, Some(&audio));
    let at = |word: &[u8]| clip.windows(word.len()).position(|part| part == word).unwrap();
    assert_eq!(clip[at(b"avih") + 8 + 24..][..4], 2_u32.to_le_bytes(), "two streams");
    let index = &clip[at(b"idx1") + 8..];
    let names: Vec<&[u8]> = index.chunks(16).map(|entry| &entry[..4]).collect();
    assert_eq!(names, [b"00dc", b"01wb", b"00dc", b"01wb"]);
    // The second part of the audio: samples 3 and 4.
    let offset = u32::from_le_bytes(index[3 * 16 + 8..][..4].try_into().unwrap()) as usize;
    assert_eq!(clip[at(b"movi") + offset + 8..][..4], [3, 0, 4, 0]);
}
