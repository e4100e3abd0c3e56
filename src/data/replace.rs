//! Files are written beside their target and renamed, so that nobody ever sees half of one.

use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Whether two paths lead to the same file, whatever links are on the way. Of files that are not there the paths are compared.
#[must_use]
pub fn same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// Writes a file by `write`, and puts it in place of `path` only once all of it is on disk. What is no regular
/// file (a pipe, a device) is written directly. When `write` fails, `path` stays as it was.
///
/// # Errors
/// What `write` returns, or the system's error as `E`.
pub fn replace_file<T, E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<T, E> {
    // a link's target is replaced, not the link
    let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    if target.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
        let mut out = BufWriter::new(std::fs::OpenOptions::new().write(true).open(&target)?);
        let value = write(&mut out)?;
        out.flush()?;
        return Ok(value);
    }
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        let what = format!("there is no folder {}; create it first", folder.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, what).into());
    }
    if target.is_dir() {
        let what = format!("{} is a folder; name a file", target.display());
        return Err(io::Error::new(io::ErrorKind::IsADirectory, what).into());
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".drydock-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // as any program creates files: what the user's mask leaves of rw-rw-rw-
        let mode = target.metadata().map_or(0o666, |metadata| metadata.permissions().mode());
        builder.permissions(std::fs::Permissions::from_mode(mode));
    }
    let mut file = builder.tempfile_in(folder)?;
    let value = {
        let mut out = BufWriter::with_capacity(1 << 20, file.as_file_mut());
        let value = write(&mut out)?;
        out.flush()?;
        value
    };
    file.persist(&target).map_err(|error| error.error)?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        replace_file(&path, |out| out.write_all(b"old")).unwrap();
        let failed: io::Result<()> = replace_file(&path, |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("cancelled"))
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
