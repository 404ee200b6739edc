//! The colour of an app, so that its tabs can be told from those of other apps.

/// A colour that an app has on its pages and in its icon. The style sheet has a light and a dark tone of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Accent {
    /// Blue, the default.
    #[default]
    Blue,
    /// Green.
    Green,
    /// Plum.
    Plum,
    /// Amber.
    Amber,
    /// Teal.
    Teal,
    /// Slate.
    Slate,
}

impl Accent {
    /// Every colour.
    pub const ALL: [Self; 6] = [Self::Blue, Self::Green, Self::Plum, Self::Amber, Self::Teal, Self::Slate];

    /// The name, as in `APP_ACCENT` and in the attribute `data-accent`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Green => "green",
            Self::Plum => "plum",
            Self::Amber => "amber",
            Self::Teal => "teal",
            Self::Slate => "slate",
        }
    }

    /// The tone for light pages and for the icon, as `#rrggbb`. White text on it has a contrast of at least 4.5.
    #[must_use]
    pub const fn color(self) -> &'static str {
        match self {
            Self::Blue => "#1f5f8b",
            Self::Green => "#1d6b46",
            Self::Plum => "#6b3a7d",
            Self::Amber => "#8a5208",
            Self::Teal => "#0f6670",
            Self::Slate => "#47515c",
        }
    }

    /// Returns the colour with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|accent| accent.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The relative luminance of WCAG 2.2.
    fn luminance(color: &str) -> f64 {
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&color[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    #[test]
    fn every_name_reads_back_and_white_text_is_readable() {
        for accent in Accent::ALL {
            assert_eq!(Accent::parse(accent.name()), Some(accent));
            let contrast = 1.05 / (luminance(accent.color()) + 0.05);
            assert!(contrast >= 4.5, "{accent:?}: {contrast}");
        }
        assert_eq!(Accent::parse("red; }"), None);
    }
}
