//! No document makes a reader panic, and what is read of a damaged document is within its limits.

use domain::{
    dcp::{AssetMap, Composition, Document, Package, PackingList, SoundLabel, language_of, sound_layout},
    subtitle::{ReelPlacement, read_dcp_subtitle},
};
use proptest::prelude::*;

use crate::documents::{Flavour, two_reels};

const SUBTITLES: [&str; 2] = [
    "<DCSubtitle><Language>Lao</Language><Font Italic=\"yes\"><Subtitle TimeIn=\"00:00:05:100\" TimeOut=\"00:00:07.5\" ><Text VAlign=\"bottom\" VPosition=\"8.5\">ສະບາຍດີ <Ruby><Rb>a</Rb><Rt>b</Rt></Ruby><Space/></Text><Image>a.png</Image></Subtitle></Font></DCSubtitle>",
    "<SubtitleReel><EditRate>24000 1001</EditRate><TimeCodeRate>24</TimeCodeRate><StartTime>00:00:01:00</StartTime><SubtitleList><Subtitle TimeIn=\"00:00:05:23\" TimeOut=\"23:59:59:00\"><Text Valign=\"top\" Halign=\"left\">a &#x85; b</Text></Subtitle></SubtitleList></SubtitleReel>",
];

/// Reads bytes in every way, and checks what is read.
fn read_all(bytes: &[u8], placement: ReelPlacement) {
    if let Ok(map) = AssetMap::parse(bytes) {
        for asset in map.assets.values() {
            let parts: Vec<_> = asset.path.split('/').collect();
            assert!(!parts.iter().any(|part| matches!(*part, "" | "." | "..")), "{}", asset.path);
            assert!(!asset.path.contains('\\'), "{}", asset.path);
        }
    }
    let _ = PackingList::parse(bytes);
    if let Ok(composition) = Composition::parse(bytes) {
        let _ = composition.duration_ms();
    }
    if let Ok(subtitle) = read_dcp_subtitle(bytes, placement, None) {
        let end_ms = placement.start_ms.saturating_add(placement.duration_ms);
        for cue in subtitle.cues {
            assert_eq!(cue.check(), Ok(()));
            assert!(cue.start_ms >= placement.start_ms && cue.end_ms <= end_ms, "{cue:?} {placement:?}");
        }
    }
}

/// Bytes of a document with some of them replaced, repeated or removed.
fn mutated(document: &str, changes: &[(prop::sample::Index, prop::sample::Index, u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = document.as_bytes().to_vec();
    for (at, to, kind, new) in changes {
        if bytes.is_empty() {
            break;
        }
        let (at, to) = (at.index(bytes.len()), to.index(bytes.len()));
        let (from, to) = (at.min(to), at.max(to).min(at.min(to) + 200));
        match kind {
            0 => drop(bytes.splice(at..at, new.iter().copied())),
            1 => drop(bytes.drain(from..to)),
            2 => bytes[at] = new.first().copied().unwrap_or(b'9'),
            _ => {
                let part = bytes[from..to].to_vec();
                drop(bytes.splice(to..to, part));
            }
        }
    }
    bytes
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, prop::sample::Index, u8, Vec<u8>)>> {
    let new = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..4),
        "[0-9<>/&;:.\\- \"=A-Za-z\u{e81}]{0,6}".prop_map(String::into_bytes),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4_u8, new), 0..6)
}

fn placement() -> impl Strategy<Value = ReelPlacement> {
    let time = || prop_oneof![Just(0), 0..100_000_000_u64, any::<u64>()];
    (time(), time(), time()).prop_map(|(start_ms, entry_ms, duration_ms)| ReelPlacement {
        start_ms,
        entry_ms,
        duration_ms,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn arbitrary_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400), placement in placement()) {
        read_all(&bytes, placement);
    }

    #[test]
    fn arbitrary_texts_are_read_or_refused(text in "\\PC{0,200}", placement in placement()) {
        read_all(text.as_bytes(), placement);
        let _ = language_of(&text);
        let layout = sound_layout(text.len() % 40, Some(SoundLabel::Names(&text)));
        prop_assert!(layout.main.iter().all(|index| layout.channels[*index].is_main()));
    }

    #[test]
    fn damaged_subtitles_are_read_or_refused(which in 0..2_usize, changes in changes(), placement in placement()) {
        read_all(&mutated(SUBTITLES[which], &changes), placement);
    }

    #[test]
    fn damaged_packages_are_read_or_refused(
        interop in any::<bool>(),
        map_changes in changes(),
        list_changes in changes(),
        composition_changes in changes(),
    ) {
        let package = two_reels(if interop { Flavour::Interop } else { Flavour::Smpte });
        let bytes = mutated(&package.asset_map(), &map_changes);
        read_all(&bytes, ReelPlacement { start_ms: 0, entry_ms: 0, duration_ms: 1000 });
        let map = AssetMap::parse(&bytes).or_else(|_| AssetMap::parse(package.asset_map().as_bytes()));
        let list = PackingList::parse(&mutated(&package.packing_list(), &list_changes))
            .or_else(|_| PackingList::parse(package.packing_list().as_bytes()));
        let bytes = mutated(&package.compositions["cpl_100.xml"], &composition_changes);
        let documents = [Document { path: "cpl_100.xml", bytes: &bytes }];
        if let Ok(package) = Package::read(map.unwrap(), vec![list.unwrap()], &documents, package.files())
            && let Ok(film) = package.film(None)
        {
            let total: u64 = film.reels.iter().map(|reel| reel.duration).sum();
            prop_assert_eq!(total, film.duration);
            prop_assert!(film.reels.iter().all(|reel| reel.duration > 0));
        }
    }

    #[test]
    fn layouts_never_mix_what_is_not_audio(count in 0..64_usize, label in prop::option::of(any::<[u8; 16]>()), number in 0..8_u8) {
        let known = label.map(|mut label| {
            if number < 6 {
                label = [6, 14, 43, 52, 4, 1, 1, label[7], 4, 2, 2, 16, 3, 1, number, 0];
            }
            SoundLabel::Assignment(label)
        });
        let layout = sound_layout(count, known).with_audible(|index| index % 3 != 0);
        prop_assert!(layout.main.iter().all(|index| layout.channels[*index].is_main()));
        let mut indexes = layout.main.clone();
        indexes.sort_unstable();
        indexes.dedup();
        prop_assert_eq!(indexes.len(), layout.main.len());
    }
}
