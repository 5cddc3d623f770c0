//! The first presentation of a build.

use std::collections::{BTreeSet, HashSet};

use domain::{
    build_record::{AudioRendition, SubtitleRendition},
    id::{BuildId, TrackId},
    key::RenditionName,
    presentation::{Presentation, Role, Track, TrackKind, first_presentation},
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{
    checks::checked,
    fixtures::{
        DUB, NEXT, ROOT, SUBTITLES, VIDEO, built, ladder, low, name, named, new_ids, presentation, record,
        stereo, subtitle, surround, track,
    },
};

#[test]
fn a_new_film_has_the_tracks_of_its_master() {
    let record = built();
    let content = first_presentation(VIDEO, &record, None, new_ids());
    assert_eq!(
        content,
        Presentation {
            thumbnails: record.thumbnails,
            chapters: record.chapters,
            ..presentation(
                vec![
                    Track { default: true, ..track(100, VIDEO, &["a1"], "ລາວ") },
                    Track { language: Some("en".to_owned()), ..track(101, VIDEO, &["a2"], "English") },
                ],
                Vec::new(),
            )
        }
    );
    assert!(content.thumbnails.is_some());
}

#[test]
fn the_renditions_of_one_track_are_one_track() {
    let tracks = vec![surround("a1s", 1), stereo("a1", 1), low("a1l", 1), stereo("a2", 2)];
    let texts = vec![subtitle("s1", 400), subtitle("s2", 400)];
    let record = record(ladder(), tracks, texts);
    let content = first_presentation(VIDEO, &record, None, new_ids());
    let found: Vec<_> = content
        .tracks()
        .map(|track| {
            let names: Vec<_> = track.renditions.iter().map(RenditionName::as_str).collect();
            (names.join(" "), track.label.as_str(), track.default, track.role)
        })
        .collect();
    let main = |names: &str, label, default| (names.to_owned(), label, default, Role::Main);
    assert_eq!(
        found,
        [
            main("a1s a1 a1l", "Track 1", true),
            main("a2", "Track 2", false),
            main("s1", "s1", false),
            main("s2", "s2", false)
        ]
    );
    checked(&content, ROOT, &named(vec![(VIDEO, record)]));
}

/// A film whose editor renamed both tracks, made a dub the default, and added subtitles.
fn edited() -> Presentation {
    let audio = vec![
        Track { default: true, ..track(3, DUB, &["a1"], "Dub") },
        Track { label: "Original".to_owned(), ..track(1, VIDEO, &["a1"], "") },
        Track {
            language: Some("en".to_owned()),
            role: Role::AudioDescription,
            ..track(2, VIDEO, &["a2"], "Described")
        },
    ];
    let subtitles = vec![
        Track { forced: true, ..track(4, SUBTITLES, &["s1"], "Signs") },
        Track { default: true, ..track(5, SUBTITLES, &["s2"], "ລາວ") },
    ];
    presentation(audio, subtitles)
}

#[test]
fn encoding_a_film_again_loses_no_edit() {
    let before = edited();
    let mut record = built();
    // The master has the same tracks, and the new profile makes a low rendition too.
    record.audio.insert(1, AudioRendition { track: 1, ..low("a1l", 1) });
    let content = first_presentation(NEXT, &record, Some(&before), || panic!("no new track"));
    let original =
        Track { build: NEXT, renditions: vec![name("a1"), name("a1l")], ..before.audio[1].clone() };
    let described = Track { build: NEXT, ..before.audio[2].clone() };
    assert_eq!(content.audio, [original, described, before.audio[0].clone()]);
    assert_eq!(content.subtitles, before.subtitles);
    assert_eq!((content.video, content.thumbnails), (NEXT, record.thumbnails));
    assert_eq!(content.builds(), BTreeSet::from([NEXT, DUB, SUBTITLES]));
}

#[test]
fn subtitles_of_the_master_keep_their_edits_too() {
    let first = record(ladder(), vec![stereo("a1", 1)], vec![subtitle("s1", 400), subtitle("s2", 400)]);
    let mut before = first_presentation(VIDEO, &first, None, new_ids());
    before.subtitles[0].label = "ລາວ".to_owned();
    before.subtitles[0].default = true;
    before.subtitles[1].role = Role::HardOfHearing;
    let content = first_presentation(NEXT, &first, Some(&before), || panic!("no new track"));
    let kept = before.subtitles.iter().map(|track| Track { build: NEXT, ..track.clone() });
    assert_eq!(content.subtitles, kept.collect::<Vec<_>>());
}

#[test]
fn subtitles_of_the_master_have_its_flags() {
    let marked =
        SubtitleRendition { forced: true, default: true, role: Role::Commentary, ..subtitle("s1", 400) };
    let record = record(ladder(), vec![stereo("a1", 1)], vec![marked, subtitle("s2", 400)]);
    let [first, second] = &first_presentation(VIDEO, &record, None, new_ids()).subtitles[..] else {
        panic!()
    };
    assert_eq!((first.forced, first.default, first.role), (true, true, Role::Commentary));
    assert_eq!((second.forced, second.default, second.role), (false, false, Role::Main));
    assert_eq!(first.master_rendition, Some(name("s1")));
}

#[test]
fn corrected_subtitles_of_the_master_do_not_come_back() {
    let first = record(ladder(), vec![stereo("a1", 1)], vec![subtitle("s1", 400), subtitle("s2", 400)]);
    let before = first_presentation(VIDEO, &first, None, new_ids());
    // An editor corrects a cue of the second track, which makes a build of its own.
    let id = before.subtitles[1].id;
    let corrected = Track { id, ..track(0, SUBTITLES, &["s1"], "") };
    let before = before.with_track(TrackKind::Subtitle, corrected);
    assert_eq!(before.subtitles[1].build, SUBTITLES);
    let content = first_presentation(NEXT, &first, Some(&before), || panic!("no new track"));
    let [kept, corrected] = &content.subtitles[..] else { panic!("{:?}", content.subtitles) };
    assert_eq!((kept.build, &kept.renditions[..]), (NEXT, &[name("s1")][..]));
    assert_eq!(
        (corrected.id, corrected.build, &corrected.renditions[..]),
        (id, SUBTITLES, &[name("s1")][..])
    );
    // Also when it is encoded once more.
    let again = first_presentation(VIDEO, &first, Some(&content), || panic!("no new track"));
    assert_eq!(again.subtitles[1], content.subtitles[1]);
}

#[test]
fn a_track_whose_language_changed_is_new() {
    let before = edited();
    let mut record = built();
    record.audio[1].language = Some("fr".to_owned());
    record.audio[1].label = "Français".to_owned();
    let content = first_presentation(NEXT, &record, Some(&before), new_ids());
    let french = Track { language: Some("fr".to_owned()), ..track(100, NEXT, &["a2"], "Français") };
    assert_eq!(content.audio[1], french);
    assert_eq!(content.audio[0].id, before.audio[1].id);

    // A dub is no track of the master, even if its rendition has the same name.
    record.audio[0].language = Some("th".to_owned());
    let content = first_presentation(NEXT, &record, Some(&before), new_ids());
    let ids: Vec<_> = content.audio.iter().map(|track| track.id.0.as_u128()).collect();
    assert_eq!(ids, [100, 101, 3]);
    // The editor's choice stays the default.
    assert_eq!(content.audio.iter().map(|track| track.default).collect::<Vec<_>>(), [false, false, true]);
}

#[test]
fn a_film_whose_default_track_disappears_has_another() {
    let mut before = edited();
    before.audio.remove(0);
    before.audio[1].default = true;
    let mut record = built();
    record.audio.pop();
    let content = first_presentation(NEXT, &record, Some(&before), new_ids());
    assert_eq!(content.audio.iter().map(|track| track.default).collect::<Vec<_>>(), [true]);

    record.audio.clear();
    let content = first_presentation(NEXT, &record, Some(&before), new_ids());
    assert!(content.audio.is_empty());
    // A dub alone is the default.
    let mut before = edited();
    before.audio[0].default = false;
    let content = first_presentation(NEXT, &record, Some(&before), new_ids());
    assert_eq!(content.audio, [Track { default: true, ..before.audio[0].clone() }]);
}

#[test]
fn equal_names_get_numbers() {
    let mut before = edited();
    before.audio[0].label = "ລາວ".to_owned();
    before.audio.push(track(6, DUB, &["a2"], "ລາວ 2"));
    before.audio.push(track(7, DUB, &["a3"], "english"));
    before.subtitles[0].label = "ລາວ".to_owned();
    let mut record = built();
    record.audio[0].language = None;
    record.audio[1].language = Some("fr".to_owned());
    let content = first_presentation(NEXT, &record, Some(&before), new_ids());
    let labels = |tracks: &[Track]| tracks.iter().map(|track| track.label.clone()).collect::<Vec<_>>();
    assert_eq!(labels(&content.audio), ["ລາວ", "English", "ລາວ 2", "ລາວ 2 2", "english 2"]);
    assert_eq!(labels(&content.subtitles), ["ລາວ", "ລາວ 2"]);
}

/// A track of the earlier build or of an added one.
fn any_track(
    builds: &'static [BuildId],
    renditions: &'static [&'static str],
) -> impl Strategy<Value = Track> {
    let labels = ["Lao", "lao", "Lao 2", "LAO 3", "\"Lao\"", "”lao”", "", "-", "a\nb", "A b"];
    let roles = [Role::Main, Role::HardOfHearing, Role::AudioDescription, Role::Commentary];
    let languages = [None, Some("lo"), Some("en")];
    (
        prop::sample::select(builds),
        prop::sample::select(renditions),
        prop::sample::select(labels.to_vec()),
        prop::sample::select(languages.to_vec()),
        prop::sample::select(roles.to_vec()),
        any::<(bool, bool)>(),
    )
        .prop_map(|(build, rendition, label, language, role, (default, forced))| Track {
            language: language.map(str::to_owned),
            role,
            default,
            forced,
            ..track(0, build, &[rendition], label)
        })
}

/// An earlier presentation: no two tracks of a kind have the same rendition.
fn any_presentation() -> impl Strategy<Value = Presentation> {
    let audio = prop::collection::vec(any_track(&[VIDEO, DUB], &["a1", "a2", "a3"]), 0..7);
    let subtitles = prop::collection::vec(any_track(&[VIDEO, SUBTITLES], &["s1", "s2"]), 0..5);
    (audio, subtitles).prop_map(|(mut audio, mut subtitles)| {
        for (first, tracks) in [(1_u128, &mut audio), (50, &mut subtitles)] {
            let mut seen = HashSet::new();
            tracks.retain(|track| seen.insert((track.build, track.renditions.clone())));
            for (id, track) in (first..).zip(tracks) {
                track.id = TrackId(Uuid::from_u128(id));
            }
        }
        presentation(audio, subtitles)
    })
}

proptest! {
    #[test]
    fn every_first_presentation_is_valid(
        before in proptest::option::of(any_presentation()),
        tracks in prop::collection::vec(any_track(&[NEXT], &["a1"]), 0..4),
        texts in prop::collection::vec(any_track(&[NEXT], &["s1"]), 0..3),
    ) {
        let audio: Vec<_> = (1..).zip(&tracks).map(|(number, track)| AudioRendition {
            language: track.language.clone(),
            label: track.label.clone(),
            ..stereo(&format!("a{number}"), number)
        }).collect();
        let texts: Vec<_> = (1..).zip(&texts).map(|(number, track)| SubtitleRendition {
            language: track.language.clone(),
            label: track.label.clone(),
            ..subtitle(&format!("s{number}"), 400)
        }).collect();
        let made = record(ladder(), audio.clone(), texts.clone());
        let content = first_presentation(NEXT, &made, before.as_ref(), new_ids());

        let defaults = |tracks: &[Track]| tracks.iter().filter(|track| track.default).count();
        prop_assert_eq!(defaults(&content.audio), usize::from(!content.audio.is_empty()));
        prop_assert!(defaults(&content.subtitles) <= 1);
        prop_assert_eq!(content.video, NEXT);
        prop_assert!(content.tracks().all(|track| track.build != VIDEO));
        let ids: HashSet<_> = content.tracks().map(|track| track.id).collect();
        prop_assert_eq!(ids.len(), content.tracks().count());

        let kinds = |p: &Presentation| [p.audio.clone(), p.subtitles.clone()];
        let own = [
            audio.iter().map(|a| (a.name.clone(), a.language.clone())).collect::<Vec<_>>(),
            texts.iter().map(|s| (s.name.clone(), s.language.clone())).collect(),
        ];
        let earlier = before.as_ref().map_or_else(Default::default, kinds);
        for ((now, own), earlier) in kinds(&content).iter().zip(own).zip(earlier) {
            // The master's tracks come first, and each keeps what the editor chose.
            for ((name, language), track) in own.iter().zip(now) {
                prop_assert_eq!((&track.renditions[0], &track.language), (name, language));
                let same = |t: &&Track| t.build == VIDEO && t.renditions[0] == *name && t.language == *language;
                match earlier.iter().find(same) {
                    Some(old) => prop_assert_eq!((track.id, track.role, track.forced), (old.id, old.role, old.forced)),
                    None => prop_assert!(track.id.0.as_u128() >= 100 && track.role == Role::Main),
                }
            }
            // Then the added tracks, in their order. Only their names may get numbers, and only one is the default.
            let added: Vec<_> = earlier.iter().filter(|track| track.build != VIDEO).collect();
            prop_assert_eq!(now.len(), own.len() + added.len());
            for (track, old) in now[own.len()..].iter().zip(added) {
                prop_assert!(track.label.starts_with(&old.label));
                let (label, default) = (old.label.clone(), old.default);
                prop_assert_eq!(&Track { label, default, ..track.clone() }, old);
            }
        }

        let dubs = ["a1", "a2", "a3"].map(|rendition| stereo(rendition, 1)).to_vec();
        let texts = vec![subtitle("s1", 400), subtitle("s2", 400)];
        let builds = named(vec![
            (NEXT, made),
            (DUB, record(Vec::new(), dubs, Vec::new())),
            (SUBTITLES, record(Vec::new(), Vec::new(), texts)),
        ]);
        checked(&content, ROOT, &builds);
    }
}
