//! Tests of the worker with a real queue and a real child: the database stops, objects are damaged, or the libraries differ.
//!
//! This program is also the child, as `nang` is: under the name `site::CHILD` it runs `child_main`. Each test has its own
//! PostgreSQL, which it may stop.
#![allow(clippy::unwrap_used)]

mod damage;
mod damaged;
mod database_away;
mod other_libraries;
mod postgres;
mod site;

use std::{path::Path, process::ExitCode};

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
    let called = std::env::args().next().unwrap_or_default();
    if Path::new(&called).file_name().is_some_and(|name| name == site::CHILD) {
        return media::child_main();
    }
    // As `nang` does: children must not inherit descriptors that a test runner left open.
    close_fds::set_fds_cloexec(3, &[]);
    let trials = [damage::all(), damaged::all(), database_away::all(), other_libraries::all()]
        .into_iter()
        .flatten()
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
