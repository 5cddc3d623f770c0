//! What a player reads: playlists and the objects that they name.

use std::collections::BTreeSet;

use reqwest::Url;
use serde_json::Value;

/// An open playback session.
pub struct Stream {
    http: reqwest::Client,
    /// The answer to the request that opened it.
    pub answer: Value,
    /// The multivariant playlist.
    pub playlist: Url,
}

impl Stream {
    pub fn new(http: reqwest::Client, server: &str, answer: Value) -> Self {
        let url = answer["url"].as_str().unwrap_or_else(|| panic!("{answer:#}"));
        let playlist = Url::parse(server).unwrap().join(url).unwrap();
        Self { http, answer, playlist }
    }

    /// The status of a request for the multivariant playlist.
    pub async fn status(&self) -> u16 {
        self.http.get(self.playlist.clone()).send().await.unwrap().status().as_u16()
    }

    /// The status of a request for an object, which is read to its end.
    pub async fn status_of(&self, url: &Url) -> u16 {
        let answer = self.http.get(url.clone()).send().await.unwrap();
        let status = answer.status().as_u16();
        answer.bytes().await.unwrap();
        status
    }

    /// Returns the URLs of every playlist and every object that they name.
    pub async fn all_urls(&self) -> Vec<Url> {
        let mut unread = vec![self.playlist.clone()];
        let mut urls = Vec::new();
        while let Some(url) = unread.pop() {
            if has_extension(url.path(), "m3u8") {
                unread.extend(Self::urls_in(&url, &self.read_text(&url).await));
            }
            if !urls.contains(&url) {
                urls.push(url);
            }
        }
        urls
    }

    /// Returns the URLs that a playlist names.
    pub fn urls_in(playlist: &Url, text: &str) -> Vec<Url> {
        uris(text).map(|uri| playlist.join(uri).unwrap()).collect()
    }

    /// Reads an object, which must exist.
    pub async fn read(&self, url: &Url) -> Vec<u8> {
        let answer = self.http.get(url.clone()).send().await.unwrap();
        assert!(answer.status().is_success(), "{}: {url}", answer.status());
        answer.bytes().await.unwrap().to_vec()
    }

    pub async fn read_text(&self, url: &Url) -> String {
        String::from_utf8(self.read(url).await).unwrap()
    }

    /// Reads the multivariant playlist.
    pub async fn main(&self) -> String {
        self.read_text(&self.playlist).await
    }

    /// Reads every playlist and every object that they name. Returns their paths after the token.
    pub async fn read_everything(&self) -> BTreeSet<String> {
        let mut unread = vec![self.playlist.clone()];
        let mut paths = BTreeSet::new();
        while let Some(url) = unread.pop() {
            if !paths.insert(url.path().splitn(4, '/').nth(3).unwrap().to_owned()) {
                continue;
            }
            let bytes = self.read(&url).await;
            assert!(!bytes.is_empty(), "{url}");
            if has_extension(url.path(), "m3u8") {
                unread.extend(Self::urls_in(&url, &String::from_utf8(bytes).unwrap()));
            }
        }
        paths
    }

    /// Returns the URL of the playlist of the subtitle track with this name.
    pub async fn subtitles(&self, name: &str) -> Url {
        self.media("SUBTITLES", name).await
    }

    /// Returns the URL of the playlist of the audio track with this name, in its first group.
    pub async fn audio(&self, name: &str) -> Url {
        self.media("AUDIO", name).await
    }

    async fn media(&self, kind: &str, name: &str) -> Url {
        let main = self.main().await;
        let (kind, wanted) = (format!("TYPE={kind}"), format!("NAME=\"{name}\""));
        let line = main.lines().find(|line| line.contains(&kind) && line.contains(&wanted));
        let line = line.unwrap_or_else(|| panic!("no {kind} {name:?} in\n{main}"));
        self.playlist.join(uris(line).next().unwrap()).unwrap()
    }

    /// Returns the text of all segments of the subtitle track with this name.
    pub async fn cues(&self, name: &str) -> String {
        let playlist = self.subtitles(name).await;
        let text = self.read_text(&playlist).await;
        let mut cues = String::new();
        for uri in uris(&text) {
            cues += &self.read_text(&playlist.join(uri).unwrap()).await;
        }
        cues
    }
}

/// Whether a path has this extension.
pub fn has_extension(path: &str, extension: &str) -> bool {
    std::path::Path::new(path).extension().is_some_and(|own| own == extension)
}

/// The URIs of a playlist: lines without `#`, and URI attributes.
fn uris(playlist: &str) -> impl Iterator<Item = &str> {
    playlist.lines().filter_map(|line| {
        if line.starts_with('#') {
            line.split_once("URI=\"")?.1.split_once('"').map(|(uri, _)| uri)
        } else {
            Some(line).filter(|line| !line.is_empty())
        }
    })
}
