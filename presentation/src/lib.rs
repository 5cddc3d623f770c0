//! Makes presentations. Publishing a build, adding, replacing or changing a track, and restoring an earlier presentation all go
//! through this crate, in the API and in the worker.
//!
//! A presentation is made in three steps: its row is inserted, which keeps the builds that it names; its objects are stored; and the
//! film shows it. A crash in between leaves a row that is never shown, and a sweep deletes it with its objects.

mod dub;
mod edit;
mod error;
mod make;
mod publish;
mod record;
mod subtitle;

pub use dub::with_dub;
pub use edit::edit;
pub use error::PresentationError;
pub use make::{Draft, make};
pub use publish::publish_build;
pub use record::{load_builds, read_record};
pub use subtitle::{NewSubtitleTrack, put_subtitle};
