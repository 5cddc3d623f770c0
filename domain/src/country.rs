//! The country of a viewer, as far as the server learns it, and whether a film may be watched there.

/// The country from which a request comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewerCountry {
    /// The server does not learn countries, so no film is limited to some.
    NotLearned,
    /// The server learns countries, but not this one: the proxy named none, or the request did not come through it.
    Unknown,
    /// The ISO 3166-1 alpha-2 code, in capitals.
    Known([u8; 2]),
}

impl ViewerCountry {
    /// Reads what a proxy says of a request. `XX` (not known) and `T1` (Tor), as CDNs write them, and every other text that is not
    /// a code give `Unknown`.
    pub fn parse(text: &str) -> Self {
        match text.trim().as_bytes() {
            &[first, second] if first.is_ascii_alphabetic() && second.is_ascii_alphabetic() => {
                match [first, second].map(|letter| letter.to_ascii_uppercase()) {
                    [b'X', b'X'] => Self::Unknown,
                    code => Self::Known(code),
                }
            }
            _ => Self::Unknown,
        }
    }

    /// Returns the code, if the country is known.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Known(code) => std::str::from_utf8(code).ok(),
            Self::NotLearned | Self::Unknown => None,
        }
    }

    /// Whether a film with these countries may be watched from here. Without countries it may be watched everywhere.
    pub fn is_among(self, countries: &[String]) -> bool {
        countries.is_empty()
            || match self {
                Self::NotLearned => true,
                Self::Unknown => false,
                Self::Known(code) => countries.iter().any(|country| country.as_bytes() == code),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::ViewerCountry::{self, Known, NotLearned, Unknown};

    #[test]
    fn only_two_letters_are_a_country() {
        for (text, country) in [
            ("LA", Known(*b"LA")),
            (" la ", Known(*b"LA")),
            ("XX", Unknown),
            ("xx", Unknown),
            ("T1", Unknown),
            ("", Unknown),
            ("LAO", Unknown),
            ("LA, TH", Unknown),
            ("ລາວ", Unknown),
        ] {
            assert_eq!(ViewerCountry::parse(text), country, "{text:?}");
        }
        assert_eq!((Known(*b"LA").code(), Unknown.code(), NotLearned.code()), (Some("LA"), None, None));
    }

    #[test]
    fn a_limited_film_is_refused_to_all_whose_country_is_not_known() {
        let limited = ["LA".to_owned(), "TH".to_owned()];
        for (country, may) in
            [(NotLearned, true), (Unknown, false), (Known(*b"TH"), true), (Known(*b"FR"), false)]
        {
            assert_eq!(country.is_among(&limited), may, "{country:?}");
            assert!(country.is_among(&[]), "{country:?}");
        }
    }
}
