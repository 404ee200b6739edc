//! The database file is for its owner's eyes only: it holds names and email addresses.

use std::path::Path;

/// Makes the file with that mode where it is not there yet; SQLite gives its `-wal` and `-shm` files the same. What
/// goes wrong, SQLite will name.
pub(super) fn make(file: &Path) {
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

/// Takes away what others may do with a file that an earlier version made.
pub(super) fn keep(file: &Path) {
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
                tracing::warn!(file = %Path::new(&name).display(), %error, "others can read a database file");
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
    async fn a_database_is_for_its_owner_only_from_the_start_or_from_the_next_start_on() {
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
