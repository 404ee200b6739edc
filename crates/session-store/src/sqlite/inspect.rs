//! Looks at a database file without a change: no file is created, and no migration runs.

use super::applied;
use crate::{Inspection, StoreError, StoreKind, schema::SchemaState};
use sqlx::{Connection, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions};
use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

/// Reads the schema of the file at `url`. A missing file in an existing folder has no schema yet.
///
/// # Errors
/// If the folder does not exist, or the file cannot be read or is not a database.
pub(crate) async fn inspect(url: &str, migrator: &Migrator) -> Result<Inspection, StoreError> {
    let options = SqliteConnectOptions::from_str(url)?;
    let file = options.get_filename().to_owned();
    let folder = match file.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    if !folder.is_dir() {
        return Err(StoreError(format!("the folder {} does not exist", folder.display())));
    }
    let migrations = if file.exists() { read(options, &file).await? } else { Vec::new() };
    let is_closed = |path: &Path| path.exists() && !is_writable(path);
    // SQLite creates its log beside the file.
    let closed = [&file, &folder].into_iter().find(|path| is_closed(path));
    Ok(Inspection {
        kind: StoreKind::Sqlite,
        place: url.to_owned(),
        schema: Some(SchemaState::of(&migrations, migrator)),
        read_only: closed.map(|path| format!("{} is not writable for this user", path.display())),
        risks: Vec::new(),
    })
}

async fn read(
    options: SqliteConnectOptions,
    file: &Path,
) -> Result<Vec<crate::schema::Applied>, sqlx::Error> {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    // A reader of a file with write-ahead logging creates the log. Without a log no process has the file open, so the
    // file does not change and needs none.
    let is_unused = !Path::new(&log).exists();
    let options = options.read_only(true).create_if_missing(false).immutable(is_unused);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let migrations = applied(&mut connection).await;
    connection.close().await?;
    migrations
}

#[cfg(unix)]
fn is_writable(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(not(unix))]
fn is_writable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.permissions().readonly())
}
