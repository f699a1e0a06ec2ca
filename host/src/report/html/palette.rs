//! Colours of figures. A plot is drawn in the light ones; the page's style sheet turns each into the dark one where that is asked for.

use std::fmt::Write as _;

use plotters::style::RGBColor;

use crate::report::figures::plot::Tone;

/// Text and axes; also what must not be a colour of any tone.
pub(super) const INK: Colour = Colour { light: 0x001B_1F24, dark: 0x00E6_EDF3 };
pub(super) const GRID: Colour = Colour { light: 0x00DD_E2E8, dark: 0x0030_363D };

/// One colour on light ground and on dark ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour {
    light: u32,
    dark: u32,
}

impl Colour {
    /// As it is drawn.
    #[expect(clippy::cast_possible_truncation, reason = "the bytes of a colour")]
    pub const fn drawn(self) -> RGBColor {
        RGBColor((self.light >> 16) as u8, (self.light >> 8) as u8, self.light as u8)
    }

    /// As the plot says it.
    pub fn hexadecimal(self) -> String {
        format!("#{:06X}", self.light)
    }
}

/// The colour of a tone. They are those of Okabe and Ito (*Color Universal Design*, 2008), darkened or lightened for contrast, which
/// people with any kind of colour vision can tell apart.
pub(super) const fn colour(tone: Tone) -> Colour {
    let (light, dark) = match tone {
        Tone::Present => (0x0000_72B2, 0x0056_B4E9),
        Tone::Tuned => (0x00C8_5200, 0x00FF_9248),
        Tone::Other => (0x006E_7781, 0x008B_96A3),
        Tone::Load => (0x00A8_4C86, 0x00E0_8FC0),
        Tone::Queue => (0x00D9_9A00, 0x00F2_C14E),
        Tone::Prefill => (0x003D_9BD1, 0x0079_C6F2),
        Tone::Decode => (0x0000_8A64, 0x0036_C79B),
        Tone::Fault => (0x00B6_1E3C, 0x00FF_7B8E),
        Tone::Rule => (0x0057_606A, 0x009D_A7B3),
    };
    Colour { light, dark }
}

/// Every tone.
const TONES: [Tone; 9] = [
    Tone::Present,
    Tone::Tuned,
    Tone::Other,
    Tone::Load,
    Tone::Queue,
    Tone::Prefill,
    Tone::Decode,
    Tone::Fault,
    Tone::Rule,
];

/// Rules that turn the colours of plots into the dark ones.
pub(super) fn dark_rules() -> String {
    let mut rules = String::new();
    for colour in TONES.map(colour).into_iter().chain([INK, GRID]) {
        let (light, dark) = (colour.hexadecimal(), format!("#{:06X}", colour.dark));
        let _ =
            writeln!(rules, "svg [fill=\"{light}\"] {{ fill: {dark} }} svg [stroke=\"{light}\"] {{ stroke: {dark} }}");
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_stands_for_one_thing() {
        let mut light: Vec<u32> = TONES.map(colour).into_iter().chain([INK, GRID]).map(|colour| colour.light).collect();
        let all = light.len();
        light.sort_unstable();
        light.dedup();
        assert_eq!(light.len(), all);
    }
}
