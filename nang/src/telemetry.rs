//! Logs: to standard error, as text or JSON lines, filtered by `log` (`NANG_LOG`).

use std::io::IsTerminal;

use tracing::warn;
use tracing_subscriber::{EnvFilter, fmt};

use crate::settings::{LogFormat, Settings};

/// Starts logging; once per process. The first lines say what is odd about the settings.
pub(crate) fn start(settings: &Settings) -> anyhow::Result<()> {
    let filter = settings.log.as_str();
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        anyhow::anyhow!("setting log ({filter:?}) is not a log filter such as 'info,sqlx=warn': {error}")
    })?;
    let builder =
        fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    match settings.log_format {
        LogFormat::Text => builder.with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    for name in &settings.unknown_variables {
        warn!("The variable {name} is no setting of Nang and is ignored; `nang config` lists the settings");
    }
    Ok(())
}

/// The last words of a command that failed: what went wrong and why, one cause a line.
#[expect(clippy::print_stderr, reason = "the terminal is where a command's user is")]
pub(crate) fn complain(error: &anyhow::Error) {
    eprintln!("nang: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
}
