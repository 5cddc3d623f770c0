//! A link to a service that becomes slow: it delays all bytes, and limits how many are on their way.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_util::task::AbortOnDropHandle;

/// Pieces of one direction of a connection that are on their way.
const PIECES: usize = 16;
const PIECE_BYTES: usize = 64 << 10;

/// A TCP proxy in front of a service. Dropping it closes its port.
pub struct SlowLink {
    pub address: SocketAddr,
    delay_ms: Arc<AtomicU64>,
    _task: AbortOnDropHandle<()>,
}

impl SlowLink {
    /// Starts a proxy without delay.
    pub async fn start(service: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let delay_ms = Arc::new(AtomicU64::new(0));
        let shared = delay_ms.clone();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(service) = TcpStream::connect(service).await else { continue };
                let ((from, back), (answer, to)) = (client.into_split(), service.into_split());
                tokio::spawn(copy(from, to, shared.clone()));
                tokio::spawn(copy(answer, back, shared.clone()));
            }
        });
        Self { address, delay_ms, _task: AbortOnDropHandle::new(task) }
    }

    /// From now on, bytes take this long in each direction.
    pub fn set_delay(&self, delay: Duration) {
        self.delay_ms.store(u64::try_from(delay.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay_ms: Arc<AtomicU64>) {
    let (sender, mut pieces) = mpsc::channel::<(Instant, Vec<u8>)>(PIECES);
    let write = async move {
        while let Some((at, piece)) = pieces.recv().await {
            sleep_until(at).await;
            if to.write_all(&piece).await.is_err() {
                break;
            }
        }
    };
    let read = async move {
        loop {
            let mut piece = vec![0; PIECE_BYTES];
            let Ok(length @ 1..) = from.read(&mut piece).await else { break };
            piece.truncate(length);
            let at = Instant::now() + Duration::from_millis(delay_ms.load(Ordering::Relaxed));
            if sender.send((at, piece)).await.is_err() {
                break;
            }
        }
    };
    tokio::join!(write, read);
}
