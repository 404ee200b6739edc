//! auth-ui
