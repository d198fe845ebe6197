//! `check`: what is found, where, and what is left alone.

use super::*;

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
fn what_is_suggested_is_in_the_reference() {
    let slips = [
        ("\"a\".size", "length"),
        ("[1].size()", "length"),
        ("\"a\".chars()", "graphemes"),
        ("\"a\".chrAt(0)", "char_at"),
    ];
    for (slip, meant) in slips {
        let project = Project::new(&[("main.flin", &*format!("print({slip})\n"))]);
        let (code, _, err) = project.flin(&["check", "main.flin"]);
        assert!(code == 2 && err.contains(&format!("did you mean `{meant}`?")), "{slip}: {err}");
    }
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
fn a_decorator_that_says_nothing_of_its_field_is_an_error() {
    let source = "entity E {\n  a: text @positive\n  b: bool @max_length(3)\n  c: [text] @email\n  d: time @min(1)\n}\n";
    let sound = "entity S {\n  a: number @positive\n  b: [int] @max_length(3)\n  c: any @email @min(1)\n  d: map @min_length(1)\n}\n";
    let project = Project::new(&[("e.flin", source), ("s.flin", sound)]);
    let (code, _, err) = project.flin(&["check", "e.flin"]);
    assert_eq!((code, err.matches("error[E0011]").count()), (2, 4), "{err}");
    for wanted in [
        "e.flin:2:11: error[E0011]: `@positive` belongs to a number",
        "e.flin:3:11: error[E0011]: `@max_length` belongs to a text, a list or a map",
        "e.flin:4:13: error[E0011]: `@email` belongs to a text",
        "e.flin:5:11: error[E0011]: `@min` belongs to a number",
    ] {
        assert!(err.contains(wanted), "{wanted}: {err}");
    }
    assert_eq!(project.flin(&["check", "s.flin"]), said(0, "", ""));
}

#[test]
fn entities_and_enums_are_known_to_scripts_and_tests_wherever_they_stand() {
    let project = Project::new(&[
        ("flin.config", ""),
        (
            "app/n.flin",
            "enum Size { Small, Large }\nentity Box { size: Size = Small }\nfn own() { 1 }\nroute GET { Box.count }\n",
        ),
        ("jobs/j.flin", "entity Log { n: int }\nevery 1h { save Log { n: 1 } }\n"),
        ("seed.flin", "b = Box {}\nsave b\nsave Log { n: 2 }\nprint(b.size, Box.count, Log.count)\n"),
        ("tests/t.flin", "test \"there\" { save Box { size: Large }\n assert Box.count == 1 }\n"),
        ("other.flin", "print(own())\n"),
    ]);
    assert_eq!(project.flin(&["run", "seed.flin"]), said(0, "Small 1 1\n", ""));
    assert_eq!(project.flin(&["check"]).0, 2, "what a file of app/ declares otherwise is its own");
    assert_eq!(project.flin(&["check", "seed.flin"]), said(0, "", ""));
    assert_eq!(project.flin(&["test"]).0, 0);
}

#[test]
fn what_a_component_file_declares_is_global_though_no_tag_names_it() {
    let project = Project::new(&[
        ("flin.config", "[views]\ncomponents = [\"app/ui\"]\n"),
        ("app/ui/shop.flin", "entity Shop { name: text = \"a\" }\n<p>shop</p>\n"),
        ("app/index.flin", "route GET { Shop.count }\n"),
        ("seed.flin", "s = Shop {}\nsave s\nprint(Shop.count)\n"),
        ("tests/t.flin", "test \"served\" { assert test_request(\"GET\", \"/\").body == 0 }\n"),
    ]);
    assert_eq!(project.flin(&["check"]), said(0, "", ""));
    assert_eq!(project.flin(&["run", "seed.flin"]), said(0, "1\n", ""));
    assert_eq!(project.flin(&["test"]).0, 0);
}

#[test]
fn spellings_of_other_languages_are_answered_with_the_one_of_this() {
    for (source, help) in [
        ("for x of [1] { print(x) }\n", "`for x in list { … }`"),
        ("for (x in [1]) { print(x) }\n", "without parentheses: `for x in list { … }`"),
        ("try { throw \"x\" } catch (e) { print(e) }\n", "without parentheses: `catch error { … }`"),
        ("print(1 === 1)\n", "`==` and `!=` already compare without converting"),
        ("print(1 !== 1)\n", "`==` and `!=` already compare without converting"),
        ("[1].forEach(x => print(x))\n", "write `each(x => …)`"),
        ("f = x => { a: x }\n", "a map there is written `({ … })`"),
        ("f = x => { a: x, b: 1 }\n", "a map there is written `({ … })`"),
        ("for k in { a: 1 } { print(k) }\n", "a map there is written `({ … })`"),
    ] {
        let (code, _, err) = Project::new(&[("a.flin", source)]).flin(&["check", "a.flin"]);
        assert!(code == 2 && err.contains(help), "{source}: {err}");
    }
}

#[test]
fn what_only_the_compiler_finds_is_said_too() {
    let script =
        "enum Foo { A, B }\nentity E {\n  a: text @pattern(\"(\")\n  b: int @min(2 * 3)\n}\nprint(Foo)\n";
    let files = [
        ("a.flin", script),
        ("p/app/index.flin", "route POST {\n  validate { a: int @on_delete(cascade) }\n  1\n}\n"),
        ("p/entities/e.flin", "entity F { x: int }\nentity G { a: [[F]] }\n"),
        ("p/tests/t.flin", "enum Foo { A }\ntest \"t\" { assert true }\nprint(Foo)\n"),
    ];
    let project = Project::new(&files);
    for (args, wanted) in [
        (
            ["check", "a.flin"],
            &["a.flin:3:20: error[E0103]", "a.flin:4:10: error[E0011]", "a.flin:6:7: error[E0008]"][..],
        ),
        (
            ["check", "p"],
            &[
                "p/app/index.flin:2:21: error[E0011]",
                "p/entities/e.flin:2:15: error[E0003]",
                "p/tests/t.flin:3:7: error[E0008]",
            ][..],
        ),
    ] {
        let (code, out, err) = project.flin(&args);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        for wanted in wanted {
            assert_eq!(err.matches(wanted).count(), 1, "{wanted}: {err}");
        }
    }
    let card = "<div>{props.title}<slot /></div>\n";
    let used = [
        ("flin.config", ""),
        ("components/Card.flin", card),
        ("lib/show.flin", "fn show() { <Card title=\"a\">b</Card> }\n"),
        ("app/index.flin", "route GET { show() }\n"),
    ];
    let sound = Project::new(&used);
    for path in [".", "components/Card.flin", "lib/show.flin", "app/index.flin"] {
        assert_eq!(sound.flin(&["check", path]), said(0, "", ""), "{path}");
    }
    let (code, _, err) = project.flin(&["run", "a.flin"]);
    assert_eq!((code, err.matches("error[").count()), (2, 3), "{err}");
}
