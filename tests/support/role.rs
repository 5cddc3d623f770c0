//! A role in a process of its own, as on a separate machine.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Process, Site, eventually, site::NANG, small_disk::with_small_disk};

/// A role that listens on a port of its own, which it keeps when it is started again.
pub struct Role<'a> {
    site: &'a Site,
    name: &'static str,
    pub address: SocketAddr,
    process: Option<Process>,
    /// A folder that is a small file system of this many bytes.
    small_disk: Option<(PathBuf, u64)>,
}

impl<'a> Role<'a> {
    pub async fn start(site: &'a Site, name: &'static str) -> Self {
        Self::start_with(site, name, None).await
    }

    /// Starts a role for which a folder is a small file system of this many bytes.
    pub async fn start_with(site: &'a Site, name: &'static str, small_disk: Option<(PathBuf, u64)>) -> Self {
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut role = Self { site, name, address, process: None, small_disk };
        role.restart().await;
        role
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn kill(&mut self) {
        if let Some(process) = &mut self.process {
            process.kill();
        }
    }

    /// Kills the process, if it runs, and starts it again.
    pub async fn restart(&mut self) {
        self.kill();
        let mut command = self.site.command(&[self.name]);
        if let Some((folder, bytes)) = &self.small_disk {
            command = with_small_disk(folder, *bytes, Path::new(NANG), &[self.name]);
            self.site.set_environment(&mut command);
        }
        command
            .env("NANG_DATABASE_URL", self.site.database_url())
            .env("NANG_LISTEN", self.address.to_string());
        self.process = Some(self.site.spawn(command, self.name));
        eventually("the role to answer", Duration::from_mins(2), async || {
            reqwest::get(self.url()).await.ok()
        })
        .await;
    }
}
