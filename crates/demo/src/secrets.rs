//! The suite's secrets: generated once and kept in the data folder, readable by their owner only.

use std::{fs, io::Write, path::Path};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{TryRngCore, rngs::OsRng};

use crate::problem::Problem;

/// Number of random bytes in a secret. `AUTH_SECRET` requires at least this many.
const SECRET_BYTES: usize = 32;

/// The secrets of one suite. Two apps share a secret if and only if they share a cookie and a store.
pub(crate) struct Secrets {
    /// `AUTH_SECRET` of main and store.
    pub(crate) wow: String,
    /// `AUTH_SECRET` of partner.
    pub(crate) partner: String,
    /// `AUTH_SECRET` of identity.
    pub(crate) identity: String,
    /// Client secrets of games, store and partner at identity.
    pub(crate) identity_clients: [String; 3],
    /// Client secret of the apps at the embedded provider.
    pub(crate) demo_client: String,
    /// Client secret of preview deployments at identity.
    pub(crate) preview_client: String,
    /// Client secret of preview deployments at the embedded provider.
    pub(crate) demo_preview_client: String,
}

impl Secrets {
    /// Reads the secrets below `data_dir` and generates the missing ones.
    ///
    /// # Errors
    /// When the folder cannot be written, or the system provides no random bytes.
    pub(crate) fn load_or_make(data_dir: &Path) -> Result<Self, Problem> {
        let folder = data_dir.join("secrets");
        make_private_folder(&folder)?;
        let secret = |name: &str| load_or_make(&folder.join(name));
        Ok(Self {
            wow: secret("wow")?,
            partner: secret("partner")?,
            identity: secret("identity")?,
            identity_clients: [secret("games-client")?, secret("store-client")?, secret("partner-client")?],
            demo_client: secret("demo-client")?,
            preview_client: secret("preview-client")?,
            demo_preview_client: secret("demo-preview-client")?,
        })
    }
}

fn make_private_folder(folder: &Path) -> Result<(), Problem> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder).map_err(|source| Problem::data_dir(folder, source))
}

fn load_or_make(path: &Path) -> Result<String, Problem> {
    let failed = |source| Problem::data_dir(path, source);
    if let Ok(kept) = fs::read_to_string(path)
        && kept.len() >= SECRET_BYTES
    {
        return Ok(kept);
    }
    let mut bytes = [0; SECRET_BYTES];
    OsRng.try_fill_bytes(&mut bytes).map_err(|source| Problem::Randomness { source })?;
    let secret = BASE64_URL_SAFE_NO_PAD.encode(bytes);

    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).and_then(|mut file| file.write_all(secret.as_bytes())).map_err(failed)?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_generated_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = Secrets::load_or_make(folder.path()).unwrap();
        let second = Secrets::load_or_make(folder.path()).unwrap();
        assert_eq!(first.wow, second.wow);
        assert_eq!(first.demo_client, second.demo_client);
        assert_ne!(first.wow, first.partner);
        assert!(first.identity.len() >= SECRET_BYTES);
    }

    #[test]
    fn a_partial_secret_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("secrets")).unwrap();
        fs::write(folder.path().join("secrets/wow"), "short").unwrap();
        assert_eq!(Secrets::load_or_make(folder.path()).unwrap().wow.len(), 43);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_the_secrets() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        Secrets::load_or_make(folder.path()).unwrap();
        let mode = |path| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("secrets"), 0o700);
        assert_eq!(mode("secrets/wow"), 0o600);
    }

    #[test]
    fn a_folder_that_cannot_be_created_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let refused = Secrets::load_or_make(&file).err().unwrap().to_string();
        assert!(refused.contains("--data-dir") && refused.contains("file"), "{refused}");
    }
}
