//! The parent's side: starts a child, serves its reads, takes what it makes, and says how it ended.

use std::{
    future::Future,
    io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use domain::{facts::MediaFacts, key::BuildRoot, output::PartOutput};
use storage::Storage;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    process::{Child, ChildStderr, Command},
    time::{Instant, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    CageError, Limits, Order, Task, Work, facts,
    master::{Master, ReadAhead},
    parts::Parts,
    wire::{self, Failure, Frame, FromChild, FromParent, HEADER_BYTES, MOST_READ_BYTES, WireError, header},
};

/// How long a child that said its last word, or closed its socket, may take to end.
const FAREWELL: Duration = Duration::from_secs(5);
/// The most that is kept of what a child writes to its standard error.
const MOST_SAID_BYTES: usize = 16 << 10;

/// Starts caged children. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Cage {
    /// What each child may use up.
    pub limits: Limits,
    executable: PathBuf,
}

impl Cage {
    /// A cage whose children are `executable cage`: this very program, named `/proc/self/exe`.
    pub fn new(executable: PathBuf, limits: Limits) -> Self {
        Self { limits, executable }
    }

    /// Finds out what a master is.
    pub async fn probe<M: Master>(&self, master: Arc<M>) -> Result<MediaFacts, CageError> {
        let mut session = self.start(&master, Work::Probe).await?;
        let mut found = None;
        let heard = session.hear(master, &mut found).await;
        session.end(heard).await?;
        found.ok_or_else(|| CageError::Hostile("it ended without facts".to_owned()))
    }

    /// Encodes one part of a plan into `storage` below `root`. `progress` is told of output frames done.
    pub async fn encode<M: Master>(
        &self,
        master: Arc<M>,
        task: Task,
        storage: &Storage,
        root: BuildRoot,
        progress: impl Fn(u64) + Send,
    ) -> Result<PartOutput, CageError> {
        let parts = Parts::new(&task, storage, root, &self.limits)?;
        let mut making = Making { parts, progress };
        let mut session = self.start(&master, Work::Encode(Box::new(task))).await?;
        let heard = session.hear(master, &mut making).await;
        session.end(heard).await?;
        making.parts.finish().await
    }

    /// Starts a child and gives it its order. Dropping the session kills the child.
    async fn start<M: Master>(&self, master: &Arc<M>, work: Work) -> Result<Session, CageError> {
        let order = Order {
            address_space_bytes: self.limits.address_space_bytes,
            cpu_seconds: self.limits.cpu.as_secs().max(1),
            master_bytes: master.size_bytes(),
            work,
        };
        let order = serde_json::to_vec(&order).map_err(|error| CageError::Plan(error.to_string()))?;
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(CageError::Start)?;
        ours.set_nonblocking(true).map_err(CageError::Start)?;
        let mut child = Command::new(&self.executable)
            .arg("cage")
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(CageError::Start)?;
        let stdin = child.stdin.take();
        let stderr = child.stderr.take();
        let (read, write) = UnixStream::from_std(ours).map_err(CageError::Start)?.into_split();
        let session = Session {
            limits: self.limits.clone(),
            child,
            read,
            write,
            said: AbortOnDropHandle::new(tokio::spawn(keep_last(stderr))),
            at_ms: None,
        };
        if let Some(mut stdin) = stdin {
            // A child that ends before it has read its order says why on the way out.
            let _ = timeout(self.limits.stall, stdin.write_all(&order)).await;
        }
        Ok(session)
    }
}

/// One running child.
struct Session {
    limits: Limits,
    child: Child,
    read: OwnedReadHalf,
    write: OwnedWriteHalf,
    said: AbortOnDropHandle<Vec<u8>>,
    at_ms: Option<i64>,
}

/// What a task does with the messages that are its own. A trait and not a closure: futures of async closures that
/// borrow cannot be proven `Send` yet.
trait Take: Send {
    fn take(&mut self, message: FromChild) -> impl Future<Output = Result<(), CageError>> + Send;
}

/// Probing: one message with the facts.
impl Take for Option<MediaFacts> {
    async fn take(&mut self, message: FromChild) -> Result<(), CageError> {
        match message {
            FromChild::Facts(json) if self.is_none() => {
                *self = Some(facts::read(&json)?);
                Ok(())
            }
            message => Err(unexpected(&message)),
        }
    }
}

/// Encoding: init sections, segments, a sheet of the storyboard and progress.
struct Making<P> {
    parts: Parts,
    progress: P,
}

impl<P: Fn(u64) + Send> Take for Making<P> {
    async fn take(&mut self, message: FromChild) -> Result<(), CageError> {
        match message {
            FromChild::Init { rendition, codecs, bytes } => self.parts.init(rendition, codecs, bytes).await,
            FromChild::Segment { rendition, number, duration_ticks, bytes } => {
                self.parts.segment(rendition, number, duration_ticks, bytes).await
            }
            FromChild::Sheet { bytes } => self.parts.sheet(bytes).await,
            FromChild::Progress { frames } => {
                (self.progress)(frames);
                Ok(())
            }
            message => Err(unexpected(&message)),
        }
    }
}

/// How a conversation ended, before the child's own end is known.
enum Heard {
    /// The child's last word.
    Verdict(FromChild),
    /// The socket ended without one.
    Silence,
    /// It is the parent's decision to stop.
    Stop(CageError),
}

impl Session {
    /// Answers the child's reads and hands its other messages to `take`, until it says its last word.
    async fn hear<M: Master>(&mut self, master: Arc<M>, taker: &mut impl Take) -> Heard {
        let deadline = Instant::now() + self.limits.wall;
        let mut master = ReadAhead::new(master);
        for _ in 0..self.limits.messages {
            let message = match self.receive(deadline).await {
                Ok(message) => message,
                Err(heard) => return heard,
            };
            let taken = match message {
                FromChild::Read { offset, length } => match self.serve(&mut master, offset, length).await {
                    Ok(()) => Ok(()),
                    Err(heard) => return heard,
                },
                FromChild::Position { ms } => {
                    self.at_ms = Some(ms);
                    Ok(())
                }
                verdict @ (FromChild::Done | FromChild::Refused(_) | FromChild::Failed { .. }) => {
                    return Heard::Verdict(verdict);
                }
                message => taker.take(message).await,
            };
            if let Err(error) = taken {
                return Heard::Stop(error);
            }
        }
        Heard::Stop(CageError::Hostile(format!("more than {} messages", self.limits.messages)))
    }

    async fn receive(&mut self, deadline: Instant) -> Result<FromChild, Heard> {
        let stall = self.limits.stall;
        let until = deadline.min(Instant::now() + stall);
        match tokio::time::timeout_at(until, receive(&mut self.read, self.limits.segment_bytes)).await {
            Ok(Ok(message)) => Ok(message),
            Ok(Err(Deaf::Ended)) => Err(Heard::Silence),
            Ok(Err(Deaf::Wire(WireError::TooLong { kind: wire::SEGMENT, .. }))) => {
                Err(Heard::Stop(CageError::OutputLimit { limit_bytes: self.limits.segment_bytes as u64 }))
            }
            Ok(Err(Deaf::Wire(error))) => Err(Heard::Stop(CageError::Hostile(error.to_string()))),
            Err(_) if until == deadline => {
                Err(Heard::Stop(CageError::TimedOut { after: self.limits.wall, at_ms: self.at_ms }))
            }
            Err(_) => Err(Heard::Stop(self.stalled())),
        }
    }

    async fn serve<M: Master>(
        &mut self,
        master: &mut ReadAhead<M>,
        offset: u64,
        length: u32,
    ) -> Result<(), Heard> {
        if length == 0 || length > MOST_READ_BYTES {
            return Err(Heard::Stop(CageError::Hostile(format!("a read of {length} bytes"))));
        }
        // Kept on our side and not only told to the child, whose word on whose fault it is does not count.
        let bytes = match master.read(offset, length).await {
            Ok(bytes) => bytes,
            Err(error) => {
                let _ = timeout(FAREWELL, self.send(FromParent::ReadFailed(error.to_string()))).await;
                return Err(Heard::Stop(CageError::Master(error)));
            }
        };
        match timeout(self.limits.stall, self.send(FromParent::Data(bytes))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Heard::Silence),
            Err(_) => Err(Heard::Stop(self.stalled())),
        }
    }

    async fn send(&mut self, message: FromParent) -> io::Result<()> {
        let Frame { head, body } = message.encode();
        self.write.write_all(&head).await?;
        self.write.write_all(&body).await
    }

    fn stalled(&self) -> CageError {
        CageError::Stalled { after: self.limits.stall, at_ms: self.at_ms, said: Vec::new() }
    }

    /// Sees the child out and turns its last word and its end into one result.
    async fn end(mut self, heard: Heard) -> Result<(), CageError> {
        if let Heard::Stop(_) = heard {
            let _ = self.child.start_kill();
        }
        let status = match timeout(FAREWELL, self.child.wait()).await {
            Ok(status) => status.map_err(CageError::Start)?,
            Err(_) if matches!(heard, Heard::Silence) => {
                let _ = self.child.start_kill();
                return Err(CageError::Hostile("it closed its socket and went on".to_owned()));
            }
            Err(_) => {
                let _ = self.child.start_kill();
                self.child.wait().await.map_err(CageError::Start)?
            }
        };
        let said = match timeout(FAREWELL, &mut self.said).await {
            Ok(Ok(bytes)) => lines(&bytes),
            _ => Vec::new(),
        };
        let at_ms = self.at_ms;
        match heard {
            Heard::Verdict(FromChild::Done) => Ok(()),
            Heard::Verdict(FromChild::Refused(reason)) if reason.trim().is_empty() => {
                Err(CageError::Hostile("a refusal without a reason".to_owned()))
            }
            // Libraries that write to standard error themselves, which the child does not see.
            Heard::Verdict(
                FromChild::Refused(_) | FromChild::Failed { failure: Failure::Plan | Failure::Ffmpeg, .. },
            ) if ran_out_of_memory(&said) => Err(self.memory_limit()),
            Heard::Verdict(FromChild::Refused(reason)) => Err(CageError::Refused(reason)),
            Heard::Verdict(FromChild::Failed { failure, message }) => Err(match failure {
                Failure::Memory => self.memory_limit(),
                Failure::Master => CageError::Master(io::Error::other(message)),
                Failure::Plan => CageError::Plan(message),
                Failure::Ffmpeg => CageError::Failed { reason: message, at_ms, said },
            }),
            Heard::Stop(CageError::Stalled { after, at_ms, .. }) => {
                Err(CageError::Stalled { after, at_ms, said })
            }
            Heard::Stop(error) => Err(error),
            Heard::Verdict(message) => Err(unexpected(&message)),
            Heard::Silence => Err(self.broken_off(status, said)),
        }
    }

    /// What a child's end means that came without a word.
    fn broken_off(&self, status: ExitStatus, said: Vec<String>) -> CageError {
        use std::os::unix::process::ExitStatusExt as _;
        let at_ms = self.at_ms;
        match (status.signal(), status.code()) {
            (Some(signal), _) if signal == rustix::process::Signal::XCPU.as_raw() => {
                CageError::CpuLimit { limit: self.limits.cpu, at_ms }
            }
            _ if ran_out_of_memory(&said) => self.memory_limit(),
            (Some(signal), _) => CageError::Crashed { signal, at_ms, said },
            (None, code) => CageError::Exited { code: code.unwrap_or(-1), at_ms, said },
        }
    }

    fn memory_limit(&self) -> CageError {
        CageError::MemoryLimit { limit_bytes: self.limits.address_space_bytes, at_ms: self.at_ms }
    }
}

/// Whether the last words of a child are about memory: Rust's allocator before it aborts, a thread that
/// got no stack (EAGAIN), ENOMEM, x264, glibc, our own.
fn ran_out_of_memory(said: &[String]) -> bool {
    let words = [
        "memory allocation of",
        "os error 11",
        "os error 12",
        "Cannot allocate memory",
        "malloc of size",
        "out of memory",
    ];
    said.iter().any(|line| words.iter().any(|word| line.contains(word)))
}

fn unexpected(message: &FromChild) -> CageError {
    let what = match message {
        FromChild::Init { .. }
        | FromChild::Segment { .. }
        | FromChild::Sheet { .. }
        | FromChild::Progress { .. } => "a segment while probing",
        FromChild::Facts(_) => "facts that were not asked for",
        _ => "a message out of turn",
    };
    CageError::Hostile(what.to_owned())
}

/// Why nothing was received.
enum Deaf {
    Ended,
    Wire(WireError),
}

async fn receive(read: &mut OwnedReadHalf, most_segment_bytes: usize) -> Result<FromChild, Deaf> {
    let mut head = [0; HEADER_BYTES];
    read.read_exact(&mut head).await.map_err(|_| Deaf::Ended)?;
    let (length, kind) = header(head);
    FromChild::check_length(kind, length, most_segment_bytes).map_err(Deaf::Wire)?;
    let mut payload = vec![0; length];
    read.read_exact(&mut payload).await.map_err(|_| Deaf::Ended)?;
    FromChild::decode(kind, Bytes::from(payload)).map_err(Deaf::Wire)
}

/// The last of what a child wrote to its standard error.
async fn keep_last(stderr: Option<ChildStderr>) -> Vec<u8> {
    let mut kept = Vec::new();
    let Some(mut stderr) = stderr else { return kept };
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = stderr.read(&mut piece).await {
        kept.extend_from_slice(&piece[..count]);
        if kept.len() > MOST_SAID_BYTES {
            kept.drain(..kept.len() - MOST_SAID_BYTES / 2);
        }
    }
    kept
}

fn lines(bytes: &[u8]) -> Vec<String> {
    bytes.split(|byte| *byte == b'\n').map(wire::clean).filter(|line| !line.trim().is_empty()).collect()
}
