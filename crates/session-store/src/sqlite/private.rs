//! Restricts the database files to their owner, because they hold names and email addresses.

use std::path::Path;

/// Creates a missing file with mode 0600. SQLite gives its `-wal` and `-shm` files the same mode. Errors are
/// ignored here, because SQLite reports them when it opens the file.
pub(super) fn create_private(file: &Path) {
    #[cfg(unix)]
    {
        use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt};
        if is_file(file) {
            let _ = OpenOptions::new().append(true).create_new(true).mode(0o600).open(file);
        }
    }
    #[cfg(not(unix))]
    let _ = file;
}

/// Removes the access of other users to files that an earlier version created.
pub(super) fn restrict_permissions(file: &Path) {
    #[cfg(unix)]
    {
        use std::{
            fs::{Permissions, metadata, set_permissions},
            os::unix::fs::PermissionsExt,
        };
        for ending in ["", "-wal", "-shm"] {
            let mut name = file.as_os_str().to_owned();
            name.push(ending);
            let is_open = metadata(&name).is_ok_and(|found| found.permissions().mode() & 0o077 != 0);
            if is_open && let Err(error) = set_permissions(&name, Permissions::from_mode(0o600)) {
                tracing::warn!(file = %Path::new(&name).display(), %error, "database file is not private");
            }
        }
    }
    #[cfg(not(unix))]
    let _ = file;
}

#[cfg(unix)]
fn is_file(file: &Path) -> bool {
    !file.as_os_str().is_empty() && file != Path::new(":memory:")
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use crate::SqliteStore;
    use std::{fs, os::unix::fs::PermissionsExt, path::Path};

    fn mode(file: &Path) -> u32 {
        fs::metadata(file).unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn new_and_existing_database_files_are_private_to_their_owner() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sessions.db");
        let files =
            ["sessions.db", "sessions.db-wal", "sessions.db-shm"].map(|name| folder.path().join(name));
        let url = format!("sqlite://{}", file.display());
        let store = SqliteStore::open(&url).await.unwrap();
        for file in &files {
            assert_eq!(mode(file), 0o600, "{}", file.display());
        }
        for file in &files {
            fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
        }
        let again = SqliteStore::open(&url).await.unwrap();
        for file in &files {
            assert_eq!(mode(file), 0o600, "{}", file.display());
        }
        again.close().await;
        store.close().await;
    }
}
