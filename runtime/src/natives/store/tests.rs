//! Programs with entities over a slow, obvious store: each runs with and without a collection before every instruction,
//! and must print the same.

mod model;

use crate::app::SourceFile;
use crate::app::build::{build, link};
use crate::app::limits::Limits as Bounds;
use crate::check::Role;
use crate::record::request::Reach;
use crate::record::{Refusal, Request};
use crate::value::Pool;
use crate::vm::{Answer, Effect, Limits, Outcome, Trap, Vm};
use model::Model;

const SHOP: &str = r#"
enum Status { Draft, Open, Paid(at: int) }
entity Customer {
    name: text @required @maxLength(5)
    email: text? @email @unique
    age: int? @min(18) @check(age % 2 == 0)
    site: text? @url
    code: text? @pattern(/^[a-z]+$/)
    role: text = "user" @one_of("user", "admin")
    born: time?
    rank: number = 1 @positive
}
entity Order {
    customer: Customer
    status: Status = Status.Draft
    cents: int = 2 + 3 @min(0)
    tags: [text] = []
    others: [Customer] = []
    data: map = {}
    number: text? @immutable
}
"#;

/// What a program prints, or the kind and message of the error that ended it.
fn run_on(model: &mut Model, source: &str, gc_stress: bool) -> String {
    run_whole(model, &format!("{SHOP}{source}"), gc_stress)
}

fn run_whole(model: &mut Model, source: &str, gc_stress: bool) -> String {
    run_limited(model, source, Limits { gc_stress, ..Limits::default() })
}

fn run_limited(model: &mut Model, source: &str, limits: Limits) -> String {
    let files = [SourceFile::in_memory("main.flin", Role::Script, source)];
    let built = build(&files, 0, &Bounds::default()).unwrap_or_else(|rejected| panic!("{rejected:?}"));
    let program = link(built.module).unwrap();
    let entry = program.module.entry;
    model.schema = program.module.entities.clone();
    let mut vm = Vm::new(program, limits, Pool::new(1 << 30), [0; 32]);
    vm.start(entry, &[]);
    let mut output = String::new();
    loop {
        match vm.run(500) {
            Outcome::Done(_) => return output,
            Outcome::Yield => {}
            Outcome::Effect(Effect::Print(line)) => {
                output.push_str(&line);
                output.push('\n');
                vm.resume(Answer::Nothing);
            }
            Outcome::Effect(Effect::Store(request)) => vm.resume(Answer::Store(model.answer(request))),
            Outcome::Effect(Effect::Now) => vm.resume(Answer::Millis(1_700_000_000_000)),
            Outcome::Effect(other) => panic!("{other:?}"),
            Outcome::Trap(Trap::Uncaught(error)) => {
                return format!("{output}{}: {}", error.kind, error.message);
            }
            Outcome::Trap(Trap::Bug(bug)) => panic!("{bug} after {output}"),
        }
    }
}

fn run(source: &str) -> String {
    let plain = run_on(&mut Model::default(), source, false);
    assert_eq!(run_on(&mut Model::default(), source, true), plain);
    plain
}

/// What is printed, line by line.
fn prints(source: &str, lines: &[&str]) {
    let found = run(source);
    assert_eq!(found.lines().collect::<Vec<_>>(), lines, "{source}");
}

#[test]
fn an_entity_is_unsaved_until_it_is_saved() {
    prints(
        "c = Customer { name: \"Ada\" }
         print(c, c.id, c.version, c.created_at, c.name, c.role, c.email, type_of(c), c is Customer, c is Order)
         same = save c
         print(c, c.id, c.version, c.role, c.rank, same == c, c.created_at == c.updated_at, c.deleted_at)
         print(Customer { name: \"x\" } == Customer { name: \"x\" }, c == c.copy(), c[\"name\"], c[1], !c)",
        &[
            "Customer(new) none 0 none Ada none none Customer true false",
            "Customer(1) 1 1 user 1 true true none",
            "false true Ada none false",
        ],
    );
}

#[test]
fn saving_again_adds_a_version_when_something_changed() {
    prints(
        "c = save Customer { name: \"Ada\" }
         c.name = \"Bo\"
         save c
         save c
         print(c.version, c.name)
         o = Order { customer: c, tags: [\"a\"] }
         save o
         o.tags.push(\"b\")
         save o
         print(o.version, o.tags, o.customer.name, o.customer_id, o.status, o.cents)",
        &["2 Bo", "2 [\"a\", \"b\"] Bo 1 Draft 5"],
    );
}

#[test]
fn every_broken_rule_is_told_at_once() {
    let checked = |fields: &str| {
        run(&format!(
            "e = try save Customer {{ {fields} }}\nprint(e.kind, e.status, e.data)\nprint(e.message)"
        ))
    };
    assert_eq!(
        checked("name: \"  \", email: \"x\", age: 7, site: \"x\", code: \"A\", role: \"boss\", rank: 0"),
        "ValidationFailed 400 {\"name\": \"is required\", \"email\": \"must be a valid email\", \"age\": \"must be at \
         least 18\", \"site\": \"must be a valid URL\", \"code\": \"has an invalid format\", \"role\": \"must be one of \
         user, admin\", \"rank\": \"must be positive\"}\nValidation failed: name is required; email must be a valid \
         email; age must be at least 18; site must be a valid URL; code has an invalid format; role must be one of user, \
         admin; rank must be positive\n"
    );
    let told = |fields: &str| checked(fields).lines().next().unwrap().to_owned();
    assert_eq!(told(""), "ValidationFailed 400 {\"name\": \"is required\"}");
    assert_eq!(told("name: none"), "ValidationFailed 400 {\"name\": \"is required\"}");
    assert_eq!(
        told("name: \"abcdef\", age: 19"),
        "ValidationFailed 400 {\"name\": \"must have at most 5 characters\", \"age\": \"is invalid\"}"
    );
    assert_eq!(
        told("...{ name: 1, age: \"x\", born: \"soon\", role: none, rank: true, id: 5, strange: 1 }"),
        "ValidationFailed 400 {\"name\": \"must be a text\", \"age\": \"must be an int\", \"role\": \"is required\", \
         \"born\": \"must be a time\", \"rank\": \"must be a number\"}"
    );
}

#[test]
fn what_saving_converts_is_what_the_entity_holds_then() {
    prints(
        "c = save Customer { name: \"Ada\", born: \"2024-01-15\", rank: 2 }
         print(type_of(c.rank), c.born.year)
         o = save Order { ...{ customer: c.id, status: \"Open\", others: [c, c.id] }, data: { a: [1, 2.5, none, { b: true }] } }
         print(o.status == Status.Open, o.customer.name, o.others, o.data)
         o.status = Paid(7)
         save o
         print(o.status, o.others[0] == c)",
        &[
            "number 2024",
            "true Ada [Customer(1), Customer(1)] {\"a\": [1, 2.5, none, {\"b\": true}]}",
            "Paid(7) true",
        ],
    );
}

#[test]
fn a_value_that_does_not_fit_is_named_by_its_type() {
    prints(
        "c = save Customer { name: \"Ada\" }
         m = { a: print }
         e = try save Order { ...{ customer: \"x\", status: \"None\", cents: 1.5, tags: [1], others: [5, \"x\"], data: m } }
         print(e.data)
         print((try save Order { customer: Customer { name: \"B\" } }).kind, (try save Order { customer: 99 }).kind)
         print((try save Order { ...{ customer: Order { } } }).data)
         deep = [:]
         deep[\"x\"] = deep
         print((try save Order { customer: c, data: deep }).kind)
         n = 5
         print((try save n).message)",
        &[
            "{\"customer\": \"must be a Customer\", \"status\": \"must be a Status\", \"cents\": \"must be an int\", \
             \"tags\": \"must be a list of text\", \"others\": \"must be a list of Customer\", \"data\": \"must be a map \
             of JSON-like data\"}",
            "ForeignKeyViolation ForeignKeyViolation",
            "{\"customer\": \"must be a Customer\"}",
            "ValueError",
            "only entities can be saved, not int",
        ],
    );
}

#[test]
fn a_failed_save_changes_neither_the_store_nor_the_entity() {
    prints(
        "c = save Customer { name: \"Ada\", email: \"a@b.org\" }
         d = Customer { name: \"Bo\", email: \"a@b.org\" }
         e = try save d
         print(e.kind, e.message, e.data, d.id, d.version, d.role)
         d.email = \"b@b.org\"
         print((save d).id)
         c.name = \"too long\"
         print((try save c).kind, c.version, c.name)
         stale = c.copy()
         c.name = \"Eve\"
         save c
         stale.name = \"Zoe\"
         print((try save stale).kind, stale.version, c.version)
         o = save Order { customer: c, number: \"1\" }
         o.number = \"2\"
         print((try save o).data)
         o.number = none
         print((try save o).data)",
        &[
            "UniqueViolation email is already taken {\"email\": \"is already taken\"} none 0 none",
            "2",
            "ValidationFailed 1 too long",
            "VersionConflict 1 2",
            "{\"number\": \"cannot be changed\"}",
            "{\"number\": \"cannot be changed\"}",
        ],
    );
}

#[test]
fn delete_restore_and_destroy_update_the_entity() {
    prints(
        "c = save Customer { name: \"Ada\" }
         same = delete c
         print(same == c, c.version, c.deleted_at == none, (try save c).kind)
         delete c
         print(c.version)
         restore c
         print(c.version, c.deleted_at)
         destroy c
         print(c.id, (try save c).kind, (try delete c).kind, (try restore c).message)
         m = { a: 1, b: c }
         print((try delete Customer { name: \"x\" }).message, (try delete m).message)
         delete m[\"a\"]
         print(m.keys())
         xs = [save Customer { name: \"Bo\" }]
         delete xs[0]
         print(xs[0].version, xs.length)",
        &[
            "true 2 false EntityNotFound",
            "2",
            "3 none",
            "1 EntityNotFound EntityNotFound no Customer with id 1",
            "this Customer was never saved and cannot be deleted only entities can be deleted, not map; a key of a map goes with `delete map[key]`",
            "[\"b\"]",
            "2 1",
        ],
    );
}

#[test]
fn automatic_and_unknown_fields_cannot_be_set() {
    prints(
        "c = save Customer { name: \"Ada\" }
         fn tell(f) { print((try f()).message) }
         fn set(x, key, value) { match key { \"id\" -> x.id = value, \"version\" -> x.version = value, _ -> x.strange = value } }
         tell(() => set(c, \"id\", 3))
         tell(() => set(c, \"version\", 3))
         tell(() => set(c, \"\", 3))
         tell(() => c[\"strange\"])
         fn read(x) { x.strange }
         tell(() => read(c))
         print((try set(save Order { customer: c }, \"id\", 1)).kind, c.id)",
        &[
            "`id` of Customer is the store's and cannot be set",
            "`version` of Customer is the store's and cannot be set",
            "Customer has no field `strange`",
            "Customer has no field `strange`",
            "Customer has no field `strange`",
            "TypeError 1",
        ],
    );
}

#[test]
fn a_reference_reads_as_the_entity_that_is_there_now() {
    prints(
        "c = save Customer { name: \"Ada\" }
         o = save Order { customer: c, others: [c] }
         o.customer.name = \"lost\"
         print(o.customer.name, o.customer == c, o.customer_id)
         c.name = \"Bo\"
         save c
         print(o.customer.name, o.others[0].name)
         fn first(x) { return x.others.map(v => v.name).join(\"-\") ++ o.customer.name }
         print(first(o))
         destroy c
         print(o.customer, o.customer_id)",
        &["Ada true 1", "Bo Bo", "BoBo", "none 1"],
    );
}

#[test]
fn x_33_what_an_open_transaction_saved_is_charged_with_what_its_rows_cost() {
    let source = "entity Row { n: int }\ncount = 0\ntry { transaction { for i in 0..20_000 { save Row { n: i }\n count += 1 } } }\ncatch e { print(e.kind) }\nprint(count > 500 && count < 4_500)\nsave Row { n: 1 }";
    let limits = Limits { memory_bytes_max: 4 << 20, ..Limits::default() };
    assert_eq!(run_limited(&mut Model::default(), source, limits), "MemoryLimitExceeded\ntrue\n");
}

#[test]
fn x_33_what_cascades_in_a_transaction_is_charged_before_it_is_written() {
    let source = |change: &str| {
        format!(
            "entity Row {{ n: int }}\nr = save Row {{ n: 1 }}\ntransaction {{ e = try {change} r\n print(e.kind, r.deleted_at) }}\n{change} r\nprint(\"alone\")"
        )
    };
    let limits = Limits { memory_bytes_max: 4 << 20, ..Limits::default() };
    for reach in [Reach { rows: 10_000, bytes: 0 }, Reach { rows: 2, bytes: 3 << 20 }] {
        for change in ["delete", "destroy"] {
            let mut model = Model::default();
            model.reach = reach;
            let found = run_limited(&mut model, &source(change), limits);
            assert_eq!(found, "MemoryLimitExceeded none\nalone\n", "{change} {reach:?}");
        }
    }
    let mut model = Model::default();
    model.reach = Reach { rows: 3, bytes: 100 };
    let many = "entity Row { n: int }\nfor i in 1..1_500 { transaction { r = save Row { n: i }\n delete r\n restore r\n destroy r } }\nprint(\"done\")";
    let limits = Limits { memory_bytes_max: 1 << 20, ..Limits::default() };
    assert_eq!(run_limited(&mut model, many, limits), "done\n");
}

#[test]
fn x_33_what_a_transaction_was_charged_is_given_back_when_it_ends() {
    let rows = "for i in 1..3 { r = Row { n: i }\n save r\n delete r\n restore r }";
    for end in ["", "throw \"undone\"", "transaction { save Row { n: 0 }\n throw \"inner\" }"] {
        let source = format!(
            "entity Row {{ n: int }}\nfor i in 1..1_500 {{ try {{ transaction {{ {rows}\n {end} }} }} catch e {{ assert e.kind != \"MemoryLimitExceeded\" }} }}\nprint(\"done\")"
        );
        let limits = Limits { memory_bytes_max: 1 << 20, ..Limits::default() };
        assert_eq!(run_limited(&mut Model::default(), &source, limits), "done\n", "{end}");
    }
}

#[test]
fn a_transaction_is_all_or_nothing() {
    prints(
        "c = save Customer { name: \"Ada\" }
         outcome = try transaction {
             c.name = \"Bo\"
             save c
             d = save Customer { name: \"Eve\" }
             print(c.version, d.id)
             save Customer { name: \"\" }
         }
         print(outcome.kind, c.version, c.name, d.id, d.version)
         print(transaction { save c\n c.name = \"Cy\"\n save c\n 7 }, c.version)
         fn early(x) { transaction { x.name = \"R\"\n save x\n return x.version } }
         print(early(c), c.version)
         for i in 1..3 { transaction { c.name = \"n{i}\"\n save c\n if i == 2 { break } } }
         print(c.version, c.name)
         transaction {
             save Customer { name: \"in\" }
             inner = try transaction { delete c\n throw \"no\" }
             print(inner.message, c.deleted_at, c.version)
         }
         print(c.version)",
        &["2 2", "ValidationFailed 1 Bo none 0", "7 2", "3 3", "5 n2", "no none 5", "5"],
    );
}

#[test]
fn a_refused_commit_undoes_what_was_saved() {
    let source = "c = Customer { name: \"Ada\" }
        e = try transaction { save c\n 1 }
        print(e.kind, e.message, c.id, c.version)
        fn early() { transaction { save c\n return 1 } }
        print((try early()).kind, c.id)
        print(transaction { save c\n c.id })
        fn inside() { transaction { try { c.name = \"Bo\"\n save c\n return 1 } catch seen { print(\"no\") } } }
        print((try inside()).kind, c.version)
        for i in 1..2 { e = try transaction { try { save c\n continue } catch seen { print(\"no\") } } }
        print(c.version, e.kind)";
    for stress in [false, true] {
        let mut model = Model::default();
        // Of the six commits the first two, the fourth and the fifth.
        model.commits_refused = vec![1, 2, 4, 5];
        let found = run_on(&mut model, source, stress);
        assert_eq!(
            found,
            "StoreError the disk is full none 0\nStoreError none\n1\nStoreError 1\n2 StoreError\n"
        );
        assert_eq!(model.depth(), 0);
    }
}

#[test]
fn no_refusal_leaves_a_trace() {
    let source = "c = Customer { name: \"Ada\" }\nprint((try save c).kind, c.id)\nsave c\nc.name = \"Bo\"\n\
                  print((try save c).kind, c.version, (try delete c).kind, c.deleted_at)\nsave c\nprint(c.version)";
    let mut model = Model::default();
    let full = || Refusal::Unavailable("the disk is full".into());
    model.refuse.push((|request| matches!(request, Request::Delete(_)), full()));
    model.refuse.push((|request| matches!(request, Request::Save { id: Some(_), .. }), full()));
    model.refuse.push((|request| matches!(request, Request::Save { id: None, .. }), full()));
    assert_eq!(run_on(&mut model, source, true), "StoreError none\nStoreError 1 StoreError none\n2\n");
}

#[test]
fn an_entity_is_taken_apart_like_a_map() {
    prints(
        "c = save Customer { name: \"Ada\", age: 20 }
         o = save Order { customer: c, cents: 7 }
         {name, age: years} = c
         {cents, ...others} = o
         print(name, years, cents, others.keys(), others.customer.name)
         told = match c { { name: \"Bo\" } -> 1, { strange } -> 2, { name: n, id } -> n ++ id, _ -> 4 }
         print(told)
         print((try transaction { throw \"x\" }).message, try transaction { 1 / 0 })",
        &[
            "Ada 20 7 [\"customer\", \"status\", \"tags\", \"others\", \"data\", \"number\"] Ada",
            "Ada1",
            "x DivisionByZero: Cannot divide by zero",
        ],
    );
}

#[test]
fn defaults_and_checks_see_the_files_own_names() {
    let source = "limit = 3\nfn next() { limit += 1\n limit }\n\
         entity Counter { n: int = next() @check(n < limit + 2 && names.some(x => x == n || x == 0)), names: [int] = [0, n_of()] }\n\
         fn n_of() { 9 }\n\
         c = save Counter { }\nprint(c.n, c.names)\n\
         e = try save Counter { n: 99 }\nprint(e.data, limit)";
    prints(source, &["4 [0, 9]", "{\"n\": \"is invalid\"} 4"]);
}

#[test]
fn the_language_page_says_what_entities_do() {
    let page = include_str!("../../../docs/language.md");
    let mut seen = 0;
    for part in page.split("```flin entities\n").skip(1) {
        let (code, rest) = part.split_once("```\n").unwrap();
        let output = rest.strip_prefix("```output\n").unwrap().split_once("```").unwrap().0;
        for stress in [false, true] {
            assert_eq!(run_whole(&mut Model::default(), code, stress), output, "{code}");
        }
        seen += 1;
    }
    assert_eq!(seen, 4);
}
