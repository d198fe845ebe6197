//! Facts about finding a project's files.

use super::*;

fn project(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Project) {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let place = folder.path().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, bytes).unwrap();
    }
    let project = Project::of_folder(folder.path()).unwrap();
    (folder, project)
}

#[test]
fn an_entry_comes_with_all_global_files_in_order() {
    let (folder, project) = project(&[
        ("main.flin", b"1"),
        ("other.flin", b"2"),
        ("lib/b.flin", b""),
        ("lib/a/z.flin", b""),
        ("lib/.hidden.flin", b""),
        ("lib/notes.txt", b""),
        ("entities/shop.flin", b""),
    ]);
    let (files, entry) = project.with_entry(&folder.path().join("main.flin"), Role::Script, vec![]).unwrap();
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["entities/shop.flin", "lib/a/z.flin", "lib/b.flin", "main.flin"]);
    assert_eq!((entry, files[0].role, files[3].role), (3, Role::Global, Role::Script));
    let (files, entry) = project.with_entry(&folder.path().join("lib/b.flin"), Role::Script, vec![]).unwrap();
    assert_eq!((files.len(), entry, files[2].role), (3, 2, Role::Global));
    assert_eq!(project.all().unwrap().len(), 5);
}

#[test]
fn what_declares_comes_too_and_a_folder_of_components_inside_it_comes_once() {
    let (folder, project) = project(&[
        ("flin.config", b"[views]\ncomponents = [\"components\", \"app/parts\", \"lib\"]\n"),
        ("main.flin", b""),
        ("app/parts/card.flin", b"// of an entity"),
        ("app/index.flin", b"route GET { 1 }"),
        ("app/shop.flin", b"entity Shop { name: text }"),
        ("lib/a.flin", b""),
    ]);
    let (files, entry) = project.with_entry(&folder.path().join("main.flin"), Role::Script, vec![]).unwrap();
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["lib/a.flin", "app/parts/card.flin", "app/shop.flin", "main.flin"]);
    assert_eq!(entry, 3);
}

#[test]
fn the_root_is_where_the_configuration_is() {
    let (folder, _) = project(&[("flin.config", b"[vm]\nmemory_mb = 7\n"), ("a/b/main.flin", b"")]);
    let project = Project::of_file(&folder.path().join("a/b/main.flin")).unwrap();
    assert_eq!((project.root.as_path(), project.config.vm.memory_mb), (folder.path(), 7));
    assert_eq!(project.limits().memory_bytes_max, 7 << 20);
    fs::remove_file(folder.path().join("flin.config")).unwrap();
    let project = Project::of_file(&folder.path().join("a/b/main.flin")).unwrap();
    assert_eq!(project.root, folder.path().join("a/b"));
}

#[test]
fn a_file_of_tests_belongs_to_the_folder_around_tests() {
    let (folder, _) = project(&[("tests/deep/a.flin", b""), ("b.flin", b"")]);
    let file = folder.path().join("tests/deep/a.flin");
    assert_eq!(Project::of_test(&file).unwrap().root, folder.path());
    assert_eq!(Project::of_test(&folder.path().join("b.flin")).unwrap().root, folder.path());
    fs::write(folder.path().join("tests/flin.config"), "").unwrap();
    assert_eq!(Project::of_test(&file).unwrap().root, folder.path().join("tests"));
}

#[test]
fn a_bad_configuration_stops_the_project() {
    let (folder, _) = project(&[]);
    for bytes in [b"[vm]\nmemory_mb = 0\n".as_slice(), b"\xFF", &vec![b'#'; config::FILE_BYTES_MAX + 1]] {
        fs::write(folder.path().join("flin.config"), bytes).unwrap();
        assert!(Project::of_folder(folder.path()).is_err());
    }
}

#[test]
fn a_source_is_read_up_to_its_limit_and_no_further() {
    let (folder, _) = project(&[("x", &[b'a'; 10])]);
    let place = folder.path().join("x");
    assert_eq!([9, 10, 11].map(|limit| read(&place, limit).is_ok()), [false, true, true]);
    let endless = read(Path::new("/dev/zero"), 1 << 20);
    assert!(matches!(endless, Err(LoadError::TooLarge { .. })));
    assert!(matches!(read(folder.path(), 10), Err(LoadError::Unreadable { .. })));
}

#[cfg(unix)]
#[test]
fn links_to_folders_make_no_project_endless() {
    let (folder, project) = project(&[("lib/a.flin", b"")]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("lib/again")).unwrap();
    assert_eq!(project.all().unwrap().len(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf_8_are_told_apart() {
    use std::os::unix::ffi::OsStrExt;
    let (folder, project) = project(&[]);
    let place = folder.path().join(OsStr::from_bytes(b"a\xFF.flin"));
    fs::write(&place, "").unwrap();
    let (files, _) = project.with_entry(&place, Role::Script, vec![]).unwrap();
    assert_eq!(files[0].path, "a\\xFF.flin");
}

#[test]
fn translations_are_read_by_language_and_bad_ones_named() {
    let (_folder, project) =
        project(&[("translations/en.json", b"{\"a\": \"A\"}"), ("translations/notes.txt", b"x")]);
    let found = project.translations().unwrap();
    assert_eq!(found.choose(None, None).and_then(|english| english.text("a")).map(|text| &**text), Some("A"));
    for (name, content, said) in [
        ("de.json", &b"[1]"[..], "a map of keys to texts is needed here"),
        ("de.json", b"{\"a\": 1}", "neither a text nor a map"),
        ("de.json", b"{", "line 1, column 1"),
        ("d e.json", b"{}", "called like a language"),
    ] {
        let (_folder, bad) = self::project(&[(&format!("translations/{name}"), content)]);
        let refused = bad.translations().unwrap_err().to_string();
        assert!(refused.contains(name) && refused.contains(said), "{refused}");
    }
    let (_folder, none) = self::project(&[]);
    assert_eq!(none.translations().unwrap(), Translations::default());
}
