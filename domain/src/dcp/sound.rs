//! Which channels of a package's audio are the mix, and which must not be mixed.

use super::SoundChannel as Channel;

/// ST 429-2:2013 §A.1.2: the labels of the channel configurations end in the number of the configuration and a zero.
const CONFIGURATION: [u8; 14] =
    [0x06, 0x0e, 0x2b, 0x34, 0x04, 0x01, 0x01, 0x0b, 0x04, 0x02, 0x02, 0x10, 0x03, 0x01];

/// The channels without a label that names them, as ISDCF Document 4 recommends for Interop and SMPTE packages.
const UNLABELLED: [Channel; 16] = [
    Channel::Left,
    Channel::Right,
    Channel::Center,
    Channel::Lfe,
    Channel::LeftSurround,
    Channel::RightSurround,
    Channel::HearingImpaired,
    Channel::VisuallyImpaired,
    Channel::LeftCenter,
    Channel::RightCenter,
    Channel::LeftRearSurround,
    Channel::RightRearSurround,
    Channel::MotionData,
    Channel::SyncSignal,
    Channel::SignLanguage,
    Channel::Unused,
];

/// What names the channels of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoundLabel<'a> {
    /// `ChannelAssignment` of the MXF file's audio descriptor (ST 429-2:2013 §A.1.2).
    Assignment([u8; 16]),
    /// Names with commas between them, after an optional `51/`: `MainSoundConfiguration` of the composition (ST 429-16), or the
    /// `MCATagSymbol`s of the MXF file (ST 429-12) in the order of their channels.
    Names(&'a str),
}

/// The loudspeakers of a mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MainMix {
    /// One channel.
    Mono,
    /// Left and right.
    Stereo,
    /// 5.1.
    Surround51,
    /// 6.1: 5.1 and a centre surround.
    Surround61,
    /// 7.1 with side and rear surrounds.
    Surround71,
    /// 7.1 with five loudspeakers behind the screen (SDDS).
    Sdds71,
    /// Any other set.
    Other,
}

/// What the channels of an audio asset contain. Indexes of channels count from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundLayout {
    /// The channels of the file.
    pub channels: Vec<Channel>,
    /// The loudspeakers of the mix.
    pub mix: MainMix,
    /// Indexes of the channels of the mix, in the order of [`SoundChannel::ALL`](Channel::ALL). Empty if the file has no mix.
    pub main: Vec<usize>,
    /// Indexes of channels that belong to the mix only if they are not silent: without a label, a file of 16 channels has the same
    /// layout for 5.1, 7.1 and SDDS. See [`SoundLayout::with_audible`].
    pub possible: Vec<usize>,
    /// Index of the audio for viewers who are hard of hearing.
    pub hearing_impaired: Option<usize>,
    /// Index of the audio description.
    pub visually_impaired: Option<usize>,
}

/// The layout of an asset of `channel_count` channels. Channels that the label does not name are unused.
///
/// Configuration 4 of ST 429-2 (“wild track format”) and labels that Nang does not know say nothing about the channels, so the
/// recommendation of ISDCF Document 4 applies, as it does to Interop packages.
pub fn sound_layout(channel_count: usize, label: Option<SoundLabel<'_>>) -> SoundLayout {
    let named = label.and_then(|label| named(channel_count, label));
    let labelled = named.is_some();
    let mut channels = named.unwrap_or_else(|| match channel_count {
        1 => vec![Channel::Center],
        _ => UNLABELLED.to_vec(),
    });
    channels.resize(channel_count, Channel::Unused);
    let is_possible = |channel: &Channel| {
        !labelled
            && matches!(
                channel,
                Channel::LeftCenter
                    | Channel::RightCenter
                    | Channel::LeftRearSurround
                    | Channel::RightRearSurround
            )
    };
    let mut main = Vec::new();
    let mut possible = Vec::new();
    for (index, channel) in channels.iter().enumerate() {
        if is_possible(channel) {
            possible.push(index);
        // A label that names a loudspeaker twice is damaged; the first counts.
        } else if channel.is_main() && !channels[..index].contains(channel) {
            main.push(index);
        }
    }
    SoundLayout::new(channels, main, possible)
}

impl SoundLayout {
    fn new(channels: Vec<Channel>, mut main: Vec<usize>, possible: Vec<usize>) -> Self {
        main.sort_by_key(|index| channels[*index]);
        let set: Vec<Channel> = main.iter().map(|index| channels[*index]).collect();
        let at = |wanted| channels.iter().position(|channel| *channel == wanted);
        Self {
            mix: MainMix::of(&set),
            main,
            possible,
            hearing_impaired: at(Channel::HearingImpaired),
            visually_impaired: at(Channel::VisuallyImpaired),
            channels,
        }
    }

    /// The same layout, with those possible channels in the mix that `audible` says are not silent. A pair of channels is added if one
    /// of them is audible.
    #[must_use]
    pub fn with_audible(self, audible: impl Fn(usize) -> bool) -> Self {
        let Self { mut channels, mut main, possible, .. } = self;
        for pair in possible.chunks(2) {
            if pair.iter().any(|index| audible(*index)) {
                main.extend(pair);
            }
        }
        // With rear surrounds, the surrounds of 5.1 are those at the sides.
        if main.iter().any(|index| channels[*index] == Channel::LeftRearSurround) {
            for channel in &mut channels {
                *channel = match *channel {
                    Channel::LeftSurround => Channel::LeftSideSurround,
                    Channel::RightSurround => Channel::RightSideSurround,
                    channel => channel,
                };
            }
        }
        Self::new(channels, main, Vec::new())
    }
}

impl MainMix {
    fn of(channels: &[Channel]) -> Self {
        use Channel::{
            Center, CenterSurround, Left, LeftCenter, LeftRearSurround, LeftSideSurround, LeftSurround, Lfe,
            Right, RightCenter, RightRearSurround, RightSideSurround, RightSurround,
        };
        match channels {
            [_] => Self::Mono,
            [Left, Right] => Self::Stereo,
            [Left, Right, Center, Lfe, LeftSurround, RightSurround] => Self::Surround51,
            [Left, Right, Center, Lfe, LeftSurround, RightSurround, CenterSurround] => Self::Surround61,
            [
                Left,
                Right,
                Center,
                Lfe,
                LeftSideSurround,
                RightSideSurround,
                LeftRearSurround,
                RightRearSurround,
            ] => Self::Surround71,
            [Left, Right, Center, Lfe, LeftSurround, RightSurround, LeftCenter, RightCenter] => Self::Sdds71,
            _ => Self::Other,
        }
    }
}

/// The channels that a label names; `None` if it names no loudspeaker.
fn named(channel_count: usize, label: SoundLabel<'_>) -> Option<Vec<Channel>> {
    let channels = match label {
        SoundLabel::Assignment(label) => configuration(label)?,
        SoundLabel::Names(names) => {
            let names = names.split_once('/').map_or(names, |(_, names)| names);
            names.split(',').take(channel_count).map(Channel::parse).collect()
        }
    };
    let channels: Vec<Channel> = channels.into_iter().take(channel_count).collect();
    channels.iter().any(|channel| channel.is_main()).then_some(channels)
}

/// The channels of a configuration (ST 429-2:2013 §A.1.2); `None` of configuration 4 and of unknown ones.
fn configuration(label: [u8; 16]) -> Option<Vec<Channel>> {
    use Channel::{
        CenterSurround, HearingImpaired, LeftCenter, LeftRearSurround, LeftSideSurround, RightCenter,
        RightRearSurround, RightSideSurround, Unused, VisuallyImpaired,
    };
    // Byte 8 is the version of the register, which is not compared (ST 298).
    let same =
        label.iter().zip(CONFIGURATION).enumerate().all(|(at, (byte, wanted))| at == 7 || *byte == wanted);
    let mut channels = UNLABELLED[..6].to_vec();
    match (same, label[14]) {
        (true, 1) => {}
        (true, 2) => channels.extend([CenterSurround, Unused]),
        (true, 3) => channels.extend([LeftCenter, RightCenter]),
        (true, 5) => {
            (channels[4], channels[5]) = (LeftSideSurround, RightSideSurround);
            channels.extend([LeftRearSurround, RightRearSurround]);
        }
        _ => return None,
    }
    channels.extend([HearingImpaired, VisuallyImpaired]);
    Some(channels)
}

#[cfg(test)]
mod tests {
    use super::{CONFIGURATION, Channel, MainMix, SoundLabel, sound_layout};

    fn assignment(number: u8) -> SoundLabel<'static> {
        let mut label = [0; 16];
        label[..14].copy_from_slice(&CONFIGURATION);
        label[14] = number;
        SoundLabel::Assignment(label)
    }

    #[test]
    fn channels_are_named_by_count_and_label() {
        let names = "51/L,R,C,LFE,Ls,Rs,HI,VIN,-,-,-,-,DBOX,FSKSync,SLVS,-";
        let mixed = "71/chLrs,chL,chR,chC,chLFE,chLss,chRss,chRrs";
        for (count, label, mix, main, hearing, visually) in [
            (1, None, MainMix::Mono, &[0][..], None, None),
            (2, None, MainMix::Stereo, &[0, 1], None, None),
            (3, None, MainMix::Other, &[0, 1, 2], None, None),
            (6, None, MainMix::Surround51, &[0, 1, 2, 3, 4, 5], None, None),
            (8, None, MainMix::Surround51, &[0, 1, 2, 3, 4, 5], Some(6), Some(7)),
            (16, None, MainMix::Surround51, &[0, 1, 2, 3, 4, 5], Some(6), Some(7)),
            (40, None, MainMix::Surround51, &[0, 1, 2, 3, 4, 5], Some(6), Some(7)),
            (6, Some(assignment(1)), MainMix::Surround51, &[0, 1, 2, 3, 4, 5], None, None),
            (10, Some(assignment(2)), MainMix::Surround61, &[0, 1, 2, 3, 4, 5, 6], Some(8), Some(9)),
            (8, Some(assignment(3)), MainMix::Sdds71, &[0, 1, 2, 3, 4, 5, 6, 7], None, None),
            (16, Some(assignment(4)), MainMix::Surround51, &[0, 1, 2, 3, 4, 5], Some(6), Some(7)),
            (10, Some(assignment(5)), MainMix::Surround71, &[0, 1, 2, 3, 4, 5, 6, 7], Some(8), Some(9)),
            (8, Some(assignment(9)), MainMix::Surround51, &[0, 1, 2, 3, 4, 5], Some(6), Some(7)),
            (16, Some(SoundLabel::Names(names)), MainMix::Surround51, &[0, 1, 2, 3, 4, 5], Some(6), Some(7)),
            (8, Some(SoundLabel::Names(mixed)), MainMix::Surround71, &[1, 2, 3, 4, 5, 6, 0, 7], None, None),
            (2, Some(SoundLabel::Names("-,-")), MainMix::Stereo, &[0, 1], None, None),
            (3, Some(SoundLabel::Names("L,L,R")), MainMix::Stereo, &[0, 2], None, None),
            (0, None, MainMix::Other, &[], None, None),
        ] {
            let layout = sound_layout(count, label);
            assert_eq!((layout.mix, layout.main.as_slice()), (mix, main), "{count} {label:?}");
            assert_eq!((layout.hearing_impaired, layout.visually_impaired), (hearing, visually), "{count}");
            assert_eq!(layout.channels.len(), count);
        }
    }

    #[test]
    fn signals_that_are_not_audio_are_never_mixed() {
        let layout = sound_layout(16, None);
        assert_eq!(
            layout.channels[12..],
            [Channel::MotionData, Channel::SyncSignal, Channel::SignLanguage, Channel::Unused]
        );
        let all = layout.with_audible(|_| true);
        assert!(all.main.iter().all(|index| all.channels[*index].ffmpeg().is_some()));
        assert!(!all.main.iter().any(|index| matches!(index, 6 | 7 | 12..)));
    }

    #[test]
    fn possible_channels_are_mixed_if_they_are_audible() {
        let layout = sound_layout(16, None);
        assert_eq!(layout.possible, [8, 9, 10, 11]);
        assert_eq!(layout.clone().with_audible(|_| false).mix, MainMix::Surround51);
        let rear = layout.clone().with_audible(|index| index == 10);
        assert_eq!((rear.mix, rear.main), (MainMix::Surround71, vec![0, 1, 2, 3, 4, 5, 10, 11]));
        let sdds = layout.with_audible(|index| index == 9);
        assert_eq!((sdds.mix, sdds.main), (MainMix::Sdds71, vec![0, 1, 2, 3, 4, 5, 8, 9]));
        assert!(sound_layout(10, Some(assignment(5))).possible.is_empty());
    }
}
