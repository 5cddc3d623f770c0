//! Finds whether frames are two fields, from their content and not from their flags, with FFmpeg's `idet`.
//!
//! Flags are often wrong: editing programs flag woven fields as progressive frames, and broadcasters carry progressive frames as two fields
//! (`PsF`).

use domain::facts::FieldOrder;
use ffmpeg_next::frame;

use super::filter::Filter;
use crate::error::MediaError;

/// Lines of interlaced formats: ITU-R BT.601 with and without vertical blanking, BT.709, and what codecs make of them.
const INTERLACED_LINES: [u32; 7] = [480, 486, 512, 576, 608, 1080, 1088];
/// Fields of a video come in one order; test charts and animation that only look woven have no order. The share of the other order.
const OTHER_ORDER_SHARE: f64 = 0.05;
/// Share of frames that must look woven before a track that is flagged as progressive counts as interlaced.
const WOVEN_SHARE: f64 = 0.6;
/// Share of frames that must look whole before a track that is flagged as interlaced counts as progressive.
const WHOLE_SHARE: f64 = 0.8;
/// Maximum share of woven frames in such a track.
const STRAY_SHARE: f64 = 0.02;
/// Fewer frames with motion decide nothing.
const MIN_FRAMES: u32 = 40;
/// Minimum number of places in the file that agree.
const MIN_PLACES: usize = 3;

/// How the frames at one place look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Combing {
    whole: u32,
    top_first: u32,
    bottom_first: u32,
    /// Frames without motion.
    undecided: u32,
}

/// What the content of a track says against its flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The frames are two fields, this one first.
    Woven(FieldOrder),
    /// The frames are whole.
    Whole,
}

/// Looks at the consecutive frames of one place.
pub(super) struct CombingMeter {
    filter: Option<Filter>,
    found: Combing,
}

impl CombingMeter {
    pub(super) fn new() -> Self {
        Self { filter: None, found: Combing::default() }
    }

    /// Adds the next frame.
    pub(super) fn add(&mut self, frame: &frame::Video) -> Result<(), MediaError> {
        if !INTERLACED_LINES.contains(&frame.height()) {
            return Ok(());
        }
        if self.filter.as_ref().is_some_and(|filter| !filter.fits(frame)) {
            self.finish()?;
        }
        let filter = match &mut self.filter {
            Some(filter) => filter,
            none => none.insert(Filter::new("idet", frame)?),
        };
        filter.push(frame)?;
        self.collect()
    }

    /// Returns what was found.
    pub(super) fn finish(&mut self) -> Result<Combing, MediaError> {
        if let Some(filter) = &mut self.filter {
            filter.finish()?;
        }
        self.collect()?;
        self.filter = None;
        Ok(self.found)
    }

    fn collect(&mut self) -> Result<(), MediaError> {
        let Some(filter) = &mut self.filter else { return Ok(()) };
        while let Some(frame) = filter.pull()? {
            match frame.metadata().get("lavfi.idet.multiple.current_frame") {
                Some("tff") => self.found.top_first += 1,
                Some("bff") => self.found.bottom_first += 1,
                Some("progressive") => self.found.whole += 1,
                _ => self.found.undecided += 1,
            }
        }
        Ok(())
    }
}

impl Combing {
    fn woven(self) -> u32 {
        self.top_first + self.bottom_first
    }

    fn decided(self) -> u32 {
        self.woven() + self.whole
    }
}

/// Compares the content of a track with its flags; `None` if they agree or the content decides nothing.
pub(super) fn verdict(places: &[Combing], flagged: FieldOrder) -> Option<Verdict> {
    let sum = |of: fn(Combing) -> u32| places.iter().copied().map(of).sum::<u32>();
    let all = sum(|place| place.decided() + place.undecided);
    let share = |count: u32| f64::from(count) / f64::from(all.max(1));
    let agreeing = |is_so: fn(Combing) -> bool| places.iter().copied().filter(|place| is_so(*place)).count();
    if sum(Combing::decided) < MIN_FRAMES {
        return None;
    }
    let is_flagged = flagged != FieldOrder::Progressive;
    let places_woven = agreeing(|place| place.woven() > place.whole + place.undecided);
    let (top, bottom) = (sum(|place| place.top_first), sum(|place| place.bottom_first));
    let has_order = share(top.min(bottom)) <= OTHER_ORDER_SHARE * share(top + bottom);
    if !is_flagged && has_order && share(top + bottom) >= WOVEN_SHARE && places_woven >= MIN_PLACES {
        let bottom_first = bottom > top;
        return Some(Verdict::Woven(if bottom_first {
            FieldOrder::BottomFirst
        } else {
            FieldOrder::TopFirst
        }));
    }
    let places_whole = agreeing(|place| place.whole > 0 && place.woven() * 10 < place.whole);
    let is_whole =
        share(sum(|place| place.whole)) >= WHOLE_SHARE && share(sum(Combing::woven)) <= STRAY_SHARE;
    (is_flagged && is_whole && places_whole >= MIN_PLACES).then_some(Verdict::Whole)
}

#[cfg(test)]
mod tests {
    use domain::facts::FieldOrder;

    use super::{Combing, Verdict, verdict};

    fn places(whole: u32, top_first: u32, bottom_first: u32, undecided: u32) -> [Combing; 5] {
        [Combing { whole, top_first, bottom_first, undecided }; 5]
    }

    #[test]
    fn content_overrules_flags_only_if_it_is_clear() {
        let (progressive, top) = (FieldOrder::Progressive, FieldOrder::TopFirst);
        for (places, flagged, expected) in [
            (places(0, 24, 0, 0), progressive, Some(Verdict::Woven(top))),
            (places(3, 1, 20, 0), progressive, Some(Verdict::Woven(FieldOrder::BottomFirst))),
            (places(24, 0, 0, 0), progressive, None),
            (places(0, 15, 9, 0), progressive, None),
            (places(12, 12, 0, 0), progressive, None),
            (places(0, 24, 0, 0), top, None),
            (places(24, 0, 0, 0), top, Some(Verdict::Whole)),
            (places(20, 3, 0, 1), top, None),
            (places(6, 0, 0, 18), top, None),
            (places(0, 5, 0, 19), progressive, None),
        ] {
            assert_eq!(verdict(&places, flagged), expected, "{places:?} {flagged:?}");
        }
    }

    #[test]
    fn one_place_is_not_enough() {
        let mut found = places(0, 0, 0, 0);
        found[0].top_first = 100;
        assert_eq!(verdict(&found, FieldOrder::Progressive), None);
    }
}
