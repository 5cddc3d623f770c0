//! Tests of the real sandboxed child: the facts that it finds, the files that it refuses, and how it ends.
//!
//! This program is also the child, as `nang` is: under the name `support::CHILD` it runs `child_main`. So the tests always
//! run the newest build of the child.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, reason = "a test that cannot run here says so")]

mod attack;
mod attempts;
mod children;
mod hostile;
mod kernel;
mod probe;
mod refusals;
mod storing;
mod subtitles;
mod support;

use std::{path::PathBuf, process::ExitCode};

use libtest_mimic::{Arguments, Trial};

/// Defines `all`, which lists the tests of a module: async functions without arguments.
macro_rules! tests {
    ($($name:ident),* $(,)?) => {
        pub(crate) fn all() -> Vec<libtest_mimic::Trial> {
            vec![$(crate::trial(concat!(module_path!(), "::", stringify!($name)), || Box::pin($name()))),*]
        }
    };
}
pub(crate) use tests;

type Test = std::pin::Pin<Box<dyn Future<Output = ()>>>;

fn trial(name: &str, test: fn() -> Test) -> Trial {
    Trial::test(name, move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(test());
        Ok(())
    })
}

fn main() -> ExitCode {
    let called = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    match called.file_name().and_then(|name| name.to_str()) {
        Some(support::CHILD) => return media::child_main(),
        Some(attempts::ATTACKER) => return attempts::attack(),
        Some(name) if name.starts_with(kernel::LACKING) => return kernel::lack(&called),
        _ => {}
    }
    // As `nang` does: children must not inherit descriptors that a test runner left open.
    close_fds::set_fds_cloexec(3, &[]);
    let trials = [
        attack::all(),
        children::all(),
        hostile::all(),
        kernel::all(),
        probe::all(),
        refusals::all(),
        storing::all(),
        subtitles::all(),
    ]
    .into_iter()
    .flatten()
    .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
