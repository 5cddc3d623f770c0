//! Why a master cannot be shown, in words that an admin can act on or send on to the film-maker.

/// The reason a master was refused: what was found, and what to deliver instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is sound and no picture track.
    #[error(
        "This file has sound ({codec}) but no moving picture. Upload the file that holds the film's picture."
    )]
    AudioOnly {
        /// The sound's codec.
        codec: String,
    },
    /// There is neither picture nor sound.
    #[error("This file has no moving picture and no sound. Upload the film itself.")]
    NothingToShow,
    /// A photograph, or a film of one frame.
    #[error("This file is a still picture ({codec}, {width}×{height}), not a film. Upload the film itself.")]
    StillPicture {
        /// The picture's codec.
        codec: String,
        /// Coded width.
        width: u32,
        /// Coded height.
        height: u32,
    },
    /// The picture track does not say how long it is.
    #[error(
        "The length of the picture cannot be told, so the file is probably incomplete or its index is missing. \
         Export or copy it again."
    )]
    NoDuration,
    /// Shorter than [`super::SHORTEST_MS`].
    #[error(
        "The picture lasts only {duration_ms} ms; the shortest film that can be shown lasts half a second."
    )]
    TooShort {
        /// Duration of the picture.
        duration_ms: u64,
    },
    /// Longer than [`super::LONGEST_MS`].
    #[error(
        "The picture claims to last {hours} hours; the longest that is accepted is 24. Either the file's index is \
         damaged, and exporting it again helps, or the film must be uploaded in parts."
    )]
    TooLong {
        /// Whole hours of picture.
        hours: u64,
    },
    /// A side under 16 or above 8192 samples, or a shape wider than 8:1.
    #[error(
        "The picture is {width}×{height}; it must be at least 16 and at most 8192 samples each way, and no more than \
         8 times as wide as high or as high as wide."
    )]
    Size {
        /// Width as shown.
        width: u32,
        /// Height as shown.
        height: u32,
    },
    /// A turn that is no quarter turn.
    #[error(
        "The picture is marked to be turned by {degrees}°; only quarter turns can be shown. Export it upright."
    )]
    Rotation {
        /// The marked turn.
        degrees: u32,
    },
    /// No frame rate, or one beyond all cameras.
    #[error(
        "The frame rate cannot be told (the file says {rate}). Export the film with a constant frame rate."
    )]
    FrameRate {
        /// What the file says.
        rate: String,
    },
    /// The track's timestamps have no unit.
    #[error("The picture's timestamps are unreadable (unit {time_base}). Export or copy the file again.")]
    TimeBase {
        /// What the file says.
        time_base: String,
    },
    /// A sample format that cannot be converted.
    #[error(
        "The picture's sample format ({pixel_format}, from {codec}) is not supported. Deliver ProRes, DNxHR or H.264 \
         in YUV."
    )]
    PixelFormat {
        /// libavutil's name, or `unknown`.
        pixel_format: String,
        /// The picture's codec.
        codec: String,
    },
    /// Colours of a cinema package.
    #[error(
        "The picture is in a cinema package's X′Y′Z′ colours, which no web player shows. Deliver a version graded or \
         converted to Rec. 709, for example ProRes 422 HQ."
    )]
    CinemaColors,
    /// High dynamic range: tone mapping does not exist yet, and without it the film would look grey.
    #[error(
        "The picture is HDR ({transfer}), which cannot be shown rightly on ordinary screens yet. Deliver an SDR version \
         graded in Rec. 709."
    )]
    Hdr {
        /// `PQ` or `HLG`.
        transfer: &'static str,
    },
    /// A sound track that cannot be decoded. Leaving it out silently would lose a language.
    #[error(
        "Sound track {number} ({codec}) cannot be decoded: {channels} channels at {sample_rate_hz} Hz. Deliver it as \
         PCM, AAC or FLAC, or remove the track."
    )]
    Sound {
        /// Place among the sound tracks, from 1.
        number: usize,
        /// The track's codec.
        codec: String,
        /// Number of channels.
        channels: u32,
        /// Samples per second.
        sample_rate_hz: u32,
    },
    /// More sound tracks than a film has.
    #[error("The file has {count} sound tracks; at most {most} are accepted. Remove those that viewers do not need.", most = super::MOST_AUDIO_TRACKS)]
    TooManySounds {
        /// Number of tracks with sound in them.
        count: usize,
    },
}
