//! Colour palettes, such as dyed silk, dusk in the dry season, and the river in the rainy season.

use serde::Deserialize;

/// A colour in sRGB.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Colour(pub(super) [f32; 3]);

impl Colour {
    const fn hex(rgb: u32) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "eight bits")]
        const fn channel(rgb: u32, shift: u32) -> f32 {
            ((rgb >> shift) & 0xff) as f32
        }
        Self([channel(rgb, 16), channel(rgb, 8), channel(rgb, 0)])
    }

    /// Returns the mix of this colour (`share` 0) and the other (`share` 1).
    pub(super) fn mix(self, other: Self, share: f32) -> Self {
        let mut mixed = self.0;
        for (channel, to) in mixed.iter_mut().zip(other.0) {
            *channel += (to - *channel) * share;
        }
        Self(mixed)
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "rgb({red:.0},{green:.0},{blue:.0})")
    }
}

/// The colours of one image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Colours {
    /// The top of the sky.
    pub(super) sky: Colour,
    /// The sky at the horizon.
    pub(super) haze: Colour,
    /// Sun, moon, gold.
    pub(super) light: Colour,
    /// The farthest hills.
    pub(super) far: Colour,
    /// The nearest hills.
    pub(super) near: Colour,
    /// Silhouettes.
    pub(super) ink: Colour,
    /// Lettering.
    pub(super) paper: Colour,
    /// Highlights.
    pub(super) accent: Colour,
}

/// A set of colours that go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Palette {
    /// Indigo vats, and the yellow of jackfruit wood.
    Indigo,
    /// Stick lac on silk.
    Lac,
    /// Smoke in the burning season.
    Dusk,
    /// Rice in the rainy season.
    Paddy,
    /// Saffron robes at dawn.
    Saffron,
    /// The Mekong at night.
    Midnight,
    /// Limestone in the morning.
    Mist,
    /// Teak and lacquer.
    Lacquer,
    /// Frangipani.
    Champa,
    /// Under the canopy.
    Jungle,
}

impl Palette {
    pub(super) fn colours(self) -> Colours {
        let [sky, haze, light, far, near, ink, paper, accent] = match self {
            Self::Indigo => {
                [0x1b_2a5c, 0x6f_8fc4, 0xf3_c65b, 0x5b_78b0, 0x1d_2c63, 0x0d_1533, 0xf7_efdc, 0xd9_552f]
            }
            Self::Lac => {
                [0x7a_1733, 0xe8_805a, 0xfb_d9a0, 0xc2_4a4e, 0x5f_1030, 0x2b_0a1d, 0xfd_eedb, 0xf0_b23e]
            }
            Self::Dusk => {
                [0x3b_2352, 0xf0_8a5d, 0xff_d487, 0xa4_536c, 0x46_254f, 0x1c_1029, 0xff_f1dd, 0xe9_4f4a]
            }
            Self::Paddy => {
                [0x2f_7f86, 0xd9_e8a8, 0xff_f2b0, 0x7f_b069, 0x1f_5c3e, 0x0d_2f24, 0xfd_f9e3, 0xe0_662f]
            }
            Self::Saffron => {
                [0xd8_742b, 0xfb_d08a, 0xff_f0c9, 0xd9_8b3f, 0x8f_3f1a, 0x3a_160d, 0xff_f6e2, 0x7a_1f2b]
            }
            Self::Midnight => {
                [0x0a_1430, 0x27_486f, 0xf5_e6b8, 0x23_4267, 0x0d_1d3c, 0x05_0a1a, 0xf3_ecd6, 0xe5_9a3c]
            }
            Self::Mist => {
                [0x7f_a3a8, 0xe9_e5d3, 0xf5_b971, 0x9d_b5b2, 0x34_575b, 0x14_282d, 0xfb_f8ec, 0xc4_4536]
            }
            Self::Lacquer => {
                [0x22_1a17, 0x8c_3b24, 0xe7_a83f, 0x6d_2c1f, 0x2c_1814, 0x12_0b0a, 0xf8_e7c6, 0xc9_302c]
            }
            Self::Champa => {
                [0xf2_a7a0, 0xfd_eed2, 0xff_f8e8, 0xe4_8f8b, 0x9c_4a63, 0x3d_1b33, 0x4a_1e37, 0xf0_b429]
            }
            Self::Jungle => {
                [0x0f_3b34, 0xa8_c686, 0xf4_e8a4, 0x4f_8a66, 0x12_3d2f, 0x07_1c18, 0xf6_f2da, 0xe2_7d3a]
            }
        }
        .map(Colour::hex);
        Colours { sky, haze, light, far, near, ink, paper, accent }
    }
}
