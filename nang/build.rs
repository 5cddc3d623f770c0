//! Embeds the pages that `pnpm -C clients build` left in clients/web/dist.

use std::path::Path;

fn main() {
    let dist = Path::new("../clients/web/dist");
    if !dist.join("index.html").exists() {
        // The server is useful without its pages (and cargo check needs none): say so, both here and on the page.
        std::fs::create_dir_all(dist).expect("clients/web can be written to");
        std::fs::write(
            dist.join("index.html"),
            "<!doctype html><title>Nang</title><p>This binary was built without its pages. Run <code>make build</code>.\n",
        )
        .expect("clients/web/dist can be written to");
        println!("cargo:warning=built without pages: run `make web` first");
    }
    println!("cargo:rerun-if-changed=../clients/web/dist");
    memory_serve::load_directory("../clients/web/dist");
}
