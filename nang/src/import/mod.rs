//! `nang import`: sends a master to a running server and, if asked, waits for the film and adds subtitles.
//!
//! An interrupted upload resumes: after a dropped connection or a restart of the server within one run, and after a killed run when
//! the same command is run again. Exit status: 0 done, 1 refused or failed, 2 wrong usage or no connection, 3 encoded, but an editor must
//! decide because the master is damaged.

mod api;
mod error;
mod follow;
mod master;
mod meter;
mod state;
mod subtitle;
mod upload;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::Args;
use domain::id::FilmId;
use serde_json::{Value, json};

use crate::{
    encode::DAMAGED_STATUS,
    subtitle_file::{SubtitleArg, SubtitleFile},
    telemetry,
};
use api::Server;
use error::{Damaged, Refused};
use master::Master;
use state::State;

/// `nang import`
#[derive(Args)]
pub(crate) struct ImportArgs {
    /// Master file
    #[arg(required_unless_present = "film")]
    pub(crate) file: Option<PathBuf>,
    /// Id of a film that is ready: adds subtitles to it, and imports no master
    #[arg(
        long,
        value_name = "ID",
        requires = "subtitles",
        conflicts_with_all = ["file", "title", "title_lo", "profile", "wait", "publish"]
    )]
    pub(crate) film: Option<FilmId>,
    /// Title of the film [default: the file's name without its extension]
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// Title in Lao
    #[arg(long, value_name = "TITLE")]
    pub(crate) title_lo: Option<String>,
    /// Name of the encoding profile [default: the server's default profile]
    #[arg(long)]
    pub(crate) profile: Option<String>,
    /// Address of the server
    #[arg(long, value_name = "URL", env = "NANG_SERVER", default_value = "http://127.0.0.1:8080")]
    pub(crate) server: String,
    /// E-mail address of an admin or editor
    #[arg(long, env = "NANG_ADMIN_EMAIL")]
    pub(crate) email: String,
    /// File that contains the password [default: the password in `NANG_ADMIN_PASSWORD`]
    #[arg(long, value_name = "FILE", env = "NANG_ADMIN_PASSWORD_FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Subtitle file and its language, as in lo=film.lo.srt; may be repeated. Waits until the film is ready
    #[arg(long = "subtitle", value_name = "LANGUAGE=FILE")]
    pub(crate) subtitles: Vec<SubtitleArg>,
    /// Encoding of subtitle files that do not say it, such as windows-874
    #[arg(long, value_name = "LABEL", requires = "subtitles")]
    pub(crate) subtitle_encoding: Option<String>,
    /// Wait until the film is ready or has failed
    #[arg(long)]
    pub(crate) wait: bool,
    /// Wait, and make the film public when it is ready
    #[arg(long)]
    pub(crate) publish: bool,
    /// Folder for the state of unfinished imports [default: ~/.local/state]
    #[arg(long, env = "XDG_STATE_HOME", value_name = "DIR", hide = true)]
    pub(crate) state_home: Option<PathBuf>,
}

pub(crate) async fn run(args: ImportArgs) -> anyhow::Result<ExitCode> {
    match import(&args).await {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            telemetry::print_error(&error);
            Ok(ExitCode::from(match error {
                error if error.is::<Refused>() => 1,
                error if error.is::<Damaged>() => DAMAGED_STATUS,
                _ => 2,
            }))
        }
    }
}

async fn import(args: &ImportArgs) -> anyhow::Result<()> {
    let subtitles = subtitles(args)?;
    match (&args.file, args.film) {
        (Some(file), None) => import_master(args, file, &subtitles).await,
        (_, Some(film)) => add_subtitles(args, film, &subtitles).await,
        (None, None) => bail!("name a master file, or a film with --film"),
    }
}

/// Reads the subtitle files. A file that cannot be used ends the command before anything is sent.
fn subtitles(args: &ImportArgs) -> anyhow::Result<Vec<SubtitleFile>> {
    let open = |arg| {
        SubtitleFile::open(arg, args.subtitle_encoding.as_deref())
            .map_err(|error| Refused(error.to_string()).into())
    };
    args.subtitles.iter().map(open).collect()
}

/// Adds subtitles to a film that is ready.
#[expect(clippy::print_stdout, reason = "the film's address is this command's output")]
async fn add_subtitles(args: &ImportArgs, film: FilmId, files: &[SubtitleFile]) -> anyhow::Result<()> {
    let password = password(args)?;
    let mut server = Server::log_in(&args.server, &args.email, &password).await?;
    let mut state = State::load_for_film(args.state_home.as_deref(), server.address(), film)?;
    subtitle::add_all(&mut server, &film.to_string(), files, &mut state).await?;
    state.delete()?;
    println!("{}/admin/films/{film}", server.address());
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the film's address is this command's output")]
async fn import_master(args: &ImportArgs, file: &Path, subtitles: &[SubtitleFile]) -> anyhow::Result<()> {
    let master = Master::open(file)?;
    let password = password(args)?;
    let mut server = Server::log_in(&args.server, &args.email, &password).await?;
    let description = film(args, &master);
    let mut state = State::load(args.state_home.as_deref(), server.address(), &master, &description)?;
    upload::check_limit(&mut server, &master).await?;

    let film = match &state.film {
        Some(film) => film.clone(),
        None => state.begin(create_film(&mut server, &description).await?)?,
    };
    let sent = upload::upload(&mut server, &master, &mut state, &film).await?;
    let mut page = format!("{}/admin/films/{film}", server.address());
    if args.wait || args.publish || !subtitles.is_empty() {
        let mut followed = follow::follow(&mut server, &film, &sent).await;
        // The film has failed or waits for an editor, so running the same command again starts a new import.
        if followed.as_ref().is_err_and(|error| error.is::<Refused>() || error.is::<Damaged>()) {
            state.delete()?;
        }
        if let Err(error) = &mut followed
            && let Some(damaged) = error.downcast_mut::<Damaged>()
        {
            damaged.without_subtitles = (!subtitles.is_empty()).then(|| film.clone());
            println!("{page}");
        }
        followed?;
        // Before viewers see the film. After a refused file, the same command with a corrected file continues here.
        subtitle::add_all(&mut server, &film, subtitles, &mut state).await?;
    }
    state.delete()?;
    if args.publish {
        follow::publish(&mut server, &film).await?;
        page = format!("{}/films/{film}", server.address());
    }
    println!("{page}");
    Ok(())
}

/// Reads the password from a file or the environment. There is no flag for it, because every user of the machine can read command
/// lines.
fn password(args: &ImportArgs) -> anyhow::Result<String> {
    match &args.password_file {
        Some(file) => {
            let text =
                std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            Ok(text.trim_end_matches(['\r', '\n']).to_owned())
        }
        None => std::env::var("NANG_ADMIN_PASSWORD").context(
            "the password is missing; set NANG_ADMIN_PASSWORD, or name a file that contains it with --password-file",
        ),
    }
}

/// Returns the body of the request that creates the film.
fn film(args: &ImportArgs, master: &Master) -> Value {
    let titles = titles(args.title.as_deref(), args.title_lo.as_deref(), &master.stem());
    let mut film = json!({ "titles": titles });
    if let Some(profile) = &args.profile {
        film["profile"] = json!(profile);
    }
    film
}

async fn create_film(server: &mut Server, description: &Value) -> anyhow::Result<String> {
    let film = server
        .post("/api/admin/films", description)
        .await
        .map_err(|error| error.during("creating the film"))?;
    film["id"].as_str().map(str::to_owned).context("the server's response has no film id")
}

/// Returns titles by language. A title with Lao letters counts as Lao.
fn titles(title: Option<&str>, lao: Option<&str>, stem: &str) -> BTreeMap<&'static str, String> {
    let language =
        |text: &str| if text.contains(|c| ('\u{e80}'..='\u{eff}').contains(&c)) { "lo" } else { "en" };
    let mut titles = BTreeMap::new();
    if let Some(lao) = lao {
        titles.insert("lo", lao.to_owned());
    }
    if let Some(title) = title.or(lao.is_none().then_some(stem)) {
        let language = if lao.is_some() { "en" } else { language(title) };
        titles.insert(language, title.to_owned());
    }
    titles
}

#[cfg(test)]
mod tests {
    use super::titles;

    #[test]
    fn the_title_comes_from_the_command_line_or_the_file_name() {
        for (title, lao, expected) in [
            (None, None, [("en", "reel 1")].as_slice()),
            (Some("The Film"), None, &[("en", "The Film")]),
            (Some("ໜັງ"), None, &[("lo", "ໜັງ")]),
            (None, Some("ໜັງ"), &[("lo", "ໜັງ")]),
            (Some("The Film"), Some("ໜັງ"), &[("en", "The Film"), ("lo", "ໜັງ")]),
        ] {
            let expected =
                expected.iter().map(|(language, title)| (*language, (*title).to_owned())).collect();
            assert_eq!(titles(title, lao, "reel 1"), expected);
        }
    }
}
