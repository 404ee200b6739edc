//! What can be found out about a store without changing it.

use crate::{SchemaState, StoreKind};

/// A store that answers, as [`inspect`](crate::inspect) found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The kind of store.
    pub kind: StoreKind,
    /// The URL without user, password and query.
    pub place: String,
    /// The schema; `None` for a store without one.
    pub schema: Option<SchemaState>,
    /// Why the program cannot write to the store, if that is known.
    pub read_only: Option<String>,
    /// Settings of the store that lose sessions or sign-outs, each as a sentence with the fix.
    pub risks: Vec<String>,
}
