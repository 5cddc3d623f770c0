//! Colours: of dyed silk, of the dry season's dusk, of the river in the rains.

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

    /// On the way from this colour (0) to the other (1).
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

/// The colours of one picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Colours {
    /// Above.
    pub(super) sky: Colour,
    /// At the horizon.
    pub(super) haze: Colour,
    /// Sun, moon, gold.
    pub(super) light: Colour,
    /// The farthest hills.
    pub(super) far: Colour,
    /// The nearest ones.
    pub(super) near: Colour,
    /// Silhouettes.
    pub(super) ink: Colour,
    /// Letters.
    pub(super) paper: Colour,
    /// What stands out.
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
    /// Smoke of the burning season.
    Dusk,
    /// Rice in the rains.
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
            Self::Indigo => [0x1b2a5c, 0x6f8fc4, 0xf3c65b, 0x5b78b0, 0x1d2c63, 0x0d1533, 0xf7efdc, 0xd9552f],
            Self::Lac => [0x7a1733, 0xe8805a, 0xfbd9a0, 0xc24a4e, 0x5f1030, 0x2b0a1d, 0xfdeedb, 0xf0b23e],
            Self::Dusk => [0x3b2352, 0xf08a5d, 0xffd487, 0xa4536c, 0x46254f, 0x1c1029, 0xfff1dd, 0xe94f4a],
            Self::Paddy => [0x2f7f86, 0xd9e8a8, 0xfff2b0, 0x7fb069, 0x1f5c3e, 0x0d2f24, 0xfdf9e3, 0xe0662f],
            Self::Saffron => [0xd8742b, 0xfbd08a, 0xfff0c9, 0xd98b3f, 0x8f3f1a, 0x3a160d, 0xfff6e2, 0x7a1f2b],
            Self::Midnight => {
                [0x0a1430, 0x27486f, 0xf5e6b8, 0x234267, 0x0d1d3c, 0x050a1a, 0xf3ecd6, 0xe59a3c]
            }
            Self::Mist => [0x7fa3a8, 0xe9e5d3, 0xf5b971, 0x9db5b2, 0x34575b, 0x14282d, 0xfbf8ec, 0xc44536],
            Self::Lacquer => [0x221a17, 0x8c3b24, 0xe7a83f, 0x6d2c1f, 0x2c1814, 0x120b0a, 0xf8e7c6, 0xc9302c],
            Self::Champa => [0xf2a7a0, 0xfdeed2, 0xfff8e8, 0xe48f8b, 0x9c4a63, 0x3d1b33, 0x4a1e37, 0xf0b429],
            Self::Jungle => [0x0f3b34, 0xa8c686, 0xf4e8a4, 0x4f8a66, 0x123d2f, 0x071c18, 0xf6f2da, 0xe27d3a],
        }
        .map(Colour::hex);
        Colours { sky, haze, light, far, near, ink, paper, accent }
    }
}
