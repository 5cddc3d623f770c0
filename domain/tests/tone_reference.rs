//! Tone mapping against an independent implementation.
//!
//! The expected values come from a Python script on top of `colour-science` 0.4.7, which computes PQ, HLG, `ICtCp`, Y'C'bC'r and matrices;
//! the script adds the BT.2390 spline and the gamut reduction from their formulas. The colours are the `ColorChecker` (after November
//! 2014) adapted to D65, and the primaries and secondaries of P3 and BT.2020, at several luminances.

use domain::tone::{
    CinemaWhite, Input, Lut, Mapper, Matrix, Transform,
    ictcp::{Ictcp, delta_e},
    primaries::{BT709, BT2020},
    sdr,
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Pq1000,
    Pq4000,
    Hlg,
    Bt2020Sdr,
    CinemaXyz,
}

impl Kind {
    fn conversion(self) -> (Transform, Input) {
        let transform = match self {
            Self::Pq1000 => Transform::Pq { peak_nits: 1000 },
            Self::Pq4000 => Transform::Pq { peak_nits: 4000 },
            Self::Hlg => Transform::Hlg,
            Self::Bt2020Sdr => Transform::Bt2020Sdr,
            Self::CinemaXyz => Transform::CinemaXyz { white: CinemaWhite::D65 },
        };
        let input = if self == Self::CinemaXyz {
            Input { matrix: Matrix::Rgb, full_range: true, bit_depth: 12 }
        } else {
            Input { matrix: Matrix::Bt2020, full_range: false, bit_depth: 10 }
        };
        (transform, input)
    }
}

/// `ICtCp` of codes on an SDR display of 100 cd/m².
fn ictcp(codes: [f64; 3]) -> [f64; 3] {
    let output = Input { matrix: Matrix::Bt709, full_range: false, bit_depth: 8 };
    let light = output
        .matrix
        .to_rgb(output.signal(codes))
        .map(|signal| 100.0 * sdr::from_bt1886(signal.clamp(0.0, 1.0)));
    let row = |row: [f64; 3]| row.into_iter().zip(light).map(|(weight, component)| weight * component).sum();
    Ictcp::default().from_nits(BT709.to(BT2020).map(row))
}

/// Mean and largest of differences.
fn statistics(differences: &[f64]) -> (f64, f64) {
    let count: f64 = differences.iter().map(|_| 1.0).sum();
    let mean = differences.iter().sum::<f64>() / count;
    (mean, differences.iter().copied().fold(0.0, f64::max))
}

#[test]
fn patches_equal_the_independent_implementation() {
    for kind in [Kind::Pq1000, Kind::Pq4000, Kind::Hlg, Kind::Bt2020Sdr, Kind::CinemaXyz] {
        let (transform, input) = kind.conversion();
        let (mapper, lut) = (Mapper::new(transform, input.matrix), Lut::new(transform, input));
        let mut exact = Vec::new();
        let mut table = Vec::new();
        for (_, codes, expected) in PATCHES.iter().filter(|(patch, ..)| *patch == kind) {
            let signal = input.signal(codes.map(f64::from));
            exact.push(delta_e(ictcp(mapper.map(signal)), ictcp(*expected)));
            let sampled = lut.sample(*codes);
            table.push(delta_e(ictcp(sampled.map(|value| f64::from(value) / 256.0)), ictcp(*expected)));
        }
        let (exact, table) = (statistics(&exact), statistics(&table));
        assert!(exact.1 < 0.1, "{kind:?}: exact {exact:?}");
        assert!(table.0 < 0.5 && table.1 < 3.0, "{kind:?}: table {table:?}");
    }
}

/// Input codes, and output codes of 8 bits.
#[rustfmt::skip]
const PATCHES: &[(Kind, [u16; 3], [f64; 3])] = &[
    (Kind::Pq1000, [374, 492, 532], [97.60, 118.55, 143.81]),
    (Kind::Pq1000, [473, 495, 532], [152.41, 116.13, 151.45]),
    (Kind::Pq1000, [423, 537, 499], [122.25, 145.05, 113.98]),
    (Kind::Pq1000, [399, 480, 506], [109.97, 110.87, 122.58]),
    (Kind::Pq1000, [443, 538, 513], [134.10, 147.11, 128.22]),
    (Kind::Pq1000, [492, 513, 485], [163.93, 129.71, 89.33]),
    (Kind::Pq1000, [459, 446, 552], [141.88, 88.10, 171.82]),
    (Kind::Pq1000, [382, 566, 502], [101.25, 162.44, 116.42]),
    (Kind::Pq1000, [414, 500, 563], [113.64, 123.38, 176.58]),
    (Kind::Pq1000, [340, 543, 532], [83.09, 143.77, 141.14]),
    (Kind::Pq1000, [493, 444, 507], [166.94, 78.70, 120.58]),
    (Kind::Pq1000, [489, 433, 538], [163.69, 75.95, 158.60]),
    (Kind::Pq1000, [330, 579, 501], [78.69, 164.67, 115.73]),
    (Kind::Pq1000, [436, 472, 485], [127.59, 104.25, 95.74]),
    (Kind::Pq1000, [376, 483, 574], [92.88, 117.25, 180.19]),
    (Kind::Pq1000, [519, 420, 528], [185.31, 64.67, 147.28]),
    (Kind::Pq1000, [416, 535, 559], [115.13, 145.18, 172.47]),
    (Kind::Pq1000, [417, 547, 463], [114.21, 150.64, 77.36]),
    (Kind::Pq1000, [561, 510, 512], [208.82, 126.04, 128.04]),
    (Kind::Pq1000, [525, 512, 512], [189.16, 128.00, 128.00]),
    (Kind::Pq1000, [483, 512, 511], [159.90, 127.99, 126.77]),
    (Kind::Pq1000, [429, 512, 512], [126.01, 128.00, 128.00]),
    (Kind::Pq1000, [368, 513, 511], [95.44, 128.50, 127.20]),
    (Kind::Pq1000, [297, 513, 512], [67.96, 128.38, 127.99]),
    (Kind::Pq1000, [345, 359, 634], [76.53, 117.66, 217.25]),
    (Kind::Pq1000, [488, 379, 457], [162.88, 90.37, 50.42]),
    (Kind::Pq1000, [265, 664, 539], [49.61, 217.85, 119.35]),
    (Kind::Pq1000, [525, 357, 523], [192.67, 54.72, 134.86]),
    (Kind::Pq1000, [511, 531, 452], [171.61, 146.11, 46.15]),
    (Kind::Pq1000, [385, 598, 609], [91.26, 191.27, 208.90]),
    (Kind::Pq1000, [190, 443, 758], [75.63, 129.71, 218.67]),
    (Kind::Pq1000, [390, 335, 286], [160.32, 109.23, 44.26]),
    (Kind::Pq1000, [93, 758, 492], [59.31, 186.17, 102.73]),
    (Kind::Pq1000, [517, 266, 532], [193.92, 53.26, 137.18]),
    (Kind::Pq1000, [419, 581, 266], [166.52, 145.89, 40.36]),
    (Kind::Pq1000, [219, 689, 738], [84.95, 185.97, 213.19]),
    (Kind::Pq1000, [473, 489, 534], [152.29, 112.07, 153.78]),
    (Kind::Pq1000, [583, 493, 533], [193.16, 113.52, 155.17]),
    (Kind::Pq1000, [567, 438, 555], [167.69, 91.84, 171.71]),
    (Kind::Pq1000, [632, 411, 530], [203.97, 64.72, 147.87]),
    (Kind::Pq1000, [676, 510, 512], [234.43, 126.12, 128.04]),
    (Kind::Pq4000, [427, 490, 533], [124.24, 115.24, 148.49]),
    (Kind::Pq4000, [454, 478, 506], [140.05, 105.72, 121.30]),
    (Kind::Pq4000, [517, 441, 554], [161.39, 85.22, 175.70]),
    (Kind::Pq4000, [391, 546, 533], [105.44, 149.29, 144.83]),
    (Kind::Pq4000, [379, 584, 500], [99.04, 176.69, 111.65]),
    (Kind::Pq4000, [580, 415, 529], [198.32, 61.94, 147.86]),
    (Kind::Pq4000, [624, 510, 512], [213.29, 126.20, 128.04]),
    (Kind::Pq4000, [485, 512, 512], [156.84, 128.00, 128.00]),
    (Kind::Pq4000, [415, 321, 647], [109.61, 113.25, 209.43]),
    (Kind::Pq4000, [574, 365, 453], [182.00, 81.67, 43.57]),
    (Kind::Pq4000, [326, 679, 545], [100.31, 202.24, 121.43]),
    (Kind::Pq4000, [614, 341, 524], [211.11, 48.74, 134.34]),
    (Kind::Pq4000, [599, 532, 449], [193.82, 147.62, 38.91]),
    (Kind::Pq4000, [462, 605, 618], [117.20, 185.90, 204.22]),
    (Kind::Hlg, [357, 476, 552], [97.38, 118.62, 143.61]),
    (Kind::Hlg, [445, 575, 483], [122.37, 145.44, 114.36]),
    (Kind::Hlg, [485, 576, 514], [134.28, 147.55, 127.88]),
    (Kind::Hlg, [514, 379, 603], [141.60, 88.00, 171.72]),
    (Kind::Hlg, [428, 482, 630], [113.62, 122.98, 176.11]),
    (Kind::Hlg, [585, 364, 500], [167.05, 78.76, 120.08]),
    (Kind::Hlg, [293, 657, 492], [78.55, 164.95, 115.78]),
    (Kind::Hlg, [367, 457, 646], [92.97, 117.44, 179.62]),
    (Kind::Hlg, [433, 566, 621], [115.14, 145.36, 172.26]),
    (Kind::Hlg, [702, 508, 512], [208.70, 125.96, 128.04]),
    (Kind::Hlg, [568, 512, 511], [160.05, 128.00, 127.46]),
    (Kind::Hlg, [348, 513, 511], [95.66, 128.26, 127.58]),
    (Kind::Hlg, [363, 349, 756], [85.54, 115.76, 220.27]),
    (Kind::Hlg, [610, 273, 382], [178.60, 86.35, 42.18]),
    (Kind::Hlg, [235, 813, 539], [60.81, 223.58, 119.30]),
    (Kind::Hlg, [686, 228, 532], [206.67, 49.12, 135.24]),
    (Kind::Hlg, [652, 553, 378], [186.12, 147.36, 39.04]),
    (Kind::Hlg, [417, 694, 720], [100.36, 193.09, 211.47]),
    (Kind::Bt2020Sdr, [615, 467, 566], [152.70, 115.74, 150.83]),
    (Kind::Bt2020Sdr, [538, 581, 513], [134.30, 147.46, 127.82]),
    (Kind::Bt2020Sdr, [410, 634, 492], [101.27, 162.34, 116.48]),
    (Kind::Bt2020Sdr, [673, 353, 493], [166.82, 78.60, 120.13]),
    (Kind::Bt2020Sdr, [525, 429, 450], [127.59, 104.29, 95.12]),
    (Kind::Bt2020Sdr, [483, 562, 621], [114.91, 145.45, 172.28]),
    (Kind::Bt2020Sdr, [767, 511, 511], [191.75, 127.71, 127.56]),
    (Kind::Bt2020Sdr, [383, 513, 511], [95.75, 128.28, 127.55]),
    (Kind::Bt2020Sdr, [433, 311, 796], [85.50, 115.68, 220.28]),
    (Kind::Bt2020Sdr, [770, 217, 332], [179.92, 86.46, 41.47]),
    (Kind::Bt2020Sdr, [276, 870, 536], [61.59, 223.25, 119.38]),
    (Kind::Bt2020Sdr, [890, 149, 535], [221.81, 42.52, 135.96]),
    (Kind::Bt2020Sdr, [827, 574, 322], [191.12, 148.31, 36.21]),
    (Kind::Bt2020Sdr, [507, 744, 759], [100.34, 193.05, 211.47]),
    (Kind::Bt2020Sdr, [294, 387, 960], [84.48, 127.51, 219.52]),
    (Kind::Bt2020Sdr, [658, 189, 100], [172.44, 107.63, 37.54]),
    (Kind::Bt2020Sdr, [116, 960, 476], [66.86, 195.58, 99.31]),
    (Kind::Bt2020Sdr, [888, 64, 548], [217.87, 43.55, 138.16]),
    (Kind::Bt2020Sdr, [710, 637, 64], [179.82, 147.21, 32.87]),
    (Kind::Bt2020Sdr, [346, 835, 924], [92.48, 185.87, 213.53]),
    (Kind::CinemaXyz, [1690, 1615, 1367], [97.44, 118.55, 143.66]),
    (Kind::CinemaXyz, [2003, 2052, 2607], [122.31, 145.36, 114.44]),
    (Kind::CinemaXyz, [2312, 2254, 2875], [134.33, 147.40, 127.94]),
    (Kind::CinemaXyz, [2744, 2509, 1399], [141.56, 88.02, 171.96]),
    (Kind::CinemaXyz, [2428, 2068, 1803], [113.70, 123.09, 176.26]),
    (Kind::CinemaXyz, [2563, 2861, 1672], [166.90, 78.67, 120.02]),
    (Kind::CinemaXyz, [1477, 1333, 2414], [78.69, 164.90, 115.82]),
    (Kind::CinemaXyz, [2150, 1773, 1265], [92.76, 117.43, 179.77]),
    (Kind::CinemaXyz, [2478, 2080, 2474], [114.92, 145.47, 172.32]),
    (Kind::CinemaXyz, [3686, 3770, 3828], [223.63, 125.50, 128.02]),
    (Kind::CinemaXyz, [2629, 2687, 2778], [159.87, 128.04, 127.26]),
    (Kind::CinemaXyz, [1523, 1556, 1618], [95.60, 128.34, 127.48]),
    (Kind::CinemaXyz, [3002, 2247, 306], [85.53, 115.66, 220.27]),
    (Kind::CinemaXyz, [2378, 3437, 1203], [179.91, 86.50, 41.46]),
    (Kind::CinemaXyz, [2125, 1494, 4026], [61.46, 223.30, 119.21]),
    (Kind::CinemaXyz, [3549, 3836, 1203], [221.99, 42.42, 135.83]),
    (Kind::CinemaXyz, [2947, 3583, 4092], [191.07, 148.26, 36.18]),
    (Kind::CinemaXyz, [3423, 2518, 4026], [100.32, 193.08, 211.47]),
];
