//! The command line: every subcommand with its help and an example.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use db::user::Role;
use domain::catalogue::Format;

use crate::import::ImportArgs;

/// Self-hosted video pipeline and origin server for films.
#[derive(Parser)]
#[command(name = "nang", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// Settings file; `nang.toml` in the working folder is read when it exists.
    #[arg(long, global = true, env = "NANG_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to be or do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Everything in one process: database, API, origin, worker and web pages
    #[command(after_help = "Example:\n  nang up --data /srv/nang --listen 0.0.0.0:8080")]
    Up(UpArgs),
    /// The API and the web pages alone; for several machines
    #[command(
        after_help = "Example:\n  NANG_DATABASE_URL=postgres://nang@db/nang NANG_STORAGE=file:///srv/nang/storage nang api"
    )]
    Api(ListenArgs),
    /// The origin alone: serves published films to players, NGINX or a CDN
    #[command(
        after_help = "Example:\n  NANG_STORAGE=file:///srv/nang/storage NANG_PLAYBACK_KEYS_FILE=/etc/nang/playback.keys nang origin"
    )]
    Origin(ListenArgs),
    /// A worker alone: probes, encodes and publishes films from the queue
    #[command(
        after_help = "Example:\n  NANG_DATABASE_URL=postgres://nang@db/nang NANG_STORAGE=file:///srv/nang/storage nang worker"
    )]
    Worker,
    /// Brings the database's tables up to this version
    #[command(after_help = "Example:\n  NANG_DATABASE_URL=postgres://nang@db/nang nang migrate")]
    Migrate,
    /// Uploads a master to a running server, resumably
    #[command(
        after_help = "Example:\n  NANG_ADMIN_EMAIL=me@example.org NANG_ADMIN_PASSWORD=… nang import film.mov --title 'The Film' --wait"
    )]
    Import(ImportArgs),
    /// Accounts and the catalogue, without a server running
    Admin(AdminArgs),
    /// Encodes a master into a finished HLS folder, without a server
    #[command(after_help = "Example:\n  nang encode film.mov --out film-hls --profile default")]
    Encode(EncodeArgs),
    /// Shows what Nang sees in a master, and what it would make of it
    #[command(after_help = "Example:\n  nang probe film.mov")]
    Probe(ProbeArgs),
    /// Shows the settings in force, secrets masked
    #[command(after_help = "Example:\n  NANG_LISTEN=0.0.0.0:80 nang config")]
    Config,
    /// The sandboxed child process that reads masters; only a worker starts it
    #[command(hide = true)]
    Media,
}

/// `nang up`
#[derive(Args)]
pub(crate) struct UpArgs {
    /// Folder for everything Nang keeps [default: /var/lib/nang as root, else ~/.local/share/nang]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Address to serve on [default: 127.0.0.1:8080]; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
}

/// `nang api`, `nang origin`
#[derive(Args)]
pub(crate) struct ListenArgs {
    /// Address to serve on [default: 127.0.0.1:8080]; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
}

/// `nang encode`
#[derive(Args)]
pub(crate) struct EncodeArgs {
    /// The master
    pub(crate) master: PathBuf,
    /// Folder to make; it must not exist or be empty
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Name of a shipped profile, or a profile file ending in .toml
    #[arg(long, default_value = "default")]
    pub(crate) profile: String,
    /// Chunks encoded at once [default: by cores and the film's chunks]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<usize>,
}

/// `nang probe`
#[derive(Args)]
pub(crate) struct ProbeArgs {
    /// The master
    pub(crate) master: PathBuf,
    /// Name of a shipped profile, or a profile file ending in .toml
    #[arg(long, default_value = "default")]
    pub(crate) profile: String,
    /// JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// `nang admin`
#[derive(Args)]
pub(crate) struct AdminArgs {
    /// The data folder of `nang up`, whose own database is used when no other is set [default: as `nang up`]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: AdminCommand,
}

/// What to do to accounts or the catalogue.
#[derive(Subcommand)]
pub(crate) enum AdminCommand {
    /// Makes an account and prints its password, once
    #[command(
        after_help = "Example:\n  nang admin create noy@films.example.la --role editor --name 'Nang Noy'"
    )]
    Create(CreateArgs),
    /// Gives an account a new password, prints it once, and ends its logins
    #[command(after_help = "Example:\n  nang admin reset noy@films.example.la")]
    Reset(ResetArgs),
    /// Lists the accounts, newest first
    #[command(after_help = "Example:\n  nang admin list --role admin")]
    List(ListArgs),
    /// Takes films in from a JSON or CSV file, all of them or none
    #[command(
        after_help = "Example:\n  nang admin import-catalogue films.csv --dry-run\n\nErrors are told as FILE:LINE: FIELD: what to do; the status is then 1."
    )]
    ImportCatalogue(ImportCatalogueArgs),
    /// Writes all films with everything an editor can change
    #[command(after_help = "Example:\n  nang admin export-catalogue films.csv")]
    ExportCatalogue(ExportCatalogueArgs),
}

/// `nang admin import-catalogue`
#[derive(Args)]
pub(crate) struct ImportCatalogueArgs {
    /// What an export, or an editor, wrote
    pub(crate) file: PathBuf,
    /// Only say what would be done, and what is wrong
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// json or csv [default: as the file's name ends]
    #[arg(long)]
    pub(crate) format: Option<Format>,
}

/// `nang admin export-catalogue`
#[derive(Args)]
pub(crate) struct ExportCatalogueArgs {
    /// File to write [default: the standard output]
    pub(crate) file: Option<PathBuf>,
    /// json or csv [default: as the file's name ends; json on the standard output]
    #[arg(long)]
    pub(crate) format: Option<Format>,
}

/// `nang admin create`
#[derive(Args)]
pub(crate) struct CreateArgs {
    /// Address to log in with
    pub(crate) email: String,
    /// viewer, editor or admin
    #[arg(long, default_value = "admin")]
    pub(crate) role: Role,
    /// Name shown to others (default: the part of the address before its at sign)
    #[arg(long)]
    pub(crate) name: Option<String>,
}

/// `nang admin reset`
#[derive(Args)]
pub(crate) struct ResetArgs {
    /// Address of the account
    pub(crate) email: String,
}

/// `nang admin list`
#[derive(Args)]
pub(crate) struct ListArgs {
    /// Only viewers, editors or admins
    #[arg(long)]
    pub(crate) role: Option<Role>,
}
