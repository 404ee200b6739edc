//! Identity's registry of apps. Its origins contain ports, so a suite with an offset needs a changed copy.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{problem::Problem, suite::Addresses};

/// Returns the path of identity's registry file. If `offset` is 0, this is the committed file. Otherwise the
/// function writes a copy to `data_dir`, in which every port of the suite is `offset` higher.
///
/// # Errors
/// When the committed file cannot be read, or the copy cannot be written.
pub(crate) fn prepare(
    root: &Path,
    data_dir: &Path,
    addresses: Addresses,
    offset: u16,
) -> Result<PathBuf, Problem> {
    let committed = root.join("apps/identity/apps.toml");
    let text = fs::read_to_string(&committed)
        .map_err(|source| Problem::Registry { path: committed.clone(), source })?;
    if offset == 0 {
        return Ok(committed);
    }
    let copy = data_dir.join("apps.toml");
    fs::write(&copy, addresses.shift(&text)).map_err(|source| Problem::data_dir(&copy, source))?;
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    #[test]
    fn the_committed_registry_is_used_as_it_is() {
        let data = tempfile::tempdir().unwrap();
        let path = prepare(&root(), data.path(), Addresses::new(0), 0).unwrap();
        assert!(path.ends_with("apps/identity/apps.toml"));
    }

    #[test]
    fn a_suite_with_an_offset_gets_a_changed_copy() {
        let data = tempfile::tempdir().unwrap();
        let path = prepare(&root(), data.path(), Addresses::new(1000), 1000).unwrap();
        let text = fs::read_to_string(path).unwrap();
        assert!(text.contains("\"http://localhost:5201\"") && !text.contains(":4201"), "{text}");
    }
}
