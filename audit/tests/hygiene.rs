//! The switches that take guards away exist in the knock-out build of this package, and nowhere else.

use flin_runtime::base::guard::{Guard, off};
use std::path::Path;

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

/// Features named `knockout` in the workspace's manifests, and what they switch on.
fn knockouts(manifest: &Path) -> Option<Vec<String>> {
    let manifest: toml::Table = std::fs::read_to_string(manifest).unwrap().parse().unwrap();
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
        let manifest: toml::Table =
            std::fs::read_to_string(root.join(package).join("Cargo.toml")).unwrap().parse().unwrap();
        let default = manifest["features"].get("default").and_then(toml::Value::as_array);
        let names: Vec<&str> = default.into_iter().flatten().filter_map(toml::Value::as_str).collect();
        assert!(names.iter().all(|name| *name == "cli"), "{package}: {names:?}");
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
