//! Chapters of a film.

use serde::Serialize;
use utoipa::ToSchema;

/// A chapter of a film. It ends where the next one starts, the last with the film.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Chapter {
    /// Start in milliseconds from the beginning of the film.
    #[schema(examples(1_260_000))]
    pub(crate) start_ms: u64,
    /// Title in the master, in the master's language; null if it has none.
    #[schema(required, examples("ແມ່ນ້ຳຂອງ"))]
    pub(crate) title: Option<String>,
}

impl From<domain::chapter::Chapter> for Chapter {
    fn from(chapter: domain::chapter::Chapter) -> Self {
        Self { start_ms: chapter.start_ms, title: chapter.title }
    }
}
