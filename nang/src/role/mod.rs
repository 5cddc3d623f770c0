//! The roles of a `nang` process. Each role builds the configurations of its parts from the settings.

mod cleanup;
mod descriptors;
mod http;
mod parts;
pub(crate) mod sandbox;
mod tasks;
mod up;

use std::process::ExitCode;

use anyhow::Context;
pub(crate) use parts::{access_key_file, connect, playback_keys_file, storage};
use tokio_util::task::TaskTracker;
pub(crate) use up::{prepare_data_folder, up};

use crate::{
    cli::WorkerArgs,
    settings::Settings,
    shutdown::{DRAIN, Shutdown},
    telemetry, work,
};
use tasks::Tasks;

/// `nang api`: serves the API and the pages.
pub(crate) async fn api(settings: Settings) -> anyhow::Result<ExitCode> {
    telemetry::start(&settings)?;
    descriptors::raise();
    let end = Shutdown::on_signal()?;
    let shutdown = end.token();
    let db = parts::database(&settings).await?;
    let storage = parts::storage(&settings).await?;
    let listener = http::bind(settings.listen).await?;
    let emails = TaskTracker::new();
    let api = parts::api(&settings, db.clone(), storage.clone(), &emails, &shutdown)?;
    let worker = parts::worker(&settings, db.clone(), storage.clone());
    let router = api.clone().merge(work::router(db.clone(), worker.clone())).merge(parts::pages(
        &settings,
        db.clone(),
        api,
    ));
    let mut tasks = Tasks::new(shutdown.clone());
    tasks.spawn_fallible("light_worker", worker::run_light(worker, shutdown.clone()));
    tasks.spawn("watch_counts", api::update_watch_counts(db.clone(), shutdown.clone()));
    tasks.spawn("image_removal", api::image::remove_images(db.clone(), storage.clone(), shutdown.clone()));
    tasks.spawn("upload_sweeper", ingest::Sweeper::new(db.clone(), storage.clone()).run(shutdown.clone()));
    tasks.spawn("revocations", parts::revocations(&settings, db.clone(), storage.clone(), shutdown.clone())?);
    tasks.spawn("cleanup", cleanup::run(db, shutdown.clone()));
    http::announce(&listener)?;
    let serving = async {
        http::serve(listener, router, descriptors::limits(0), shutdown).await;
        api::finish_emails(&emails, DRAIN).await;
    };
    tasks.beside(serving, end.parts_overdue()).await?;
    Ok(ExitCode::SUCCESS)
}

/// `nang origin`: serves films to players that have a token.
pub(crate) async fn origin(settings: Settings) -> anyhow::Result<ExitCode> {
    telemetry::start(&settings)?;
    descriptors::raise();
    let end = Shutdown::on_signal()?;
    let shutdown = end.token();
    let origin = parts::origin(&settings, parts::films(&settings).await?)?;
    let listener = http::bind(settings.listen).await?;
    parts::read_revocations(&origin).await;
    let mut tasks = Tasks::new(shutdown.clone());
    let (follower, stop) = (origin.clone(), shutdown.clone().cancelled_owned());
    tasks.spawn("revocations_reader", async move { follower.follow_revocations(stop).await });
    http::announce(&listener)?;
    let serving =
        server::serve(listener, |_| origin.clone(), descriptors::limits(0), shutdown.cancelled_owned());
    tasks.beside(serving, end.parts_overdue()).await?;
    Ok(ExitCode::SUCCESS)
}

/// `nang worker`: runs jobs from the queue.
pub(crate) async fn worker(settings: Settings, args: WorkerArgs) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        settings.worker_jobs > 0,
        "worker_jobs (NANG_WORKER_JOBS) is 0; set it to at least 1 for a worker"
    );
    telemetry::start(&settings)?;
    descriptors::raise();
    let end = Shutdown::on_signal()?;
    sandbox::check(&sandbox::make(None, settings.sandbox)).await?;
    if let (Some(server), Some(file)) = (args.server, &args.token_file) {
        let token = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the worker's token in {}", file.display()))?;
        let worker = worker::RemoteConfig {
            server,
            token: token.trim().to_owned(),
            sandbox: sandbox::make(Some(settings.child_memory_bytes), settings.sandbox),
            name: parts::worker_name(),
            slots: settings.worker_jobs,
            exit_when_idle: args.exit_when_idle,
            adopt_trace: telemetry::adopt,
        };
        worker::run_remote(worker, end.token()).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let db = parts::database(&settings).await?;
    let storage = parts::storage(&settings).await?;
    let worker =
        worker::Config { exit_when_idle: args.exit_when_idle, ..parts::worker(&settings, db, storage) };
    worker::run(worker, end.token()).await?;
    Ok(ExitCode::SUCCESS)
}

/// `nang migrate`: migrates the database.
pub(crate) async fn migrate(settings: Settings) -> anyhow::Result<ExitCode> {
    telemetry::start(&settings)?;
    parts::database(&settings).await?.migrate().await?;
    tracing::info!("The database is up to date");
    Ok(ExitCode::SUCCESS)
}
