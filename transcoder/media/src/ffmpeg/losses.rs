//! Where packets of a video track are missing or could not be decoded, in presentation time.
//!
//! A distance between two decoded frames alone is no damage: frame rates vary, and slides stay. It is damage where the container has a
//! packet whose frame never came out, where the demuxer skipped bytes, or where a packet is marked as corrupt.

use std::collections::BTreeSet;

use ffmpeg_next::Packet;

use super::extent::is_shown;

/// Packets that only say "show the frame before again" (AVI's empty chunks, MPEG-4's frames that are not coded) are smaller.
const MIN_FRAME_BYTES: usize = 16;

/// What is known to be lost between the frames that were decoded.
#[derive(Default)]
pub(super) struct Losses {
    /// Times of the packets whose frames have not come out yet.
    sent: BTreeSet<i64>,
    /// Between these times, packets may be missing.
    gaps: Vec<(i64, i64)>,
    last_packet: Option<i64>,
    /// Packets may be missing between the last packet and the next.
    is_interrupted: bool,
}

impl Losses {
    /// Records that data could not be read after the last packet.
    pub(super) fn interrupt(&mut self) {
        self.is_interrupted = true;
    }

    /// Records a packet that is sent to the decoder.
    pub(super) fn note(&mut self, packet: &Packet) {
        let Some(time) = packet.pts().or(packet.dts()) else { return };
        if self.is_interrupted || packet.is_corrupt() {
            let before = self.last_packet.unwrap_or(time);
            self.gaps.push((before.min(time), before.max(time)));
        }
        // A transport stream marks the packet before the missing ones.
        self.is_interrupted = packet.is_corrupt();
        self.last_packet = Some(time);
        if is_shown(packet) && packet.size() >= MIN_FRAME_BYTES {
            self.sent.insert(time);
        }
    }

    /// Returns the time from which a frame is held because what should follow is lost: `end` or later; `None` if nothing is lost between
    /// the frame shown at `pts`, whose own duration ends at `end`, and the next one at `next`.
    pub(super) fn held_from(&self, pts: i64, end: i64, next: i64) -> Option<i64> {
        if self.gaps.iter().any(|(from, to)| *from <= next && *to >= pts) {
            return Some(end);
        }
        let after = pts.saturating_add(1);
        let first_lost = self.sent.range(after..next.max(after)).next();
        first_lost.map(|lost| end.max(*lost))
    }

    /// Forgets losses before the frame at `pts`.
    pub(super) fn forget_before(&mut self, pts: i64) {
        self.sent = self.sent.split_off(&pts);
        self.gaps.retain(|(_, to)| *to >= pts);
    }
}
