//! Identity's registry of apps. Its origins contain ports, so a suite with an offset needs a changed copy.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{problem::Problem, suite::Addresses};

/// The client id of the previews, at identity and at the embedded provider.
pub(crate) const PREVIEWS: &str = "previews";

/// Returns the path of identity's registry file: the committed file, if its origins are those of the suite and there are
/// no previews. Otherwise the function writes a changed copy to `data_dir`. `previews` is the origin pattern of preview
/// deployments.
///
/// # Errors
/// When the committed file cannot be read, or the copy cannot be written.
pub(crate) fn prepare(
    root: &Path,
    data_dir: &Path,
    addresses: Addresses<'_>,
    previews: Option<&str>,
) -> Result<PathBuf, Problem> {
    let committed = root.join("apps/identity/apps.toml");
    let text = fs::read_to_string(&committed)
        .map_err(|source| Problem::Registry { path: committed.clone(), source })?;
    let changed = addresses.apply_to(&text) + &previews.map(entry_of_previews).unwrap_or_default();
    if changed == text {
        return Ok(committed);
    }
    let copy = data_dir.join("apps.toml");
    fs::write(&copy, changed).map_err(|source| Problem::data_dir(&copy, source))?;
    Ok(copy)
}

/// The registry entry of all previews.
fn entry_of_previews(pattern: &str) -> String {
    format!(
        r#"
[[app]]
client_id = "{PREVIEWS}"
name = "Previews"
preview = true
origins = ["{pattern}"]
backchannel_logout_path = "/auth/backchannel-logout"
client_secret_env = "PREVIEWS_CLIENT_SECRET"

[app.providers.demo]
client_id = "{PREVIEWS}"
"#
    )
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
        let path = prepare(&root(), data.path(), Addresses::new(0), None).unwrap();
        assert!(path.ends_with("apps/identity/apps.toml"));
    }

    #[test]
    fn a_suite_with_an_offset_gets_a_changed_copy() {
        let data = tempfile::tempdir().unwrap();
        let path = prepare(&root(), data.path(), Addresses::new(1000), None).unwrap();
        let text = fs::read_to_string(path).unwrap();
        assert!(text.contains("\"http://localhost:5201\"") && !text.contains(":4201"), "{text}");
    }
}
