//! Attributes in all their forms.

use crate::{prints, renders};

#[test]
fn quoted_values_are_verbatim_and_interpolations_escaped() {
    renders(&[
        ("<p title=\"a &amp; b\"/>", "<p title=\"a &amp; b\"></p>"),
        ("<p title='say \"hi\"'/>", "<p title='say \"hi\"'></p>"),
        ("<p title=\"a\nb\\n\"/>", "<p title=\"a\nb\\n\"></p>"),
        ("<p title=\"{{x}}\"/>", "<p title=\"{x}\"></p>"),
        ("<p title=\"a {(\"<'\")} {([1, none])} {(none)}\"/>", "<p title=\"a &lt;&#39; [1, none] \"></p>"),
        ("<p title='{(\"'\")}'/>", "<p title='&#39;'></p>"),
        ("<p title=\"{(<b/>)}\"/>", "<p title=\"&lt;b&gt;&lt;/b&gt;\"></p>"),
        ("<p title=\"{if true}a{else}b{/if}{for k in 1..2}-{k}{/for}\"/>", "<p title=\"a-1-2\"></p>"),
        ("<p id=a-b.c/ />", "<p id=\"a-b.c/\"></p>"),
        ("<p id = a  title = \"b\">x</p>", "<p id=\"a\" title=\"b\">x</p>"),
        ("<input disabled @click=\"x\" :is=\"y\"/>", "<input disabled @click=\"x\" :is=\"y\">"),
    ]);
}

#[test]
fn braced_values_by_their_kind() {
    renders(&[
        ("<p a={none} b={false} c={true} d={0} e={\"\"}/>", "<p c d=\"0\" e=\"\"></p>"),
        ("<p a={[1, \"<\", [2]]} b={1..3} c={[]}/>", "<p a=\"1 &lt; [2]\" b=\"1 2 3\" c=\"\"></p>"),
        ("<p a={\"x\\\"y\"} b={({ k: 1 })}/>", "<p a=\"x&quot;y\" b=\"{&quot;k&quot;: 1}\"></p>"),
        (
            "<p aria-a={true} aria-b={false} data-c={true} data-d={false} data-e={none}/>",
            "<p aria-a=\"true\" aria-b=\"false\" data-c=\"true\" data-d=\"false\"></p>",
        ),
        ("<p a={if true { 1 } else { 2 }} b={if true}3{/if}/>", "<p a=\"1\" b=\"3\"></p>"),
        ("<p a={x = 2; x * 2}/>", "<p a=\"4\"></p>"),
        ("<p a={match 1 { 1 -> \"one\", _ -> \"other\" }}/>", "<p a=\"one\"></p>"),
    ]);
    let long = crate::run("print(<p a={\"<\".repeat(50000)} b={(1..20000)}>x</p>)", &[], false);
    assert_eq!(long.matches("&lt;").count(), 50_000);
    assert!(long.ends_with(" 19999 20000\">x</p>"));
}

#[test]
fn classes_are_put_together() {
    renders(&[
        ("<p class:a={true} class:b={0} class:c-d={1}/>", "<p class=\"a c-d\"></p>"),
        ("<p class=\"x\" id=i class:a={true}/>", "<p id=\"i\" class=\"x a\"></p>"),
        ("<p class:a={true} class=\"x {(\"<\")} &amp;\"/>", "<p class=\"a x &lt; &amp;\"></p>"),
        ("<p class={[\"x\", \"<y\"]} class:a={true}/>", "<p class=\"x &lt;y a\"></p>"),
        ("<p class={none} class:a={false}/>", "<p></p>"),
        ("<p class=x class:a={false}/>", "<p class=\"x\"></p>"),
        ("<p class:a/>", "<p class=\"a\"></p>"),
    ]);
}

#[test]
fn maps_are_spread() {
    renders(&[
        (
            "<p {...{ id: \"<\", hidden: true, no: false, none: none, \"data-x\": true }}/>",
            "<p id=\"&lt;\" hidden data-x=\"true\"></p>",
        ),
        ("<p a=1 {...none} b=2 />", "<p a=\"1\" b=\"2\"></p>"),
        (
            "<p {...{ click: () => 1, onLoad: \"alert(1)\", key: 1, ref: 2, slot: 3 }}/>",
            "<p data-on-click data-on-load></p>",
        ),
        (
            "<a {...{ href: \"javascript:x\", title: \"javascript:x\" }}/>",
            "<a href=\"#\" title=\"javascript:x\"></a>",
        ),
    ]);
    for key in ["\"a b\"", "\"\"", "\"x>\"", "\"a=b\"", "\"1\"", "1", "\"a\\u{0}\""] {
        let found = prints(&format!("print(<p {{...[{key}: 1]}}/>)"), &[]);
        assert!(found.starts_with("ValueError: "), "{key}: {found}");
    }
    assert!(prints("print(<p {...[1]}/>)", &[]).starts_with("TypeError: "));
    let many = crate::run(
        "m = [:]\nfor n in 1..1000 { m[\"a{n}\"] = \"<\".repeat(10) }\nprint(<p {...m}/>)",
        &[],
        false,
    );
    assert_eq!(many.matches("&lt;").count(), 10_000);
}

#[test]
fn addresses_never_run_scripts() {
    for attribute in [
        "href",
        "src",
        "action",
        "formaction",
        "HREF",
        "data",
        "ping",
        "poster",
        "background",
        "cite",
        "manifest",
        "to",
        "from",
        "by",
        "values",
    ] {
        for value in
            ["javascript:a()", "JavaScript:a()", " \tjava\\nscript:a()", "vbscript:a()", "data:text/html,a"]
        {
            renders(&[
                (&format!("<a {attribute}={{\"{value}\"}}/>"), &format!("<a {attribute}=\"#\"></a>")),
                (&format!("<a {attribute}=\"{{(\"{value}\")}}\"/>"), &format!("<a {attribute}=\"#\"></a>")),
            ]);
        }
    }
    renders(&[
        ("<a href=\"java{(\"script:x\")}\"/>", "<a href=\"#\"></a>"),
        ("<a href='java{(\"script:x\")}'/>", "<a href='#'></a>"),
        ("<a href=\"javascript:void(0)\"/>", "<a href=\"javascript:void(0)\"></a>"),
        ("<a href=\"/a?b={(\"&\")}\"/>", "<a href=\"/a?b=&amp;\"></a>"),
        ("<a href={\"/x\"} src={none} action={true}/>", "<a href=\"/x\" action></a>"),
        ("<a title={\"javascript:x\"}/>", "<a title=\"javascript:x\"></a>"),
        (
            "<svg><set attributeName=\"href\" to={\"javascript:x\"} values=\"/a;{(\"javascript:x\")}\"/></svg>",
            "<svg><set attributeName=\"href\" to=\"#\" values=\"#\"></set></svg>",
        ),
        (
            "<object data={\"data:image/svg+xml,a\"}><img src={\"data:image/svg+xml,a\"}/></object>",
            "<object data=\"#\"><img src=\"data:image/svg+xml,a\"></object>",
        ),
        (
            "<p><meta http-equiv=\"refresh\" content={\"0;url=javascript:x\"}/><meta content=\"0;url='{(\"javascript:x\")}'\"/></p>",
            "<p><meta http-equiv=\"refresh\" content=\"#\"><meta content=\"#\"></p>",
        ),
        (
            "<p><meta content={\"JavaScript: a history\"}/><meta content={\"5;url=/next\"}/></p>",
            "<p><meta content=\"JavaScript: a history\"><meta content=\"5;url=/next\"></p>",
        ),
        ("<a {...{ Data: \"javascript:x\", to: \"x\" }}/>", "<a Data=\"#\" to=\"x\"></a>"),
    ]);
}

#[test]
fn a_text_stays_a_text_in_the_source_of_a_page() {
    renders(&[
        ("<iframe srcdoc={\"<b>&\"}/>", "<iframe srcdoc=\"&amp;lt;b&amp;gt;&amp;amp;\"></iframe>"),
        ("<iframe srcdoc={raw(\"<b>\")}/>", "<iframe srcdoc=\"&lt;b&gt;\"></iframe>"),
        ("<iframe srcdoc={<b>{(\"<\")}</b>}/>", "<iframe srcdoc=\"&lt;b&gt;&amp;lt;&lt;/b&gt;\"></iframe>"),
        (
            "<iframe SRCDOC='<p>{(\"<\")} {raw(\"<i>\")} {(<u/>)}</p>'/>",
            "<iframe SRCDOC='<p>&amp;lt; &lt;i&gt; &lt;u&gt;&lt;/u&gt;</p>'></iframe>",
        ),
        (
            "<iframe srcdoc={[<b/>, \"'\", [raw(\"<i>\")]]}/>",
            "<iframe srcdoc=\"&lt;b&gt;&lt;/b&gt; &amp;#39; [&amp;lt;i&amp;gt;]\"></iframe>",
        ),
        (
            "<iframe {...{ srcdoc: \"<\", title: \"<\" }}/>",
            "<iframe srcdoc=\"&amp;lt;\" title=\"&lt;\"></iframe>",
        ),
        ("<iframe srcdoc={\"javascript:x\"}/>", "<iframe srcdoc=\"javascript:x\"></iframe>"),
        ("<iframe srcdoc=\"<b>\" title={none}/>", "<iframe srcdoc=\"<b>\"></iframe>"),
        ("<iframe srcdoc={none}/>", "<iframe></iframe>"),
    ]);
    let long = crate::run("print(<iframe srcdoc={\"<\".repeat(50000)} title={\"<\"}/>)", &[], false);
    assert_eq!(long.matches("&amp;lt;").count(), 50_000);
    assert!(long.ends_with("\" title=\"&lt;\"></iframe>"));
}

#[test]
fn event_handlers_are_checked_and_never_run() {
    renders(&[
        ("<b click={error(\"never\")}/>", "<b data-on-click></b>"),
        (
            "<b onClick={() => 1} ONSUBMIT={1} toggle={2}/>",
            "<b data-on-click data-on-submit data-on-toggle></b>",
        ),
        ("<b onclick=\"x()\" once={1} Click={2}/>", "<b onclick=\"x()\" once=\"1\" Click=\"2\"></b>"),
        ("<b onBegin={1} onfocusin={2} focusin={3}/>", "<b data-on-begin data-on-focusin focusin=\"3\"></b>"),
        (
            "<b {...{ onnew: 1, onfocusin: 2, \"on:x\": 3 }}/>",
            "<b data-on-new data-on-focusin on:x=\"3\"></b>",
        ),
        ("<b click={if true { 1 }}/>", "<b data-on-click></b>"),
    ]);
    assert!(prints("print(<b click={unknown_name()}/>)", &[]).contains("E0001"));
    assert_eq!(
        prints("open = true\nprint(<b click={open = false}>{open}</b>, open)", &[]),
        "<b data-on-click>true</b> true"
    );
}

#[test]
fn bind_ref_and_key() {
    renders(&[
        ("<input bind={\"<\"}/>", "<input value=\"&lt;\">"),
        ("<input type=\"checkbox\" bind={1}/>", "<input type=\"checkbox\" checked>"),
        ("<input type=radio bind={0}>", "<input type=\"radio\">"),
        ("<select bind={2}/>", "<select value=\"2\"></select>"),
        ("<b ref={1} key={2} slot=\"s\" key=x ref/>", "<b></b>"),
    ]);
    assert_eq!(
        prints("seen = []\nprint(<b key={seen.push(1)} id={seen.push(2)} ref={seen.push(3)}/>, seen)", &[]),
        "<b></b> [1, 2, 3]"
    );
}

#[test]
fn attributes_are_evaluated_in_source_order() {
    let source = "seen = []\nfn s(n) { seen.push(n); n }\nprint(<p class={s(1)} a={s(2)} class:x={s(3)} {...{ b: s(4) }} c=\"{s(5)}\">{s(6)}</p>)\nprint(seen)";
    assert_eq!(prints(source, &[]), "<p a=\"2\" class=\"1 x\" b=\"4\" c=\"5\">6</p>\n[1, 2, 3, 4, 5, 6]");
}
