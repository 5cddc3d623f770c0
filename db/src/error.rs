//! Errors of this crate, and the texts for violated constraints.

use domain::id::BuildId;
use sqlx::{error::ErrorKind, migrate::MigrateError};

/// Why an operation failed. Its transaction was rolled back and nothing was changed; only after a broken connection it is unknown
/// whether the transaction was committed.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The row does not exist.
    #[error("the database has no row with this id")]
    NotFound,
    /// A named constraint or rule forbids the change: the caller made a mistake, or another request was faster.
    #[error("{meaning}")]
    Conflict {
        /// Name of the constraint, or of the rule if no constraint can express it.
        constraint: String,
        /// What it means for the client: a clause without a capital and a full stop.
        meaning: &'static str,
    },
    /// The cursor belongs to another list or another sort order.
    #[error(transparent)]
    Cursor(#[from] crate::InvalidCursor),
    /// The caller no longer holds the job: the lease expired and another worker claimed the job, or the job was cancelled. The
    /// caller must discard its work.
    #[error(
        "the lease of the job was lost: it expired and another worker claimed the job, or the job was cancelled"
    )]
    LeaseLost,
    /// PostgreSQL cannot serve the request: it is down or starting, all connections are in use, it closed an idle transaction, or its
    /// disk is full ([`DbError::is_disk_full`]).
    #[error("PostgreSQL is not available; check that it runs, accepts connections and has free disk space")]
    Unavailable(#[source] sqlx::Error),
    /// A deadlock, a serialization failure, or a lock that was not granted in time. The lock order (see the documentation of this
    /// crate) makes this rare; the caller may try again.
    #[error("another transaction was changing the same rows; nothing was changed; try again")]
    Busy(#[source] sqlx::Error),
    /// PostgreSQL cancelled a statement: it took longer than its limit because the server is overloaded, or an administrator
    /// cancelled it.
    #[error(
        "PostgreSQL cancelled a statement that took too long; check the load of the database server and try again"
    )]
    TimedOut(#[source] sqlx::Error),
    /// The server is too old.
    #[error("Nang needs PostgreSQL 15 or later, but the server is version {major}; upgrade the server")]
    OldServer {
        /// The server's major version.
        major: i32,
    },
    /// The database's locale classifies only ASCII letters as letters.
    #[error(
        "the database's locale does not classify Lao letters; create the database with LC_CTYPE C.UTF-8 or another UTF-8 locale"
    )]
    AsciiLocale,
    /// The migrations could not be applied.
    #[error(
        "the database schema could not be migrated; if a newer version of Nang has used this database, run that version"
    )]
    Migrate(#[source] MigrateError),
    /// A condition that locks and guards ensure does not hold: a bug in Nang.
    #[error("bug in Nang: a consistency check failed while {0}; nothing was changed; please report this")]
    Invariant(&'static str),
    /// This version of Nang cannot read the stored plan of a build. Other builds are not affected.
    #[error(
        "the plan of build {build} cannot be read because another version of Nang stored it; encode its master again"
    )]
    UnreadablePlan {
        /// The build.
        build: BuildId,
        /// Why it cannot be read.
        #[source]
        source: serde_json::Error,
    },
    /// Any other error of PostgreSQL or its driver.
    #[error("PostgreSQL or its driver reported an unexpected error")]
    Sqlx(#[source] sqlx::Error),
}

impl DbError {
    /// Whether the disk of the database server is full. Reads still work.
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
                // Deadlock, serialization failure, and lock timeout.
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

/// Class 57P: the server is shutting down or starting, or an administrator closed the connection; 25P03: a transaction was idle for
/// too long; 53300: too many connections; 53100: disk full.
fn is_unavailable(code: &str) -> bool {
    code.starts_with("57P") || code == "25P03" || code == "53300" || code == DISK_FULL
}

const DISK_FULL: &str = "53100";

impl From<MigrateError> for DbError {
    fn from(error: MigrateError) -> Self {
        Self::Migrate(error)
    }
}

/// Returns the text for a client that violated this constraint. Constraints that only a bug in this crate can violate are
/// absent and remain [`DbError::Sqlx`].
fn meaning(constraint: &str) -> Option<&'static str> {
    Some(match constraint {
        "films_pkey"
        | "film_files_pkey"
        | "builds_pkey"
        | "users_pkey"
        | "account_sessions_pkey"
        | "invitations_pkey"
        | "preview_links_pkey"
        | "tracks_pkey"
        | "playback_sessions_pkey"
        | "genres_pkey"
        | "people_pkey"
        | "categories_pkey" => "the id is already in use",
        "films_titles_given" => "a film needs at least one title",
        "film_files_film_fkey"
        | "builds_film_fkey"
        | "playback_sessions_film_fkey"
        | "preview_links_film_fkey"
        | "film_categories_film_fkey"
        | "watch_history_film_fkey"
        | "resume_points_film_fkey"
        | "watchlist_film_fkey" => "the film does not exist",
        "films_available_in_codes" => "available_in must be ISO 3166-1 codes of two capital letters",
        "films_window_ordered" => "available_from must be before available_until",
        "films_scheduled_has_time" => {
            "publish_at is required for a scheduled film and not allowed for other films"
        }
        "preview_links_note_short" => "a note has at most 100 characters",
        "film_genres_pkey" => "a genre is listed twice",
        "film_genres_genre_fkey" => "the genre does not exist",
        "film_cast_pkey" => "a person is listed twice in the same role",
        "film_cast_person_fkey" => "the person does not exist",
        "film_categories_pkey" => "a film is listed twice",
        "genres_names_given" | "people_names_given" | "categories_names_given" => {
            "at least one name is required"
        }
        "films_slug_unique" | "genres_slug_unique" | "people_slug_unique" | "categories_slug_unique" => {
            "the slug is already in use"
        }
        "film_files_name_given" => "the file needs a name",
        "film_files_size_positive" => "the file is empty",
        "film_files_received_within_size" => "more bytes were sent than the upload's declared length",
        "film_files_sha256_form" => "the hash is not 64 lower-case hexadecimal digits",
        "playback_sessions_presentation_fkey" => "the film has no such presentation",
        "refresh_tokens_pkey" => "the token is already in use",
        "refresh_tokens_session_fkey" => "the session does not exist",
        "identities_pkey" => "the identity belongs to another account",
        "users_email_unique" => "an account with this e-mail address already exists",
        "users_email_lower_case" => "the e-mail address is empty",
        "account_sessions_user_fkey"
        | "identities_user_fkey"
        | "password_resets_user_fkey"
        | "playback_sessions_user_fkey" => "the account does not exist",
        _ => return None,
    })
}

fn general_meaning(kind: &ErrorKind) -> Option<&'static str> {
    matches!(kind, ErrorKind::UniqueViolation).then_some("it already exists")
}
