//! Which files may contain unsafe code.

use super::{sources, without_comments};

/// The module that calls FFmpeg.
const FFMPEG: &str = "transcoder/media/src/ffmpeg/";
/// Reports which system call the sandbox refused. A signal handler can be set only with unsafe code.
const HANDLER: &str = "transcoder/media/src/sandbox/refusal.rs";
/// Sets an option of the memory allocator, a library in C.
const ALLOCATOR: &str = "nang/src/allocator.rs";

/// Whether code contains the keyword in any place where Rust allows it, or an attribute that allows it. Spaces and line ends may be
/// between.
fn uses_unsafe(code: &str) -> bool {
    let code = without_comments(code);
    let words: Vec<&str> = code
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '{' || c == '('))
        .filter(|word| !word.is_empty())
        .collect();
    let follows = |word: &str| {
        ["{", "fn", "impl", "trait", "extern", "(", "mod", "async"].iter().any(|next| word.starts_with(next))
    };
    let keyword = words.windows(2).any(|pair| pair[0] == "unsafe" && follows(pair[1]));
    let attached = words.iter().any(|word| word.starts_with("unsafe{") || word.starts_with("unsafe("));
    let allowed = ["allow(unsafe_code", "expect(unsafe_code", "warn(unsafe_code"];
    let attribute = code.split_whitespace().collect::<String>();
    keyword || attached || allowed.iter().any(|allowed| attribute.contains(allowed))
}

#[test]
fn unsafe_code_is_found_in_every_form() {
    for code in [
        "unsafe { f() }",
        "unsafe{f()}",
        "let x = unsafe\n{ f() };",
        "pub unsafe fn f() {}",
        "unsafe impl Send for X {}",
        "unsafe extern \"C\" fn f() {}",
        "pub unsafe trait T {}",
        "unsafe extern \"C\" { fn f(); }",
        "#[unsafe(no_mangle)] fn f() {}",
        "#![allow(unsafe_code)]",
        "#[expect( unsafe_code, reason = \"no\")]",
    ] {
        assert!(uses_unsafe(code), "not found: {code}");
    }
    for code in ["// unsafe { no }", "let is_unsafe = 1;", "\"an unsafe place\"", "deny(unsafe_code)"] {
        assert!(!uses_unsafe(code), "{code}");
    }
}

#[test]
fn unsafe_code_only_calls_libraries_in_c_and_sets_one_signal_handler() {
    let mut found = 0;
    for (path, source) in sources() {
        if path.starts_with(FFMPEG) {
            found += usize::from(uses_unsafe(&source));
        } else if path == HANDLER || path == ALLOCATOR {
            assert!(uses_unsafe(&source), "{path} has no unsafe code any more; remove this exception");
        } else {
            assert!(
                !uses_unsafe(&source),
                "{path} has unsafe code, which only {FFMPEG}, {HANDLER} and {ALLOCATOR} may have"
            );
        }
    }
    assert!(found > 5, "only {found} files with unsafe code found in {FFMPEG}, so the search is wrong");
}
