//! Audio with a beep at each whole second, and where the beeps are in what a player decodes.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

const RATE_HZ: u32 = 48_000;

/// Writes a stereo WAV file of `seconds` with a beep of 50 ms at each whole second.
pub fn beeps(folder: &Path, seconds: u32) -> PathBuf {
    let mut samples = Vec::new();
    for index in 0..seconds * RATE_HZ {
        let within = f64::from(index % RATE_HZ) / f64::from(RATE_HZ);
        let value = if within < 0.05 { (within * 1000.0 * std::f64::consts::TAU).sin() * 0.5 } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, reason = "within the range of the type")]
        let sample = (value * f64::from(i16::MAX)) as i16;
        samples.extend([sample, sample].map(i16::to_le_bytes).concat());
    }
    let file = folder.join(format!("beeps-{seconds}.wav"));
    std::fs::write(&file, [wav_header(u32::try_from(samples.len()).unwrap()), samples].concat()).unwrap();
    file
}

fn wav_header(data_bytes: u32) -> Vec<u8> {
    let (channels, bits) = (2_u16, 16_u16);
    let frame_bytes = channels * bits / 8;
    let mut header = Vec::new();
    header.extend(b"RIFF");
    header.extend((36 + data_bytes).to_le_bytes());
    header.extend(b"WAVEfmt ");
    header.extend(16_u32.to_le_bytes());
    header.extend(1_u16.to_le_bytes());
    header.extend(channels.to_le_bytes());
    header.extend(RATE_HZ.to_le_bytes());
    header.extend((RATE_HZ * u32::from(frame_bytes)).to_le_bytes());
    header.extend(frame_bytes.to_le_bytes());
    header.extend(bits.to_le_bytes());
    header.extend(b"data");
    header.extend(data_bytes.to_le_bytes());
    header
}

/// Decodes an audio playlist or file with the ffmpeg command line. Returns the times at which beeps begin, in seconds.
pub fn beep_starts(url: &str) -> Vec<f64> {
    let decoded = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-i", url, "-map", "0:a", "-ac", "1", "-ar", &RATE_HZ.to_string()])
        .args(["-f", "f32le", "-"])
        .output()
        .unwrap();
    assert!(decoded.status.success(), "{}", String::from_utf8_lossy(&decoded.stderr));
    let bytes = decoded.stdout.chunks_exact(4);
    let samples: Vec<f32> = bytes.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()).abs()).collect();
    let loudest = samples.iter().copied().fold(0.0, f32::max);
    let mut starts = Vec::new();
    let mut quiet_since = None;
    for (index, sample) in (0_u32..).zip(samples) {
        if sample < loudest * 0.3 {
            continue;
        }
        let at = f64::from(index) / f64::from(RATE_HZ);
        if quiet_since.is_none_or(|last| at - last > 0.5) {
            starts.push(at);
        }
        quiet_since = Some(at);
    }
    starts
}
