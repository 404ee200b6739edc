//! dev-provider
