//! The data folder belongs to whoever made it.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt},
};

use rustix::process::geteuid;

use crate::support::{Site, skip};

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[tokio::test]
async fn a_folder_that_was_there_keeps_its_mode_and_a_new_one_lets_others_pass_only() {
    for kept in [0o755, 0o2771] {
        let mut site = Site::unstarted();
        fs::create_dir(site.data()).unwrap();
        fs::set_permissions(site.data(), Permissions::from_mode(kept)).unwrap();
        site.start_server().await;
        assert_eq!(mode(&site.data()), kept);
        for secret in ["playback.keys", "access.key", "database.url"] {
            assert_eq!(mode(&site.data().join(secret)), 0o600, "{secret}");
        }
    }
    let site = Site::start(0).await;
    assert_eq!(mode(&site.data()), 0o711);
}

#[tokio::test]
async fn a_folder_that_postgres_cannot_pass_is_left_alone_and_what_to_do_is_said() {
    if !geteuid().is_root() {
        return skip("a_folder_that_postgres_cannot_pass", "only root runs PostgreSQL as another account");
    }
    let site = Site::unstarted();
    fs::create_dir(site.data()).unwrap();
    fs::set_permissions(site.data(), Permissions::from_mode(0o700)).unwrap();
    let failed = site.run(&["up"]).await;
    let said = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(!failed.status.success(), "{said}");
    assert!(said.contains(&format!("chmod o+x {}", site.data().canonicalize().unwrap().display())), "{said}");
    assert_eq!(mode(&site.data()), 0o700);
}
