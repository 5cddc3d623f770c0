//! Why a document of a package cannot be read.

use super::{
    AssetId, MAX_ASSETS, MAX_ATTRIBUTES, MAX_DEPTH, MAX_NAMESPACES, MAX_NODES, MAX_REELS, MAX_TRACKS,
};

/// Why a document is refused. The text is a clause without the document's name, which the caller adds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// It exceeds the limit for its kind.
    #[error("it has {bytes} bytes, and the limit is {max}; check that it is the document of the package")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Its bytes are not the text that XML requires.
    #[error("its text is not Unicode (UTF-8 or UTF-16); it is damaged, so copy the package again")]
    NotUnicode,
    /// It is not well-formed XML.
    #[error("line {line}, column {column}: {detail}; the document is damaged, so copy the package again")]
    Damaged {
        /// Line, from 1.
        line: u32,
        /// Column in characters, from 1.
        column: u32,
        /// What the XML parser found.
        detail: String,
    },
    /// It declares a document type, whose entities can make a small document large. Those of packages have none.
    #[error(
        "it has a document type declaration (DOCTYPE), which documents of a DCP do not have; export the package again"
    )]
    DocumentType,
    /// Its elements and texts, or the attributes of all elements, exceed [`MAX_NODES`].
    #[error("it has more than {MAX_NODES} elements, texts or attributes; check what it is")]
    TooManyNodes,
    /// It exceeds [`MAX_DEPTH`].
    #[error("its elements are nested more than {MAX_DEPTH} deep; check what it is")]
    TooDeep,
    /// An element exceeds [`MAX_ATTRIBUTES`].
    #[error("one of its elements has more than {MAX_ATTRIBUTES} attributes; check what it is")]
    TooManyAttributes,
    /// It exceeds [`MAX_NAMESPACES`].
    #[error("it declares more than {MAX_NAMESPACES} namespaces; check what it is")]
    TooManyNamespaces,
    /// It exceeds [`MAX_ASSETS`].
    #[error("it lists more than {MAX_ASSETS} assets; check what it is")]
    TooManyAssets,
    /// It exceeds [`MAX_REELS`].
    #[error("it has more than {MAX_REELS} reels; check what it is")]
    TooManyReels,
    /// A reel exceeds [`MAX_TRACKS`].
    #[error("line {line}: a reel has more than {MAX_TRACKS} tracks; check what the document is")]
    TooManyTracks {
        /// Line of the track that is too many, from 1.
        line: u32,
    },
    /// It is another kind of document.
    #[error("it is a document of the kind <{found}>, not <{expected}>; name the right file")]
    OtherKind {
        /// Name of its first element, cut to 64 characters.
        found: String,
        /// The name that it should have.
        expected: &'static str,
    },
    /// A required element is absent.
    #[error("line {line}: <{parent}> has no <{element}>; export the package again")]
    Missing {
        /// Line of the parent, from 1.
        line: u32,
        /// The parent.
        parent: String,
        /// The element that is absent.
        element: &'static str,
    },
    /// An element's text does not have its type.
    #[error("line {line}: <{element}> is {value:?}, not {expected}; export the package again")]
    Invalid {
        /// Line, from 1.
        line: u32,
        /// The element.
        element: &'static str,
        /// Its text, cut to 64 characters.
        value: String,
        /// What it should be, with an article.
        expected: &'static str,
    },
    /// The package is divided (ST 429-9:2014 §5.4, `VolumeCount`).
    #[error("the package is divided into {volumes} volumes; copy it to one volume first")]
    SeveralVolumes {
        /// What the document says.
        volumes: u32,
    },
    /// A file is divided or is a part of another (ST 429-9:2014 §7.2 and §7.3).
    #[error(
        "line {line}: asset {id} is divided into chunks; copy the package so that each asset is one file"
    )]
    SeveralChunks {
        /// Line, from 1.
        line: u32,
        /// The asset.
        id: AssetId,
    },
    /// A path is not one of a file in the package's folder.
    #[error(
        "line {line}: the path {path:?} of asset {id} is not within the folder of the package; export the package again"
    )]
    UnsafePath {
        /// Line, from 1.
        line: u32,
        /// The asset.
        id: AssetId,
        /// The path, cut to 64 characters.
        path: String,
    },
    /// An id occurs twice with different values.
    #[error("line {line}: asset {id} is listed twice with different values; export the package again")]
    Contradiction {
        /// Line of the second, from 1.
        line: u32,
        /// The asset.
        id: AssetId,
    },
}
