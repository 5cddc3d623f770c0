//! The memory allocator: mimalloc. glibc's keeps the memory that each thread once needed: 19 MiB for every thread that has hashed a
//! password.

use libmimalloc_sys::{mi_option_set, mi_option_t};
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// `mi_option_purge_delay` in `mimalloc.h`: for how many milliseconds unused memory is kept. The bindings do not name it.
const PURGE_DELAY: mi_option_t = 15;
/// With mimalloc's second, a server that receives a large upload needs 40 MB more.
const PURGE_DELAY_MS: std::ffi::c_long = 10;

/// Sets the allocator's options. To be called before other threads exist.
#[expect(unsafe_code, reason = "the allocator is a library in C")]
pub(crate) fn set_options() {
    // SAFETY: the function stores a number; it is unsafe only because it is foreign, and no other thread reads the number now.
    unsafe { mi_option_set(PURGE_DELAY, PURGE_DELAY_MS) };
}

#[cfg(test)]
mod tests {
    use super::PURGE_DELAY;

    #[test]
    #[expect(unsafe_code, reason = "the allocator is a library in C")]
    fn the_option_is_the_one_that_is_a_second_at_first() {
        // SAFETY: as above; tests never set the option.
        let value = |option| unsafe { libmimalloc_sys::mi_option_get(option) };
        let seconds: Vec<_> = (0..24).filter(|option| value(*option) == 1000).collect();
        assert_eq!(seconds, [PURGE_DELAY]);
    }
}
