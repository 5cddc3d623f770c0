//! FFmpeg in a sandbox: all code that parses a master's bytes runs in a separate child process.
//!
//! The child is this same program, started for one task as `nang media`. It reads the task from its standard input. Its
//! standard output is a socket, through which it requests ranges of the master and sends facts, segments and progress. Only
//! the parent has access to storage and network. The parent treats the child as hostile: it limits and checks all messages,
//! and it hashes and stores the output itself. A child does not outlive its parent: it ends when its socket is closed.

mod blocks;
mod error;
mod facts;
mod first_sample;
mod master;
mod parts;
mod planned;
mod process;
mod progress;
mod refused_call;
mod session;
mod subtitles;

use std::{path::PathBuf, process::Stdio, sync::Arc};

use domain::{
    child::{Analysed, FromChild, Limits, Order, Part, Probed, Protection, SandboxMode, Task, Work},
    output::PartOutput,
};
use tokio::{io::AsyncWriteExt, net::UnixStream, process::Command, time::timeout};

pub use error::ChildError;
pub(crate) use facts::{check_analysed, check_probed};
use master::NoMaster;
pub use master::{FileMaster, Master, StoredMaster};
use parts::Parts;
pub(crate) use planned::PlannedPart;
use progress::Progress;
use session::{Receiver, Session, unexpected};
use subtitles::Tracks;

use crate::objects::BuildObjects;

/// Starts sandboxed children. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// Resource limits of each child.
    pub limits: Limits,
    /// Whether children may run on a kernel that lacks a layer of the sandbox.
    pub mode: SandboxMode,
    executable: PathBuf,
}

impl Sandbox {
    /// Returns a sandbox whose children run `executable media`. The executable is this same program, `/proc/self/exe`.
    pub fn new(executable: PathBuf, limits: Limits) -> Self {
        Self { limits, mode: SandboxMode::Required, executable }
    }

    /// Starts a sandboxed child that reads no master, and returns which layers of the sandbox the kernel supports.
    pub async fn check(&self) -> Result<Protection, ChildError> {
        let mut session = self.start(0, Work::Check, self.limits.for_probing()).await?;
        let mut found = None;
        let end = session.run(Arc::new(NoMaster), &mut Checking(&mut found)).await;
        session.end(end, None).await?;
        found.ok_or_else(|| ChildError::Hostile("it ended without a report on its sandbox".to_owned()))
    }

    /// Probes a master, and returns its facts and the child's library versions.
    pub async fn probe<M: Master>(&self, master: Arc<M>) -> Result<Probed, ChildError> {
        let size_bytes = master.size_bytes();
        let mut session = self.start(size_bytes, Work::Probe, self.limits.for_probing()).await?;
        let mut probing = Probing { size_bytes, found: None };
        let end = session.run(master, &mut probing).await;
        session.end(end, None).await?;
        probing.found.ok_or_else(|| ChildError::Hostile("it ended without facts".to_owned()))
    }

    /// Measures the loudness of an audio track of a plan.
    pub async fn analyse<M: Master>(&self, master: Arc<M>, task: Task) -> Result<Analysed, ChildError> {
        let mixes = facts::mixes_of(&task)?;
        let mut session =
            self.start(master.size_bytes(), Work::Analyse(Box::new(task)), self.limits.clone()).await?;
        let mut analysing = Analysing { mixes, found: None };
        let end = session.run(master, &mut analysing).await;
        session.end(end, None).await?;
        analysing.found.ok_or_else(|| ChildError::Hostile("it ended without measurements".to_owned()))
    }

    /// Encodes one part of a plan into `objects`. Calls `progress` with the number of encoded output frames.
    pub async fn encode<M: Master>(
        &self,
        master: Arc<M>,
        task: Task,
        objects: BuildObjects,
        progress: impl Fn(u64) + Send,
    ) -> Result<PartOutput, ChildError> {
        if task.part == Part::Subtitles {
            return self.read_subtitles(master, task, &objects).await;
        }
        let parts = Parts::new(&task, objects, &self.limits)?;
        let done = Progress::new(parts.frames());
        let mut encoding = Encoding { parts, done, progress };
        let planned = task.plan.libraries.clone();
        let work = Work::Encode(Box::new(task));
        let mut session = self.start(master.size_bytes(), work, self.limits.clone()).await?;
        let end = session.run(master, &mut encoding).await;
        session.end(end, planned.as_ref()).await?;
        encoding.parts.finish().await
    }

    /// Reads the text subtitle tracks of a plan into `objects`.
    async fn read_subtitles<M: Master>(
        &self,
        master: Arc<M>,
        task: Task,
        objects: &BuildObjects,
    ) -> Result<PartOutput, ChildError> {
        let plan = task.plan.clone();
        let mut tracks = Tracks::new(&plan);
        let work = Work::Encode(Box::new(task));
        let mut session = self.start(master.size_bytes(), work, self.limits.clone()).await?;
        let end = session.run(master, &mut tracks).await;
        session.end(end, plan.libraries.as_ref()).await?;
        tracks.store(&plan, objects).await
    }

    /// Starts a child and sends it its order. Dropping the session kills the child.
    async fn start(&self, master_bytes: u64, work: Work, limits: Limits) -> Result<Session, ChildError> {
        let order = Order {
            address_space_bytes: limits.address_space_bytes,
            cpu_seconds: limits.cpu.as_secs().max(1),
            master_bytes,
            sandbox: self.mode,
            work,
        };
        let order = serde_json::to_vec(&order).map_err(|error| ChildError::Plan(error.to_string()))?;
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(ChildError::Start)?;
        ours.set_nonblocking(true).map_err(ChildError::Start)?;
        let mut child = Command::new(&self.executable)
            .arg("media")
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(ChildError::Start)?;
        let stdin = child.stdin.take();
        let stall = limits.stall;
        let socket = UnixStream::from_std(ours).map_err(ChildError::Start)?;
        let session = Session::new(limits, child, socket).map_err(ChildError::Start)?;
        if let Some(mut stdin) = stdin {
            // If the child ends before it has read its order, its exit tells the reason.
            let _ = timeout(stall, stdin.write_all(&order)).await;
        }
        Ok(session)
    }
}

/// Receives the one message of a check.
struct Checking<'a>(&'a mut Option<Protection>);

impl Receiver for Checking<'_> {
    async fn receive(&mut self, message: FromChild) -> Result<(), ChildError> {
        match message {
            FromChild::Protected(json) if self.0.is_none() => {
                let unreadable =
                    |error| ChildError::Hostile(format!("unreadable report on the sandbox: {error}"));
                *self.0 = Some(serde_json::from_slice(&json).map_err(unreadable)?);
                Ok(())
            }
            message => Err(unexpected(&message)),
        }
    }
}

/// Receives the one message of a probe.
struct Probing {
    size_bytes: u64,
    found: Option<Probed>,
}

impl Receiver for Probing {
    async fn receive(&mut self, message: FromChild) -> Result<(), ChildError> {
        match message {
            FromChild::Probed(json) if self.found.is_none() => {
                self.found = Some(facts::parse_probed(&json, self.size_bytes)?);
                Ok(())
            }
            message => Err(unexpected(&message)),
        }
    }
}

/// Receives the one message of an analysis.
struct Analysing {
    /// Number of mixes of the track.
    mixes: usize,
    found: Option<Analysed>,
}

impl Receiver for Analysing {
    async fn receive(&mut self, message: FromChild) -> Result<(), ChildError> {
        match message {
            FromChild::Analysed(json) if self.found.is_none() => {
                self.found = Some(facts::parse_analysed(&json, self.mixes)?);
                Ok(())
            }
            message => Err(unexpected(&message)),
        }
    }
}

/// Receives the messages of an encoding: init segments, media segments, a storyboard sheet, damage and progress.
struct Encoding<P> {
    parts: Parts,
    done: Progress,
    progress: P,
}

impl<P: Fn(u64) + Send> Receiver for Encoding<P> {
    async fn receive(&mut self, message: FromChild) -> Result<(), ChildError> {
        match message {
            FromChild::Init { rendition, codecs, bytes } => self.parts.init(rendition, codecs, bytes).await,
            FromChild::Segment { rendition, number, duration_ticks, bytes } => {
                self.parts.segment(rendition, number, duration_ticks, bytes).await
            }
            FromChild::Sheet { bytes } => self.parts.sheet(bytes).await,
            FromChild::Damage(json) => self.parts.damage(&json),
            FromChild::Progress { frames } => {
                (self.progress)(self.done.advance(frames)?);
                Ok(())
            }
            message => Err(unexpected(&message)),
        }
    }
}
