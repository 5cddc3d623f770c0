//! The child process: enters the sandbox, does one task and reports the result.
//!
//! Invariants: the child reads nothing of the master before it is sandboxed; only three descriptors are ever open (the socket,
//! standard error, and `/proc/self/status` as standard input, where the order arrived); when the socket closes, the process
//! ends, even while FFmpeg is working.

use std::{
    hint::black_box,
    io::{self, Read, Stdout, Write},
    os::fd::AsFd,
    process::ExitCode,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use domain::{
    child::{
        Failure, Frame, FromChild, FromParent, HEADER_BYTES, MAX_ORDER_BYTES, MAX_READ_BYTES, Order, Part,
        Probed, Protection, Task, Work, header,
    },
    damage::Damage,
    key::RenditionName,
    plan::{AudioTrack, Plan, VideoPart},
};
use rustix::process::{Signal, getpid, kill_process};

use crate::{
    error::MediaError,
    ffmpeg::{
        input::{Input, ReadAt, rescale_ms},
        libraries,
        loudness::analyse,
        pipeline::{PartSink, encode_audio, encode_chunk},
        probe, subtitle_text,
    },
    memory, sandbox,
};

/// Minimum interval between reports of the film time. The time reported for a crash is off by at most what is decoded in this
/// interval.
const POSITION_INTERVAL: Duration = Duration::from_millis(20);

/// The main function of `nang media`. Must be called before any runtime or thread exists.
pub fn child_main() -> ExitCode {
    main_protected_by(sandbox::enter)
}

/// Runs [`child_main`] with its resource limits but without the sandbox, to measure what the sandbox costs. `nang` never calls it.
pub fn child_main_with_limits_only() -> ExitCode {
    main_protected_by(sandbox::enter_limits_only)
}

fn main_protected_by(protect: fn(&Order) -> io::Result<Protection>) -> ExitCode {
    match start(protect).and_then(|(order, protection)| run(order, &protection)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// Enters the sandbox as [`child_main`] does and then calls `then`. For tests of the sandbox.
pub fn run_sandboxed(then: impl FnOnce() -> ExitCode) -> ExitCode {
    match start(sandbox::enter) {
        Ok(_) => then(),
        Err(error) => fail(&error),
    }
}

fn fail(error: &io::Error) -> ExitCode {
    let _ = writeln!(io::stderr(), "{error}");
    ExitCode::from(2)
}

/// Reads the order and enters the sandbox.
fn start(protect: fn(&Order) -> io::Result<Protection>) -> io::Result<(Order, Protection)> {
    check_inheritance()?;
    let mut json = Vec::new();
    io::stdin().lock().take(MAX_ORDER_BYTES).read_to_end(&mut json)?;
    let order: Order = serde_json::from_slice(&json)?;
    let protection = protect(&order)?;
    Ok((order, protection))
}

fn run(order: Order, protection: &Protection) -> io::Result<()> {
    let link =
        Arc::new(Link { socket: io::stdout(), writing: Mutex::new(()), finished: AtomicBool::new(false) });
    if let Work::Check = order.work {
        exercise_allocator()?;
        link.send(FromChild::Protected(serde_json::to_vec(protection)?.into()))?;
        return link.send(FromChild::Done);
    }
    let (replies, answers) = mpsc::sync_channel(1);
    let listening = Arc::clone(&link);
    std::thread::Builder::new().name("socket".to_owned()).spawn(move || listen(&listening, &replies))?;
    let master = RemoteMaster { link: Arc::clone(&link), answers, size: order.master_bytes };
    let result = match do_work(master, &link, order.work) {
        Ok(message) => message,
        Err(MediaError::Sink(error)) => return Err(error),
        Err(error) => error_message(&error),
    };
    link.finished.store(true, Ordering::Release);
    link.send(result)
}

/// Starts a thread and allocates as much as a large film needs. If the sandbox refuses a system call of this program's allocator,
/// this check fails when the server starts, before the first film.
fn exercise_allocator() -> io::Result<()> {
    let allocate = || {
        // Allocators treat these sizes differently. No page is touched, so this uses only address space.
        let sizes = [1 << 20, 32 << 20, 256 << 20, 1 << 30];
        for size in sizes {
            let mut block = Vec::<u8>::new();
            // A low memory limit is not an error of the sandbox.
            let _ = black_box(block.try_reserve_exact(size));
            black_box(&block);
        }
    };
    let thread = std::thread::Builder::new().name("check".to_owned()).spawn(allocate)?;
    thread.join().map_err(|_| io::Error::other("the thread of the sandbox check panicked"))
}

/// Fails if the process inherited an environment variable or an extra descriptor: through these the child could reach what it
/// must not.
fn check_inheritance() -> io::Result<()> {
    if let Some((name, _)) = std::env::vars_os().next() {
        let name = name.to_string_lossy().into_owned();
        return Err(io::Error::other(format!(
            "the environment is not empty: {name} is set. Only a worker may start this process"
        )));
    }
    let own = format!("/proc/{}/fd", std::process::id());
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let entry = entry?;
        let number: Option<u32> = entry.file_name().to_str().and_then(|name| name.parse().ok());
        let target = std::fs::read_link(entry.path()).unwrap_or_default();
        // The directory itself is open while it is listed.
        if number.is_none_or(|number| number > 2) && target.as_os_str() != own.as_str() {
            return Err(io::Error::other(format!("descriptor {number:?} ({}) is open", target.display())));
        }
    }
    Ok(())
}

fn do_work(master: RemoteMaster, link: &Arc<Link>, work: Work) -> Result<FromChild, MediaError> {
    // Checked before the master is read: other library versions would produce bytes that do not fit the plan's other parts.
    let libraries = libraries()?;
    if let Work::Encode(task) = &work
        && task.plan.libraries.as_ref().is_some_and(|planned| *planned != libraries)
    {
        return Ok(FromChild::OtherLibraries(json(&libraries)?));
    }
    let mut input = Input::open(Box::new(master))?;
    let zero_ms = match &work {
        Work::Check | Work::Probe => 0,
        Work::Analyse(task) | Work::Encode(task) => start_ms(&task.plan),
    };
    let (observer, mut last) = (Arc::clone(link), None::<Instant>);
    input.observe(move |ms| {
        if last.is_none_or(|last| last.elapsed() >= POSITION_INTERVAL) {
            last = Some(Instant::now());
            // If the parent is gone, the listening thread ends the process.
            let _ = observer.send(FromChild::Position { ms: ms.saturating_sub(zero_ms) });
        }
    });
    match work {
        Work::Check => {}
        Work::Probe => {
            let facts = probe::probe(input)?;
            link.send(FromChild::Probed(json(&Probed { facts, libraries })?)).map_err(MediaError::Sink)?;
        }
        Work::Analyse(task) => link.send(analysed(input, &task)?).map_err(MediaError::Sink)?,
        Work::Encode(task) => {
            let mut sink = Sink { link: Arc::clone(link) };
            encode(input, &task, &mut sink)?;
        }
    }
    Ok(FromChild::Done)
}

fn json(value: &impl serde::Serialize) -> Result<Bytes, MediaError> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|error| MediaError::Sink(error.into()))
}

fn encode(input: Input, task: &Task, sink: &mut Sink) -> Result<(), MediaError> {
    let plan = &task.plan;
    match task.part {
        Part::Chunk { index, group } => {
            let missing = || MediaError::Plan(format!("the plan has no chunk {index}"));
            let chunk = plan.timeline.chunk(index).ok_or_else(missing)?;
            encode_chunk(input, plan, VideoPart { chunk, group }, sink)
        }
        Part::Audio(index) => encode_audio(input, plan, audio_track(plan, index)?, sink),
        Part::Subtitles => subtitle_text::read(input, plan, &mut |stream_index, piece| {
            sink.link.send(FromChild::Subtitle { stream_index, piece })
        }),
    }
}

fn audio_track(plan: &Plan, index: u32) -> Result<&AudioTrack, MediaError> {
    let track = plan.audio.get(index as usize);
    track.ok_or_else(|| MediaError::Plan(format!("the plan has no audio track {index}")))
}

/// Returns the result of analysing, as the message to the parent.
fn analysed(input: Input, task: &Task) -> Result<FromChild, MediaError> {
    let Part::Audio(index) = task.part else {
        return Err(MediaError::Plan("only audio tracks are analysed".to_owned()));
    };
    let plan = &task.plan;
    Ok(FromChild::Analysed(json(&analyse(input, plan, audio_track(plan, index)?)?)?))
}

fn start_ms(plan: &Plan) -> i64 {
    let base = plan.start.time_base;
    let narrow = |value: i64| i32::try_from(value).unwrap_or(i32::MAX);
    rescale_ms(plan.start.ticks, ffmpeg_next::Rational(narrow(base.num), narrow(base.den).max(1)))
}

/// Returns the message that reports an error to the parent.
fn error_message(error: &MediaError) -> FromChild {
    let failure = match error {
        MediaError::Read(_) => Failure::Master,
        error if error.is_out_of_memory() || memory::may_have_run_out() => Failure::Memory,
        MediaError::Refused(reason) => return FromChild::Refused(reason.clone()),
        MediaError::Plan(_) => Failure::Plan,
        MediaError::Sink(_) | MediaError::Ffmpeg { .. } => Failure::Ffmpeg,
    };
    FromChild::Failed { failure, message: error.to_string() }
}

/// The socket, shared without a second descriptor, which is not allowed.
struct Link {
    socket: Stdout,
    writing: Mutex<()>,
    finished: AtomicBool,
}

impl Link {
    fn send(&self, message: FromChild) -> io::Result<()> {
        let Frame { head, body } = message.encode();
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        for mut bytes in [&head[..], &body[..]] {
            while !bytes.is_empty() {
                match rustix::io::write(self.socket.as_fd(), bytes) {
                    Ok(count) => bytes = &bytes[count..],
                    Err(rustix::io::Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    fn receive(&self, mut bytes: &mut [u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match rustix::io::read(self.socket.as_fd(), &mut *bytes) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => bytes = &mut bytes[count..],
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Reads the parent's messages from the socket and passes them on. When the socket closes, kills this process, even while a decoder
/// is running: no process needs the result any more.
fn listen(link: &Link, replies: &mpsc::SyncSender<FromParent>) {
    let ended = loop {
        match receive(link) {
            Ok(message) => {
                if replies.send(message).is_err() {
                    break Ok(());
                }
            }
            Err(error) => break Err(error),
        }
    };
    if let Err(error) = ended
        && !link.finished.load(Ordering::Acquire)
    {
        let _ = writeln!(io::stderr(), "the connection to the parent is lost: {error}");
        // Not exit(), which would run C destructors while FFmpeg's threads still use their objects.
        let _ = kill_process(getpid(), Signal::KILL);
    }
}

fn receive(link: &Link) -> io::Result<FromParent> {
    let mut head = [0; HEADER_BYTES];
    link.receive(&mut head)?;
    let (length, kind) = header(head);
    FromParent::check_length(kind, length).map_err(io::Error::other)?;
    let mut payload = vec![0; length];
    link.receive(&mut payload)?;
    FromParent::decode(kind, Bytes::from(payload)).map_err(io::Error::other)
}

/// A master whose bytes the parent sends through the socket.
struct RemoteMaster {
    link: Arc<Link>,
    answers: mpsc::Receiver<FromParent>,
    size: u64,
}

impl ReadAt for RemoteMaster {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let length = u32::try_from(buf.len()).unwrap_or(u32::MAX).min(MAX_READ_BYTES);
        self.link.send(FromChild::Read { offset, length })?;
        match self.answers.recv().map_err(io::Error::other)? {
            FromParent::Data(bytes) if bytes.len() <= length as usize => {
                buf[..bytes.len()].copy_from_slice(&bytes);
                Ok(bytes.len())
            }
            FromParent::Data(_) => Err(io::Error::other("the parent sent more bytes than requested")),
            FromParent::ReadFailed(reason) => Err(io::Error::other(reason)),
        }
    }
}

/// Sends finished init segments, segments and sheets, and what decoding concealed, to the parent.
struct Sink {
    link: Arc<Link>,
}

impl PartSink for Sink {
    fn init(&mut self, rendition: &RenditionName, codecs: &str, bytes: Vec<u8>) -> io::Result<()> {
        let (rendition, codecs) = (rendition.clone(), codecs.to_owned());
        self.link.send(FromChild::Init { rendition, codecs, bytes: Bytes::from(bytes) })
    }

    fn segment(
        &mut self,
        rendition: &RenditionName,
        number: u32,
        duration_ticks: u64,
        bytes: Vec<u8>,
    ) -> io::Result<()> {
        let (rendition, bytes) = (rendition.clone(), Bytes::from(bytes));
        self.link.send(FromChild::Segment { rendition, number, duration_ticks, bytes })
    }

    fn sheet(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        self.link.send(FromChild::Sheet { bytes: Bytes::from(bytes) })
    }

    fn damage(&mut self, damage: &Damage) -> io::Result<()> {
        self.link.send(FromChild::Damage(serde_json::to_vec(damage)?.into()))
    }

    fn progress(&mut self, frames_done: u64) -> io::Result<()> {
        self.link.send(FromChild::Progress { frames: frames_done })
    }
}
