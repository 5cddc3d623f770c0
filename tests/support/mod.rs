//! Real `nang` processes for tests: a server in a temporary folder, workers beside it, and an admin's view of a film.
#![allow(unreachable_pub, reason = "the tests beside this module use it")]
#![allow(clippy::missing_panics_doc, clippy::must_use_candidate)]

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

pub const EMAIL: &str = "admin@nang.example";
pub const PASSWORD: &str = "correct horse battery";

/// Waits until `condition` gives something; fails with `what` after `limit`.
pub async fn eventually<T>(what: &str, limit: Duration, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(started.elapsed() < limit, "waited {limit:?} for: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A process that is killed when the test ends.
pub struct Process(pub Child);

impl Process {
    pub fn id(&self) -> i32 {
        i32::try_from(self.0.id()).unwrap()
    }

    /// `kill -9`, and waits for the end.
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    pub fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A signal to a process by id.
pub fn signal(pid: i32, signal: rustix::process::Signal) {
    let _ = rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), signal);
}

/// Children of a process, by id.
pub fn children(pid: i32) -> Vec<i32> {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    tasks
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|text| text.split_whitespace().map(|id| id.parse().unwrap()).collect::<Vec<i32>>())
        .collect()
}

/// The encoding children of a process.
pub fn sandboxes(pid: i32) -> Vec<i32> {
    let is_cage = |id: &i32| {
        std::fs::read(format!("/proc/{id}/cmdline")).is_ok_and(|line| line.ends_with(b"\0media\0"))
    };
    children(pid).into_iter().filter(is_cage).collect()
}

/// The private PostgreSQL's server process in a data folder, if it runs.
pub fn postmaster(data: &Path) -> Option<i32> {
    let text = std::fs::read_to_string(data.join("postgres/cluster/postmaster.pid")).ok()?;
    text.lines().next()?.trim().parse().ok().filter(|pid| postgres_processes(data).contains(pid))
}

/// Every process of the private PostgreSQL in a data folder, also one whose server is gone. Told by the folder that they are in.
pub fn postgres_processes(data: &Path) -> Vec<i32> {
    let cluster = data.join("postgres");
    let is_there = |pid: &i32| {
        let program = std::fs::read_link(format!("/proc/{pid}/exe")).ok();
        let folder = std::fs::read_link(format!("/proc/{pid}/cwd")).ok();
        program.is_some_and(|program| program.ends_with("postgres"))
            && folder.is_some_and(|folder| folder.starts_with(&cluster))
    };
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(is_there).collect()
}

/// Says that a test does not run here, past the capturing of the test harness.
pub fn skip(test: &str, why: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: {why}");
}

/// A `nang up` in a folder of its own.
pub struct Site {
    folder: tempfile::TempDir,
    port: u16,
    server: Option<Process>,
    worker_jobs: usize,
    settings: Vec<(String, String)>,
    storage_limit: Option<u64>,
    http: reqwest::Client,
}

impl Site {
    /// Starts a server with `worker_jobs` jobs at once (0: workers are started apart).
    pub async fn start(worker_jobs: usize) -> Self {
        Self::start_with(worker_jobs, &[], None).await
    }

    /// A site whose server is not started.
    pub fn unstarted() -> Self {
        let folder = tempfile::Builder::new().prefix("nang-").tempdir_in("/tmp").unwrap();
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let http = reqwest::Client::new();
        Self { folder, port, server: None, worker_jobs: 0, settings: Vec::new(), storage_limit: None, http }
    }

    /// Starts a server with further settings, and with its storage on a small file system of its own if
    /// `storage_limit` (bytes) says so.
    pub async fn start_with(
        worker_jobs: usize,
        settings: &[(&str, &str)],
        storage_limit: Option<u64>,
    ) -> Self {
        let settings =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut site = Self { worker_jobs, settings, storage_limit, ..Self::unstarted() };
        site.start_server().await;
        site
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn server(&mut self) -> &mut Process {
        self.server.as_mut().unwrap()
    }

    /// `nang` with these arguments, and with the environment of this site.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nang"));
        command.args(arguments);
        self.surround(&mut command);
        command
    }

    /// `nang up`, inside a mount namespace when its storage is to be small.
    fn server_command(&self) -> Command {
        let Some(bytes) = self.storage_limit else { return self.command(&["up"]) };
        let storage = self.folder.path().join("small");
        std::fs::create_dir_all(&storage).unwrap();
        let mount = format!(
            "mount -t tmpfs -o size={bytes} tmpfs {0} && exec {1} up",
            storage.display(),
            env!("CARGO_BIN_EXE_nang")
        );
        let mut command = Command::new("unshare");
        if !rustix::process::geteuid().is_root() {
            command.args(["--user", "--map-current-user", "--keep-caps"]);
        }
        command.args(["--mount", "sh", "-c", &mount]);
        self.surround(&mut command);
        command.env("NANG_STORAGE", format!("file://{}", storage.display()));
        command
    }

    /// The environment of every process of this site.
    pub fn surround(&self, command: &mut Command) {
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.folder.path())
            .env("NANG_DATA", self.data())
            .env("NANG_LISTEN", format!("127.0.0.1:{}", self.port))
            .env("NANG_SERVER", self.url(""))
            .env("NANG_ADMIN_EMAIL", EMAIL)
            .env("NANG_ADMIN_PASSWORD", PASSWORD)
            .env("NANG_LEASE_SECONDS", "5")
            .env("NANG_MIN_FREE_BYTES", "1000000")
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
    }

    fn log(&self, name: &str) -> File {
        File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join(format!("{name}.log")))
            .unwrap()
    }

    /// What a process logged.
    pub fn read_log(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(format!("{name}.log"))).unwrap_or_default()
    }

    /// Starts the server (again) and waits until it answers.
    pub async fn start_server(&mut self) {
        let mut command = self.server_command();
        command.env("NANG_WORKER_JOBS", self.worker_jobs.to_string());
        let mut server = Process(command.stdout(Stdio::null()).stderr(self.log("server")).spawn().unwrap());
        eventually("the server to be ready", Duration::from_mins(1), async || {
            assert!(server.is_running(), "the server ended:\n{}", self.read_log("server"));
            let answer = self.http.get(self.url("/api/health/ready")).send().await;
            answer.is_ok_and(|answer| answer.status().is_success()).then_some(())
        })
        .await;
        self.server = Some(server);
    }

    /// A folder of the server's own view of the file system: its small storage is mounted for it alone.
    pub fn storage(&self) -> PathBuf {
        match (&self.server, self.storage_limit) {
            (Some(server), Some(_)) => {
                let small = self.folder.path().join("small");
                PathBuf::from(format!("/proc/{}/root{}", server.id(), small.display()))
            }
            _ => self.data().join("storage"),
        }
    }

    /// Whether the server does work of its own, for tests that start it again with or without.
    pub fn set_worker_jobs(&mut self, jobs: usize) {
        self.worker_jobs = jobs;
    }

    /// Starts a worker of its own process on this site's database and storage.
    pub fn start_worker(&self, name: &str) -> Process {
        let mut command = match (&self.server, self.storage_limit) {
            (Some(server), Some(_)) => {
                // Where the server's small storage is.
                let mut command = Command::new("nsenter");
                command.args(["--target", &server.id().to_string(), "--mount"]);
                if !rustix::process::geteuid().is_root() {
                    command.args(["--user", "--preserve-credentials"]);
                }
                command.args([env!("CARGO_BIN_EXE_nang"), "worker"]);
                self.surround(&mut command);
                command.env("NANG_STORAGE", format!("file://{}", self.folder.path().join("small").display()));
                command
            }
            _ => self.command(&["worker"]),
        };
        command.env("NANG_DATABASE_URL", self.database_url());
        Process(command.stdout(Stdio::null()).stderr(self.log(name)).spawn().unwrap())
    }

    /// Starts the api role in a process of its own, on this site's database and storage and on an address of its own.
    pub fn start_api(&self, name: &str) -> Process {
        let mut command = self.command(&["api"]);
        command.env("NANG_DATABASE_URL", self.database_url()).env("NANG_LISTEN", "127.0.0.1:0");
        Process(command.stdout(Stdio::null()).stderr(self.log(name)).spawn().unwrap())
    }

    /// Where the site's private PostgreSQL listens, for workers of the same user.
    pub fn database_url(&self) -> String {
        std::fs::read_to_string(self.data().join("database.url")).unwrap().trim().to_owned()
    }

    /// `nang import`, run in the background.
    pub fn import(&self, file: &Path, arguments: &[&str]) -> Process {
        let mut all = vec!["import", file.to_str().unwrap(), "--profile", "fast"];
        all.extend(arguments);
        Process(self.command(&all).stdout(self.log("import")).stderr(self.log("import")).spawn().unwrap())
    }

    /// `nang` to its end. Not waited for on this thread: the client of this site must notice meanwhile when the server
    /// closes a connection that was idle for long.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    /// `nang-tools` to its end. It is another package's binary, which cargo builds into the same folder.
    pub async fn run_tools(&self, arguments: &[&str]) -> Output {
        let program = Path::new(env!("CARGO_BIN_EXE_nang")).with_file_name("nang-tools");
        assert!(program.exists(), "build it first: cargo build --workspace --bins");
        let mut command = Command::new(program);
        command.args(arguments);
        self.surround(&mut command);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    /// An admin's access token.
    pub async fn log_in(&self) -> String {
        self.log_in_as(EMAIL, PASSWORD).await
    }

    /// An access token of another account.
    pub async fn log_in_as(&self, email: &str, password: &str) -> String {
        let body = json!({ "email": email, "password": password });
        let answer = self.http.post(self.url("/api/auth/login")).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
        answer.json::<Value>().await.unwrap()["access_token"].as_str().unwrap().to_owned()
    }

    /// GET as an admin; `None` while the server is away.
    pub async fn get(&self, token: &str, path: &str) -> Option<Value> {
        let answer = self.http.get(self.url(path)).bearer_auth(token).send().await.ok()?;
        answer.json().await.ok()
    }

    /// POST as an admin.
    pub async fn post(&self, token: &str, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.http.post(self.url(path)).bearer_auth(token).json(body).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    /// The film with this title, as an admin sees it.
    pub async fn film(&self, token: &str, title: &str) -> Option<Value> {
        let list = self.get(token, "/api/admin/films?limit=100").await?;
        let id =
            list["items"].as_array()?.iter().find(|film| film["titles"].to_string().contains(title))?["id"]
                .clone();
        self.get(token, &format!("/api/admin/films/{}", id.as_str()?)).await
    }

    /// Waits until the film is ready or failed.
    pub async fn settled(&self, token: &str, title: &str, limit: Duration) -> Value {
        eventually(&format!("{title} to settle\n{}", self.read_log("server")), limit, async || {
            let film = self.film(token, title).await?;
            matches!(film["status"].as_str(), Some("ready" | "failed")).then_some(film)
        })
        .await
    }

    /// The manifest of a ready film, byte for byte.
    pub fn manifest(&self, film: &Value) -> String {
        let folder = self.storage().join("films").join(film["id"].as_str().unwrap());
        let build = film["build_id"].as_str().unwrap_or_else(|| panic!("no build: {film:#}"));
        std::fs::read_to_string(folder.join(build).join("manifest.json")).unwrap()
    }

    /// Builds of a film that have any object in storage.
    pub fn builds_in_storage(&self, film: &Value) -> Vec<String> {
        let folder = self.storage().join("films").join(film["id"].as_str().unwrap());
        let Ok(builds) = std::fs::read_dir(folder) else { return Vec::new() };
        builds.map(|build| build.unwrap().file_name().into_string().unwrap()).collect()
    }
}

/// A file that leaves a small storage only so much room.
pub struct Filler(File);

impl Filler {
    /// Leaves `free_bytes`.
    pub fn leave(site: &Site, free_bytes: u64) -> Self {
        let path = site.storage().join("filler");
        let filler = Self(File::options().create(true).write(true).truncate(true).open(path).unwrap());
        let room = rustix::fs::fstatvfs(&filler.0).unwrap();
        filler.set(room.f_bavail * room.f_frsize - free_bytes);
        filler
    }

    fn set(&self, bytes: u64) {
        rustix::fs::fallocate(&self.0, rustix::fs::FallocateFlags::empty(), 0, bytes).unwrap();
    }

    /// Gives back this much of what it took.
    pub fn give_back(&self, bytes: u64) {
        let length = self.0.metadata().unwrap().len();
        self.0.set_len(length - bytes).unwrap();
    }

    /// Gives all of it back.
    pub fn remove(self) {
        self.0.set_len(0).unwrap();
    }
}

/// Bytes of all files in a folder.
pub fn size_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let sizes = entries.map(|entry| match entry.metadata().unwrap() {
        metadata if metadata.is_dir() => size_of(&entry.path()),
        metadata => metadata.len(),
    });
    sizes.sum()
}

/// The sample clip looped to about `seconds`, made by the ffmpeg command line.
pub fn master(folder: &Path, seconds: u32) -> PathBuf {
    let file = folder.join(format!("master-{seconds}.mp4"));
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../media/bbb_720p25_5s.mp4");
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-stream_loop", &(seconds / 5).to_string(), "-i"])
        .arg(clip)
        .args(["-c", "copy"])
        .arg(&file)
        .status()
        .unwrap();
    assert!(status.success());
    file
}
