//! The command line as people meet it: the real binary, its output and its exit codes.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A project in a temporary folder.
struct Project(tempfile::TempDir);

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let place = folder.path().join(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, text).unwrap();
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, args: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flin"));
        command.args(args).current_dir(self.path()).env_remove("NO_COLOR").stdin(Stdio::null());
        command
    }

    /// Exit code, stdout, stderr.
    fn flin(&self, args: &[impl AsRef<OsStr>]) -> (i32, String, String) {
        let Output { status, stdout, stderr } = self.command(args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }
}

fn said(code: i32, out: &str, err: &str) -> (i32, String, String) {
    (code, out.to_owned(), err.to_owned())
}

#[test]
fn help_explains_every_command_and_the_exit_codes() {
    let project = Project::new(&[]);
    let (code, out, err) = project.flin(&["--help"]);
    assert_eq!((code, err.as_str()), (0, ""));
    for command in ["run", "check", "build", "disasm", "fmt", "store", "test", "version"] {
        assert!(out.contains(&format!("\n  {command} ")), "{out}");
        let (code, help, _) = project.flin(&[command, "--help"]);
        assert!(code == 0 && help.contains(&format!("flin {command}")) && help.contains("Example"), "{help}");
    }
    assert!(out.contains("Exit codes:"));
}

#[test]
fn a_wrong_option_is_usage() {
    let project = Project::new(&[]);
    for args in [&["runn"][..], &["run"], &["run", "a.flin", "--fast"], &["check", "--nope"], &[]] {
        let (code, out, err) = project.flin(args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}");
        assert!(err.contains("Usage"), "{err}");
    }
}

#[test]
fn the_version_says_that_no_guard_is_knocked_out() {
    let project = Project::new(&[]);
    let (code, out, _) = project.flin(&["version", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["knockout"]), (0, &serde_json::Value::Bool(false)));
    assert_eq!(
        project.flin(&["version"]),
        said(0, &format!("flin {}\n", json["version"].as_str().unwrap()), "")
    );
}

#[test]
fn diagnostics_say_file_line_and_column() {
    let project =
        Project::new(&[("main.flin", "é = 1\nprint(x\n"), ("lib/a.flin", "fn f() { return nowhere }\n")]);
    let (code, out, err) = project.flin(&["run", "main.flin"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.starts_with("lib/a.flin:1:17: error[E0001]: "), "{err}");
    assert!(err.contains("\nmain.flin:2:6: error[E0102]: "), "{err}");
    let (code, _, err) = project.flin(&["check", "lib/a.flin"]);
    assert_eq!(code, 2);
    assert!(err.starts_with("lib/a.flin:1:17: error[E0001]: "), "{err}");
    let (code, _, err) = project.flin(&["check", "."]);
    assert_eq!(code, 2);
    assert!(err.contains("main.flin:"), "{err}");
}

#[test]
fn findings_in_components_that_nothing_uses_only_warn() {
    let old = ("components/Old.flin", "x = (\n<Older/>\n<p>{nowhere}</p>\n");
    let older = ("components/Older.flin", "<Old/>\n<b>{\n");
    let page = ("app/index.flin", "<New/>\n");
    let used = ("components/New.flin", "<i>new</i>\n");
    let project = Project::new(&[old, older, page, used]);
    let (code, _, err) = project.flin(&["check"]);
    assert_eq!(code, 0, "{err}");
    for line in ["components/Old.flin:3:", "components/Older.flin:2:"] {
        assert!(err.contains(line) && !err.contains("error["), "{err}");
    }
    let project = Project::new(&[("components/New.flin", "<Old/>\n"), old, older, page]);
    let (code, _, err) = project.flin(&["check"]);
    assert_eq!(code, 2);
    assert!(err.contains("components/Old.flin:3:") && err.contains("error["), "{err}");
}

#[test]
fn what_a_broken_file_is_no_reason_of_is_said_too() {
    let broken = "fn helper(n { return 1 }\nx = nowhere\ny = helper(1)\nz = ]\nprint(z)\n";
    let clean = "a: int = \"t\"\nb = helper(2) + missing\nbreak\n";
    let project = Project::new(&[("lib/a.flin", broken), ("main.flin", clean)]);
    let (code, _, err) = project.flin(&["check"]);
    let places: Vec<&str> =
        err.lines().filter_map(|line| line.split_once("]: ").map(|(place, _)| place)).collect();
    assert_eq!(
        (code, &places[..]),
        (
            2,
            &[
                "lib/a.flin:1:13: error[E0103",
                "lib/a.flin:2:5: error[E0001",
                "lib/a.flin:4:5: error[E0103",
                "main.flin:1:10: error[E0003",
                "main.flin:2:17: error[E0001",
                "main.flin:3:1: error[E0008",
            ][..]
        ),
        "{err}"
    );
    let open = Project::new(&[("main.flin", "ws \"/a\" { on message(d) { x = [1\nsend(nowhere)\n")]);
    let (_, _, err) = open.flin(&["check"]);
    assert!(!err.contains("E0001"), "what is not closed says nothing of what stands behind it: {err}");
}

#[test]
fn a_sound_project_checks_in_silence() {
    let project = Project::new(&[("main.flin", "x = f(1)\n"), ("lib/a.flin", "fn f(n) { return n }\n")]);
    assert_eq!(project.flin(&["check"]), said(0, "", ""));
    assert_eq!(project.flin(&["check", "main.flin", "lib"]), said(0, "", ""));
}

#[test]
fn sources_that_are_not_utf_8_are_refused_at_the_byte() {
    let project = Project::new(&[]);
    fs::write(project.path().join("a.flin"), b"x = 1\ny = \"\xFF\"\n").unwrap();
    let (code, _, err) = project.flin(&["run", "a.flin"]);
    assert_eq!(code, 2);
    assert!(err.starts_with("a.flin:2:6: error[E0101]: "), "{err}");
}

#[test]
fn missing_and_unreadable_files_are_named() {
    let project = Project::new(&[("folder/x", "")]);
    for command in ["run", "check", "build", "disasm", "fmt", "test"] {
        let (code, out, err) = project.flin(&[command, "nope.flin"]);
        assert_eq!((code, out.as_str()), (2, ""), "{command}");
        assert_eq!(err, "error: nope.flin: there is no such file or folder\n", "{command}");
    }
    let (code, _, err) = project.flin(&["run", "folder"]);
    assert_eq!((code, err.as_str()), (2, "error: folder: this is a folder, not a file\n"));
}

#[test]
fn a_project_that_is_missing_or_empty_is_not_served() {
    let project = Project::new(&[]);
    for command in ["start", "dev"] {
        let (code, _, err) = project.flin(&[command, "nowhere"]);
        assert!(code == 2 && err.ends_with("nowhere: there is no such file or folder\n"), "{command}: {err}");
    }
    let (code, _, err) = project.flin(&["start", "."]);
    assert!(code == 2 && err.contains("there is nothing to serve"), "{err}");
}

#[test]
fn a_bad_configuration_stops_every_command() {
    let project = Project::new(&[("flin.config", "[vm]\nmax_call_dept = 3\n"), ("a.flin", "x = 1\n")]);
    let wrong =
        "flin.config:2:1: error: unknown key `max_call_dept` in `[vm]`; did you mean `max_call_depth`?\n";
    for args in [&["run", "a.flin"][..], &["check"], &["build", "a.flin"], &["test"]] {
        assert_eq!(project.flin(args), said(2, "", wrong), "{args:?}");
    }
}

#[test]
fn bytecode_is_built_shown_and_refused_when_it_is_damaged() {
    let project = Project::new(&[("a.flin", "x = 1\n")]);
    assert_eq!(project.flin(&["build", "a.flin", "-o", "out.flinc"]), said(0, "", ""));
    assert_eq!(project.flin(&["build", "a.flin"]), said(0, "", ""));
    let bytes = fs::read(project.path().join("a.flinc")).unwrap();
    assert_eq!(fs::read(project.path().join("out.flinc")).unwrap(), bytes);
    let (code, listing, _) = project.flin(&["disasm", "a.flin"]);
    assert!(code == 0 && listing.contains("entry") && listing.contains("LoadInt"), "{listing}");
    assert_eq!(project.flin(&["disasm", "a.flinc"]), said(0, &listing, ""));
    fs::write(project.path().join("cut.flinc"), &bytes[..bytes.len() - 1]).unwrap();
    fs::write(project.path().join("text.flinc"), "x = 1\n").unwrap();
    for (file, why) in [("cut.flinc", "the checksum at offset 8"), ("text.flinc", "no bytecode")] {
        for command in ["run", "disasm"] {
            let (code, out, err) = project.flin(&[command, file]);
            assert_eq!((code, out.as_str()), (2, ""));
            assert!(err.starts_with(&format!("error: {file}: {why}")), "{err}");
        }
    }
}

#[test]
fn bytecode_is_no_source() {
    let project = Project::new(&[("a.flin", "x = 1\n")]);
    assert_eq!(project.flin(&["build", "a.flin"]), said(0, "", ""));
    let wrong = "error: a.flinc: this is bytecode; name the source that it was built from\n";
    for command in ["check", "fmt", "test"] {
        assert_eq!(project.flin(&[command, "a.flinc"]), said(2, "", wrong), "{command}");
    }
}

#[test]
fn what_only_a_request_has_is_missing_when_it_is_reached() {
    let source = "print(1)\nr = try csrf_token()\nprint(r.kind, r.message)\n";
    let project = Project::new(&[("a.flin", source), ("t.flin", "print(t(\"a\"))\n")]);
    let printed = "1\nValueError csrf_token() needs a request to belong to\n";
    assert_eq!(project.flin(&["run", "a.flin"]), said(0, printed, ""));
    // Without translations every key is missing, and a missing key yields itself.
    assert_eq!(project.flin(&["run", "t.flin"]), said(0, "a\n", ""));
}

#[test]
fn a_function_may_have_a_thousand_parameters() {
    let joined = |count: usize, of: &dyn Fn(usize) -> String, by: &str| {
        (0..count).map(of).collect::<Vec<_>>().join(by)
    };
    // Plain ones, with a default, and taken apart; one that a closure changes, and the rest.
    let params = |n: usize| match n % 4 {
        1 => format!("p{n} = p{} + 1", n - 1),
        2 => format!("[p{n}, ...more{n}]"),
        _ => format!("p{n}"),
    };
    let params = joined(1000, &params, ", ");
    let sum = joined(1000, &|n| format!("p{n}"), " + ");
    let given = joined(1000, &|n| if n % 4 == 2 { format!("[{n}]") } else { n.to_string() }, ", ");
    let plain = joined(999, &|n| format!("p{n}"), ", ");
    let numbers = joined(999, &|n| n.to_string(), ", ");
    let source = format!(
        "
fn f({params}, ...others) {{
    grow = () => {{ p996 += 1000 }}
    grow()
    print(p996, others.length)
    {sum}
}}
fn g({plain}, last = p998 * 2) {{ [p0, p500, last] }}
print(f({given}), f({given}, 1, 2, 3))
print(g({numbers}), g({numbers}, last: 5), g(...(0..<998).to_list(), p998: 7))
print((try g(...[1])).message)
print((try g(...(0..1001).to_list())).message)
"
    );
    let project = Project::new(&[("a.flin", &source)]);
    let printed = "1996 0\n1996 3\n500500 500500\n[0, 500, 1996] [0, 500, 5] [0, 500, 14]\n\
                   g needs an argument for `p1`\ng takes 999 to 1000 arguments, and got 1002\n";
    assert_eq!(project.flin(&["run", "a.flin"]), said(0, printed, ""));
    assert_eq!(project.flin(&["build", "a.flin", "-o", "a.flinc"]).0, 0);
    assert_eq!(project.flin(&["run", "a.flinc"]), said(0, printed, ""));
}

#[test]
fn calls_that_an_error_does_not_keep_are_counted() {
    let project = Project::new(&[("a.flin", "fn f(n) { return f(n + 1) }\nf(0)\n")]);
    let (code, _, err) = project.flin(&["run", "a.flin"]);
    let shown = err.lines().filter(|line| line.starts_with("  at ")).count();
    // The limit's 512 calls of f, and the top level.
    assert!(code == 1 && shown == 24 && err.contains(&format!("  … {} more calls\n", 513 - shown)), "{err}");
}

#[test]
fn bytecode_that_lies_is_refused_by_rule() {
    use flin_runtime::code::{Function, Module, Op, encode};
    let project = Project::new(&[]);
    let entry = Function { registers: 1, code: vec![Op::Return { src: 0 }], ..Function::default() };
    let module = Module { functions: vec![entry], ..Module::default() };
    fs::write(project.path().join("lie.flinc"), encode(&module)).unwrap();
    let refusal = "error: lie.flinc: bytecode refused by rule B13, function 0, instruction 0: register 0 may be read \
                   before it is written\n";
    assert_eq!(project.flin(&["run", "lie.flinc"]), said(2, "", refusal));
    let (code, listing, err) = project.flin(&["disasm", "lie.flinc"]);
    assert!(code == 2 && listing.contains("Return") && err == refusal, "{listing}{err}");
}

#[test]
fn a_build_does_not_overwrite_its_program() {
    let project = Project::new(&[("a.flin", "x = 1\n")]);
    let (code, _, err) = project.flin(&["build", "a.flin", "-o", "./a.flin"]);
    assert!(code == 2 && err.contains("the program itself"), "{err}");
    assert_eq!(fs::read(project.path().join("a.flin")).unwrap(), b"x = 1\n");
    let (code, _, err) = project.flin(&["build", "a.flin", "-o", "no/such/folder.flinc"]);
    assert!(code == 2 && err.starts_with("error: no/such/folder.flinc: there is no such"), "{err}");
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf_8_are_files_like_others() {
    use std::os::unix::ffi::OsStrExt;
    let project = Project::new(&[]);
    let name = OsStr::from_bytes(b"a\xFF.flin");
    fs::write(project.path().join(name), "x = \n").unwrap();
    let (code, _, err) = project.flin(&[OsStr::new("check"), name]);
    assert!(code == 2 && err.contains("error[E01"), "{err}");
    let (code, _, err) = project.flin(&[OsStr::new("run"), OsStr::from_bytes(b"\xFE")]);
    assert!(code == 2 && err.contains("there is no such"), "{err}");
}

#[test]
fn formatting_changes_what_needs_it_and_check_changes_nothing() {
    let project = Project::new(&[
        ("ok.flin", "x = 1\n"),
        ("lib/a.flin", "x=1+2\n"),
        ("lib/b.flin", "\u{feff}y = 2\r\n"),
    ]);
    let read = |name: &str| fs::read_to_string(project.path().join(name)).unwrap();
    assert_eq!(project.flin(&["fmt", "--check"]), said(1, "lib/a.flin\nlib/b.flin\n", ""));
    assert_eq!(read("lib/a.flin"), "x=1+2\n");
    assert_eq!(project.flin(&["fmt", "lib/a.flin", "ok.flin"]), said(0, "", ""));
    assert_eq!(read("lib/a.flin"), "x = 1 + 2\n");
    assert_eq!(project.flin(&["fmt", "."]), said(0, "", ""));
    assert_eq!(read("lib/b.flin"), "y = 2\n");
    assert_eq!(project.flin(&["fmt", "--check"]), said(0, "", ""));
    assert_eq!(fs::read_dir(project.path().join("lib")).unwrap().count(), 2);
}

#[test]
fn formatting_leaves_a_file_with_errors_as_it_is() {
    let project = Project::new(&[("a.flin", "x=(1\n")]);
    for args in [&["fmt"][..], &["fmt", "--check"]] {
        let (code, out, err) = project.flin(args);
        assert_eq!((code, out.as_str()), (2, ""));
        assert!(err.starts_with("a.flin:") && err.contains("error[E01"), "{err}");
    }
    assert_eq!(fs::read(project.path().join("a.flin")).unwrap(), b"x=(1\n");
}

#[test]
fn an_uncaught_error_says_kind_message_and_chain() {
    let source = "fn share(n) {\n    return 10 / n\n}\nfn outer() { return share(0) + 1 }\nouter()\n";
    let project = Project::new(&[("main.flin", source)]);
    let chain = "error: DivisionByZero: Cannot divide by zero\n  at share (main.flin:2:12)\n  at outer (main.flin:4:21)\n  \
                 at <main> (main.flin:5:1)\n";
    assert_eq!(project.flin(&["run", "main.flin"]), said(1, "", chain));
    assert_eq!(project.flin(&["build", "main.flin"]), said(0, "", ""));
    assert_eq!(project.flin(&["run", "main.flinc"]), said(1, "", chain));
}

#[test]
fn limits_come_from_the_configuration() {
    let source = "fn down(n) { if n > 0 { return down(n - 1) } }\ndown(15)\ndown(16)\n";
    let project = Project::new(&[("main.flin", source), ("flin.config", "[vm]\nmax_call_depth = 16\n")]);
    let (code, _, err) = project.flin(&["run", "main.flin"]);
    assert_eq!(code, 1);
    assert!(err.starts_with("error: StackOverflow: Maximum call depth (16) exceeded."), "{err}");
    assert!(err.trim_end().ends_with("at <main> (main.flin:3:1)"), "{err}");
}

#[test]
fn each_test_has_a_machine_and_a_folder_of_its_own() {
    let tests = "seen = 1\ntest \"one\" {\n    seen = seen + helper(1)\n    assert seen == 3\n    \
                 write_file(\"left\", \"x\")\n}\ntest \"two\" {\n    assert seen == 1\n    assert !file_exists(\"left\")\n}\n";
    let helper = "fn helper(n) { return n + 1 }\n";
    let project = Project::new(&[("tests/a.flin", tests), ("lib/h.flin", helper)]);
    let passed = "ok      tests/a.flin: one\nok      tests/a.flin: two\n2 passed, 0 failed\n";
    assert_eq!(project.flin(&["test"]), said(0, passed, ""));
    assert_eq!(project.flin(&["test", "tests/a.flin"]), said(0, passed, ""));
    assert!(!project.path().join("files").exists());
}

#[test]
fn a_failed_test_says_why_and_the_others_still_run() {
    let tests = "test \"bad\" { assert 1 + 1 == 3 }\ntest \"good\" { assert true }\n";
    let project = Project::new(&[("tests/a.flin", tests), ("tests/b.flin", "test \"broken\" {\n")]);
    let (code, out, err) = project.flin(&["test"]);
    assert_eq!(code, 2);
    assert!(out.starts_with("FAILED  tests/a.flin: bad\n        error: AssertionFailed: "), "{out}");
    assert!(out.ends_with("ok      tests/a.flin: good\n1 passed, 1 failed\n"), "{out}");
    assert!(err.starts_with("tests/b.flin:"), "{err}");
    fs::remove_file(project.path().join("tests/b.flin")).unwrap();
    assert_eq!(project.flin(&["test", "."]).0, 1);
    assert_eq!(Project::new(&[]).flin(&["test"]), said(0, "no tests in .\n", ""));
}

#[test]
fn an_endless_test_meets_its_deadline() {
    let config = "[vm]\ndeadline = \"50ms\"\n";
    let project =
        Project::new(&[("tests/a.flin", "test \"endless\" { while true { } }\n"), ("flin.config", config)]);
    let (code, out, _) = project.flin(&["test"]);
    assert!(code == 1 && out.contains("Timeout: the deadline passed"), "{out}");
}

#[test]
fn files_are_below_the_projects_folder_alone() {
    let source = "write_file(\"a/b.txt\", \"x\")\nappend_file(\"a/b.txt\", \"y\")\nassert read_file(\"a/b.txt\") == \"xy\"\n\
                  out = try read_file(\"../main.flin\")\nassert out.kind == \"FileError\"\nread_file(\"link\")\n";
    let project = Project::new(&[("main.flin", source), ("files/x", "")]);
    #[cfg(unix)]
    std::os::unix::fs::symlink(project.path().join("main.flin"), project.path().join("files/link")).unwrap();
    let (code, _, err) = project.flin(&["run", "main.flin"]);
    assert_eq!((code, fs::read(project.path().join("files/a/b.txt")).unwrap()), (1, b"xy".to_vec()));
    assert!(err.starts_with("error: FileError: "), "{err}");
}

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
fn output_that_cannot_be_written_is_an_error() {
    let project = Project::new(&[]);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let Output { status, stderr, .. } = project.command(&["version"]).stdout(full).output().unwrap();
    assert_eq!(status.code(), Some(1));
    assert!(String::from_utf8(stderr).unwrap().starts_with("error: standard output: "));
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
#[cfg(unix)]
fn a_small_native_stack_is_no_limit_of_programs() {
    let deep = |open: &str, close: &str| format!("x = {}1{}\n", open.repeat(250), close.repeat(250));
    let project = Project::new(&[("lists.flin", &deep("[", "]")), ("lambdas.flin", &deep("a => ", ""))]);
    for command in ["run lists.flin", "fmt --check lists.flin", "check lambdas.flin"] {
        let small = format!("ulimit -s 128; '{}' {command}", env!("CARGO_BIN_EXE_flin"));
        let mut shell = Command::new("sh");
        let output = shell.args(["-c", &small]).current_dir(project.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{command}: {output:?}");
    }
}

#[test]
#[cfg(unix)]
fn a_named_pipe_without_a_writer_is_refused_and_an_open_one_is_read() {
    let project = Project::new(&[("main.flin", "print(1)\n")]);
    let made = Command::new("mkfifo").arg(project.path().join("pipe.flin")).status().unwrap();
    assert!(made.success());
    for command in ["run", "check", "build", "disasm", "fmt", "test"] {
        let (code, _, err) = project.flin(&[command, "pipe.flin"]);
        assert!(code == 2 && err.starts_with("error: pipe.flin: this is a named pipe"), "{command}: {err}");
    }
    fs::rename(project.path().join("pipe.flin"), project.path().join("flin.config")).unwrap();
    let (code, _, err) = project.flin(&["run", "main.flin"]);
    assert!(code == 2 && err.contains("flin.config: this is a named pipe"), "{err}");
    fs::remove_file(project.path().join("flin.config")).unwrap();
    let piped = format!("cat main.flin | '{}' run /dev/stdin", env!("CARGO_BIN_EXE_flin"));
    let output = Command::new("sh").args(["-c", &piped]).current_dir(project.path()).output().unwrap();
    assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"1\n"[..]), "{output:?}");
}

#[test]
fn a_test_sends_requests_through_the_whole_pipeline() {
    let project = Project::new(&[
        ("flin.config", ""),
        (
            "app/_middleware.flin",
            "middleware { answer = next()\n response.headers[\"X-Seen\"] = \"yes\"\n answer }",
        ),
        (
            "app/login.flin",
            "route POST { validate { name: text @required }\n session.user = body.name\n redirect(\"/\") }",
        ),
        ("app/me.flin", "guards { auth }\nroute GET { [\"user\": session.user, \"q\": query.q] }"),
        (
            "tests/all.flin",
            r#"test "a session is passed on" {
    assert test_request("GET", "/me").status == 401
    login = test_request("POST", "/login", body: { name: "ada" })
    assert login.status == 302 && login.headers["X-Seen"] == "yes"
    cookie = login.headers["Set-Cookie"].split(";")[0].split("=")
    me = test_request("GET", "/me?q=%C3%A9", cookies: [cookie[0]: cookie[1]])
    assert me.body == { user: "ada", q: "é" }
}
test "invalid JSON never reaches the handler" {
    answer = test_request("POST", "/login", body: "\{not json", headers: ["Content-Type": "application/json"])
    assert answer.status == 400 && answer.body.error == "Invalid JSON in request body"
    assert test_request("POST", "/login", body: "name=Bo", headers: ["Content-Type": "application/x-www-form-urlencoded"]).status == 302
    assert test_request("POST", "/login", body: {}).body.fields == { name: "is required" }
    assert test_request("GET", "/%zz").status == 400 && test_request("GET", "/none").status == 404
}
"#,
        ),
    ]);
    let wanted = "ok      tests/all.flin: a session is passed on\n\
                  ok      tests/all.flin: invalid JSON never reaches the handler\n2 passed, 0 failed\n";
    assert_eq!(project.flin(&["test"]), said(0, wanted, ""));
}

#[test]
fn a_file_at_the_systems_limit_of_size_is_an_error_and_not_the_end() {
    let project = Project::new(&[(
        "big.flin",
        r#"wrote = try write_file("big", "x".repeat(100000)); print(wrote.kind); print(file_exists("big"))"#,
    )]);
    let limited = format!("ulimit -f 4; exec '{}' run big.flin", env!("CARGO_BIN_EXE_flin"));
    let output = Command::new("sh").args(["-c", &limited]).current_dir(project.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "FileError\nfalse\n");
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

#[test]
fn a_configuration_with_thousands_of_mistakes_is_not_told_them_all() {
    let keys: String = (0..1_000).map(|n| format!("k{n} = 1\n")).collect();
    let project = Project::new(&[("flin.config", &format!("[server]\n{keys}")), ("a.flin", "")]);
    let (code, _, err) = project.flin(&["check", "."]);
    assert_eq!(code, 2);
    assert!(err.ends_with("and 800 more that are not shown\n"), "{}", err.len());
}
