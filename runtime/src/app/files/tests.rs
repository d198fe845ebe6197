//! Facts about the folder, on a disk and in memory alike.

use super::*;
use std::fs;
use std::path::Path;

fn path(path: &str) -> FilePath {
    FilePath::parse(path).unwrap()
}

fn on_disk() -> (tempfile::TempDir, DiskFiles) {
    let folder = tempfile::tempdir().unwrap();
    let files = DiskFiles::new(folder.path().join("files"));
    (folder, files)
}

#[test]
fn f1_paths_that_could_lead_out_are_refused() {
    let cases = [
        ("/etc/passwd", FileFault::Absolute),
        ("/", FileFault::Absolute),
        ("..", FileFault::Parent),
        ("../x", FileFault::Parent),
        ("a/../../x", FileFault::Parent),
        ("a/..", FileFault::Parent),
        ("a\0b", FileFault::Nul),
    ];
    for (text, fault) in cases {
        assert_eq!(FilePath::parse(text), Err(fault), "{text:?}");
    }
    for (text, meant) in [("", ""), (".", ""), ("./a//b.txt", "a/b.txt"), ("..a/b..", "..a/b.."), ("a/", "a")]
    {
        assert_eq!(path(text).as_str(), meant);
    }
}

fn behave(files: &mut dyn Files) {
    assert_eq!(files.list(&path("")), Ok(vec![]));
    assert_eq!(files.exists(&path("a/b.txt")), Ok(false));
    assert_eq!(files.read(&path("a/b.txt"), 9), Err(FileFault::Missing));
    files.write(&path("a/b.txt"), b"one").unwrap();
    files.append(&path("a/b.txt"), b"two").unwrap();
    files.append(&path("new"), b"3").unwrap();
    assert_eq!(files.read(&path("a/b.txt"), 6), Ok(b"onetwo".to_vec()));
    assert_eq!(files.read(&path("a/b.txt"), 5), Err(FileFault::TooLarge));
    files.write(&path("a/b.txt"), b"").unwrap();
    assert_eq!(files.read(&path("a/b.txt"), 0), Ok(vec![]));
    files.write(&path("a/a/c"), b"x").unwrap();
    assert_eq!(files.list(&path("")), Ok(vec!["a/".to_owned(), "new".to_owned()]));
    assert_eq!(files.list(&path("a")), Ok(vec!["a/".to_owned(), "b.txt".to_owned()]));
    assert_eq!(files.list(&path("new")), Err(FileFault::NotAFolder));
    assert_eq!(files.list(&path("none")), Err(FileFault::Missing));
    assert_eq!(files.exists(&path("a/a/c")), Ok(true));
    assert_eq!(files.read(&path("a"), 9), Err(FileFault::NotAFile));
    assert_eq!(files.write(&path("a"), b""), Err(FileFault::NotAFile));
    assert_eq!(files.write(&path("new/x"), b""), Err(FileFault::NotAFolder));
    assert_eq!(files.exists(&path("new/x")), Ok(false));
    assert_eq!(files.delete(&path("new")), Ok(()));
    assert_eq!(files.delete(&path("new")), Err(FileFault::Missing));
    assert_eq!(files.delete(&path("a")), Err(FileFault::NotAFile));
}

#[test]
fn both_kinds_of_folder_behave_alike() {
    behave(&mut MemoryFiles::default());
    let (_folder, mut files) = on_disk();
    behave(&mut files);
}

#[test]
fn memory_is_bounded() {
    let mut files = MemoryFiles::default();
    let block = vec![0; 1 << 20];
    let written = (0..100).filter(|_| files.append(&path("log"), &block).is_ok()).count();
    assert_eq!(written, 63);
}

#[cfg(unix)]
#[test]
fn f2_links_are_followed_inside_alone() {
    use std::os::unix::fs::symlink;
    let (folder, mut files) = on_disk();
    files.write(&path("inner/real"), b"in").unwrap();
    let root = folder.path().join("files");
    fs::write(folder.path().join("secret"), b"out").unwrap();
    symlink(root.join("inner"), root.join("within")).unwrap();
    symlink(folder.path(), root.join("up")).unwrap();
    symlink(folder.path().join("secret"), root.join("leak")).unwrap();
    symlink(folder.path().join("nothing"), root.join("dangling")).unwrap();
    symlink(root.join("loop"), root.join("loop")).unwrap();
    assert_eq!(files.read(&path("within/real"), 9), Ok(b"in".to_vec()));
    for name in ["leak", "up/secret", "up/new/file", "dangling", "loop"] {
        assert!(files.write(&path(name), b"x").is_err(), "{name}");
        assert!(files.append(&path(name), b"x").is_err(), "{name}");
        assert!(files.read(&path(name), 9).is_err(), "{name}");
        assert!(files.delete(&path(name)).is_err(), "{name}");
    }
    assert_eq!(files.read(&path("leak"), 9), Err(FileFault::Outside));
    assert_eq!(files.exists(&path("up/secret")), Err(FileFault::Outside));
    assert_eq!(files.list(&path("up")), Err(FileFault::Outside));
    assert_eq!(fs::read(folder.path().join("secret")).unwrap(), b"out");
    assert!(!folder.path().join("new").exists() && !folder.path().join("nothing").exists());
}

#[cfg(unix)]
#[test]
fn f3_a_write_leaves_no_trace_of_itself() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, mut files) = on_disk();
    files.write(&path("a"), b"1").unwrap();
    let place = folder.path().join("files/a");
    fs::set_permissions(&place, fs::Permissions::from_mode(0o600)).unwrap();
    files.write(&path("a"), b"2").unwrap();
    assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path().join("files")).unwrap().count(), 1);
    // A pipe stays one, and nothing waits for its other end.
    let pipe = folder.path().join("files/pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    assert_eq!(files.write(&path("pipe"), b"1"), Err(FileFault::NotAFile));
    assert_eq!(files.append(&path("pipe"), b"1"), Err(FileFault::NotAFile));
    fs::remove_file(pipe).unwrap();
    let long = "x".repeat(300);
    assert!(files.write(&path(&long), b"1").is_err());
    assert_eq!(files.list(&path("")), Ok(vec!["a".to_owned()]));
}

#[cfg(unix)]
#[test]
fn f4_neither_devices_nor_endless_files_are_read() {
    let (folder, mut files) = on_disk();
    files.write(&path("sparse"), b"").unwrap();
    let sparse = fs::OpenOptions::new().write(true).open(folder.path().join("files/sparse")).unwrap();
    sparse.set_len(10 << 30).unwrap();
    assert_eq!(files.read(&path("sparse"), 1 << 20), Err(FileFault::TooLarge));
    let zero = DiskFiles::new(Path::new("/dev").to_owned()).read(&path("zero"), 9);
    assert_eq!(zero, Err(FileFault::NotAFile));
}

#[test]
fn a_path_names_a_bounded_number_of_folders() {
    let deep = |parts: usize| FilePath::parse(&vec!["a"; parts].join("/")).map(|_| ());
    assert_eq!((deep(PARTS_MAX - 1), deep(PARTS_MAX)), (Ok(()), Ok(())));
    assert_eq!(deep(PARTS_MAX + 1), Err(FileFault::TooDeep));
    assert_eq!(FilePath::parse(&"./".repeat(5000)).unwrap().as_str(), "");
}
