//! Chapters of a film, as its master has them.

use serde::{Deserialize, Serialize};

/// Maximum number of chapters; a file may have any number.
pub const MAX_CHAPTERS: usize = 200;
/// Maximum length of a title, in characters.
pub const MAX_CHAPTER_TITLE_CHARS: usize = 200;

/// A chapter. It ends where the next one starts, the last with the film.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chapter {
    /// Start, from the film's first frame.
    pub start_ms: u64,
    /// Its title in the master, without control characters; `None` if it has none.
    pub title: Option<String>,
}

/// Returns the chapters of a film of `film_ms` in order, from those of its file: start in milliseconds from the first frame, and title.
/// A chapter that starts before the first frame starts with it. Of several with the same start the last is kept, since it is the one that
/// a player would show there. Chapters after the end are left out.
pub fn chapters(listed: impl IntoIterator<Item = (i64, Option<String>)>, film_ms: u64) -> Vec<Chapter> {
    let mut all: Vec<(u64, Option<String>)> = listed
        .into_iter()
        .map(|(start_ms, title)| (start_ms.max(0).cast_unsigned(), title.and_then(|title| clean(&title))))
        .filter(|(start_ms, _)| *start_ms < film_ms)
        .collect();
    all.sort_by_key(|(start_ms, _)| *start_ms);
    let mut chapters: Vec<Chapter> = Vec::new();
    for (start_ms, title) in all {
        let chapter = Chapter { start_ms, title };
        match chapters.last_mut() {
            Some(last) if last.start_ms == start_ms => *last = chapter,
            _ => chapters.push(chapter),
        }
    }
    chapters.truncate(MAX_CHAPTERS);
    chapters
}

/// Whether [`chapters`] could have returned them for a film of `film_ms`.
pub fn are_plausible(chapters: &[Chapter], film_ms: u64) -> bool {
    let is_clean = |title: &String| clean(title).as_ref() == Some(title);
    chapters.len() <= MAX_CHAPTERS
        && chapters.is_sorted_by(|one, next| one.start_ms < next.start_ms)
        && chapters.last().is_none_or(|last| last.start_ms < film_ms)
        && chapters.iter().all(|chapter| chapter.title.as_ref().is_none_or(is_clean))
}

/// The title on one line, without control characters and cut to the maximum length; `None` if nothing remains.
fn clean(title: &str) -> Option<String> {
    let spaced: String = title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let joined = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = joined.chars().take(MAX_CHAPTER_TITLE_CHARS).collect();
    let cut = cut.trim_end();
    (!cut.is_empty()).then(|| cut.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Chapter, MAX_CHAPTERS, are_plausible, chapters};

    fn chapter(start_ms: u64, title: Option<&str>) -> Chapter {
        Chapter { start_ms, title: title.map(str::to_owned) }
    }

    #[test]
    fn chapters_are_in_order_and_within_the_film() {
        let listed = [
            (60_000, Some("ຕະຫຼາດ\n\u{1b}[31m 2".to_owned())),
            (-80, Some("Leader".to_owned())),
            (-40, Some(" ແມ່ນ້ຳ ".to_owned())),
            (30_000, Some("\u{7}".to_owned())),
            (90_000, Some("After the end".to_owned())),
        ];
        let found = chapters(listed, 90_000);
        assert_eq!(
            found,
            [chapter(0, Some("ແມ່ນ້ຳ")), chapter(30_000, None), chapter(60_000, Some("ຕະຫຼາດ [31m 2"))]
        );
        assert!(are_plausible(&found, 90_000) && !are_plausible(&found, 60_000));
    }

    #[test]
    fn many_chapters_and_long_titles_are_cut() {
        let listed = (0..500).map(|number| (number * 1000, Some("ກ ".repeat(300))));
        let found = chapters(listed, u64::MAX);
        assert_eq!(found.len(), MAX_CHAPTERS);
        assert!(found.iter().all(|chapter| chapter.title.as_ref().unwrap().chars().count() <= 200));
        assert!(are_plausible(&found, u64::MAX));
    }

    #[test]
    fn what_no_correct_child_sends_is_not_plausible() {
        for wrong in [
            vec![chapter(5, None), chapter(5, None)],
            vec![chapter(9, None), chapter(5, None)],
            vec![chapter(0, Some("a\nb"))],
            vec![chapter(0, Some(""))],
            vec![chapter(0, Some(&"a".repeat(201)))],
            (0..201).map(|start_ms| chapter(start_ms, None)).collect(),
        ] {
            assert!(!are_plausible(&wrong, 1000));
        }
    }
}
