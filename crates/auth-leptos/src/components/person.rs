//! A user, with picture or initials.

use auth_types::PublicUser;
use leptos::prelude::*;

/// The user's picture or initials, name and email address.
#[component]
pub fn Person(
    /// The user to show.
    user: PublicUser,
) -> impl IntoView {
    // The Content-Security-Policy allows pictures over https only; any other URL would be a broken image.
    let picture = user.picture.filter(|url| url.starts_with("https://"));
    let avatar = match picture {
        Some(url) => view! {
            <img class="avatar" src=url alt="" width="64" height="64" referrerpolicy="no-referrer"/>
        }
        .into_any(),
        None => view! { <span class="avatar" aria-hidden="true">{initials(&user.name)}</span> }.into_any(),
    };
    view! {
        <div class="person">
            {avatar}
            <div>
                <h2>{user.name}</h2>
                {user.email.map(|email| view! { <p class="muted">{email}</p> })}
            </div>
        </div>
    }
}

/// Returns the first letters of the first and the last word of a name, in capitals.
///
/// ```
/// assert_eq!(auth_leptos::initials("Ada King Lovelace"), "AL");
/// ```
#[must_use]
pub fn initials(name: &str) -> String {
    let mut letters =
        name.split_whitespace().filter_map(|word| word.chars().find(|letter| letter.is_alphanumeric()));
    let first = letters.next();
    let last = letters.next_back();
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn a_name_gives_at_most_two_letters() {
        assert_eq!(initials("Alice"), "A");
        assert_eq!(initials("alice example"), "AE");
        assert_eq!(initials("  Bob  \"the\"  Builder "), "BB");
        assert_eq!(initials("élodie ångström"), "ÉÅ");
    }

    #[test]
    fn a_name_without_letters_gives_none() {
        assert_eq!(initials(""), "");
        assert_eq!(initials(" – "), "");
    }
}
