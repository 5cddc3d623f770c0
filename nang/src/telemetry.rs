//! Logs: to standard error, as text or JSON lines, filtered by `log` (`NANG_LOG`).

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt};

use crate::settings::LogFormat;

/// Starts logging; once per process.
pub(crate) fn start(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        anyhow::anyhow!("setting log ({filter:?}) is not a log filter such as 'info,sqlx=warn': {error}")
    })?;
    let builder =
        fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Text => builder.with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
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
