//! Whose rights the child has.

use std::io;

use rustix::{
    process::{Gid, Uid, geteuid},
    thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid},
};

/// Nobody, and nogroup: the kernel's own numbers for those who are none of its users (`overflowuid`), so no file need be asked.
const NOBODY: u32 = 65_534;

/// Root could raise the limits again, and own whatever it got hold of. Here and not at the start of the program: a program that
/// changes its user before it is executed must be executable by that user. Afterwards the kernel keeps other children, who are nobody
/// too, from looking into this one.
pub(super) fn drop_root() -> io::Result<()> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let (uid, gid) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    // These change one thread, and there is no other yet.
    let dropped = set_thread_groups(&[])
        .and_then(|()| set_thread_res_gid(gid, gid, gid))
        .and_then(|()| set_thread_res_uid(uid, uid, uid));
    dropped.map_err(|error| {
        let help = "Run Nang as an ordinary user, or give it CAP_SETUID and CAP_SETGID and the id 65534";
        io::Error::other(format!("root cannot become nobody: {error}. {help}"))
    })
}
