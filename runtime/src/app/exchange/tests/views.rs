//! Pages with components, and texts in the language of who asks.

use super::{app, get, said};
use crate::record::{Inbound, Translations};

const HTML: &str = "200 text/html; charset=utf-8";

#[test]
fn a_page_renders_with_the_components_that_it_names() {
    let app = app(&[
        (
            "app/index.flin",
            "title = \"A & B\"\n<!DOCTYPE html>\n<Layout title={title}>\n<p slot=\"side\">s</p><b>{params.x ?? query.q}</b></Layout>",
        ),
        (
            "components/Layout.flin",
            "<html><title>{props.title}</title><aside><slot name=\"side\"/></aside><main>{children}</main><i>{request.path}</i></html>",
        ),
        ("components/Broken.flin", "<b {"),
    ]);
    let expected = "<!DOCTYPE html><html><title>A &amp; B</title><aside><p>s</p></aside><main>\n<b>&lt;</b></main><i>/</i></html>";
    assert_eq!(said(&app, get("/?q=<")), format!("{HTML} {expected}"));
    // Nothing is left of the first request.
    assert_eq!(said(&app, get("/?q=<")), format!("{HTML} {expected}"));
}

#[test]
fn x_12_a_component_inside_itself_is_answered_with_an_error() {
    let app = app(&[
        ("app/index.flin", "<Loop/>"),
        ("app/ok.flin", "<p>ok</p>"),
        ("components/Loop.flin", "<p><Loop/></p>"),
    ]);
    let answer = said(&app, get("/"));
    assert!(
        answer.starts_with("500 ") && answer.contains("Maximum component depth (64) exceeded"),
        "{answer}"
    );
    assert_eq!(said(&app, get("/ok")), format!("{HTML} <p>ok</p>"));
}

#[test]
fn texts_come_in_the_language_of_the_session_then_of_the_client() {
    let app = app(&[(
        "app/index.flin",
        "route GET { [t(\"hi\", { name: query.n, n: 1 }), t(\"menu.open\"), t(\"nowhere\"), [\"hi\"].map(t)[0]] }",
    )]);
    let mut translations = Translations::default();
    translations.add("en", br#"{"hi": "Hi {name}{name} {other} {", "menu": {"open": "Open"}}"#).unwrap();
    translations.add("de", br#"{"hi": "Hallo {name}", "menu.open": "Auf"}"#).unwrap();
    app.program.speak(translations);
    let english = r#"200 application/json ["Hi AA {other} {","Open","nowhere","Hi {name}{name} {other} {"]"#;
    let german = r#"200 application/json ["Hallo A","Auf","nowhere","Hallo {name}"]"#;
    assert_eq!(said(&app, get("/?n=A")), english);
    let asks = |language: &str| Inbound {
        headers: vec![("accept-language".to_owned(), language.to_owned())].into(),
        ..get("/?n=A")
    };
    assert_eq!(said(&app, asks("fr, de-CH;q=0.5, en;q=0.4")), german);
    let chose = |session: &str| Inbound { session: Some(session.to_owned()), ..asks("de") };
    assert_eq!(said(&app, chose(r#"{"lang":"en"}"#)), english);
    assert_eq!(said(&app, chose(r#"{"lang":7}"#)), german);
    assert_eq!(said(&app, chose("broken")), german);
}
