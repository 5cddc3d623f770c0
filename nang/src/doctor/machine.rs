//! The machine: its clock, the kernel's part of the sandbox, and FFmpeg's libraries.

use std::process::Stdio;

use domain::child::SandboxMode;
use tokio::process::Command;

use super::finding::Finding;
use crate::{role, settings::Settings};

/// Whether a time service keeps the clock right.
pub(super) async fn synchronized() -> Finding {
    let asked = Command::new("timedatectl")
        .args(["show", "--property=NTPSynchronized", "--value"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .await;
    match asked {
        Ok(output) if output.stdout.starts_with(b"yes") => {
            Finding::ok("clock", "a time service keeps this machine's clock right")
        }
        Ok(output) if output.stdout.starts_with(b"no") => Finding::warning(
            "clock",
            "this machine's clock is not synchronized; tokens and links then expire too early or too late",
            "run `apt-get install systemd-timesyncd && timedatectl set-ntp true`",
        ),
        _ => Finding::ok(
            "clock",
            "in this environment (a container, or no systemd), the host keeps the clock right",
        ),
    }
}

/// The layers of the sandbox in which masters are decoded, by starting it.
pub(super) async fn sandbox(settings: &Settings) -> Vec<Finding> {
    let protection = match role::sandbox::make(None, settings.sandbox).check().await {
        Ok(protection) => protection,
        Err(error) => {
            return vec![Finding::wrong(
                "sandbox",
                format!("the sandbox for decoding films does not start: {error}"),
                "check the limits on processes and memory of this account (`ulimit -a`)",
            )];
        }
    };
    if protection.missing.is_empty() {
        let landlock = protection.landlock_abi.map(|abi| format!(" (version {abi})")).unwrap_or_default();
        return vec![Finding::ok(
            "sandbox",
            format!("the kernel has Landlock{landlock}, seccomp and network namespaces"),
        )];
    }
    let finding = |missing: &domain::child::MissingLayer| {
        let (found, mend) = (format!("the sandbox cannot use {missing}"), missing.layer.remedy());
        if !missing.layer.is_required() {
            Finding::ok(
                "sandbox",
                format!("{found}; Landlock and seccomp refuse every socket to the decoder without it"),
            )
        } else if settings.sandbox == SandboxMode::Required {
            Finding::wrong("sandbox", format!("{found}, so Nang does not decode films"), mend)
        } else {
            Finding::warning("sandbox", format!("{found}, and sandbox (NANG_SANDBOX) is best-effort"), mend)
        }
    };
    protection.missing.iter().map(finding).collect()
}

/// The libraries that encode.
pub(super) fn libraries() -> Finding {
    match media::ffmpeg::libraries() {
        Ok(libraries) => Finding::ok("ffmpeg", libraries.to_string()),
        Err(error) => Finding::wrong(
            "ffmpeg",
            format!("FFmpeg's libraries cannot encode: {error}"),
            "install Debian's ffmpeg packages, which have x264: `apt-get install ffmpeg`",
        ),
    }
}
