//! The multivariant playlist: the first playlist that a player loads.

use super::{AudioMedia, IFrameStreamInf, StreamInf, SubtitleMedia, VERSION};

/// `main.m3u8`: audio and subtitle renditions, variants and I-frame playlists, rendered in the given order. Players start with the
/// first variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultivariantPlaylist {
    /// Audio renditions, group by group.
    pub audio: Vec<AudioMedia>,
    /// Subtitle renditions.
    pub subtitles: Vec<SubtitleMedia>,
    /// Variants; players start with the first.
    pub variants: Vec<StreamInf>,
    /// I-frame playlists.
    pub iframes: Vec<IFrameStreamInf>,
}

impl MultivariantPlaylist {
    /// The highest average bandwidth of the first variant: what a viewer's connection should carry before the player has
    /// measured it.
    ///
    /// Apple recommends the 2000 kbit/s variant first, and the 730 kbit/s variant on cellular connections (rule 1.32). Most
    /// viewers use mobile networks in Laos. A player that starts too low improves after six seconds; one that starts too
    /// high shows nothing for longer than viewers wait.
    pub const START_BPS: u64 = 1_000_000;

    /// Sorts variants: first the best one within [`Self::START_BPS`] (or the lowest, if all are above it), then the others from
    /// best to lowest.
    pub fn order_variants(variants: &mut [StreamInf]) {
        // The URI breaks ties, so that the order is deterministic.
        let best_first = |a: &StreamInf, b: &StreamInf| {
            let bitrates = |v: &StreamInf| (v.average_bandwidth_bps, v.bandwidth_bps);
            bitrates(b).cmp(&bitrates(a)).then_with(|| a.uri.cmp(&b.uri))
        };
        variants.sort_by(best_first);
        let fits = |variant: &StreamInf| variant.average_bandwidth_bps <= Self::START_BPS;
        let start = variants.iter().position(fits).or(variants.len().checked_sub(1));
        if let Some(start) = start {
            variants[..=start].rotate_right(1);
        }
    }

    /// Renders the playlist.
    pub fn render(&self) -> String {
        use std::fmt::Write as _;

        let mut text = format!("#EXTM3U\n#EXT-X-VERSION:{VERSION}\n#EXT-X-INDEPENDENT-SEGMENTS\n");
        for media in &self.audio {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{media}");
        }
        for media in &self.subtitles {
            let _ = writeln!(text, "{media}");
        }
        for variant in &self.variants {
            let _ = writeln!(text, "{variant}");
        }
        for iframes in &self.iframes {
            let _ = writeln!(text, "{iframes}");
        }
        text
    }
}
