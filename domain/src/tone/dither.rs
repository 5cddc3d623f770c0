//! Ordered dither from 16 to 8 bits with a Bayer matrix of 8 × 8. The same frame always gives the same result, and areas that do not
//! change between frames cost an encoder no bits.

/// Thresholds in 1/256 of a code, 2 to 254: a value plus its threshold, shifted right by 8, is the code. A value that is exactly a code
/// is unchanged, and the mean of the thresholds is ½.
pub const THRESHOLDS: [[u32; 8]; 8] = thresholds();

const fn thresholds() -> [[u32; 8]; 8] {
    let mut result = [[0; 8]; 8];
    let mut y = 0;
    while y < 8 {
        let mut x = 0;
        while x < 8 {
            result[y][x] = bayer(x, y) * 4 + 2;
            x += 1;
        }
        y += 1;
    }
    result
}

/// Rank of a cell, 0 to 63: the bits of x ⊕ y and y, interleaved and reversed (Bayer 1973).
const fn bayer(x: usize, y: usize) -> u32 {
    let mixed = x ^ y;
    let mut rank = 0;
    let mut bit = 0;
    while bit < 3 {
        if mixed >> bit & 1 == 1 {
            rank |= 1 << (5 - 2 * bit);
        }
        if y >> bit & 1 == 1 {
            rank |= 1 << (4 - 2 * bit);
        }
        bit += 1;
    }
    rank
}

#[cfg(test)]
mod tests {
    use super::THRESHOLDS;

    #[test]
    fn each_rank_occurs_once() {
        let mut all: Vec<u32> = THRESHOLDS.iter().flatten().copied().collect();
        all.sort_unstable();
        assert_eq!(all, (0..64).map(|rank| rank * 4 + 2).collect::<Vec<_>>());
        // The corner of the classic matrix: 0 32 / 48 16.
        assert_eq!(
            [THRESHOLDS[0][0], THRESHOLDS[0][1], THRESHOLDS[1][0], THRESHOLDS[1][1]],
            [2, 130, 194, 66]
        );
    }

    #[test]
    fn the_mean_of_a_block_is_the_value() {
        for value in [4096, 4097, 30_000, 30_123, 60_160] {
            let sum: u32 = THRESHOLDS.iter().flatten().map(|threshold| (value + threshold) >> 8).sum();
            assert!(sum.abs_diff(value / 4) <= 1, "{value}: {sum}");
        }
    }
}
