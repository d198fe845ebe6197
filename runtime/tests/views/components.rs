//! Components: functions and files, what they get, where their content goes, and how deep they nest.

use crate::prints;

#[test]
fn a_function_in_scope_comes_before_a_file() {
    let card = ("Card", "<b>file</b>");
    assert_eq!(prints("print(<Card/>)", &[card]), "<b>file</b>");
    assert_eq!(
        prints("fn Card(p) { <i>{p.n}{p.children}</i> }\nprint(<Card n={1}>x<u/></Card>)", &[card]),
        "<i>1x<u></u></i>"
    );
    assert_eq!(prints("Card = p => \"<\" ++ p.n\nprint(<p><Card n=\"a\"/></p>)", &[]), "<p>&lt;a</p>");
    assert_eq!(prints("fn Card() { <i/> }\nprint(<Card n={1}/>)", &[]), "<i></i>");
    assert!(prints("Card = 1\nprint(<Card/>)", &[]).starts_with("TypeError: "));
}

#[test]
fn a_tag_without_a_component_is_a_diagnostic() {
    assert!(prints("print(<Crad/>)", &[("Card", "<b/>")]).contains("E0005"));
    let two = [("a/Card", "<a/>"), ("b/Card", "<b/>")];
    assert!(prints("print(<Card/>)", &two).contains("E0005"));
    assert_eq!(
        prints("print(<Card/>)", &[("Card", "<b/>"), ("Broken", "<b {"), ("Unused", "<Nowhere/>")]),
        "<b></b>"
    );
}

#[test]
fn props_hold_the_attributes() {
    let show = ("Show", "<p>{props}</p>");
    for (tag, expected) in [
        ("<Show/>", "{}"),
        (
            "<Show a=\"x {(1 + 1)}\" b={3} open c=d />",
            "{\"a\": \"x 2\", \"b\": 3, \"open\": true, \"c\": \"d\"}",
        ),
        ("<Show {...{ a: 1 }} a={2} {...none}/>", "{\"a\": 2}"),
        ("<Show data-x={false} slot=\"s\" a={if true}<b/>{/if}/>", "{\"data-x\": false, \"a\": <b></b>}"),
    ] {
        let found = prints(&format!("print({tag})"), &[show]).replace("&quot;", "\"");
        assert_eq!(found.replace("&lt;", "<").replace("&gt;", ">"), format!("<p>{expected}</p>"), "{tag}");
    }
    assert!(prints("print(<Show {...[1]}/>)", &[show]).starts_with("TypeError: "));
}

#[test]
fn handlers_are_passed_as_functions() {
    let run = ("Run", "<p>{type_of(props.onSave)} {(props.onSave)()}</p>");
    for (handler, expected) in [
        ("f", "<p>function 7</p>"),
        ("m.f", "<p>function 7</p>"),
        ("() => 8", "<p>function 8</p>"),
        ("{ n = 2; n + 7 }", "<p>function 9</p>"),
        ("f() + 3", "<p>function 10</p>"),
        ("n += 1", "<p>function 1</p>"),
    ] {
        let source = format!("n = 0\nfn f() {{ 7 }}\nm = {{ f: f }}\nprint(<Run onSave={{{handler}}}/>)");
        assert_eq!(prints(&source, &[run]), expected, "{handler}");
    }
    let plain = ("Plain", "<p>{props.input}{props.error}{type_of(props.click)}</p>");
    assert_eq!(
        prints("print(<Plain input={1 + 1} error={\"e\"} click={1 + 1}/>)", &[plain]),
        "<p>2efunction</p>"
    );
}

#[test]
fn content_is_rendered_in_the_scope_of_the_caller() {
    let frame = ("Frame", "name = \"inner\"\n<div>{name}: {children}</div>");
    assert_eq!(prints("name = \"outer\"\nprint(<Frame>{name}</Frame>)", &[frame]), "<div>inner: outer</div>");
    let order = "seen = []\nfn s(n) { seen.push(n); n }\nC = p => { s(3); p.children }\nprint(<C a={s(1)}>{s(2)}</C>, seen)";
    assert_eq!(prints(order, &[]), "2 [1, 2, 3]");
}

#[test]
fn a_file_renders_its_output_statements_and_nothing_else() {
    for (source, expected) in [
        ("5", ""),
        ("<a/>\n5", "<a></a>"),
        ("x = 1\n<a/>\n{ x }\n{ x = 2 }\n<b>{x}</b>", "<a></a>1<b>2</b>"),
        ("if props.n { <a/> } else { <b/> }", "<b></b>"),
        ("for n in 1..2 { <i>{n}</i> }\nfn f() { <u/> }", "<i>1</i><i>2</i>"),
        ("view { <a/> }", "<a></a>"),
    ] {
        assert_eq!(prints("print(text(<C/>))", &[("C", source)]), expected, "{source}");
    }
}

#[test]
fn every_render_has_variables_of_its_own() {
    let counter = ("Counter", "n = 0\nfn up() { n += props.by; n }\n<i>{up()}{up()}</i>");
    assert_eq!(
        prints("print(<p><Counter by={1}/><Counter by={2}/></p>)", &[counter]),
        "<p><i>12</i><i>24</i></p>"
    );
    let tree = (
        "Tree",
        "names = []\nshow = () => names.join(\",\")\nfor c in props.items || [] { names.push(c[0]) }\n<ul>{show()}{for c in props.items || []}<Tree items={c[1]}/>{/for}{show()}</ul>",
    );
    let source = "print(<Tree items={[[\"a\", [[\"b\", none]]], [\"c\", none]]}/>)";
    assert_eq!(prints(source, &[tree]), "<ul>a,c<ul>b<ul></ul>b</ul><ul></ul>a,c</ul>");
}

#[test]
fn slots_take_marked_content() {
    let panel = (
        "Panel",
        "<header><slot name=\"head\">none</slot></header><main><slot/></main><slot name={props.other}>-</slot>",
    );
    for (tag, expected) in [
        ("<Panel/>", "<header>none</header><main></main>-"),
        ("<Panel>a<b slot=\"head\">h</b>c</Panel>", "<header><b>h</b></header><main>ac</main>-"),
        (
            "<Panel><b slot=head>1</b><i slot={\"head\"}>2</i></Panel>",
            "<header><b>1</b><i>2</i></header><main></main>-",
        ),
        (
            "<Panel other=\"x\">{for n in 1..2}<b slot=\"x\">{n}</b>{n}{/for}</Panel>",
            "<header>none</header><main>12</main><b>1</b><b>2</b>",
        ),
        ("<Panel><b slot={none}/>x</Panel>", "<header>none</header><main><b></b>x</main>-"),
        ("<Panel>{if true}<b slot=\"head\"/>{/if}</Panel>", "<header><b></b></header><main></main>-"),
        (
            "<Panel><p><b slot=\"head\">in</b></p></Panel>",
            "<header>none</header><main><p><b>in</b></p></main>-",
        ),
        (
            "<Panel><Panel slot=\"head\">p</Panel></Panel>",
            "<header><header>none</header><main>p</main>-</header><main></main>-",
        ),
    ] {
        assert_eq!(prints(&format!("print({tag})"), &[panel]), expected, "{tag}");
    }
}

#[test]
fn a_slot_without_content_shows_its_own() {
    let frame = ("Frame", "<div><slot>empty <b>{1 + 1}</b></slot></div>");
    assert_eq!(prints("print(<Frame/>)", &[frame]), "<div>empty <b>2</b></div>");
    assert_eq!(prints("print(<Frame>x</Frame>)", &[frame]), "<div>x</div>");
    let outer = ("Outer", "<Frame><slot name=\"s\"/><i slot=\"t\"/>{children}</Frame>");
    assert_eq!(prints("print(<Outer><u slot=\"s\"/>y</Outer>)", &[frame, outer]), "<div><u></u>y</div>");
    let lambda = (
        "Each",
        "Row = p => <li><slot name=\"row\"/>{props.n}{children}{p.x}</li>\n<ul>{for x in 1..2}<Row x={x}/>{/for}</ul>",
    );
    assert_eq!(
        prints("print(<Each n={7}>c<b slot=\"row\"/></Each>)", &[lambda]),
        "<ul><li><b></b>7c1</li><li><b></b>7c2</li></ul>"
    );
}

#[test]
fn a_slot_outside_of_a_component_file_is_out_of_place() {
    assert!(prints("print(<slot/>)", &[]).contains("E0008"));
}

#[test]
fn styles_of_a_component_come_once() {
    let card = ("Card", "<style scoped>b { }</style>\n<b>{children}</b>");
    assert_eq!(
        prints("print(<p><Card>1</Card><Card><Card>2</Card></Card></p>)", &[card]),
        "<p><style scoped>b { }</style><b>1</b><b><b>2</b></b></p>"
    );
}

#[test]
fn x_12_components_inside_each_other_are_limited() {
    let limit = "StackOverflow: Maximum component depth (64) exceeded. Check for a component inside itself.";
    for components in [
        vec![("A", "<A/>")],
        vec![("A", "<B/>"), ("B", "<p><A/></p>")],
        vec![("A", "<B><A/></B>"), ("B", "{children}")],
        vec![("A", "<B>x</B>"), ("B", "<slot name=\"s\"><A/></slot>")],
        vec![("A", "F = p => <A/>\n<F/>")],
        vec![("A", "<p>{[1].map(x => <A/>)}</p>")],
    ] {
        assert_eq!(prints("print(<A/>)", &components), limit, "{components:?}");
    }
    assert_eq!(prints("fn F(p) { <p><F/></p> }\nprint(<F/>)", &[]), limit);
    let counted = ("A", "<>{if props.n > 1}<A n={props.n - 1}/>{else}done{/if}</>");
    assert_eq!(prints("print(<A n={64}/>)", &[counted]), "done");
    assert_eq!(prints("print((try <A n={65}/>).kind, <A n={64}/>)", &[counted]), "StackOverflow done");
    // Calls in between, and components that are done, do not count.
    let source = "fn f(n) { <A n={1}/>\nif n > 0 { {f(n - 1)} } }\nprint(text(f(100)).length)";
    assert_eq!(prints(source, &[counted]), "404");
}

#[test]
fn deep_content_of_components_compiles() {
    let frame = ("Frame", "<b>{children}</b>");
    let source = format!("print({}x{})", "<Frame a=\"1\">".repeat(200), "</Frame>".repeat(200));
    assert_eq!(prints(&source, &[frame]), format!("{}x{}", "<b>".repeat(200), "</b>".repeat(200)));
    let slots = ("Frame", "<b><slot name=\"s\"/></b>");
    let source =
        format!("print({}x{})", "<Frame a={1}><p slot=\"s\">".repeat(100), "</p></Frame>".repeat(100));
    assert_eq!(prints(&source, &[slots]), format!("{}x{}", "<b><p>".repeat(100), "</p></b>".repeat(100)));
}
