//! Speakers that the channels of an audio track are for, and the weights with which they are mixed.

use serde::{Deserialize, Serialize};

/// −3 dB: the weight of a centre or surround channel in a neighbour (ITU-R BS.775-4 Annex 4).
const MINUS_3_DB: f32 = std::f32::consts::FRAC_1_SQRT_2;
/// −6 dB: a rear centre in stereo, which passes two such steps.
const MINUS_6_DB: f32 = 0.5;

/// The speaker that a channel is for. Names are libavutil's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Speaker {
    /// Front left.
    #[serde(rename = "FL")]
    FrontLeft,
    /// Front right.
    #[serde(rename = "FR")]
    FrontRight,
    /// Front centre; also the only channel of mono.
    #[serde(rename = "FC")]
    FrontCentre,
    /// Low-frequency effects.
    #[serde(rename = "LFE")]
    LowFrequency,
    /// Back left.
    #[serde(rename = "BL")]
    BackLeft,
    /// Back right.
    #[serde(rename = "BR")]
    BackRight,
    /// Back centre.
    #[serde(rename = "BC")]
    BackCentre,
    /// Side left.
    #[serde(rename = "SL")]
    SideLeft,
    /// Side right.
    #[serde(rename = "SR")]
    SideRight,
    /// Any other speaker on the left: wide, high or between centre and left.
    #[serde(rename = "L")]
    OtherLeft,
    /// Any other speaker on the right.
    #[serde(rename = "R")]
    OtherRight,
    /// Any other speaker in the middle, such as the one above the screen.
    #[serde(rename = "C")]
    OtherCentre,
}

use Speaker::{
    BackCentre, BackLeft, BackRight, FrontCentre, FrontLeft, FrontRight, LowFrequency, OtherCentre,
    OtherLeft, OtherRight, SideLeft, SideRight,
};

/// 5.1 in the order of its channels (SMPTE ST 2035): the order of mono tracks, and of the 5.1 that viewers get.
pub const SURROUND: [Speaker; 6] = [FrontLeft, FrontRight, FrontCentre, LowFrequency, BackLeft, BackRight];

impl Speaker {
    /// Returns the speaker with this name of libavutil (`av_channel_name`); `None` if it names none.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "FL" | "DL" => FrontLeft,
            "FR" | "DR" => FrontRight,
            "FC" => FrontCentre,
            "LFE" | "LFE2" => LowFrequency,
            "BL" => BackLeft,
            "BR" => BackRight,
            "BC" => BackCentre,
            "SL" => SideLeft,
            "SR" => SideRight,
            "FLC" | "TFL" | "TBL" | "WL" | "SDL" | "TSL" | "BFL" => OtherLeft,
            "FRC" | "TFR" | "TBR" | "WR" | "SDR" | "TSR" | "BFR" => OtherRight,
            "TC" | "TFC" | "TBC" | "BFC" => OtherCentre,
            _ => return None,
        })
    }

    /// Returns the speaker that the title of a track of one channel names, as editing programs write it (`L`, `Left`, `Ls`, `LFE`).
    pub fn from_title(title: &str) -> Option<Self> {
        let plain: String =
            title.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        Some(match plain.as_str() {
            "l" | "left" | "fl" | "frontleft" => FrontLeft,
            "r" | "right" | "fr" | "frontright" => FrontRight,
            "c" | "center" | "centre" | "fc" | "frontcenter" | "frontcentre" => FrontCentre,
            "lfe" | "sub" | "subwoofer" => LowFrequency,
            "ls" | "bl" | "leftsurround" | "surroundleft" | "sl" => BackLeft,
            "rs" | "br" | "rightsurround" | "surroundright" | "sr" => BackRight,
            _ => return None,
        })
    }
}

/// The speakers of this many channels that the file does not name, by convention; `None` if no convention exists.
pub fn usual(channels: u32) -> Option<&'static [Speaker]> {
    Some(match channels {
        1 => &[FrontCentre],
        2 => &[FrontLeft, FrontRight],
        3 => &[FrontLeft, FrontRight, FrontCentre],
        4 => &[FrontLeft, FrontRight, BackLeft, BackRight],
        5 => &[FrontLeft, FrontRight, FrontCentre, BackLeft, BackRight],
        6 => &SURROUND,
        7 => &[FrontLeft, FrontRight, FrontCentre, LowFrequency, BackCentre, SideLeft, SideRight],
        8 => &[FrontLeft, FrontRight, FrontCentre, LowFrequency, BackLeft, BackRight, SideLeft, SideRight],
        _ => return None,
    })
}

/// The speakers of libavutil's layouts that differ from the usual ones with as many channels.
pub fn of_layout(name: &str) -> Option<&'static [Speaker]> {
    Some(match name {
        "2.1" => &[FrontLeft, FrontRight, LowFrequency],
        "3.0(back)" => &[FrontLeft, FrontRight, BackCentre],
        "4.0" => &[FrontLeft, FrontRight, FrontCentre, BackCentre],
        "3.1" => &[FrontLeft, FrontRight, FrontCentre, LowFrequency],
        _ => return None,
    })
}

/// The usual name of a set of speakers, for editors.
pub fn layout_name(speakers: &[Speaker]) -> String {
    match speakers {
        [_] => "mono".to_owned(),
        [FrontLeft, FrontRight] => "stereo".to_owned(),
        _ => {
            let low = speakers.iter().filter(|speaker| **speaker == LowFrequency).count();
            let full = speakers.len() - low;
            if low == 0 && full != 3 { format!("{full} channels") } else { format!("{full}.{low}") }
        }
    }
}

/// Whether the speakers have what 5.1 needs: left, right, centre and at least two at the sides or back.
pub fn is_surround(speakers: &[Speaker]) -> bool {
    let has = |wanted: &[Speaker]| speakers.iter().any(|speaker| wanted.contains(speaker));
    speakers.len() >= 6 && has(&[FrontCentre]) && has(&[BackLeft, SideLeft]) && has(&[BackRight, SideRight])
}

/// The weights of a stereo mix: one row for each of its two channels, with one weight for each speaker.
///
/// Dialogue keeps its level and the surrounds are at −3 dB (ITU-R BS.775-4 Annex 4); low-frequency effects are left out. A channel that
/// is alone, whichever speaker it names, is heard on both sides.
pub fn stereo_weights(speakers: &[Speaker]) -> Vec<Vec<f32>> {
    if let [_] = speakers {
        return vec![vec![MINUS_3_DB]; 2];
    }
    let row = |own: [Speaker; 4]| speakers.iter().map(|speaker| stereo_weight(*speaker, own)).collect();
    vec![row([FrontLeft, SideLeft, BackLeft, OtherLeft]), row([FrontRight, SideRight, BackRight, OtherRight])]
}

/// The weight of a speaker in one side, which has a front speaker and three others.
fn stereo_weight(speaker: Speaker, [front, own @ ..]: [Speaker; 4]) -> f32 {
    match speaker {
        speaker if speaker == front => 1.0,
        speaker if own.contains(&speaker) => MINUS_3_DB,
        FrontCentre | OtherCentre => MINUS_3_DB,
        BackCentre => MINUS_6_DB,
        _ => 0.0,
    }
}

/// The weights of a 5.1 mix in the order of [`SURROUND`]. Channels that 5.1 does not have go to their neighbours at −3 dB.
pub fn surround_weights(speakers: &[Speaker]) -> Vec<Vec<f32>> {
    let has_back = speakers.contains(&BackLeft) || speakers.contains(&BackRight);
    let has_sides = speakers.contains(&SideLeft) || speakers.contains(&SideRight);
    let weight = |speaker: Speaker, output: Speaker| match (speaker, output) {
        // With both pairs, the sides are the surrounds of 5.1, and the back joins them.
        (BackLeft, BackLeft) | (BackRight, BackRight) if has_sides => MINUS_3_DB,
        (SideLeft, BackLeft) | (SideRight, BackRight) => 1.0,
        (BackCentre, BackLeft | BackRight) if has_back || has_sides => MINUS_3_DB,
        (OtherLeft, FrontLeft) | (OtherRight, FrontRight) | (OtherCentre, FrontCentre) => MINUS_3_DB,
        (speaker, output) if speaker == output => 1.0,
        _ => 0.0,
    };
    let row = |output: &Speaker| speakers.iter().map(|speaker| weight(*speaker, *output)).collect();
    SURROUND.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::{
        FrontCentre, FrontLeft, FrontRight, MINUS_3_DB, SURROUND, SideLeft, SideRight, Speaker, is_surround,
        layout_name, stereo_weights, surround_weights, usual,
    };

    /// Sum of a speaker's weights in all outputs.
    fn heard(weights: &[Vec<f32>], speaker: usize) -> f32 {
        weights.iter().map(|row| row[speaker]).sum()
    }

    #[test]
    fn stereo_has_every_channel_except_low_frequencies() {
        for count in 1..=8 {
            let speakers = usual(count).unwrap();
            let weights = stereo_weights(speakers);
            assert_eq!(weights.len(), 2);
            for (index, speaker) in speakers.iter().enumerate() {
                let is_low = *speaker == Speaker::LowFrequency;
                assert_eq!(heard(&weights, index) > 0.0, !is_low, "{speaker:?} of {count}");
            }
        }
    }

    #[test]
    fn stereo_is_unchanged_and_a_lone_channel_is_on_both_sides() {
        assert_eq!(stereo_weights(&[FrontLeft, FrontRight]), [[1.0, 0.0], [0.0, 1.0]]);
        for lone in [FrontCentre, FrontLeft, FrontRight, Speaker::LowFrequency] {
            assert_eq!(stereo_weights(&[lone]), [[MINUS_3_DB], [MINUS_3_DB]]);
        }
    }

    #[test]
    fn surround_is_unchanged_and_keeps_the_channels_of_larger_layouts() {
        let identity = surround_weights(&SURROUND);
        for (row, weights) in identity.iter().enumerate() {
            for (column, weight) in weights.iter().enumerate() {
                assert_eq!(*weight > 0.99, row == column);
            }
        }
        let sides = [FrontLeft, FrontRight, FrontCentre, Speaker::LowFrequency, SideLeft, SideRight];
        assert_eq!(surround_weights(&sides), identity);
        for count in [6, 7, 8] {
            let speakers = usual(count).unwrap();
            assert!(is_surround(speakers));
            let weights = surround_weights(speakers);
            assert!((0..speakers.len()).all(|speaker| heard(&weights, speaker) > 0.0), "{count}");
        }
    }

    #[test]
    fn layouts_have_their_usual_names() {
        for (count, name) in
            [(1, "mono"), (2, "stereo"), (3, "3.0"), (4, "4 channels"), (6, "5.1"), (7, "6.1"), (8, "7.1")]
        {
            assert_eq!(layout_name(usual(count).unwrap()), name);
        }
        assert_eq!(usual(9), None);
    }
}
