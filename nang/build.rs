//! Embeds the web pages that `pnpm -C clients build` wrote to clients/web/dist.

use std::path::Path;

fn main() {
    let dist = Path::new("../clients/web/dist");
    if !dist.join("index.html").exists() {
        // The server also works without its pages, and `cargo check` does not need them. A warning and the placeholder page say so.
        std::fs::create_dir_all(dist).expect("clients/web should be writable");
        std::fs::write(
            dist.join("index.html"),
            "<!doctype html><title>Nang</title><p>This binary was built without the web pages. Run <code>make build</code>.\n",
        )
        .expect("clients/web/dist should be writable");
        println!("cargo:warning=built without the web pages; run `make web` first");
    }
    // A megabyte less of relocations. glibc reads this format since 2.36, which is that of Debian 12.
    println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    println!("cargo:rerun-if-changed=../clients/web/dist");
    memory_serve::load_directory("../clients/web/dist");
}
