//! `nang up`: everything in one process, for a film society's single server and for a first look.
//!
//! Order matters: the database first and stopped last; `ready` is said when a request would be answered.

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
    telemetry,
};

pub(crate) async fn up(mut settings: Settings) -> anyhow::Result<ExitCode> {
    telemetry::start(&settings)?;
    descriptors::raise();
    let end = Shutdown::on_signal()?;
    prepare_data_folder(&mut settings)?;
    if settings.worker_jobs > 0 {
        sandbox::check(&sandbox::make(None, settings.sandbox)).await?;
    }
    // Taken first: a busy address should cost no waiting for a database.
    let listener = http::bind(settings.listen).await?;

    let postgres = if settings.database_url.is_some() {
        None
    } else {
        // A start that is given up half way stops what it started.
        let Some(started) = end.token().run_until_cancelled(PrivatePostgres::start(&settings.data)).await
        else {
            info!("Stopped before it was ready");
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
            "The private PostgreSQL did not stop cleanly; it recovers at the next start"
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
    db.migrate().await.context("the database's tables cannot be brought up to date")?;
    if is_alone {
        end_leases_of_killed_server(&db).await?;
    }
    if settings.playback_keys_file.is_none() {
        secrets::make_once(&parts::playback_keys_file(settings), "1 ")?;
    }
    if settings.access_key_file.is_none() {
        secrets::make_once(&parts::access_key_file(settings), "")?;
    }
    let storage = parts::storage(settings)?;
    if let Some(admin) = admin::ensure_admin(&db, settings).await? {
        tell_admin(&admin);
    }

    let origin = parts::origin(settings, storage.clone())?;
    let letters = TaskTracker::new();
    let router = Router::new()
        .route_service("/v/{*rest}", origin.clone())
        .route_service("/authorize/{*rest}", origin)
        .merge(parts::api(settings, db.clone(), storage.clone(), &letters, &shutdown)?)
        .merge(parts::pages(settings));
    let mut tasks = Tasks::new(shutdown.clone());
    if settings.worker_jobs > 0 {
        let worker = parts::worker(settings, db.clone(), storage.clone());
        tasks.spawn_fallible("worker", worker::run(worker, shutdown.clone()));
    }
    tasks.spawn("counter", api::count_watching(db.clone(), shutdown.clone()));
    tasks.spawn(
        "removing of pictures",
        api::image::remove_images(db.clone(), storage.clone(), shutdown.clone()),
    );
    tasks.spawn("sweeper", ingest::Sweeper::new(db.clone(), storage).run(shutdown.clone()));
    tasks.spawn("cleanup", cleanup::run(db, shutdown.clone()));

    http::announce(&listener)?;
    let limits = descriptors::limits(settings.worker_jobs);
    let serving = async {
        http::serve(listener, router, limits, shutdown).await;
        api::finish_letters(&letters, DRAIN).await;
    };
    tasks.beside(serving, end.parts_overdue()).await
}

/// Ends the leases that a killed server left. With a private PostgreSQL this process alone uses the database (it holds the data
/// folder's lock), so every lease is one of these: its work starts at once, and not when the lease expires.
async fn end_leases_of_killed_server(db: &db::Db) -> anyhow::Result<()> {
    let jobs = db::queue::end_all_leases(db).await.context("cannot end the leases of jobs")?;
    let uploads = db::upload::release_all_leases(db).await.context("cannot end the leases of uploads")?;
    if jobs > 0 || uploads > 0 {
        info!(jobs, uploads, "The last server did not stop cleanly; its jobs and uploads can be resumed now");
    }
    Ok(())
}

/// Makes the data folder if there is none, and makes its path absolute: PostgreSQL and children have other working folders.
///
/// A folder that was there keeps its mode. A new one lets others pass through (root runs PostgreSQL as another account) but not look
/// around.
fn prepare_data_folder(settings: &mut Settings) -> anyhow::Result<()> {
    let data = &settings.data;
    if let Some(parent) = data.parent() {
        std::fs::create_dir_all(parent).with_context(|| {
            format!("cannot make {}; choose another data folder with --data", parent.display())
        })?;
    }
    match std::fs::create_dir(data) {
        // Said apart from making it, for which a umask would matter.
        Ok(()) => std::fs::set_permissions(data, Permissions::from_mode(0o711))?,
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(error).with_context(|| {
                format!("cannot make the data folder {}; choose another with --data", data.display())
            });
        }
        Err(_) => {}
    }
    settings.data = data.canonicalize().with_context(|| format!("cannot use {}", data.display()))?;
    ensure!(
        settings.data.is_dir(),
        "{} is not a folder; choose another with --data",
        settings.data.display()
    );
    rustix::fs::access(&settings.data, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).with_context(|| {
        format!(
            "this account may not write in {}; choose another folder with --data, or give it to this account with chown",
            settings.data.display()
        )
    })
}

/// Shown once, on the terminal and never in a log.
#[expect(clippy::print_stderr, reason = "the password must reach the person who started this, and no log")]
fn tell_admin(admin: &admin::FreshAdmin) {
    eprintln!(
        "\n  The first admin is {}, with the password {}\n  It is shown this once.\n",
        admin.email, admin.password
    );
}
