//! The mode of the data folder.

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
async fn an_existing_folder_keeps_its_mode_and_other_accounts_can_only_pass_through_a_new_one() {
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
async fn a_folder_that_postgres_cannot_pass_is_not_changed_and_the_error_says_what_to_do() {
    if !geteuid().is_root() {
        return skip("a_folder_that_postgres_cannot_pass", "only root runs PostgreSQL as another account");
    }
    let site = Site::unstarted();
    fs::create_dir(site.data()).unwrap();
    fs::set_permissions(site.data(), Permissions::from_mode(0o700)).unwrap();
    let failed = site.run(&["up"]).await;
    let printed = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(!failed.status.success(), "{printed}");
    assert!(
        printed.contains(&format!("chmod o+x {}", site.data().canonicalize().unwrap().display())),
        "{printed}"
    );
    assert_eq!(mode(&site.data()), 0o700);
}
