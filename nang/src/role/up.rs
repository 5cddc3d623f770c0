//! `nang up`: everything in one process, for a film society's single server and for a first look.
//!
//! Order matters: the database first and stopped last; `ready` is said when a request would be answered.

use std::{fs::Permissions, os::unix::fs::PermissionsExt, process::ExitCode};

use anyhow::Context;
use axum::Router;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use super::{descriptors, http, logins, parts, tasks::Tasks};
use crate::{
    admin,
    postgres::PrivatePostgres,
    secrets,
    settings::{Secret, Settings},
    shutdown, telemetry,
};

pub(crate) async fn up(mut settings: Settings) -> anyhow::Result<ExitCode> {
    telemetry::start(&settings.log, settings.log_format)?;
    descriptors::raise();
    let shutdown = shutdown::on_signal()?;
    prepare_data_folder(&mut settings)?;
    // Taken first: a busy address should cost no waiting for a database.
    let listener = http::bind(settings.listen).await?;

    let postgres = match &settings.database_url {
        Some(_) => None,
        None => Some(
            PrivatePostgres::start(&settings.data).await.context("the private PostgreSQL did not start")?,
        ),
    };
    if let Some(postgres) = &postgres {
        let url = postgres.url();
        secrets::write_private(&settings.data.join("database.url"), &format!("{url}\n"))?;
        settings.database_url = Some(Secret(url));
    }
    let result = run(&settings, listener, shutdown).await;
    if let Some(postgres) = postgres
        && let Err(error) = postgres.stop().await
    {
        warn!(
            error = format!("{error:#}"),
            "The private PostgreSQL did not stop well; it recovers at the next start"
        );
    }
    result?;
    info!("Stopped");
    Ok(ExitCode::SUCCESS)
}

async fn run(
    settings: &Settings,
    listener: tokio::net::TcpListener,
    shutdown: tokio_util::sync::CancellationToken,
) -> anyhow::Result<()> {
    let db = parts::database(settings).await?;
    db.migrate().await.context("the database's tables cannot be brought up to date")?;
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
    tasks.spawn("forgetting of logins", logins::forget_expired(db, shutdown.clone()));

    http::announce(&listener)?;
    let limits = descriptors::limits(settings.worker_jobs);
    let serving = async {
        http::serve(listener, router, limits, shutdown).await;
        api::finish_letters(&letters, http::DRAIN).await;
    };
    tasks.beside(serving).await
}

/// Makes the data folder, and makes its path absolute: PostgreSQL and children have other working folders.
fn prepare_data_folder(settings: &mut Settings) -> anyhow::Result<()> {
    let data = &settings.data;
    std::fs::create_dir_all(data).with_context(|| {
        format!("cannot make the data folder {}; choose another with --data", data.display())
    })?;
    settings.data = data.canonicalize().with_context(|| format!("cannot use {}", data.display()))?;
    // Others may pass through (PostgreSQL may run as another user) but not look around.
    std::fs::set_permissions(&settings.data, Permissions::from_mode(0o711)).with_context(|| {
        format!("{} belongs to somebody else; choose another with --data", settings.data.display())
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
