//! `flin new`: a small application that runs and is worth reading.

use super::version::print;
use super::{Exit, Report};
use crate::app::project::said;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Its files: where each lies below the folder, and what is in it. `NAME` stands for the application's name.
const FILES: [(&str, &str); 10] = [
    ("README.md", include_str!("new/template/README.md")),
    ("flin.config", include_str!("new/template/flin.config")),
    ("app/index.flin", include_str!("new/template/app/index.flin")),
    ("app/entries.flin", include_str!("new/template/app/entries.flin")),
    ("components/Card.flin", include_str!("new/template/components/Card.flin")),
    ("components/Page.flin", include_str!("new/template/components/Page.flin")),
    ("entities/entry.flin", include_str!("new/template/entities/entry.flin")),
    ("public/style.css", include_str!("new/template/public/style.css")),
    ("tests/guestbook.flin", include_str!("new/template/tests/guestbook.flin")),
    (".gitignore", ".flindb/\nfiles/\n"),
];

pub(super) fn new(folder: &Path, report: &mut Report) -> Exit {
    if folder.to_string_lossy().chars().any(char::is_control) {
        report.file_error(folder.display(), "a line break or control character in the name; choose another");
        return Exit::Usage;
    }
    match make(folder) {
        Ok(()) => {
            let shown = folder.display();
            print(format_args!("made {shown}; next: flin dev {}\n", as_argument(&shown.to_string())), report)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            report.file_error(folder.display(), "there is something already; choose a name that is free");
            Exit::Usage
        }
        Err(error) => {
            report.file_error(folder.display(), said(error.kind()));
            Exit::Usage
        }
    }
}

/// A path as a shell takes it: quoted where it has to be, and never taken for an option.
fn as_argument(path: &str) -> String {
    let path = if path.starts_with('-') { format!("./{path}") } else { path.to_owned() };
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// Makes the folder and all that is in it; nothing that is there is touched.
fn make(folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)?;
    let name = folder.file_name().map_or_else(|| "FLIN".into(), |name| name.to_string_lossy());
    for (path, content) in FILES {
        let place = folder.join(path);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(place, content.replace("NAME", &name))?;
    }
    Ok(())
}
