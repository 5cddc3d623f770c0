//! Remote workers: processes that know a server's address and a token, and neither its database nor its storage.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use rustix::process::Signal;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use crate::support::{Process, Site, eventually, master, sandboxes, signal};

const LIMIT: Duration = Duration::from_mins(5);
const SECONDS: u32 = 20;
const TITLE: &str = "Remote";

/// The hashes of all objects of a film's build, by their paths within it.
type Objects = BTreeMap<String, String>;

/// What a worker beside the database and the storage makes of the master.
static EXPECTED: OnceCell<Objects> = OnceCell::const_new();

async fn expected() -> &'static Objects {
    EXPECTED
        .get_or_init(async || {
            let site = Site::start(1).await;
            import(&site).await;
            built(&site, &site.log_in().await).await
        })
        .await
}

/// Uploads the master.
async fn import(site: &Site) {
    let mut import = site.import(&master(site.path(), SECONDS), &["--title", TITLE]);
    let status = eventually("the upload to end", LIMIT, async || import.0.try_wait().unwrap()).await;
    assert!(status.success(), "{}", site.read_log("import"));
}

/// Waits until the film is ready, and returns the objects of its build.
async fn built(site: &Site, token: &str) -> Objects {
    let film = site.settled(token, TITLE, LIMIT).await;
    assert_eq!(film["status"], "ready", "{film:#}\n{}", site.read_log("server"));
    let folder = site.builds_folder(&film).join(film["build_id"].as_str().unwrap());
    let mut objects = Objects::new();
    hash_files(&folder, &folder, &mut objects);
    assert!(objects.len() > 10, "{objects:?}");
    objects
}

fn hash_files(root: &Path, folder: &Path, objects: &mut Objects) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            hash_files(root, &path, objects);
        } else {
            let hash = domain::hex::encode(&Sha256::digest(std::fs::read(&path).unwrap()));
            objects.insert(path.strip_prefix(root).unwrap().display().to_string(), hash);
        }
    }
}

/// Creates a remote worker. Returns its id and its token.
async fn create(site: &Site, token: &str, name: &str) -> (String, String) {
    let (status, created) = site.post(token, "/api/admin/workers", &json!({ "name": name })).await;
    assert_eq!(status, 201, "{created:#}");
    let text = |field: &str| created[field].as_str().unwrap().to_owned();
    (text("id"), text("token"))
}

/// Starts a remote worker. Its environment has nothing of the site, and its log is `<name>.log` in the site's folder.
fn start(site: &Site, name: &str, token: &str, arguments: &[&str]) -> Process {
    let file = site.path().join(format!("{name}.token"));
    std::fs::write(&file, format!("{token}\n")).unwrap();
    let log = std::fs::File::create(site.path().join(format!("{name}.log"))).unwrap();
    let home = site.path().join(format!("home-{name}"));
    std::fs::create_dir_all(&home).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_nang"));
    command
        .args(["worker", "--server", &site.url(""), "--token-file", file.to_str().unwrap()])
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", &home)
        .current_dir(&home);
    Process(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap())
}

/// Waits until the worker runs a sandboxed child for a build that is being encoded.
async fn until_encoding(site: &Site, token: &str, worker: &Process) {
    eventually("the worker to encode", LIMIT, async || {
        let film = site.film(token, TITLE).await?;
        let encodes = film["builds"].as_array()?.iter().any(|build| build["state"] == "encoding");
        (encodes && !sandboxes(worker.id()).is_empty()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_film_encoded_by_a_remote_worker_alone_has_the_same_bytes() {
    let site = Site::start(0).await;
    let token = site.log_in().await;
    let (_, secret) = create(&site, &token, "school-1").await;
    import(&site).await;
    let mut worker = start(&site, "worker", &secret, &["--exit-when-idle"]);
    let objects = built(&site, &token).await;
    assert_eq!(&objects, expected().await);
    let status = eventually("the idle worker to end", LIMIT, async || worker.0.try_wait().unwrap()).await;
    assert!(status.success(), "{status}: {}", site.read_log("worker"));

    let list = site.get(&token, "/api/admin/workers").await.unwrap();
    let listed = &list["items"][0];
    assert_eq!((&listed["name"], &listed["revoked_at"]), (&json!("school-1"), &Value::Null), "{list:#}");
    assert!(listed["used_at"].is_string() && listed["used_by"].is_string(), "{list:#}");
    assert!(!list.to_string().contains(&secret));
    let (status, _) = site.post(&token, "/api/admin/workers", &json!({ "name": "school-1" })).await;
    assert_eq!(status, 409, "two active workers of one name");
    // The secret is in no log of the server or the worker.
    for log in ["server", "worker"] {
        assert!(!site.read_log(log).contains(&secret), "{log}");
    }
}

#[tokio::test]
async fn a_job_of_a_revoked_worker_is_done_again_by_another_one() {
    let site = Site::start(0).await;
    let token = site.log_in().await;
    let (id, secret) = create(&site, &token, "rented").await;
    import(&site).await;
    let mut revoked = start(&site, "revoked", &secret, &[]);
    until_encoding(&site, &token, &revoked).await;
    let (status, _) = site.send(&token, "DELETE", &format!("/api/admin/workers/{id}"), Vec::new()).await;
    assert_eq!(status, 204);
    let status = eventually("the revoked worker to end", LIMIT, async || revoked.0.try_wait().unwrap()).await;
    assert!(!status.success());
    let log = site.read_log("revoked");
    assert!(log.contains("the server refuses this worker's token"), "{log}");

    let (_, secret) = create(&site, &token, "rented").await;
    let _worker = start(&site, "worker", &secret, &[]);
    assert_eq!(&built(&site, &token).await, expected().await);
}

#[tokio::test]
async fn a_job_of_a_killed_worker_is_done_again_by_another_one() {
    let site = Site::start(0).await;
    let token = site.log_in().await;
    let (_, secret) = create(&site, &token, "volunteer").await;
    import(&site).await;
    let mut killed = start(&site, "killed", &secret, &[]);
    until_encoding(&site, &token, &killed).await;
    signal(killed.id(), Signal::KILL);
    eventually("the worker to be killed", LIMIT, async || killed.0.try_wait().unwrap()).await;
    only_objects_of_the_part_are_accepted(&site, &secret).await;
    let worker = start(&site, "worker", &secret, &[]);
    assert_eq!(&built(&site, &token).await, expected().await);
    // One that is stopped returns its job at once, and ends without an error.
    let mut worker = worker;
    signal(worker.id(), Signal::TERM);
    let status = eventually("the worker to stop", LIMIT, async || worker.0.try_wait().unwrap()).await;
    assert!(status.success(), "{}", site.read_log("worker"));
}

/// A request of a remote worker, without a worker.
async fn request(
    site: &Site,
    token: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> (u16, Value) {
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = reqwest::Client::new().request(method, site.url(path)).bearer_auth(token).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or(Value::Null))
}

/// Claims a part, tries to store objects that are not its own, and returns it to the queue.
async fn only_objects_of_the_part_are_accepted(site: &Site, secret: &str) {
    let part = eventually("a part to claim", LIMIT, async || {
        let (status, job) = request(site, secret, "POST", "/api/work/1/claim", &[], vec![]).await;
        (status == 200).then_some(job)
    })
    .await;
    assert!(part["kind"].as_str().unwrap().starts_with("encode_"), "{part:#}");
    let job = format!("/api/work/1/jobs/{}", part["job"].as_str().unwrap());
    let held = ("nang-lease", part["lease_token"].as_str().unwrap());
    let plan = &part["work"]["encode"]["plan"];
    let name = plan["audio"][0]["mixes"][0]["renditions"][0]["name"].as_str();
    let name = name.unwrap_or_else(|| panic!("{:#}", plan["audio"]));
    for path in ["build.json", &format!("{name}/99999.m4s"), &format!("{name}/index.m3u8"), "other/init.mp4"]
    {
        let (status, _) =
            request(site, secret, "PUT", &format!("{job}/objects/{path}"), &[held], vec![1]).await;
        assert_eq!(status, 422, "{path}");
    }
    let json_body = ("content-type", "application/json");
    let empty = json!({ "done": { "encoded": { "renditions": [] } } }).to_string().into_bytes();
    let (status, problem) =
        request(site, secret, "POST", &format!("{job}/end"), &[held, json_body], empty).await;
    // The attempt failed, as it does if a sandboxed child reports success without its segments.
    assert_eq!(status, 204, "{problem:#}");
}

#[tokio::test]
async fn a_wrong_token_opens_nothing_and_a_workers_token_only_its_own_jobs() {
    let site = Site::start(0).await;
    let admin = site.log_in().await;
    let (id, secret) = create(&site, &admin, "pc").await;
    import(&site).await;
    let wrong = secret.chars().rev().collect::<String>();
    let mut worker = start(&site, "wrong", &wrong, &[]);
    let status = eventually("the worker to end", LIMIT, async || worker.0.try_wait().unwrap()).await;
    assert!(!status.success());
    assert!(
        site.read_log("wrong").contains("the server refuses this worker's token"),
        "{}",
        site.read_log("wrong")
    );

    let claim = "/api/work/1/claim";
    for token in ["", "x", &wrong, &admin] {
        assert_eq!(request(&site, token, "POST", claim, &[], vec![]).await.0, 401, "{token}");
    }
    for path in [
        "/api/auth/me",
        "/api/admin/films",
        "/api/admin/workers",
        "/api/admin/jobs",
        "/api/watchlist",
        "/api/history",
        // An invalid token is refused even where none is needed.
        "/api/films",
    ] {
        assert_eq!(request(&site, &secret, "GET", path, &[], vec![]).await.0, 401, "{path}");
    }
    let (status, probe) = request(&site, &secret, "POST", claim, &[], vec![]).await;
    assert_eq!((status, &probe["kind"]), (200, &json!("probe")), "{probe:#}");
    assert_eq!(request(&site, &secret, "POST", claim, &[], vec![]).await.0, 204, "there is one job");
    let job = |action: &str| format!("/api/work/1/jobs/{}/{action}", probe["job"].as_str().unwrap());
    let lease = probe["lease_token"].as_str().unwrap().to_owned();
    let other = uuid::Uuid::new_v4().to_string();
    let range = ("range", "bytes=0-999");
    let held = ("nang-lease", lease.as_str());
    for (headers, expected) in [
        (vec![held, range], 206),
        (vec![("nang-lease", &other), range], 410),
        (vec![range], 400),
        (vec![held], 400),
        (vec![held, ("range", "bytes=0-99999999999")], 422),
    ] {
        let (status, _) = request(&site, &secret, "GET", &job("master"), &headers, vec![]).await;
        assert_eq!(status, expected, "{headers:?}");
    }
    for path in ["objects/build.json", "objects/v720/00001.m4s", "objects/..%2f..%2fx", "objects/masters/x"] {
        let (status, _) = request(&site, &secret, "PUT", &job(path), &[held], vec![1]).await;
        assert_eq!(status, 422, "{path}");
    }
    // A result that no correct worker sends fails the attempt, and the queue gives the job out again later.
    let facts = json!({ "done": { "analysed": { "loudness": [] } } });
    let json_body = ("content-type", "application/json");
    let (status, problem) =
        request(&site, &secret, "POST", &job("end"), &[held, json_body], facts.to_string().into_bytes())
            .await;
    assert_eq!(status, 204, "{problem:#}");
    let (status, _) = request(&site, &secret, "GET", &job("master"), &[held, range], vec![]).await;
    assert_eq!(status, 410, "the lease has ended");
    let jobs = site.get(&admin, "/api/admin/jobs").await.unwrap();
    let failed = &jobs["items"][0];
    assert_eq!((&failed["state"], &failed["kind"]), (&json!("queued"), &json!("probe")), "{jobs:#}");
    assert!(failed["error"].is_string(), "{failed:#}");

    let (status, _) = site.send(&admin, "DELETE", &format!("/api/admin/workers/{id}"), Vec::new()).await;
    assert_eq!(status, 204);
    assert_eq!(request(&site, &secret, "POST", claim, &[], vec![]).await.0, 401, "a revoked token");
}
