//! Why the planner refuses a master, in texts that an admin can act on or forward to the film-maker.

/// The reason why a master is refused. The text states what was found and what to deliver instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The file has audio tracks but no video track.
    #[error("This file has audio ({codec}) but no video. Upload the file that contains the film's video.")]
    AudioOnly {
        /// Codec of the first audio track.
        codec: String,
    },
    /// The file has neither video nor audio tracks.
    #[error("This file has no video and no audio. Upload the film itself.")]
    NoVideoOrAudio,
    /// The file is a photograph or contains only one frame.
    #[error("This file is a still image ({codec}, {width}×{height}), not a film. Upload the film itself.")]
    StillImage {
        /// The image's codec.
        codec: String,
        /// Coded width.
        width: u32,
        /// Coded height.
        height: u32,
    },
    /// The duration of the video track is unknown.
    #[error(
        "The duration of the video is unknown; the file is probably incomplete or its index is missing. \
         Export or copy it again."
    )]
    NoDuration,
    /// The video track is shorter than [`super::MIN_DURATION_MS`].
    #[error(
        "The video lasts only {duration_ms} ms; a film must last at least half a second. Upload the whole film."
    )]
    TooShort {
        /// Duration of the video track.
        duration_ms: u64,
    },
    /// The video track is longer than [`super::MAX_DURATION_MS`].
    #[error(
        "According to the file, the video lasts {hours} hours; the maximum is 24. If the file's index is damaged, export it \
         again. If the film is really that long, upload it in parts."
    )]
    TooLong {
        /// Duration of the video track, in whole hours.
        hours: u64,
    },
    /// Width or height is below 16 or above 8192 samples, or their ratio is above 8:1.
    #[error(
        "The video is {width}×{height}; width and height must be at least 16 and at most 8192 samples, and neither may be \
         more than 8 times the other. Export it in another size."
    )]
    Size {
        /// Displayed width.
        width: u32,
        /// Displayed height.
        height: u32,
    },
    /// The rotation is not a multiple of 90°.
    #[error(
        "The file marks the video as rotated by {degrees}°; only multiples of 90° are supported. Export it upright."
    )]
    Rotation {
        /// The rotation in the file.
        degrees: u32,
    },
    /// The frame rate is unknown or not plausible.
    #[error(
        "The frame rate is unknown (the file states {rate}). Export the film with a constant frame rate."
    )]
    FrameRate {
        /// The rate in the file.
        rate: String,
    },
    /// The unit of the video track's timestamps is invalid.
    #[error("The video's timestamps are unreadable (unit {time_base}). Export or copy the file again.")]
    TimeBase {
        /// The time base in the file.
        time_base: String,
    },
    /// The pixel format cannot be converted.
    #[error(
        "The video's pixel format ({pixel_format}, from {codec}) is not supported. Deliver ProRes, DNxHR or H.264 \
         in YUV."
    )]
    PixelFormat {
        /// libavutil's name, or `unknown`.
        pixel_format: String,
        /// Codec of the video track.
        codec: String,
    },
    /// The colours are those of a digital cinema package.
    #[error(
        "The video has the X′Y′Z′ colours of a digital cinema package, which web players cannot show. Deliver a version \
         graded in or converted to Rec. 709, for example ProRes 422 HQ."
    )]
    CinemaColors,
    /// High dynamic range. Nang has no tone mapping yet, and without it the film would look grey.
    #[error(
        "The video is HDR ({transfer}), which Nang cannot convert for ordinary screens yet. Deliver an SDR version graded in \
         Rec. 709."
    )]
    Hdr {
        /// `PQ` or `HLG`.
        transfer: &'static str,
    },
    /// An audio track cannot be decoded. Omitting it without an error would lose a language.
    #[error(
        "Audio track {number} ({codec}) cannot be decoded: {channels} channels at {sample_rate_hz} Hz. Deliver it as \
         PCM, AAC or FLAC, or remove the track."
    )]
    UndecodableAudio {
        /// Number of the audio track, from 1.
        number: usize,
        /// The track's codec.
        codec: String,
        /// Number of channels.
        channels: u32,
        /// Samples per second.
        sample_rate_hz: u32,
    },
    /// The file has more than [`super::MAX_AUDIO_TRACKS`] audio tracks.
    #[error("The file has {count} audio tracks; at most {max} are accepted. Remove those that viewers do not need.", max = super::MAX_AUDIO_TRACKS)]
    TooManyAudioTracks {
        /// Number of audio tracks that are not empty.
        count: usize,
    },
}
