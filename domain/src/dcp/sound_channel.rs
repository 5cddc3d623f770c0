//! The channels of cinema audio.

macro_rules! channels {
    ($($(#[$doc:meta])* $name:ident = $symbol:literal, $ffmpeg:expr;)+) => {
        /// What a channel contains.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum SoundChannel { $($(#[$doc])* $name,)+ }

        impl SoundChannel {
            /// All channels, in the order of a mix.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its symbol (ST 428-12 and ISDCF).
            pub const fn symbol(self) -> &'static str {
                match self { $(Self::$name => $symbol,)+ }
            }

            /// libavutil's name of the loudspeaker; `None` for channels that no loudspeaker plays.
            pub const fn ffmpeg(self) -> Option<&'static str> {
                match self { $(Self::$name => $ffmpeg,)+ }
            }
        }
    };
}

channels! {
    /// Left.
    Left = "L", Some("FL");
    /// Right.
    Right = "R", Some("FR");
    /// Centre.
    Center = "C", Some("FC");
    /// Low-frequency effects.
    Lfe = "LFE", Some("LFE");
    /// Left surround of 5.1.
    LeftSurround = "Ls", Some("SL");
    /// Right surround of 5.1.
    RightSurround = "Rs", Some("SR");
    /// Left side surround of 7.1.
    LeftSideSurround = "Lss", Some("SL");
    /// Right side surround of 7.1.
    RightSideSurround = "Rss", Some("SR");
    /// Left rear surround of 7.1.
    LeftRearSurround = "Lrs", Some("BL");
    /// Right rear surround of 7.1.
    RightRearSurround = "Rrs", Some("BR");
    /// Between left and centre (SDDS).
    LeftCenter = "Lc", Some("FLC");
    /// Between right and centre (SDDS).
    RightCenter = "Rc", Some("FRC");
    /// Centre surround of 6.1.
    CenterSurround = "Cs", Some("BC");
    /// Dialogue for viewers who are hard of hearing.
    HearingImpaired = "HI", None;
    /// Audio description for viewers who are visually impaired.
    VisuallyImpaired = "VIN", None;
    /// Data for seats that move. Played as audio, it is noise.
    MotionData = "DBOX", None;
    /// A signal that synchronises other devices. Played as audio, it is noise.
    SyncSignal = "FSKSync", None;
    /// Video of a sign language interpreter, coded as audio. Played as audio, it is noise.
    SignLanguage = "SLVS", None;
    /// Nothing, or something that the package does not name.
    Unused = "-", None;
}

impl SoundChannel {
    /// Reads a symbol of `MainSoundConfiguration` (ST 429-16) or an `MCATagSymbol` (ST 428-12), which has `ch` before it.
    pub fn parse(symbol: &str) -> Self {
        let symbol = symbol.trim();
        let lower = symbol.to_ascii_lowercase();
        let lower = lower.strip_prefix("ch").unwrap_or(&lower);
        let known = Self::ALL.iter().find(|channel| channel.symbol().eq_ignore_ascii_case(lower));
        match (known, lower) {
            (Some(channel), _) => *channel,
            (None, "vi" | "vi-n") => Self::VisuallyImpaired,
            (None, "d-box" | "dbox2" | "motion") => Self::MotionData,
            (None, "sync" | "fsk") => Self::SyncSignal,
            (None, "sl") => Self::SignLanguage,
            (None, _) => Self::Unused,
        }
    }

    /// Whether the channel belongs to the mix that all viewers hear.
    pub const fn is_main(self) -> bool {
        self.ffmpeg().is_some()
    }
}
