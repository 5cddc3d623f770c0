//! Parameters of a subtitle file.

use domain::{presentation::TrackSettings, ratio::Ratio, subtitle::Retime};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::change::parse_language;
use crate::{film::TrackRole, http::error::ApiError};

/// Query parameters of a subtitle file.
#[derive(Clone, Debug, Default, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SubtitleQuery {
    /// Id of the new track, chosen by the client: a file that is sent again because the response was lost is then refused as
    /// `already-added`. Only for a new track
    pub(super) track: Option<Uuid>,
    /// Name of the file
    #[garde(length(chars, min = 1, max = 255))]
    #[param(min_length = 1, max_length = 255, example = "sabaidee.lo.srt")]
    pub(super) name: Option<String>,
    /// BCP 47 language tag of the text; required for a new track
    #[garde(length(max = 35))]
    #[param(max_length = 35)]
    pub(super) language: Option<String>,
    /// Name for menus; default: the language's own name
    #[garde(length(chars, min = 1, max = 100))]
    #[param(min_length = 1, max_length = 100)]
    label: Option<String>,
    /// Whether players show the track until the viewer chooses another
    default: Option<bool>,
    /// Whether players show the track even if the viewer has turned subtitles off
    forced: Option<bool>,
    /// What the track is for
    #[param(inline)]
    role: Option<TrackRole>,
    /// What is added to all times, in milliseconds
    #[garde(range(min = -86_400_000, max = 86_400_000))]
    #[param(minimum = -86_400_000, maximum = 86_400_000)]
    shift_ms: Option<i64>,
    /// Frame rate for which the file was made, if its times must be stretched: `25`, `24`, `23.976`, `29.97`, or a fraction
    /// such as `24000/1001`
    #[garde(length(max = 20))]
    #[param(max_length = 20)]
    from_fps: Option<String>,
    /// Frame rate at which the film plays; required with `from_fps`
    #[garde(length(max = 20))]
    #[param(max_length = 20)]
    to_fps: Option<String>,
    /// Encoding of the file, such as `windows-874`, if Nang cannot know it
    #[garde(length(max = 40))]
    #[param(max_length = 40)]
    encoding: Option<String>,
}

impl SubtitleQuery {
    /// Returns the settings of a track with the parameters that are present.
    pub(super) fn apply(&self, before: TrackSettings) -> Result<TrackSettings, ApiError> {
        let rate = match (&self.from_fps, &self.to_fps) {
            (None, None) => before.rate,
            (Some(from), Some(to)) => {
                let (from, to) = (frame_rate("from_fps", from)?, frame_rate("to_fps", to)?);
                Retime::frame_rates(from, to).map(|retime| retime.rate)
            }
            (None, Some(_)) => return Err(ApiError::invalid_query("from_fps", "is required with to_fps")),
            (Some(_), None) => return Err(ApiError::invalid_query("to_fps", "is required with from_fps")),
        };
        Ok(TrackSettings {
            language: self.language.as_deref().map(parse_language).transpose()?.or(before.language),
            label: self.label.as_deref().map(|label| label.trim().to_owned()).or(before.label),
            default: self.default.unwrap_or(before.default),
            forced: self.forced.unwrap_or(before.forced),
            role: self.role.map_or(before.role, Into::into),
            shift_ms: self.shift_ms.unwrap_or(before.shift_ms),
            rate,
            encoding: self.encoding.clone(),
        })
    }
}

/// Parses a frame rate: a fraction, a whole number, or a usual decimal number such as 23.976, which stands for 24000/1001.
fn frame_rate(field: &str, text: &str) -> Result<Ratio, ApiError> {
    let error = || ApiError::invalid_query(field, "is not a frame rate, such as 25, 23.976 or 24000/1001");
    let (num, den) = match text {
        "23.976" | "23.98" => (24_000, 1001),
        "29.97" => (30_000, 1001),
        "59.94" => (60_000, 1001),
        text => match text.split_once('/') {
            Some((num, den)) => (num.parse().map_err(|_| error())?, den.parse().map_err(|_| error())?),
            None => (text.parse().map_err(|_| error())?, 1),
        },
    };
    let rate = Ratio::new(num, den).filter(|rate| rate.num > 0);
    rate.filter(|rate| (1..=240).contains(&(rate.num / rate.den))).ok_or_else(error)
}
