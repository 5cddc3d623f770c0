//! Joins the documents of a package, and makes a film of one of its compositions.

use std::collections::BTreeMap;

use super::{
    AssetId, AssetMap, Composition, ContentKind, DocumentError, Film, FilmReel, FilmTrack,
    MAX_DOCUMENT_BYTES, PackageError, PackingList, Reel, Track, TrackKind,
};

/// Assets of an absent original version that an error names.
const NAMED_ASSETS: usize = 4;

/// A document of a package.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// Path from the folder of the package.
    pub path: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// A package: its compositions, and where their assets are.
#[derive(Clone, Debug)]
pub struct Package {
    asset_map: AssetMap,
    packing_lists: Vec<PackingList>,
    files: BTreeMap<String, u64>,
    compositions: Vec<Composition>,
}

impl Package {
    /// Paths of the documents that can be compositions. SMPTE packages do not tell them from other XML documents, so
    /// [`Package::read`] ignores those of other kinds.
    pub fn composition_paths(asset_map: &AssetMap, packing_lists: &[PackingList]) -> Vec<String> {
        let limit = MAX_DOCUMENT_BYTES as u64;
        let packed = |id: &AssetId| packing_lists.iter().find_map(|list| list.assets.get(id));
        let may_be = |id: &AssetId| {
            packed(id).is_some_and(|asset| asset.may_be_composition() && asset.size_bytes <= limit)
        };
        let paths = asset_map.assets.iter().filter(|(id, asset)| !asset.is_packing_list && may_be(id));
        paths.map(|(_, asset)| asset.path.clone()).collect()
    }

    /// Joins the documents of a package.
    ///
    /// `documents` are those of [`Package::composition_paths`] that exist, and `files` has the sizes in bytes of all files in the
    /// folder by their paths.
    pub fn read(
        asset_map: AssetMap,
        packing_lists: Vec<PackingList>,
        documents: &[Document<'_>],
        files: BTreeMap<String, u64>,
    ) -> Result<Self, PackageError> {
        if packing_lists.is_empty() {
            return Err(PackageError::NoPackingList);
        }
        let mut compositions = Vec::<Composition>::new();
        for Document { path, bytes } in documents {
            match Composition::parse(bytes) {
                // The original version and its version file can contain the same composition.
                Ok(composition) if compositions.iter().any(|known| known.id == composition.id) => {}
                Ok(composition) => compositions.push(composition),
                Err(DocumentError::OtherKind { .. }) => {}
                Err(error) => return Err(PackageError::Document { path: (*path).to_owned(), error }),
            }
        }
        if compositions.is_empty() {
            return Err(PackageError::NoComposition);
        }
        Ok(Self { asset_map, packing_lists, files, compositions })
    }

    /// The compositions, in the order of their documents.
    pub fn compositions(&self) -> &[Composition] {
        &self.compositions
    }

    /// The composition to use if an editor chose none: the only feature, else the longest. Of several features, those that Nang can
    /// play come first, so that the 2D version of a film is used and not the 3D version.
    pub fn choose(&self) -> &Composition {
        let rank = |composition: &&Composition| {
            let feature = composition.kind == ContentKind::Feature;
            (feature, feature && self.film_of(composition).is_ok(), composition.duration_ms())
        };
        // `max_by_key` returns the last of equals, and the first is wanted.
        let best = self.compositions.iter().rev().max_by_key(rank);
        // `read` checks that there is at least one.
        best.unwrap_or(&self.compositions[0])
    }

    /// The film of the composition `id`, or of the one that [`Package::choose`] finds.
    pub fn film(&self, id: Option<AssetId>) -> Result<Film, PackageError> {
        match id {
            None => self.film_of(self.choose()),
            Some(id) => {
                let known = self.compositions.iter().find(|composition| composition.id == id);
                self.film_of(known.ok_or(PackageError::UnknownComposition { id })?)
            }
        }
    }

    fn film_of(&self, composition: &Composition) -> Result<Film, PackageError> {
        // What cannot be repaired by copying files comes first.
        for (number, reel) in numbered(composition) {
            check_reel(number, reel)?;
        }
        self.check_complete(composition)?;
        let mut film: Option<Film> = None;
        for (number, reel) in numbered(composition) {
            let Some(video) = reel.track(TrackKind::Video) else {
                return Err(PackageError::NoVideo { reel: number });
            };
            let film = film.get_or_insert_with(|| Film {
                id: composition.id,
                title: composition.title.clone(),
                kind: composition.kind.clone(),
                edit_rate: video.edit_rate,
                duration: 0,
                sound_configuration: composition.sound_configuration.clone(),
                reels: Vec::new(),
            });
            if video.edit_rate != film.edit_rate {
                let (rate, first) = (video.edit_rate, film.edit_rate);
                return Err(PackageError::EditRates { reel: number, rate, first });
            }
            let audio = reel.track(TrackKind::Audio);
            let text = reel
                .tracks
                .iter()
                .filter(|track| matches!(track.kind, TrackKind::Subtitles | TrackKind::ClosedCaptions));
            film.reels.push(FilmReel {
                start: film.duration,
                duration: video.duration,
                video: self.film_track(number, video)?,
                audio: audio.map(|audio| self.film_track(number, audio)).transpose()?,
                text: text.map(|text| self.film_track(number, text)).collect::<Result<_, _>>()?,
            });
            film.duration += video.duration;
        }
        film.ok_or_else(|| PackageError::NoReels { title: composition.title.clone() })
    }

    /// Checks that no asset belongs to another package: neither the asset map nor a packing list has it.
    fn check_complete(&self, composition: &Composition) -> Result<(), PackageError> {
        let absent = |track: &&Track| {
            track.kind != TrackKind::Markers
                && !self.asset_map.assets.contains_key(&track.id)
                && !self.packing_lists.iter().any(|list| list.assets.contains_key(&track.id))
        };
        let all = numbered(composition)
            .flat_map(|(number, reel)| reel.tracks.iter().filter(absent).map(move |track| (track, number)));
        let all: Vec<_> = all.map(|(track, number)| (track.kind, track.id, number)).collect();
        match all.len() {
            0 => Ok(()),
            count => {
                let examples = all.into_iter().take(NAMED_ASSETS).collect();
                Err(PackageError::VersionFile { count, examples })
            }
        }
    }

    fn film_track(&self, reel: usize, track: &Track) -> Result<FilmTrack, PackageError> {
        let (kind, id) = (track.kind, track.id);
        let mapped = self.asset_map.assets.get(&id).ok_or(PackageError::NotMapped { id, kind, reel })?;
        let path = mapped.path.clone();
        let Some(packed) = self.packing_lists.iter().find_map(|list| list.assets.get(&id)) else {
            return Err(PackageError::NotPacked { path, kind, reel });
        };
        let expected = packed.size_bytes;
        match self.files.get(&path).copied() {
            None => return Err(PackageError::FileMissing { path, kind, reel }),
            Some(actual) if actual != expected => {
                return Err(PackageError::FileSize { path, expected, actual });
            }
            Some(_) => {}
        }
        Ok(FilmTrack {
            kind,
            id,
            path,
            size_bytes: expected,
            sha1: packed.sha1,
            media_type: packed.media_type.clone(),
            edit_rate: track.edit_rate,
            entry_point: track.entry_point,
            duration: track.duration,
            language: track.language.clone(),
            frame_rate: track.frame_rate,
            screen_aspect_ratio: track.screen_aspect_ratio,
        })
    }
}

/// The reels with their numbers, from 1.
fn numbered(composition: &Composition) -> impl Iterator<Item = (usize, &Reel)> {
    (1..).zip(&composition.reels)
}

/// Checks a reel without its files.
fn check_reel(number: usize, reel: &Reel) -> Result<(), PackageError> {
    if reel.track(TrackKind::StereoscopicVideo).is_some() {
        return Err(PackageError::Stereoscopic { reel: number });
    }
    if reel.track(TrackKind::Video).is_none() {
        return Err(PackageError::NoVideo { reel: number });
    }
    for track in &reel.tracks {
        if track.key_id.is_some() {
            return Err(PackageError::Encrypted { kind: track.kind, reel: number });
        }
        // Durations of subtitles are often wrong, and their cues have times of their own.
        if matches!(track.kind, TrackKind::Video | TrackKind::Audio) {
            check_range(number, track)?;
        }
    }
    Ok(())
}

/// Checks that a track has what is played of it (ST 429-7:2006 §8.1.4 to §8.1.6).
fn check_range(reel: usize, track: &Track) -> Result<(), PackageError> {
    let &Track { kind, entry_point, duration, intrinsic_duration, .. } = track;
    if duration == 0 || entry_point >= intrinsic_duration {
        return Err(PackageError::NothingPlayed { kind, reel, entry_point, intrinsic_duration });
    }
    let end = entry_point + duration;
    if end > intrinsic_duration {
        return Err(PackageError::BeyondEnd { kind, reel, entry_point, end, intrinsic_duration });
    }
    Ok(())
}
