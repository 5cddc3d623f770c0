//! The look-up table and its tetrahedral interpolation in integers.

use super::{
    mapper::Mapper,
    matrix::{Input, Matrix},
    transform::Transform,
};

/// Nodes per axis. The first and last are black and white, or the ends of a colour difference, with neutral in the middle; so black,
/// neutral chroma and SDR white are exact.
pub const GRID: usize = 65;

/// Distances of neighbouring nodes in `nodes`, per component. The first component varies fastest: neighbouring samples of a frame differ
/// most in luma.
const STRIDES: [u32; 3] = [1, 65, 65 * 65];

/// Distance of the farthest corner of a cell.
const DIAGONAL: usize = 1 + 65 + 65 * 65;

/// Bits of a position within its cell. Positions are 0 to 65,536.
const FRACTION_BITS: u32 = 10;

/// Index of the last cell of an axis.
const LAST_CELL: u32 = 63;

/// Bits of a stride, below the fraction in a packed axis.
const STRIDE_BITS: u32 = 13;

/// One in the fixed-point weights.
const ONE: u32 = 1 << FRACTION_BITS;

/// Two lanes of 32 bits with 16 bits each.
const LANES: u64 = 0x0000_FFFF_0000_FFFF;

/// A transform sampled on a grid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lut {
    /// Bits per component of the input, 8 to 16.
    bits: u32,
    /// Positions of the codes of each component.
    positions: [Vec<u32>; 3],
    /// Positions of the means of two codes of the second and third component, by the sum of the codes.
    means: [Vec<u32>; 2],
    /// Nodes with the index c0 + 65 · c1 + 4225 · c2. Each packs its outputs as 16-bit numbers, the first in the lowest bits.
    nodes: Vec<u64>,
}

/// Weighted sums of one interpolation, scaled by 2¹⁰.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    /// First output in the low lane, third in the high lane.
    outer: u64,
    /// Second output.
    middle: u64,
}

impl Sums {
    pub(super) const ZERO: Self = Self { outer: 0, middle: 0 };

    /// `self + factor · other`, without overflow while the factors add up to at most 32.
    #[inline]
    pub(super) fn plus(self, other: Self, factor: u64) -> Self {
        Self { outer: self.outer + other.outer * factor, middle: self.middle + other.middle * factor }
    }

    /// The sum of the first output.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "takes the low lane")]
    pub(super) fn first(self) -> u32 {
        self.outer as u32
    }

    /// The three sums.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "takes lanes apart")]
    pub(super) fn outputs(self) -> [u32; 3] {
        [self.outer as u32, self.middle as u32, (self.outer >> 32) as u32]
    }
}

impl Lut {
    /// Samples the transform: about 275,000 evaluations.
    pub fn new(transform: Transform, input: Input) -> Self {
        let mapper = Mapper::new(transform, input.matrix);
        let reach = mapper.reach();
        let axes = [0, 1, 2].map(|component| {
            if component > 0 && input.matrix != Matrix::Rgb {
                chroma_axis(0.5 * reach[component])
            } else {
                luma_axis(reach[component])
            }
        });
        let mut nodes = Vec::with_capacity(GRID * GRID * GRID);
        for third in axes[2] {
            for second in axes[1] {
                nodes.extend(axes[0].map(|first| pack(mapper.map([first, second, third]))));
            }
        }
        let bits = input.bits();
        let at = |component: usize, code: f64| position(&axes[component], input.signal([code; 3])[component]);
        let positions = [0, 1, 2]
            .map(|component| (0..1_u32 << bits).map(|code| at(component, f64::from(code))).collect());
        let means = [1, 2]
            .map(|component| (0..2_u32 << bits).map(|sum| at(component, f64::from(sum) / 2.0)).collect());
        Self { bits, positions, means, nodes }
    }

    /// Converts the codes of one colour; codes above the bit depth count as the largest.
    ///
    /// An output is an 8-bit code times 256: luma 4096 to 60,160, chroma 4096 to 61,440.
    pub fn sample(&self, codes: [u16; 3]) -> [u16; 3] {
        let positions = [0, 1, 2].map(|component| self.position(component, codes[component]));
        // The weights add up to one, so no result is larger than the largest node.
        self.sums(positions)
            .outputs()
            .map(|sum| u16::try_from((sum + ONE / 2) >> FRACTION_BITS).unwrap_or(u16::MAX))
    }

    /// Bits per component of the input, 8 to 16.
    pub(super) fn bits(&self) -> u32 {
        self.bits
    }

    /// The position of a code of a component.
    #[inline]
    pub(super) fn position(&self, component: usize, code: u16) -> u32 {
        let positions = &self.positions[component];
        positions.get(usize::from(code)).or(positions.last()).copied().unwrap_or_default()
    }

    /// The positions of the second and third component halfway between two colours.
    #[inline]
    pub(super) fn chroma_between(&self, a: [u16; 2], b: [u16; 2]) -> [u32; 2] {
        [0, 1].map(|index| {
            let means = &self.means[index];
            let sum = usize::from(a[index]) + usize::from(b[index]);
            means.get(sum).or(means.last()).copied().unwrap_or_default()
        })
    }

    /// The nodes as outputs, in the order of their index.
    pub fn entries(&self) -> impl Iterator<Item = [u16; 3]> {
        #[expect(clippy::cast_possible_truncation, reason = "takes lanes apart")]
        self.nodes.iter().map(|node| [*node as u16, (node >> 16) as u16, (node >> 32) as u16])
    }

    /// Interpolates between the four corners of the tetrahedron that contains the position: from the cell's lowest corner along the axis
    /// with the largest fraction, then the middle, then the smallest. Sorting by minimum and maximum avoids branches that a processor
    /// cannot predict.
    #[inline]
    pub(super) fn sums(&self, position: [u32; 3]) -> Sums {
        let mut base = 0;
        let mut axes = [0; 3];
        for ((axis, stride), position) in axes.iter_mut().zip(STRIDES).zip(position) {
            // The last node is the end of the last cell.
            let cell = (position >> FRACTION_BITS).min(LAST_CELL);
            base += cell * stride;
            *axis = (position - (cell << FRACTION_BITS)) << STRIDE_BITS | stride;
        }
        let [a, b, c] = axes;
        let high = a.max(b).max(c);
        let low = a.min(b).min(c);
        let middle = a + b + c - high - low;
        let [w1, w2, w3] = [high, middle, low].map(|axis| axis >> STRIDE_BITS);
        let step = |axis: u32| (axis & ((1 << STRIDE_BITS) - 1)) as usize;
        let cell = &self.nodes[base as usize..][..=DIAGONAL];
        let corners = [
            (cell[0], ONE - w1),
            (cell[step(high)], w1 - w2),
            (cell[DIAGONAL - step(low)], w2 - w3),
            (cell[DIAGONAL], w3),
        ];
        let mut sums = Sums::ZERO;
        for (node, weight) in corners {
            sums.outer += (node & LANES) * u64::from(weight);
            sums.middle += (node >> 16 & LANES) * u64::from(weight);
        }
        sums
    }
}

/// Signals of the nodes of luma, or of R'G'B' or X'Y'Z': equally spaced.
fn luma_axis(reach: f64) -> [f64; GRID] {
    grid().map(|node| f64::from(node) / 64.0 * reach)
}

/// Signals of the nodes of a colour difference up to `reach`. Neutral is the middle. Nodes are twice as dense there as equally spaced
/// ones, and half as dense at the ends, because few colours are so saturated; by measurement this halves the mean error of the table.
fn chroma_axis(reach: f64) -> [f64; GRID] {
    grid().map(|node| {
        let part = f64::from(node) / 32.0 - 1.0;
        (0.5 * part + 0.5 * part * part * part) * reach
    })
}

/// Numbers of the nodes.
fn grid() -> [u8; GRID] {
    let mut nodes = 0..;
    [(); GRID].map(|()| nodes.next().unwrap_or_default())
}

/// The nearest position of a signal. Signals outside the axis are clamped.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most 1024 in a cell, and 64 cells"
)]
fn position(axis: &[f64; GRID], signal: f64) -> u32 {
    let cell = axis[1..GRID - 1].partition_point(|node| *node <= signal);
    let part = (signal - axis[cell]) / (axis[cell + 1] - axis[cell]);
    (cell as u32) * ONE + (part.clamp(0.0, 1.0) * f64::from(ONE)).round() as u32
}

/// Packs codes as 16-bit numbers, times 256 and rounded.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "codes are 16 to 240")]
fn pack(codes: [f64; 3]) -> u64 {
    codes
        .iter()
        .rev()
        .fold(0, |packed, code| packed << 16 | (code * 256.0).round().clamp(0.0, 65_535.0) as u64)
}
