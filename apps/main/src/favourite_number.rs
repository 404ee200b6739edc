//! The user's favourite number: an example of a page part that follows the session data.

/// The sentence that shows the number.
fn sentence(number: Option<i32>) -> String {
    number.map_or_else(|| "You have not told us yet.".to_owned(), |number| format!("It is {number}."))
}

#[cfg(feature = "ssr")]
pub(crate) use page::FavouriteNumber;

#[cfg(feature = "ssr")]
mod page {
    use super::sentence;
    use crate::{preferences::Preferences, server_fns::SaveFavouriteNumber};
    use leptos::{prelude::*, server_fn::ServerFn};

    /// A plain form, which also works with JavaScript off. With JavaScript on, the number follows a change in
    /// another tab: at once if this tab is visible, otherwise when the user returns to it.
    #[component]
    pub(crate) fn FavouriteNumber() -> impl IntoView {
        let number = auth_leptos::auth().and_then(|session| session.data::<Preferences>().favourite_number);
        view! {
            <form method="post" action=SaveFavouriteNumber::url() class="stack favourite-number">
                <p aria-live="polite">{sentence(number)}</p>
                <div>
                    <label for="number">"Favourite number"</label>
                    <input
                        class="short"
                        id="number"
                        name="number"
                        type="number"
                        step="1"
                        min=i32::MIN.to_string()
                        max=i32::MAX.to_string()
                        required
                        value=number.map(|number| number.to_string())
                    />
                </div>
                <button type="submit" class="button">"Save"</button>
            </form>
        }
    }
}

/// Keeps the number up to date. Shows only the number of the user for whom the page was rendered.
#[cfg(feature = "hydrate")]
pub(crate) fn follow() {
    use auth_leptos::client::{dom, on_visible, user_of_page};

    let Some(form) = dom::find::<dom::Element>(".favourite-number") else { return };
    let shown = form.clone();
    on_visible(move |session| {
        // The session watcher handles an ended session and a change of user: it removes this form.
        let own = session.filter(|session| user_of_page().as_deref() == Some(session.user_id()));
        let Some(own) = own else { return };
        let number = own.user_field("favourite_number").as_f64();
        #[expect(clippy::cast_possible_truncation, reason = "the server stores an i32")]
        let number = number.map(|number| number as i32);
        dom::fill(&shown, "p", &sentence(number));
        // Sets the attribute and not the value: the user may be typing.
        let text = number.map(|number| number.to_string()).unwrap_or_default();
        dom::set_attribute(&shown, "input", "value", &text);
    });
    dom::mark_ready(&form);
}
