//! Where the lines of a Digital Cinema Package's subtitles are shown.

use roxmltree::Node;

use super::{Layout, Style};

/// The edge of the screen from which a line's distance is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum VAlign {
    Top,
    Center,
    Bottom,
}

/// One `Text` element: a line of a subtitle.
#[derive(Clone, Debug)]
pub(super) struct DcpLine<'a, 'i> {
    /// The element.
    pub(super) node: Node<'a, 'i>,
    /// The style of the fonts around it.
    pub(super) style: Style,
    v_align: VAlign,
    /// Column of a number pad, from 1.
    column: u8,
    /// Distance from the top of the screen in thousandths of a percent of its height.
    y: i64,
}

/// Lines of a subtitle at one place.
pub(super) type Group<'a, 'i> = (Layout, Vec<DcpLine<'a, 'i>>);

impl<'a, 'i> DcpLine<'a, 'i> {
    /// Reads the attributes of a `Text` element: `VAlign` and `VPosition` of Interop, `Valign` and `Vposition` of SMPTE. Without them a
    /// line is in the middle of the screen (ST 428-7:2014 §6.2.4, `CineCanvas` Rev. C §2.10).
    pub(super) fn new(node: Node<'a, 'i>, style: Style) -> Self {
        let attribute = |interop, smpte| node.attribute(interop).or_else(|| node.attribute(smpte));
        let word =
            |interop, smpte| attribute(interop, smpte).map(|text: &str| text.trim().to_ascii_lowercase());
        let v_align = match word("VAlign", "Valign").as_deref() {
            Some("top") => VAlign::Top,
            Some("bottom") => VAlign::Bottom,
            _ => VAlign::Center,
        };
        let column = match word("HAlign", "Halign").as_deref() {
            Some("left") => 1,
            Some("right") => 3,
            _ => 2,
        };
        let position =
            attribute("VPosition", "Vposition").and_then(|text| super::percent::thousandths(text.trim()));
        let position = position.unwrap_or(0).clamp(-100_000, 100_000);
        let y = match v_align {
            VAlign::Top => position,
            VAlign::Center => 50_000 + position,
            VAlign::Bottom => 100_000 - position,
        };
        Self { node, style, v_align, column, y }
    }
}

/// Orders the lines of a subtitle from top to bottom, and divides them by their alignment: a subtitle can have lines at the top and at
/// the bottom.
pub(super) fn groups<'a, 'i>(mut lines: Vec<DcpLine<'a, 'i>>) -> Vec<Group<'a, 'i>> {
    lines.sort_by_key(|line| line.y);
    let mut groups: Vec<Vec<DcpLine<'a, 'i>>> = Vec::new();
    for line in lines {
        let same = |group: &&mut Vec<DcpLine<'a, 'i>>| {
            group.first().is_some_and(|first| (first.v_align, first.column) == (line.v_align, line.column))
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(line),
            None => groups.push(vec![line]),
        }
    }
    groups.into_iter().map(|lines| (layout(&lines), lines)).collect()
}

/// The nearest of the nine places that all players show. Programs measure lines at the bottom also from the top (`VAlign="top"
/// VPosition="88"`), so the middle of the lines decides and not their alignment.
fn layout(lines: &[DcpLine<'_, '_>]) -> Layout {
    let (first, last) =
        (lines.first().map_or(100_000, |line| line.y), lines.last().map_or(100_000, |line| line.y));
    let row = match i64::midpoint(first, last) {
        ..34_000 => 6,
        34_000..60_000 => 3,
        _ => 0,
    };
    Layout::from_number_pad(row + lines.first().map_or(2, |line| line.column))
}

#[cfg(test)]
mod tests {
    use super::{DcpLine, Style, groups};

    /// The texts of each group, and the group's layout.
    fn grouped(xml: &str) -> Vec<(String, String)> {
        let document = roxmltree::Document::parse(xml).unwrap();
        let texts = document.root_element().children().filter(roxmltree::Node::is_element);
        let lines = texts.map(|node| DcpLine::new(node, Style::default())).collect();
        let text = |lines: &[DcpLine<'_, '_>]| {
            lines.iter().map(|line| line.node.text().unwrap_or_default()).collect::<Vec<_>>().join("|")
        };
        groups(lines).iter().map(|(layout, lines)| (text(lines), layout.to_string())).collect()
    }

    #[test]
    fn lines_are_ordered_and_divided() {
        let cases = [
            (
                r#"<a><T VAlign="bottom" VPosition="8">2</T><T VAlign="bottom" VPosition="15">1</T></a>"#,
                &[("1|2", "")][..],
            ),
            (
                r#"<a><T Valign="top" Vposition="14">2</T><T Valign="top" Vposition="7">1</T></a>"#,
                &[("1|2", "line:0")],
            ),
            (
                r#"<a><T VAlign="top" VPosition="82">1</T><T VAlign="top" VPosition="90">2</T></a>"#,
                &[("1|2", "")],
            ),
            (
                r#"<a><T VAlign="center" VPosition="-5">1</T><T VPosition="2.5">2</T></a>"#,
                &[("1|2", "line:50%,center")],
            ),
            (
                r#"<a><T VAlign="bottom" VPosition="8">b</T><T VAlign="top" VPosition="8">t</T></a>"#,
                &[("t", "line:0"), ("b", "")],
            ),
            (
                r#"<a><T VAlign="bottom" HAlign="left" VPosition="8">l</T><T VAlign="bottom" HAlign="right" VPosition="8">r</T></a>"#,
                &[("l", "align:left"), ("r", "align:right")],
            ),
            (r#"<a><T VAlign="bottom" VPosition="nothing">1</T></a>"#, &[("1", "")]),
        ];
        for (xml, expected) in cases {
            let found = grouped(xml);
            let found: Vec<_> = found.iter().map(|(text, layout)| (text.as_str(), layout.as_str())).collect();
            assert_eq!(found, expected, "{xml}");
        }
    }
}
