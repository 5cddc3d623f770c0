//! Plans for tests.

use std::path::Path;

use domain::{
    facts::Crop,
    plan::{
        AudioEncode, AudioStream, AudioTrack, Encode, H264, Mix, Picture, Plan, PlanVersion, Shape,
        SourceTime, Timeline, VideoCodec, VideoPlan, VideoSource,
    },
    presentation::Role,
    ratio::Ratio,
};

use super::{HEIGHT, WIDTH, frame_times, probe, rendition};

/// Returns the plan's source for the first video track of a clip.
pub(crate) fn source(path: &Path) -> Source {
    let stream = &probe(path, "v:0", "stream=index,time_base")[0];
    let (num, den) = stream[1].split_once('/').unwrap();
    Source {
        start: SourceTime {
            time_base: Ratio::new(num.parse().unwrap(), den.parse().unwrap()).unwrap(),
            ticks: frame_times(path)[0],
        },
        video: VideoSource {
            stream_index: stream[0].parse().unwrap(),
            shape: Shape {
                width: WIDTH,
                height: HEIGHT,
                frame_aspect: None,
                sample_aspect: Ratio { num: 1, den: 1 },
            },
            crop: Crop::default(),
            mirrored: false,
            rotation_degrees: 0,
            black_frames: 0,
            deinterlace: None,
            tone: None,
        },
    }
}

/// A clip's video track and the time of its first frame.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) start: SourceTime,
    pub(crate) video: VideoSource,
}

impl Source {
    /// Returns the frame of the master that each output frame must show: the last one that began within its first third or earlier.
    pub(crate) fn expected_numbers(&self, times: &[i64], rate: (i64, i64), frames: u64) -> Vec<u64> {
        (0..i128::from(frames))
            .map(|frame| {
                let shown = times.iter().rposition(|time| {
                    let elapsed = i128::from(time - self.start.ticks) * i128::from(self.start.time_base.num);
                    elapsed * 3 * i128::from(rate.0)
                        <= (3 * frame + 1) * i128::from(rate.1) * i128::from(self.start.time_base.den)
                });
                shown.unwrap_or(0) as u64
            })
            .collect()
    }
}

/// Returns a plan with two small rungs, GOPs of 10 frames, segments of 20 and chunks of 40.
pub(crate) fn plan(source: Source, rate: (i64, i64), frames: u64) -> Plan {
    let (mut timescale, mut frame_ticks) = (u32::try_from(rate.0).unwrap(), u32::try_from(rate.1).unwrap());
    while timescale < 10_000 {
        timescale *= 2;
        frame_ticks *= 2;
    }
    let mut plan = Plan {
        version: PlanVersion,
        profile: "test".to_owned(),
        timeline: Timeline {
            frame_rate: Ratio::new(rate.0, rate.1).unwrap(),
            frames,
            timescale,
            frame_ticks,
            gop_frames: 10,
            segment_frames: 20,
            chunk_segments: 2,
        },
        start: source.start,
        clock: Vec::new(),
        video: Some(VideoPlan {
            source: source.video,
            pictures: Vec::new(),
            encodes: Vec::new(),
            storyboard: None,
        }),
        audio: Vec::new(),
        subtitles: Vec::new(),
        chapters: Vec::new(),
        notes: Vec::new(),
        libraries: None,
    };
    set_rungs(&mut plan, &[("v64", WIDTH, HEIGHT), ("v32", WIDTH / 2, HEIGHT / 2)]);
    plan
}

pub(crate) fn video(plan: &mut Plan) -> &mut VideoPlan {
    plan.video.as_mut().unwrap()
}

pub(crate) fn h264(plan: &mut Plan, index: usize) -> &mut H264 {
    let VideoCodec::H264(settings) = &mut video(plan).encodes[index].codec;
    settings
}

/// Replaces the plan's renditions by these: name, width and height.
pub(crate) fn set_rungs(plan: &mut Plan, rungs: &[(&str, u32, u32)]) {
    let video = video(plan);
    video.pictures =
        rungs.iter().map(|(_, width, height)| Picture { width: *width, height: *height }).collect();
    video.encodes = (0..).zip(rungs).map(|(picture, (name, ..))| encode(name, picture)).collect();
}

fn encode(name: &str, picture: u32) -> Encode {
    let settings = H264 {
        preset: "veryfast".to_owned(),
        profile: "high".to_owned(),
        level: "3.0".to_owned(),
        crf: 16.0,
        threads: 1,
        x264_params:
            "keyint=10:min-keyint=10:scenecut=0:open-gop=0:stitchable=1:force-cfr=1:bframes=3:cpu-independent=1"
                .to_owned(),
    };
    Encode {
        name: rendition(name),
        picture,
        group: 0,
        max_bitrate_bps: 2_000_000,
        buffer_bits: 2_000_000,
        codec: VideoCodec::H264(settings),
    }
}

pub(crate) fn track(stream_index: u32) -> AudioTrack {
    AudioTrack {
        streams: vec![AudioStream { stream_index, channels: 2 }],
        role: Role::Main,
        language: None,
        label: "Audio".to_owned(),
        default: true,
        sample_rate_hz: 48_000,
        mixes: vec![Mix {
            channels: 2,
            weights: vec![vec![1.0, 0.0], vec![0.0, 1.0]],
            level: None,
            renditions: vec![AudioEncode { name: rendition("a1"), bitrate_bps: 128_000, cutoff_hz: None }],
        }],
    }
}
