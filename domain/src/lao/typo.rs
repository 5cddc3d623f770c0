//! Words one slip of a finger apart.

/// How many letters must be changed, added, left out or swapped with their neighbour to make one word the other.
pub(super) fn edit_distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let width = other.len() + 1;
    let mut rows = [vec![0; width], (0..width).collect(), vec![0; width]];
    for (i, a) in one.iter().enumerate() {
        rows.rotate_left(1);
        // rows[0] is the row before, rows[2] the one being filled, and what it held is of no use any more.
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
    }
    rows[if one.is_empty() { 1 } else { 2 }][width - 1]
}

/// Hashes of the word and of what is left when any one letter is taken out. Two words one slip apart share one at least;
/// words that share one are two slips apart at most (Garbe's symmetric deletion). None for words of fewer than three letters,
/// which are one slip from everything.
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

/// FNV-1a over the characters: kept in the database, so it must never change.
fn hash(letters: impl Iterator<Item = char>) -> i32 {
    letters.fold(0x811c_9dc5_u32, |hash, c| (hash ^ u32::from(c)).wrapping_mul(0x0100_0193)).cast_signed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_slip_of_any_kind_is_one() {
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
            assert_eq!(edit_distance(one, other), distance, "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn words_one_slip_apart_share_a_shortening(word in "[a-f]{4,10}", at in 0..4_usize, letter in "[a-f]") {
            let mut substituted = word.clone();
            substituted.replace_range(at..=at, &letter);
            let mut swapped: Vec<u8> = word.bytes().collect();
            swapped.swap(at, (at + 1) % 4);
            let mut added = word.clone();
            added.insert_str(at, &letter);
            for other in [substituted, added, String::from_utf8(swapped).unwrap()] {
                if edit_distance(&word, &other) > 1 {
                    continue;
                }
                let hashes = shortenings(&word);
                prop_assert!(shortenings(&other).iter().any(|hash| hashes.contains(hash)), "{} {}", word, other);
            }
        }
    }
}
