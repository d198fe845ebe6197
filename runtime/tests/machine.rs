//! What the machine does with whole programs: values, calls, errors, limits; each also with a collection before every
//! instruction.
//!
//! A program states its facts with `assert`; it holds when it ends without an error.

#![expect(clippy::expect_used, clippy::arithmetic_side_effects, reason = "tests may panic")]

use flin_runtime::app::build::{build, link};
use flin_runtime::app::{End, Execution, Limits, MemoryHost, SourceFile};
use flin_runtime::check::Role;
use flin_runtime::value::Pool;
use std::sync::Arc;

fn file(path: &str, source: &str) -> SourceFile {
    SourceFile::in_memory(path, Role::of(path, &["components"]), source)
}

/// Runs the last file; the others are the project's.
fn run(files: &[(&str, &str)], limits: &Limits) -> (End, Arc<Pool>, Option<usize>) {
    let files: Vec<_> = files.iter().map(|(path, source)| file(path, source)).collect();
    let built = build(&files, files.len() - 1, limits).expect("the program compiles");
    let pool = Pool::new(1 << 30);
    let mut host = MemoryHost::default();
    let program = link(built.module).expect("the program links");
    let mut execution = Execution::new(program, Arc::clone(&pool), limits, &mut host).expect("entropy");
    let end = execution.run(&mut host);
    let used = execution.vm().map(|vm| vm.heap().memory.used());
    drop(execution);
    (end, pool, used)
}

fn holds_with(files: &[(&str, &str)], limits: &Limits) {
    let (end, pool, _) = run(files, limits);
    assert_eq!(end, End::Done);
    assert_eq!(pool.leased(), 0, "what was leased came back");
}

/// Both ways.
fn holds(source: &str) {
    for gc_stress in [false, true] {
        holds_with(&[("main.flin", source)], &Limits { gc_stress, ..Limits::default() });
    }
}

fn limited(megabytes: usize) -> Limits {
    Limits { memory_bytes_max: megabytes << 20, ..Limits::default() }
}

#[test]
fn values_are_written_as_people_read_them() {
    holds(
        r#"
        xs = [1, 2.0, "a\n\"b\"", none, true, {k: "v", n: none}, 1..3, 90m]
        assert "{xs}" == "[1, 2, \"a\\n\\\"b\\\"\", none, true, \{\"k\": \"v\", \"n\": none\}, 1..3, 1h30m]", "{xs}"
        assert "{none}|{([])}|{([:])}|{(-0.0)}|{(1e21)}|{(1.5e-8)}" == "|[]|\{\}|-0|1e21|1.5e-8"
        enum Shape { Dot, Circle(radius: number), Tag(name: text) }
        assert "{Shape.Dot} {Circle(2)} {Tag("x")} {Circle}" == "Dot Circle(2) Tag(\"x\") <fn Circle>"
        fn named() { 1 }
        assert "{named} {(() => 1)}" == "<fn named> <fn>"
        "#,
    );
}

#[test]
fn equality_goes_into_what_it_compares() {
    holds(
        r#"
        assert [1, [2, {a: 3}]] == [1, [2, {a: 3.0}]]
        assert {a: 1, b: 2} == {b: 2, a: 1} && {a: 1} != {a: 2} && {a: 1} != {b: 1} && [1] != [1, 2]
        assert 1 == 1.0 && 1 != "1" && none == none && 1..3 == 1..<4 && 9007199254740993 != 9007199254740992.0
        nan = 0.0 / 0.0
        assert nan != nan && !(nan < 1) && !(nan >= 1)
        xs = [nan]
        assert xs == xs && [nan] != [nan]
        assert 2 in [1, 2.0] && [1] in [[1]] && !(3 in [1, [3]]) && "é" in "aé" && 2.0 in 1..3 && "k" in {k: 1}
        "#,
    );
}

#[test]
fn x_10_nesting_has_a_limit_and_cycles_meet_it() {
    let source = |levels: usize| {
        format!(
            "a = []\nfor i in 2..{levels} {{ a = [a] }}\nb = []\nfor i in 2..{levels} {{ b = [b] }}\n\
             text_of = () => \"{{a}}\"\n"
        )
    };
    let fine = "assert a == b\nassert text_of() != none";
    holds_with(&[("main.flin", &(source(256) + fine))], &Limits::default());
    let deep = "assert (try a == b).kind == \"ValueError\"\nassert (try text_of()).kind == \"ValueError\"";
    holds_with(&[("main.flin", &(source(257) + deep))], &Limits::default());
    holds(
        r#"
        a = [0]
        a[0] = a
        b = [0]
        b[0] = b
        assert a == a
        assert (try a == b).kind == "ValueError"
        assert (try "{a}").kind == "ValueError"
        m = {}
        m.self = m
        assert (try "{m}").kind == "ValueError"
        "#,
    );
}

#[test]
fn arguments_are_bound_by_place_and_by_name() {
    holds(
        r#"
        fn f(a, b = a + 1, ...rest) { [a, b, rest] }
        assert "{f(1)} {f(1, 2, 3, 4)} {f(1, b: 5)} {f(...[1, 2], ...[3])}" == "[1, 2, []] [1, 2, [3, 4]] [1, 5, []] [1, 2, [3]]"
        g = f
        for [call, kind] in [[() => g(), "TypeError"], [() => g(1, c: 2), "TypeError"], [() => g(1, a: 2), "TypeError"], [() => (3)(), "TypeError"]] {
            found = try call()
            assert found is error && found.kind == kind, "{found}"
        }
        h = (x, y) => [x, y]
        assert (try h(1)).kind == "TypeError" && (try h(1, 2, 3)).kind == "TypeError"
        block = { 1 + 1 }
        assert block(1, 2, 3) == 2
        o = { go: (n) => n * 3, up: 1 }
        assert o.go(2) == 6 && (try o.up()).kind == "TypeError"
        enum E { P(x: int, y: int) }
        assert E.P(y: 2, x: 1) == P(1, 2)
        "#,
    );
}

#[test]
fn closures_share_the_variables_that_they_capture() {
    holds(
        r"
        fn counter(step = 1) {
            n = 0
            return { up: () => { n += step; n }, read: () => n }
        }
        a = counter()
        b = counter(step: 5)
        a.up()
        a.up()
        b.up()
        assert a.read() == 2 && b.read() == 5
        calls = []
        for i in 1..3 { calls = calls ++ [() => i * 10] }
        assert calls[0]() == 10 && calls[2]() == 30
        ",
    );
}

#[test]
fn errors_carry_where_they_came_from() {
    holds(
        "fn inner(n) {\n    return 10 / n\n}\nfn outer(n) { return inner(n) }\nresult = try outer(0)\n\
         assert result.kind == \"DivisionByZero\" && result.message == \"Cannot divide by zero\"\n\
         assert result.line == 2 && result.file == \"main.flin\", \"{result.line} {result.file}\"\n\
         names = \"\"\nfor at in result.chain { names = names ++ at.function ++ at.line ++ \" \" }\n\
         assert names == \"inner2 outer4 <main>5 \", names\n\
         again = none\ntry { throw result } catch e { again = e }\n\
         assert again.line == 2 && again == result && !again && again.status == 500",
    );
}

#[test]
fn catch_runs_with_the_state_that_the_error_left() {
    holds(
        r#"
        fn risky(n) {
            seen = []
            try {
                seen = seen ++ ["before"]
                if n > 1 { throw "boom {n}" }
                seen = seen ++ ["after"]
            } catch e {
                seen = seen ++ [e.message]
                try { [][5] } catch e2 { seen = seen ++ [e2.kind] }
            }
            return seen
        }
        assert risky(1) == ["before", "after"] && risky(2) == ["before", "boom 2", "IndexOutOfBounds"]
        total = 0
        for i in 1..50 { total += (try 10 / (i % 5)) || 0 }
        assert total > 0
        "#,
    );
}

#[test]
fn t1_08_depth_is_limited_at_exactly_the_configured_calls() {
    let source = r#"
        fn deep(n) { if n == 0 { return 0 } return 1 + deep(n - 1) }
        assert deep(511) == 511
        found = try deep(512)
        assert found.kind == "StackOverflow"
        assert found.message == "Maximum call depth (512) exceeded. Check for infinite recursion."
        even = (n) => if n == 0 then true else odd(n - 1)
        odd = (n) => if n == 0 then false else even(n - 1)
        assert even(400) && (try even(100000)).kind == "StackOverflow"
    "#;
    holds(source);
    let deeper = "fn deep(n) { if n == 0 { return 0 } return 1 + deep(n - 1) }\nassert deep(65535) == 65535\n\
                  assert (try deep(65536)).kind == \"StackOverflow\"";
    holds_with(&[("main.flin", deeper)], &Limits { call_depth_max: 65536, ..Limits::default() });
}

#[test]
fn loops_run_over_snapshots_of_everything_that_has_elements() {
    holds(
        r#"
        out = ""
        m = {a: 1, b: 2}
        for k, v in m { m["new{k}"] = v; out = out ++ k ++ v }
        for pair in m { out = out ++ pair[0] }
        for ch, at in "aé漢" { out = out ++ ch ++ at }
        for x in 3..1 { out = out ++ "never" }
        for x in none { out = out ++ "never" }
        for i in 9223372036854775806..9223372036854775807 { out = out ++ "|" }
        assert out == "a1b2abnewanewba0é1漢2||", out
        n = 3
        while n > 0 { n-- }
        assert n == 0 && (try (() => { for x in 5 { } })()).kind == "TypeError"
        "#,
    );
}

#[test]
fn patterns_and_destructuring_take_values_apart() {
    holds(
        r#"
        enum Shape { Dot, Box(w: number, h: number) }
        describe = (v) => match v {
            none => "nothing", 0 | 1 => "tiny", 2..9 => "small"
            is text => "text"
            [head, ...tail] => "list of {head} and {tail}"
            { kind: "point", x } => "point {x}"
            Box(w, h) if w == h -> "square"
            Box(_, h) -> "box {h}"
            Dot -> "dot"
            _ => "other"
        }
        got = ""
        for v in [none, 1, 5, 2.0, "x", [1, 2], {kind: "point", x: 3}, Box(2, 2), Box(1, 2), Dot, 99] {
            got = got ++ describe(v) ++ ";"
        }
        assert got == "nothing;tiny;small;small;text;list of 1 and [2];point 3;square;box 2;dot;other;", got
        [a, [b], ...c] = [1, [2], 3, 4]
        { x, y: [z], ...others } = { x: 1, y: [2], p: 3 }
        assert "{a}{b}{c}{x}{z}{others}" == "12[3, 4]12\{\"p\": 3\}"
        take = (v) => { [p, q] = v; p }
        assert (try take([1])).kind == "IndexOutOfBounds" && (try take(5)).kind == "TypeError"
        only = (v) => match v { 1 -> "one" }
        assert (try only(2)).kind == "MatchFailed"
        "#,
    );
}

#[test]
fn a_library_is_initialised_when_it_is_first_read() {
    let library = "count = 0\nstarted = begin()\nfn begin() { return \"yes\" }\nfn next() { count = count + 1\n return count }";
    let main = "next()\nnext()\nassert next() == 3 && count == 3 && started == \"yes\"";
    holds_with(&[("lib/counter.flin", library), ("main.flin", main)], &Limits::default());
    let library = "early = late_user()\nfn late_user() { return late }\nlate = 1";
    let main = "found = try early\nassert found.kind == \"NameError\", \"{found}\"";
    holds_with(&[("lib/order.flin", library), ("main.flin", main)], &Limits::default());
}

#[test]
fn t2_02_garbage_is_reclaimed_cyclic_too() {
    let source = r#"
        i = 0
        while i < 300000 {
            a = [i, "text {i}"]
            a[0] = a
            m = { self: none, n: i }
            m.self = m
            f = () => m
            i++
        }
    "#;
    let (end, _, used) = run(&[("main.flin", source)], &limited(4));
    assert_eq!(end, End::Done);
    assert!(used.unwrap() < 4 << 20);
}

#[test]
fn t2_02_memory_that_was_freed_is_usable_again() {
    let source = r#"
        fn big() {
            xs = [0]
            for i in 1..17 { xs = xs ++ xs }
            return xs
        }
        fn texts() {
            s = "x"
            for i in 1..21 { s = s + s }
            return s
        }
        xs = big()
        xs = none
        ys = big()
        ys = none
        s = texts()
        s = none
        t = texts()
        assert t.length == 2097152
    "#;
    holds_with(&[("main.flin", source)], &limited(6));
}

#[test]
fn t2_03_exhaustion_is_caught_and_the_program_goes_on() {
    let source = r#"
        fn grow() {
            s = "x"
            while true { s = s + s }
        }
        fn hoard() {
            xs = none
            while true { xs = [xs] }
        }
        for i in 1..5 {
            for f in [grow, hoard] {
                found = try f()
                assert found.kind == "MemoryLimitExceeded", "{found}"
                assert "Memory budget exhausted (4 MB limit)" in found.message, found.message
            }
        }
        kept = "still {(1 + 1)}"
        assert kept == "still 2"
    "#;
    holds_with(&[("main.flin", source)], &limited(4));
}

#[test]
fn x_08_an_endless_loop_ends_with_its_fuel() {
    let limits = Limits { fuel_max: Some(1_000_000), ..Limits::default() };
    for source in [
        "while true { }",
        "fn f() { f2() }\nfn f2() { 1 }\nwhile true { f() }",
        "x = 0\nwhile x < 1 { x = x * 1 }",
    ] {
        assert_eq!(run(&[("main.flin", source)], &limits).0, End::Timeout);
    }
}

#[test]
fn an_uncaught_error_says_where_it_was() {
    let source = "fn f(x) {\n    return x.nope()\n}\nf(1)";
    let (end, pool, _) = run(&[("main.flin", source)], &Limits::default());
    let End::Uncaught(error) = end else { panic!("{end:?}") };
    assert_eq!((error.kind.as_str(), error.chain.len()), ("TypeError", 2));
    let origin = error.origin().unwrap();
    assert_eq!((origin.function.as_str(), origin.line), ("f", 2));
    assert_eq!(pool.leased(), 0);
}
