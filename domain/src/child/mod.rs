//! The protocol between a worker and its sandboxed child process: task, limits, messages and protocol frames.
//!
//! Both sides use these types and neither trusts the other, so this module contains every limit that a reader must check. It
//! does no I/O.

mod limits;
mod message;
mod protection;
mod subtitle_piece;
mod task;
mod wire;

pub use limits::Limits;
pub use message::{Failure, FromChild, FromParent};
pub use protection::{Layer, MissingLayer, Protection, REFUSED_CALL_LINE, REFUSED_CALL_STATUS, SandboxMode};
pub use subtitle_piece::{MAX_PIECE_BYTES, SubtitlePiece};
pub use task::{Analysed, MAX_ORDER_BYTES, Order, Part, Probed, Task, Work};
pub use wire::{Frame, HEADER_BYTES, MAX_READ_BYTES, SEGMENT_KIND, WireError, header, printable};
