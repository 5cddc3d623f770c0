//! Endpoints for editors: audio and subtitle tracks of a film. Each change makes a new presentation and encodes no video.

mod change;
mod cue;
mod discard;
mod download;
mod list;
mod query;
mod subtitle;
mod unfinished_dub;

pub(crate) use change::{delete_track, order_tracks, update_track};
pub(crate) use cue::{add_cue, list_cues, remove_cue, update_cue};
pub(crate) use discard::discard_unfinished_dub;
pub(crate) use download::get_subtitle;
pub(crate) use list::list_tracks;
pub(crate) use subtitle::{add_subtitle, replace_subtitle};

// `routes!` needs these in addition to the handlers.
pub(crate) use change::{__path_delete_track, __path_order_tracks, __path_update_track};
pub(crate) use cue::{__path_add_cue, __path_list_cues, __path_remove_cue, __path_update_cue};
pub(crate) use discard::__path_discard_unfinished_dub;
pub(crate) use download::__path_get_subtitle;
pub(crate) use list::__path_list_tracks;
pub(crate) use subtitle::{__path_add_subtitle, __path_replace_subtitle};
