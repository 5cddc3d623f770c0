//! Creates clips with the ffmpeg command line and plans for them, and reads the encoded result.
//!
//! Numbered frames show their number as twelve black or white blocks, so a test can find out which frame of the master each output
//! frame shows.

#![allow(dead_code, unused_imports, reason = "each test file uses its own part")]

mod plans;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use domain::{
    damage::Damage,
    key::RenditionName,
    plan::{AudioTrack, Plan},
};
use media::{
    MediaError,
    ffmpeg::{
        input::{Input, LocalFile},
        pipeline::{self, PartSink},
    },
};

pub(crate) use plans::{Source, h264, plan, set_rungs, source, track, video};

/// Number of blocks, and so of binary digits, in a numbered frame.
pub(crate) const DIGITS: usize = 12;
/// Width of numbered frames.
pub(crate) const WIDTH: u32 = 192;
/// Height of numbered frames.
pub(crate) const HEIGHT: u32 = 64;

/// A folder of clips, deleted at the end of the test.
pub(crate) struct Clips(tempfile::TempDir);

impl Clips {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs `ffmpeg <arguments> <name>`.
    pub(crate) fn make(&self, name: &str, arguments: &str) -> PathBuf {
        let path = self.path(name);
        run(Command::new("ffmpeg").args(["-v", "error", "-nostdin", "-y"]).args(words(arguments)).arg(&path));
        path
    }
}

/// Returns the ffmpeg arguments for a source of numbered frames: a `lavfi` input with this frame rate and duration in seconds.
pub(crate) fn numbered(rate: &str, seconds: f64) -> String {
    let block = WIDTH as usize / DIGITS;
    format!(
        "-f lavfi -i nullsrc=s={WIDTH}x{HEIGHT}:r={rate}:d={seconds},format=gray,\
         geq=lum='if(mod(floor(N/pow(2,floor(X/{block}))),2),235,16)',format=yuv420p"
    )
}

/// Returns the ffmpeg arguments for a sine tone of 0.1 s at each of these times, in seconds.
pub(crate) fn beeps(seconds: &[f64], rate_hz: u32, duration: f64) -> String {
    let on: Vec<String> = seconds.iter().map(|at| format!("between(t,{at},{})", at + 0.1)).collect();
    format!("-f lavfi -i aevalsrc='0.5*sin(6283*t)*({})':s={rate_hz}:d={duration}", on.join("+"))
}

fn words(text: &str) -> impl Iterator<Item = String> {
    // Quotes only protect expressions inside a word; no word here contains a space.
    text.split_whitespace().map(str::to_owned)
}

pub(crate) fn run(command: &mut Command) -> Vec<u8> {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Returns the output of `ffprobe -show_entries <entries>` for the stream: the values of each line.
pub(crate) fn probe(path: &Path, stream: &str, entries: &str) -> Vec<Vec<String>> {
    let output = run(Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", stream, "-show_entries", entries, "-of", "csv=p=0"])
        .arg(path));
    let text = String::from_utf8(output).unwrap();
    text.lines()
        .filter(|line| !line.is_empty())
        .map(|line| line.split(',').map(str::to_owned).collect())
        .collect()
}

/// Returns the presentation times of all frames according to ffprobe, in the track's ticks. A frame without a time gets the distance
/// of the previous two.
pub(crate) fn frame_times(path: &Path) -> Vec<i64> {
    let mut times: Vec<i64> = Vec::new();
    for fields in probe(path, "v:0", "frame=best_effort_timestamp") {
        let even = || times[times.len() - 1] * 2 - times[times.len() - 2];
        let time = fields[0].parse().unwrap_or_else(|_| even());
        times.push(time);
    }
    times
}

pub(crate) fn rendition(name: &str) -> RenditionName {
    RenditionName::try_from(name.to_owned()).unwrap()
}

pub(crate) fn open(path: &Path) -> Input {
    Input::open(Box::new(LocalFile::new(File::open(path).unwrap()).unwrap())).unwrap()
}

/// The output of one part or of a whole film.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) renditions: BTreeMap<String, Rendition>,
    /// The sheets of the chunk, or of all chunks in order.
    pub(crate) sheets: Vec<Vec<u8>>,
    pub(crate) frames_done: u64,
    /// What decoding concealed, of each damaged part.
    pub(crate) damage: Vec<Damage>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rendition {
    pub(crate) codecs: String,
    pub(crate) init: Vec<u8>,
    /// Number, duration in ticks and bytes.
    pub(crate) segments: Vec<(u32, u64, Vec<u8>)>,
}

impl PartSink for Parts {
    fn init(&mut self, rendition: &RenditionName, codecs: &str, bytes: Vec<u8>) -> io::Result<()> {
        let entry = self.renditions.entry(rendition.to_string()).or_default();
        assert!(
            entry.init.is_empty() || entry.init == bytes,
            "chunks of {rendition} differ in their init segment"
        );
        (entry.codecs, entry.init) = (codecs.to_owned(), bytes);
        Ok(())
    }

    fn segment(
        &mut self,
        rendition: &RenditionName,
        number: u32,
        duration_ticks: u64,
        bytes: Vec<u8>,
    ) -> io::Result<()> {
        let segments = &mut self.renditions.get_mut(rendition.as_str()).unwrap().segments;
        segments.push((number, duration_ticks, bytes));
        Ok(())
    }

    fn sheet(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        self.sheets.push(bytes);
        Ok(())
    }

    fn damage(&mut self, damage: &Damage) -> io::Result<()> {
        assert!(self.damage.is_empty() && !damage.is_empty(), "damage is reported once, if there is any");
        self.damage.push(damage.clone());
        Ok(())
    }

    fn progress(&mut self, frames_done: u64) -> io::Result<()> {
        assert!(frames_done > self.frames_done, "progress increases");
        self.frames_done = frames_done;
        Ok(())
    }
}

impl Rendition {
    /// Writes the whole rendition as one file.
    pub(crate) fn write(&self, path: &Path) {
        let mut bytes = self.init.clone();
        for (_, _, segment) in &self.segments {
            bytes.extend_from_slice(segment);
        }
        fs::write(path, bytes).unwrap();
    }
}

/// Encodes one chunk of an undamaged clip.
pub(crate) fn encode_chunk(path: &Path, plan: &Plan, index: u32) -> Result<Parts, MediaError> {
    let parts = encode_damaged_chunk(path, plan, index)?;
    assert_eq!(parts.damage, [], "{}", path.display());
    Ok(parts)
}

/// Encodes one chunk.
pub(crate) fn encode_damaged_chunk(path: &Path, plan: &Plan, index: u32) -> Result<Parts, MediaError> {
    let mut parts = Parts::default();
    pipeline::encode_chunk(open(path), plan, plan.video_part(index).unwrap(), &mut parts)?;
    Ok(parts)
}

/// Encodes all chunks of an undamaged clip.
pub(crate) fn encode_film(path: &Path, plan: &Plan) -> Result<Parts, MediaError> {
    let film = encode_damaged_film(path, plan)?;
    assert_eq!(film.damage, [], "{}", path.display());
    Ok(film)
}

/// Encodes one audio track.
pub(crate) fn encode_damaged_audio(
    path: &Path,
    plan: &Plan,
    track: &AudioTrack,
) -> Result<Parts, MediaError> {
    let mut parts = Parts::default();
    pipeline::encode_audio(open(path), plan, track, &mut parts)?;
    assert_eq!(parts.frames_done, plan.timeline.frames);
    Ok(parts)
}

/// Encodes all chunks, the last one first, so that no chunk can depend on the previous one.
pub(crate) fn encode_damaged_film(path: &Path, plan: &Plan) -> Result<Parts, MediaError> {
    let mut film = Parts::default();
    for index in (0..plan.timeline.chunk_count()).rev() {
        let mut parts = Parts::default();
        pipeline::encode_chunk(open(path), plan, plan.video_part(index).unwrap(), &mut parts)?;
        assert_eq!(parts.frames_done, plan.timeline.chunk(index).unwrap().frames);
        film.sheets.splice(0..0, parts.sheets);
        film.damage.splice(0..0, parts.damage);
        for (name, part) in parts.renditions {
            let whole = film.renditions.entry(name).or_default();
            assert!(whole.init.is_empty() || whole.init == part.init, "one init segment for all chunks");
            whole.codecs = part.codecs;
            whole.init = part.init;
            whole.segments.splice(0..0, part.segments);
        }
    }
    Ok(film)
}

/// Returns the frames of a file as 8-bit grey samples; they must have this size.
pub(crate) fn grey_frames(path: &Path, width: u32, height: u32) -> Vec<Vec<u8>> {
    let bytes = run(Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-noautorotate", "-i"])
        .arg(path)
        .args(["-map", "0:v:0", "-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"]));
    bytes.chunks((width * height) as usize).map(<[u8]>::to_vec).collect()
}

/// Returns the number of a numbered frame, whose blocks are side by side along `width`.
pub(crate) fn number(frame: &[u8], width: u32, height: u32) -> u64 {
    let block = width as usize / DIGITS;
    let row = &frame[(height / 2 * width) as usize..][..width as usize];
    (0..DIGITS).map(|digit| u64::from(row[digit * block + block / 2] > 125) << digit).sum()
}

/// Returns the numbers that the frames of a rendition show.
pub(crate) fn numbers(clips: &Clips, rendition: &Rendition, width: u32, height: u32) -> Vec<u64> {
    let path = clips.path("numbers.mp4");
    rendition.write(&path);
    grey_frames(&path, width, height).iter().map(|frame| number(frame, width, height)).collect()
}

/// Returns the audio of a file as interleaved samples.
pub(crate) fn samples(path: &Path, channels: u32) -> Vec<f32> {
    let bytes = run(Command::new("ffmpeg").args(["-v", "error", "-nostdin", "-i"]).arg(path).args([
        "-map",
        "0:a:0",
        "-ac",
        &channels.to_string(),
        "-f",
        "f32le",
        "-",
    ]));
    bytes.as_chunks().0.iter().map(|sample| f32::from_le_bytes(*sample)).collect()
}

/// Returns the names and contents of the top-level boxes.
pub(crate) fn boxes(mut bytes: &[u8]) -> Vec<(&str, &[u8])> {
    let mut boxes = Vec::new();
    while !bytes.is_empty() {
        let size = u32_at(bytes, 0) as usize;
        boxes.push((std::str::from_utf8(&bytes[4..8]).unwrap(), &bytes[8..size]));
        bytes = &bytes[size..];
    }
    boxes
}

/// Returns the content of a nested box, by the path of names to it.
pub(crate) fn inside<'a>(bytes: &'a [u8], names: &[&str]) -> &'a [u8] {
    names.iter().fold(bytes, |bytes, name| {
        boxes(bytes).into_iter().find(|(found, _)| found == name).map(|(_, content)| content).unwrap()
    })
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// Returns decode time, presentation time, duration and whether it is a key frame, for each sample of a segment (ISO/IEC 14496-12
/// §8.8.7, §8.8.8 and §8.8.12). Composition offsets must be unsigned.
pub(crate) fn sample_times(segment: &[u8]) -> Vec<(i64, i64, i64, bool)> {
    let fragment = inside(segment, &["moof", "traf"]);
    let (header, decode_time, run) =
        (inside(fragment, &["tfhd"]), inside(fragment, &["tfdt"]), inside(fragment, &["trun"]));
    assert_eq!(decode_time[0], 1, "64-bit decode times");
    let header_flags = u32_at(header, 0);
    let mut at = 8;
    let mut default = |bit: u32| {
        (header_flags & bit != 0).then(|| {
            at += 4;
            u32_at(header, at - 4)
        })
    };
    assert_eq!(header_flags & 0x2_0001, 0x2_0000, "offsets are relative to the fragment, CMAF §7.5.15");
    default(2);
    let (default_duration, _size, default_flags) = (default(8), default(16), default(32));
    let flags = u32_at(run, 0);
    assert_eq!(flags >> 24, 0, "composition offsets are unsigned");
    let mut at = 8;
    let mut field = |bit: u32| {
        (flags & bit != 0).then(|| {
            at += 4;
            u32_at(run, at - 4)
        })
    };
    field(1);
    let first_flags = field(4);
    let mut time = i64::from_be_bytes(decode_time[4..12].try_into().unwrap());
    (0..u32_at(run, 4))
        .map(|index| {
            let duration = i64::from(field(0x100).or(default_duration).unwrap());
            field(0x200);
            let own_flags = field(0x400);
            let offset = field(0x800).map_or(0, i64::from);
            let sample_flags = own_flags.or(first_flags.filter(|_| index == 0)).or(default_flags).unwrap();
            time += duration;
            (time - duration, time - duration + offset, duration, sample_flags & 0x0001_0000 == 0)
        })
        .collect()
}
