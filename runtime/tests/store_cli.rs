//! `flin store` as operators meet it: whole stores, damaged ones, locked ones and none.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const ENTITIES: &str = "entity Item {\n    name: text @unique\n    n: int = 0\n    tags: [text] = []\n}\n";
const MAKE: &str = r#"
for i in 1..40 { save Item { name: "item {i}", n: i, tags: ["a", "b"] } }
for i in 1..10 {
    item = Item.get(i)
    item.n = i * 100
    save item
}
destroy Item.get(2)
print(Item.count)
"#;

struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write("entities/item.flin", ENTITIES);
        project.write("make.flin", MAKE);
        assert_eq!(project.flin(&["run", "make.flin"]), (0, "39\n".to_owned(), String::new()));
        project
    }

    fn write(&self, path: &str, text: &str) {
        let place = self.0.path().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }

    fn store(&self) -> PathBuf {
        self.0.path().join(".flindb")
    }

    /// Exit code, stdout, stderr.
    fn flin(&self, args: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flin"));
        command.args(args).current_dir(self.0.path()).stdin(Stdio::null());
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }
}

fn file(store: &Path, kind: &str) -> PathBuf {
    let names = fs::read_dir(store).unwrap().map(|entry| entry.unwrap().path());
    names.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(kind)).max().unwrap()
}

/// Flips a bit in the middle of what is used of a file.
fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[usize::midpoint(512, used)] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_whole_store_is_checked_dumped_and_compacted() {
    let project = Project::new();
    let (code, out, err) = project.flin(&["store", "check"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("Item: 39 rows\n") && out.ends_with("no damage\n"), "{out}");
    let (code, dump, _) = project.flin(&["store", "dump", ".flindb", "--versions"]);
    let rows: Vec<serde_json::Value> = dump.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((code, rows.len()), (0, 48));
    assert_eq!(rows[0]["fields"], serde_json::json!({ "name": "item 1", "n": 100, "tags": ["a", "b"] }));
    assert_eq!((&rows[1]["version"], &rows[1]["fields"]["n"]), (&1.into(), &1.into()));
    let (code, out, err) = project.flin(&["store", "compact"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.ends_with("9 older versions kept, 1 dropped\n"), "{out}");
    assert_eq!(project.flin(&["store", "dump", ".flindb", "--versions"]).1, dump);
    assert!(project.flin(&["store", "check"]).1.contains("9 older versions\n"));
}

#[test]
fn a_damaged_log_is_refused_by_run_and_repaired() {
    let project = Project::new();
    flip(&file(&project.store(), "log-"));
    let (code, out, err) = project.flin(&["run", "make.flin"]);
    assert!(
        (code, out.as_str()) == (1, "") && err.contains("StoreError") && err.contains("flin store repair"),
        "{err}"
    );
    let (code, _, err) = project.flin(&["store", "check"]);
    assert!(code == 1 && err.contains("is damaged at byte"), "{err}");
    let (code, dump, _) = project.flin(&["store", "dump"]);
    assert!(code == 1 && dump.lines().count() < 39, "{dump}");
    let before = fs::read(file(&project.store(), "log-")).unwrap();
    let (code, _, err) = project.flin(&["store", "compact"]);
    assert!(code == 1 && err.contains("is damaged at byte"), "{err}");
    assert!(fs::read(file(&project.store(), "log-")).unwrap() == before, "nothing was changed");
    let (code, out, _) = project.flin(&["store", "repair"]);
    assert!(code == 0 && out.contains("dropped-1.jsonl"), "{out}");
    let dropped = fs::read_to_string(project.store().join("dropped-1.jsonl")).unwrap();
    assert!(
        dropped.lines().any(|line| line.contains("\"bytes\"")) && dropped.contains("\"item 40\""),
        "{dropped}"
    );
    assert_eq!(project.flin(&["store", "check"]).0, 0);
    assert_eq!(project.flin(&["store", "dump"]), (0, dump, String::new()));
    let again = project.flin(&["store", "repair"]);
    assert_eq!((again.0, again.1.as_str()), (0, ".flindb: no damage, nothing to repair\n"));
    project.write("more.flin", "save Item { name: \"fresh\" }\nprint(Item.where(name == \"fresh\").count)\n");
    assert_eq!(project.flin(&["run", "more.flin"]), (0, "1\n".to_owned(), String::new()));
}

/// Takes the end mark from a log that was never recycled: its last record is then not known to have been durable. And
/// flips a bit in that.
fn tear(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    // Of the mark's 24 bytes the last seven are zero; before it are the payload, three bytes, and five of padding.
    let mark = used.checked_sub(16).unwrap();
    bytes[mark..].fill(0);
    bytes[mark.checked_sub(8).unwrap()] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_torn_end_is_told_by_a_start_and_kept_by_a_repair() {
    let torn = || {
        let project = Project::new();
        project.write("count.flin", "print(Item.count)\n");
        tear(&file(&project.store(), "log-"));
        project
    };
    let said = "is not whole from byte";
    let project = torn();
    let (code, out, _) = project.flin(&["store", "check"]);
    assert!(
        code == 0 && out.contains(said) && out.contains("at least one later transaction is left out"),
        "{out}"
    );
    let (code, out, err) = project.flin(&["run", "count.flin"]);
    // What was destroyed last is there again.
    assert_eq!((code, out.as_str()), (0, "40\n"));
    assert!(err.starts_with("warn: store: log-") && err.contains(said), "{err}");
    assert_eq!(project.flin(&["run", "count.flin"]), (0, "40\n".to_owned(), String::new()));

    let project = torn();
    let (code, out, err) = project.flin(&["store", "compact"]);
    assert!(
        code == 1 && out.is_empty() && err.contains("`flin store repair` keeps what stands there"),
        "{err}"
    );
    let (code, out, err) = project.flin(&["store", "repair"]);
    assert!(
        code == 0 && err.starts_with("warn: log-") && out.contains("dropped-1.jsonl, 1 line\n"),
        "{out}{err}"
    );
    assert!(!project.flin(&["store", "check"]).1.contains(said));
    assert_eq!(project.flin(&["run", "count.flin"]), (0, "40\n".to_owned(), String::new()));
}

#[test]
fn where_no_store_can_be_used_nothing_is_made() {
    let project = Project::new();
    fs::create_dir(project.0.path().join("empty")).unwrap();
    for (dir, said) in [
        ("nowhere", "there is no such file or folder"),
        ("make.flin", "a store is a folder"),
        ("empty", "there is no store there"),
        (".", "its store is ./.flindb"),
    ] {
        for command in ["check", "dump", "repair", "compact"] {
            let (code, out, err) = project.flin(&["store", command, dir]);
            assert!((code, out.as_str()) == (2, "") && err.contains(said), "{command} {dir}: {err}");
        }
    }
    assert_eq!(fs::read_dir(project.0.path().join("empty")).unwrap().count(), 0);
    let lock = fs::File::open(project.store().join("lock")).unwrap();
    lock.lock().unwrap();
    let (code, _, err) = project.flin(&["store", "check"]);
    assert!(code == 2 && err.contains("another process uses this store"), "{err}");
}

#[test]
fn a_newer_store_is_refused() {
    let project = Project::new();
    let log = file(&project.store(), "log-");
    let mut bytes = fs::read(&log).unwrap();
    bytes[8] = 9;
    let sum = crc32fast::hash(&bytes[..508]);
    bytes[508..512].copy_from_slice(&sum.to_le_bytes());
    fs::write(&log, bytes).unwrap();
    for command in ["check", "dump", "repair", "compact"] {
        let (code, _, err) = project.flin(&["store", command]);
        assert!(code == 2 && err.contains("has format 9"), "{command}: {err}");
    }
}

#[test]
fn a_changed_declaration_is_taken_or_refused_before_anything_is_touched() {
    let project = Project::new();
    let dump = project.flin(&["store", "dump"]).1;
    for (declaration, said) in [
        ("entity Item {\n    name: int\n}\n", "Item.name is stored as text and declared as int"),
        (
            "entity Item {\n    n: int\n    tags: text\n}\n",
            "Item.tags is stored as [text] and declared as text",
        ),
        ("entity Item {\n    tags: [text] @unique\n}\n", "Item: tags cannot be unique"),
    ] {
        project.write("entities/item.flin", declaration);
        project.write("read.flin", "print(Item.count)\n");
        let (code, out, err) = project.flin(&["run", "read.flin"]);
        assert!((code, out.as_str()) == (1, "") && err.contains(said), "{declaration}: {err}");
        assert_eq!(project.flin(&["store", "dump"]).1, dump);
    }
    // A new field with a default, and one that is no longer declared.
    project.write(
        "entities/item.flin",
        "entity Item {\n    name: text @unique\n    tags: [text] = []\n    stock: int = 7\n}\n",
    );
    project.write(
        "read.flin",
        "i = Item.get(1)\nprint(i.name, i.stock)\ni.stock = 8\nsave i\nprint(i.version)\n",
    );
    assert_eq!(project.flin(&["run", "read.flin"]), (0, "item 1 7\n3\n".to_owned(), String::new()));
    // And back: what was hidden is there again.
    project.write("entities/item.flin", ENTITIES);
    project.write("read.flin", "i = Item.get(1)\nprint(i.name, i.n, i.version)\n");
    assert_eq!(project.flin(&["run", "read.flin"]), (0, "item 1 100 3\n".to_owned(), String::new()));
}

#[test]
fn a_long_history_is_whole_and_any_version_of_it_is_found() {
    let project = Project::new();
    project.write("flin.config", "[store]\nsync = \"interval\"\n");
    project.write(
        "long.flin",
        "i = Item.get(5)\nfor n in 1..1500 {\n    i.n = -n\n    save i\n}\n\
         print(i.version, i.history.length, i.history[0].n, (i @ 1).n, (i @ -1400).n, (i @ -1502) == none)\n",
    );
    let said = "1502 1502 5 5 -100 true\n".to_owned();
    assert_eq!(project.flin(&["run", "long.flin"]), (0, said, String::new()));
}
