//! `nang up`: everything in one process, for an installation on one machine.
//!
//! PostgreSQL starts first and stops last. The line `ready` is printed when the server accepts requests.

use std::{fs::Permissions, os::unix::fs::PermissionsExt, process::ExitCode};

use anyhow::{Context, ensure};
use axum::Router;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use super::{cleanup, descriptors, http, parts, sandbox, tasks::Tasks};
use crate::{
    admin,
    postgres::PrivatePostgres,
    secrets,
    settings::{Secret, Settings},
    shutdown::{DRAIN, Shutdown},
    telemetry, work,
};

pub(crate) async fn up(mut settings: Settings) -> anyhow::Result<ExitCode> {
    telemetry::start(&settings)?;
    descriptors::raise();
    let end = Shutdown::on_signal()?;
    prepare_data_folder(&mut settings)?;
    if settings.worker_jobs > 0 {
        sandbox::check(&sandbox::make(None, settings.sandbox)).await?;
    }
    // Before PostgreSQL starts, so that an address in use is an error without a wait.
    let listener = http::bind(settings.listen).await?;

    let postgres = if settings.database_url.is_some() {
        None
    } else {
        // A start that is cancelled stops what it has started.
        let Some(started) = end.token().run_until_cancelled(PrivatePostgres::start(&settings.data)).await
        else {
            info!("Stopped during the start");
            return Ok(ExitCode::SUCCESS);
        };
        Some(started.context("the private PostgreSQL did not start")?)
    };
    if let Some(postgres) = &postgres {
        let url = postgres.url();
        secrets::write_private(&settings.data.join("database.url"), &format!("{url}\n"))?;
        settings.database_url = Some(Secret(url));
    }
    let result = run(&settings, listener, &end, postgres.is_some()).await;
    if let Some(postgres) = postgres
        && let Err(error) = postgres.stop_within(end.fast_stop()).await
    {
        warn!(
            error = format!("{error:#}"),
            "The private PostgreSQL did not stop cleanly; it will run crash recovery at the next start"
        );
    }
    result?;
    info!("Stopped");
    Ok(ExitCode::SUCCESS)
}

async fn run(
    settings: &Settings,
    listener: tokio::net::TcpListener,
    end: &Shutdown,
    is_alone: bool,
) -> anyhow::Result<()> {
    let shutdown = end.token();
    let db = parts::database(settings).await?;
    db.migrate().await.context("cannot migrate the database to this version of Nang")?;
    if is_alone {
        end_leases_of_killed_server(&db).await?;
    }
    if settings.playback_keys_file.is_none() {
        secrets::create_once(&parts::playback_keys_file(settings), "1 ")?;
    }
    if settings.access_key_file.is_none() {
        secrets::create_once(&parts::access_key_file(settings), "")?;
    }
    let storage = parts::storage(settings).await?;
    if let Some(admin) = admin::ensure_admin(&db, settings).await? {
        print_admin(&admin);
    }

    let origin = parts::origin(settings, storage.clone())?;
    parts::read_revocations(&origin).await;
    let emails = TaskTracker::new();
    let api = parts::api(settings, db.clone(), storage.clone(), &emails, &shutdown)?;
    let worker = parts::worker(settings, db.clone(), storage.clone());
    let router = Router::new()
        .route_service("/v/{*rest}", origin.clone())
        .route_service("/authorize/{*rest}", origin.clone())
        .merge(api.clone())
        .merge(work::router(db.clone(), worker.clone()))
        .merge(parts::pages(settings, db.clone(), api));
    let mut tasks = Tasks::new(shutdown.clone());
    if settings.worker_jobs > 0 {
        tasks.spawn_fallible("worker", worker::run(worker, shutdown.clone()));
    } else {
        tasks.spawn_fallible("light_worker", worker::run_light(worker, shutdown.clone()));
    }
    tasks.spawn("watch_counts", api::update_watch_counts(db.clone(), shutdown.clone()));
    tasks.spawn("image_removal", api::image::remove_images(db.clone(), storage.clone(), shutdown.clone()));
    tasks.spawn("upload_sweeper", ingest::Sweeper::new(db.clone(), storage.clone()).run(shutdown.clone()));
    let stop = shutdown.clone().cancelled_owned();
    tasks.spawn("revocations_reader", async move { origin.follow_revocations(stop).await });
    tasks.spawn("revocations", parts::revocations(settings, db.clone(), storage.clone(), shutdown.clone())?);
    tasks.spawn("cleanup", cleanup::run(db, shutdown.clone()));

    http::announce(&listener)?;
    let limits = descriptors::limits(settings.worker_jobs);
    let serving = async {
        http::serve(listener, router, limits, shutdown).await;
        api::finish_emails(&emails, DRAIN).await;
    };
    tasks.beside(serving, end.parts_overdue()).await
}

/// Ends the leases that a killed server left behind. With a private PostgreSQL, only this process uses the database (it holds the lock
/// of the data folder), so every existing lease is one of these. Its work can then start now instead of when the lease expires.
async fn end_leases_of_killed_server(db: &db::Db) -> anyhow::Result<()> {
    let jobs = db::queue::end_all_leases(db).await.context("cannot end the leases of jobs")?;
    let uploads = db::upload::release_all_leases(db).await.context("cannot end the leases of uploads")?;
    if jobs > 0 || uploads > 0 {
        info!(jobs, uploads, "The previous server did not stop cleanly; its jobs and uploads can now resume");
    }
    Ok(())
}

/// Creates the data folder if it is absent, and makes its path absolute, because PostgreSQL and children have other working folders.
///
/// An existing folder keeps its mode. Other accounts may pass through a new folder (as root, PostgreSQL runs as another account) but
/// not list it.
pub(crate) fn prepare_data_folder(settings: &mut Settings) -> anyhow::Result<()> {
    let data = &settings.data;
    if let Some(parent) = data.parent() {
        std::fs::create_dir_all(parent).with_context(|| {
            format!("cannot create {}; choose another data folder with --data", parent.display())
        })?;
    }
    match std::fs::create_dir(data) {
        // In a separate call, because the umask applies to the mode of a new folder.
        Ok(()) => std::fs::set_permissions(data, Permissions::from_mode(0o711))?,
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(error).with_context(|| {
                format!("cannot create the data folder {}; choose another with --data", data.display())
            });
        }
        Err(_) => {}
    }
    settings.data =
        data.canonicalize().with_context(|| format!("cannot resolve the path {}", data.display()))?;
    ensure!(
        settings.data.is_dir(),
        "{} is not a folder; choose another with --data",
        settings.data.display()
    );
    rustix::fs::access(&settings.data, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).with_context(|| {
        format!(
            "this account may not write in {}; choose another folder with --data, or make this account its owner with chown",
            settings.data.display()
        )
    })
}

/// Prints the generated password once, on the terminal and never in a log. systemd sets `JOURNAL_STREAM` if it keeps what is printed.
#[expect(clippy::print_stderr, reason = "the password must appear on the terminal and in no log")]
fn print_admin(admin: &admin::FreshAdmin) {
    if std::env::var_os("JOURNAL_STREAM").is_some() {
        eprintln!("Created the first admin; `nangctl admin reset {}` shows a password for it", admin.email);
        return;
    }
    eprintln!(
        "\n  Created the first admin: {}, with the password {}\n  Nang does not show this password again.\n",
        admin.email, admin.password
    );
}
