//! Tests of whole processes: real `nang` servers and workers in temporary folders. All are in one binary, because each binary takes
//! seconds to link.
#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::float_cmp, missing_docs)]

mod backup;
mod bad_input;
mod clock_steps;
mod damage;
mod data_folder;
mod demo;
mod doctor;
mod dubs;
mod embedded_subtitles;
mod ending;
mod faults;
mod full_disks;
mod links;
mod masters;
#[path = "../origin/tests/nginx/server.rs"]
mod nginx;
mod object_store;
mod outages;
mod private_postgres;
mod queue_depth;
mod remote_workers;
mod several_processes;
mod stalled;
mod storage_tools;
mod support;
mod take_down;
mod take_down_nginx;
mod traces;
mod tracks;
mod under_load;
mod upgrade;
mod watching;
