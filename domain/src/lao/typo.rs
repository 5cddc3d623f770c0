//! Typing mistakes: the edit distance between words, and hashes to find similar words.

/// Returns the edit distance (optimal string alignment): how many letters must be changed, inserted, deleted or swapped with
/// their neighbour to turn one word into the other. `None` if more than `most`.
pub(super) fn edit_distance(one: &str, other: &str, most: usize) -> Option<usize> {
    // The lengths of most pairs already differ too much.
    if one.chars().count().abs_diff(other.chars().count()) > most {
        return None;
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let (one, other) = differing(&one, &other);
    let width = other.len() + 1;
    let mut rows = [vec![0; width], vec![0; width], (0..width).collect()];
    for (i, a) in one.iter().enumerate() {
        rows.rotate_left(1);
        // `last` is the previous row, `before` the one before it, and `now` the row that is overwritten.
        let [before, last, now] = &mut rows;
        now[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let swapped = i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b;
            let mut least = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(now[j] + 1);
            if swapped {
                least = least.min(before[j - 1] + 1);
            }
            now[j + 1] = least;
        }
        // A swap refers to the row before the previous one, so both rows must exceed the limit.
        if last.iter().chain(now.iter()).all(|distance| *distance > most) {
            return None;
        }
    }
    Some(rows[2][width - 1]).filter(|distance| *distance <= most)
}

/// Removes the common prefix and suffix, which do not change the distance.
fn differing<'a>(one: &'a [char], other: &'a [char]) -> (&'a [char], &'a [char]) {
    let common = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[common..], &other[common..]);
    let common = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    (&one[..one.len() - common], &other[..other.len() - common])
}

/// Returns hashes of the word and of each text that results from deleting one letter. Two words with an edit distance of 1 have
/// at least one hash in common; words with a common hash have a distance of at most 2 (Garbe's symmetric deletion). Empty for
/// words of fewer than three letters, which are similar to too many words.
pub fn shortenings(word: &str) -> Vec<i32> {
    let letters: Vec<char> = word.chars().collect();
    if letters.len() < 3 {
        return Vec::new();
    }
    let mut hashes: Vec<i32> = (0..letters.len())
        .map(|left_out| hash(letters.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, c)| *c)))
        .chain([hash(letters.iter().copied())])
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// Returns the FNV-1a hash of the characters. The database stores these hashes, so the function must never change.
fn hash(letters: impl Iterator<Item = char>) -> i32 {
    letters.fold(0x811c_9dc5_u32, |hash, c| (hash ^ u32::from(c)).wrapping_mul(0x0100_0193)).cast_signed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn edit_distance_counts_each_kind_of_mistake() {
        for (one, other, distance) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("pakse", "pakse", 0),
            ("pakse", "pakce", 1),
            ("pakse", "paske", 1),
            ("pakse", "pase", 1),
            ("pakse", "pakase", 1),
            ("ວຽງຈັນ", "ວຽງຈນ", 1),
            ("santali", "samtaly", 2),
        ] {
            assert_eq!(edit_distance(one, other, 3), Some(distance), "{one} {other}");
            assert_eq!(edit_distance(one, other, distance), Some(distance), "{one} {other}");
            if let Some(less) = distance.checked_sub(1) {
                assert_eq!(edit_distance(one, other, less), None, "{one} {other}");
            }
        }
    }

    /// Returns the distance by the reference implementation, which fills the whole table.
    fn distance_by_table(one: &[char], other: &[char]) -> usize {
        let mut table = vec![vec![0; other.len() + 1]; one.len() + 1];
        for i in 0..=one.len() {
            for j in 0..=other.len() {
                table[i][j] = match (i, j) {
                    (0, n) | (n, 0) => n,
                    _ => {
                        let changed = table[i - 1][j - 1] + usize::from(one[i - 1] != other[j - 1]);
                        let least = changed.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
                        let is_swap =
                            i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
                        if is_swap { least.min(table[i - 2][j - 2] + 1) } else { least }
                    }
                };
            }
        }
        table[one.len()][other.len()]
    }

    proptest! {
        #[test]
        fn the_distance_equals_that_of_the_reference_implementation(one in "[a-cກຂ]{0,9}", other in "[a-cກຂ]{0,9}", most in 0..5_usize) {
            let letters = |word: &str| word.chars().collect::<Vec<_>>();
            let whole = distance_by_table(&letters(&one), &letters(&other));
            prop_assert_eq!(edit_distance(&one, &other, most), Some(whole).filter(|distance| *distance <= most));
        }

        #[test]
        fn words_with_distance_one_share_a_shortening(word in "[a-f]{4,10}", at in 0..4_usize, letter in "[a-f]") {
            let mut substituted = word.clone();
            substituted.replace_range(at..=at, &letter);
            let mut swapped: Vec<u8> = word.bytes().collect();
            swapped.swap(at, (at + 1) % 4);
            let mut added = word.clone();
            added.insert_str(at, &letter);
            for other in [substituted, added, String::from_utf8(swapped).unwrap()] {
                if edit_distance(&word, &other, 1).is_none() {
                    continue;
                }
                let hashes = shortenings(&word);
                prop_assert!(shortenings(&other).iter().any(|hash| hashes.contains(hash)), "{} {}", word, other);
            }
        }
    }
}
