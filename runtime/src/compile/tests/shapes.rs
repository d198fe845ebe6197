//! The shape of the code where it decides about speed; all of it passes the verifier.

use super::code_of;

/// The instructions of the function at an index, their names alone.
fn names(source: &str, function: usize) -> Vec<String> {
    let shown = code_of(source);
    let head = format!("function {function} ");
    let lines = shown.lines().skip_while(|line| !line.starts_with(&head)).skip(1);
    let lines = lines.take_while(|line| !line.starts_with("function "));
    let words = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    words
        .filter(|words| words.first().is_some_and(|word| word.parse::<u32>().is_ok()))
        .map(|words| words[1].into())
        .collect()
}

#[test]
fn a_recursive_function_compares_and_computes_with_operands_in_the_instruction() {
    let source = "fn fib(n) {\n if n < 2 { return n }\n return fib(n - 1) + fib(n - 2)\n}\nfib(3)";
    let expected =
        ["JumpNotLtInt", "Return", "SubInt", "CallFunction", "SubInt", "CallFunction", "Add", "Return"];
    assert_eq!(names(source, 0), expected);
}

#[test]
fn a_loop_over_ints_takes_one_instruction_a_round_beside_its_body() {
    let source = "fn sum() {\n s = 0\n for i in 0..<9 { s += i }\n return s\n}";
    let expected = ["LoadInt", "LoadInt", "LoadInt", "ForPrepare", "Add", "ForNext", "Return"];
    assert_eq!(names(source, 0), expected);
}

#[test]
fn an_operand_is_copied_only_when_what_follows_assigns_it() {
    assert_eq!(names("fn f(x) { x + (x = 5) }", 0), ["Move", "LoadInt", "Move", "Add", "Return"]);
    assert_eq!(names("fn f(x, y) { x + y }", 0), ["Add", "Return"]);
}

#[test]
fn a_variable_is_checked_only_where_it_may_be_unset() {
    let source = "fn f(c) {\n if c { x = 1 }\n y = x\n z = x\n return z\n}";
    let expected = ["LoadUnset", "JumpIfNot", "LoadInt", "CheckSet", "Move", "Move", "Return"];
    assert_eq!(names(source, 0), expected);
}

#[test]
fn a_pipeline_calls_each_stage_once() {
    let source = "fn f(x) { x |> trim |> replace(\"a\", \"b\") |> f }";
    let calls = names(source, 0).into_iter().filter(|name| name.starts_with("Call")).collect::<Vec<_>>();
    assert_eq!(calls, ["CallMethod", "CallMethod", "CallFunction"]);
}
