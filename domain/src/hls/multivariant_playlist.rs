//! The multivariant playlist: what a player is given first.

use super::{AudioMedia, IFrameStreamInf, StreamInf, VERSION};

/// `main.m3u8`: sound renditions, variants and their pictures for seeking, written in the order given. The first variant is the one a player starts
/// with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultivariantPlaylist {
    /// Sound renditions, the default first.
    pub audio: Vec<AudioMedia>,
    /// Variants, the one to start with first.
    pub variants: Vec<StreamInf>,
    /// I-frame playlists.
    pub iframes: Vec<IFrameStreamInf>,
}

impl MultivariantPlaylist {
    /// The average bandwidth that a viewer's link is trusted with before anything is known of it.
    ///
    /// Apple asks for the 2000 kbit/s variant first, and the 730 kbit/s one on cellular links (rule 1.32). Most of our
    /// viewers are on Lao mobile links, and a player that starts too low is better in six seconds, while one that starts
    /// too high shows nothing for longer than a viewer waits.
    pub const START_BPS: u64 = 1_000_000;

    /// Puts the best variant that fits [`Self::START_BPS`] first (the leanest when none does), then the rest from best to
    /// leanest.
    pub fn order_variants(variants: &mut [StreamInf]) {
        // The folder's name breaks ties, so that equal figures do not leave the order to chance.
        let best_first = |a: &StreamInf, b: &StreamInf| {
            let figures = |v: &StreamInf| (v.average_bandwidth_bps, v.bandwidth_bps);
            figures(b).cmp(&figures(a)).then_with(|| a.rendition.cmp(&b.rendition))
        };
        variants.sort_by(best_first);
        let fits = |variant: &StreamInf| variant.average_bandwidth_bps <= Self::START_BPS;
        let start = variants.iter().position(fits).or(variants.len().checked_sub(1));
        if let Some(start) = start {
            variants[..=start].rotate_right(1);
        }
    }

    /// The playlist's text.
    pub fn render(&self) -> String {
        use std::fmt::Write as _;

        let mut text = format!("#EXTM3U\n#EXT-X-VERSION:{VERSION}\n#EXT-X-INDEPENDENT-SEGMENTS\n");
        for media in &self.audio {
            // Writing to a String cannot fail.
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
