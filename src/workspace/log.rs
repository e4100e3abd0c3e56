//! The prediction log: what was asked and answered, by which model version, in an SQLite file that other programs can
//! read (`sqlite3 log.db 'SELECT * FROM requests'`).

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, params};
use serde::Serialize;

/// One request and its answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LogRow {
    /// The request's id.
    pub request_id: String,
    /// When it came, in milliseconds since 1970 (UTC).
    pub at_unix_millis: i64,
    /// The method.
    pub method: String,
    /// The path, without the part behind the question mark.
    pub path: String,
    /// The dialect.
    pub dialect: String,
    /// The name of the key's entry, if one was needed.
    pub key_name: Option<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// How many rows were predicted.
    pub n_rows: u64,
    /// The HTTP status.
    pub status: u16,
    /// Milliseconds in the queue; `None` when it went through none.
    pub queue_ms: Option<f64>,
    /// Milliseconds of the arithmetic.
    pub inference_ms: Option<f64>,
    /// Milliseconds in all.
    pub total_ms: f64,
    /// What was asked; `None` where bodies are not kept.
    pub request: Option<String>,
    /// What was answered; `None` where bodies are not kept.
    pub response: Option<String>,
}

/// How much is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// The SQLite file.
    pub path: PathBuf,
    /// The most requests that are kept; the oldest go first.
    pub max_rows: u64,
    /// Days after which a request goes.
    pub max_days: u32,
    /// Whether bodies are kept.
    pub bodies: bool,
    /// The most bytes of a body that are kept.
    pub max_body_bytes: usize,
    /// Fields whose values are never written.
    pub private_fields: Vec<String>,
}

impl LogSettings {
    /// The usual amounts: 100,000 requests, 30 days, bodies of up to 16 KiB.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            max_rows: 100_000,
            max_days: 30,
            bodies: true,
            max_body_bytes: 16 * 1024,
            private_fields: Vec::new(),
        }
    }
}

/// What the log can't do.
#[derive(Debug, thiserror::Error)]
#[error("prediction log {}: {source}", path.display())]
pub struct LogError {
    /// The file.
    pub path: PathBuf,
    /// What SQLite says.
    pub source: rusqlite::Error,
}

/// An open log.
#[derive(Debug)]
pub struct PredictionLog {
    connection: Connection,
    path: PathBuf,
}

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS requests (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL,
    at_unix_millis INTEGER NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    dialect TEXT NOT NULL,
    key_name TEXT,
    model TEXT,
    version TEXT,
    n_rows INTEGER NOT NULL,
    status INTEGER NOT NULL,
    queue_ms REAL,
    inference_ms REAL,
    total_ms REAL NOT NULL,
    request TEXT,
    response TEXT
);
CREATE INDEX IF NOT EXISTS requests_at ON requests (at_unix_millis);
";

const COLUMNS: &str = "request_id, at_unix_millis, method, path, dialect, key_name, model, version, n_rows, status, \
    queue_ms, inference_ms, total_ms, request, response";

impl PredictionLog {
    /// Opens a log for writing, and makes the file if need be.
    ///
    /// # Errors
    /// [`LogError`], also when the file is something else.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        Ok(Self { connection: open_to_write(path, "")?, path: path.to_path_buf() })
    }

    /// Opens a log that is there, for reading only.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn open_to_read(path: &Path) -> Result<Self, LogError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)
            .map_err(|source| LogError { path: path.to_path_buf(), source })?;
        Ok(Self { connection, path: path.to_path_buf() })
    }

    fn failed(&self, source: rusqlite::Error) -> LogError {
        LogError { path: self.path.clone(), source }
    }

    /// Writes rows in one transaction.
    ///
    /// # Errors
    /// [`LogError`]; none of the rows is written then.
    pub fn write(&mut self, rows: &[LogRow]) -> Result<(), LogError> {
        let write = |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            {
                let places = (1..=15).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
                let sql = format!("INSERT INTO requests ({COLUMNS}) VALUES ({places})");
                let mut insert = transaction.prepare_cached(&sql)?;
                for row in rows {
                    insert.execute(params![
                        row.request_id,
                        row.at_unix_millis,
                        row.method,
                        row.path,
                        row.dialect,
                        row.key_name,
                        row.model,
                        row.version,
                        i64::try_from(row.n_rows).unwrap_or(i64::MAX),
                        row.status,
                        row.queue_ms,
                        row.inference_ms,
                        row.total_ms,
                        row.request,
                        row.response,
                    ])?;
                }
            }
            transaction.commit()
        };
        write(&mut self.connection).map_err(|source| LogError { path: self.path.clone(), source })
    }

    /// Removes what is too old or too much.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn prune(&mut self, settings: &LogSettings, now_unix_millis: i64) -> Result<(), LogError> {
        let before = now_unix_millis - i64::from(settings.max_days) * 86_400_000;
        let most = i64::try_from(settings.max_rows).unwrap_or(i64::MAX);
        let prune = || {
            self.connection.execute("DELETE FROM requests WHERE at_unix_millis < ?1", params![before])?;
            self.connection.execute(
                "DELETE FROM requests WHERE number <= (SELECT number FROM requests ORDER BY number DESC LIMIT 1 OFFSET ?1)",
                params![most],
            )
        };
        prune().map(|_| ()).map_err(|source| self.failed(source))
    }

    /// How many requests are kept.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn count(&self) -> Result<u64, LogError> {
        let count: i64 = self
            .connection
            .query_row("SELECT count(*) FROM requests", [], |row| row.get(0))
            .map_err(|source| self.failed(source))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Shows every request that a version of a model answered, oldest first, one at a time: a full log is larger than what
    /// should be held.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn each_of_version(
        &self,
        model: &str,
        version: &str,
        mut seen: impl FnMut(LogRow),
    ) -> Result<(), LogError> {
        let sql = format!("SELECT {COLUMNS} FROM requests WHERE model = ?1 AND version = ?2 ORDER BY number");
        let mut read = || {
            let mut select = self.connection.prepare_cached(&sql)?;
            let rows = select.query_map(params![model, version], row_of)?;
            for row in rows {
                seen(row?);
            }
            Ok(())
        };
        read().map_err(|source| self.failed(source))
    }

    /// The latest requests, newest first, of which some text (id, path, model, body) contains `text`; all, if it is empty.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn latest(&self, text: &str, limit: u32) -> Result<Vec<LogRow>, LogError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM requests WHERE ?1 = '' OR instr(request_id, ?1) OR instr(path, ?1) OR \
             instr(coalesce(model, ''), ?1) OR instr(coalesce(version, ''), ?1) OR instr(coalesce(key_name, ''), ?1) OR instr(coalesce(request, ''), ?1) \
             OR instr(coalesce(response, ''), ?1) ORDER BY number DESC LIMIT ?2"
        );
        self.read(&sql, params![text, limit])
    }

    fn read(&self, sql: &str, wanted: impl rusqlite::Params) -> Result<Vec<LogRow>, LogError> {
        let read = || {
            let mut select = self.connection.prepare_cached(sql)?;
            let rows = select.query_map(wanted, row_of)?;
            rows.collect::<Result<Vec<_>, _>>()
        };
        read().map_err(|source| self.failed(source))
    }
}

/// Opens a log's file for writing, with its table of requests and what else is asked for: who reads it finds a log, whoever
/// made it.
pub(super) fn open_to_write(path: &Path, further: &str) -> Result<Connection, LogError> {
    let open = || {
        let connection = Connection::open(path)?;
        // readers do not wait for the writer; a crash may cost the last moment, never the file
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.execute_batch(SCHEMA)?;
        connection.execute_batch(further)?;
        Ok(connection)
    };
    open().map_err(|source| LogError { path: path.to_path_buf(), source })
}

/// A row with [`COLUMNS`].
fn row_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<LogRow> {
    Ok(LogRow {
        request_id: row.get(0)?,
        at_unix_millis: row.get(1)?,
        method: row.get(2)?,
        path: row.get(3)?,
        dialect: row.get(4)?,
        key_name: row.get(5)?,
        model: row.get(6)?,
        version: row.get(7)?,
        n_rows: u64::try_from(row.get::<_, i64>(8)?).unwrap_or(0),
        status: row.get(9)?,
        queue_ms: row.get(10)?,
        inference_ms: row.get(11)?,
        total_ms: row.get(12)?,
        request: row.get(13)?,
        response: row.get(14)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(n: i64) -> LogRow {
        LogRow {
            request_id: format!("r{n}"),
            at_unix_millis: n,
            path: "/predict".into(),
            ..LogRow::default()
        }
    }

    #[test]
    fn a_versions_requests_come_back_oldest_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        let mut log = PredictionLog::open(&path).unwrap();
        let of =
            |n, version: &str| LogRow { model: Some("m".into()), version: Some(version.into()), ..row(n) };
        log.write(&[of(1, "a"), of(2, "b"), of(3, "a"), row(4), of(5, "a")]).unwrap();
        let mut ids = Vec::new();
        log.each_of_version("m", "a", |row| ids.push(row.request_id)).unwrap();
        assert_eq!(ids, ["r1", "r3", "r5"]);
    }

    #[test]
    fn rows_come_back_newest_first_and_old_ones_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        let mut log = PredictionLog::open(&path).unwrap();
        let rows: Vec<LogRow> = (0..10).map(row).collect();
        log.write(&rows).unwrap();
        let reader = PredictionLog::open_to_read(&path).unwrap();
        assert_eq!(reader.latest("", 2).unwrap(), [row(9), row(8)]);
        assert_eq!(reader.latest("r3", 9).unwrap(), [row(3)]);
        log.prune(&LogSettings { max_rows: 4, ..LogSettings::new(&path) }, 0).unwrap();
        assert_eq!(reader.count().unwrap(), 4);
        log.prune(&LogSettings { max_days: 1, ..LogSettings::new(&path) }, 86_400_008).unwrap();
        assert_eq!(reader.latest("", 9).unwrap(), [row(9), row(8)]);
    }

    #[test]
    fn a_file_that_is_no_database_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        std::fs::write(
            &path,
            "not a database, but long enough to have a header of one hundred bytes. ".repeat(9),
        )
        .unwrap();
        assert!(PredictionLog::open(&path).unwrap_err().to_string().contains("log.db"));
    }
}
