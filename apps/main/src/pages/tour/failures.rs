//! When something fails: failures that the visitor switches on for their own browser.

use auth_types::FlowKind;
use leptos::prelude::*;
use tour::{Heading, Place, Places, Stop, VisitLink};

pub(super) const CHAPTER: Heading = Heading { id: "failures", title: "When something fails" };

#[component]
pub(super) fn Failures() -> impl IntoView {
    view! {
        <section class="chapter stack" aria-labelledby=CHAPTER.id>
            <p class="chapter-number">"All articles"</p>
            <h2 id=CHAPTER.id tabindex="-1">{CHAPTER.title}</h2>
            <p class="lead">"A slow or failing provider must not sign users out. Each error has a name, and its page says what to do next."</p>
            <Stop
                heading=Heading { id: "try-failures", title: "Switch a failure on, for your browser only" }
                shows=&[FlowKind::SignIn, FlowKind::SilentSignIn]
                placeholder="Sign in while a failure is on: the step that failed is marked here."
                files=&["crates/auth/src/provider/oidc.rs", "crates/auth/src/routes/finish.rs", "crates/auth/src/refresh/attempt.rs"]
            >
                {if Places::current(Place::Failures).is_some() {
                    view! { <Switches/> }.into_any()
                } else {
                    view! {
                        <p>"The embedded provider of the demo has failures to try. This app signs in at another provider, so there are none here."</p>
                    }
                    .into_any()
                }}
            </Stop>
        </section>
    }
}

#[component]
fn Switches() -> impl IntoView {
    view! {
        <p>
            "The " <VisitLink place=Place::Failures text="failures page of the demo provider"/>
            " switches a failure on for ten minutes. Other visitors do not notice it."
        </p>
        <div class="table-scroll" tabindex="0" role="region" aria-label="Failures and what you see">
            <table>
                <thead><tr><th scope="col">"Switch on"</th><th scope="col">"Then"</th><th scope="col">"You see"</th></tr></thead>
                <tbody>
                    <tr><th scope="row">"Slow provider"</th><td>"sign in"</td><td>"The sign-in works. The diagram marks the request that took three seconds."</td></tr>
                    <tr><th scope="row">"Provider fails"</th><td>"sign in"</td><td>"The sign-in page says that the service does not answer. A session that you have already continues."</td></tr>
                    <tr><th scope="row">"Refused redirect URI"</th><td>"sign in"</td><td>"The provider shows the error of article 1, and the app never hears of it: no answer comes back."</td></tr>
                    <tr><th scope="row">"Sign-in cancelled"</th><td>"sign in"</td><td>"The sign-in page says that the sign-in was cancelled."</td></tr>
                    <tr><th scope="row">"Session lost at the provider"</th><td><a href="#renewing">"renew the tokens"</a></td><td>"The provider refuses the refresh token, so the session ends in all tabs."</td></tr>
                </tbody>
            </table>
        </div>
    }
}
