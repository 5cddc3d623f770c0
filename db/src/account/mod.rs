//! Accounts: the transactions that join users, invitations, identities and sessions.

mod data;
mod delete;
mod identity;
mod invitation;
mod password;
mod update;

pub use data::{AccountData, DataSession, HistoryDay, PlaybackRecord, SavedFilm, SavedPosition, data};
pub use delete::delete;
pub use identity::find_or_link;
pub use invitation::{Acceptance, accept_invitation};
pub use password::{change_password, reset_password, set_password};
pub use update::update;
