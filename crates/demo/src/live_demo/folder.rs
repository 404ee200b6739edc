//! The data folder of the live demo. A marker file says that the live demo has made it.
//!
//! The daily reset deletes databases, so it must never see a folder with other data.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::plan::DATABASES;

/// The name of the marker file.
const MARKER: &str = "live-demo";
/// The content of the marker file: the version of the folder's format.
const FORMAT: &str = "format 1\n";
/// What SQLite adds to the name of a database's other files.
const SQLITE_FILES: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// Why the live demo cannot use its data folder.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    #[error("--data-dir: {} has other data; the live demo needs an empty folder, or its folder", .0.display())]
    Foreign(PathBuf),

    #[error("--data-dir: {} was made by another version of the live demo; choose an empty folder", .0.display())]
    OtherFormat(PathBuf),

    #[error("--data-dir: cannot use {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// Marks a new or empty folder as the live demo's, or checks the marker. Changes nothing else.
///
/// # Errors
/// When the folder has other data, or cannot be used.
pub(crate) fn claim(folder: &Path) -> Result<(), FolderError> {
    let failed = |source| FolderError::Io { path: folder.to_owned(), source };
    let marker = folder.join(MARKER);
    match fs::read_to_string(&marker) {
        Ok(format) if format == FORMAT => return Ok(()),
        Ok(_) => return Err(FolderError::OtherFormat(folder.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(FolderError::OtherFormat(folder.to_owned()));
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        Err(_) => {}
    }
    fs::create_dir_all(folder).map_err(failed)?;
    if fs::read_dir(folder).map_err(failed)?.next().is_some() {
        return Err(FolderError::Foreign(folder.to_owned()));
    }
    fs::write(&marker, FORMAT).map_err(failed)
}

/// Deletes the databases, and the provider's folder with its signing key. No process may be running. The
/// generated secrets stay.
///
/// # Errors
/// When the folder is not the live demo's, or a file cannot be deleted.
pub(crate) fn clear(folder: &Path) -> Result<(), FolderError> {
    claim(folder)?;
    let databases = DATABASES.into_iter().flat_map(|name| SQLITE_FILES.map(|more| format!("{name}{more}")));
    for name in databases {
        deleted(&folder.join(name), |path| fs::remove_file(path))?;
    }
    deleted(&folder.join("provider"), |path| fs::remove_dir_all(path))
}

fn deleted(path: &Path, delete: impl Fn(&Path) -> io::Result<()>) -> Result<(), FolderError> {
    match delete(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FolderError::Io { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_or_empty_folder_is_marked_and_recognised() {
        let parent = tempfile::tempdir().unwrap();
        for folder in [parent.path().join("new/folder"), parent.path().join("empty")] {
            fs::create_dir_all(folder.parent().unwrap()).unwrap();
            claim(&folder).unwrap();
            fs::write(folder.join("wow.db"), "data").unwrap();
            claim(&folder).unwrap();
            assert!(folder.join("wow.db").exists());
        }
    }

    #[test]
    fn a_folder_with_other_data_is_refused_and_not_changed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("wow.db"), "production").unwrap();
        assert!(matches!(claim(folder.path()), Err(FolderError::Foreign(_))));
        assert!(matches!(clear(folder.path()), Err(FolderError::Foreign(_))));
        assert_eq!(fs::read_to_string(folder.path().join("wow.db")).unwrap(), "production");
        assert!(!folder.path().join(MARKER).exists());
    }

    #[test]
    fn a_folder_of_another_format_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for content in ["", "format 2\n", "live"] {
            fs::write(folder.path().join(MARKER), content).unwrap();
            assert!(matches!(claim(folder.path()), Err(FolderError::OtherFormat(_))), "{content}");
        }
        fs::write(folder.path().join(MARKER), [0xff]).unwrap();
        assert!(matches!(claim(folder.path()), Err(FolderError::OtherFormat(_))));
    }

    #[test]
    fn a_file_in_place_of_the_folder_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(claim(file.path()), Err(FolderError::Io { .. })));
    }

    #[test]
    fn databases_and_keys_are_deleted_and_secrets_stay() {
        let folder = tempfile::tempdir().unwrap();
        claim(folder.path()).unwrap();
        for inner in ["provider", "secrets"] {
            fs::create_dir(folder.path().join(inner)).unwrap();
        }
        let gone =
            ["wow.db", "wow.db-wal", "wow.db-shm", "partner.db", "identity.db", "provider/signing-key.pem"];
        let kept = ["secrets/wow", "apps.toml", MARKER];
        for name in gone.into_iter().chain(kept.into_iter().take(2)) {
            fs::write(folder.path().join(name), "data").unwrap();
        }
        clear(folder.path()).unwrap();
        assert!(gone.iter().all(|name| !folder.path().join(name).exists()));
        assert!(kept.iter().all(|name| folder.path().join(name).exists()));
        clear(folder.path()).unwrap();
    }
}
