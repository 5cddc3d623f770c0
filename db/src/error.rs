//! What can go wrong, in the words of who caused it.

use domain::id::BuildId;
use sqlx::{error::ErrorKind, migrate::MigrateError};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// There is no such row.
    #[error("not found")]
    NotFound,
    /// A named constraint forbids it. The client's mistake, or a race it lost.
    #[error("{meaning}")]
    Conflict {
        /// Name of the constraint, or of the rule when no constraint can express it.
        constraint: String,
        /// What it means, as a sentence for the client.
        meaning: &'static str,
    },
    /// The place to go on from is not one of this list, or of another order of it.
    #[error(transparent)]
    Cursor(#[from] crate::InvalidCursor),
    /// The job was taken away: the lease ran out and another worker claimed it, or it was cancelled. Nothing was changed,
    /// and the work must be thrown away.
    #[error("the lease was lost")]
    LeaseLost,
    /// No connection: the server is down, starting, or all connections are in use.
    #[error("the database cannot be reached")]
    Unavailable(#[source] sqlx::Error),
    /// Two transactions waited for each other, or one for another for too long, and this one was given up; nothing of it was done. The order of locks (see this crate's
    /// own documentation) leaves little room for it; what there is goes away by itself.
    #[error("others were changing the same things at the same moment")]
    Busy(#[source] sqlx::Error),
    /// PostgreSQL stopped a statement that took too long; nothing of its transaction was done. The server is overloaded, or somebody
    /// cancelled it.
    #[error("PostgreSQL stopped a statement that took too long")]
    TimedOut(#[source] sqlx::Error),
    /// The server is too old.
    #[error("PostgreSQL 15 or later is needed; the server is version {major}")]
    OldServer {
        /// Its major version.
        major: i32,
    },
    /// The database's locale knows no letters but ASCII's.
    #[error(
        "the database's character type does not know Lao letters; create it with LC_CTYPE C.UTF-8, or another UTF-8 locale"
    )]
    NarrowLocale,
    /// The tables could not be brought up to date.
    #[error("the database could not be migrated")]
    Migrate(#[source] MigrateError),
    /// A change that its lock and its guard made certain did not happen: a mistake in this crate.
    #[error("a guarded change found no row: {0}")]
    Invariant(&'static str),
    /// The stored plan of a build is of no form that this version of Nang reads. An error of this build alone.
    #[error("the plan of build {build} cannot be read; it was stored by another version of Nang")]
    UnreadablePlan {
        /// The build.
        build: BuildId,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// Anything else the server said.
    #[error("the database refused")]
    Sqlx(#[source] sqlx::Error),
}

impl DbError {
    /// Whether the server's disk is full. Reading still works.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Unavailable(sqlx::Error::Database(refusal)) if refusal.code().as_deref() == Some(DISK_FULL))
    }

    pub(crate) fn conflict(rule: &str, meaning: &'static str) -> Self {
        Self::Conflict { constraint: rule.to_owned(), meaning }
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(refusal) => {
                if refusal.code().is_some_and(|code| is_unavailable(&code)) {
                    return Self::Unavailable(error);
                }
                if refusal.code().is_some_and(|code| code == "57014") {
                    return Self::TimedOut(error);
                }
                // Deadlock, a transaction that cannot be put in an order with another, and a lock that was waited for too long.
                if refusal.code().is_some_and(|code| ["40P01", "40001", "55P03"].contains(&&*code)) {
                    return Self::Busy(error);
                }
                let name = refusal.constraint().unwrap_or_default();
                match meaning(name).or_else(|| general_meaning(&refusal.kind())) {
                    Some(meaning) => Self::conflict(name, meaning),
                    None => Self::Sqlx(error),
                }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed => Self::Unavailable(error),
            _ => Self::Sqlx(error),
        }
    }
}

/// Class 57: the server is shutting down, starting or was told to cut us off; 25P03: a transaction was idle for too long; 53300: too many connections; 53100: its disk is full.
fn is_unavailable(code: &str) -> bool {
    code.starts_with("57P") || code == "25P03" || code == "53300" || code == DISK_FULL
}

const DISK_FULL: &str = "53100";

impl From<MigrateError> for DbError {
    fn from(error: MigrateError) -> Self {
        Self::Migrate(error)
    }
}

/// What a client did wrong when this constraint stops it. Constraints that only a mistake in this crate can break are
/// not here and stay errors of the server.
fn meaning(constraint: &str) -> Option<&'static str> {
    Some(match constraint {
        "films_pkey"
        | "film_files_pkey"
        | "builds_pkey"
        | "users_pkey"
        | "account_sessions_pkey"
        | "invitations_pkey"
        | "playback_sessions_pkey"
        | "genres_pkey"
        | "people_pkey"
        | "categories_pkey" => "the id is already in use",
        "films_titles_given" => "a film needs at least one title",
        "film_files_film_fkey"
        | "builds_film_fkey"
        | "playback_sessions_film_fkey"
        | "film_categories_film_fkey"
        | "watch_history_film_fkey"
        | "resume_points_film_fkey"
        | "watchlist_film_fkey" => "the film does not exist",
        "films_window_ordered" => "available_from must be before available_until",
        "films_scheduled_has_time" => "a scheduled film needs publish_at, and no other film has it",
        "film_genres_pkey" => "a genre is named twice",
        "film_genres_genre_fkey" => "the genre does not exist",
        "film_cast_pkey" => "a person is named twice in one role",
        "film_cast_person_fkey" => "the person does not exist",
        "film_categories_pkey" => "a film is named twice",
        "genres_names_given" | "people_names_given" | "categories_names_given" => "it needs a name",
        "films_slug_unique" | "genres_slug_unique" | "people_slug_unique" | "categories_slug_unique" => {
            "the slug is another's"
        }
        "film_files_name_given" => "the file needs a name",
        "film_files_size_positive" => "the file is empty",
        "film_files_received_within_size" => "more bytes than the upload's declared length",
        "film_files_sha256_form" => "the hash is not 64 lower-case hexadecimal digits",
        "playback_sessions_build_fkey" => "the film has no such build",
        "refresh_tokens_pkey" => "the token is already in use",
        "refresh_tokens_session_fkey" => "the session does not exist",
        "identities_pkey" => "the identity belongs to another account",
        "users_email_unique" => "an account with this e-mail address exists already",
        "users_email_lower_case" => "the e-mail address is empty",
        "account_sessions_user_fkey"
        | "identities_user_fkey"
        | "password_resets_user_fkey"
        | "playback_sessions_user_fkey" => "the account does not exist",
        _ => return None,
    })
}

fn general_meaning(kind: &ErrorKind) -> Option<&'static str> {
    matches!(kind, ErrorKind::UniqueViolation).then_some("it exists already")
}
