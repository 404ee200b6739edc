//! For an app that answers a provider's callbacks itself. Identity does, because flows of other apps come
//! back there too.
//!
//! | item | use |
//! |---|---|
//! | [`CallbackRequest`] | extracts a callback, and takes a flow: once, in the browser where it began |
//! | [`form_post`] | turns the answer of a provider that posts it into the same callback as a GET |
//! | [`page_that_goes_on`] | answers a form whose redirects may lead to another origin |
//! | [`finish_sign_in`] | finishes the app's own sign-in |
//! | [`SignInOutcome`] | the answer, and whether to tell other apps of the sign-in |
//! | [`without_flow`] | answers a callback of the app's own that finishes no flow |
//! | [`finish_sign_out`] | finishes the app's own sign-out at the provider |
//! | [`receive_logout`] | acts on a logout token, with an additional step such as forwarding |
//! | [`navigation_only`] | refuses HEAD requests and prefetches of a callback |

pub use super::{
    backchannel_logout::receive_logout,
    callback::{CallbackRequest, finish_sign_out, without_flow},
    departure::page as page_that_goes_on,
    finish::{BegunSession, SignInOutcome, finish_sign_in},
    form_post::form_post,
};
pub use crate::origin::navigation_only;
