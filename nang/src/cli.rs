//! The command line: every subcommand with its help and an example.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use db::user::Role;
use domain::catalogue::Format;

use crate::{import::ImportArgs, subtitle_file::SubtitleArg};

/// Self-hosted video pipeline and origin server for films.
#[derive(Parser)]
#[command(name = "nang", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// Settings file [default: nang.toml in the working folder, if it exists]
    #[arg(long, global = true, env = "NANG_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The subcommands.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Runs everything in one process: database, API, origin, worker and web pages
    #[command(after_help = "Example:\n  nang up --data /srv/nang --listen 0.0.0.0:8080")]
    Up(UpArgs),
    /// Runs only the API and the web pages, for an installation on several machines
    #[command(
        after_help = "Example:\n  NANG_DATABASE_URL=postgres://nang@db/nang NANG_STORAGE=file:///srv/nang/storage nang api"
    )]
    Api(ListenArgs),
    /// Runs only the origin, which serves published films to players, NGINX or a CDN
    #[command(
        after_help = "Example:\n  NANG_STORAGE=file:///srv/nang/storage NANG_PLAYBACK_KEYS_FILE=/etc/nang/playback.keys nang origin"
    )]
    Origin(ListenArgs),
    /// Runs only a worker, which probes, encodes and publishes films from the queue
    #[command(
        after_help = "Example:\n  NANG_DATABASE_URL=postgres://nang@db/nang NANG_STORAGE=file:///srv/nang/storage nang worker"
    )]
    Worker,
    /// Migrates the database to this version of Nang
    #[command(after_help = "Example:\n  NANG_DATABASE_URL=postgres://nang@db/nang nang migrate")]
    Migrate,
    /// Uploads a master and subtitles to a running server; after an interruption, the same command resumes
    #[command(
        after_help = "Examples:\n  NANG_ADMIN_EMAIL=me@example.org NANG_ADMIN_PASSWORD=… nang import film.mov --title 'The Film' --wait\n  \
                      … nang import film.mov --title 'The Film' --subtitle lo=film.lo.srt --subtitle en=film.en.vtt\n  \
                      … nang import --film 0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f --subtitle lo=film.lo.srt"
    )]
    Import(ImportArgs),
    /// Manages accounts and the catalogue, without a running server
    Admin(AdminArgs),
    /// Encodes a master to a complete HLS folder, without a server
    #[command(after_help = "Examples:\n  nang encode film.mov --out film-hls --profile default\n  \
                      nang encode film.mov --out film-hls --subtitle lo=film.lo.srt --subtitle en=film.en.vtt\n\n\
                      The exit status is 3 if the film is encoded but the master is seriously damaged: more than 1 % of its video \
                      or of an audio track, or 2 s in one place, could not be read.")]
    Encode(EncodeArgs),
    /// Shows what Nang reads from a master and how it would encode it
    #[command(after_help = "Example:\n  nang probe film.mov")]
    Probe(ProbeArgs),
    /// Shows the settings in use, secrets masked
    #[command(after_help = "Examples:\n  NANG_LISTEN=0.0.0.0:80 nang config\n  \
                      NANG_TRUSTED_PROXIES=10.0.0.2 NANG_COUNTRY_HEADER=CF-IPCountry nang config\n\n\
                      country_header names the header in which a trusted proxy or CDN writes the country of a request, so that films \
                      are played only in the countries that editors chose.")]
    Config,
    /// The sandboxed child process that reads masters; only Nang starts it
    #[command(hide = true)]
    Media,
}

/// `nang up`
#[derive(Args)]
pub(crate) struct UpArgs {
    /// Folder for all data of Nang [default: /var/lib/nang as root, else ~/.local/share/nang]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Address to listen on, where port 0 means any free port [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
}

/// `nang api`, `nang origin`
#[derive(Args)]
pub(crate) struct ListenArgs {
    /// Address to listen on, where port 0 means any free port [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
}

/// `nang encode`
#[derive(Args)]
pub(crate) struct EncodeArgs {
    /// Master file
    pub(crate) master: PathBuf,
    /// Folder for the output; it must be empty or not exist yet
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Name of a built-in profile, or path of a profile file that ends in .toml
    #[arg(long, default_value = "default")]
    pub(crate) profile: String,
    /// Subtitle file and its language, as in lo=film.lo.srt; may be repeated
    #[arg(long = "subtitle", value_name = "LANGUAGE=FILE")]
    pub(crate) subtitles: Vec<SubtitleArg>,
    /// Encoding of subtitle files that do not say it, such as windows-874
    #[arg(long, value_name = "LABEL", requires = "subtitles")]
    pub(crate) subtitle_encoding: Option<String>,
    /// Number of chunks and audio tracks to encode in parallel [default: half the number of cores, at least 2]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<usize>,
}

/// `nang probe`
#[derive(Args)]
pub(crate) struct ProbeArgs {
    /// Master file
    pub(crate) master: PathBuf,
    /// Name of a built-in profile, or path of a profile file that ends in .toml
    #[arg(long, default_value = "default")]
    pub(crate) profile: String,
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// `nang admin`
#[derive(Args)]
pub(crate) struct AdminArgs {
    /// Data folder of `nang up`; its database is used unless `NANG_DATABASE_URL` is set [default: as for `nang up`]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: AdminCommand,
}

/// The subcommands of `nang admin`.
#[derive(Subcommand)]
pub(crate) enum AdminCommand {
    /// Creates an account and prints its password once
    #[command(
        after_help = "Example:\n  nang admin create noy@films.example.la --role editor --name 'Nang Noy'"
    )]
    Create(CreateArgs),
    /// Gives an account a new password, prints it once, and ends the account's sessions
    #[command(after_help = "Example:\n  nang admin reset noy@films.example.la")]
    Reset(ResetArgs),
    /// Lists the accounts, newest first
    #[command(after_help = "Example:\n  nang admin list --role admin")]
    List(ListArgs),
    /// Imports films from a JSON or CSV file: all of them, or none if the file has an error
    #[command(after_help = "Example:\n  nang admin import-catalogue films.csv --dry-run\n\n\
                      If the file has errors, each is printed as FILE:LINE: FIELD: what to do, and the exit status is 1.")]
    ImportCatalogue(ImportCatalogueArgs),
    /// Exports all films with every field that an editor can change
    #[command(after_help = "Example:\n  nang admin export-catalogue films.csv")]
    ExportCatalogue(ExportCatalogueArgs),
}

/// `nang admin import-catalogue`
#[derive(Args)]
pub(crate) struct ImportCatalogueArgs {
    /// JSON or CSV file to import
    pub(crate) file: PathBuf,
    /// Only report the changes and the errors, and import nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// json or csv [default: from the file's extension]
    #[arg(long)]
    pub(crate) format: Option<Format>,
}

/// `nang admin export-catalogue`
#[derive(Args)]
pub(crate) struct ExportCatalogueArgs {
    /// File to write [default: standard output]
    pub(crate) file: Option<PathBuf>,
    /// json or csv [default: from the file's extension; json on standard output]
    #[arg(long)]
    pub(crate) format: Option<Format>,
}

/// `nang admin create`
#[derive(Args)]
pub(crate) struct CreateArgs {
    /// E-mail address to log in with
    pub(crate) email: String,
    /// Role: viewer, editor or admin
    #[arg(long, default_value = "admin")]
    pub(crate) role: Role,
    /// Name that is shown to others; by default the part of the e-mail address before the @
    #[arg(long)]
    pub(crate) name: Option<String>,
}

/// `nang admin reset`
#[derive(Args)]
pub(crate) struct ResetArgs {
    /// E-mail address of the account
    pub(crate) email: String,
}

/// `nang admin list`
#[derive(Args)]
pub(crate) struct ListArgs {
    /// List only accounts with this role: viewer, editor or admin
    #[arg(long)]
    pub(crate) role: Option<Role>,
}
