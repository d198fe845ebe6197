//! The switches that take guards away exist in the knock-out build of this package, and nowhere else; what fuzz builds need
//! of the compiler reaches those alone; and what manifests must repeat agrees.

use flin_runtime::base::guard::{Guard, off};
use std::path::Path;
use std::process::Command;

#[test]
fn nothing_is_switched_off_unless_asked_for() {
    for guard in Guard::ALL {
        assert!(!off(*guard), "{}", guard.name());
    }
}

#[cfg(not(feature = "knockout"))]
#[test]
fn an_ordinary_build_refuses_to_switch_guards_off() {
    assert!(audit::drivers::knock_out(&[]).is_ok());
    assert!(audit::drivers::knock_out(&["DivideByZero".to_owned()]).is_err());
}

fn table(manifest: &Path) -> toml::Table {
    std::fs::read_to_string(manifest).unwrap().parse().unwrap()
}

/// Features named `knockout` in the workspace's manifests, and what they switch on.
fn knockouts(manifest: &Path) -> Option<Vec<String>> {
    let manifest = table(manifest);
    let features = manifest.get("features")?.get("knockout")?.as_array()?.clone();
    Some(features.iter().map(|feature| feature.as_str().unwrap().to_owned()).collect())
}

#[test]
fn only_the_audit_forwards_the_feature_and_no_default_includes_it() {
    let root = audit::repository();
    assert_eq!(knockouts(&root.join("runtime/Cargo.toml")), Some(Vec::new()));
    let forwarded = knockouts(&root.join("audit/Cargo.toml")).unwrap();
    assert!(forwarded.contains(&"flin_runtime/knockout".to_owned()));
    for package in ["runtime", "audit"] {
        let manifest = table(&root.join(package).join("Cargo.toml"));
        let default = manifest["features"].get("default").and_then(toml::Value::as_array);
        let names: Vec<&str> = default.into_iter().flatten().filter_map(toml::Value::as_str).collect();
        assert!(names.iter().all(|name| *name == "cli"), "{package}: {names:?}");
    }
}

/// Cargo adds nothing to a table of lints that a package takes from the workspace, so the runtime repeats it.
#[test]
fn the_runtime_has_the_workspaces_lints_and_denies_more() {
    let root = audit::repository();
    let (workspace, runtime) = (table(&root.join("Cargo.toml")), table(&root.join("runtime/Cargo.toml")));
    let (shared, own) = (&workspace["workspace"]["lints"], &runtime["lints"]);
    assert_eq!(shared["rust"], own["rust"]);
    let (mut shared, mut own) =
        (shared["clippy"].as_table().unwrap().clone(), own["clippy"].as_table().unwrap().clone());
    // Casts are the audit's to make, and not the runtime's.
    shared.retain(|lint, _| !lint.starts_with("cast_"));
    for (lint, level) in shared {
        assert_eq!(own.remove(&lint), Some(level), "{lint}");
    }
    for (lint, level) in own {
        assert_eq!(level.as_str(), Some("deny"), "{lint}");
    }
}

/// What is fuzzed and measured is what is tested: the workspaces apart take a crate in a version that this one has.
#[test]
fn the_workspaces_apart_have_the_crates_of_this_one() {
    let root = audit::repository();
    let versions = |lock: &str| {
        let mut versions = std::collections::BTreeMap::<String, Vec<String>>::new();
        for package in table(&root.join(lock))["package"].as_array().unwrap() {
            let text = |key: &str| package[key].as_str().unwrap().to_owned();
            versions.entry(text("name")).or_default().push(text("version"));
        }
        versions
    };
    // Cargo takes one for the other where the first number that is not zero agrees.
    let series = |version: &str| {
        let zeros = version.split('.').take_while(|number| *number == "0").count();
        version.split('.').take(zeros + 1).collect::<Vec<_>>().join(".")
    };
    let ours = versions("Cargo.lock");
    for lock in ["fuzz/Cargo.lock", "bench/Cargo.lock"] {
        for (name, theirs) in versions(lock) {
            let Some(ours) = ours.get(&name) else { continue };
            for version in theirs.iter().filter(|version| !ours.contains(version)) {
                let known = ours.iter().find(|ours| series(ours) == series(version));
                assert_eq!(known, None, "{lock} has {name} {version}; give its folder the same");
            }
        }
    }
}

#[test]
fn every_guard_stands_somewhere_in_the_sources() {
    for guard in Guard::ALL {
        let found = audit::guards::describe(guard.name()).unwrap();
        let place = found.place.unwrap_or_else(|| panic!("{} is asked for nowhere", guard.name()));
        assert!(place.starts_with("runtime/src/"), "{place}");
    }
}

/// What a compiler that is called through the wrapper with these arguments finds in `RUSTC_BOOTSTRAP`, and which of them it
/// is called with.
fn compiled_with(arguments: &[&str]) -> (String, String) {
    let mut compiler = Command::new(audit::repository().join("fuzz/rustc-wrapper"));
    compiler.args(["sh", "-c", "printf %s \"${RUSTC_BOOTSTRAP-unset} $*\"", "rustc"]).args(arguments);
    let output = compiler.env_remove("RUSTC_BOOTSTRAP").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    let (found, passed_on) = said.split_once(' ').unwrap();
    (found.to_owned(), passed_on.to_owned())
}

fn bootstrap_of(arguments: &[&str]) -> String {
    let (found, passed_on) = compiled_with(arguments);
    assert_eq!(passed_on, arguments.join(" "));
    found
}

#[test]
fn a_fuzzer_counts_what_flin_and_its_http_library_do_and_nothing_else() {
    let counting = ["-Cpasses=sancov-module", "-Cllvm-args=-sanitizer-coverage-level=4"];
    let of = |name: &'static str, rest: [&'static str; 2]| {
        let around =
            [&["--crate-name", name, "--cfg", "fuzzing"][..], &rest, &["-Zsanitizer=address"]].concat();
        (compiled_with(&around), around.join(" "))
    };
    for counted in ["flin_runtime", "hyper", "httparse", "canary"] {
        let ((_, passed_on), all) = of(counted, counting);
        assert_eq!(passed_on, all);
    }
    for other in ["audit", "annotate_snippets"] {
        let ((bootstrap, passed_on), _) = of(other, counting);
        let without = format!("--crate-name {other} --cfg fuzzing -Zsanitizer=address");
        assert_eq!((bootstrap, passed_on), ("1".to_owned(), without));
    }
}

#[test]
fn unstable_options_are_allowed_for_fuzz_builds_alone() {
    let fuzz =
        ["--crate-name", "audit", "--edition=2024", "src/lib.rs", "--cfg", "fuzzing", "-Zsanitizer=address"];
    assert_eq!(bootstrap_of(&fuzz), "1");
    for ordinary in [
        &["--crate-name", "audit", "--edition=2024", "src/lib.rs"][..],
        &["--crate-name", "fuzzing", "src/lib.rs"],
        &["--cfg", "feature=\"fuzzing\"", "src/lib.rs"],
        &["--cfg", "knockout", "fuzzing"],
        &["--check-cfg", "fuzzing"],
        &["fuzzing", "--cfg"],
        &["-vV"],
    ] {
        assert_eq!(bootstrap_of(ordinary), "unset", "{ordinary:?}");
    }
    // The wrapper is the only way in: what stands here, every build has.
    let config = std::fs::read_to_string(audit::repository().join(".cargo/config.toml")).unwrap();
    let config: toml::Table = config.parse().unwrap();
    assert_eq!(config["build"]["rustc-wrapper"].as_str(), Some("fuzz/rustc-wrapper"));
    assert!(!config["env"].as_table().unwrap().contains_key("RUSTC_BOOTSTRAP"));
}
