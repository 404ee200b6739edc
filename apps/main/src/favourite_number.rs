//! The user's favourite number and the form that changes it.

use leptos::prelude::*;

/// A plain form, so it works with JavaScript off. With it on, the number follows what was saved in another
/// tab as soon as this one comes to the front.
#[island]
pub fn FavouriteNumber(
    /// Whose number it is: another user's is never shown here.
    user_id: String,
    /// The number when the page was written.
    number: Option<i32>,
    /// Where the form posts to.
    action: String,
) -> impl IntoView {
    let number = RwSignal::new(number);
    let has_ended = RwSignal::new(false);
    let ready = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        browser::follow(user_id.clone(), number, has_ended);
        ready.set(true);
    });
    #[cfg(not(feature = "hydrate"))]
    drop(user_id);
    let typed = move || number.get().map(|number| number.to_string());
    view! {
        <div data-ready=move || ready.get().then_some("true")>
            <p class="notice warning" role="status" hidden=move || !has_ended.get()>
                "This session has ended. Reload the page to sign in again."
            </p>
            <div hidden=move || has_ended.get()>
                <form method="post" action=action class="stack">
                    <p aria-live="polite">
                        {move || match number.get() {
                            Some(number) => format!("It is {number}."),
                            None => "You have not told us yet.".to_owned(),
                        }}
                    </p>
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
                            value=typed
                        />
                    </div>
                    <button type="submit" class="button">"Save"</button>
                </form>
            </div>
        </div>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use crate::preferences::Preferences;
    use auth_ui::islands::on_front;
    use leptos::prelude::*;

    pub(super) fn follow(user_id: String, number: RwSignal<Option<i32>>, has_ended: RwSignal<bool>) {
        on_front(move |session| {
            let own = session.filter(|session| session.user.id == user_id);
            has_ended.set(own.is_none());
            number.set(own.and_then(|session| session.data::<Preferences>().favourite_number));
        });
    }
}
