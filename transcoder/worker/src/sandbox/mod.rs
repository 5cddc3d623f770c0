//! FFmpeg in a sandbox: whatever touches a master's bytes runs in a child process of its own.
//!
//! The child is this same program, started for one task as `nang media`. It gets the task on its standard input and
//! one socket, its standard output, through which it asks for ranges of the master and hands back facts, segments
//! and progress. The parent alone has storage and network; it treats the child as hostile, bounds and checks all it says,
//! and hashes and stores what comes back. A child ends with its parent: it ends itself when its socket does.

mod error;
mod facts;
mod first_sample;
mod master;
mod parts;
mod process;
mod progress;
mod refused_call;
mod session;

use std::{path::PathBuf, process::Stdio, sync::Arc};

use domain::{
    child::{FromChild, Limits, Order, Probed, Protection, SandboxMode, Task, Work},
    output::PartOutput,
};
use tokio::{io::AsyncWriteExt, net::UnixStream, process::Command, time::timeout};

pub use error::ChildError;
use master::NoMaster;
pub use master::{FileMaster, Master, StoredMaster};
use parts::Parts;
use progress::Progress;
use session::{Receiver, Session, unexpected};

use crate::objects::BuildObjects;

/// Starts sandboxed children. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// What each child may use up.
    pub limits: Limits,
    /// Whether children may run on a kernel that lacks a layer of the sandbox.
    pub mode: SandboxMode,
    executable: PathBuf,
}

impl Sandbox {
    /// A sandbox whose children run `executable media`: this very program, named `/proc/self/exe`.
    pub fn new(executable: PathBuf, limits: Limits) -> Self {
        Self { limits, mode: SandboxMode::Required, executable }
    }

    /// Asks the kernel which layers of the sandbox it has, by locking up a child that reads no master.
    pub async fn check(&self) -> Result<Protection, ChildError> {
        let mut session = self.start(0, Work::Check, self.limits.for_probing()).await?;
        let mut found = None;
        let end = session.run(Arc::new(NoMaster), &mut Checking(&mut found)).await;
        session.end(end, None).await?;
        found.ok_or_else(|| ChildError::Hostile("it ended without a word about its sandbox".to_owned()))
    }

    /// Finds out what a master is.
    pub async fn probe<M: Master>(&self, master: Arc<M>) -> Result<Probed, ChildError> {
        let size_bytes = master.size_bytes();
        let mut session = self.start(size_bytes, Work::Probe, self.limits.for_probing()).await?;
        let mut probing = Probing { size_bytes, found: None };
        let end = session.run(master, &mut probing).await;
        session.end(end, None).await?;
        probing.found.ok_or_else(|| ChildError::Hostile("it ended without facts".to_owned()))
    }

    /// Encodes one part of a plan into `objects`. `progress` is told of output frames done.
    pub async fn encode<M: Master>(
        &self,
        master: Arc<M>,
        task: Task,
        objects: BuildObjects,
        progress: impl Fn(u64) + Send,
    ) -> Result<PartOutput, ChildError> {
        let parts = Parts::new(&task, objects, &self.limits)?;
        let done = Progress::new(parts.frames());
        let mut making = Making { parts, done, progress };
        let planned = task.plan.libraries.clone();
        let work = Work::Encode(Box::new(task));
        let mut session = self.start(master.size_bytes(), work, self.limits.clone()).await?;
        let end = session.run(master, &mut making).await;
        session.end(end, planned.as_ref()).await?;
        making.parts.finish().await
    }

    /// Starts a child and gives it its order. Dropping the session kills the child.
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
            // A child that ends before it has read its order says why on the way out.
            let _ = timeout(stall, stdin.write_all(&order)).await;
        }
        Ok(session)
    }
}

/// Checking: one message about the sandbox.
struct Checking<'a>(&'a mut Option<Protection>);

impl Receiver for Checking<'_> {
    async fn receive(&mut self, message: FromChild) -> Result<(), ChildError> {
        match message {
            FromChild::Protected(json) if self.0.is_none() => {
                let unreadable = |error| ChildError::Hostile(format!("unreadable protection: {error}"));
                *self.0 = Some(serde_json::from_slice(&json).map_err(unreadable)?);
                Ok(())
            }
            message => Err(unexpected(&message)),
        }
    }
}

/// Probing: one message with the facts.
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

/// Encoding: init sections, segments, a sheet of the storyboard and progress.
struct Making<P> {
    parts: Parts,
    done: Progress,
    progress: P,
}

impl<P: Fn(u64) + Send> Receiver for Making<P> {
    async fn receive(&mut self, message: FromChild) -> Result<(), ChildError> {
        match message {
            FromChild::Init { rendition, codecs, bytes } => self.parts.init(rendition, codecs, bytes).await,
            FromChild::Segment { rendition, number, duration_ticks, bytes } => {
                self.parts.segment(rendition, number, duration_ticks, bytes).await
            }
            FromChild::Sheet { bytes } => self.parts.sheet(bytes).await,
            FromChild::Progress { frames } => {
                (self.progress)(self.done.advance(frames)?);
                Ok(())
            }
            message => Err(unexpected(&message)),
        }
    }
}
