//! Files that are not films, or are damaged: each is refused with one clear sentence, and no file that they name is opened.

use std::{
    fs::File,
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use media::{
    MediaError,
    ffmpeg::input::{Input, LocalFile, ReadAt},
};
use worker::sandbox::ChildError;

use super::support::{Folder, probe, refusal};

super::tests! {
    a_refusal_names_what_the_file_is,
    a_refusal_names_images_audio_and_bare_streams,
    audio_in_a_video_container_is_refused_by_the_planner,
    a_file_without_its_index_is_refused,
    a_truncated_file_is_refused_with_the_end_of_its_data,
    damaged_files_never_crash_the_parent,
    a_film_whose_frames_are_in_another_file_is_refused,
    a_huge_file_is_not_read_whole,
}

const FILM: &str = "-f lavfi -i testsrc2=s=320x180:r=25:d=12 -f lavfi -i sine=440:d=12 -c:v libx264 \
                    -preset ultrafast -g 50 -pix_fmt yuv420p -c:a aac -shortest";

fn open(path: &Path) -> Result<Input, MediaError> {
    Input::open(Box::new(LocalFile::new(File::open(path).unwrap()).unwrap()))
}

async fn a_refusal_names_what_the_file_is() {
    let folder = Folder::new();
    let passwd = "file:///etc/passwd";
    let hls = format!("#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n{passwd}\n#EXT-X-ENDLIST\n");
    let sdp = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 5004 RTP/AVP 96\r\n\
               a=rtpmap:96 H264/90000\r\n";
    let mpd = "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"><Period/></MPD>";
    let cpl =
        "<?xml version=\"1.0\"?><CompositionPlaylist xmlns=\"http://www.smpte-ra.org/schemas/2067-3/2016\">";
    let playlist =
        "This file is an HLS playlist, a list of addresses rather than a film. Upload the film itself.";
    for (name, content, expected) in [
        ("empty.mp4", "", "This file is empty. Upload it again."),
        (
            "notes.txt",
            "Dear admin,\nhere is the film.\n",
            "This file is a text file, not a film. Upload the film itself.",
        ),
        ("lao.txt", "ສະບາຍດີ ຊາວໂລກ\n", "This file is a text file, not a film. Upload the film itself."),
        ("film.m3u8", &hls, playlist),
        ("pretender.mp4", &hls, playlist),
        (
            "list.ffconcat",
            &format!("ffconcat version 1.0\nfile '{passwd}'\n"),
            "This file is a concat script, a list of files rather than a film. Upload the film itself.",
        ),
        (
            "cast.sdp",
            sdp,
            "This file is a session description (SDP), the address of a broadcast rather than a film. Upload the film itself.",
        ),
        (
            "film.mpd",
            mpd,
            "This file is a DASH manifest, a list of addresses rather than a film. Upload the film itself.",
        ),
        (
            "cpl.xml",
            cpl,
            "This file is an IMF composition, a list of files rather than a film. Upload the film itself.",
        ),
        (
            "s.srt",
            "1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n00:00:03,000 --> 00:00:04,000\nYou\n",
            "This file is a subtitle file, not a film. Upload the film itself.",
        ),
        (
            "s.vtt",
            "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n",
            "This file is a subtitle file, not a film. Upload the film itself.",
        ),
    ] {
        let path = folder.write(name, content);
        assert_eq!(refusal(&path).await, expected, "{name}");
        match open(&path) {
            Err(MediaError::Refused(reason)) => assert_eq!(reason.to_string(), expected),
            Err(other) => panic!("{name}: {other}"),
            Ok(input) => panic!("{name} was opened as {}", input.container()),
        }
    }
}

async fn a_refusal_names_images_audio_and_bare_streams() {
    let folder = Folder::new();
    for (arguments, name, expected) in [
        ("-f lavfi -i testsrc=s=320x180 -frames:v 1", "p.png", "a still image (PNG)"),
        ("-f lavfi -i testsrc=s=320x180 -frames:v 1", "p.jpg", "a still image (JPEG)"),
        ("-f lavfi -i testsrc=s=320x180 -frames:v 1", "p.tiff", "a still image (TIFF)"),
        ("-f lavfi -i testsrc=s=320x180:d=1", "p.gif", "a still image (GIF)"),
        ("-f lavfi -i sine=d=2", "s.tta", "audio only"),
        ("-f lavfi -i sine=d=2", "s.wv", "audio only"),
        ("-f lavfi -i sine=d=2", "s.caf", "audio only"),
        ("-f lavfi -i testsrc=s=320x180:d=1 -c:v libx264 -f h264", "b.264", "a bare video stream"),
    ] {
        let reason = refusal(&folder.ffmpeg(arguments, name)).await;
        assert!(reason.starts_with(&format!("This file is {expected}")), "{name}: {reason}");
    }
}

async fn audio_in_a_video_container_is_refused_by_the_planner() {
    let folder = Folder::new();
    for name in ["s.m4a", "s.mka"] {
        let facts = probe(&folder.ffmpeg("-f lavfi -i sine=d=3 -c:a aac", name)).await.unwrap();
        assert_eq!((facts.video.len(), facts.audio.len()), (0, 1), "{name}");
        assert!(facts.duration_ms.abs_diff(3000) < 60, "{name}: {}", facts.duration_ms);
        let profile = domain::profile::Profile::shipped("default").unwrap();
        let report = worker::report::ProbeReport::new(profile, facts);
        assert!(report.refusal.unwrap().starts_with("This file has audio (aac) but no video."));
    }
}

async fn a_file_without_its_index_is_refused() {
    let folder = Folder::new();
    let whole = std::fs::read(folder.ffmpeg(FILM, "whole.mp4")).unwrap();
    let path = folder.write("cut.mp4", &whole[..whole.len() / 2]);
    let reason = refusal(&path).await;
    assert!(
        reason.starts_with("The file has no index (moov): copying or recording it was interrupted"),
        "{reason}"
    );
}

async fn a_truncated_file_is_refused_with_the_end_of_its_data() {
    let folder = Folder::new();
    for (name, options) in
        [("cut.mp4", "-movflags +faststart"), ("cut.mkv", ""), ("front.mkv", "-cues_to_front 1")]
    {
        let whole =
            std::fs::read(folder.ffmpeg(&format!("{FILM} {options}"), &format!("whole-{name}"))).unwrap();
        let path = folder.write(name, &whole[..whole.len() / 2]);
        let reason = refusal(&path).await;
        let rest = reason
            .strip_prefix("The file is cut short: its header declares 00:00:12, but its data ends at 00:00:");
        let at = rest
            .and_then(|rest| rest.strip_suffix(". Upload it again."))
            .unwrap_or_else(|| panic!("{name}: {reason}"));
        assert!((4..=8).contains(&at.parse::<u32>().unwrap()), "{name}: {reason}");
    }
    let whole = std::fs::read(folder.ffmpeg(FILM, "whole.avi")).unwrap();
    let reason = refusal(&folder.write("cut.avi", &whole[..whole.len() / 2])).await;
    let expected = format!(
        "The file is cut short: its header declares {} bytes, but it has {}. Upload it again.",
        whole.len(),
        whole.len() / 2
    );
    assert_eq!(reason, expected);
    // A transport stream has no header that could be wrong: the existing data are the film.
    let whole = std::fs::read(folder.ffmpeg(FILM, "whole.ts")).unwrap();
    let facts = probe(&folder.write("cut.ts", &whole[..whole.len() / 2])).await.unwrap();
    assert!((4000..8000).contains(&facts.duration_ms), "{}", facts.duration_ms);
}

async fn damaged_files_never_crash_the_parent() {
    let folder = Folder::new();
    let clips = ["d.mp4", "d.mkv", "d.ts", "d.avi", "d.mxf"].map(|name| {
        let codecs = if name == "d.mxf" { "-c:v mpeg2video -c:a pcm_s16le -ar 48000" } else { "" };
        (name, std::fs::read(folder.ffmpeg(&format!("{FILM} {codecs}"), name)).unwrap())
    });
    let (mut probed, mut refused) = (0, 0);
    for (name, clip) in clips {
        for seed in 1..=8_u64 {
            let mut bytes = clip.clone();
            let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mut random = |below: usize| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                usize::try_from(state % below as u64).unwrap()
            };
            // Half of the damage is where headers and indexes are.
            for flip in 0..60 {
                let at = match flip % 4 {
                    0 => random(4096),
                    1 => bytes.len() - 1 - random(4096),
                    _ => random(bytes.len()),
                };
                bytes[at] ^= 1 << random(8);
            }
            let path = folder.write("damaged", &bytes);
            match probe(&path).await {
                Ok(_) => probed += 1,
                Err(ChildError::Refused(reason)) => {
                    let reason = reason.to_string();
                    assert!(reason.ends_with('.') && reason.len() > 30, "{name} {seed}: {reason:?}");
                    refused += 1;
                }
                // FFmpeg may fail or even crash: the sandbox exists for that.
                Err(
                    ChildError::Failed { .. } | ChildError::Crashed { .. } | ChildError::MemoryLimit { .. },
                ) => {}
                Err(other) => panic!("{name} {seed}: {other}"),
            }
        }
    }
    assert!(probed > 0 && refused > 0, "{probed} probed, {refused} refused");
}

async fn a_film_whose_frames_are_in_another_file_is_refused() {
    let folder = Folder::new();
    let whole = std::fs::read(folder.ffmpeg(FILM, "whole.mov")).unwrap();
    let path = folder.write("reference.mov", with_alias(&whole, b"/etc/passwd"));
    let reason = refusal(&path).await;
    assert!(reason.starts_with("The file refers to other files"), "{reason}");
    let input = open(&path).unwrap();
    assert!(input.refers_to_other_files());
    assert_eq!(input.nested_opens(), Vec::<String>::new());
    // The same file with its own data is a film, so the alias is the reason for the refusal.
    probe(&folder.write("own.mov", whole)).await.unwrap();
}

/// Returns the MOV file with the data reference of its first track replaced by a Macintosh alias to `path`.
fn with_alias(file: &[u8], path: &[u8]) -> Vec<u8> {
    let mut alias = vec![0; 12];
    alias[4..8].copy_from_slice(b"alis");
    alias.extend_from_slice(&[0; 150]);
    alias.extend_from_slice(&2_u16.to_be_bytes());
    alias.extend_from_slice(&u16::try_from(path.len()).unwrap().to_be_bytes());
    alias.extend_from_slice(path);
    alias.extend_from_slice(&[0; 1][..path.len() % 2]);
    alias.extend_from_slice(&[0xff, 0xff, 0, 0]);
    let length = u32::try_from(alias.len()).unwrap();
    alias[..4].copy_from_slice(&length.to_be_bytes());

    let mut file = file.to_vec();
    let mut ancestors = Vec::new();
    let (mut from, mut to) = (0, file.len());
    for name in [b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"] {
        let mut at = from;
        while &file[at + 4..at + 8] != name {
            assert!(at < to);
            at += usize::try_from(size_at(&file, at)).unwrap();
        }
        ancestors.push(at);
        (from, to) = (at + 8, at + usize::try_from(size_at(&file, at)).unwrap());
    }
    // The only entry, `url ` of 12 bytes, follows the version and the count of `dref`.
    let entry = from + 8;
    let old = usize::try_from(size_at(&file, entry)).unwrap();
    for at in ancestors {
        let size = size_at(&file, at) + length - u32::try_from(old).unwrap();
        file[at..at + 4].copy_from_slice(&size.to_be_bytes());
    }
    file.splice(entry..entry + old, alias);
    file
}

fn size_at(file: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(file[at..at + 4].try_into().unwrap())
}

/// A file followed by 20 GiB of zeros in a `free` box. Counts the bytes read.
struct Padded {
    file: LocalFile,
    read: Arc<AtomicUsize>,
}

const PADDING_BYTES: u64 = 20 << 30;

impl ReadAt for Padded {
    fn size(&self) -> u64 {
        self.file.size() + PADDING_BYTES
    }

    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.read.fetch_add(buf.len(), Ordering::Relaxed);
        if offset < self.file.size() {
            return self.file.read_at(offset, buf);
        }
        // A `free` box with a 64-bit length.
        let header = [&b"\0\0\0\x01free"[..], &PADDING_BYTES.to_be_bytes()].concat();
        let at = usize::try_from(offset - self.file.size()).unwrap().min(header.len());
        buf.fill(0);
        let count = buf.len().min(header.len() - at);
        buf[..count].copy_from_slice(&header[at..at + count]);
        Ok(buf.len())
    }
}

async fn a_huge_file_is_not_read_whole() {
    let folder = Folder::new();
    let film = folder.ffmpeg(FILM, "film.mp4");
    let size = std::fs::metadata(&film).unwrap().len();
    let read = Arc::new(AtomicUsize::new(0));
    let padded =
        Padded { file: LocalFile::new(File::open(&film).unwrap()).unwrap(), read: Arc::clone(&read) };
    let input = Input::open(Box::new(padded)).unwrap();
    let facts = media::ffmpeg::probe::probe(input).unwrap();
    assert_eq!(facts.size_bytes, size + PADDING_BYTES);
    assert!(facts.video[0].duration_ms.abs_diff(12_000) < 60, "{facts:?}");
    let read = read.load(Ordering::Relaxed);
    assert!(read < 8 << 20, "{read} bytes were read");
}
