//! Composes a presentation: its multivariant playlist and its manifest.

use std::collections::{BTreeMap, HashSet};

use sha2::{Digest, Sha256};

use super::{
    Presentation, PresentationManifest, Role, Track,
    audio_group::{AudioGroup, groups, suitable},
};
use crate::{
    build_record::{AudioRendition, Bitrates, BuildRecord, SubtitleRendition, VideoRendition},
    hex,
    hls::{AudioMedia, IFrameStreamInf, MultivariantPlaylist, QuotedString, StreamInf, SubtitleMedia},
    id::BuildId,
    key::{BuildObject, BuildRoot, PresentationObject, PresentationRoot, RenditionName},
    output::StoredObject,
};

/// Why a presentation cannot be composed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// A build that the presentation names was not passed.
    #[error("build {0} is missing")]
    MissingBuild(BuildId),
    /// A build lacks a rendition that the presentation names.
    #[error("build {0} has no rendition {1}")]
    MissingRendition(BuildId, RenditionName),
    /// The build named for the video has none.
    #[error("build {0} has no video")]
    NoVideo(BuildId),
    /// A track has no rendition.
    #[error("track {0:?} has no rendition")]
    EmptyTrack(String),
    /// Two tracks of a kind have the same label, so players could not distinguish them (RFC 8216 §4.3.4.1.1).
    #[error(
        "two tracks have the name {0:?}; names of audio tracks must differ, and so must names of subtitle tracks"
    )]
    SameLabel(String),
    /// More than one track of a kind is the default.
    #[error("{0:?} and another track are both the default; only one track of a kind can be")]
    TwoDefaults(String),
    /// The presentation has too many tracks.
    #[error("a film can have at most {max} audio and {max} subtitle tracks", max = Presentation::MAX_TRACKS)]
    TooManyTracks,
}

/// A build that a presentation may name.
#[derive(Clone, Debug)]
pub struct NamedBuild {
    /// Where its objects are.
    pub root: BuildRoot,
    /// Its record.
    pub record: BuildRecord,
}

/// Builds by id.
pub type Named = BTreeMap<BuildId, NamedBuild>;

/// Returns the multivariant playlist and the manifest of a presentation at `root`.
pub fn compose(
    presentation: &Presentation,
    root: PresentationRoot,
    builds: &Named,
) -> Result<(String, PresentationManifest), ComposeError> {
    check(&presentation.audio)?;
    check(&presentation.subtitles)?;
    let film = build(builds, presentation.video)?;
    if film.record.video.is_empty() {
        return Err(ComposeError::NoVideo(presentation.video));
    }
    let playlist = playlist(presentation, film, builds)?.render();

    let mut objects = BTreeMap::new();
    for id in presentation.builds() {
        let NamedBuild { root, record } = build(builds, id)?;
        let folder = root.path_in_film();
        objects
            .extend(record.objects.iter().map(|(path, object)| (format!("{folder}{path}"), object.clone())));
    }
    let stored = StoredObject {
        size_bytes: playlist.len() as u64,
        sha256: hex::encode(&Sha256::digest(playlist.as_bytes())),
    };
    objects.insert(root.path_in_film(PresentationObject::Playlist), stored);
    let manifest = PresentationManifest {
        version: PresentationManifest::VERSION,
        duration_ms: film.record.duration_ms,
        presentation: presentation.clone(),
        objects,
    };
    Ok((playlist, manifest))
}

/// Checks the tracks of one kind.
fn check(tracks: &[Track]) -> Result<(), ComposeError> {
    if tracks.len() > Presentation::MAX_TRACKS {
        return Err(ComposeError::TooManyTracks);
    }
    let mut labels = HashSet::new();
    let mut has_default = false;
    for track in tracks {
        if track.renditions.is_empty() {
            return Err(ComposeError::EmptyTrack(track.label.clone()));
        }
        if !labels.insert(track.name_key()) {
            return Err(ComposeError::SameLabel(track.label.clone()));
        }
        if track.default && std::mem::replace(&mut has_default, true) {
            return Err(ComposeError::TwoDefaults(track.label.clone()));
        }
    }
    Ok(())
}

fn build(builds: &Named, id: BuildId) -> Result<&NamedBuild, ComposeError> {
    builds.get(&id).ok_or(ComposeError::MissingBuild(id))
}

fn playlist(
    presentation: &Presentation,
    film: &NamedBuild,
    builds: &Named,
) -> Result<MultivariantPlaylist, ComposeError> {
    let renditions = presentation.audio.iter().map(|track| audio_renditions(track, builds));
    let renditions = renditions.collect::<Result<Vec<_>, _>>()?;
    let groups = groups(&renditions);
    let mut subtitles = Vec::new();
    let mut subtitle_bitrates = None;
    for track in &presentation.subtitles {
        let (root, rendition) = subtitle_rendition(track, builds)?;
        subtitles.push(subtitle_media(track, rendition, root));
        let Bitrates { average_bps, peak_bps } = rendition.measured.bitrates;
        let highest = subtitle_bitrates.get_or_insert(Bitrates { average_bps, peak_bps });
        highest.average_bps = highest.average_bps.max(average_bps);
        highest.peak_bps = highest.peak_bps.max(peak_bps);
    }

    let folder = film.root.uri_from_presentation();
    let variant = |video: &VideoRendition, group: Option<&AudioGroup<'_>>| {
        variant(video, &folder, group, subtitle_bitrates)
    };
    let best = groups.first();
    // Even of a film that is easy to code, the best rung has the best stereo.
    let best_rung = film.record.video.iter().max_by_key(|video| video.width * video.height);
    let best_rung = best_rung.filter(|_| film.record.video.len() > 1).map(|video| &video.name);
    let stereo = |video: &VideoRendition| match best {
        Some(best) if !best.is_surround() && best_rung == Some(&video.name) => Some(best),
        _ => suitable(&groups, video.measured.bitrates.average_bps),
    };
    let mut variants: Vec<StreamInf> =
        film.record.video.iter().map(|video| variant(video, stereo(video))).collect();
    MultivariantPlaylist::order_variants(&mut variants);
    // Players built on FFmpeg know an audio track's variant only if it has exactly one, and mpv plays such a track before all others. So
    // that it does not play low audio beside the best video, the next better rung names a low group as well.
    for group in groups.iter().skip(1).filter(|group| !group.is_surround()) {
        if let Some(rung) = rung_above_the_only(group, &film.record.video, stereo) {
            variants.push(variant(rung, Some(group)));
        }
    }
    // Only rungs that have the best stereo: a client with too little bandwidth for that has too little for surround.
    for group in
        groups.iter().filter(|group| group.is_surround() && best.is_some_and(|best| !best.is_surround()))
    {
        let rungs = film
            .record
            .video
            .iter()
            .filter(|video| stereo(video).map(AudioGroup::id) == best.map(AudioGroup::id));
        variants.extend(rungs.map(|video| variant(video, Some(group))));
    }
    // Without groups that no variant names: players that are built on FFmpeg offer their tracks and get no data for them.
    let mut audio = Vec::new();
    for group in &groups {
        if variants.iter().any(|variant| variant.audio == Some(group.id())) {
            for (track, member) in presentation.audio.iter().zip(&group.members) {
                audio.push(audio_media(group, track, member, &build(builds, track.build)?.root));
            }
        }
    }
    let iframes = film.record.video.iter().filter_map(|video| iframe_stream_inf(video, &folder)).collect();
    Ok(MultivariantPlaylist { audio, subtitles, variants, iframes })
}

/// If the group is that of exactly one rung: the rung with the next higher bitrate.
fn rung_above_the_only<'r, 'g>(
    group: &AudioGroup<'_>,
    rungs: &'r [VideoRendition],
    stereo: impl Fn(&VideoRendition) -> Option<&'g AudioGroup<'g>>,
) -> Option<&'r VideoRendition> {
    let bitrate = |rung: &VideoRendition| rung.measured.bitrates.average_bps;
    let mut own = rungs.iter().filter(|rung| stereo(rung).map(AudioGroup::id) == Some(group.id()));
    let (Some(only), None) = (own.next(), own.next()) else { return None };
    rungs.iter().filter(|rung| bitrate(rung) > bitrate(only)).min_by_key(|rung| bitrate(rung))
}

fn audio_renditions<'a>(track: &Track, builds: &'a Named) -> Result<Vec<&'a AudioRendition>, ComposeError> {
    let record = &build(builds, track.build)?.record;
    let find = |name: &RenditionName| {
        let found = record.audio.iter().find(|rendition| rendition.name == *name);
        found.ok_or_else(|| ComposeError::MissingRendition(track.build, name.clone()))
    };
    track.renditions.iter().map(find).collect()
}

fn audio_media(
    group: &AudioGroup<'_>,
    track: &Track,
    member: &AudioRendition,
    root: &BuildRoot,
) -> AudioMedia {
    AudioMedia {
        group: group.id(),
        uri: format!("{}{}", root.uri_from_presentation(), BuildObject::MediaPlaylist(&member.name)),
        name: QuotedString::new(&track.label),
        language: track.language.as_deref().map(QuotedString::new),
        default: track.default,
        // A player must not choose a commentary by itself, only because its language fits.
        autoselect: track.default || track.role != Role::Commentary,
        describes_video: track.role == Role::AudioDescription,
        channels: member.channels,
    }
}

fn subtitle_rendition<'a>(
    track: &Track,
    builds: &'a Named,
) -> Result<(&'a BuildRoot, &'a SubtitleRendition), ComposeError> {
    let NamedBuild { root, record } = build(builds, track.build)?;
    let name = track.renditions.first().ok_or_else(|| ComposeError::EmptyTrack(track.label.clone()))?;
    let found = record.subtitles.iter().find(|rendition| rendition.name == *name);
    let rendition = found.ok_or_else(|| ComposeError::MissingRendition(track.build, name.clone()))?;
    Ok((root, rendition))
}

fn subtitle_media(track: &Track, rendition: &SubtitleRendition, root: &BuildRoot) -> SubtitleMedia {
    SubtitleMedia {
        uri: format!("{}{}", root.uri_from_presentation(), BuildObject::MediaPlaylist(&rendition.name)),
        name: QuotedString::new(&track.label),
        language: track.language.as_deref().map(QuotedString::new),
        default: track.default,
        autoselect: track.default || track.forced || track.role != Role::Commentary,
        forced: track.forced,
        hard_of_hearing: track.role == Role::HardOfHearing,
    }
}

/// `subtitles` has the highest bitrates of all subtitle renditions; `None` if there are no subtitles.
fn variant(
    video: &VideoRendition,
    folder: &str,
    audio: Option<&AudioGroup<'_>>,
    subtitles: Option<Bitrates>,
) -> StreamInf {
    let mut codecs = vec![video.codecs.as_str()];
    for member in audio.iter().flat_map(|group| &group.members) {
        if !member.codecs.is_empty() && !codecs.contains(&member.codecs.as_str()) {
            codecs.push(&member.codecs);
        }
    }
    // Any combination of the variant's renditions may play, so the highest bitrate of each kind counts (RFC 8216 §4.3.4.2).
    let audio_rates =
        audio.map(|group| Bitrates { average_bps: group.average_bps(), peak_bps: group.peak_bps() });
    let rates = || [Some(video.measured.bitrates), audio_rates, subtitles].into_iter().flatten();
    let sum = |bitrate: fn(Bitrates) -> u64| rates().map(bitrate).fold(0, u64::saturating_add);
    StreamInf {
        uri: format!("{folder}{}", BuildObject::MediaPlaylist(&video.name)),
        bandwidth_bps: sum(|rates| rates.peak_bps),
        average_bandwidth_bps: sum(|rates| rates.average_bps),
        codecs: QuotedString::new(&codecs.join(",")),
        width: video.width,
        height: video.height,
        frame_rate: video.frame_rate,
        audio: audio.map(AudioGroup::id),
        subtitles: subtitles.is_some(),
    }
}

fn iframe_stream_inf(video: &VideoRendition, folder: &str) -> Option<IFrameStreamInf> {
    let bitrates = video.iframes?;
    Some(IFrameStreamInf {
        uri: format!("{folder}{}", BuildObject::IFramePlaylist(&video.name)),
        bandwidth_bps: bitrates.peak_bps,
        average_bandwidth_bps: bitrates.average_bps,
        codecs: QuotedString::new(&video.codecs),
        width: video.width,
        height: video.height,
    })
}
