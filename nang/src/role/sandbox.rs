//! The sandbox of the child processes that decode films: built from the settings, and checked before the first film.

use std::path::PathBuf;

use anyhow::{Context, bail};
use domain::child::{Layer, Limits, MissingLayer, SandboxMode};
use tracing::{info, warn};
use worker::sandbox::Sandbox;

/// Returns the sandbox with its default limits, or with another limit on its memory.
pub(crate) fn make(memory_bytes: Option<u64>, mode: SandboxMode) -> Sandbox {
    let mut limits = Limits::default();
    if let Some(bytes) = memory_bytes {
        limits.address_space_bytes = bytes;
    }
    // This path names the running program, even after an upgrade has replaced its file.
    let mut sandbox = Sandbox::new(PathBuf::from("/proc/self/exe"), limits);
    sandbox.mode = mode;
    sandbox
}

/// For servers: checks the sandbox at every start and logs missing layers.
pub(super) async fn check(sandbox: &Sandbox) -> anyhow::Result<()> {
    for missing in missing_layers(sandbox).await? {
        if missing.layer.is_required() {
            warn!("{}", warning(&missing));
        } else {
            info!(
                reason = missing.reason,
                "The sandbox has no network namespace; Landlock and seccomp still refuse every socket to the decoder"
            );
        }
    }
    Ok(())
}

/// For commands that decode a file: checks the sandbox, prints missing layers on the terminal, and returns the sandbox.
#[expect(clippy::print_stderr, reason = "messages to the user of the command")]
pub(crate) async fn for_command(mode: SandboxMode) -> anyhow::Result<Sandbox> {
    let sandbox = make(None, mode);
    for missing in missing_layers(&sandbox).await? {
        if missing.layer.is_required() {
            eprintln!("Warning: {}", warning(&missing));
        }
    }
    Ok(sandbox)
}

/// Starts a sandboxed process and returns the layers that the kernel refused. Fails if one of them is required.
async fn missing_layers(sandbox: &Sandbox) -> anyhow::Result<Vec<MissingLayer>> {
    let protection = sandbox.check().await.context("cannot set up the sandbox for decoding films")?;
    if sandbox.mode == SandboxMode::Required
        && let Some(missing) = protection.missing_required().next()
    {
        bail!("{}", refusal(missing));
    }
    Ok(protection.missing)
}

fn refusal(missing: &MissingLayer) -> String {
    format!(
        "the sandbox cannot use {missing}, which protects this machine from files made to attack the decoder. {}. Or set sandbox \
         (NANG_SANDBOX) to best-effort; Nang then decodes films without this protection",
        missing.layer.remedy()
    )
}

fn warning(missing: &MissingLayer) -> String {
    let risk = match missing.layer {
        Layer::Landlock => {
            "only seccomp now keeps a film that attacks the decoder away from files and sockets"
        }
        Layer::Seccomp => {
            "a film that attacks the decoder can make any system call and reach everything that its account can"
        }
        Layer::NetworkNamespace => "Landlock and seccomp still refuse every socket to the decoder",
    };
    format!(
        "The sandbox cannot use {missing}; Nang decodes films without it because sandbox (NANG_SANDBOX) is best-effort: {risk}. {}",
        missing.layer.remedy()
    )
}

#[cfg(test)]
mod tests {
    use domain::child::{Layer, MissingLayer};

    #[test]
    fn messages_name_the_missing_layer_and_its_remedy() {
        for (layer, name) in [(Layer::Landlock, "Landlock"), (Layer::Seccomp, "seccomp")] {
            let missing = MissingLayer { layer, reason: "not built into the kernel".to_owned() };
            let refusal = super::refusal(&missing);
            for part in [name, "not built into the kernel", "NANG_SANDBOX", "best-effort", layer.remedy()] {
                assert!(refusal.contains(part), "{refusal}");
            }
            let warning = super::warning(&missing);
            assert!(warning.contains(name) && warning.contains(layer.remedy()), "{warning}");
        }
    }
}
