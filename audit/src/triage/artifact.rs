//! What fuzzers leave behind: which target a file belongs to, and their own way to make it smaller.

use super::{TriageError, at};
use crate::fuzz::programs::Programs;
use crate::fuzz::{TARGETS, Target};
use std::path::Path;
use std::process::{Command, Stdio};

/// The fuzzer's own reduction gets so long.
const SHRINK_SECONDS: u64 = 10;

/// The target that a path names: `fuzz/artifacts/source/crash-…`, or `audit mutate`'s `source-1-448003`.
pub fn target_of(path: &Path) -> Option<&'static Target> {
    let folders = path.parent()?.components().rev();
    let named = folders.filter_map(|folder| folder.as_os_str().to_str()).find_map(Target::by_name);
    let file = path.file_name()?.to_str()?;
    let by_prefix = || {
        let begins = |target: &&Target| {
            file.strip_prefix(target.name).is_some_and(|rest| rest.starts_with('-') || rest.starts_with('.'))
        };
        TARGETS.iter().find(begins)
    };
    named.or_else(by_prefix)
}

/// Lets libFuzzer minimise where the target was built for it; what it gives is taken if it still fails as before.
pub fn shrink(
    repository: &Path,
    target: &'static Target,
    input: Vec<u8>,
    same: &impl Fn(&[u8]) -> Result<bool, TriageError>,
) -> Result<Vec<u8>, TriageError> {
    let Some(program) = Programs::already_built(repository).and_then(|built| built.program(target.name).ok())
    else {
        return Ok(input);
    };
    let folder = tempfile::tempdir().map_err(at(Path::new("a temporary folder")))?;
    let (before, after) = (folder.path().join("before"), folder.path().join("after"));
    std::fs::write(&before, &input).map_err(at(&before))?;
    let mut command = Command::new(&program);
    command.args(["-minimize_crash=1", "-timeout=10", "-rss_limit_mb=2048"]);
    command.arg(format!("-max_total_time={SHRINK_SECONDS}"));
    command.arg(format!("-exact_artifact_path={}", after.display())).arg(&before);
    let ended = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    // A program that is gone or of another version minimises nothing, which loses nothing.
    if ended.is_err() {
        return Ok(input);
    }
    match std::fs::read(&after) {
        Ok(smaller) if smaller.len() < input.len() && same(&smaller)? => Ok(smaller),
        Ok(_) | Err(_) => Ok(input),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_targets() {
        let name = |path: &str| target_of(Path::new(path)).map(|target| target.name);
        assert_eq!(name("fuzz/artifacts/source/crash-0123"), Some("source"));
        assert_eq!(name("fuzz/artifacts/mutate/source-1-448003"), Some("source"));
        assert_eq!(name("bytecode-1-7"), Some("bytecode"));
        assert_eq!(name("bytecode_verified/crash"), Some("bytecode_verified"));
        assert_eq!(name("/tmp/crash-1"), None);
    }
}
