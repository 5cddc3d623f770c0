//! Properties of tone mapping: levels, neutrality, order, accuracy of the table, and that it never changes unnoticed.

use domain::{
    hex,
    tone::{CinemaWhite, Input, Lut, Mapper, Matrix, P3Transfer, Transform, hlg, pq, primaries::BT709},
};
use sha2::{Digest as _, Sha256};

const VIDEO: Input = Input { matrix: Matrix::Bt2020, full_range: false, bit_depth: 10 };
const CINEMA: Input = Input { matrix: Matrix::Rgb, full_range: true, bit_depth: 12 };

/// Each kind of transform with its input and the signal of white.
fn cases() -> [(Transform, Input, [f64; 3]); 7] {
    // SMPTE ST 428-1: 48 cd/m² of D65, relative to 52.37 cd/m².
    let xyz = BT709.to_xyz().map(|row| (row.iter().sum::<f64>() * 48.0 / 52.37).powf(1.0 / 2.6));
    [
        (Transform::Pq { peak_nits: 1000 }, VIDEO, [pq::from_nits(1000.0); 3]),
        (Transform::Pq { peak_nits: 4000 }, VIDEO, [pq::from_nits(4000.0); 3]),
        (Transform::Hlg, VIDEO, [1.0; 3]),
        (Transform::Bt2020Sdr, VIDEO, [1.0; 3]),
        (Transform::P3 { transfer: P3Transfer::Bt1886 }, Input { matrix: Matrix::Bt709, ..VIDEO }, [1.0; 3]),
        (
            Transform::P3 { transfer: P3Transfer::Srgb },
            Input { full_range: true, matrix: Matrix::Bt601, ..VIDEO },
            [1.0; 3],
        ),
        (Transform::CinemaXyz { white: CinemaWhite::D65 }, CINEMA, xyz),
    ]
}

/// The nearest codes.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "codes have at most 12 bits")]
fn nearest(input: Input, rgb: [f64; 3]) -> [u16; 3] {
    let largest = f64::from((1_u32 << input.bit_depth) - 1);
    input.codes(input.matrix.from_rgb(rgb)).map(|code| code.round().min(largest) as u16)
}

fn sample(lut: &Lut, input: Input, rgb: [f64; 3]) -> [f64; 3] {
    lut.sample(nearest(input, rgb)).map(|value| f64::from(value) / 256.0)
}

#[test]
fn greys_stay_grey_and_in_order_from_black_to_white() {
    for (transform, input, white) in cases() {
        let lut = Lut::new(transform, input);
        // Codes of X'Y'Z' are rounded one by one, so they are not exactly grey.
        let tolerance = if input == CINEMA { 1.0 } else { 0.01 };
        let mut before = 0.0;
        for step in 0..=876 {
            let [luma, cb, cr] =
                sample(&lut, input, white.map(|component| component * f64::from(step) / 876.0));
            assert!(
                (cb - 128.0).abs() <= tolerance && (cr - 128.0).abs() <= tolerance,
                "{transform:?} {step}: {cb} {cr}"
            );
            assert!(luma >= before - 0.02, "{transform:?} {step}: {luma} after {before}");
            before = luma;
        }
        let black = lut.sample(nearest(input, [0.0; 3]));
        assert_eq!(black, [16 * 256, 128 * 256, 128 * 256], "{transform:?}");
        assert!((before - 235.0).abs() < 0.3, "{transform:?}: {before}");
    }
}

#[test]
fn reference_levels_have_the_documented_brightness() {
    // BT.2408 section 2.2: reference white is 203 cd/m², a grey card of 18 % is 26 cd/m².
    for (transform, signal, expected) in [
        (Transform::Pq { peak_nits: 1000 }, pq::from_nits(203.0), 0.903),
        (Transform::Pq { peak_nits: 4000 }, pq::from_nits(203.0), 0.825),
        (Transform::Hlg, 0.75, 0.903),
        (Transform::Pq { peak_nits: 1000 }, pq::from_nits(26.0), 0.425),
        (Transform::Pq { peak_nits: 4000 }, pq::from_nits(26.0), 0.425),
        (Transform::Hlg, hlg::oetf((26.0_f64 / 1000.0).powf(1.0 / 1.2)), 0.425),
        (Transform::Bt2020Sdr, 0.5, 0.5),
    ] {
        let mapper = Mapper::new(transform, VIDEO.matrix);
        let luma = (mapper.map(VIDEO.matrix.from_rgb([signal; 3]))[0] - 16.0) / 219.0;
        assert!((luma - expected).abs() < 0.003, "{transform:?} {signal}: {luma}");
    }
}

#[test]
fn peaks_are_limited_to_the_range_from_sdr_white_to_pq() {
    for (given, used) in [(0, 203), (100, 203), (u32::MAX, 10_000)] {
        let [a, b] = [given, used].map(|peak_nits| Mapper::new(Transform::Pq { peak_nits }, VIDEO.matrix));
        let position = VIDEO.matrix.from_rgb([0.5, 0.4, 0.55]);
        for (a, b) in a.map(position).into_iter().zip(b.map(position)) {
            assert!((a - b).abs() < 1e-12, "{given}");
        }
    }
}

#[test]
fn output_is_limited_range_for_all_inputs() {
    for (transform, input, _) in cases() {
        for [luma, cb, cr] in Lut::new(transform, input).entries() {
            assert!((16 * 256..=235 * 256).contains(&luma), "{transform:?} {luma}");
            assert!(
                [cb, cr].into_iter().all(|c| (16 * 256..=240 * 256).contains(&c)),
                "{transform:?} {cb} {cr}"
            );
        }
    }
}

#[test]
fn cinema_white_is_adapted_only_if_asked() {
    // The white of SMPTE RP 431-2 at 48 cd/m².
    let white = [0.314 / 0.351, 1.0, 0.335 / 0.351].map(|c: f64| (c * 48.0 / 52.37).powf(1.0 / 2.6));
    let map = |white_of| Mapper::new(Transform::CinemaXyz { white: white_of }, Matrix::Rgb).map(white);
    let [luma, cb, cr] = map(CinemaWhite::Dci);
    assert!((luma - 235.0).abs() < 0.1 && (cb - 128.0).abs() < 0.1 && (cr - 128.0).abs() < 0.1);
    let [_, cb, cr] = map(CinemaWhite::D65);
    assert!(cb < 127.0 && cr < 127.0, "greenish: {cb} {cr}");
}

#[test]
fn a_plan_stores_conversions_as_json() {
    for (transform, json) in [
        (Transform::Pq { peak_nits: 1000 }, r#"{"kind":"pq","peak_nits":1000}"#),
        (Transform::Hlg, r#"{"kind":"hlg"}"#),
        (Transform::Bt2020Sdr, r#"{"kind":"bt2020_sdr"}"#),
        (Transform::P3 { transfer: P3Transfer::Gamma26 }, r#"{"kind":"p3","transfer":"gamma26"}"#),
        (Transform::CinemaXyz { white: CinemaWhite::Dci }, r#"{"kind":"cinema_xyz","white":"dci"}"#),
    ] {
        assert_eq!(serde_json::to_string(&transform).unwrap(), json);
        assert_eq!(serde_json::from_str::<Transform>(json).unwrap(), transform);
    }
    let without_white = serde_json::from_str::<Transform>(r#"{"kind":"cinema_xyz"}"#).unwrap();
    assert_eq!(without_white, Transform::CinemaXyz { white: CinemaWhite::D65 });
    let json = r#"{"matrix":"bt2020","full_range":false,"bit_depth":10}"#;
    assert_eq!(serde_json::to_string(&VIDEO).unwrap(), json);
}

/// Films that are encoded in parts need the same table in each part. Change these values only with a change of the look.
#[test]
fn tables_never_change_unnoticed() {
    for (transform, input, expected) in [
        (
            Transform::Pq { peak_nits: 1000 },
            VIDEO,
            "28ce7cc871a410aa5e69fcfe2cb0d83e9b3efff25369770df5f355f68720e976",
        ),
        (Transform::Hlg, VIDEO, "f1d32afd124b4f25f631d02929440d92c6eaa32a7ae574434fad4b07a9b4b6b8"),
        (
            Transform::CinemaXyz { white: CinemaWhite::D65 },
            CINEMA,
            "6eb916ed9dda6903fbd70c027dfc17baebe756611690e2489574bfe686df7deb",
        ),
    ] {
        let mut hash = Sha256::new();
        for entry in Lut::new(transform, input).entries() {
            hash.update(entry.map(u16::to_le_bytes).as_flattened());
        }
        assert_eq!(hex::encode(&hash.finalize()), expected, "{transform:?}");
    }
}
