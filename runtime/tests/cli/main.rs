//! The command line as people meet it: the real binary, its output and its exit codes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

#[cfg(unix)]
mod begin;
mod bytecode;
mod check;
mod output;
#[cfg(unix)]
mod served;
#[cfg(unix)]
mod signals;

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
fn missing_and_unreadable_files_are_named() {
    let project = Project::new(&[("folder/x", "")]);
    for command in ["run", "check", "build", "disasm", "fmt", "test"] {
        let (code, out, err) = project.flin(&[command, "nope.flin"]);
        assert_eq!((code, out.as_str()), (2, ""), "{command}");
        assert_eq!(err, "error: nope.flin: there is no such file or folder\n", "{command}");
    }
    let (code, _, err) = project.flin(&["run", "folder"]);
    assert_eq!((code, err.as_str()), (2, "error: folder: this is a folder, not a file\n"));
    let project = Project::new(&[("ok.flin", "x = 1\n")]);
    let (code, _, err) = project.flin(&["run", "ok"]);
    let told = "error: ok: there is no such file or folder; did you mean ok.flin?\n";
    assert_eq!((code, err.as_str()), (2, told));
}

#[test]
fn a_project_that_is_missing_or_empty_is_not_served() {
    let project = Project::new(&[]);
    for command in ["start", "dev"] {
        let (code, _, err) = project.flin(&[command, "nowhere"]);
        assert!(code == 2 && err.ends_with("nowhere: there is no such file or folder\n"), "{command}: {err}");
    }
    let project = Project::new(&[("ok.flin", "x = 1\n")]);
    for command in ["start", "dev"] {
        let (code, _, err) = project.flin(&[command, "ok.flin"]);
        let told =
            "error: ok.flin: this is a file, and a project is a folder; `flin run ok.flin` runs a file\n";
        assert_eq!((code, err.as_str()), (2, told), "{command}");
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
    assert_eq!(project.flin(&["fmt", "lib/a.flin", "ok.flin"]), said(0, "lib/a.flin\n", ""));
    assert_eq!(read("lib/a.flin"), "x = 1 + 2\n");
    assert_eq!(project.flin(&["fmt", "."]), said(0, "lib/b.flin\n", ""));
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
fn an_uncaught_error_says_its_causes_too() {
    let source = "fn inner() { 1 / 0 }\ntry { inner() } catch e {\n    throw error(\"Outer\", \"it broke\", cause: error(\"Between\", \"why\", cause: e.context(\"noted\")))\n}\n";
    let project = Project::new(&[("main.flin", source)]);
    let told = "error: Outer: it broke\n  at <main> (main.flin:3:11)\ncaused by: Between: why\n\
                caused by: DivisionByZero: Cannot divide by zero\n  at inner (main.flin:1:14)\n  at <main> (main.flin:2:7): noted\n";
    assert_eq!(project.flin(&["run", "main.flin"]), said(1, "", told));
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
fn requests_of_a_test_are_limited_as_those_of_a_server_and_each_test_begins_anew() {
    let limited = "route GET { guard rate_limit(2, 60)\n1 }\n";
    let test = |name: &str| {
        let statuses = "(1..4).map(n => test_request(\"GET\", \"/lim\").status)";
        format!("test \"{name}\" {{\nassert {statuses} == [200, 200, 429, 429]\n}}\n")
    };
    let tests = test("one") + &test("two");
    let project = Project::new(&[("app/lim.flin", limited), ("tests/a.flin", &*tests)]);
    let passed = "ok      tests/a.flin: one\nok      tests/a.flin: two\n2 passed, 0 failed\n";
    assert_eq!(project.flin(&["test"]), said(0, passed, ""));
}

#[test]
fn an_error_that_there_is_no_room_for_says_where_the_program_is_and_not_where_it_was() {
    let source = "junk = none\nfn fill() { for q in 1..9 { try { while true { junk = [\"z\".repeat(20), junk] } } catch e { }\n\
                  try { while true { junk = [none, junk] } } catch e { } } }\nfill()\nprint(1 / 0)\n";
    let project = Project::new(&[("main.flin", source), ("flin.config", "[vm]\nmemory_mb = 1\n")]);
    let (code, _, err) = project.flin(&["run", "main.flin"]);
    assert!(code == 1 && err.starts_with("error: ") && err.ends_with("at <main> (main.flin:5:7)\n"), "{err}");
    assert!(!err.contains("at fill"), "{err}");
}

#[test]
fn an_endless_test_meets_its_deadline() {
    let config = "[vm]\ndeadline = \"50ms\"\n";
    let project = Project::new(&[
        ("tests/a.flin", "test \"endless\" {\n    a = 1\n\n    while true { }\n}\n"),
        ("flin.config", config),
    ]);
    let (code, out, _) = project.flin(&["test"]);
    assert!(code == 1 && out.contains("Timeout: the deadline passed"), "{out}");
    assert!(out.contains("(tests/a.flin:4:"), "where it stood: {out}");
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
    let (code, _, err) = project.flin(&["build", "main.flin", "-o", "pipe.flin"]);
    assert!(code == 2 && err.starts_with("error: pipe.flin: this is a named pipe"), "{err}");
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
    head = test_request("HEAD", "/me", cookies: [cookie[0]: cookie[1]])
    assert head.status == 200 && head.body == none && head.headers["content-type"] == me.headers["content-type"]
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
fn a_configuration_with_thousands_of_mistakes_is_not_told_them_all() {
    let keys: String = (0..1_000).map(|n| format!("k{n} = 1\n")).collect();
    let project = Project::new(&[("flin.config", &format!("[server]\n{keys}")), ("a.flin", "")]);
    let (code, _, err) = project.flin(&["check", "."]);
    assert_eq!(code, 2);
    assert!(err.ends_with("and 800 more that are not shown\n"), "{}", err.len());
}
