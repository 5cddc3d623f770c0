//! H.264 levels: the capabilities that a decoder must have (ITU-T H.264, table A-1).

/// Level, macroblocks per second, macroblocks per frame, maximum bitrate and buffer in units of 1000 bits (1250 for High).
const LEVELS: [(&str, u64, u64, u64, u64); 16] = [
    ("1.0", 1485, 99, 64, 175),
    ("1.1", 3000, 396, 192, 500),
    ("1.2", 6000, 396, 384, 1000),
    ("1.3", 11_880, 396, 768, 2000),
    ("2.0", 11_880, 396, 2000, 2000),
    ("2.1", 19_800, 792, 4000, 4000),
    ("2.2", 20_250, 1620, 4000, 4000),
    ("3.0", 40_500, 1620, 10_000, 10_000),
    ("3.1", 108_000, 3600, 14_000, 14_000),
    ("3.2", 216_000, 5120, 20_000, 20_000),
    ("4.0", 245_760, 8192, 20_000, 25_000),
    ("4.1", 245_760, 8192, 50_000, 62_500),
    ("4.2", 522_240, 8704, 50_000, 62_500),
    ("5.0", 589_824, 22_080, 135_000, 135_000),
    ("5.1", 983_040, 36_864, 240_000, 240_000),
    ("5.2", 2_073_600, 36_864, 240_000, 240_000),
];

use crate::ratio::Ratio;

/// The lowest level of the High profile that allows the stream, or the highest level if none does. Old devices refuse streams
/// by their level (Apple HLS authoring 1.11).
pub(super) fn level(
    width: u32,
    height: u32,
    rate: Ratio,
    max_bitrate_bps: u64,
    buffer_bits: u64,
) -> &'static str {
    let (columns, rows) = (u64::from(width.div_ceil(16)), u64::from(height.div_ceil(16)));
    let blocks = columns * rows;
    let blocks_times_num = i128::from(blocks) * i128::from(rate.num);
    LEVELS
        .into_iter()
        .find(|&(_, per_second, per_frame, bitrate, buffer)| {
            blocks <= per_frame
                && columns * columns <= 8 * per_frame
                && rows * rows <= 8 * per_frame
                && blocks_times_num <= i128::from(per_second) * i128::from(rate.den)
                && max_bitrate_bps <= bitrate * 1250
                && buffer_bits <= buffer * 1250
        })
        .map_or("5.2", |(level, ..)| level)
}

#[cfg(test)]
mod tests {
    use super::level;
    use crate::ratio::Ratio;

    #[test]
    fn levels_are_those_of_table_a_1() {
        for (width, height, rate, bitrate_bps, expected) in [
            (1920, 1080, (25, 1), 7_800_000, "4.0"),
            (1920, 1080, (30, 1), 7_800_000, "4.0"),
            (1920, 1080, (60_000, 1001), 7_800_000, "4.2"),
            (1080, 1920, (30, 1), 7_800_000, "4.0"),
            (1920, 1080, (25, 1), 26_000_000, "4.1"),
            (1280, 720, (30, 1), 4_500_000, "3.1"),
            (1280, 720, (60, 1), 4_500_000, "3.2"),
            (640, 480, (30, 1), 1_000_000, "3.0"),
            (416, 234, (25, 1), 145_000, "1.3"),
            (176, 144, (15, 1), 60_000, "1.0"),
            (3840, 2160, (25, 1), 20_000_000, "5.1"),
            (8192, 8192, (60, 1), 20_000_000, "5.2"),
        ] {
            let rate = Ratio::new(rate.0, rate.1).unwrap();
            assert_eq!(
                level(width, height, rate, bitrate_bps, bitrate_bps),
                expected,
                "{width}×{height} {rate}"
            );
        }
    }
}
