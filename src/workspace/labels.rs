//! True values that came after the prediction, in the log's own SQLite file, so that `sqlite3` can join them to what was
//! answered: `SELECT * FROM requests JOIN labels USING (request_id) WHERE come`.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};
use serde_json::Value;

use super::log::{LogError, open_to_write};

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS labels (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    at_unix_millis INTEGER NOT NULL,
    come INTEGER NOT NULL
);
";

/// Days after which a label goes whose request is not in the log any more.
const KEPT_DAYS: i64 = 30;

/// The labels of a log.
#[derive(Debug)]
pub struct Labels {
    connection: Connection,
    path: PathBuf,
}

/// Labels that were read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    /// Those that have come, by request id, in the order in which they were handed in.
    pub come: Vec<(String, Value)>,
    /// How many are known to be on their way.
    pub late: usize,
}

impl Labels {
    /// Opens the labels of a log for reading and writing; makes the file if need be.
    ///
    /// # Errors
    /// [`LogError`], also when the file is something else.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        Ok(Self { connection: open_to_write(path, SCHEMA)?, path: path.to_path_buf() })
    }

    fn failed(&self, source: rusqlite::Error) -> LogError {
        LogError { path: self.path.clone(), source }
    }

    /// Hands labels in: those that are known now, or those that will be. A label that comes again for a request replaces
    /// the one before. Old labels of requests that are gone go with them.
    ///
    /// # Errors
    /// [`LogError`]; none of them is kept then.
    pub fn put(&mut self, labels: &[(String, Value)], come: bool, now: i64) -> Result<(), LogError> {
        let mut put = || {
            let transaction = self.connection.transaction()?;
            {
                let sql = "INSERT INTO labels (request_id, label, at_unix_millis, come) VALUES (?1, ?2, ?3, ?4) \
                     ON CONFLICT (request_id) DO UPDATE SET label = ?2, at_unix_millis = ?3, come = ?4";
                let mut insert = transaction.prepare_cached(sql)?;
                for (id, label) in labels {
                    insert.execute(params![id, label.to_string(), now, come])?;
                }
            }
            let before = now - KEPT_DAYS * 86_400_000;
            transaction.execute(
                "DELETE FROM labels WHERE at_unix_millis < ?1 AND request_id NOT IN (SELECT request_id FROM requests)",
                params![before],
            )?;
            transaction.commit()
        };
        let done = put();
        done.map_err(|source| self.failed(source))
    }

    /// Lets the next `n` late labels come; all of them for `None`. How many that were.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn deliver(&mut self, n: Option<usize>) -> Result<usize, LogError> {
        let limit = n.map_or(-1, |n| i64::try_from(n).unwrap_or(-1));
        let sql = "UPDATE labels SET come = 1 WHERE number IN \
             (SELECT number FROM labels WHERE NOT come ORDER BY number LIMIT ?1)";
        self.connection.execute(sql, params![limit]).map_err(|source| self.failed(source))
    }

    /// All labels. One that is no JSON is left out.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn known(&self) -> Result<Known, LogError> {
        let read = || {
            let mut select = self
                .connection
                .prepare_cached("SELECT request_id, label, come FROM labels ORDER BY number")?;
            let mut rows = select.query([])?;
            let mut known = Known::default();
            while let Some(row) = rows.next()? {
                if !row.get::<_, bool>(2)? {
                    known.late += 1;
                } else if let Ok(label) = serde_json::from_str(&row.get::<_, String>(1)?) {
                    known.come.push((row.get(0)?, label));
                }
            }
            Ok(known)
        };
        read().map_err(|source| self.failed(source))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::workspace::log::{LogRow, PredictionLog};

    fn pairs(ids: &[&str]) -> Vec<(String, Value)> {
        ids.iter().map(|id| ((*id).to_owned(), json!(id.len()))).collect()
    }

    #[test]
    fn labels_come_late_and_outlive_the_window() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        let mut labels = Labels::open(&path).unwrap();
        labels.put(&pairs(&["a", "bb"]), true, 1).unwrap();
        labels.put(&pairs(&["ccc", "dddd", "eeeee"]), false, 1).unwrap();
        let known = labels.known().unwrap();
        assert_eq!((known.come, known.late), (pairs(&["a", "bb"]), 3));
        assert_eq!(labels.deliver(Some(2)).unwrap(), 2);
        drop(labels);
        let mut labels = Labels::open(&path).unwrap();
        assert_eq!(labels.known().unwrap().come, pairs(&["a", "bb", "ccc", "dddd"]));
        // said again, it is another one
        labels.put(&[("a".to_owned(), json!("yes"))], true, 2).unwrap();
        assert_eq!(labels.known().unwrap().come[0], ("a".to_owned(), json!("yes")));
        assert_eq!((labels.deliver(None).unwrap(), labels.deliver(None).unwrap()), (1, 0));
        assert_eq!(labels.known().unwrap().late, 0);
    }

    #[test]
    fn a_label_whose_request_is_long_gone_goes_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        let mut log = PredictionLog::open(&path).unwrap();
        log.write(&[LogRow { request_id: "there".into(), ..LogRow::default() }]).unwrap();
        let mut labels = Labels::open(&path).unwrap();
        labels.put(&pairs(&["there", "gone"]), true, 0).unwrap();
        labels.put(&pairs(&["new"]), true, 31 * 86_400_000).unwrap();
        assert_eq!(labels.known().unwrap().come, pairs(&["there", "new"]));
    }
}
