//! Pseudorandom numbers that depend only on a text.

/// A sequence of numbers (`SplitMix64`, seeded with the FNV-1a hash of a text).
pub(super) struct Seed(u64);

impl Seed {
    pub(super) fn of(text: &str) -> Self {
        let start = 0xcbf2_9ce4_8422_2325;
        Self(text.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number from `low` to `high`.
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        let unit = f32::from(u16::try_from(self.next() >> 48).unwrap_or(u16::MAX)) / 65_536.0;
        low + (high - low) * unit
    }

    /// Returns a number of `0..count`.
    pub(super) fn below(&mut self, count: u32) -> u32 {
        u32::try_from(self.next() >> 33).unwrap_or(0) % count.max(1)
    }

    /// Returns true once in `count` calls, on average.
    pub(super) fn once_in(&mut self, count: u32) -> bool {
        self.below(count) == 0
    }
}
