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
mod session;

use std::{path::PathBuf, process::Stdio, sync::Arc};

use domain::{
    child::{FromChild, Limits, Order, Probed, Task, Work},
    key::BuildRoot,
    output::PartOutput,
};
use storage::Storage;
use tokio::{io::AsyncWriteExt, net::UnixStream, process::Command, time::timeout};

pub use error::ChildError;
pub use master::{FileMaster, Master, StoredMaster};
use parts::Parts;
use session::{Receiver, Session, unexpected};

/// Starts sandboxed children. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// What each child may use up.
    pub limits: Limits,
    executable: PathBuf,
}

impl Sandbox {
    /// A sandbox whose children run `executable media`: this very program, named `/proc/self/exe`.
    pub fn new(executable: PathBuf, limits: Limits) -> Self {
        Self { limits, executable }
    }

    /// Finds out what a master is.
    pub async fn probe<M: Master>(&self, master: Arc<M>) -> Result<Probed, ChildError> {
        let mut session = self.start(&master, Work::Probe).await?;
        let mut found = None;
        let end = session.run(master, &mut found).await;
        session.end(end, None).await?;
        found.ok_or_else(|| ChildError::Hostile("it ended without facts".to_owned()))
    }

    /// Encodes one part of a plan into `storage` below `root`. `progress` is told of output frames done.
    pub async fn encode<M: Master>(
        &self,
        master: Arc<M>,
        task: Task,
        storage: &Storage,
        root: BuildRoot,
        progress: impl Fn(u64) + Send,
    ) -> Result<PartOutput, ChildError> {
        let parts = Parts::new(&task, storage, root, &self.limits)?;
        let mut making = Making { parts, progress };
        let planned = task.plan.libraries.clone();
        let mut session = self.start(&master, Work::Encode(Box::new(task))).await?;
        let end = session.run(master, &mut making).await;
        session.end(end, planned.as_ref()).await?;
        making.parts.finish().await
    }

    /// Starts a child and gives it its order. Dropping the session kills the child.
    async fn start<M: Master>(&self, master: &Arc<M>, work: Work) -> Result<Session, ChildError> {
        let order = Order {
            address_space_bytes: self.limits.address_space_bytes,
            cpu_seconds: self.limits.cpu.as_secs().max(1),
            master_bytes: master.size_bytes(),
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
            .kill_on_drop(true)
            .spawn()
            .map_err(ChildError::Start)?;
        let stdin = child.stdin.take();
        let session =
            Session::new(self.limits.clone(), child, UnixStream::from_std(ours).map_err(ChildError::Start)?);
        if let Some(mut stdin) = stdin {
            // A child that ends before it has read its order says why on the way out.
            let _ = timeout(self.limits.stall, stdin.write_all(&order)).await;
        }
        Ok(session)
    }
}

/// Probing: one message with the facts.
impl Receiver for Option<Probed> {
    async fn receive(&mut self, message: FromChild) -> Result<(), ChildError> {
        match message {
            FromChild::Probed(json) if self.is_none() => {
                *self = Some(facts::parse_probed(&json)?);
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

impl<P: Fn(u64) + Send> Receiver for Making<P> {
    async fn receive(&mut self, message: FromChild) -> Result<(), ChildError> {
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
