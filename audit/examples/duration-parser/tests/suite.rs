//! The example does what it says, and uses nothing of FLIN.

use std::process::{Command, Output};

fn audit(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_duration_audit")).args(args).output().unwrap()
}

#[test]
fn all_three_hold() {
    let output = audit(&["run"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(said.matches("held").count(), 3, "{said}");
}

#[test]
fn all_three_bite_where_their_guards_can_be_switched_off() {
    let output = audit(&["prove"]);
    let said = String::from_utf8_lossy(&output.stdout);
    if cfg!(feature = "knockout") {
        assert_eq!((output.status.code(), said.matches("(bites)").count()), (Some(0), 3), "{said}");
    } else {
        assert_eq!(output.status.code(), Some(3), "{said}");
    }
}

#[test]
fn nothing_of_flin_is_below_it() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let asked =
        ["tree", "--offline", "--package", "duration-parser", "--edges", "normal", "--prefix", "none"];
    let output = Command::new(cargo).args(asked).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let tree = String::from_utf8_lossy(&output.stdout);
    assert!(tree.contains("harness v"), "{tree}");
    assert!(
        tree.lines().all(|line| !line.starts_with("runtime v") && !line.starts_with("audit v")),
        "{tree}"
    );
}
