//! The style of progress bars. They show the time left as soon as it can be estimated.

use std::fmt::Write;

use indicatif::{FormattedDuration, HumanDuration, ProgressBar, ProgressState, ProgressStyle};

/// Returns the style for a template. `{left}` in it is the time left, or nothing while the speed is unknown.
pub(crate) fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).with_key(
        "left",
        |state: &ProgressState, out: &mut dyn Write| {
            if state.per_sec() > 0.0 {
                let _ = write!(out, "{} left", FormattedDuration(state.eta()));
            }
        },
    )
}

/// Returns the time left of `bar` for the end of a line: `, 3 minutes left`, or nothing while the speed is unknown.
pub(crate) fn left(bar: &ProgressBar) -> String {
    if bar.per_sec() > 0.0 { format!(", {} left", HumanDuration(bar.eta())) } else { String::new() }
}

/// Sets the position of `bar`. The time before its first step was preparation, so it does not count for the speed.
pub(crate) fn set_position(bar: &ProgressBar, position: u64) {
    let is_first = bar.position() == 0 && position > 0;
    bar.set_position(position);
    if is_first {
        bar.reset_eta();
    }
}

#[cfg(test)]
mod tests {
    use std::{thread::sleep, time::Duration};

    use indicatif::{InMemoryTerm, ProgressDrawTarget};

    use super::*;

    #[test]
    fn the_time_left_is_not_shown_while_the_speed_is_unknown() {
        let terminal = InMemoryTerm::new(4, 80);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let bar = ProgressBar::with_draw_target(Some(1000), target).with_style(style("{pos} {left}"));
        let shown = |position| {
            // Longer than the resolution of the estimator.
            sleep(Duration::from_millis(20));
            set_position(&bar, position);
            bar.force_draw();
            (terminal.contents(), left(&bar))
        };
        assert_eq!(shown(0), ("0".to_owned(), String::new()));
        assert_eq!(shown(500), ("500".to_owned(), String::new()));
        let (line, left) = shown(501);
        assert!(line.starts_with("501 00:") && line.ends_with(" left"), "{line}");
        assert!(left.starts_with(", ") && left.ends_with(" left"), "{left}");
    }
}
