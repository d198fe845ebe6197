//! Elements, their content, values in it, and control blocks.

use crate::{prints, renders};

#[test]
fn static_markup_is_verbatim() {
    renders(&[
        ("<p>a  b\n c</p>", "<p>a  b\n c</p>"),
        ("<p>&nbsp;&lt; a < b && c</p>", "<p>&nbsp;&lt; a < b && c</p>"),
        ("<svg:g xlink:href=\"#a\"/>", "<svg:g xlink:href=\"#a\"></svg:g>"),
        ("<my-tag></my-tag>", "<my-tag></my-tag>"),
        ("<!DOCTYPE html>", "<!DOCTYPE html>"),
        ("<><i>a</i>b</>", "<i>a</i>b"),
        ("<></>", ""),
        ("<p>}</p>", "<p>}</p>"),
        ("<p>{\"{\"}</p>", "<p>{</p>"),
    ]);
}

#[test]
fn elements_other_than_void_ones_have_an_end_tag() {
    renders(&[
        ("<br/>", "<br>"),
        ("<br>", "<br>"),
        ("<div/>", "<div></div>"),
        ("<p>a<img src=x>b<hr/></p>", "<p>a<img src=\"x\">b<hr></p>"),
        ("<p><input disabled><i/></p>", "<p><input disabled><i></i></p>"),
        ("<script/>", "<script></script>"),
    ]);
}

#[test]
fn comments_produce_no_output() {
    renders(&[
        ("<p>a<!-- b {x} -->c</p>", "<p>ac</p>"),
        ("<p>a{/* b */}c</p>", "<p>ac</p>"),
        ("<p>a{/* b */ 1}c{ /* d */ 2 /* e */ }</p>", "<p>a1c2</p>"),
        ("<p>a\n// b\nc http://d</p>", "<p>a\n\nc http://d</p>"),
        ("<pre>a\n// b\n</pre>", "<pre>a\n// b\n</pre>"),
    ]);
}

#[test]
fn scripts_and_styles_are_raw() {
    renders(&[
        (
            "<script>if (a < b) { x = \"{y}\" } // c\n</script>",
            "<script>if (a < b) { x = \"{y}\" } // c\n</script>",
        ),
        ("<style>a { b: c }</style>", "<style>a { b: c }</style>"),
        ("<style scoped media=\"print\">a{}</style>", "<style scoped media=\"print\">a{}</style>"),
    ]);
}

#[test]
fn the_second_of_equal_styles_is_dropped() {
    renders(&[
        ("<><style>a</style>x<style>a</style></>", "<style>a</style>x"),
        ("<><style>a</style><style>b</style></>", "<style>a</style><style>b</style>"),
        ("<><style>a</style><style scoped>a</style></>", "<style>a</style><style scoped>a</style>"),
        ("<p>{[1, 2].map(n => <b><style>a</style>{n}</b>)}</p>", "<p><b><style>a</style>1</b><b>2</b></p>"),
        (
            "<p>{for n in 1..3}<style media={n % 2}>a</style>{/for}</p>",
            "<p><style media=\"1\">a</style><style media=\"0\">a</style></p>",
        ),
        ("<><script>a</script><script>a</script></>", "<script>a</script><script>a</script>"),
    ]);
}

#[test]
fn values_are_rendered_by_their_kind() {
    renders(&[
        ("<p>{none}</p>", "<p></p>"),
        ("<p>{x => x}{upper}</p>", "<p></p>"),
        ("<p>{true}{false}{1}{2.5}{1s}</p>", "<p>truefalse12.51s</p>"),
        ("<p>{\"<b> & 'c' \\\"d\\\"\"}</p>", "<p>&lt;b&gt; &amp; &#39;c&#39; &quot;d&quot;</p>"),
        ("<p>{<b>x</b>}</p>", "<p><b>x</b></p>"),
        ("<p>{raw(\"<b>x\")}</p>", "<p><b>x</p>"),
        ("<p>{[1, \"<\", [<i/>, none], 2]}</p>", "<p>1&lt;<i></i>2</p>"),
        ("<p>{1..4}{1..<1}</p>", "<p>1234</p>"),
        ("<p>{({ a: \"<\" })}</p>", "<p>{&quot;a&quot;: &quot;&lt;&quot;}</p>"),
        ("<p>{error(\"Odd\", \"<\")}</p>", "<p>Odd: &lt;</p>"),
        ("<p>{time(0)}</p>", "<p>1970-01-01T00:00:00Z</p>"),
        ("<p>{/a<b/}</p>", "<p>a&lt;b</p>"),
        ("<p>{window.x}</p>", "<p></p>"),
    ]);
}

#[test]
fn long_values_are_rendered_whole() {
    for (value, size) in
        [("\"<é>\".repeat(20000)", 40_000 * 4 + 20_000 * 2), ("(1..30000).map(n => \"&\")", 150_000)]
    {
        let markup = crate::run(&format!("print(<p>{{{value}}}</p>)"), &[], false);
        assert_eq!(markup.len(), size + 7, "{value}");
    }
    let views = "v = <b>{\"x\".repeat(100000)}</b>\nprint(<p>{v}{[v, v]}</p>)";
    assert_eq!(crate::run(views, &[], false).len(), 3 * 100_007 + 7);
}

#[test]
fn what_holds_itself_cannot_be_rendered() {
    let found = prints("xs = []\nxs.push(xs)\nprint(<p>{xs}</p>)", &[]);
    assert!(found.starts_with("ValueError: "), "{found}");
}

#[test]
fn blocks_in_content() {
    renders(&[
        ("<p>{if 1 > 2}a{else if 2 > 1}b{else}c{/if}</p>", "<p>b</p>"),
        ("<p>{if 1 > 2}a{/if}</p>", "<p></p>"),
        ("<p>{for x, i in [\"a\", \"b\"]}<i>{i}{x}</i>{/for}</p>", "<p><i>0a</i><i>1b</i></p>"),
        ("<p>{for [k, v] in ({a: 1})}{k}={v}{/for}</p>", "<p>a=1</p>"),
        ("<p>{each 1..2 as n, i}{n}{i};{/each}</p>", "<p>10;21;</p>"),
        ("<p>{if 1 < 2 then <b/> else \"x\"}</p>", "<p><b></b></p>"),
        ("<p>a{match 3 { 3 -> <i>t</i>, _ -> \"d\" }}b</p>", "<p>a<i>t</i>b</p>"),
        ("<p>x{if 1 > 2 { 1 } else { \"<\" }}y</p>", "<p>x&lt;y</p>"),
        ("<p>{for x in 1..2 { <b>{x}</b> }}</p>", "<p><b>1</b><b>2</b></p>"),
        ("<p>{for x in 1..2 { x }}</p>", "<p></p>"),
        ("<p>{x = 1; x + 1}{x = 5}</p>", "<p>2</p>"),
    ]);
    assert_eq!(prints("n = 3\nprint(<p>{while n > 0}{n}{n--; none}{/while}</p>)", &[]), "<p>321</p>");
}

#[test]
fn known_markup_stays_in_its_place_around_blocks() {
    renders(&[
        (
            "<p><b>1</b>{if false}a{else}b{/if}<i>2</i>{for x in []}{x}{/for}<u>3</u></p>",
            "<p><b>1</b>b<i>2</i><u>3</u></p>",
        ),
        ("<p><b/>{if false then <a/> else \"\"}<i/></p>", "<p><b></b><i></i></p>"),
        ("<p><b/>{false ? 1 : 2}<i/>{true && <u/>}</p>", "<p><b></b>2<i></i><u></u></p>"),
        (
            "<p><b title=\"{if false}x{else}y{/if}\"/>{try error(\"E\", \"m\")}<i/></p>",
            "<p><b title=\"y\"></b>E: m<i></i></p>",
        ),
        (
            "<p class=\"a{for k in 1..2} b{k}{/for}\" id={if false {1} else {2}}>c</p>",
            "<p class=\"a b1 b2\" id=\"2\">c</p>",
        ),
        (
            "<p title={<b>{if true}1{/if}</b>}><i id={[<u/>]}/></p>",
            "<p title=\"&lt;b&gt;1&lt;/b&gt;\"><i id=\"&lt;u&gt;&lt;/u&gt;\"></i></p>",
        ),
    ]);
}

#[test]
fn bodies_yield_what_they_put_out() {
    for (source, expected) in [
        ("fn f() { <a/> }\nprint(f())", "<a></a>"),
        ("fn f() { <a/>; 5 }\nprint(f())", "<a></a>"),
        ("fn f() { <a/>; { 5 }; { x = 6 }; { \"<\" } }\nprint(f())", "<a></a>5&lt;"),
        ("fn f() { 5 }\nprint(f())", "5"),
        ("fn f(n) { if n { <a/> } else { 7 } }\nprint(f(true), f(false))", "<a></a> 7"),
        ("fn f() { for x in 1..2 { <b>{x}</b> } }\nprint(f())", "<b>1</b><b>2</b>"),
        (
            "fn f() { <a/>; for x in 1..2 { <b/>; x }; while false { <c/> } }\nprint(f())",
            "<a></a><b></b><b></b>",
        ),
        ("fn f() { {if true} <a/>; <b/> {/if}; 3 }\nprint(f())", "<a></a><b></b>"),
        ("fn f() { for x in 1..2 { x } }\nprint(f())", "none"),
        ("fn f() { <a/>; return 3 }\nprint(f())", "3"),
        (
            "print(text(<a/>) == \"<a></a>\", <a/> == <a/>, <a/> == <b/>, type_of(<a/>), !<></>)",
            "true true false view true",
        ),
        (
            "fn f() { try { <a/>; throw \"x\" } catch e { <b>{e.message}</b> } }\nprint(f(), <p>{f()}</p>)",
            "<b>x</b> <p><b>x</b></p>",
        ),
    ] {
        assert_eq!(prints(source, &[]), expected, "{source}");
    }
}

#[test]
fn a_jump_never_leaves_an_element_half_done() {
    for (source, expected) in [
        (
            "print(<ul>{for x in 1..3}<li>{if x == 2 { continue }}{x}</li>{/for}</ul>)",
            "<ul><li>1</li><li>3</li></ul>",
        ),
        (
            "print(<ul>{for x in 1..3}<li title={if x == 2 { break } else { x }}>a</li>{/for}</ul>)",
            "<ul><li title=\"1\">a</li></ul>",
        ),
        (
            "print(<ul>{for x in 1..2}<li>{for y in 1..3}<b>{if y == x { break }}{y}</b>{/for}</li>{/for}</ul>)",
            "<ul><li></li><li><b>1</b></li></ul>",
        ),
        ("fn f() { for x in 1..3 { <a/>; if x == 2 { break }; <b/> } }\nprint(f())", "<a></a><b></b><a></a>"),
        ("fn f() { <p>{for x in 1..3}<i>{return <u/>}</i>{/for}</p> }\nprint(f())", "<u></u>"),
    ] {
        assert_eq!(prints(source, &[]), expected, "{source}");
    }
}

#[test]
fn tags_that_are_computed() {
    renders(&[
        ("<{\"h\" ++ 1} id=a>t{1}</{\"h\" ++ 1}>", "<h1 id=\"a\">t1</h1>"),
        ("<{\"br\"}/>", "<br>"),
        ("<{\"my-tag\"}><{\"b\"}/></{\"my-tag\"}>", "<my-tag><b></b></my-tag>"),
    ]);
    for tag in ["\"script\"", "\"style\"", "\"H1\"", "\"a b\"", "\"\"", "\"a><b\"", "none", "1"] {
        let found = prints(&format!("print(<{{{tag}}}/>)"), &[]);
        assert!(found.starts_with("ValueError: "), "{tag}: {found}");
    }
}

#[test]
fn deep_and_crowded_elements_compile() {
    let nested = format!("print({}x{})", "<b>".repeat(200), "</b>".repeat(200));
    assert_eq!(prints(&nested, &[]), format!("{}x{}", "<b>".repeat(200), "</b>".repeat(200)));
    let tags = format!("t = \"i\"\nprint({}x{})", "<{t}>".repeat(200), "</{t}>".repeat(200));
    assert_eq!(prints(&tags, &[]), format!("{}x{}", "<i>".repeat(200), "</i>".repeat(200)));
    let braces = format!("print({}x{})", "<b>{[<i>".repeat(50), "</i>]}</b>".repeat(50));
    assert_eq!(prints(&braces, &[]), format!("{}x{}", "<b><i>".repeat(50), "</i></b>".repeat(50)));
}
