//! The colour description of frames and of the output.
//!
//! The output's description comes from the track's parameters, never from one frame, because it is part of the init segment that all
//! chunks share. Where the master declares nothing, the output declares the convention for the master's size: otherwise a player would
//! guess from each rung's own size, and colours would shift between rungs.

use std::ffi::c_int;

use domain::{plan::VideoPlan, tone::Matrix};
use ffmpeg_next::{codec, ffi, format::Pixel, frame};

/// The colour description of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Color {
    pub(super) primaries: ffi::AVColorPrimaries,
    pub(super) transfer: ffi::AVColorTransferCharacteristic,
    pub(super) matrix: ffi::AVColorSpace,
    pub(super) full_range: bool,
}

use ffi::{
    AVColorPrimaries::{AVCOL_PRI_BT470BG, AVCOL_PRI_BT709, AVCOL_PRI_SMPTE170M, AVCOL_PRI_UNSPECIFIED},
    AVColorRange::{AVCOL_RANGE_JPEG, AVCOL_RANGE_MPEG, AVCOL_RANGE_UNSPECIFIED},
    AVColorSpace::{
        AVCOL_SPC_BT470BG, AVCOL_SPC_BT709, AVCOL_SPC_BT2020_CL, AVCOL_SPC_BT2020_NCL, AVCOL_SPC_FCC,
        AVCOL_SPC_SMPTE170M, AVCOL_SPC_SMPTE240M,
    },
    AVColorTransferCharacteristic::{AVCOL_TRC_BT709, AVCOL_TRC_SMPTE170M, AVCOL_TRC_UNSPECIFIED},
};

impl Color {
    /// Returns the colours that every reader of a JPEG file assumes (JFIF 1.02: BT.601 with all 256 steps), since the format cannot
    /// declare others. Primaries and transfer stay those of the film; the difference is invisible at the size of a thumbnail.
    pub(super) fn of_jpeg(self) -> Self {
        Self { matrix: AVCOL_SPC_BT470BG, full_range: true, ..self }
    }

    /// Returns the colours for the output of a track with these parameters: always limited range.
    fn of_track(parameters: &codec::Parameters) -> Self {
        // SAFETY: valid parameters; plain fields.
        let (primaries, transfer, matrix, width, height) = unsafe {
            let p = parameters.as_ptr();
            ((*p).color_primaries, (*p).color_trc, (*p).color_space, (*p).width, (*p).height)
        };
        let usual = Self::usual(width, height);
        Self {
            primaries: if primaries == AVCOL_PRI_UNSPECIFIED { usual.primaries } else { primaries },
            transfer: if transfer == AVCOL_TRC_UNSPECIFIED { usual.transfer } else { transfer },
            matrix: if is_known(matrix) { matrix } else { usual.matrix },
            full_range: false,
        }
    }

    /// Returns the colours of the output for a plan: those of the track, unless they are converted.
    pub(super) fn of_plan(video: &VideoPlan, parameters: &codec::Parameters) -> Self {
        if video.source.tone.is_some() { Self::of_sdr() } else { Self::of_track(parameters) }
    }

    /// The colours of ordinary screens (ITU-R BT.709).
    pub(super) fn of_sdr() -> Self {
        Self {
            primaries: AVCOL_PRI_BT709,
            transfer: AVCOL_TRC_BT709,
            matrix: AVCOL_SPC_BT709,
            full_range: false,
        }
    }

    /// The colours that a conversion reads. Only matrix and range matter to the scaler.
    pub(super) fn of_tone(matrix: Matrix) -> Self {
        let matrix = match matrix {
            Matrix::Bt2020 => AVCOL_SPC_BT2020_NCL,
            Matrix::Bt601 => AVCOL_SPC_SMPTE170M,
            Matrix::Bt709 | Matrix::Rgb => AVCOL_SPC_BT709,
        };
        Self { matrix, ..Self::of_sdr() }
    }

    /// Returns the convention for a size: ITU-R BT.709 for high definition, BT.601 below it.
    fn usual(width: c_int, height: c_int) -> Self {
        let (primaries, transfer, matrix) = if width.max(height) >= 1280 || width.min(height) > 576 {
            (AVCOL_PRI_BT709, AVCOL_TRC_BT709, AVCOL_SPC_BT709)
        } else if width.min(height) == 576 || width.min(height) == 288 {
            (AVCOL_PRI_BT470BG, AVCOL_TRC_SMPTE170M, AVCOL_SPC_BT470BG)
        } else {
            (AVCOL_PRI_SMPTE170M, AVCOL_TRC_SMPTE170M, AVCOL_SPC_SMPTE170M)
        };
        Self { primaries, transfer, matrix, full_range: false }
    }

    /// Sets the description of a frame.
    pub(super) fn mark(self, frame: &mut frame::Video) {
        // SAFETY: a valid frame whose fields callers may set; samples are not touched.
        unsafe {
            let frame = frame.as_mut_ptr();
            (*frame).color_primaries = self.primaries;
            (*frame).color_trc = self.transfer;
            (*frame).colorspace = self.matrix;
            (*frame).color_range = if self.full_range { AVCOL_RANGE_JPEG } else { AVCOL_RANGE_MPEG };
        }
    }
}

/// Returns the matrix of a frame and whether its range is full; values that the frame does not declare come from `usual`.
pub(super) fn of_frame(frame: &frame::Video, usual: Color) -> (ffi::AVColorSpace, bool) {
    // SAFETY: a valid frame; plain fields.
    let (matrix, range) = unsafe { ((*frame.as_ptr()).colorspace, (*frame.as_ptr()).color_range) };
    let matrix = if is_known(matrix) { matrix } else { usual.matrix };
    let full_by_format = matches!(
        frame.format(),
        Pixel::YUVJ420P | Pixel::YUVJ422P | Pixel::YUVJ444P | Pixel::YUVJ440P | Pixel::YUVJ411P
    );
    (matrix, range == AVCOL_RANGE_JPEG || (range == AVCOL_RANGE_UNSPECIFIED && full_by_format))
}

/// Returns libswscale's number for a matrix.
pub(super) fn swscale_matrix(matrix: ffi::AVColorSpace) -> c_int {
    // SWS_CS_* are the matrix's own numbers in ISO/IEC 23091-2.
    matrix as c_int
}

fn is_known(matrix: ffi::AVColorSpace) -> bool {
    matches!(
        matrix,
        AVCOL_SPC_BT709
            | AVCOL_SPC_FCC
            | AVCOL_SPC_BT470BG
            | AVCOL_SPC_SMPTE170M
            | AVCOL_SPC_SMPTE240M
            | AVCOL_SPC_BT2020_NCL
            | AVCOL_SPC_BT2020_CL
    )
}
