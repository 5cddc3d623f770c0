//! The output of a child is stored as recorded and never overwrites an object. Errors of the storage are not blamed on the file.

use std::{
    collections::BTreeSet,
    io,
    ops::Range,
    process::Command,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use domain::{
    child::{Part, Task},
    key::{BuildObject, BuildRoot},
    output::RenditionPart,
};
use sha2::{Digest, Sha256};
use storage::Storage;
use worker::sandbox::{ChildError, FileMaster, Master};

use super::{
    children::{encode, objects, plan_of},
    support::{Folder, clip, master, sandbox},
};

super::tests! {
    a_chunk_is_stored_as_recorded_and_a_retry_gives_the_same,
    an_audio_track_is_stored_whole,
    a_failed_read_is_not_blamed_on_the_file,
    a_segment_that_cannot_be_stored_is_not_blamed_on_the_file,
    objects_of_a_build_are_never_overwritten,
    other_libraries_are_reported_before_the_master_is_read,
}

/// SHA-256, as `sha256sum` prints it.
fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

async fn a_chunk_is_stored_as_recorded_and_a_retry_gives_the_same() {
    let plan = plan_of(&clip()).await;
    let folder = Folder::new();
    let storage = Storage::local(folder.path("a")).unwrap();
    let progress = Mutex::new(0);
    let task = Task { plan: plan.clone(), part: Part::Chunk { index: 0, group: 0 } };
    let report = |frames| *progress.lock().unwrap() = frames;
    let part = sandbox(&folder).encode(master(&clip()), task, objects(&storage), report).await.unwrap();
    assert_eq!(*progress.lock().unwrap(), plan.timeline.chunk(0).unwrap().frames);
    assert_eq!(part.renditions.len(), plan.encodes().len());
    let mut recorded = BTreeSet::new();
    let sheet = part.sheet.as_ref().unwrap();
    let mut objects = vec![(BuildObject::StoryboardSheet(1), &sheet.object)];
    assert_eq!(sheet.number, 1);
    for (rendition, rung) in part.renditions.iter().zip(plan.encodes()) {
        assert_eq!(rendition.rendition, rung.name);
        objects.push((BuildObject::Init(&rung.name), &rendition.init));
        let segments = rendition.segments.iter();
        objects.extend(segments.map(|s| (BuildObject::Segment(&rung.name, s.number), &s.object)));
    }
    for (object, record) in objects {
        let key = BuildRoot::Top.key(&object);
        let bytes = storage.get_bytes(&key, None).await.unwrap().unwrap();
        assert_eq!((bytes.len() as u64, hex(&bytes)), (record.size_bytes, record.sha256.clone()), "{key}");
        recorded.insert(key);
    }
    for rendition in &part.renditions {
        expect_first_frames(&folder, &storage, rendition).await;
    }
    let stored = storage.list("").await.unwrap().into_iter().map(|(key, _)| key).collect();
    assert_eq!(recorded, stored);
    // Again into the same storage (a retry), and into another.
    assert_eq!(encode(&sandbox(&folder), &clip(), &plan, &storage).await.unwrap(), part);
    let other = Storage::local(folder.path("b")).unwrap();
    assert_eq!(encode(&sandbox(&folder), &clip(), &plan, &other).await.unwrap(), part);
}

/// Checks that the recorded range has exactly the bytes that a decoder needs for the first frame of each segment.
async fn expect_first_frames(folder: &Folder, storage: &Storage, rendition: &RenditionPart) {
    let name = &rendition.rendition;
    let read = async |object: &BuildObject<'_>, range| {
        storage.get_bytes(&BuildRoot::Top.key(object), range).await.unwrap().unwrap()
    };
    let init = read(&BuildObject::Init(name), None).await;
    for segment in &rendition.segments {
        let end = segment.first_frame_bytes.unwrap();
        assert!(end < segment.object.size_bytes, "{name}");
        let first = read(&BuildObject::Segment(name, segment.number), Some(0..end)).await;
        for (cut, frames) in [(0, "I"), (1, "")] {
            let bytes = [&init[..], &first[..first.len() - cut]].concat();
            let file = folder.write(&format!("{name}-{}.mp4", segment.number), bytes);
            let shown = Command::new("ffprobe")
                .args(["-v", "quiet", "-show_entries", "frame=pict_type", "-of", "csv=p=0"])
                .arg(file)
                .output()
                .unwrap();
            let shown = String::from_utf8(shown.stdout).unwrap();
            assert_eq!(shown.trim_end_matches([',', '\n']), frames, "{name} without {cut}");
        }
    }
}

async fn an_audio_track_is_stored_whole() {
    let folder = Folder::new();
    let film = folder.ffmpeg(
        "-f lavfi -i testsrc2=s=320x180:r=25:d=13 -f lavfi -i sine=440:d=13 -c:v libx264 -preset ultrafast -c:a aac",
        "film.mp4",
    );
    let plan = plan_of(&film).await;
    let storage = Storage::local(folder.path("out")).unwrap();
    let task = Task { plan: plan.clone(), part: Part::Audio(0) };
    let part = sandbox(&folder).encode(master(&film), task, objects(&storage), |_| ()).await.unwrap();
    let planned: Vec<_> = plan.audio[0].renditions().map(|(_, rendition)| &rendition.name).collect();
    let stored: Vec<_> = part.renditions.iter().map(|rendition| &rendition.rendition).collect();
    assert_eq!((stored.len(), &stored), (2, &planned));
    for rendition in &part.renditions {
        assert_eq!(rendition.segments.len(), plan.timeline.segment_count() as usize);
    }
}

/// A master whose storage fails after a number of reads.
struct Failing {
    file: Arc<FileMaster>,
    reads: Mutex<u32>,
}

impl Master for Failing {
    fn size_bytes(&self) -> u64 {
        self.file.size_bytes()
    }

    async fn read(&self, range: Range<u64>) -> io::Result<Bytes> {
        let left = {
            let mut reads = self.reads.lock().unwrap();
            *reads = reads.saturating_sub(1);
            *reads
        };
        if left == 0 { Err(io::Error::other("the bucket is on fire")) } else { self.file.read(range).await }
    }
}

async fn a_failed_read_is_not_blamed_on_the_file() {
    let folder = Folder::new();
    let film = folder.ffmpeg("-f lavfi -i testsrc2=s=1280x720:r=25:d=10 -c:v mpeg2video -q:v 2", "film.ts");
    for reads in [1, 2, 3, 5] {
        let failing = Arc::new(Failing { file: master(&film), reads: Mutex::new(reads) });
        let error = sandbox(&folder).probe(failing).await.unwrap_err();
        assert!(matches!(error, ChildError::Master(_)), "{reads}: {error}");
        assert_eq!(error.to_string(), "the master could not be read from storage: the bucket is on fire");
        assert!(!error.is_permanent());
    }
}

async fn a_segment_that_cannot_be_stored_is_not_blamed_on_the_file() {
    let plan = plan_of(&clip()).await;
    let folder = Folder::new();
    let storage = Storage::local(folder.path("out")).unwrap();
    // A file where the rendition's folder should be.
    std::fs::write(folder.path("out").join(plan.encodes()[0].name.as_str()), "in the way").unwrap();
    let error = encode(&sandbox(&folder), &clip(), &plan, &storage).await.unwrap_err();
    assert!(matches!(error, ChildError::Storage(_)), "{error}");
    assert!(!error.is_permanent());
}

async fn objects_of_a_build_are_never_overwritten() {
    let plan = plan_of(&clip()).await;
    let name = &plan.encodes()[0].name;
    for object in [BuildObject::Init(name), BuildObject::Segment(name, 1), BuildObject::StoryboardSheet(1)] {
        let folder = Folder::new();
        let storage = Storage::local(folder.path("out")).unwrap();
        let key = BuildRoot::Top.key(&object);
        let other = Bytes::from_static(b"of another x264");
        storage.put_bytes(&key, other.clone()).await.unwrap();
        let error = encode(&sandbox(&folder), &clip(), &plan, &storage).await.unwrap_err();
        assert!(matches!(&error, ChildError::ObjectDiffers(differing) if *differing == key), "{error}");
        assert!(error.to_string().starts_with(key.as_str()), "{error}");
        assert_eq!(storage.get_bytes(&key, None).await.unwrap().unwrap(), other);

        // The exception: publishing found the object damaged, and this job encodes it again.
        let task = Task { plan: plan.clone(), part: Part::Chunk { index: 0, group: 0 } };
        let objects = objects(&storage).replacing([key.clone()]);
        sandbox(&folder).encode(master(&clip()), task, objects, |_| ()).await.unwrap();
        assert_ne!(storage.get_bytes(&key, None).await.unwrap().unwrap(), other);
    }
}

async fn other_libraries_are_reported_before_the_master_is_read() {
    let folder = Folder::new();
    let mut plan = plan_of(&clip()).await;
    let here = sandbox(&folder).probe(master(&clip())).await.unwrap().libraries;
    let mut planned = here.clone();
    planned.0.insert("libx264".to_owned(), "1 r1".to_owned());
    plan.libraries = Some(planned.clone());
    let storage = Storage::local(folder.path("out")).unwrap();
    let unreadable = Arc::new(Failing { file: master(&clip()), reads: Mutex::new(1) });
    let task = Task { plan: plan.clone(), part: Part::Chunk { index: 0, group: 0 } };
    let error = sandbox(&folder).encode(unreadable, task, objects(&storage), |_| ()).await.unwrap_err();
    let expected = format!(
        "this worker has libx264 {}, but the build was started with libx264 1 r1; a worker with those versions can continue it",
        here.0["libx264"]
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(storage.list("").await.unwrap(), vec![]);
    plan.libraries = Some(here);
    encode(&sandbox(&folder), &clip(), &plan, &storage).await.unwrap();
}
