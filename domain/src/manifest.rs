//! The record of a finished build: `manifest.json`, written last and never changed.
//!
//! It contains no id and no time, so two builds of one master with the same profile and tools have equal manifests.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{key::RenditionName, output::StoredObject, plan::Plan};

/// The contents of a build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Format of this file; 1.
    pub version: u32,
    /// SHA-256 of the master, 64 lower-case hexadecimal digits.
    pub master_sha256: String,
    /// The plan that the build was encoded from.
    pub plan: Plan,
    /// Versions of the tools that encoded it (`nang`, `libavcodec`, `libx264`, …).
    pub tools: BTreeMap<String, String>,
    /// Duration of the film.
    pub duration_ms: u64,
    /// Measured facts of each rendition, in the multivariant playlist's order.
    pub renditions: Vec<RenditionSummary>,
    /// Every object except the manifest itself, by its path within the build.
    pub objects: BTreeMap<String, StoredObject>,
}

/// Measurements of one rendition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenditionSummary {
    /// Which rendition.
    pub rendition: RenditionName,
    /// RFC 6381 codecs string.
    pub codecs: String,
    /// Average over the whole rendition, media segments only (RFC 8216 §4.3.4.2).
    pub average_bps: u64,
    /// Highest segment bitrate (RFC 8216 §4.1, peak segment bit rate).
    pub peak_bps: u64,
    /// All media segments and the init segment.
    pub size_bytes: u64,
    /// Number of media segments.
    pub segments: u32,
}
