//! Durations as people read them.

/// Milliseconds as `hh:mm:ss`, rounded down.
pub fn clock_time(ms: u64) -> String {
    let seconds = ms / 1000;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
