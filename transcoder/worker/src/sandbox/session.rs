//! A conversation with one child: serves its reads, takes what it makes, and works out how it ended.

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

use super::{
    ChildError, facts,
    master::{Master, ReadAhead},
    process::Process,
    progress, refused_call,
};

/// How long a child that sent its last message, or closed its socket, may take to end.
const EXIT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a child that says nothing is looked at, at most.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);
/// The most that is kept of what a child writes to its standard error.
const MAX_STDERR_BYTES: usize = 16 << 10;

/// One running child. Dropping it kills the child.
pub(super) struct Session {
    limits: Limits,
    child: Process,
    read: OwnedReadHalf,
    write: OwnedWriteHalf,
    said: AbortOnDropHandle<Vec<u8>>,
    at_ms: Option<i64>,
}

/// What a task does with the messages that are its own. `FromChild` without reads and last messages. A trait and not a closure: futures of async closures that
/// borrow cannot be proven `Send` yet.
pub(super) trait Receiver: Send {
    fn receive(&mut self, message: FromChild) -> impl Future<Output = Result<(), ChildError>> + Send;
}

/// How a conversation ended, before the child's exit status is known.
pub(super) enum SessionEnd {
    /// The child sent its last message.
    Verdict(FromChild),
    /// The child closed the socket without one.
    Closed,
    /// The parent ended it.
    Aborted(ChildError),
}

impl Session {
    /// Takes a child that leads a process group of its own.
    pub(super) fn new(limits: Limits, mut child: Child, socket: UnixStream) -> io::Result<Self> {
        let said = AbortOnDropHandle::new(tokio::spawn(keep_last(child.stderr.take())));
        let (read, write) = socket.into_split();
        Ok(Self { limits, child: Process::new(child)?, read, write, said, at_ms: None })
    }

    /// Answers the child's reads and hands its other messages to `receiver`, until its last message.
    pub(super) async fn run<M: Master>(
        &mut self,
        master: Arc<M>,
        receiver: &mut impl Receiver,
    ) -> SessionEnd {
        let deadline = Instant::now() + self.limits.wall;
        let mut master = ReadAhead::new(master);
        for _ in 0..self.limits.messages {
            let message = match self.receive(deadline).await {
                Ok(message) => message,
                Err(end) => return end,
            };
            let taken = match message {
                FromChild::Read { offset, length } => match self.serve(&mut master, offset, length).await {
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
            if let Err(error) = taken {
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
                let look = until.min(Instant::now() + LOOK_INTERVAL.min(stall / 4));
                match timeout_at(look, &mut receiving).await {
                    Err(_) if look < until => {
                        let is_stopped = self.child.is_stopped();
                        // Twice in a row: a debugger may stop it for a moment.
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
        master: &mut ReadAhead<M>,
        offset: u64,
        length: u32,
    ) -> Result<(), SessionEnd> {
        if length == 0 || length > MAX_READ_BYTES {
            return Err(SessionEnd::Aborted(ChildError::Hostile(format!("a read of {length} bytes"))));
        }
        // Kept on our side and not only told to the child, whose word on whose fault it is does not count.
        let bytes = match master.read(offset, length).await {
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
        ChildError::Stalled { after: self.limits.stall, at_ms: self.at_ms, said: Vec::new() }
    }

    /// Waits for the child's exit and turns it and the last message into one result. `planned` are the versions that the
    /// task's plan names.
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
                return Err(ChildError::Hostile("it closed its socket and went on".to_owned()));
            }
            Err(_) => {
                self.child.kill();
                self.child.wait().await.map_err(ChildError::Start)?
            }
        };
        let said = match timeout(EXIT_TIMEOUT, &mut self.said).await {
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
                        "it declined the library versions that the plan names".to_owned(),
                    )),
                }
            }
            SessionEnd::Verdict(FromChild::Refused(reason)) if reason.trim().is_empty() => {
                Err(ChildError::Hostile("a refusal without a reason".to_owned()))
            }
            // Libraries that write to standard error themselves, which the child does not see.
            SessionEnd::Verdict(
                FromChild::Refused(_) | FromChild::Failed { failure: Failure::Plan | Failure::Ffmpeg, .. },
            ) if ran_out_of_memory(&said) => Err(self.memory_limit()),
            SessionEnd::Verdict(FromChild::Refused(reason)) => Err(ChildError::Refused(reason)),
            SessionEnd::Verdict(FromChild::Failed { failure, message }) => Err(match failure {
                Failure::Memory => self.memory_limit(),
                Failure::Master => ChildError::Master(io::Error::other(message)),
                Failure::Plan => ChildError::Plan(message),
                Failure::Ffmpeg => ChildError::Failed { reason: message, at_ms, said },
            }),
            SessionEnd::Aborted(ChildError::Stalled { after, at_ms, .. }) => {
                Err(ChildError::Stalled { after, at_ms, said })
            }
            SessionEnd::Aborted(error) => Err(error),
            SessionEnd::Verdict(message) => Err(unexpected(&message)),
            SessionEnd::Closed => Err(self.broken_off(status, said)),
        }
    }

    /// What an exit without a last message means.
    fn broken_off(&self, status: ExitStatus, said: Vec<String>) -> ChildError {
        use std::os::unix::process::ExitStatusExt as _;
        let at_ms = self.at_ms;
        match (status.signal(), status.code()) {
            (Some(signal), _) if signal == rustix::process::Signal::XCPU.as_raw() => {
                ChildError::CpuLimit { limit: self.limits.cpu, at_ms }
            }
            (_, Some(REFUSED_CALL_STATUS)) => {
                let call = said.iter().rev().find_map(|line| refused_call::refused_in(line));
                ChildError::CallRefused { call: call.unwrap_or("a system call").to_owned(), at_ms }
            }
            // Seccomp ends a process at once that pretends to be of another architecture.
            (Some(signal), _) if signal == rustix::process::Signal::SYS.as_raw() => {
                ChildError::CallRefused { call: "a system call of another architecture".to_owned(), at_ms }
            }
            _ if ran_out_of_memory(&said) => self.memory_limit(),
            (Some(signal), _) => ChildError::Crashed { signal, at_ms, said },
            (None, code) => ChildError::Exited { code: code.unwrap_or(-1), at_ms, said },
        }
    }

    fn memory_limit(&self) -> ChildError {
        ChildError::MemoryLimit { limit_bytes: self.limits.address_space_bytes, at_ms: self.at_ms }
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

/// The error for a message that the task does not expect.
pub(super) fn unexpected(message: &FromChild) -> ChildError {
    let what = match message {
        FromChild::Init { .. }
        | FromChild::Segment { .. }
        | FromChild::Sheet { .. }
        | FromChild::Progress { .. } => "a segment while probing",
        FromChild::Probed(_) => "facts that were not asked for",
        _ => "a message out of turn",
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

/// The last of what a child wrote to its standard error.
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
