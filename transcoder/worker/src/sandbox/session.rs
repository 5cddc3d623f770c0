//! The session with one child: serves its reads, receives its output, and determines how it ended.

use std::{future::Future, io, pin::pin, process::ExitStatus, sync::Arc, time::Duration};

use bytes::Bytes;
use domain::{
    child::{
        Failure, Frame, FromChild, FromParent, HEADER_BYTES, Limits, MAX_READ_BYTES, REFUSED_CALL_STATUS,
        SEGMENT_KIND, WireError, header,
    },
    libraries::Libraries,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    process::{Child, ChildStderr},
    time::{Instant, timeout, timeout_at},
};
use tokio_util::task::AbortOnDropHandle;

use super::{ChildError, blocks::Blocks, facts, master::Master, process::Process, progress, refused_call};

/// How long a child that sent its last message, or closed its socket, may take to end.
const EXIT_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum time between two checks whether a silent child is stopped.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);
/// Maximum number of bytes kept of a child's standard error.
const MAX_STDERR_BYTES: usize = 16 << 10;

/// One running child. Dropping it kills the child.
pub(super) struct Session {
    limits: Limits,
    child: Process,
    read: OwnedReadHalf,
    write: OwnedWriteHalf,
    stderr: AbortOnDropHandle<Vec<u8>>,
    at_ms: Option<i64>,
}

/// Receives the messages of one kind of task: all of `FromChild` except reads, positions and last messages. It is a trait and not a
/// closure because the compiler cannot yet prove that futures of borrowing async closures are `Send`.
pub(super) trait Receiver: Send {
    fn receive(&mut self, message: FromChild) -> impl Future<Output = Result<(), ChildError>> + Send;
}

/// How a session ended, before the child's exit status is known.
pub(super) enum SessionEnd {
    /// The child sent its last message.
    Verdict(FromChild),
    /// The child closed the socket without a last message.
    Closed,
    /// The parent ended the session.
    Aborted(ChildError),
}

impl Session {
    /// Starts a session with a child that leads its own process group.
    pub(super) fn new(limits: Limits, mut child: Child, socket: UnixStream) -> io::Result<Self> {
        let stderr = AbortOnDropHandle::new(tokio::spawn(keep_last(child.stderr.take())));
        let (read, write) = socket.into_split();
        Ok(Self { limits, child: Process::new(child)?, read, write, stderr, at_ms: None })
    }

    /// Answers the child's reads and passes its other messages to `receiver`, until its last message.
    pub(super) async fn run<M: Master>(
        &mut self,
        master: Arc<M>,
        receiver: &mut impl Receiver,
    ) -> SessionEnd {
        let deadline = Instant::now() + self.limits.wall;
        let mut blocks = Blocks::new(master);
        for _ in 0..self.limits.messages {
            let message = match self.receive(deadline).await {
                Ok(message) => message,
                Err(end) => return end,
            };
            let handled = match message {
                FromChild::Read { offset, length } => match self.serve(&mut blocks, offset, length).await {
                    Ok(()) => Ok(()),
                    Err(end) => return end,
                },
                FromChild::Position { ms } => {
                    self.at_ms = progress::position(ms).or(self.at_ms);
                    Ok(())
                }
                verdict @ (FromChild::Done
                | FromChild::OtherLibraries(_)
                | FromChild::Refused(_)
                | FromChild::Failed { .. }) => {
                    return SessionEnd::Verdict(verdict);
                }
                message => receiver.receive(message).await,
            };
            if let Err(error) = handled {
                return SessionEnd::Aborted(error);
            }
        }
        SessionEnd::Aborted(ChildError::Hostile(format!("more than {} messages", self.limits.messages)))
    }

    async fn receive(&mut self, deadline: Instant) -> Result<FromChild, SessionEnd> {
        let stall = self.limits.stall;
        let until = deadline.min(Instant::now() + stall);
        let mut was_stopped = false;
        let received = {
            let mut receiving = pin!(receive(&mut self.read, self.limits.segment_bytes));
            loop {
                let check = until.min(Instant::now() + CHECK_INTERVAL.min(stall / 4));
                match timeout_at(check, &mut receiving).await {
                    Err(_) if check < until => {
                        let is_stopped = self.child.is_stopped();
                        // Only if stopped at two checks in a row: a debugger may stop the child for a moment.
                        if is_stopped && was_stopped {
                            return Err(SessionEnd::Aborted(ChildError::Stopped { at_ms: self.at_ms }));
                        }
                        was_stopped = is_stopped;
                    }
                    received => break received,
                }
            }
        };
        match received {
            Ok(Ok(message)) => Ok(message),
            Ok(Err(ReceiveError::Closed)) => Err(SessionEnd::Closed),
            Ok(Err(ReceiveError::Wire(WireError::TooLong { kind: SEGMENT_KIND, .. }))) => {
                Err(SessionEnd::Aborted(ChildError::OutputLimit {
                    limit_bytes: self.limits.segment_bytes as u64,
                }))
            }
            Ok(Err(ReceiveError::Wire(error))) => {
                Err(SessionEnd::Aborted(ChildError::Hostile(error.to_string())))
            }
            Err(_) if until == deadline => {
                Err(SessionEnd::Aborted(ChildError::TimedOut { after: self.limits.wall, at_ms: self.at_ms }))
            }
            Err(_) => Err(SessionEnd::Aborted(self.stalled())),
        }
    }

    async fn serve<M: Master>(
        &mut self,
        blocks: &mut Blocks<M>,
        offset: u64,
        length: u32,
    ) -> Result<(), SessionEnd> {
        if length == 0 || length > MAX_READ_BYTES {
            return Err(SessionEnd::Aborted(ChildError::Hostile(format!("a read of {length} bytes"))));
        }
        // The parent records this error itself, because it does not trust the child to report it correctly.
        let bytes = match blocks.read(offset, length).await {
            Ok(bytes) => bytes,
            Err(error) => {
                let _ = timeout(EXIT_TIMEOUT, self.send(FromParent::ReadFailed(error.to_string()))).await;
                return Err(SessionEnd::Aborted(ChildError::Master(error)));
            }
        };
        match timeout(self.limits.stall, self.send(FromParent::Data(bytes))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(SessionEnd::Closed),
            Err(_) => Err(SessionEnd::Aborted(self.stalled())),
        }
    }

    async fn send(&mut self, message: FromParent) -> io::Result<()> {
        let Frame { head, body } = message.encode();
        self.write.write_all(&head).await?;
        self.write.write_all(&body).await
    }

    fn stalled(&self) -> ChildError {
        if self.child.is_stopped() {
            return ChildError::Stopped { at_ms: self.at_ms };
        }
        ChildError::Stalled { after: self.limits.stall, at_ms: self.at_ms, last_lines: Vec::new() }
    }

    /// Waits for the child's exit, and returns one result from the exit status and the last message. `planned` are the library
    /// versions of the task's plan.
    pub(super) async fn end(
        mut self,
        end: SessionEnd,
        planned: Option<&Libraries>,
    ) -> Result<(), ChildError> {
        if let SessionEnd::Aborted(_) = end {
            self.child.kill();
        }
        let status = match timeout(EXIT_TIMEOUT, self.child.wait()).await {
            Ok(status) => status.map_err(ChildError::Start)?,
            Err(_) if matches!(end, SessionEnd::Closed) => {
                self.child.kill();
                return Err(ChildError::Hostile("it closed its socket and did not exit".to_owned()));
            }
            Err(_) => {
                self.child.kill();
                self.child.wait().await.map_err(ChildError::Start)?
            }
        };
        let last_lines = match timeout(EXIT_TIMEOUT, &mut self.stderr).await {
            Ok(Ok(bytes)) => lines(&bytes),
            _ => Vec::new(),
        };
        let at_ms = self.at_ms;
        match end {
            SessionEnd::Verdict(FromChild::Done) => Ok(()),
            SessionEnd::Verdict(FromChild::OtherLibraries(json)) => {
                let here = facts::parse_libraries(&json)?;
                match planned {
                    Some(planned) if *planned != here => {
                        Err(ChildError::OtherLibraries { here, planned: planned.clone() })
                    }
                    _ => Err(ChildError::Hostile(
                        "it declined the plan although no library version differs".to_owned(),
                    )),
                }
            }
            // Some libraries report a lack of memory only on standard error, which the child does not read.
            SessionEnd::Verdict(
                FromChild::Refused(_) | FromChild::Failed { failure: Failure::Plan | Failure::Ffmpeg, .. },
            ) if ran_out_of_memory(&last_lines) => Err(self.memory_limit()),
            SessionEnd::Verdict(FromChild::Refused(reason)) => Err(ChildError::Refused(reason)),
            SessionEnd::Verdict(FromChild::Failed { failure, message }) => Err(match failure {
                Failure::Memory => self.memory_limit(),
                Failure::Master => ChildError::Master(io::Error::other(message)),
                Failure::Plan => ChildError::Plan(message),
                Failure::Ffmpeg => ChildError::Failed { reason: message, at_ms, last_lines },
            }),
            SessionEnd::Aborted(ChildError::Stalled { after, at_ms, .. }) => {
                Err(ChildError::Stalled { after, at_ms, last_lines })
            }
            SessionEnd::Aborted(error) => Err(error),
            SessionEnd::Verdict(message) => Err(unexpected(&message)),
            SessionEnd::Closed => Err(self.exited(status, last_lines)),
        }
    }

    /// Returns the error for an exit without a last message.
    fn exited(&self, status: ExitStatus, last_lines: Vec<String>) -> ChildError {
        use std::os::unix::process::ExitStatusExt as _;
        let at_ms = self.at_ms;
        match (status.signal(), status.code()) {
            (Some(signal), _) if signal == rustix::process::Signal::XCPU.as_raw() => {
                ChildError::CpuLimit { limit: self.limits.cpu, at_ms }
            }
            (_, Some(REFUSED_CALL_STATUS)) => {
                let call = last_lines.iter().rev().find_map(|line| refused_call::refused_in(line));
                ChildError::CallRefused { call: call.unwrap_or("a system call").to_owned(), at_ms }
            }
            // Seccomp immediately ends a process that makes a system call of another architecture.
            (Some(signal), _) if signal == rustix::process::Signal::SYS.as_raw() => {
                ChildError::CallRefused { call: "a system call of another architecture".to_owned(), at_ms }
            }
            _ if ran_out_of_memory(&last_lines) => self.memory_limit(),
            (Some(signal), _) => ChildError::Crashed { signal, at_ms, last_lines },
            (None, code) => ChildError::Exited { code: code.unwrap_or(-1), at_ms, last_lines },
        }
    }

    fn memory_limit(&self) -> ChildError {
        ChildError::MemoryLimit { limit_bytes: self.limits.address_space_bytes, at_ms: self.at_ms }
    }
}

/// Whether the last lines of a child report a lack of memory. The texts are those of Rust's allocator before it aborts, of a
/// thread that got no stack (EAGAIN), of ENOMEM, x264 and glibc, and Nang's own.
fn ran_out_of_memory(last_lines: &[String]) -> bool {
    let words = [
        "memory allocation of",
        "os error 11",
        "os error 12",
        "Cannot allocate memory",
        "malloc of size",
        "out of memory",
    ];
    last_lines.iter().any(|line| words.iter().any(|word| line.contains(word)))
}

/// Returns the error for a message that the task does not expect.
pub(super) fn unexpected(message: &FromChild) -> ChildError {
    let what = match message {
        FromChild::Init { .. }
        | FromChild::Segment { .. }
        | FromChild::Sheet { .. }
        | FromChild::Damage(_)
        | FromChild::Progress { .. } => "a segment while probing",
        FromChild::Probed(_) => "unrequested facts",
        FromChild::Subtitle { .. } => "unrequested subtitles",
        FromChild::Analysed(_) => "unrequested measurements",
        _ => "an unexpected message",
    };
    ChildError::Hostile(what.to_owned())
}

/// Why no message was received.
enum ReceiveError {
    Closed,
    Wire(WireError),
}

async fn receive(read: &mut OwnedReadHalf, max_segment_bytes: usize) -> Result<FromChild, ReceiveError> {
    let mut head = [0; HEADER_BYTES];
    read.read_exact(&mut head).await.map_err(|_| ReceiveError::Closed)?;
    let (length, kind) = header(head);
    FromChild::check_length(kind, length, max_segment_bytes).map_err(ReceiveError::Wire)?;
    let mut payload = vec![0; length];
    read.read_exact(&mut payload).await.map_err(|_| ReceiveError::Closed)?;
    FromChild::decode(kind, Bytes::from(payload)).map_err(ReceiveError::Wire)
}

/// Reads a child's standard error to its end, and returns the last bytes.
async fn keep_last(stderr: Option<ChildStderr>) -> Vec<u8> {
    let mut kept = Vec::new();
    let Some(mut stderr) = stderr else { return kept };
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = stderr.read(&mut piece).await {
        kept.extend_from_slice(&piece[..count]);
        if kept.len() > MAX_STDERR_BYTES {
            kept.drain(..kept.len() - MAX_STDERR_BYTES / 2);
        }
    }
    kept
}

fn lines(bytes: &[u8]) -> Vec<String> {
    bytes
        .split(|byte| *byte == b'\n')
        .map(refused_call::readable)
        .filter(|line| !line.trim().is_empty())
        .collect()
}
