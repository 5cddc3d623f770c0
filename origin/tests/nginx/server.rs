//! An NGINX with the sample configuration.

use std::{
    net::SocketAddr,
    path::Path,
    process::{Child, Command},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

const SAMPLE: &str = include_str!("../../../nginx/nang.conf");

pub(crate) struct Nginx {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Nginx {
    /// Starts NGINX in front of a server that is both API and origin.
    pub(crate) async fn start(folder: &Path, server: SocketAddr) -> Self {
        Self::start_before(folder, server, server).await
    }

    /// Starts NGINX with the sample configuration. Only addresses and folders in it are changed.
    pub(crate) async fn start_before(folder: &Path, api: SocketAddr, origin: SocketAddr) -> Self {
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut sample = SAMPLE.to_owned();
        for (upstream, server) in [("nang_api", api), ("nang_origin", origin)] {
            let written = format!("upstream {upstream} {{\n    server 127.0.0.1:8080;");
            assert!(sample.contains(&written), "the sample no longer contains {written}");
            sample = sample.replace(&written, &format!("upstream {upstream} {{\n    server {server};"));
        }
        for (written, moved) in [
            ("listen 80;", format!("listen {address};")),
            ("/var/cache/nginx/", format!("{}/", folder.display())),
            ("/var/log/nginx/", format!("{}/", folder.display())),
        ] {
            assert!(sample.contains(written), "the sample no longer contains {written}");
            sample = sample.replace(written, &moved);
        }
        let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {};\n", folder.join(kind).display()))
            .concat();
        let main = format!(
            "{user}\nworker_processes 2;\nerror_log {error};\npid {pid};\nevents {{}}\nhttp {{\n{temporary}{sample}\n}}\n",
            error = folder.join("error.log").display(),
            pid = folder.join("nginx.pid").display(),
        );
        let settings = folder.join("nginx.conf");
        std::fs::write(&settings, main).unwrap();
        let process = Command::new("nginx")
            .arg("-e")
            .arg(folder.join("error.log"))
            .arg("-c")
            .arg(&settings)
            .args(["-g", "daemon off;"])
            .spawn()
            .expect("nginx is installed (scripts/setup)");
        let mut nginx = Self { process, address };
        let deadline = Instant::now() + Duration::from_secs(30);
        while tokio::net::TcpStream::connect(address).await.is_err() {
            assert!(nginx.process.try_wait().unwrap().is_none(), "NGINX exited; see its message above");
            assert!(Instant::now() < deadline, "NGINX does not listen");
            tokio::task::yield_now().await;
        }
        nginx
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Stops NGINX, so that its logs are complete.
    pub(crate) fn stop(&mut self) {
        self.signal(Signal::TERM);
        self.process.wait().unwrap();
    }

    /// Sends NGINX a signal; HUP makes it load its configuration again.
    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(pid) = Pid::from_raw(i32::try_from(self.process.id()).unwrap()) {
            // An error means that NGINX has exited already.
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.stop();
    }
}
