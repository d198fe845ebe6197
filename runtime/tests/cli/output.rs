//! What is printed, in which order, and what happens when nobody reads it.

use super::*;

#[cfg(unix)]
#[test]
fn output_that_nobody_reads_ends_the_command_quietly() {
    use std::io::Read as _;
    let project = Project::new(&[("a.flin", &"x = 1\n".repeat(50_000))]);
    let mut child =
        project.command(&["disasm", "a.flin"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 64];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    assert_eq!((status.code(), String::from_utf8(stderr).unwrap().as_str()), (Some(0), ""));
}

#[cfg(target_os = "linux")]
#[test]
fn files_are_formatted_though_their_names_cannot_be_said() {
    let project = Project::new(&[("a.flin", "x=1\n"), ("b.flin", "x = (\n"), ("c.flin", "x=1\n")]);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = project.command(&["fmt", "a.flin", "b.flin", "c.flin"]).stdout(full).output().unwrap();
    // The worst of what happened: b.flin has an error.
    assert_eq!(output.status.code(), Some(2));
    for name in ["a.flin", "c.flin"] {
        assert_eq!(fs::read_to_string(project.path().join(name)).unwrap(), "x = 1\n", "{name}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    let project = Project::new(&[("a.flin", "x=1\n")]);
    for args in [&["version"][..], &["fmt", "--check", "a.flin"], &["fmt", "a.flin"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let Output { status, stderr, .. } = project.command(args).stdout(full).output().unwrap();
        assert_eq!(status.code(), Some(1), "{args:?}");
        assert!(String::from_utf8(stderr).unwrap().starts_with("error: standard output: "), "{args:?}");
    }
}

#[test]
fn what_is_printed_comes_before_what_is_said_about_the_end() {
    let project = Project::new(&[(
        "main.flin",
        "for i in 1..3 { print(i, \"é\") }\nlog.warn(\"careful\")\nthrow \"over\"\n",
    )]);
    let (code, out, err) = project.flin(&["run", "main.flin"]);
    assert_eq!((code, out.as_str()), (1, "1 é\n2 é\n3 é\n"));
    assert_eq!(err, "warn: careful\nerror: Error: over\n  at <main> (main.flin:3:7)\n");
}

#[cfg(unix)]
#[test]
fn a_program_whose_output_nobody_reads_ends_quietly() {
    use std::io::Read as _;
    let project = Project::new(&[("main.flin", "while true { print(\"line\") }\n")]);
    let mut command = project.command(&["run", "main.flin"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 64];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    assert_eq!((status.code(), String::from_utf8(stderr).unwrap().as_str()), (Some(0), ""));
}

#[test]
fn what_was_printed_is_out_before_a_program_ends_from_outside() {
    let project = Project::new(&[("loop.flin", "print(\"hello\")\nwhile true { }")]);
    let mut child = project.command(&["run", "loop.flin"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = [0; 6];
    // Comes while the program runs, or never.
    child.stdout.take().unwrap().read_exact(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(&line, b"hello\n");
}

#[test]
fn help_that_cannot_be_written_is_a_failure() {
    let project = Project::new(&[]);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = project.command(&["--help"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output"), "{output:?}");
}
