//! Which of a film's texts to show for a match. The database knows that one of them matched; that it says which would cost
//! more than looking again at the few on a page.

use domain::lao::{
    index::{Query, grams},
    sound_key,
};

/// Longest excerpt of a synopsis, in characters.
const MAX_EXCERPT_CHARS: usize = 200;

/// The text that is most like what was typed; empty if there is none.
pub(crate) fn best_text(query: &Query, texts: Vec<String>) -> String {
    texts.into_iter().min_by_key(|text| unlikeness(query, text)).unwrap_or_default()
}

/// The sentence of a synopsis that is most like what was typed.
pub(crate) fn excerpt(query: &Query, synopsis: &str) -> String {
    let sentences = synopsis.split_inclusive(['.', '!', '?', '。', '\n']).map(str::trim);
    let best = sentences.filter(|sentence| !sentence.is_empty()).min_by_key(|text| unlikeness(query, text));
    let best = best.unwrap_or_default();
    match best.char_indices().nth(MAX_EXCERPT_CHARS) {
        Some((end, _)) => format!("{}…", &best[..end]),
        None => best.to_owned(),
    }
}

/// Zero for a text that begins so; more for one that has it later, has only some of its syllables, or none.
fn unlikeness(query: &Query, text: &str) -> usize {
    const WITHOUT: usize = 10_000;
    let key = sound_key(text);
    let at = query.keys.iter().filter_map(|typed| key.find(typed.as_str())).min();
    at.unwrap_or_else(|| {
        let grams = grams(text);
        let missing = query.grams.iter().filter(|gram| !grams.contains(*gram)).count();
        WITHOUT + missing
    })
}

#[cfg(test)]
mod tests {
    use domain::lao::index;

    use super::*;

    #[test]
    fn the_title_that_matched_is_shown() {
        let titles = || vec!["Good Morning, Luang Prabang".to_owned(), "ສະບາຍດີ ຫຼວງພະບາງ".to_owned()];
        for (typed, shown) in [("good", 0), ("ສະບາຍ", 1), ("sabai", 1), ("morning prabang", 0)] {
            assert_eq!(best_text(&index::query(typed).unwrap(), titles()), titles()[shown], "{typed}");
        }
        assert_eq!(best_text(&index::query("x").unwrap(), vec![]), "");
    }

    #[test]
    fn an_excerpt_is_the_sentence_with_the_words() {
        let synopsis = "A photographer travels. He meets a guide in Luang Prabang. They part.";
        let query = index::query("ຫຼວງພະບາງ").unwrap();
        assert_eq!(excerpt(&query, synopsis), "He meets a guide in Luang Prabang.");
        let long = "ກາ".repeat(300);
        assert_eq!(excerpt(&index::query("ກາ").unwrap(), &long).chars().count(), MAX_EXCERPT_CHARS + 1);
    }
}
