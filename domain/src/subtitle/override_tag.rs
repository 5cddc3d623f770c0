//! Override tags of ASS: `{\an8\i1}`. `SubRip` files use some of them too.

use super::percent::thousandths;

/// One tag. `None` instead of a value means: as in the style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Override<'a> {
    Italic(Option<bool>),
    Bold(Option<bool>),
    Underline(Option<bool>),
    /// Alignment, 1 to 9 as on a number pad.
    Align(u8),
    /// A point, in thousandths of the script's units.
    Position {
        x: i64,
        y: i64,
    },
    /// Back to the cue's style, or to another.
    Reset(Option<&'a str>),
    /// Whether the text that follows is a drawing.
    Drawing(bool),
    /// Timing of karaoke.
    Karaoke,
    /// Fonts, colours, effects, and tags that do not exist.
    Other,
}

type Switch = fn(Option<bool>) -> Override<'static>;

/// Reads the content of a block, without its braces. Text before the first tag is a comment.
pub(super) fn parse(block: &str) -> impl Iterator<Item = Override<'_>> {
    let mut rest = block.split_once('\\').map(|(_, tags)| tags);
    std::iter::from_fn(move || {
        let tags = rest?;
        let end = tag_end(tags);
        rest = end.map(|end| &tags[end + 1..]);
        Some(tag(tags[..end.unwrap_or(tags.len())].trim()))
    })
}

/// The next backslash that is not in parentheses: `\t(\fs20)` is one tag.
fn tag_end(tags: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, byte) in tags.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'\\' if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

fn tag(text: &str) -> Override<'_> {
    let switches: [(&str, Switch); 2] = [("i", Override::Italic), ("u", Override::Underline)];
    for (name, switch) in switches {
        match text.strip_prefix(name) {
            Some("") => return switch(None),
            Some("0") => return switch(Some(false)),
            Some("1") => return switch(Some(true)),
            _ => {}
        }
    }
    if let Some(weight) = text.strip_prefix('b').filter(|weight| weight.bytes().all(|b| b.is_ascii_digit())) {
        // `\b1` and weights of a font: 400 is normal, 700 is bold.
        return Override::Bold(weight.parse::<u32>().ok().map(|weight| weight == 1 || weight >= 600));
    }
    if let Some(number) = text.strip_prefix("an") {
        return number
            .parse()
            .ok()
            .filter(|number| (1..=9).contains(number))
            .map_or(Override::Other, Override::Align);
    }
    if let Some(number) = text.strip_prefix('a').and_then(|number| number.parse().ok()) {
        return number_pad(number).map_or(Override::Other, Override::Align);
    }
    if let Some(point) = text.strip_prefix("pos") {
        return position(point).unwrap_or(Override::Other);
    }
    if let Some(scale) = text.strip_prefix('p').and_then(|scale| scale.parse::<u32>().ok()) {
        return Override::Drawing(scale > 0);
    }
    if let Some(style) = text.strip_prefix('r') {
        return Override::Reset(Some(style).filter(|style| !style.is_empty()));
    }
    if text.starts_with(['k', 'K']) {
        return Override::Karaoke;
    }
    Override::Other
}

fn position(arguments: &str) -> Option<Override<'_>> {
    let (x, y) = arguments.trim().strip_prefix('(')?.trim_end_matches(')').split_once(',')?;
    Some(Override::Position { x: thousandths(x.trim())?, y: thousandths(y.trim())? })
}

/// Converts the alignment of SSA (1 to 3 at the bottom, plus 4 at the top, plus 8 in the middle) to a number pad's.
pub(super) fn number_pad(ssa: u8) -> Option<u8> {
    match ssa {
        1..=3 => Some(ssa),
        5..=7 => Some(ssa + 2),
        9..=11 => Some(ssa - 5),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Override, parse};

    #[test]
    fn tags_are_told_apart_by_their_whole_names() {
        for (block, expected) in [
            (r"\an8", vec![Override::Align(8)]),
            (r"\a6", vec![Override::Align(8)]),
            (r"\a10", vec![Override::Align(5)]),
            (r"\alpha&HFF&", vec![Override::Other]),
            (
                r"\i1\b700\u",
                vec![Override::Italic(Some(true)), Override::Bold(Some(true)), Override::Underline(None)],
            ),
            (r"\iclip(0,0,1,1)\bord2\blur1\be1", vec![Override::Other; 4]),
            (r"\pos(320,20.5)", vec![Override::Position { x: 320_000, y: 20_500 }]),
            (r"\pos(320)", vec![Override::Other]),
            (r"\p1\pbo10\p0", vec![Override::Drawing(true), Override::Other, Override::Drawing(false)]),
            (r"\t(0,500,\i1\fs20)", vec![Override::Other]),
            (r"\rSign\r", vec![Override::Reset(Some("Sign")), Override::Reset(None)]),
            (r"\k20\K20\kf5", vec![Override::Karaoke; 3]),
            (r"a comment \i0", vec![Override::Italic(Some(false))]),
            ("a comment", vec![]),
            (r"\", vec![Override::Other]),
        ] {
            assert_eq!(parse(block).collect::<Vec<_>>(), expected, "{block}");
        }
    }
}
