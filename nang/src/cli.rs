//! The command line: every subcommand with its help and an example.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use db::user::Role;
use domain::catalogue::Format;

use crate::{import::ImportArgs, storage_tool::StorageArgs, subtitle_file::SubtitleArg};

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
    #[command(after_help = "Examples:\n  \
                      NANG_DATABASE_URL=postgres://nang@db/nang NANG_STORAGE=file:///srv/nang/storage nang worker\n  \
                      … nang worker --exit-when-idle\n  \
                      nang worker --server https://films.example.la --token-file worker.token\n\n\
                      With --server, the worker has neither a database nor a storage: it reads masters and delivers films over HTTPS, in the \
                      same sandbox. An admin can revoke its token at any time.\n\
                      At SIGTERM, the worker returns its jobs to the queue and ends; another worker does them again.")]
    Worker(WorkerArgs),
    /// Migrates the database to this version of Nang
    #[command(after_help = "Example:\n  NANG_DATABASE_URL=postgres://nang@db/nang nang migrate")]
    Migrate,
    /// Backs up the database, the list of objects, and the keys, while the server runs
    #[command(
        after_help = "Examples:\n  nang backup /backup/nang-2026-12-01 --recipient age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kudqfm4\n  \
                      nang backup /backup/nang.tar --data /srv/nang --recipient 'ssh-ed25519 AAAA…'\n\n\
                      `age-keygen -o backup.key` makes a recipient and its identity; keep the identity apart from the backup and from this \
                      machine. Only the keys are encrypted: the dump has personal data, so keep the backup where only admins can read it. \
                      Masters and films are not in it; copy the storage by other means, after the backup."
    )]
    Backup(BackupArgs),
    /// Restores a backup into an empty installation, and says which objects are missing in storage
    #[command(
        after_help = "Example:\n  nang restore /backup/nang-2026-12-01 --data /srv/nang --identity backup.key\n\n\
                      The database must be empty. The exit status is 3 if all was restored, but storage lacks objects."
    )]
    Restore(RestoreArgs),
    /// Checks this installation and says what is wrong and how to mend it
    #[command(
        after_help = "Examples:\n  nang doctor --data /srv/nang\n  NANG_CONFIG=/etc/nang/nang.toml nang doctor --role worker\n\n\
                      Each line has one check: ok, warning or wrong, and what to do. The exit status is 1 if something is wrong. Run it as \
                      the account that Nang runs as; only root can check NGINX. It changes nothing but test files, which it deletes."
    )]
    Doctor(DoctorArgs),
    /// Shows the queue of jobs
    Queue(QueueArgs),
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
    /// Tries what a storage can do, and moves objects from one storage to another
    Storage(StorageArgs),
    /// Compares the database with storage and with the records of builds, while servers run or not
    #[command(
        after_help = "Example:\n  NANG_DATABASE_URL=postgres://nang@db/nang NANG_STORAGE=s3://films?endpoint=https://s3.example.org nang fsck --read\n\n\
                      Each fault is a line. The exit status is 0 if database and storage agree, and 1 otherwise."
    )]
    Fsck(FsckArgs),
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

/// `nang fsck`
#[derive(Args)]
pub(crate) struct FsckArgs {
    /// Data folder of `nang up`; its database and storage are used unless the settings name others [default: as for `nang up`]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Also compare hashes: recorded ones, or by reading every object
    #[arg(long)]
    pub(crate) read: bool,
    /// Delete objects that nothing needs; masters stay
    #[arg(long)]
    pub(crate) repair: bool,
}

/// `nang worker`
#[derive(Args)]
pub(crate) struct WorkerArgs {
    /// End with status 0 when there is no work, for engines that start workers: KEDA's `ScaledJob`, Nomad, AWS Batch, Slurm
    #[arg(long)]
    pub(crate) exit_when_idle: bool,
    /// Address of a server from which this worker gets its jobs, instead of a database and a storage
    #[arg(long, value_name = "URL", requires = "token_file")]
    pub(crate) server: Option<String>,
    /// File with this worker's token, which an admin creates on the pipeline page
    #[arg(long, value_name = "FILE", requires = "server")]
    pub(crate) token_file: Option<PathBuf>,
}

/// `nang backup`
#[derive(Args)]
pub(crate) struct BackupArgs {
    /// Folder that does not exist yet, or a file that ends in .tar
    #[arg(value_name = "DIR|FILE.tar")]
    pub(crate) target: PathBuf,
    /// Recipient of age to which the keys are encrypted: age1…, or an SSH public key; may be repeated
    #[arg(long = "recipient", value_name = "AGE_KEY", required = true)]
    pub(crate) recipients: Vec<String>,
    /// Data folder of `nang up`; its database is used unless `NANG_DATABASE_URL` is set [default: as for `nang up`]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

/// `nang restore`
#[derive(Args)]
pub(crate) struct RestoreArgs {
    /// Folder or .tar file of a backup
    #[arg(value_name = "DIR|FILE.tar")]
    pub(crate) source: PathBuf,
    /// File with the identity of age, or the SSH private key, that belongs to a recipient of the backup
    #[arg(long, value_name = "FILE")]
    pub(crate) identity: PathBuf,
    /// Data folder of the new installation; a database is created in it unless `NANG_DATABASE_URL` is set [default: as for `nang up`]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Also compare the hash of every object: as storage recorded it, or by reading the object
    #[arg(long)]
    pub(crate) check_hashes: bool,
}

/// `nang doctor`
#[derive(Args)]
pub(crate) struct DoctorArgs {
    /// Data folder of `nang up` [default: as for `nang up`]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Which role runs on this machine
    #[arg(long, value_enum, default_value_t = DoctorRole::Up)]
    pub(crate) role: DoctorRole,
    /// Print JSON instead of lines
    #[arg(long)]
    pub(crate) json: bool,
}

/// The role whose needs `nang doctor` checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DoctorRole {
    /// Everything in one process
    Up,
    /// `nang api`
    Api,
    /// `nang origin`
    Origin,
    /// `nang worker`
    Worker,
}

/// `nang queue`
#[derive(Args)]
pub(crate) struct QueueArgs {
    /// Data folder of `nang up`; its database is used unless `NANG_DATABASE_URL` is set [default: as for `nang up`]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: QueueCommand,
}

/// The subcommands of `nang queue`.
#[derive(Subcommand)]
pub(crate) enum QueueCommand {
    /// Counts the jobs that wait and run, by kind
    #[command(after_help = "Examples:\n  nang queue depth\n  nang queue depth --json | jq .waiting\n\n\
                      Waiting jobs could be claimed now, as many workers as there are waiting jobs can start. Jobs for later are \
                      retries after a pause and planned deletions.")]
    Depth(DepthArgs),
}

/// `nang queue depth`
#[derive(Args)]
pub(crate) struct DepthArgs {
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
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
