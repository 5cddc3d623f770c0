//! Selects which of a film's texts to show for a match. The database returns only that one of them matched: to return which one would
//! cost more than to compare the few texts of a page again.

use domain::lao::index::Query;

/// Maximum length of an excerpt of a synopsis, in characters.
const MAX_EXCERPT_CHARS: usize = 200;

/// Returns the text that is most similar to the query; empty if there are no texts.
pub(crate) fn best_text<'a>(query: &Query, texts: impl IntoIterator<Item = &'a String>) -> String {
    most_similar(query, texts.into_iter().map(String::as_str)).to_owned()
}

/// Returns the sentence of these synopses that is most similar to the query.
pub(crate) fn excerpt(query: &Query, synopses: &[String]) -> String {
    let sentences = synopses.iter().flat_map(|text| text.split_inclusive(['.', '!', '?', '。', '\n']));
    let best = most_similar(query, sentences.map(str::trim).filter(|sentence| !sentence.is_empty()));
    match best.char_indices().nth(MAX_EXCERPT_CHARS) {
        Some((end, _)) => format!("{}…", &best[..end]),
        None => best.to_owned(),
    }
}

fn most_similar<'a>(query: &Query, texts: impl Iterator<Item = &'a str>) -> &'a str {
    texts.min_by_key(|text| query.dissimilarity(text)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use domain::lao::index;

    use super::*;

    #[test]
    fn the_title_that_matched_is_returned() {
        let titles = || vec!["Good Morning, Luang Prabang".to_owned(), "ສະບາຍດີ ຫຼວງພະບາງ".to_owned()];
        for (typed, shown) in [("good", 0), ("ສະບາຍ", 1), ("sabai", 1), ("morning prabang", 0)] {
            assert_eq!(best_text(&index::query(typed).unwrap(), &titles()), titles()[shown], "{typed}");
        }
        assert_eq!(best_text(&index::query("x").unwrap(), &[]), "");
    }

    #[test]
    fn an_excerpt_is_the_sentence_with_the_words() {
        let synopsis = "A photographer travels. He meets a guide in Luang Prabang. They part.".to_owned();
        let query = index::query("ຫຼວງພະບາງ").unwrap();
        assert_eq!(
            excerpt(&query, &["ຊ່າງພາບຄົນໜຶ່ງເດີນທາງ.".to_owned(), synopsis]),
            "He meets a guide in Luang Prabang."
        );
        let long = "ກາ".repeat(300);
        assert_eq!(excerpt(&index::query("ກາ").unwrap(), &[long]).chars().count(), MAX_EXCERPT_CHARS + 1);
    }
}
