//! A connection to a client. It yields to the other connections after each turn, and fails when its client reads nothing for
//! too long.
//!
//! Turns: the kernel may accept megabytes for one client at once. Without turns, the server would write until the kernel's
//! buffer is full while all other clients wait, and the bytes would leave the processor's cache long before they are read. With
//! 64 clients on two cores, writing [`TURN_BYTES`] to each in turn sends at least twice as many bytes per second.
//!
//! Stalls: hyper limits how long a client may take to send a request, not how long it may take to read the response. Without
//! this limit, a client that stops reading would hold its connection and the queued bytes for ever. A slow client that reads
//! anything at all stays connected.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::time::{Instant, Sleep, sleep};

const TURN_BYTES: usize = 128 * 1024;

pub(crate) struct ClientStream<T> {
    io: T,
    /// Bytes written since this client's task began to run.
    turn_bytes: usize,
    stall_limit: Duration,
    /// Started by the first write that must wait. Writes do not reset it: when it fires, the connection ends if no bytes were
    /// written since. So a stall ends a connection after one to two limits.
    alarm: Option<Pin<Box<Sleep>>>,
    wrote: bool,
}

impl<T: Write + Unpin> ClientStream<T> {
    pub(crate) fn new(io: T, stall_limit: Duration) -> Self {
        Self { io, turn_bytes: 0, stall_limit, alarm: None, wrote: false }
    }

    fn write(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut T>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if self.turn_bytes >= TURN_BYTES {
            self.turn_bytes = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        match write(Pin::new(&mut self.io), cx) {
            Poll::Ready(written) => {
                self.wrote = true;
                self.turn_bytes += written.as_ref().map_or(0, |bytes| *bytes);
                Poll::Ready(written)
            }
            Poll::Pending => {
                self.turn_bytes = 0;
                self.wait(cx)
            }
        }
    }

    /// Fails if no bytes were written between two alarms.
    fn wait<R>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<R>> {
        let limit = self.stall_limit;
        let alarm = self.alarm.get_or_insert_with(|| {
            self.wrote = false;
            Box::pin(sleep(limit))
        });
        while alarm.as_mut().poll(cx).is_ready() {
            if !std::mem::take(&mut self.wrote) {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            alarm.as_mut().reset(Instant::now() + limit);
        }
        Poll::Pending
    }
}

impl<T: Read + Unpin> Read for ClientStream<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<T: Write + Unpin> Write for ClientStream<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.write(cx, |io, cx| io.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(cx, |io, cx| io.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
