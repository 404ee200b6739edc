//! How far a sign-out goes.

/// The scope of a sign-out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignOutScope {
    /// This app's session and the provider's session.
    #[default]
    Global,
    /// This app's session only.
    Local,
}

impl SignOutScope {
    /// Returns the value of the form field `scope`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Local => "local",
        }
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Global => "Sign out",
            Self::Local => "Sign out of this app only",
        }
    }
}
