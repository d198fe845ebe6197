//! What names mean, as a table of uses and bindings; and what cannot mean anything.

use super::super::tests::{findings, findings_of, with_files};
use super::super::walk::Visit;
use super::{Binding, FileNames, Names};
use crate::base::{FileId, Kind, Kinds};
use crate::syntax::tree::{Name, NodeId};
use crate::syntax::{ParseLimits, parse};

/// Where a name is read.
struct Reads<'n>(&'n str, Vec<NodeId>);

impl<'t> Visit<'t> for Reads<'_> {
    fn read(&mut self, name: &'t Name) {
        if &*name.text == self.0 {
            self.1.push(name.id);
        }
    }
}

/// One line for each variable: name, kind, `captured`; then the number of its uses as the innermost candidate.
fn variables(source: &str) -> Vec<String> {
    with_files(&[("main.flin", source)], |checked, _| {
        let file = &checked.names.files[&FileId(0)];
        let describe = |(index, variable): (usize, &super::Variable)| {
            let captured = if variable.captured { " captured" } else { "" };
            format!("{} {:?}{captured} {}", variable.name, variable.kind, uses_of(file, index))
        };
        file.variables.iter().enumerate().map(describe).collect()
    })
}

fn uses_of(file: &FileNames, variable: usize) -> usize {
    let is_it = |binding: &Binding| matches!(binding, Binding::Variable(id) if id.0 as usize == variable);
    file.uses.values().filter(|found| found.first().is_some_and(is_it)).count()
}

/// The candidates of every use of a name, in the order of the source.
fn candidates(files: &[(&str, &str)], name: &str) -> Vec<Vec<Binding>> {
    let (_, last) = files.last().unwrap();
    let id = FileId(u32::try_from(files.len() - 1).unwrap());
    let parsed = parse(id, last, ParseLimits::default());
    let mut reads = Reads(name, Vec::new());
    reads.body(&parsed.file.body);
    with_files(files, |checked, _| {
        let uses = &checked.names.files[&id].uses;
        reads.1.iter().map(|id| uses.get(id).cloned().unwrap_or_default()).collect()
    })
}

fn names_of(files: &[(&str, &str)]) -> Names {
    with_files(files, |checked, _| checked.names)
}

#[test]
fn an_assignment_in_a_lambda_reaches_the_variable_around_it() {
    let found = variables("n = 0\nadd = () => { n += 1; m = n; m }\nadd()");
    assert_eq!(found, ["n Assigned captured 2", "add Assigned 1", "m Assigned 1"]);
}

#[test]
fn a_later_assignment_of_the_outer_scope_counts() {
    let found = variables("f = () => { x = 1; x }\nx = 2\nprint(x, f())");
    assert_eq!(found, ["f Assigned 1", "x Assigned captured 2"]);
}

#[test]
fn loop_catch_and_pattern_names_are_new_in_their_block() {
    let source = "x = 1\nfor x in [1] { x = 2; print(x) }\ntry { print(x) } catch x { print(x) }\n\
                  match [1] { [x] -> print(x), _ -> 0 }";
    let found = variables(source);
    assert_eq!(found, ["x Assigned 1", "x Block 1", "x Block 1", "x Block 1"]);
}

#[test]
fn a_name_assigned_only_in_its_loop_is_no_variable_of_the_file() {
    assert_eq!(
        findings("for x in [1] { x = 2 }\nprint(x)"),
        "main.flin:2:7: error[E0001]: unknown name `x`\n"
    );
}

#[test]
fn a_lowercase_pattern_compares_with_a_visible_variable_else_binds() {
    assert_eq!(variables("limit = 3\nmatch 3 { limit -> 1, _ -> 0 }"), ["limit Assigned 1"]);
    assert_eq!(variables("match 3 { n -> n, _ -> 0 }"), ["n Block 1"]);
    assert_eq!(variables("n = 1\nmatch [3] { [n] -> n, _ -> 0 }"), ["n Assigned 0", "n Block 1"]);
}

#[test]
fn alternatives_bind_one_variable() {
    assert_eq!(variables("match [1, 2] { [a, 1] | [2, a] -> a, _ -> 0 }"), ["a Block 1"]);
}

#[test]
fn defaults_see_earlier_parameters() {
    assert_eq!(findings("fn f(a, b = a) { a + b }\nf(1)"), "");
    assert!(findings("fn f(a = b, b = 1) { a + b }\nf(1)").contains("1:10: error[E0001]: unknown name `b`"));
}

#[test]
fn an_unset_variable_falls_back_to_the_built_in() {
    let found = candidates(&[("main.flin", "if false { pi = 3 }\nprint(pi)")], "pi");
    assert!(matches!(found[0].as_slice(), [Binding::Variable(_), Binding::Native(_)]), "{found:?}");
}

#[test]
fn lookup_goes_from_the_file_to_the_project_to_the_built_ins() {
    let library = ("lib/a.flin", "rate = 2\nfn twice(x) { x * rate }\nenum Colour { Red, Blue }");
    let one = |name: &str| candidates(&[library, ("main.flin", &format!("print({name})"))], name).remove(0);
    assert!(matches!(one("rate").as_slice(), [Binding::Global(FileId(0), _)]));
    assert!(matches!(one("twice").as_slice(), [Binding::Function(FileId(0), _)]));
    assert_eq!(one("Colour"), [Binding::Enum(0)]);
    assert_eq!(one("Blue"), [Binding::Variant(0, 1)]);
    assert_eq!(one("upper"), [Binding::Method]);
    assert_eq!(one("window"), [Binding::Client]);
    assert!(matches!(one("sqrt").as_slice(), [Binding::Native(_)]));
}

#[test]
fn the_request_is_known_where_requests_run() {
    let page = [("app/index.flin", "<p>{params.id}</p>")];
    assert_eq!(candidates(&page, "params"), [[Binding::Context]]);
    assert!(findings("print(params)").contains("E0001"));
    assert_eq!(findings_of(&[("app/live.flin", "ws { on message(data) { send(data) } }")]), "");
    assert!(findings_of(&[("app/live.flin", "send(1)")]).contains("E0001"));
    assert_eq!(findings("route GET { params.id }"), "");
    assert_eq!(findings("test \"it\" { test_request(\"GET\", \"/\") }"), "");
    assert!(findings("test_request(\"GET\", \"/\")").contains("E0001"));
}

#[test]
fn a_namespace_stands_before_a_dot_and_its_member_is_the_built_in() {
    let found = candidates(&[("main.flin", "Math.floor(1.5)")], "Math");
    assert_eq!(found, [[Binding::Namespace]]);
    assert_eq!(
        findings("Math.flor(1.5)"),
        "main.flin:1:6: error[E0002]: `Math` has no `flor`\n  help: did you mean `floor`?\n"
    );
    assert_eq!(findings("print(Date.now(), Date.parse(\"x\"))"), "");
}

#[test]
fn fields_are_seen_in_conditions_of_an_entitys_query() {
    let source = "entity User { age: int, name: text }\nlimit = 3\n\
                  print(User.where(age > limit).order(age, desc).first, User.all.sum(age))";
    assert_eq!(findings(source), "");
    assert_eq!(candidates(&[("main.flin", source)], "age")[0], [Binding::Field]);
    assert_eq!(candidates(&[("main.flin", source)], "desc"), [[Binding::Word]]);
}

#[test]
fn a_lambda_inside_a_condition_hides_fields() {
    let source = "entity User { age: int }\nages = [1]\nprint(User.where(ages.map(age => age).sum() > age))";
    let found = candidates(&[("main.flin", source)], "age");
    assert!(matches!(found[0].as_slice(), [Binding::Variable(_)]));
    assert_eq!(found[1], [Binding::Field]);
}

#[test]
fn types_after_is_are_flattened() {
    let source = "enum Colour { Red }\nentity User { name: text }\ntype Id = int | text?\ntype Any = Id | Colour | User\n\
                  print(1 is Any)";
    let names = names_of(&[("main.flin", source)]);
    let test = names.files[&FileId(0)].tests.values().next().unwrap();
    assert_eq!(test.kinds, Kinds::of(&[Kind::Int, Kind::Text, Kind::None]));
    assert_eq!((test.enums.as_slice(), test.entities.as_slice()), (&[0][..], &[0][..]));
}

#[test]
fn a_payload_that_names_no_type_was_perhaps_meant_as_a_name() {
    let told = findings("enum E { A, B(x), C(n: zz), D(int) }");
    let [unknown, help, other] = told.lines().collect::<Vec<_>>()[..] else { panic!("{told}") };
    assert!(unknown.ends_with("unknown type `x`") && other.ends_with("unknown type `zz`"), "{told}");
    assert_eq!(help, "  help: a payload with a name is written `x: type`");
}

#[test]
fn types_are_suggested_by_the_names_of_the_reference() {
    for (wrong, meant) in [
        ("Strng", "text"),
        ("String", "text"),
        ("strng", "text"),
        ("Foat", "number"),
        ("Integer", "int"),
        ("Txt", "text"),
    ] {
        let told = findings(&format!("x: {wrong} = f\nfn f() {{ }}"));
        assert!(told.contains(&format!("help: did you mean `{meant}`?")), "{wrong}: {told}");
    }
}

#[test]
fn findings_about_names() {
    insta::assert_snapshot!(findings(include_str!("tests/unknown.flin")));
}

#[test]
fn findings_about_assignments_and_duplicates() {
    let library = ("lib/a.flin", "rate = 2\nfn twice(x) { x }\nentity User { name: text }");
    let other = ("lib/b.flin", "fn twice(x) { x }\nrate = 3");
    insta::assert_snapshot!(findings_of(&[
        library,
        other,
        ("main.flin", include_str!("tests/refused.flin"))
    ]));
}

#[test]
fn a_chain_of_ten_thousand_types_needs_no_recursion() {
    let later = |n: u32| format!("type A{n} = [A{}]\n", n - 1);
    let source = "type A0 = int\n".to_owned() + &(1..10_000).map(later).collect::<String>();
    assert_eq!(findings(&source), "");
}

#[test]
fn a_variable_hides_a_built_in_only_where_that_is_called() {
    for harmless in
        ["upper = 3\nprint(upper)", "text = \"a\"\nprint(text)", "fn f(list) { list.length }\nf([])"]
    {
        assert_eq!(findings(harmless), "", "{harmless}");
    }
    for hiding in
        ["upper = 3\nprint(upper(\"a\"))", "upper = 3\nprint(\"a\" |> upper)", "text = \"a\"\nprint(text(1))"]
    {
        assert!(findings(hiding).contains("warning[W0003]: the variable `"), "{hiding}");
    }
    assert!(
        findings("fn upper(xs) { xs }\nupper(1)")
            .contains("warning[W0003]: `upper` hides the built-in method")
    );
}
