//! The account whose rights the child has.

use std::io;

use rustix::{
    process::{Gid, Uid, geteuid},
    thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid},
};

/// The ids of the accounts `nobody` and `nogroup`. The kernel itself uses them for unmapped ids (`overflowuid`), so no file is
/// looked up.
const NOBODY: u32 = 65_534;

/// Changes from root to `nobody`, because root could raise the limits again and own every file that it reached. This happens here and
/// not before the program is executed, since `nobody` may be unable to execute it. Afterwards the kernel keeps other children, which
/// run as `nobody` too, from inspecting this one.
pub(super) fn drop_root() -> io::Result<()> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let (uid, gid) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    // These calls change only this thread; there is no other yet.
    let dropped = set_thread_groups(&[])
        .and_then(|()| set_thread_res_gid(gid, gid, gid))
        .and_then(|()| set_thread_res_uid(uid, uid, uid));
    dropped.map_err(|error| {
        let help = "Run Nang as an ordinary user, or permit it CAP_SETUID, CAP_SETGID and the id 65534";
        io::Error::other(format!("root cannot change to the account `nobody`: {error}. {help}"))
    })
}
