//! Logs: to standard error, as text or JSON lines, filtered by `log` (`NANG_LOG`).

use std::io::IsTerminal;

use tracing::warn;
use tracing_subscriber::{EnvFilter, fmt};

use crate::settings::{LogFormat, Settings};

/// Starts logging; must be called once per process. Then logs a warning for each unknown variable.
pub(crate) fn start(settings: &Settings) -> anyhow::Result<()> {
    let filter = settings.log.as_str();
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        anyhow::anyhow!(
            "log (NANG_LOG) is {filter:?}, which is not a log filter such as 'info,sqlx=warn': {error}"
        )
    })?;
    let builder =
        fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    match settings.log_format {
        LogFormat::Text => builder.with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    for name in &settings.unknown_variables {
        warn!(
            "Ignoring the variable {name}, which is not a setting of Nang; `nang config` lists the settings"
        );
    }
    Ok(())
}

/// Prints the error of a command that failed, and each of its causes on a line.
#[expect(clippy::print_stderr, reason = "messages to the user of the command")]
pub(crate) fn print_error(error: &anyhow::Error) {
    eprintln!("nang: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
}
