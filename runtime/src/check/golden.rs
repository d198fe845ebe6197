//! One golden file of findings for each group of rules: lines that must be reported stand beside lines that must not.

use super::tests::{findings, findings_of};
use insta::assert_snapshot;

#[test]
fn types_that_cannot_fit() {
    assert_snapshot!(findings(include_str!("golden/types.flin")));
}

#[test]
fn calls_with_wrong_arguments() {
    assert_snapshot!(findings(include_str!("golden/calls.flin")));
}

#[test]
fn fields_and_queries() {
    assert_snapshot!(findings(include_str!("golden/queries.flin")));
}

#[test]
fn matches_that_miss_cases() {
    assert_snapshot!(findings(include_str!("golden/matches.flin")));
}

#[test]
fn statements_out_of_place_or_never_reached() {
    assert_snapshot!(findings(include_str!("golden/places.flin")));
}

#[test]
fn declarations() {
    assert_snapshot!(findings(include_str!("golden/declarations.flin")));
}

#[test]
fn components_are_found_by_file_or_in_scope() {
    let card = ("components/Card.flin", "<p>{props.title}{children}</p>");
    let twins = [("components/a/Twin.flin", "<i>1</i>"), ("components/b/Twin.flin", "<i>2</i>")];
    let page = ("app/index.flin", "Row = (p) => <b>{p.x}</b>\n<div><Card/><Row x={1}/><Crad/><Twin/></div>");
    assert_snapshot!(findings_of(&[card, twins[0], twins[1], page]));
}

#[test]
fn findings_come_in_the_order_of_files_and_positions() {
    let found = findings_of(&[("lib/a.flin", "x = missing"), ("main.flin", "print(gone)\nbreak")]);
    assert_snapshot!(found, @r"
    lib/a.flin:1:5: error[E0001]: unknown name `missing`
    main.flin:1:7: error[E0001]: unknown name `gone`
    main.flin:2:1: error[E0008]: `break` stands only in a loop
      help: leave a function with `return`
    ");
}

#[test]
fn a_script_of_many_constructs_is_clean() {
    assert_eq!(findings(include_str!("golden/script.flin")), "");
}

#[test]
fn a_project_of_every_part_is_clean() {
    let files = [
        ("entities/shop.flin", include_str!("golden/project/entities/shop.flin")),
        ("app/_middleware.flin", include_str!("golden/project/app/_middleware.flin")),
        ("app/bills.flin", include_str!("golden/project/app/bills.flin")),
        ("app/index.flin", include_str!("golden/project/app/index.flin")),
        ("app/live.flin", include_str!("golden/project/app/live.flin")),
        ("app/login.flin", include_str!("golden/project/app/login.flin")),
        ("components/Box.flin", include_str!("golden/project/components/Box.flin")),
        ("components/Branch.flin", include_str!("golden/project/components/Branch.flin")),
        ("jobs/cleanup.flin", include_str!("golden/project/jobs/cleanup.flin")),
        ("tests/bills.flin", include_str!("golden/project/tests/bills.flin")),
    ];
    assert_eq!(findings_of(&files), "");
}

#[test]
fn an_unused_component_only_warns() {
    let unused = ("components/Old.flin", "<p>{missing}</p>");
    let used = ("components/New.flin", "<p>{gone}</p>");
    let found = findings_of(&[unused, used, ("app/index.flin", "<New/>")]);
    assert_snapshot!(found, @r"
    components/Old.flin:1:5: warning[E0001]: unknown name `missing`
    components/New.flin:1:5: error[E0001]: unknown name `gone`
    ");
}

#[test]
fn regex_literals_compile() {
    let sound = r"print(/\w+[^a-z]{2}/ig)";
    assert_eq!(findings(sound), "");
    let broken = r"print(/ü(b/, /a**b[z-a]/, /\w{1000}\w{1000}/, /(?=a)/, /\w{1000}\w{1000}/)";
    assert_snapshot!(findings(broken));
}

#[test]
fn regex_literals_are_bounded_together() {
    let some = |count| (0..count).fold(String::new(), |all, n| all + &format!("print(/\\w{{20}}x{n}/)\n"));
    assert_eq!(findings(&some(10)), "");
    let all = findings(&some(3_000));
    assert_eq!(
        all.matches("error[E0103]: the patterns of the program compile to more than 33554432 bytes").count(),
        1
    );
}

#[test]
fn a_file_of_tests_has_no_jobs() {
    insta::assert_snapshot!(findings_of(&[("tests/a.flin", "every 5m { 1 }\ntest \"a\" { assert true }")]), @r"
    tests/a.flin:1:1: error[E0008]: a file of tests runs no jobs
      help: move the job to `jobs/`, and call what it does from the test
    ");
}

#[test]
fn words_of_other_languages_are_explained() {
    let source = "x = None\ny = undefined\nif not { 1 }\nprint(lambda, self, enumx)";
    insta::assert_snapshot!(findings(source), @r"
    main.flin:1:5: error[E0001]: unknown name `None`
      help: write `none`
    main.flin:2:5: error[E0001]: unknown name `undefined`
      help: write `none`
    main.flin:3:4: error[E0001]: unknown name `not`
      help: write `!` before the condition
    main.flin:4:7: error[E0001]: unknown name `lambda`
      help: write `x => value`
    main.flin:4:15: error[E0001]: unknown name `self`
      help: functions have no receiver: pass the value as an argument
    main.flin:4:21: error[E0001]: unknown name `enumx`
    ");
    insta::assert_snapshot!(findings("entity text { a: int }\nenum map { A }\ntype list = int"), @r"
    main.flin:1:8: warning[W0003]: `text` hides the built-in type of that name
    main.flin:2:6: warning[W0003]: `map` hides the built-in type of that name
    main.flin:3:6: warning[W0003]: `list` hides the built-in type of that name
    ");
}

#[test]
fn long_programs_take_no_recursion() {
    let chain = |unit: &str, times| unit.repeat(times);
    let sources = [
        format!("x = 1{}", chain(" + 1", 10_000)),
        format!("x = [:]\nprint(x{})", chain(".a", 10_000)),
        format!("fn f() {{ f }}\nprint(f{})", chain("()", 10_000)),
        format!("x = [{}]", chain("1, ", 100_000)),
        format!("x = 0{}", chain(" |> to_text", 10_000)),
        format!("x = 1\nif x == 0 {{ x }}{}", chain(" else if x == 1 { x }", 10_000)),
        (0..5_000).fold("x0 = 1\n".to_owned(), |all, n| all + &format!("x{} = x{n}\n", n + 1)),
        (0..5_000).fold(String::new(), |all, n| all + &format!("fn f{n}(a) {{ b = a; b }}\nf{n}({n})\n")),
    ];
    for source in sources {
        assert_eq!(findings(&source), "", "{}…", source.chars().take(60).collect::<String>());
    }
}
