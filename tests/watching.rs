//! The alerts and the dashboard in deploy/watching name only metrics that a server exports.

use std::{collections::BTreeSet, path::Path, time::Duration};

use crate::support::{Site, eventually, master};

const LIMIT: Duration = Duration::from_mins(2);

/// Returns the names of Nang's metrics in a text.
fn names(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("nang_"))
        .collect()
}

#[tokio::test]
async fn alerts_and_dashboard_name_metrics_that_exist() {
    let site = Site::start(0).await;
    // A job that waits, because metrics count only what exists.
    let mut import = site.import(&master(site.path(), 5), &["--title", "Watched"]);
    let status = eventually("the upload to end", LIMIT, async || import.0.try_wait().unwrap()).await;
    assert!(status.success(), "{}", site.read_log("import"));
    let exported = reqwest::get(site.url("/api/metrics")).await.unwrap().text().await.unwrap();
    // Without the comments and the labels, whose values are not names.
    let lines = exported.lines().filter(|line| !line.starts_with('#'));
    let exported: BTreeSet<_> = lines.filter_map(|line| line.split(['{', ' ']).next()).collect();

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/watching");
    for (file, least) in [("nang.rules.yml", 4), ("grafana.json", 4)] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let used = names(&text);
        assert!(used.len() >= least, "{file}: {used:?}");
        let unknown: Vec<_> = used.difference(&exported).collect();
        assert!(unknown.is_empty(), "{file} uses {unknown:?}; the server exports {exported:?}");
    }
}
