//! The URL of a bucket: `s3://bucket/prefix?endpoint=…&region=…&path_style=…&credentials=…&profile=…`.

use std::path::PathBuf;

use domain::key::Key;

use crate::StorageError;

/// What the URL says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) bucket: String,
    /// Start of all names, without a slash at its end; possibly empty.
    pub(super) prefix: String,
    /// URL of the server. Without it, AWS.
    pub(super) endpoint: Option<String>,
    pub(super) region: Option<String>,
    /// Whether the bucket is in the path of a request's URL, not in its host name.
    pub(super) path_style: bool,
    /// A file of credentials in the format of the AWS command line.
    pub(super) credentials: Option<PathBuf>,
    /// The section of the file.
    pub(super) profile: Option<String>,
}

const EXAMPLE: &str = "s3://bucket/prefix?endpoint=https://s3.example.org&region=eu-1";

impl Location {
    /// Parses what follows `s3://`.
    pub(super) fn parse(rest: &str) -> Result<Self, StorageError> {
        let wrong = |reason: String| Err(StorageError::Url(format!("{reason}; a storage URL is {EXAMPLE}")));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        if path.contains('@') {
            return wrong(
                "the storage URL contains '@', and credentials do not belong in it: set AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY, or name a file with credentials=/path"
                    .to_owned(),
            );
        }
        let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(is_name) {
            return wrong(format!(
                "{bucket:?} is not the name of a bucket, which has 3 to 63 lower-case letters, digits, hyphens and dots"
            ));
        }
        let prefix = prefix.trim_end_matches('/');
        if !prefix.is_empty() && Key::parse(prefix).is_err() {
            return wrong(format!(
                "{prefix:?} is not a prefix, which has letters, digits, '-', '_', '.' and '/'"
            ));
        }
        let mut location = Self { bucket: bucket.to_owned(), prefix: prefix.to_owned(), ..Self::default() };
        let mut path_style = None;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.into_owned();
            match &*name {
                _ if value.is_empty() => return wrong(format!("{name} has no value")),
                "endpoint" => location.endpoint = Some(endpoint(&value)?),
                "region" => location.region = Some(value),
                "credentials" if value.starts_with('/') => location.credentials = Some(value.into()),
                "credentials" => return wrong(format!("credentials={value} is not an absolute path")),
                "profile" => location.profile = Some(value),
                "path_style" => {
                    path_style = match &*value {
                        "true" => Some(true),
                        "false" => Some(false),
                        _ => return wrong(format!("path_style={value} is neither true nor false")),
                    }
                }
                _ => {
                    return wrong(format!(
                        "unknown parameter {name}; the parameters are endpoint, region, path_style, credentials and profile"
                    ));
                }
            }
        }
        if location.profile.is_some() && location.credentials.is_none() {
            return wrong("profile needs credentials, the file that has the profile".to_owned());
        }
        // Most servers that are not AWS have no host name for each bucket.
        location.path_style = path_style.unwrap_or(location.endpoint.is_some());
        Ok(location)
    }

    /// Whether what is sent is protected: by TLS, or because it stays on this machine. (A proxy on this machine that forwards to a
    /// store elsewhere has to protect it in turn.)
    pub(super) fn is_private(&self) -> bool {
        let Some(endpoint) = &self.endpoint else { return true };
        let Some(address) = endpoint.strip_prefix("http://") else { return true };
        let host = match address.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => host,
            _ => address,
        };
        let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
    }
}

fn endpoint(value: &str) -> Result<String, StorageError> {
    let value = value.trim_end_matches('/');
    let host = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://")).unwrap_or("");
    if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) {
        return Err(StorageError::Url(format!(
            "endpoint={value} is not https:// (or http://), a host and possibly a port"
        )));
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::Location;

    #[test]
    fn a_url_names_bucket_prefix_and_server() {
        let location = Location::parse("films").unwrap();
        assert_eq!(location, Location { bucket: "films".to_owned(), ..Location::default() });
        let location = Location::parse(
            "films/a/b/?endpoint=http://127.0.0.1:8333/&region=eu-1&credentials=/etc/nang/s3&profile=films",
        );
        let expected = Location {
            bucket: "films".to_owned(),
            prefix: "a/b".to_owned(),
            endpoint: Some("http://127.0.0.1:8333".to_owned()),
            region: Some("eu-1".to_owned()),
            path_style: true,
            credentials: Some("/etc/nang/s3".into()),
            profile: Some("films".to_owned()),
        };
        assert_eq!(location.unwrap(), expected);
        assert!(
            !Location::parse("films?endpoint=https://s3.example.org&path_style=false").unwrap().path_style
        );
        assert!(Location::parse("films?endpoint=https%3A%2F%2Fs3.example.org").is_ok());
    }

    #[test]
    fn tls_and_this_machine_are_private() {
        for (rest, expected) in [
            ("films", true),
            ("films?endpoint=https://s3.example.org", true),
            ("films?endpoint=http://127.0.0.1:8333", true),
            ("films?endpoint=http://[::1]", true),
            ("films?endpoint=http://[::1]:8333", true),
            ("films?endpoint=http://localhost", true),
            ("films?endpoint=http://192.168.1.2:8333", false),
            ("films?endpoint=http://s3.localhost.example.org", false),
        ] {
            assert_eq!(Location::parse(rest).unwrap().is_private(), expected, "{rest}");
        }
    }

    #[test]
    fn an_error_names_what_is_wrong() {
        for (rest, expected) in [
            ("", "\"\" is not the name of a bucket"),
            ("Films", "\"Films\" is not the name of a bucket"),
            ("key:secret@films", "credentials do not belong"),
            ("films/../x", "\"../x\" is not a prefix"),
            ("films?endpoint=s3.example.org", "endpoint=s3.example.org is not https://"),
            ("films?endpoint=https://s3.example.org/path", "endpoint="),
            ("films?path_style=yes", "path_style=yes"),
            ("films?regoin=eu-1", "unknown parameter regoin"),
            ("films?region=", "region has no value"),
            ("films?credentials=s3.ini", "credentials=s3.ini is not an absolute path"),
            ("films?profile=films", "profile needs credentials"),
        ] {
            let error = Location::parse(rest).unwrap_err().to_string();
            assert!(error.contains(expected), "{rest}: {error}");
        }
    }
}
