//! What locks the child up, and whether Nang may do without a part of it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Exit status of a child that its sandbox ended at a system call: 128 and the number of SIGSYS.
pub const REFUSED_CALL_STATUS: i32 = 159;
/// How a line on a child's standard error begins that says which system call was refused; the call's number follows.
pub const REFUSED_CALL_LINE: &str = "sandbox refused system call ";

/// Whether a child may run on a kernel that lacks a layer of the sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SandboxMode {
    /// No child runs without Landlock and seccomp.
    #[default]
    Required,
    /// A child runs with the layers that the kernel has.
    BestEffort,
}

/// One layer of the sandbox that depends on the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// No access to files and TCP ports, whatever is called.
    Landlock,
    /// No system calls but those that decoding and encoding need.
    Seccomp,
    /// A network of its own, without any interface.
    NetworkNamespace,
}

impl Layer {
    /// Whether [`SandboxMode::Required`] insists on it. Many containers refuse new namespaces; Landlock and seccomp refuse sockets
    /// without them.
    pub fn is_required(self) -> bool {
        matches!(self, Self::Landlock | Self::Seccomp)
    }

    /// What an administrator can do to get it.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Landlock => {
                "Use Linux 5.13 or later with Landlock in its list of security modules (kernel parameter lsm=landlock,…), \
                 and a container runtime that permits the landlock_* system calls"
            }
            Self::Seccomp => {
                "Use a kernel with CONFIG_SECCOMP_FILTER, and a container runtime that permits the seccomp system call"
            }
            Self::NetworkNamespace => "Permit user namespaces (sysctl user.max_user_namespaces)",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Landlock => "Landlock",
            Self::Seccomp => "seccomp",
            Self::NetworkNamespace => "a network namespace",
        })
    }
}

/// A layer that a child asked the kernel for and did not get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingLayer {
    /// Which.
    pub layer: Layer,
    /// The kernel's answer.
    pub reason: String,
}

impl fmt::Display for MissingLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.layer, self.reason)
    }
}

/// What protects a child that has locked itself up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// Layers that the kernel refused.
    pub missing: Vec<MissingLayer>,
    /// The version of Landlock that restricts the child; `None` without Landlock.
    #[serde(default)]
    pub landlock_abi: Option<i32>,
}

impl Protection {
    /// Layers without which [`SandboxMode::Required`] does not let a child run.
    pub fn missing_required(&self) -> impl Iterator<Item = &MissingLayer> {
        self.missing.iter().filter(|missing| missing.layer.is_required())
    }

    /// Records what came of asking for a layer.
    pub fn note<E: fmt::Display>(&mut self, layer: Layer, answer: Result<(), E>) {
        if let Err(error) = answer {
            self.missing.push(MissingLayer { layer, reason: error.to_string() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Layer, Protection, SandboxMode};

    #[test]
    fn a_network_namespace_is_worth_having_and_not_required() {
        let mut protection = Protection::default();
        protection.note(Layer::NetworkNamespace, Err("EPERM"));
        protection.note(Layer::Landlock, Ok::<(), String>(()));
        assert_eq!(protection.missing_required().count(), 0);
        protection.note(Layer::Seccomp, Err("not built in"));
        let missing: Vec<_> = protection.missing_required().map(ToString::to_string).collect();
        assert_eq!(missing, ["seccomp (not built in)"]);
    }

    #[test]
    fn the_sandbox_is_required_unless_a_setting_says_otherwise() {
        assert_eq!(SandboxMode::default(), SandboxMode::Required);
        let mode: SandboxMode = serde_json::from_str("\"best-effort\"").unwrap();
        assert_eq!(mode, SandboxMode::BestEffort);
    }
}
