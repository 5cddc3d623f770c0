//! The codes of reasons, with their English texts.
//!
//! In a text, `{name}` is a value, `{Name}` the same value with a capital first letter, and a part in square brackets is left out unless
//! all its values are there. The pages translate the texts by code; a text may change, a code and its values may not.

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($code:ident = $text:literal,)+) => {
        /// Names a reason. Stable: clients translate by it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ReasonCode {
            $(#[doc = concat!("`", $text, "`")] $code,)+
        }

        impl ReasonCode {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$code),+];

            /// The English text.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$code => $text,)+ }
            }
        }
    };
}

codes! {
    // A master that cannot be shown.
    AudioOnly = "This file has audio ({codec}) but no video. Upload the file that contains the film's video.",
    NoVideoOrAudio = "This file has no video and no audio. Upload the film itself.",
    StillImage = "This file is a still image ({codec}, {width}×{height}), not a film. Upload the film itself.",
    NoDuration = "The duration of the video is unknown; the file is probably incomplete or its index is missing. Export or copy it again.",
    VideoTooShort = "The video lasts only {ms} ms; a film must last at least half a second. Upload the whole film.",
    VideoTooLong = "According to the file, the video lasts {hours} hours; the maximum is 24. If the file's index is damaged, export it again. If the film is really that long, upload it in parts.",
    VideoSize = "The video is {width}×{height}; width and height must be at least 16 and at most 8192 samples, and neither may be more than 8 times the other. Export it in another size.",
    VideoRotation = "The file marks the video as rotated by {degrees}°; only multiples of 90° are supported. Export it upright.",
    FrameRateUnknown = "The frame rate is unknown (the file states {rate}). Export the film with a constant frame rate.",
    TimestampsUnreadable = "The video's timestamps are unreadable (unit {time_base}). Export or copy the file again.",
    PixelFormat = "The video's pixel format ({pixel_format}, from {codec}) is not supported. Deliver ProRes, DNxHR or H.264 in YUV.",
    // Of earlier versions; the database still has them.
    CinemaColors = "The video has the X′Y′Z′ colours of a digital cinema package, which web players cannot show. Deliver a version graded in or converted to Rec. 709, for example ProRes 422 HQ.",
    Hdr = "The video is HDR ({transfer}), which Nang cannot convert for ordinary screens yet. Deliver an SDR version graded in Rec. 709.",
    AudioTrackFormat = "Audio track {number} ({codec}) cannot be decoded: {channels} channels at {sample_rate} Hz. Deliver it as PCM, AAC or FLAC, or remove the track.",
    AudioChannels = "Audio track {number} has {channels} channels, and the file does not say which speakers they are for; at most {max} are accepted then. Deliver a stereo, 5.1 or 7.1 mix, or name the channels in the file.",
    DolbyVision = "The video is Dolby Vision profile {profile} without a base layer that ordinary players can show. Deliver an HDR10, HLG or SDR version, for example Dolby Vision profile 8.1 or 8.4, or Rec. 709.",
    TooManyAudioTracks = "The file has {count} audio tracks; at most {max} are accepted. Remove those that viewers do not need.",

    // What was guessed or mended in a master.
    NoteMovieHeader = "The file's header declares {declared}, but its tracks last {actual}; Nang uses the length of the tracks.",
    NoteMonoTracksMixed = "Audio tracks {first} to {last} are mono, equally long and alike; Nang takes them as one mix ({layout}).",
    NoteMonoTracksLeftOut = "The file has {count} mono audio tracks without names; Nang uses the first {used} as the film's audio and no other.",
    NoteSpeakersGuessed = "Audio track {number} has {channels} channels without names; Nang takes them as {layout}.",
    NoteOnlyLeft = "Audio track {number} is a left channel alone; viewers hear it on both sides.",
    NoteOnlyRight = "Audio track {number} is a right channel alone; viewers hear it on both sides.",
    NoteDefaultPassedOver = "The file marks audio track {number} as the default, but it is not the film's own audio; track {leading} leads.",
    NoteCommentaryByTitle = "According to its title, audio track {number} is a commentary.",
    NoteDescriptionByTitle = "According to its title, audio track {number} is an audio description.",
    NoteMirrored = "The file says that the video is mirrored; Nang mirrors it.",
    NoteCropped = "The file says that {left}, {right}, {top} and {bottom} samples at the left, right, top and bottom are not shown; Nang cuts them off.",
    NoteVariableRate = "The time between frames varies; the film gets {rate} frames per second.",
    NoteVideoLate = "The video begins {seconds} s after the audio; until then viewers hear the audio and see black.",
    NoteAudioCut = "The audio begins {seconds} s before the video; that part is cut off.",
    NoteShapeChanges = "The frames change their shape, among others to {width}×{height}; every shape is kept, with black bars.",
    NoteWovenFields = "The file flags its frames as progressive, but they are two fields; Nang deinterlaces them.",
    NoteWholeFrames = "The file flags its frames as interlaced, but they are whole (PsF); Nang does not deinterlace them.",
    NoteHdrPq = "The video is HDR (PQ, up to {nits} cd/m²); Nang converts it for ordinary screens (SDR, BT.709).",
    NoteHdrPqMeasured = "The video is HDR (PQ) and does not say how bright it is; according to some of its frames, Nang converts it for up to {nits} cd/m² (SDR, BT.709).",
    NoteHdrPqAssumed = "The video is HDR (PQ) and does not say how bright it is; Nang takes it as up to {nits} cd/m² and converts it for ordinary screens (SDR, BT.709).",
    NoteHdrHlg = "The video is HDR (HLG); Nang converts it for ordinary screens (SDR, BT.709).",
    NoteWideGamut = "The video has {primaries} colours; Nang converts it for ordinary screens (BT.709).",
    NoteCinemaColors = "The video has the X′Y′Z′ colours of digital cinema; Nang converts it for ordinary screens (BT.709).",
    NoteLaterTracks = "The file has tracks that begin only later in it, as a recording of several programmes has; Nang uses those of its start.",
    NoteClockJumps = "The file's clock jumps[ {count} times, first] at {at}; Nang joins the parts without a gap.",

    // A file that is not a film, or not a whole one.
    FileEmpty = "This file is empty. Upload it again.",
    FileIsHls = "This file is an HLS playlist, a list of addresses rather than a film. Upload the film itself.",
    FileIsConcat = "This file is a concat script, a list of files rather than a film. Upload the film itself.",
    FileIsDash = "This file is a DASH manifest, a list of addresses rather than a film. Upload the film itself.",
    FileIsImf = "This file is an IMF composition, a list of files rather than a film. Upload the film itself.",
    FileIsSdp = "This file is a session description (SDP), the address of a broadcast rather than a film. Upload the film itself.",
    FileIsImage = "This file is a still image ({format}), not a film. Upload the film itself.",
    FileIsSubtitles = "This file is a subtitle file, not a film. Upload the film itself.",
    FileIsBareVideo = "This file is a bare video stream ({format}) without timestamps. Put it into an MP4 or Matroska file first.",
    FileIsAudio = "This file is audio only ({format}). For a film, upload the file that contains its video; for a dub, upload WAV, FLAC, AAC or AC-3.",
    FileIsPdf = "This file is a PDF document, not a film. Upload the film itself.",
    FileIsZip = "This file is a ZIP archive, not a film. Unpack it and upload the film inside.",
    FileIsText = "This file is a text file, not a film. Upload the film itself.",
    FormatUnknown = "This file is not a film that Nang can read: it has no known container format. Nang accepts MP4, QuickTime, Matroska, WebM, MXF, MPEG transport and program streams, AVI, ASF, FLV, Ogg, DV and GXF.",
    FormatNotAccepted = "This file is in a format that Nang does not accept ({format}). Nang accepts MP4, QuickTime, Matroska, WebM, MXF, MPEG transport and program streams, AVI, ASF, FLV, Ogg, DV and GXF.",
    FileWithoutIndex = "The file has no index (moov): copying or recording it was interrupted. Copy it again from its source.",
    FileHeaderDamaged = "The file is damaged: its header cannot be read ({detail}). Upload it again.",
    FileCutShort = "The file is cut short: its header declares {declared}, but its data ends at {end}. Upload it again.",
    FileCutShortBytes = "The file is cut short: its header declares {declared} bytes, but it has {actual}. Upload it again.",
    FileStretchUnreadable = "The file is damaged: a long stretch of it is unreadable. Upload it again.",
    FileClockBroken = "The file's clock jumps more than {max} times: the recording is too disturbed to be joined. Make a new file from its source.",
    FileRefersToOthers = "The file refers to other files that contain its video or audio. Export the film as one self-contained file.",
    FileEncrypted = "The file is encrypted (DRM). Upload a copy without copy protection.",
    VideoCodec = "The film's video is coded as {codec}, which Nang cannot decode. Export it as ProRes, DNxHR or H.264 with AAC or PCM audio.",
    AudioCodec = "The film's audio is coded as {codec}, which Nang cannot decode. Export it as ProRes, DNxHR or H.264 with AAC or PCM audio.",
    VideoUndecodable = "Video track {number} ({codec}) cannot be decoded: the file is damaged or does not contain what its name says. Upload an undamaged copy.",
    VideoUndecodableAt = "The video cannot be decoded at or before {time} ({places} damaged places): the file is damaged. Upload it again.",
    AudioUndecodable = "Audio track {number} cannot be decoded ({places} damaged places). Remove it or upload an undamaged copy.",
    VideoUnreadable = "The video cannot be read {where}. Upload an undamaged copy of the film.",
    AudioUnreadable = "Audio track {number}[ ({label})] cannot be read {where}. Upload an undamaged copy of the film, or remove this track from the file and upload it again.",
    WhereAnywhere = "anywhere",
    WhereAfter = "after {time}",
    WhereBefore = "before {time}",
    WhereShare = "for {percent} % of the film[; the longest damaged part is from {from} to {to}]",

    // Dubs.
    DubNoAudio = "This file has no audio. Upload an audio file of the whole film (WAV, FLAC, AAC, AC-3), or a film file with audio.",
    DubTrackFormat = "Audio track {number} ({codec}) cannot be decoded: {channels} channels at {sample_rate} Hz. Export the audio as WAV or FLAC.",
    DubOtherSpeed = "The dub lasts {dub}, and the film {film}[; with the shift of {shift}]: their ends are {difference} apart, and at most {tolerance} are accepted. The lengths differ as 25 and 24 frames per second do: export the dub at the speed of this film.",
    DubTooShort = "The dub lasts {dub}, and the film {film}[; with the shift of {shift}]: the dub ends {difference} too early, and at most {tolerance} are accepted. Upload a dub of the whole film. If it only begins later than the film, add it with that many seconds as shift.",
    DubTooLong = "The dub lasts {dub}, and the film {film}[; with the shift of {shift}]: the dub ends {difference} too late, and at most {tolerance} are accepted. Upload a dub of this version of the film. If it has a leader before the film's first frame, add it with a negative shift.",
    DubTimelineUnknown = "The record of the film's encoding does not say where its segments end, so no dub can be fitted to it. Encode the film again, then add the dub again.",
    DubUnreadable = "The dub cannot be read {where}. Choose an undamaged file.",
    DubDamaged = "The file is damaged: the dub is silent for {total}[ in {places} places, the longest {longest}][ at {at}]. Publish it anyway, or choose an undamaged file.",
    DubFilmNotShown = "The film shows nothing any more, so the dub cannot be fitted to it. Make the film ready, then add the dub again.",
    DubRemoved = "The dub was removed.",
    DubFilmReplaced = "The film was replaced while the dub was being made. It lasted {before}, and now it lasts {now}. Choose a file for the present version of the film.",
    DubFilmDeleted = "The film was deleted while the dub was being made. Choose the file again, or remove the dub.",
    DubEncodingCancelled = "An editor cancelled the encoding. Choose the file again, or remove the dub.",

    // A task of the sandboxed child that failed.
    DecoderCrashed = "the decoder crashed (signal {signal})[ at {at}][. FFmpeg said: {ffmpeg}]",
    DecoderMemory = "the decoder needed more than {mib} MiB of memory[ at {at}]",
    DecoderCpuTime = "the decoder used more than {seconds} s of CPU time[ at {at}]",
    DecoderHung = "the decoder hung: no progress for {seconds} s[ at {at}][. FFmpeg said: {ffmpeg}]",
    DecoderStopped = "the decoder process was stopped by a signal (SIGSTOP) and not continued[ at {at}]; Nang ended it",
    DecoderCallForbidden = "the sandbox ended the decoder[ at {at}], because it made a forbidden system call ({call}). The file may have been crafted to attack the decoder",
    DecoderTimedOut = "the task did not finish within {seconds} s[ at {at}]",
    DecoderExited = "the decoder process ended early (exit status {status})[ at {at}][. FFmpeg said: {ffmpeg}]",
    DecoderFailed = "{detail}[ at {at}][. FFmpeg said: {ffmpeg}]",
    DecoderProtocol = "the decoder process violated the protocol: {detail}",
    DecoderNotStarted = "the decoder process could not be started: {detail}",
    EncoderOutput = "the encoder produced more than {kib} KiB",
    OtherLibraries = "this worker has {here}, but the build was started with {planned}; a worker with those versions can continue it",

    // Storage and database.
    MasterUnreadable = "the master could not be read from storage: {detail}",
    MasterMissing = "the master is missing from storage; upload it again",
    SegmentNotStored = "a segment could not be stored: {detail}",
    ObjectDiffers = "{object} is already stored with different bytes, and the objects of a build are never overwritten",
    ObjectMissing = "{object} is missing from storage[, and {more} more objects are missing or altered]",
    ObjectAltered = "{object} in storage is altered: its size or hash differs from what was encoded[, and {more} more objects are missing or altered]",
    ObjectUnreadable = "{object} cannot be read: {detail}",
    PartsIncomplete = "the encoded parts do not make a whole film: {detail}",
    PartDamaged = "its stored objects are missing or damaged; a retry of the publish job encodes this part again",
    StorageFailed = "the storage failed: {detail}",
    DatabaseFailed = "a database query failed: {detail}",
    TooManyOpenFiles = "too many open files: {cause}",
    ProfileUnknown = "this version of Nang has no profile {profile}; choose another profile for the film and upload its master again",
    DiskSpace = "Waits for disk space: encoding continues when the storage has more than {mib} MiB free (min_free_bytes, NANG_MIN_FREE_BYTES). Delete what is no longer needed, or enlarge the storage.",

    // Jobs and builds.
    JobFailed = "{Work} failed: {cause}",
    JobFailedTimes = "{Work} failed {times} times, the last time: {cause}",
    WorkerLost = "The worker stopped responding while {work}.",
    WorkerLostTimes = "The worker stopped responding {times} times while {work}.",
    WorkReadMaster = "reading the master",
    WorkReadDub = "reading the dub",
    WorkAnalyse = "measuring the loudness of audio track {number}",
    WorkPlanFilm = "planning the film",
    WorkPlanDub = "planning the dub",
    WorkChunk = "encoding chunk {number} of {total}[ in codec group {group}] ({from}–{to})",
    WorkVideoPart = "encoding video part {number}",
    WorkAudio = "encoding audio track {number}[ of {total}][ ({label})]",
    WorkSubtitles = "reading the subtitles of the master",
    WorkPublishFilm = "publishing the film",
    WorkPublishDub = "publishing the dub",
    WorkCollect = "deleting objects that are no longer needed",
    WorkPurge = "purging a deleted film",
    EncodingCancelled = "The encode was cancelled.",
    ReadingCancelled = "Reading the master was cancelled.",
    BuildDiscarded = "An editor deleted the damaged encode. Upload an undamaged master.",
    BuildRestarted = "Restarted with a worker's own library versions, since no other worker continued it: {cause}",
    AttemptBuildCancelled = "the build was cancelled",
    AttemptBuildFailed = "another part of the build failed",
    AttemptBuildRestarted = "the build was restarted with other library versions",
    AttemptJobCancelled = "the job was cancelled",
    AttemptDubRemoved = "the dub was removed or replaced",
    AttemptFilmDeleted = "the film was deleted",
    AttemptLeaseExpired = "lease expired",
    AttemptWorkerStopped = "the worker was stopped",
    AttemptWorkerRestarted = "the worker was restarted",

    SubtitlesInterrupted = "Nang stopped while it made the subtitles. Upload the file again.",

    // Files and uploads.
    FileDuplicate = "The same file as “{name}”, which the film already has.",
    UploadOfDubEnded = "The dub was removed or got another file before the upload was complete.",
    UploadExpired = "The upload expired because no data arrived for too long.",

    // Anything else, in English.
    Other = "{detail}",
}
