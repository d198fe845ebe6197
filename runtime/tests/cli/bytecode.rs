//! `build`, `disasm` and `.flinc` files, and what compiles however large it is.

use super::*;

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
