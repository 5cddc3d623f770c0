//! Lao in Latin letters, as on road signs and maps in Laos.
//!
//! The rules are those of BGN/PCGN (1966) without accents: the length of vowels and the tones are not distinguished.

use super::{
    letter::{is_consonant, is_lao, is_mark, is_silencer, is_tone_mark},
    normalize::{latin, normalize},
    syllable,
};

/// Returns the text in Latin letters: ວຽງຈັນ becomes `viangchan`. Spaces and punctuation do not change; Lao digits become
/// ASCII digits; Latin letters lose their accents and keep their case; other scripts do not change.
pub fn romanize(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for_each_piece(text, |piece| match piece {
        Piece::Syllable { latin, .. } => out.push_str(latin),
        Piece::Other(c) if c.is_uppercase() => {
            let lower = latin(c);
            let mut letters = lower.chars();
            out.extend(letters.next().into_iter().flat_map(char::to_uppercase).chain(letters));
        }
        Piece::Other(c) => out.push_str(&latin(c)),
    });
    out
}

/// A piece of a text: a Lao syllable, or a character that is not Lao.
pub(super) enum Piece<'a> {
    Syllable {
        /// The pronunciation in Latin letters.
        latin: &'a str,
        /// The Lao letters, without tone marks.
        letters: &'a [char],
    },
    Other(char),
}

/// Splits the text into pieces and calls `take` with each.
pub(super) fn for_each_piece(text: &str, mut take: impl FnMut(Piece<'_>)) {
    let letters = spoken(text);
    let mut at = 0;
    let mut before: Option<String> = None;
    while let Some(&c) = letters.get(at) {
        if !is_lao(c) {
            take(Piece::Other(c));
            before = None;
            at += 1;
            continue;
        }
        if c == 'ໆ' {
            // ໆ repeats the syllable before it.
            if let Some(latin) = &before {
                take(Piece::Syllable { latin, letters: &[] });
            }
            at += 1;
            continue;
        }
        let end =
            letters[at..].iter().position(|c| !is_lao(*c) || *c == 'ໆ').map_or(letters.len(), |n| at + n);
        let syllable = syllable::first(&letters[at..end]);
        take(Piece::Syllable { latin: &syllable.latin, letters: &letters[at..at + syllable.length] });
        at += syllable.length;
        before = Some(syllable.latin);
    }
}

/// Returns the letters that are pronounced: without tone marks and without letters below ໌.
fn spoken(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = Vec::new();
    for c in normalize(text).chars() {
        if is_silencer(c) {
            while letters.pop_if(|c| is_mark(*c)).is_some() {}
            letters.pop_if(|c| is_consonant(*c));
        } else if !is_tone_mark(c) {
            letters.push(c);
        }
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::romanize;

    #[test]
    fn names_are_romanized_as_on_maps() {
        for (lao, latin) in [
            ("ວຽງຈັນ", "viangchan"),
            ("ຫຼວງພະບາງ", "louangphabang"),
            ("ຫລວງພະບາງ", "louangphabang"),
            ("ຈຳປາສັກ", "champasak"),
            ("ຈໍາປາສັກ", "champasak"),
            ("ສະຫວັນນະເຂດ", "savannakhet"),
            ("ວັງວຽງ", "vangviang"),
            ("ປາກເຊ", "pakxe"),
            ("ສີພັນດອນ", "siphandon"),
            ("ພູສີ", "phousi"),
            ("ທາດຫຼວງ", "thatlouang"),
            ("ຊຽງຂວາງ", "xiangkhouang"),
            ("ບໍ່ແກ້ວ", "bokeo"),
            ("ບໍລິຄຳໄຊ", "bolikhamxai"),
            ("ອຸດົມໄຊ", "oudomxai"),
            ("ຜົ້ງສາລີ", "phongsali"),
            ("ຫົວພັນ", "houaphan"),
            ("ຄຳມ່ວນ", "khammouan"),
            ("ໄຊຍະບູລີ", "xainyabouli"),
            ("ສາລະວັນ", "salavan"),
            ("ເຊກອງ", "xekong"),
            ("ອັດຕະປື", "attapu"),
            ("ຫຼວງນ້ຳທາ", "louangnamtha"),
            ("ໄຊສົມບູນ", "xaisomboun"),
            ("ເມືອງຂອງ", "muangkhong"),
            ("ແມ່ນ້ຳຂອງ", "menamkhong"),
            ("ສະບາຍດີ", "sabaidi"),
            ("ຈັນທະລີ", "chanthali"),
            ("ນ້ອງຮັກ", "nonghak"),
            ("ບໍ່ມີວັນຈາກ", "bomivanchak"),
            ("ເຮືອນ", "huan"),
            ("ໜັງ", "nang"),
            ("ຫນັງ", "nang"),
            ("ເຫຼົ້າ", "lao"),
            ("ເຫລົ້າ", "lao"),
            ("ຫ້ວຍຊາຍ", "houaixai"),
            ("ທ່າແຂກ", "thakhek"),
            ("ເດີນ", "deun"),
            ("ກວາງ", "kouang"),
            ("ໄທຍ", "thai"),
            ("ຕ່າງໆ", "tangtang"),
            ("ພຣະ", "phra"),
            ("ລາວ", "lao"),
            ("ຫິວ", "hiou"),
            ("ຂ້ອຍ", "khoi"),
            ("ເບຍ", "beui"),
        ] {
            assert_eq!(romanize(lao), latin, "{lao}");
        }
    }

    #[test]
    fn other_scripts_do_not_change() {
        assert_eq!(romanize("ຮັກ 2 ເທື່ອ: Élan Đà"), "hak 2 thua: Elan Da");
        assert_eq!(romanize("໑໒ Москва 東京"), "12 Москва 東京");
        assert_eq!(romanize(""), "");
    }
}
