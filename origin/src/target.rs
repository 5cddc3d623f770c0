//! Parses the path of a request. Pure: this neither checks tokens nor creates keys.
//!
//! Paths are parsed as received, without percent-decoding or dot-segment removal: no name of Nang needs either, so a path that
//! uses them names nothing.

use domain::id::FilmId;

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// `/health/live`
    Health,
    /// `/v/<token>/<film>/<path>`
    Object {
        /// The access that the token must grant.
        access: Access<'a>,
        /// The object's path within the film's folder. It is unchecked and may contain any text.
        path: &'a str,
    },
    /// `/authorize/<token>/<film>`: whether the token allows reading the film. For a caching proxy.
    Authorization(Access<'a>),
    /// No path of the origin.
    Unknown,
}

/// A token and the film that it must be for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Access<'a> {
    /// Unchecked.
    pub(crate) token: &'a str,
    /// The film.
    pub(crate) film: FilmId,
}

impl std::fmt::Debug for Access<'_> {
    /// Omits the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("film", &self.film).finish_non_exhaustive()
    }
}

impl<'a> Target<'a> {
    /// Parses a path.
    pub(crate) fn parse(path: &'a str) -> Self {
        if path == "/health/live" {
            return Self::Health;
        }
        let target = if let Some(rest) = path.strip_prefix("/v/") {
            Access::parse(rest).and_then(|(access, path)| Some(Self::Object { access, path: path? }))
        } else if let Some(rest) = path.strip_prefix("/authorize/") {
            Access::parse(rest)
                .and_then(|(access, path)| path.is_none().then_some(Self::Authorization(access)))
        } else {
            None
        };
        target.unwrap_or(Self::Unknown)
    }
}

impl<'a> Access<'a> {
    /// Parses `<token>/<film>`, and returns the text after a further slash.
    fn parse(text: &'a str) -> Option<(Self, Option<&'a str>)> {
        let mut parts = text.splitn(3, '/');
        let token = parts.next()?;
        let film = parts.next()?.parse().ok()?;
        Some((Self { token, film }, parts.next()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Access, Target};

    const FILM: &str = "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f";

    #[test]
    fn paths_are_parsed_exactly() {
        let access = Access { token: "T", film: FILM.parse().unwrap() };
        let object = |path| Target::Object { access, path };
        for (path, expected) in [
            ("/health/live".to_owned(), Target::Health),
            (format!("/v/T/{FILM}/main.m3u8"), object("main.m3u8")),
            (format!("/v/T/{FILM}/builds/b/v1080/00001.m4s"), object("builds/b/v1080/00001.m4s")),
            (format!("/v//{FILM}/x"), Target::Object { access: Access { token: "", ..access }, path: "x" }),
            (format!("/v/T/{FILM}/"), object("")),
            (format!("/v/T/{FILM}/../x"), object("../x")),
            (format!("/v/T/{FILM}//etc/passwd"), object("/etc/passwd")),
            (format!("/v/T/{FILM}"), Target::Unknown),
            (format!("/v/T/../{FILM}/main.m3u8"), Target::Unknown),
            (format!("/v/T/{}/main.m3u8", FILM.to_uppercase()), Target::Unknown),
            (format!("/v//T/{FILM}/main.m3u8"), Target::Unknown),
            (format!("//v/T/{FILM}/main.m3u8"), Target::Unknown),
            (format!("/authorize/T/{FILM}"), Target::Authorization(access)),
            (format!("/authorize/T/{FILM}/"), Target::Unknown),
            (format!("/authorize/T/{FILM}/x"), Target::Unknown),
            ("/authorize/T".to_owned(), Target::Unknown),
            ("/".to_owned(), Target::Unknown),
            ("*".to_owned(), Target::Unknown),
            (String::new(), Target::Unknown),
        ] {
            assert_eq!(Target::parse(&path), expected, "{path}");
        }
    }

    #[test]
    fn debug_output_omits_the_token() {
        let path = format!("/v/SECRET/{FILM}/main.m3u8");
        assert!(!format!("{:?}", Target::parse(&path)).contains("SECRET"));
    }
}
