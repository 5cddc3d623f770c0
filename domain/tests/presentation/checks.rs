//! What holds in every presentation.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use domain::{
    build_record::Bitrates,
    hex,
    key::{BuildObject, BuildRoot, Key, PresentationObject, PresentationRoot, RenditionName, film_prefix},
    presentation::{Named, Presentation, PresentationManifest, compose},
};
use m3u8_rs::{AlternativeMedia, AlternativeMediaType, MasterPlaylist, VariantStream};
use sha2::{Digest, Sha256};

use crate::fixtures::{FILM, ROOT};

pub(crate) fn composed(content: &Presentation, builds: &Named) -> MasterPlaylist {
    checked(content, ROOT, builds).0
}

/// Composes and checks what must hold in every presentation.
pub(crate) fn checked(
    content: &Presentation,
    root: PresentationRoot,
    builds: &Named,
) -> (MasterPlaylist, String, PresentationManifest) {
    let (text, manifest) = compose(content, root, builds).unwrap();
    let playlist = m3u8_rs::parse_master_playlist_res(text.as_bytes()).unwrap();
    check_objects(&playlist, &text, root, builds, &manifest);
    check_groups(&playlist, content);
    check_variants(&playlist, content, builds);
    assert_eq!((manifest.version, &manifest.presentation), (PresentationManifest::VERSION, content));
    assert_eq!(manifest.duration_ms, builds[&content.video].record.duration_ms);
    (playlist, text, manifest)
}

/// Resolves a relative reference (RFC 3986 §5.2) against a key.
pub(crate) fn resolved(base: &Key, uri: &str) -> String {
    let mut folders: Vec<&str> = base.as_str().split('/').collect();
    folders.pop();
    for part in uri.split('/') {
        if part == ".." {
            folders.pop().unwrap();
        } else {
            folders.push(part);
        }
    }
    folders.join("/")
}

pub(crate) fn uris(playlist: &MasterPlaylist) -> Vec<&str> {
    let media = playlist.alternatives.iter().filter_map(|media| media.uri.as_deref());
    media.chain(playlist.variants.iter().map(|variant| variant.uri.as_str())).collect()
}

/// Every URI leads to an object of the manifest that viewers may read, and the manifest lists the objects of the builds.
pub(crate) fn check_objects(
    playlist: &MasterPlaylist,
    text: &str,
    root: PresentationRoot,
    builds: &Named,
    manifest: &PresentationManifest,
) {
    let key = root.key(PresentationObject::Playlist);
    let folder = if root == PresentationRoot::Top { String::new() } else { film_prefix(FILM) };
    for uri in uris(playlist) {
        let target = resolved(&key, uri);
        let path = target.strip_prefix(&folder).unwrap();
        assert!(manifest.objects.contains_key(path), "{uri} is {path}");
        if root != PresentationRoot::Top {
            assert_eq!(Key::for_viewer(FILM, path).unwrap().as_str(), target);
        }
    }
    let mut objects = BTreeMap::new();
    for id in manifest.presentation.builds() {
        for (path, object) in &builds[&id].record.objects {
            let key = builds[&id].root.at(path).unwrap();
            objects.insert(key.as_str().strip_prefix(&folder).unwrap().to_owned(), object.clone());
        }
    }
    let own = manifest.objects[key.as_str().strip_prefix(&folder).unwrap()].clone();
    assert_eq!(own.size_bytes, text.len() as u64);
    assert_eq!(own.sha256, hex::encode(&Sha256::digest(text)));
    objects.insert(root.path_in_film(PresentationObject::Playlist), own);
    assert_eq!(manifest.objects, objects);
}

pub(crate) fn of_kind<'a>(
    playlist: &'a MasterPlaylist,
    kind: &AlternativeMediaType,
) -> Vec<&'a AlternativeMedia> {
    playlist.alternatives.iter().filter(|media| media.media_type == *kind).collect()
}

/// The audio groups in the playlist's order.
pub(crate) fn groups(playlist: &MasterPlaylist) -> Vec<(&str, Vec<&AlternativeMedia>)> {
    let mut groups: Vec<(&str, Vec<&AlternativeMedia>)> = Vec::new();
    for media in of_kind(playlist, &AlternativeMediaType::Audio) {
        match groups.iter_mut().find(|(id, _)| *id == media.group_id) {
            Some((_, members)) => members.push(media),
            None => groups.push((&media.group_id, vec![media])),
        }
    }
    groups
}

/// Every group contains every track once (RFC 8216 §4.3.4.1.1), and no two groups are equal.
pub(crate) fn check_groups(playlist: &MasterPlaylist, content: &Presentation) {
    let mut seen = HashSet::new();
    for (id, members) in groups(playlist) {
        assert!(id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "{id}");
        let found: Vec<_> =
            members.iter().map(|media| (media.default, media.language.clone().unwrap())).collect();
        let expected =
            content.audio.iter().map(|t| (t.default, t.language.clone().unwrap_or("und".to_owned())));
        assert_eq!(found, expected.collect::<Vec<_>>(), "{id}");
        let names: HashSet<_> = members.iter().map(|media| media.name.to_lowercase()).collect();
        assert_eq!(names.len(), members.len(), "{id}");
        let uris: Vec<_> = members.iter().map(|media| media.uri.clone()).collect();
        assert!(seen.insert(uris), "{id} equals another group");
    }
    assert_eq!(seen.is_empty(), content.audio.is_empty());

    let subtitles = of_kind(playlist, &AlternativeMediaType::Subtitles);
    assert_eq!(subtitles.len(), content.subtitles.len());
    for (media, track) in subtitles.iter().zip(&content.subtitles) {
        assert_eq!((media.default, media.forced), (track.default, track.forced));
    }
    for media in &playlist.alternatives {
        assert!(media.autoselect || !media.default, "RFC 8216 §4.3.4.1");
    }
}

pub(crate) fn measured_at<'a>(builds: &'a Named, uri: &str) -> (&'a str, Bitrates) {
    let folder_and_file = |root: &BuildRoot, name: &RenditionName| {
        format!("{}{}", root.uri_from_presentation(), BuildObject::MediaPlaylist(name))
    };
    let mut all =
        builds.values().flat_map(|build| build.record.media().map(move |media| (build.root, media)));
    let (_, (_, codecs, measured)) =
        all.find(|(root, (name, ..))| folder_and_file(root, name) == uri).unwrap();
    (codecs, measured.bitrates)
}

pub(crate) fn variants(playlist: &MasterPlaylist) -> impl Iterator<Item = &VariantStream> {
    playlist.variants.iter().filter(|variant| !variant.is_i_frame)
}

/// Bandwidths are the largest sums of playable combinations (RFC 8216 §4.3.4.2), and CODECS names all of their formats.
pub(crate) fn check_variants(playlist: &MasterPlaylist, content: &Presentation, builds: &Named) {
    let groups = groups(playlist);
    let mut rungs = HashSet::new();
    for variant in variants(playlist) {
        let (codecs, video) = measured_at(builds, &variant.uri);
        let audio: Vec<_> = match &variant.audio {
            Some(id) => groups.iter().find(|(group, _)| group == id).unwrap().1.clone(),
            None => Vec::new(),
        };
        assert_eq!(audio.len(), content.audio.len());
        let subtitles = of_kind(playlist, &AlternativeMediaType::Subtitles);
        let subtitles: Vec<_> = subtitles
            .into_iter()
            .filter(|media| Some(&media.group_id) == variant.subtitles.as_ref())
            .collect();
        assert_eq!(subtitles.len(), content.subtitles.len());
        let highest = |media: &[&AlternativeMedia], value: fn(Bitrates) -> u64| {
            media.iter().map(|one| value(measured_at(builds, one.uri.as_ref().unwrap()).1)).max().unwrap_or(0)
        };
        let sum =
            |value: fn(Bitrates) -> u64| value(video) + highest(&audio, value) + highest(&subtitles, value);
        assert_eq!(variant.bandwidth, sum(|rates| rates.peak_bps), "{}", variant.uri);
        assert_eq!(variant.average_bandwidth, Some(sum(|rates| rates.average_bps)), "{}", variant.uri);
        let stated: Vec<&str> = variant.codecs.as_ref().unwrap().split(',').collect();
        let mut expected: BTreeSet<&str> =
            audio.iter().map(|media| measured_at(builds, media.uri.as_ref().unwrap()).0).collect();
        expected.insert(codecs);
        assert_eq!(stated.iter().copied().collect::<BTreeSet<_>>(), expected);
        assert_eq!(stated.len(), expected.len());
        rungs.insert(&variant.uri);
    }
    assert_eq!(rungs.len(), builds[&content.video].record.video.len());
}

/// A URI such as `../../builds/<id>/v1080/index.m3u8` without its folder and file.
pub(crate) fn short(uri: &str) -> &str {
    uri.rsplit('/').nth(1).unwrap()
}

pub(crate) fn group_lines(playlist: &MasterPlaylist) -> Vec<String> {
    let line = |(id, members): (&str, Vec<&AlternativeMedia>)| {
        let names: Vec<_> = members.iter().map(|media| short(media.uri.as_ref().unwrap())).collect();
        format!("{id}: {}", names.join(" "))
    };
    groups(playlist).into_iter().map(line).collect()
}

pub(crate) fn variant_lines(playlist: &MasterPlaylist) -> Vec<String> {
    let line = |v: &VariantStream| format!("{} {}", short(&v.uri), v.audio.as_deref().unwrap_or("-"));
    variants(playlist).map(line).collect()
}
