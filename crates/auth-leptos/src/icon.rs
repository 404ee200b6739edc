//! The icon of an app: the first letter of its name on its colour.

use auth_types::Accent;

/// Returns the icon as SVG. Two apps with different names or colours have different icons, so their tabs can be told
/// apart.
///
/// ```
/// let icon = auth_leptos::icon("Games", auth_types::Accent::Blue);
/// assert!(icon.contains(">G<") && icon.contains("#1f5f8b"));
/// ```
#[must_use]
pub fn icon(name: &str, accent: Accent) -> String {
    let letter = name.chars().find(|letter| letter.is_alphanumeric());
    let letter: String = letter.into_iter().flat_map(char::to_uppercase).collect();
    let color = accent.color();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\">\
         <rect width=\"32\" height=\"32\" rx=\"8\" fill=\"{color}\"/>\
         <text x=\"16\" y=\"23\" text-anchor=\"middle\" font-family=\"system-ui, sans-serif\" font-size=\"20\" \
         font-weight=\"700\" fill=\"#fff\">{letter}</text></svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_has_the_tone_of_each_icon() {
        for accent in Accent::ALL {
            assert!(crate::STYLE.contains(&format!("--accent: {};", accent.color())), "{accent:?}");
        }
    }

    #[test]
    fn a_name_never_becomes_markup() {
        for (name, letter) in [("<script>", ">S<"), ("", "><"), ("&& shop", ">S<"), ("éclair", ">É<")] {
            let icon = icon(name, Accent::Plum);
            assert!(icon.contains(&format!("\"#fff\"{letter}")), "{icon}");
        }
    }
}
