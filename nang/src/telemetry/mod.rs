//! Logs: to standard error, as text or JSON lines, filtered by `log` (`NANG_LOG`). And traces, if `otlp_endpoint` is set
//! ([`traces`]).

mod traces;

use std::io::IsTerminal;

use tracing::warn;
use tracing_subscriber::{EnvFilter, Layer, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::settings::{LogFormat, Settings};

pub(crate) use traces::{adopt, flush, trace_source};

/// Starts logging and, if they are wanted, traces; must be called once per process. Then logs a warning for each unknown variable.
pub(crate) fn start(settings: &Settings) -> anyhow::Result<()> {
    let filter = settings.log.as_str();
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        anyhow::anyhow!(
            "log (NANG_LOG) is {filter:?}, which is not a log filter such as 'info,sqlx=warn': {error}"
        )
    })?;
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let lines = match settings.log_format {
        LogFormat::Text => lines.with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let traces = settings.otlp_endpoint.as_deref().map(traces::start).transpose()?;
    tracing_subscriber::registry().with(lines.with_filter(filter)).with(traces).init();
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
