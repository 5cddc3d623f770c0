//! Why no film can be made of a package.

use super::{AssetId, DocumentError, TrackKind};
use crate::ratio::Ratio;

/// Why a package is refused. The texts are for editors: what is wrong, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// A document cannot be read.
    #[error("{path}: {error}")]
    Document {
        /// Path of the document.
        path: String,
        /// What is wrong with it.
        error: DocumentError,
    },
    /// The asset map names no packing list.
    #[error(
        "The package has no packing list: no asset of its asset map is marked as one. It is incomplete; copy the whole package again."
    )]
    NoPackingList,
    /// No document of the package is a composition.
    #[error(
        "The package has no composition playlist (CPL), so there is no film in it. Deliver the whole DCP, with all its XML documents."
    )]
    NoComposition,
    /// The composition that was chosen is not in the package.
    #[error("The package has no composition {id}. Choose one of the compositions that it lists.")]
    UnknownComposition {
        /// The id that was asked for.
        id: AssetId,
    },
    /// The composition has no reels.
    #[error("The composition {title:?} has no reels. Export the DCP again.")]
    NoReels {
        /// Title of the composition.
        title: String,
    },
    /// A reel has no video.
    #[error("Reel {reel} has no video. Deliver a DCP in which each reel has video.")]
    NoVideo {
        /// Number of the reel, from 1.
        reel: usize,
    },
    /// The video is for both eyes.
    #[error("Reel {reel} is stereoscopic (3D). Deliver the 2D version of the DCP.")]
    Stereoscopic {
        /// Number of the reel, from 1.
        reel: usize,
    },
    /// A track is encrypted.
    #[error(
        "The {} of reel {reel} is encrypted. Deliver an unencrypted DCP; Nang accepts no keys (KDM or DKDM).", kind.name()
    )]
    Encrypted {
        /// What the first encrypted track contains.
        kind: TrackKind,
        /// Number of its reel, from 1.
        reel: usize,
    },
    /// Assets are not in the package: it is a version file (VF) without its original version (OV).
    #[error(
        "The package is a version file: {} to the original version ({}). Deliver the original version and the version file together, or a complete DCP.",
        if *count == 1 { "an asset is not in it and belongs".to_owned() } else { format!("{count} assets are not in it and belong") },
        listed(examples, *count)
    )]
    VersionFile {
        /// Number of the assets that are not in the package.
        count: usize,
        /// The first of them: kind and id of the asset, and number of the reel, from 1.
        examples: Vec<(TrackKind, AssetId, usize)>,
    },
    /// A packing list has the asset, but the asset map does not.
    #[error("Asset {id} ({} of reel {reel}) is in a packing list but not in the asset map, so its file is unknown. Export the DCP again.", kind.name())]
    NotMapped {
        /// The asset.
        id: AssetId,
        /// What it contains.
        kind: TrackKind,
        /// Number of the reel, from 1.
        reel: usize,
    },
    /// The asset map has the asset, but no packing list does.
    #[error("{path} ({} of reel {reel}) is in no packing list of the package, so its size and hash are unknown. Deliver the package with all its packing lists.", kind.name())]
    NotPacked {
        /// Path of the file.
        path: String,
        /// What it contains.
        kind: TrackKind,
        /// Number of the reel, from 1.
        reel: usize,
    },
    /// A file is missing.
    #[error("{path} ({} of reel {reel}) is missing. Copy the whole package again.", kind.name())]
    FileMissing {
        /// Path of the file.
        path: String,
        /// What it contains.
        kind: TrackKind,
        /// Number of the reel, from 1.
        reel: usize,
    },
    /// A file does not have the size that the packing list says.
    #[error(
        "{path} has {actual} bytes, and according to the packing list it should have {expected}. Copy it again."
    )]
    FileSize {
        /// Path of the file.
        path: String,
        /// Size in the packing list.
        expected: u64,
        /// Size of the file.
        actual: u64,
    },
    /// Nothing of a track is played.
    #[error(
        "The {} of reel {reel} starts at edit unit {entry_point} of {intrinsic_duration}, and nothing of it would be played. Export the DCP again.",
        kind.name()
    )]
    NothingPlayed {
        /// What the track contains.
        kind: TrackKind,
        /// Number of the reel, from 1.
        reel: usize,
        /// First unit that is played.
        entry_point: u64,
        /// Duration of the asset.
        intrinsic_duration: u64,
    },
    /// A track is played beyond its end.
    #[error(
        "The {} of reel {reel} is played from edit unit {entry_point} to {end}, but its asset has only {intrinsic_duration}. Export the DCP again.",
        kind.name()
    )]
    BeyondEnd {
        /// What the track contains.
        kind: TrackKind,
        /// Number of the reel, from 1.
        reel: usize,
        /// First unit that is played.
        entry_point: u64,
        /// Unit after the last that is played.
        end: u64,
        /// Duration of the asset.
        intrinsic_duration: u64,
    },
    /// The video of a reel has another edit rate than that of the first.
    #[error(
        "Reel {reel} has {rate} edit units per second, and reel 1 has {first}. Deliver a DCP with one edit rate."
    )]
    EditRates {
        /// Number of the reel, from 1.
        reel: usize,
        /// Its rate.
        rate: Ratio,
        /// Rate of the first reel.
        first: Ratio,
    },
}

fn listed(examples: &[(TrackKind, AssetId, usize)], count: usize) -> String {
    let mut texts: Vec<String> =
        examples.iter().map(|(kind, id, reel)| format!("{} of reel {reel}: {id}", kind.name())).collect();
    if let Some(more) = count.checked_sub(examples.len()).filter(|more| *more > 0) {
        texts.push(format!("and {more} more"));
    }
    texts.join("; ")
}
