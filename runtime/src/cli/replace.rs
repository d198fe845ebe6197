//! Writing a file that stays as it was until the new content is complete.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// Replaces a file, or makes it. Links are followed; what is no plain file (a pipe, `/dev/stdout`) is written to.
pub(super) fn replace(place: &Path, bytes: &[u8]) -> io::Result<()> {
    let old = fs::metadata(place).ok();
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        return fs::write(place, bytes);
    }
    let place = place.canonicalize().unwrap_or_else(|_| place.to_owned());
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = place.with_file_name(name);
    let written = fill(&temporary, old, bytes).and_then(|()| fs::rename(&temporary, &place));
    written.inspect_err(|_| {
        // The error that matters is the first one.
        let _ = fs::remove_file(&temporary);
    })
}

fn fill(temporary: &Path, old: Option<fs::Metadata>, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(temporary)?;
    if let Some(old) = old {
        file.set_permissions(old.permissions())?;
    }
    file.write_all(bytes)
}
