//! The processing of films, masters and builds: transactions that change both the queue and the other tables.
//!
//! Each processing step of a film is one function here and one transaction, which also creates the next step. It locks the film first,
//! then rows of builds, jobs and attempts.

mod build;
mod cancel;
mod collect;
mod complete;
mod damage;
mod decline;
mod describe;
mod dub;
mod fail;
mod film;
mod lock;
mod master;
mod old_jobs;
mod presentation;
mod progress;
mod retry;
mod subtitle;
pub mod upload;
mod urgency;

pub use build::{cancel_build, delete_build, finished_analyses, finished_parts};
pub use cancel::cancel_job;
pub use collect::{begin_collect, complete_collect};
pub use complete::{
    BuildStart, NewBuild, Published, complete_analysis, complete_part, complete_plan, complete_probe,
    complete_publish,
};
pub use damage::{hold_damaged, publish_damaged};
pub use decline::{Replacement, decline};
pub use dub::{DubInTheMaking, DubState, DubTrack, NewDub, begin_dub, discard_dub, dubs_in_the_making};
pub use fail::{Retry, claim, claim_of, fail, fail_damaged, refuse_file};
pub use film::{begin_purge, complete_purge, delete_film, purge_film, restore_film};
pub use master::{delete_master, encode_master};
pub use old_jobs::{KEEP_FINISHED_JOBS, delete_old_jobs};
pub use presentation::{
    begin_presentation, begin_publish, discard_presentation, retire_presentations, show_presentation,
};
pub use progress::{build_progress, builds_progress};
pub use retry::retry_job;
pub use subtitle::{
    NewSubtitle, NewSubtitleFile, begin_subtitle, delete_abandoned_subtitles, finish_subtitle,
};
pub use urgency::set_job_urgency;
