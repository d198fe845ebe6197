//! `flin store check|dump|repair|compact`: work on a store that no program uses meanwhile.
//!
//! Results go to stdout, findings and errors to stderr; long work shows a bar on a terminal. Exit codes: 0 nothing is
//! wrong, or it was repaired; 1 damage was found; 2 there is no store, somebody uses it, it is newer than this flin, or the
//! disk fails.

mod dropped;
mod json;
mod progress;

use super::version::print;
use super::{Exit, Report};
use crate::app::project::said;
use crate::record::Which;
use crate::store::disk::{Disk, Folder};
use crate::store::format::FileError;
use crate::store::offline::{Compacted, Finding, Forgotten, Found, OfflineError, compact, files};
use crate::store::{Options, TypeId, recover};
use dropped::DroppedFile;
use progress::Progress;
use std::any::Any;
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// Findings of one kind that are shown.
const FINDINGS_MAX: usize = 50;

/// A store that this process alone has.
struct Opened {
    disk: Arc<dyn Disk>,
    _lock: Box<dyn Any + Send + Sync>,
}

fn open(folder: &Path, report: &mut Report) -> Result<Opened, Exit> {
    let refuse = |report: &mut Report, text: &str| {
        report.file_error(folder.display(), text);
        Exit::Usage
    };
    match std::fs::metadata(folder) {
        Err(error) => return Err(refuse(report, &said(error.kind()))),
        Ok(found) if !found.is_dir() => {
            return Err(refuse(report, "a store is a folder, and this is a file"));
        }
        Ok(_) => {}
    }
    let disk: Arc<dyn Disk> = Arc::new(Folder::new(folder));
    if let Err(error) = files(&*disk) {
        if matches!(error, OfflineError::NoStore) && folder.join(".flindb").is_dir() {
            let text = format!("this is a project; its store is {}", folder.join(".flindb").display());
            return Err(refuse(report, &text));
        }
        return Err(refuse(report, &error.to_string()));
    }
    match recover::lock(&*disk) {
        Ok(lock) => Ok(Opened { disk, _lock: lock }),
        Err(FileError::Locked) => {
            Err(refuse(report, "another process uses this store; stop it first, and try again"))
        }
        Err(error) => Err(refuse(report, &error.to_string())),
    }
}

fn refused(folder: &Path, error: &OfflineError, report: &mut Report) -> Exit {
    report.file_error(folder.display(), error);
    match error {
        OfflineError::File(FileError::Damaged { .. } | FileError::Missing { .. }) | OfflineError::Torn(_) => {
            Exit::Failure
        }
        OfflineError::NoStore | OfflineError::File(_) | OfflineError::Lost(_) => Exit::Usage,
    }
}

fn show(findings: &[Finding], report: &mut Report) {
    findings.iter().take(FINDINGS_MAX).for_each(|finding| report.error(finding));
    report.hidden(findings.len().saturating_sub(FINDINGS_MAX));
}

/// `flin store check`.
pub(super) fn check(folder: &Path, report: &mut Report) -> Exit {
    let store = match open(folder, report) {
        Ok(store) => store,
        Err(exit) => return exit,
    };
    let progress = Progress::new("reading", &*store.disk);
    let disk = progress.watch(&store.disk);
    let read = Found::read(&*disk, &mut Forgotten).and_then(|mut found| {
        let verified = found.verify(&*disk, &mut Forgotten)?;
        Ok((found, verified.versions))
    });
    progress.finish();
    let (found, versions) = match read {
        Ok(read) => read,
        Err(error) => return refused(folder, &error, report),
    };
    let mut text = summary(&found);
    text.push_str(&counted(versions.all, "older version"));
    if versions.unreachable > 0 {
        let _ =
            write!(text, ", {} that no row leads to (`flin store compact` drops them)", versions.unreachable);
    }
    text.push('\n');
    if let Some(torn) = &found.torn {
        let _ = writeln!(
            text,
            "{torn} (a start says the same; `flin store repair` before it keeps what stands there)"
        );
    }
    if found.findings.is_empty() {
        text.push_str("no damage\n");
        return print(text, report);
    }
    let exit = print(text, report);
    show(&found.findings, report);
    if exit == Exit::Success { Exit::Failure } else { exit }
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn summary(found: &Found) -> String {
    // Numbers of transactions that a repair dropped are not given again, so that this is no count.
    let mut text = format!("transactions up to {}", found.sequence);
    match &found.snapshot {
        Some(snapshot) => {
            let _ = writeln!(text, ", {} of them from the log, the rest from {snapshot}", found.replayed);
        }
        None if found.replayed == found.sequence => text.push_str(", all from the log\n"),
        None => {
            let _ = writeln!(text, ", {} of them from the log, the rest is missing", found.replayed);
        }
    }
    for (ty, entity) in (0..).map(TypeId).zip(&found.state.catalogue().entities) {
        let (rows, deleted) = (found.state.count(ty, Which::All), found.state.count(ty, Which::Deleted));
        let _ = write!(text, "{}: {}", entity.name, counted(rows, "row"));
        if deleted > 0 {
            let _ = write!(text, ", {deleted} of them deleted");
        }
        text.push('\n');
    }
    text
}

/// `flin store dump`.
pub(super) fn dump(folder: &Path, versions: bool, report: &mut Report) -> Exit {
    let store = match open(folder, report) {
        Ok(store) => store,
        Err(exit) => return exit,
    };
    let progress = Progress::new("reading", &*store.disk);
    let found = Found::read(&*progress.watch(&store.disk), &mut Forgotten);
    progress.finish();
    let mut found = match found {
        Ok(found) => found,
        Err(error) => return refused(folder, &error, report),
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let written = write_rows(&mut out, &found, versions.then_some(&*store.disk)).and_then(|findings| {
        found.findings.extend(findings);
        out.flush()
    });
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            report.file_error("standard output", said(error.kind()));
            return Exit::Failure;
        }
        _ => {}
    }
    show(&found.findings, report);
    if found.findings.is_empty() { Exit::Success } else { Exit::Failure }
}

/// All rows, a line each, with their older versions behind them where a disk to read those from is given.
fn write_rows(out: &mut dyn Write, found: &Found, disk: Option<&dyn Disk>) -> io::Result<Vec<Finding>> {
    let (state, catalogue) = (&found.state, found.state.catalogue());
    let mut findings = Vec::new();
    for ty in (0..).map(TypeId).take(catalogue.entities.len()) {
        for (id, row) in state.scan(ty, Which::All, 0) {
            writeln!(out, "{}", json::row(catalogue, ty, id, row))?;
            let (Some(disk), Some(archive)) = (disk, &found.archive) else { continue };
            let mut version = row.to_row();
            loop {
                match archive.before(disk, ty, id, &version) {
                    Ok(None) => break,
                    Ok(Some(before)) => version = before,
                    Err(error) => {
                        findings.push(Finding::File(error));
                        break;
                    }
                }
                writeln!(out, "{}", json::row(catalogue, ty, id, version.view()))?;
            }
        }
    }
    Ok(findings)
}

/// `flin store repair`.
pub(super) fn repair(folder: &Path, dropped: Option<&Path>, report: &mut Report) -> Exit {
    let store = match open(folder, report) {
        Ok(store) => store,
        Err(exit) => return exit,
    };
    let mut dropped = match dropped {
        Some(place) => DroppedFile::new(place.to_owned()),
        None => DroppedFile::free_in(folder),
    };
    let progress = Progress::new("reading", &*store.disk);
    let disk = progress.watch(&store.disk);
    let read = Found::read(&*disk, &mut dropped).and_then(|mut found| {
        let verified = found.verify(&*disk, &mut dropped)?;
        Ok((found, verified))
    });
    progress.finish();
    let (found, verified) = match read {
        Ok(read) => read,
        Err(error) => {
            dropped.discard();
            return refused(folder, &error, report);
        }
    };
    if found.findings.is_empty() && found.torn.is_none() {
        return print(format_args!("{}: no damage, nothing to repair\n", folder.display()), report);
    }
    show(&found.findings, report);
    if let Some(torn) = &found.torn {
        report.warning(torn);
    }
    // From here on the old files go.
    let taken = match dropped.finish() {
        Ok(taken) => taken,
        Err(error) => return refused(folder, &OfflineError::Lost(error), report),
    };
    let progress = Progress::new("writing", &*store.disk);
    let repaired = found.repair(&*progress.watch(&store.disk), Options::default().segment_bytes, &verified);
    progress.finish();
    if let Err(error) = repaired {
        let exit = refused(folder, &error, report);
        if let Some((place, _)) = taken {
            let place = place.display();
            report
                .warning(format_args!("what is dropped is in {place} already; repair once more to end this"));
        }
        return exit;
    }
    let mut text = summary(&found);
    match taken {
        Some((place, lines)) => {
            let lines = counted(lines, "line");
            let _ = writeln!(text, "repaired; what was dropped is in {}, {lines}", place.display());
        }
        None => text.push_str("repaired; nothing was dropped that could be read\n"),
    }
    print(text, report)
}

/// `flin store compact`.
pub(super) fn compact_folder(folder: &Path, report: &mut Report) -> Exit {
    let store = match open(folder, report) {
        Ok(store) => store,
        Err(exit) => return exit,
    };
    let progress = Progress::new("compacting", &*store.disk);
    let compacted = compact(&progress.watch(&store.disk), Options::default().segment_bytes);
    progress.finish();
    match compacted {
        Err(error) => refused(folder, &error, report),
        Ok(Compacted { before, after, kept, dropped }) => print(
            format_args!(
                "{before} bytes before, {after} now; {kept} older versions kept, {dropped} dropped\n"
            ),
            report,
        ),
    }
}
