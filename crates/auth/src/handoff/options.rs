//! Where a failed handoff redirects the visitor.

use super::HandoffError;
use std::sync::Arc;

/// A path, or a function from the error to a path; the argument of
/// [`HandoffLayer::error_redirect`](super::HandoffLayer::error_redirect).
#[derive(Clone)]
pub struct ErrorRedirect(Arc<dyn Fn(&HandoffError) -> String + Send + Sync>);

impl ErrorRedirect {
    pub(super) fn path(&self, error: &HandoffError) -> String {
        (self.0)(error)
    }
}

impl std::fmt::Debug for ErrorRedirect {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ErrorRedirect(…)")
    }
}

impl From<&'static str> for ErrorRedirect {
    fn from(path: &'static str) -> Self {
        Self(Arc::new(move |_| path.to_owned()))
    }
}

impl From<String> for ErrorRedirect {
    fn from(path: String) -> Self {
        Self(Arc::new(move |_| path.clone()))
    }
}

impl<F, T> From<F> for ErrorRedirect
where
    F: Fn(&HandoffError) -> T + Send + Sync + 'static,
    T: Into<String>,
{
    fn from(function: F) -> Self {
        Self(Arc::new(move |error| function(error).into()))
    }
}
