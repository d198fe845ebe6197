//! Queries, references and time travel, as programs that state their facts with `assert`; the store is a model of a few
//! lines that counts what it is asked. Everything runs twice: as usual, and collecting garbage before every instruction.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests may panic"
)]

#[path = "queries/model.rs"]
mod model;

use flin_runtime::app::Limits;
use flin_runtime::record::{Datum, Key, Lookup, Request};
use model::{Model, printed};

const ENTITIES: &str = "
enum Rank { Low, High }
entity Author { name: text @unique, born: int?, secret: text? @hidden }
entity Post {
    title: text
    author: Author
    readers: [Author] = []
    stars: int?
    weight: number = 1.0
    rank: Rank = Rank.Low
    tags: [text] = []
    @index(author)
    @index(stars)
}
";

fn run_on(model: &mut Model, source: &str, limits: &Limits) -> Result<(), String> {
    printed(model, format!("{ENTITIES}{source}"), limits).map(|_| ())
}

fn text(text: &str) -> Datum {
    Datum::Text(text.into())
}

/// Three authors and six posts.
fn library() -> Model {
    let mut model = Model::default();
    for (name, born) in [("Ada", Datum::Int(1815)), ("Bo", Datum::None), ("Cy", Datum::Int(1700))] {
        model.insert(0, &[text(name), born, text("hush")]);
    }
    for at in 1..=6_i64 {
        let stars = if at == 4 { Datum::None } else { Datum::Int(at % 3) };
        let rank = if at % 2 == 0 { "High" } else { "Low" };
        let readers = (1..=u64::try_from(at % 4).unwrap()).map(Datum::Reference).collect();
        model.insert(
            1,
            &[
                text(&format!("p{at}")),
                Datum::Reference(u64::try_from((at + 1) / 2).unwrap()),
                Datum::List(readers),
                stars,
                Datum::Number(0.5),
                Datum::Variant(rank.into(), Vec::new()),
                Datum::List(vec![text("t"), text(&format!("{at}"))]),
            ],
        );
    }
    model
}

fn run(model: &mut Model, source: &str) {
    run_on(model, source, &Limits::default()).unwrap_or_else(|error| panic!("{error}"));
}

/// Both ways, on the library.
fn holds(source: &str) {
    for gc_stress in [false, true] {
        let limits = Limits { gc_stress, ..Limits::default() };
        run_on(&mut library(), source, &limits).unwrap_or_else(|error| panic!("stress {gc_stress}: {error}"));
    }
}

#[test]
fn builders_filter_order_move_and_limit_in_this_order() {
    holds(
        r#"
        fn ids(q) { q.map(p => p.id) }
        assert ids(Post.all) == [1, 2, 3, 4, 5, 6]
        assert ids(Post.where((stars ?? 0) > 0)) == [1, 2, 5]
        assert ids(Post.where(stars != none && stars < 2).where(title != "p3")) == [1, 6]
        assert ids(Post.order(stars)) == [4, 3, 6, 1, 2, 5], "{ids(Post.order(stars))}"
        assert ids(Post.order(stars, desc)) == [2, 5, 1, 3, 6, 4]
        assert ids(Post.order("stars", "asc").offset(1).limit(2)) == [3, 6]
        assert ids(Post.limit(2).offset(1).order(title, desc)) == [5, 4]
        assert ids(Post.limit(0)) == [] && ids(Post.offset(9)) == []
        assert ids(Post.order(id, desc).limit(3)) == [6, 5, 4]
        assert ids(Post.order(author_id, desc).order(stars, desc).limit(1)) == [2]
        all = Post.all
        few = all.where(p => p.stars == 2)
        assert ids(all) == [1, 2, 3, 4, 5, 6] && ids(few) == [2, 5] && ids(few.where(u => u.id > 2)) == [5]
        assert ids(Post.all |> where((stars ?? 0) > 0) |> order(stars, desc) |> take(1)) == [2]
        "#,
    );
}

#[test]
fn conditions_see_fields_first_then_variables() {
    holds(
        r#"
        least = 1
        title = "p2"
        fn made(n) { Post.where((stars ?? 0) >= n && title == title) }
        assert made(least).length == 3
        assert Post.where(p => p.title == title).first.id == 2
        assert Post.where(tags.some(t => t == "5" && stars == 2)).length == 1
        assert Post.where(rank == Rank.High).map(p => p.id) == [2, 4, 6]
        assert Post.where(author.name == "Bo").length == 2
        assert Post.where(p => Author.where(name == p.author.name && born != none).length > 0).length == 4
        chosen = p => p.stars == 0
        assert Post.where(chosen).length == 2
        assert Post.where(true).length == 6 && Post.where(1 > 2).length == 0
        count = 0
        seen = Post.where(p => { count += 1; p.id > 3 })
        assert count == 0
        assert seen.length == 3 && count == 6
        "#,
    );
}

#[test]
fn single_answers() {
    holds(
        r#"
        assert Post.find(3).title == "p3" && Post.find("3").title == "p3"
        assert Post.find(99) == none && Post.find("x") == none && Post.find(none) == none && Post.find(-1) == none
        assert Post.get(1).title == "p1"
        gone = try Post.get(99)
        assert gone.kind == "EntityNotFound" && gone.message == "no Post with id 99" && gone.status == 404
        assert (try Post.get("x")).kind == "EntityNotFound" && (try Post.find(1.5)).kind == "TypeError"
        assert Post.where(stars == 2).find(2).id == 2 && Post.where(stars == 2).find(3) == none
        assert Post.order(id).limit(2).find(2).id == 2 && Post.limit(2).find(3) == none
        assert Post.first.id == 1 && Post.first().id == 1 && Post.order(stars, desc).first.id == 2
        assert Post.where(stars == 7).first == none
        assert Post.count == 6 && Post.count() == 6 && Post.where((stars ?? 0) > 0).count == 3 && Post.offset(4).count == 2
        assert Post.sum(stars) == 5 && Post.min("stars") == 0 && Post.max(stars) == 2 && Post.avg(stars) == 1.0
        assert Post.sum(weight) == 3.0 && Post.where(stars == 7).sum(stars) == 0
        assert Post.where(stars == 7).min(stars) == none && Post.where(stars == 7).avg(stars) == none
        assert Post.order(stars, desc).limit(2).sum("stars") == 4
        assert Post.all(p => p.id > 0) && Post.find(p => p.id > 4).id == 5
        "#,
    );
}

#[test]
fn what_a_query_refuses() {
    holds(
        r#"
        q = Post.all
        bad = "sta" + "r"
        fn kinds(calls) { calls.map(c => (try c()).kind).unique() }
        assert kinds([() => q.limit(-1), () => q.offset(-1), () => q.order("stars", "up"), () => q.order("stars", 1)]) == ["ValueError"]
        assert kinds([() => q.order(bad), () => q.sum(bad)]) == ["NameError"]
        assert kinds([() => q.sum("title"), () => q.order("author"), () => q.order("tags"), () => q.nothing, () => q.limit("1")]) == ["TypeError"]
        assert (try q.order("stars", "up")).message == "the direction of an order is asc or desc, not \"up\""
        assert kinds([() => Post.where(p => p.nothing).length, () => Post.where(p => p.title > 1).first]) == ["TypeError"]
        assert (try Post.where(p => 1 / 0).count).kind == "DivisionByZero"
        "#,
    );
}

#[test]
fn a_query_is_a_list_wherever_a_list_is_used() {
    holds(
        r#"
        q = Post.where(stars == 2)
        found = []
        for p in q { found.push(p.id) }
        for p, at in q { found.push(at) }
        assert found == [2, 5, 0, 1]
        assert [...q, ...q].length == 4
        [a, b] = q
        [head, ...tail] = Post.all
        assert a.id == 2 && b.id == 5 && head.id == 1 && tail.length == 5
        assert q[0].id == 2 && q[-1].id == 5 && (try q[2]).kind == "IndexOutOfBounds"
        assert q[1:].length == 1 && q[::-1].first.id == 5
        assert len(q) == 2 && q.length == 2 && q.last.id == 5 && !q.is_empty
        assert Post.find(5) in q && !(Post.find(1) in q) && q.contains(Post.find(2))
        assert q.map(p => p.title).join("+") == "p2+p5" && q.reverse().first.id == 5
        assert q.filter(p => p.id > 2).length == 1 && q.reduce((n, p) => n + p.id, 0) == 7
        assert "{q}" == "[Post(2), Post(5)]" && [q, [q]].to_text() == "[[Post(2), Post(5)], [[Post(2), Post(5)]]]"
        assert q == Post.where(stars == 2) && q != Post.all && q != [a, b] && [q] == [Post.where(stars == 2)]
        assert q.to_list() == [a, b] && q + [1] == [a, b, 1] && ([1] ++ q).length == 3
        assert (if q { 1 } else { 2 }) == 1 && (if Post.where(stars == 9) { 1 } else { 2 }) == 2 && !Post.where(stars == 9)
        assert typeof q == "query" && q is not_a_list(q)
        fn not_a_list(x) { true }
        "#
        .replace(" && q is not_a_list(q)", " && !(q is list)")
        .replace("fn not_a_list(x) { true }", "")
        .as_str(),
    );
}

#[test]
fn lists_of_queries_and_entities_work_by_equality() {
    holds(
        r#"
        posts = [Post.find(1), Post.find(2), Post.find(1), Post.find(3)]
        assert posts.unique().length == 3 && posts.index_of(Post.find(3)) == 3 && posts.contains(Post.find(2))
        assert Post.all.map(p => p.author).unique().map(a => a.name) == ["Ada", "Bo", "Cy"]
        assert Post.all.group_by(p => p.author.name).map_values(ps => ps.length) == { Ada: 2, Bo: 2, Cy: 2 }
        assert Post.all.sort(p => -p.id).first.id == 6 && (try posts.sort()).kind == "TypeError"
        assert [1, 2].flat_map(n => Post.where(p => p.stars == n)).map(p => p.id) == [1, 2, 5]
        assert Post.find(1) == Post.find(1) && Post.find(1) != Author.find(1)
        assert [{ p: Post.find(1), q: Post.where(stars == 2) }].to_text() == "[\{\"p\": Post(1), \"q\": [Post(2), Post(5)]\}]"
        assert "{Post { title: "new" }}" == "Post(new)" && typeof Post.first == "Post" && Post.first is Post
        assert Post.zip(Author.all).length == 3 && Post.all.concat(Author.all).length == 9
        "#
        .replace("Post.zip", "Post.all.zip")
        .as_str(),
    );
}

#[test]
fn a_reference_reads_as_the_entity() {
    holds(
        r#"
        p = Post.find(3)
        assert p.author.name == "Bo" && p.author_id == 2 && p.author == Author.find(2) && p["author"].name == "Bo"
        assert p.readers.map(r => r.name) == ["Ada", "Bo", "Cy"] && p.readers.length == 3
        p.readers.pop()
        assert p.readers.length == 2
        p.author = Author.find(1)
        assert p.author.name == "Ada" && p.author_id == 1
        { author, title: name } = { author: p.author, title: p.title }
        assert author.name == "Ada" && name == "p3"
        assert (try p.nothing).kind == "TypeError" && (try p.author.nothing).kind == "TypeError"
        "#,
    );
    let mut model = library();
    model.rows.remove(&(0, 2));
    run(
        &mut model,
        "p = Post.find(3)\nassert p.author == none && p.author_id == 2 && p.author?.name == none",
    );
}

#[test]
fn entities_as_json() {
    holds(
        r#"
        a = json_stringify(Author.find(1))
        assert a == `{"id":1,"name":"Ada","born":1815,"created_at":"1970-01-01T00:00:00.001Z","updated_at":"1970-01-01T00:00:00.001Z","deleted_at":null,"version":1}`, a
        p = json_parse(json_stringify([Post.find(3), Post.where(stars == 9)]))
        assert p[1] == [] && p[0].keys() == ["id", "title", "author", "readers", "stars", "weight", "rank", "tags", "created_at", "updated_at", "deleted_at", "version"]
        assert p[0].author == 2 && p[0].readers == [1, 2, 3] && p[0].rank == "Low" && p[0].tags == ["t", "3"]
        loaded = Post.find(3)
        loaded.readers.push(Author.find(1))
        loaded.author = Author.find(1)
        again = json_parse(json_stringify(loaded, 2))
        assert again.readers == [1, 2, 3, 1] && again.author == 1
        assert json_parse(json_stringify(Author { name: "x" })).id == none
        assert json_stringify(Author.all).length > 100
        "#,
    );
}

#[test]
fn each_run_reads_the_current_state() {
    holds(
        r#"
        q = Author.where(name.starts_with("A"))
        assert q.length == 1
        save Author { name: "Al" }
        assert q.length == 2 && Author.count == 4
        al = q.last
        delete al
        assert q.length == 1 && Author.with_deleted.count == 4 && Author.only_deleted.map(a => a.name) == ["Al"]
        assert Author.with_deleted.where(name == "Al").first.deleted_at != none
        assert Author.find(4) == none && Author.with_deleted.find(4).name == "Al"
        "#,
    );
}

#[test]
fn versions_by_number_distance_and_time() {
    holds(
        r#"
        a = Author.find(1)
        a.name = "Ada L."
        save a
        a.name = "Lady Ada"
        save a
        assert a.version == 3 && (a @ 0).name == "Lady Ada" && (a @ -1).name == "Ada L." && (a @ -2).name == "Ada"
        assert (a @ 1).name == "Ada" && (a @ 3).name == "Lady Ada" && (a @ 4) == none && (a @ -3) == none
        assert (a @ "1970-01-01") == none && (a @ (time(1))).name == "Ada" && (a @ "2024-01-15T14:30:00Z").name == "Lady Ada"
        assert a@(a.updated_at).version == 3
        assert (none @ 1) == none && (Author { name: "n" } @ 1) == none
        assert (try a @ "soon").kind == "ValueError" && (try 5 @ 1).kind == "TypeError" && (try a @ 1.5).kind == "TypeError"
        h = a.history
        assert h.map(v => v.name) == ["Ada", "Ada L.", "Lady Ada"] && h.map(v => v.version) == [1, 2, 3]
        assert h[0].valid_to == h[1].valid_from && h[2].valid_to == none && h[0].valid_from == h[0].updated_at
        assert Author { name: "n" }.history == []
        old = a @ 1
        save old
        assert old.version == 4 && Author.find(1).name == "Ada" && Author.find(1).version == 4
        "#
        .replace("Author { name: \"n\" }.history", "(Author { name: \"n\" }).history")
        .as_str(),
    );
}

/// Authors `1..=n`, as many posts, `stars` rising.
fn many(count: i64) -> Model {
    let mut model = Model::default();
    for at in 1..=count {
        model.insert(0, &[text(&format!("a{at}")), Datum::Int(at), Datum::None]);
        model.insert(
            1,
            &[
                text("post"),
                Datum::Reference(u64::try_from(at).unwrap()),
                Datum::List(Vec::new()),
                Datum::Int(at % 100),
                Datum::Number(1.0),
                Datum::Variant("Low".into(), Vec::new()),
                Datum::List(Vec::new()),
            ],
        );
    }
    model.asked.clear();
    model
}

/// What a query over 10,000 rows asks: the values of its first scan, requests, rows.
fn examined(source: &str) -> (Option<Lookup>, usize, usize) {
    let mut model = many(10_000);
    (model.given, model.asked) = (0, Vec::new());
    run(&mut model, source);
    let by = model.asked.iter().find_map(|request| match request {
        Request::Scan { by, .. } => Some(by.clone()),
        _ => None,
    });
    (by.flatten(), model.asked.len(), model.given)
}

#[test]
fn an_index_leaves_out_what_a_condition_would_refuse() {
    let by = |pairs: &[(u32, Key)]| Some(Lookup(pairs.to_vec()));
    let name = || by(&[(0, Key::Text("a77".into()))]);
    for (source, expected) in [
        ("n = \"a77\"\nassert Author.where(name == n).first.id == 77", name()),
        ("n = \"a77\"\nassert Author.where(n == name).length == 1", name()),
        ("assert Author.where(a => a.name == \"a77\" && a.born > 5).count == 1", name()),
        (
            "fn find(who) { Author.where(a => a.name == who.name).first }\nassert find({ name: \"a77\" }).id == 77",
            name(),
        ),
        (
            "assert Author.where(name == \"a77\").where(born == 77).length == 1",
            by(&[(0, Key::Text("a77".into())), (1, Key::Int(77))]),
        ),
        (
            "a = Author.find(77)\nassert Post.where(p => p.author == a).length == 1",
            by(&[(1, Key::Reference(77))]),
        ),
        ("assert Post.where(author_id == 77).length == 1", by(&[(1, Key::Reference(77))])),
        ("n = 77.0\nassert Post.where(p => p.author.id == n).length == 1", by(&[(1, Key::Reference(77))])),
    ] {
        let (found, requests, rows) = examined(source);
        assert_eq!(found, expected, "{source}");
        assert!(requests <= 4 && rows <= 4, "{source}: {requests} requests, {rows} rows");
    }
}

#[test]
fn what_says_nothing_for_all_rows_is_no_hint() {
    for source in [
        "assert Author.where(born > 5 && name == \"a77\").length == 1",
        "assert Author.where(a => a.name == a.name).length == 10000",
        "m = { x: 1 }\nassert Author.where(a => a.name == m.y.z || true).length == 10000",
        "x = none\nassert Author.where(born == x).length == 0",
    ] {
        let (by, _, rows) = examined(source);
        assert!(by.is_none() && rows == 10_000, "{source}: {by:?}, {rows} rows");
    }
    // Computing the value raises, so that the condition itself does.
    let (by, ..) = examined(
        "m = { x: 1 }\nassert (try Author.where(a => a.name == m.x.y).length).kind == \"TypeError\"",
    );
    assert!(by.is_none());
}

#[test]
fn no_more_is_read_than_is_wanted() {
    for (source, most) in [
        ("assert Author.first.id == 1", 10),
        ("assert Author.limit(3).length == 3", 50),
        ("assert Author.offset(5).limit(3).map(a => a.id) == [6, 7, 8]", 100),
        ("assert Author.where(born == 700).is_empty == false", 2_000),
        ("assert Author.count == 10000", 0),
        ("assert Author.find(5000).born == 5000", 1),
    ] {
        let (_, _, rows) = examined(source);
        assert!(rows <= most, "{source}: {rows} rows");
    }
}

#[test]
fn order_with_a_limit_keeps_few_rows() {
    let limits = Limits { memory_bytes_max: 2 << 20, ..Limits::default() };
    let first = "top = Author.order(born, desc).limit(3)\nassert top.map(a => a.born) == [10000, 9999, 9998]";
    run_on(&mut many(10_000), first, &limits).unwrap();
    let ties =
        "ids = Post.order(stars, desc).offset(1).limit(3).map(p => p.id)\nassert ids == [199, 299, 399], ids";
    run_on(&mut many(10_000), ties, &limits).unwrap();
    let all = run_on(&mut many(10_000), "assert Author.order(born).map(a => a.id).length == 10000", &limits)
        .unwrap_err();
    assert!(all.contains("MemoryLimitExceeded"), "{all}");
    let summed = "assert Author.order(born).sum(born) == 50005000 && Author.avg(born) == 5000.5";
    run_on(&mut many(10_000), summed, &limits).unwrap();
}
