//! A server in a temporary folder, workers beside it, and an admin's view of a film.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    eventually,
    process::Process,
    small_disk::{beside, with_small_disk},
    stream::Stream,
};

const EMAIL: &str = "admin@nang.example";
const PASSWORD: &str = "correct horse battery";
pub const NANG: &str = env!("CARGO_BIN_EXE_nang");

/// A `nang up` in a temporary folder.
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
    /// Starts a server that runs `worker_jobs` jobs at once (0: the test starts workers separately).
    pub async fn start(worker_jobs: usize) -> Self {
        Self::start_with(worker_jobs, &[], None).await
    }

    /// Returns a site whose server has not been started.
    pub fn unstarted() -> Self {
        let folder = tempfile::Builder::new().prefix("nang-").tempdir_in("/tmp").unwrap();
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let http = reqwest::Client::new();
        Self { folder, port, server: None, worker_jobs: 0, settings: Vec::new(), storage_limit: None, http }
    }

    /// Starts a server with further settings. With `storage_limit` (bytes), its storage is on a separate file system of that size.
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

    /// Returns a `nang` command with these arguments and the environment of this site.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(NANG);
        command.args(arguments);
        self.set_environment(&mut command);
        command
    }

    /// Returns the command `nang up`, which sees a small file system if the storage is limited.
    fn server_command(&self) -> Command {
        let Some(bytes) = self.storage_limit else { return self.command(&["up"]) };
        let storage = self.folder.path().join("small");
        let mut command = with_small_disk(&storage, bytes, Path::new(NANG), &["up"]);
        self.set_environment(&mut command);
        command.env("NANG_STORAGE", format!("file://{}", storage.display()));
        command
    }

    /// Sets the environment of every process of this site.
    pub fn set_environment(&self, command: &mut Command) {
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

    /// Starts a process that logs to `name`.log.
    pub fn spawn(&self, mut command: Command, name: &str) -> Process {
        Process(command.stdout(Stdio::null()).stderr(self.log(name)).spawn().unwrap())
    }

    fn log(&self, name: &str) -> File {
        File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join(format!("{name}.log")))
            .unwrap()
    }

    /// Returns what a process has logged.
    pub fn read_log(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(format!("{name}.log"))).unwrap_or_default()
    }

    /// Starts or restarts the server and waits until it is ready.
    pub async fn start_server(&mut self) {
        let mut command = self.server_command();
        command.env("NANG_WORKER_JOBS", self.worker_jobs.to_string());
        let mut server = self.spawn(command, "server");
        eventually("the server to be ready", Duration::from_mins(1), async || {
            assert!(server.is_running(), "the server ended:\n{}", self.read_log("server"));
            let answer = self.http.get(self.url("/api/health/ready")).send().await;
            answer.is_ok_and(|answer| answer.status().is_success()).then_some(())
        })
        .await;
        self.server = Some(server);
    }

    /// Returns the folder of the storage. A limited storage is mounted only for the server, so its path leads through `/proc`.
    pub fn storage(&self) -> PathBuf {
        match (&self.server, self.storage_limit) {
            (Some(server), Some(_)) => {
                let small = self.folder.path().join("small");
                PathBuf::from(format!("/proc/{}/root{}", server.id(), small.display()))
            }
            _ => self.data().join("storage"),
        }
    }

    /// Sets a setting after the server's next start.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// Sets how many jobs the server runs at once after its next start.
    pub fn set_worker_jobs(&mut self, jobs: usize) {
        self.worker_jobs = jobs;
    }

    /// Starts a worker in a separate process, with this site's database and storage.
    pub fn start_worker(&self, name: &str) -> Process {
        let mut command = match (&self.server, self.storage_limit) {
            (Some(server), Some(_)) => {
                let mut command = beside(server.id(), Path::new(NANG), &["worker"]);
                self.set_environment(&mut command);
                command.env("NANG_STORAGE", format!("file://{}", self.folder.path().join("small").display()));
                command
            }
            _ => self.command(&["worker"]),
        };
        command.env("NANG_DATABASE_URL", self.database_url());
        self.spawn(command, name)
    }

    /// Starts the API role in a separate process, with this site's database and storage, on a free port.
    pub fn start_api(&self, name: &str) -> Process {
        let mut command = self.command(&["api"]);
        command.env("NANG_DATABASE_URL", self.database_url()).env("NANG_LISTEN", "127.0.0.1:0");
        self.spawn(command, name)
    }

    /// Returns the URL of the site's private PostgreSQL, for processes of the same user.
    pub fn database_url(&self) -> String {
        std::fs::read_to_string(self.data().join("database.url")).unwrap().trim().to_owned()
    }

    /// Starts `nang import` in the background.
    pub fn import(&self, file: &Path, arguments: &[&str]) -> Process {
        let mut all = vec!["import", file.to_str().unwrap(), "--profile", "fast"];
        all.extend(arguments);
        Process(self.command(&all).stdout(self.log("import")).stderr(self.log("import")).spawn().unwrap())
    }

    /// Runs `nang` to its end. Another thread waits for it, because the HTTP client of this site must notice on this thread when the
    /// server closes a connection that was idle for too long.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        output(self.command(arguments)).await
    }

    /// Runs `nang-tools` to its end. It is the binary of another package, which cargo builds into the same folder.
    pub async fn run_tools(&self, arguments: &[&str]) -> Output {
        let program = Path::new(NANG).with_file_name("nang-tools");
        assert!(program.exists(), "nang-tools is missing; run cargo build --workspace --bins");
        let mut command = Command::new(program);
        command.args(arguments);
        self.set_environment(&mut command);
        output(command).await
    }

    /// Logs in as the admin and returns an access token.
    pub async fn log_in(&self) -> String {
        self.log_in_as(EMAIL, PASSWORD).await
    }

    /// Logs in and returns an access token.
    pub async fn log_in_as(&self, email: &str, password: &str) -> String {
        let body = json!({ "email": email, "password": password });
        let answer = self.http.post(self.url("/api/auth/login")).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
        answer.json::<Value>().await.unwrap()["access_token"].as_str().unwrap().to_owned()
    }

    /// Sends a GET request. Returns `None` while the server does not respond.
    pub async fn get(&self, token: &str, path: &str) -> Option<Value> {
        let answer = self.http.get(self.url(path)).bearer_auth(token).send().await.ok()?;
        answer.json().await.ok()
    }

    /// Sends a POST request. Returns the status and the body.
    pub async fn post(&self, token: &str, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.http.post(self.url(path)).bearer_auth(token).json(body).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    /// Opens a playback session without an account.
    pub async fn play(&self, film: &str) -> Stream {
        let answer = self.http.post(self.url(&format!("/api/stream/{film}"))).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{status}: {text}");
        Stream::new(self.http.clone(), &self.url(""), serde_json::from_str(&text).unwrap())
    }

    /// Opens a playback session with an account.
    pub async fn play_as(&self, token: &str, film: &str) -> Stream {
        let (status, answer) = self.send(token, "POST", &format!("/api/stream/{film}"), Vec::new()).await;
        assert_eq!(status, 200, "{answer:#}");
        Stream::new(self.http.clone(), &self.url(""), answer)
    }

    /// Sends a PATCH request with the version that it changes.
    pub async fn patch(&self, token: &str, path: &str, version: &Value, body: &Value) -> (u16, Value) {
        self.send_version(token, "PATCH", path, version, body).await
    }

    /// Sends a request with a JSON body and the version that it changes. Returns the status and the body.
    pub async fn send_version(
        &self,
        token: &str,
        method: &str,
        path: &str,
        version: &Value,
        body: &Value,
    ) -> (u16, Value) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, self.url(path)).bearer_auth(token).json(body);
        let answer = request.header("If-Match", format!("\"{version}\"")).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    /// Deletes a film.
    pub async fn delete_film(&self, token: &str, film: &str, title: &str) {
        let path = format!("/api/admin/films/{film}");
        let version = self.get(token, &path).await.unwrap()["version"].clone();
        let path = format!("{path}?title={title}");
        let (status, answer) = self.send_version(token, "DELETE", &path, &version, &json!({})).await;
        assert_eq!(status, 200, "{answer:#}");
    }

    /// Deletes a film and then its masters and objects.
    pub async fn purge_film(&self, token: &str, film: &str, title: &str) {
        self.delete_film(token, film, title).await;
        let path = format!("/api/admin/films/{film}");
        let version = self.get(token, &path).await.unwrap()["version"].clone();
        let confirmation = json!({ "title": title });
        let (status, answer) =
            self.send_version(token, "POST", &format!("{path}/purge"), &version, &confirmation).await;
        assert!((200..300).contains(&status), "{status} {answer:#}");
    }

    /// Sends a request with a JSON body. Returns the status and the body.
    pub async fn send_json(&self, token: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, self.url(path)).bearer_auth(token).json(body);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    /// Sends a request with any body, with an account unless `token` is empty. Returns the status and the body.
    pub async fn send(&self, token: &str, method: &str, path: &str, body: Vec<u8>) -> (u16, Value) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, self.url(path)).body(body);
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    /// Returns the film with this title, as an admin sees it.
    pub async fn film(&self, token: &str, title: &str) -> Option<Value> {
        let list = self.get(token, "/api/admin/films?limit=100").await?;
        let id =
            list["items"].as_array()?.iter().find(|film| film["titles"].to_string().contains(title))?["id"]
                .clone();
        self.get(token, &format!("/api/admin/films/{}", id.as_str()?)).await
    }

    /// Waits until the film is ready, has failed or waits for a decision, and returns it.
    pub async fn settled(&self, token: &str, title: &str, limit: Duration) -> Value {
        eventually(
            &format!("{title} to be ready or failed\n{}", self.read_log("server")),
            limit,
            async || {
                let film = self.film(token, title).await?;
                matches!(film["status"].as_str(), Some("ready" | "failed" | "damaged")).then_some(film)
            },
        )
        .await
    }

    /// Returns the text of the record of a ready film's build.
    pub fn build_record(&self, film: &Value) -> String {
        let build = film["build_id"].as_str().unwrap_or_else(|| panic!("no build: {film:#}"));
        std::fs::read_to_string(self.builds_folder(film).join(build).join("build.json")).unwrap()
    }

    /// Returns the folder of a film's builds.
    pub fn builds_folder(&self, film: &Value) -> PathBuf {
        self.storage().join("films").join(film["id"].as_str().unwrap()).join("builds")
    }

    /// Returns the builds of a film that have a folder in storage.
    pub fn builds_in_storage(&self, film: &Value) -> Vec<String> {
        let Ok(builds) = std::fs::read_dir(self.builds_folder(film)) else { return Vec::new() };
        builds.map(|build| build.unwrap().file_name().into_string().unwrap()).collect()
    }
}

/// Runs a command to its end. If the test fails before, the command ends too.
pub async fn output(command: Command) -> Output {
    tokio::process::Command::from(command).kill_on_drop(true).output().await.unwrap()
}
