//! Audio groups: for each combination of codec, channels and bitrate one group that contains every audio track, so that a variant
//! can name the group that suits its own bitrate.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::build_record::AudioRendition;

/// The stereo audio of a variant should need at most this fraction of the video's bitrate: on a poor link, each bit is worth more
/// in the video.
const STEREO_SHARE: u64 = 3;

/// What distinguishes the groups of a presentation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Class {
    /// Surround groups after the stereo groups.
    surround: bool,
    /// 0 for the best rendition of a track with this codec and number of channels, 1 for the next, …
    tier: usize,
    /// As in GROUP-ID. AAC is before the others.
    codec: String,
    /// More channels first: a track's mono rendition is for less bandwidth than its stereo rendition.
    channels: Reverse<u32>,
}

/// One group, with a rendition for each track of the presentation, in its order.
#[derive(Debug)]
pub(super) struct AudioGroup<'a> {
    class: Class,
    pub(super) members: Vec<&'a AudioRendition>,
}

impl AudioGroup<'_> {
    /// GROUP-ID: codec and number of channels, then a number for lower bitrates (`aac-2`, `aac-2-low1`).
    pub(super) fn id(&self) -> String {
        let Class { codec, channels: Reverse(channels), tier, .. } = &self.class;
        match tier {
            0 => format!("{codec}-{channels}"),
            tier => format!("{codec}-{channels}-low{tier}"),
        }
    }

    pub(super) fn is_surround(&self) -> bool {
        self.class.surround
    }

    pub(super) fn average_bps(&self) -> u64 {
        self.members.iter().map(|member| member.measured.bitrates.average_bps).max().unwrap_or(0)
    }

    pub(super) fn peak_bps(&self) -> u64 {
        self.members.iter().map(|member| member.measured.bitrates.peak_bps).max().unwrap_or(0)
    }
}

/// Returns the groups, stereo groups first and the best of them first. `tracks` has the renditions of each track. A track without a
/// rendition of a group's class takes part with its nearest one, because every group must contain every track. No two groups have the
/// same members.
pub(super) fn groups<'a>(tracks: &[Vec<&'a AudioRendition>]) -> Vec<AudioGroup<'a>> {
    let classified: Vec<BTreeMap<Class, &AudioRendition>> =
        tracks.iter().map(|track| classify(track)).collect();
    let mut classes: Vec<Class> = classified.iter().flat_map(|track| track.keys().cloned()).collect();
    classes.sort();
    classes.dedup();
    let mut groups: Vec<AudioGroup<'a>> = Vec::new();
    for class in classes {
        let members = classified.iter().map(|track| nearest(track, &class)).collect::<Option<Vec<_>>>();
        let Some(members) = members else { continue };
        if !groups.iter().any(|group| same(&group.members, &members)) {
            groups.push(AudioGroup { class, members });
        }
    }
    groups
}

/// Returns the stereo group for a variant whose video has this average bitrate: the best that takes at most a third of it, or the one
/// with the lowest bitrate. Without stereo groups, it is a surround group.
pub(super) fn suitable<'g, 'a>(groups: &'g [AudioGroup<'a>], video_bps: u64) -> Option<&'g AudioGroup<'a>> {
    let has_stereo = groups.iter().any(|group| !group.is_surround());
    let choice = || groups.iter().filter(|group| !(has_stereo && group.is_surround()));
    let fits = |group: &&AudioGroup<'_>| group.average_bps().saturating_mul(STEREO_SHARE) <= video_bps;
    // Of groups with the same bitrate, the last has the lower renditions of the tracks that have several.
    choice().find(fits).or_else(|| choice().rev().min_by_key(|group| group.average_bps()))
}

/// Whether both lists have the same renditions of the same builds.
fn same(one: &[&AudioRendition], other: &[&AudioRendition]) -> bool {
    one.iter().zip(other).all(|(a, b)| std::ptr::eq(*a, *b))
}

fn classify<'a>(track: &[&'a AudioRendition]) -> BTreeMap<Class, &'a AudioRendition> {
    let mut best_first = track.to_vec();
    best_first.sort_by_key(|rendition| Reverse(rendition.measured.bitrates.average_bps));
    let mut classes: BTreeMap<Class, &AudioRendition> = BTreeMap::new();
    for rendition in best_first {
        let (codec, channels) = (codec_name(&rendition.codecs), Reverse(rendition.channels));
        let tier = classes.keys().filter(|class| class.codec == codec && class.channels == channels).count();
        classes.insert(Class { surround: rendition.channels > 2, tier, codec, channels }, rendition);
    }
    classes
}

/// The codec's name in GROUP-ID, from its RFC 6381 string: `aac` for AAC of any profile, otherwise the string's first part.
fn codec_name(codecs: &str) -> String {
    if codecs.starts_with("mp4a.40") {
        return "aac".to_owned();
    }
    let first = codecs.split(['.', ',']).next().unwrap_or_default();
    let name: String = first.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    if name.is_empty() { "audio".to_owned() } else { name }
}

/// The track's rendition for a class: exactly it, or its lowest stereo rendition up to that tier, or any.
fn nearest<'a>(track: &BTreeMap<Class, &'a AudioRendition>, class: &Class) -> Option<&'a AudioRendition> {
    let tier = if class.surround { 0 } else { class.tier };
    // Of several renditions of that tier, the first is the best.
    let stereo = track
        .iter()
        .filter(|(own, _)| !own.surround && own.tier <= tier)
        .rev()
        .max_by_key(|(own, _)| own.tier);
    track
        .get(class)
        .copied()
        .or(stereo.map(|(_, rendition)| *rendition))
        .or_else(|| track.values().next().copied())
}
