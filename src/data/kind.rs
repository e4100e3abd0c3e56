//! What a file is that is no table: known by its first bytes.

/// A kind of file that can't be read as a table, and what to do with it instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForeignKind {
    /// What it is: "a PDF document".
    pub what: &'static str,
    /// What may help.
    pub advice: &'static str,
}

const SPREADSHEET: &str = "Open it in a spreadsheet program and save the sheet as CSV.";
const UNPACK: &str = "Unpack it and open the CSV file inside.";
const NO_TABLE: &str = "It holds no table that could be read here.";

const KINDS: [(&[u8], &str, &str); 19] = [
    (b"%PDF-", "a PDF document", "Copy the table out of it into a spreadsheet, and save that as CSV."),
    (b"\x89PNG\r\n\x1a\n", "a picture (PNG)", NO_TABLE),
    (b"\xff\xd8\xff", "a picture (JPEG)", NO_TABLE),
    (b"GIF8", "a picture (GIF)", NO_TABLE),
    (b"II*\0", "a picture (TIFF)", NO_TABLE),
    (b"MM\0*", "a picture (TIFF)", NO_TABLE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file, perhaps an Excel workbook (.xls)", SPREADSHEET),
    (b"\x1f\x8b", "a gzip archive", UNPACK),
    (b"BZh", "a bzip2 archive", UNPACK),
    (b"\xfd7zXZ\0", "an xz archive", UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
    (b"Rar!", "a RAR archive", UNPACK),
    (b"PAR1", "a Parquet file", "Convert it: pandas.read_parquet(…).to_csv(…, index=False)."),
    (b"ARROW1", "an Arrow file", "Convert it: pandas.read_feather(…).to_csv(…, index=False)."),
    (b"SQLite format 3\0", "an SQLite database", "Export the table as CSV with sqlite3 -csv."),
    (b"\x7fELF", "a program", NO_TABLE),
    (b"MZ\x90\0", "a program", NO_TABLE),
    (b"\x89HDF", "an HDF5 file", "Convert it to CSV first."),
];

/// What a file is, by its first bytes (a few hundred are enough); `None` when it may be a table.
///
/// # Example
/// ```
/// use drydock::data::foreign_kind;
/// assert_eq!(foreign_kind(b"%PDF-1.7\n").map(|kind| kind.what), Some("a PDF document"));
/// assert_eq!(foreign_kind(b"day,units\n"), None);
/// ```
#[must_use]
pub fn foreign_kind(start: &[u8]) -> Option<ForeignKind> {
    if start.starts_with(b"PK\x03\x04") {
        let holds = |name: &[u8]| memchr::memmem::find(start, name).is_some();
        let office = holds(b"[Content_Types].xml") || holds(b"_rels/") || holds(b"xl/");
        return Some(if office || holds(b"opendocument") {
            ForeignKind { what: "an Excel or another Office file", advice: SPREADSHEET }
        } else {
            ForeignKind { what: "a ZIP archive", advice: UNPACK }
        });
    }
    if start.starts_with(b"RIFF") && start.get(8..12).is_some_and(|kind| kind == b"WEBP" || kind == b"WAVE") {
        return Some(ForeignKind { what: "a picture or a sound", advice: NO_TABLE });
    }
    let &(_, what, advice) = KINDS.iter().find(|(first, ..)| start.starts_with(first))?;
    Some(ForeignKind { what, advice })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_not_refused() {
        for text in ["", "a,b\n1,2\n", "\u{feff}a;b\n", "MZ,PK\n1,2\n", "BZ,h\n", "GIF,8\n"] {
            assert_eq!(foreign_kind(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn a_workbook_is_told_from_an_archive() {
        let what = |start: &[u8]| foreign_kind(start).unwrap().what;
        assert_eq!(what(b"PK\x03\x04....[Content_Types].xml"), "an Excel or another Office file");
        assert_eq!(what(b"PK\x03\x04....winter.csv"), "a ZIP archive");
    }
}
