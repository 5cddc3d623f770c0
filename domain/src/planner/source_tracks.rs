//! Which audio streams of a file make which tracks: one stream each, or the mono streams of one mix together.

use crate::{
    facts::{AudioFacts, VideoFacts},
    note::Note,
    presentation::Role,
    reason::{Reason, ReasonCode},
    speaker::{self, Speaker, layout_name},
};

/// Differences of start and length within which mono streams belong to one mix.
const EQUAL_MS: u64 = 100;
/// Maximum number of channels whose speakers the file does not name.
const MAX_UNNAMED: u32 = 8;

/// One audio track of a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SourceTrack<'a> {
    /// Its streams with their numbers among the file's audio streams, from 1; at least one.
    pub(super) streams: Vec<(usize, &'a AudioFacts)>,
    /// The speakers of all channels of its streams, in order.
    pub(super) speakers: Vec<Speaker>,
    /// What it is for, according to the file's flags or its title.
    pub(super) role: Role,
}

impl<'a> SourceTrack<'a> {
    /// Its first stream, whose properties are those of the track.
    pub(super) fn first(&self) -> &'a AudioFacts {
        self.streams[0].1
    }

    /// The number of its first stream.
    pub(super) fn number(&self) -> usize {
        self.streams[0].0
    }

    /// Whether the file marks it as the default.
    pub(super) fn is_default(&self) -> bool {
        self.streams.iter().any(|(_, stream)| stream.default)
    }
}

/// The audio tracks of a file, in file order, and what was guessed.
#[derive(Debug, Default)]
pub(super) struct SourceTracks<'a> {
    pub(super) tracks: Vec<SourceTrack<'a>>,
    /// Mono streams that are not made into tracks, because there are too many to be one mix.
    pub(super) left_out: Vec<&'a AudioFacts>,
    pub(super) notes: Vec<Note>,
}

/// Whether the stream has audio that belongs to the film's video.
pub(crate) fn belongs(audio: &AudioFacts, video: Option<&VideoFacts>) -> bool {
    let programmes = video.map_or(&[][..], |video| &video.programmes);
    let is_shared = |programme: &u32| programmes.contains(programme);
    programmes.is_empty() || audio.programmes.is_empty() || audio.programmes.iter().any(is_shared)
}

impl<'a> SourceTracks<'a> {
    /// Finds the tracks. Refuses a stream whose channels cannot be mixed.
    pub(super) fn find(streams: &'a [AudioFacts], video: Option<&VideoFacts>) -> Result<Self, Reason> {
        let usable =
            (1..).zip(streams).filter(|(_, stream)| stream.duration_ms > 0 && belongs(stream, video));
        let usable: Vec<(usize, &AudioFacts)> = usable.collect();
        let mut found = Self::default();
        let mut rest = usable.as_slice();
        while let [first, ..] = rest {
            let same = rest.iter().take_while(|other| is_same_mix(first.1, other.1)).count();
            let run = &rest[..same.max(1)];
            rest = &rest[run.len()..];
            match run {
                [lone] => found.push_lone(*lone)?,
                run => found.push_run(run),
            }
        }
        Ok(found)
    }

    fn push_lone(&mut self, (number, stream): (usize, &'a AudioFacts)) -> Result<(), Reason> {
        let undecodable = ReasonCode::AudioTrackFormat
            .with("number", number)
            .with("codec", &stream.codec)
            .with("channels", stream.channels)
            .with("sample_rate", stream.sample_rate_hz);
        if stream.channels == 0 || stream.sample_rate_hz == 0 {
            return Err(undecodable);
        }
        let is_named = u32::try_from(stream.speakers.len()) == Ok(stream.channels);
        let by_layout = stream.channel_layout.as_deref().and_then(speaker::of_layout);
        let by_layout = by_layout.filter(|speakers| u32::try_from(speakers.len()) == Ok(stream.channels));
        let usual = by_layout.or_else(|| speaker::usual(stream.channels));
        let speakers = match usual {
            _ if is_named => stream.speakers.clone(),
            Some(usual) => usual.to_vec(),
            None => {
                return Err(ReasonCode::AudioChannels
                    .with("number", number)
                    .with("channels", stream.channels)
                    .with("max", MAX_UNNAMED));
            }
        };
        if let [side @ (Speaker::FrontLeft | Speaker::FrontRight)] = speakers[..] {
            let code =
                if side == Speaker::FrontLeft { ReasonCode::NoteOnlyLeft } else { ReasonCode::NoteOnlyRight };
            self.notes.push(Note::of_stream(stream.stream_index, code.with("number", number)));
        } else if !is_named && stream.channel_layout.is_none() && stream.channels > 2 {
            let guess = ReasonCode::NoteSpeakersGuessed
                .with("number", number)
                .with("channels", stream.channels)
                .with("layout", layout_name(&speakers));
            self.notes.push(Note::of_stream(stream.stream_index, guess));
        }
        self.push(vec![(number, stream)], speakers);
        Ok(())
    }

    /// Adds the tracks of consecutive mono streams that are alike.
    fn push_run(&mut self, run: &[(usize, &'a AudioFacts)]) {
        let named: Option<Vec<Speaker>> = run.iter().map(|(_, stream)| named_speaker(stream)).collect();
        if let Some(named) = named {
            return self.push_named(run, &named);
        }
        let mix = |from: usize, channels: u32| {
            (&run[from..from + channels as usize], speaker::usual(channels).unwrap_or(&[]))
        };
        let mixes = match run.len() {
            6 => vec![mix(0, 6)],
            8 => vec![mix(0, 6), mix(6, 2)],
            count if count > MAX_UNNAMED as usize => vec![mix(0, 2)],
            count => {
                (0..count).step_by(2).map(|from| mix(from, if from + 1 < count { 2 } else { 1 })).collect()
            }
        };
        let used: usize = mixes.iter().map(|(streams, _)| streams.len()).sum();
        for (streams, speakers) in mixes {
            self.push_mix(streams, speakers);
        }
        if used < run.len() {
            self.left_out.extend(run[used..].iter().map(|(_, stream)| *stream));
            let note = ReasonCode::NoteMonoTracksLeftOut.with("count", run.len()).with("used", used);
            self.notes.push(Note::of_stream(run[0].1.stream_index, note));
        }
    }

    /// Adds the mixes of streams that name their speakers: a new mix begins where a speaker occurs again.
    fn push_named(&mut self, run: &[(usize, &'a AudioFacts)], named: &[Speaker]) {
        let mut from = 0;
        for to in 1..=run.len() {
            if to == run.len() || named[from..to].contains(&named[to]) {
                self.push_mix(&run[from..to], &named[from..to]);
                from = to;
            }
        }
    }

    fn push_mix(&mut self, streams: &[(usize, &'a AudioFacts)], speakers: &[Speaker]) {
        if let [(first, stream), .., (last, _)] = streams {
            let note = ReasonCode::NoteMonoTracksMixed
                .with("first", first)
                .with("last", last)
                .with("layout", layout_name(speakers));
            self.notes.push(Note::of_stream(stream.stream_index, note));
        }
        self.push(streams.to_vec(), speakers.to_vec());
    }

    fn push(&mut self, streams: Vec<(usize, &'a AudioFacts)>, speakers: Vec<Speaker>) {
        let (number, first) = streams[0];
        let role = match first.role {
            Role::Main => role_of_title(first.title.as_deref()),
            flagged => flagged,
        };
        if role != first.role {
            let code = match role {
                Role::AudioDescription => ReasonCode::NoteDescriptionByTitle,
                _ => ReasonCode::NoteCommentaryByTitle,
            };
            self.notes.push(Note::of_stream(first.stream_index, code.with("number", number)));
        }
        self.tracks.push(SourceTrack { streams, speakers, role });
    }
}

/// Whether two streams can be channels of one mix: mono, equally long, and not told apart by language, title or role.
fn is_same_mix(one: &AudioFacts, other: &AudioFacts) -> bool {
    let title =
        |stream: &AudioFacts| stream.title.clone().filter(|title| Speaker::from_title(title).is_none());
    let near = |a: u64, b: u64| a.abs_diff(b) <= EQUAL_MS;
    one.channels == 1
        && other.channels == 1
        && one.sample_rate_hz > 0
        && one.sample_rate_hz == other.sample_rate_hz
        && one.codec == other.codec
        && one.language == other.language
        && title(one) == title(other)
        && one.role == other.role
        && one.programmes == other.programmes
        && near(one.duration_ms, other.duration_ms)
        && one.start_ms.abs_diff(other.start_ms) <= EQUAL_MS
}

/// The speaker that a mono stream names by its layout or title. "Mono" names none.
fn named_speaker(stream: &AudioFacts) -> Option<Speaker> {
    let by_title = stream.title.as_deref().and_then(Speaker::from_title);
    let by_layout = stream.speakers.first().copied().filter(|speaker| *speaker != Speaker::FrontCentre);
    by_title.or(by_layout)
}

/// What a title says that a track is for.
fn role_of_title(title: Option<&str>) -> Role {
    let title = title.unwrap_or_default().to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| title.contains(word));
    if has(&["audio description", "audio described", "descriptive audio", "described video"]) {
        Role::AudioDescription
    } else if has(&["commentary"]) {
        Role::Commentary
    } else {
        Role::Main
    }
}
