//! Entities that are declared anew while they are served: rows keep their fields, and what is saved is what was asked for.

use super::Served;
use crate::drivers::DriverError;
use crate::drivers::lab::Lab;
use flin_runtime::app::SourceFile;
use flin_runtime::app::application::Application;
use flin_runtime::check::Role;
use flin_runtime::config::Config;
use std::sync::Arc;

/// Saves and shows people, whatever else is declared.
const ROUTES: &str = r#"
route GET "/ok" { "ok" }
route POST "/put" {
    save Person { first: "Ada", last: "Byron" }
    "put"
}
route GET "/all" { Person.all.map(p => "{p.first} {p.last}").join(", ") }
"#;
const OTHERS: &str = r#"
route POST "/other" {
    save Other { title: "t" }
    "put"
}
route GET "/others" { Other.all.map(o => o.title).join(", ") }
"#;
const PERSON: &str = "entity Person { first: text, last: text }";
const OTHER: &str = "entity Other { title: text }";

/// What the declaration becomes, and is there another entity?
const CHANGES: [(&str, &str, bool); 6] = [
    ("fields in another order", "entity Person { last: text, first: text }", false),
    ("a field in front", "entity Person { age: int = 7, first: text, last: text }", false),
    ("a field behind", "entity Person { first: text, last: text, age: int = 7 }", false),
    ("an entity in front", "entity Other { title: text }\nentity Person { first: text, last: text }", true),
    ("an entity behind", "entity Person { first: text, last: text }\nentity Other { title: text }", true),
    (
        "entities and fields",
        "entity Other { title: text, n: int? }\nentity Person { last: text, age: int?, first: text }",
        true,
    ),
];

fn source(entities: &str, others: bool) -> String {
    format!("{entities}{ROUTES}{}", if others { OTHERS } else { "" })
}

/// Serves another program from now on.
fn becomes(served: &Served, source: &str) -> Result<bool, DriverError> {
    let file = SourceFile::in_memory("app/index.flin", Role::App, source);
    let pool = served.shared().pool();
    let app = Application::of_files(&[file], Config::default(), served.root(), pool);
    let app = app.map_err(|why| DriverError::Sample { why: why.to_string() })?;
    Ok(served.shared().replace(Arc::new(app)).is_ok())
}

/// Asks, and holds the answer against what it must be.
fn expect(served: &Served, lab: &mut Lab, (name, path, body): (&str, &str, &str)) -> Result<(), DriverError> {
    let mut client = served.client()?;
    let method = if matches!(path, "/put" | "/other") { "POST" } else { "GET" };
    client.send(&format!("{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"))?;
    let answer = client.answer()?;
    if answer.status != 200 || answer.body != body {
        lab.channel.wrong(format_args!("{name}: {path}"), body, answer);
    }
    Ok(())
}

/// X-32: each change, and back again.
pub fn entities(lab: &mut Lab) -> Result<(), DriverError> {
    for (name, entities, others) in CHANGES {
        lab.channel.trying(name);
        let before = source(PERSON, false);
        let served = Served::start(&before, |_| {})?;
        expect(&served, lab, (name, "/put", "put"))?;
        becomes(&served, &source(entities, others))?;
        expect(&served, lab, (name, "/all", "Ada Byron"))?;
        if others {
            expect(&served, lab, (name, "/other", "put"))?;
            expect(&served, lab, (name, "/others", "t"))?;
        }
        expect(&served, lab, (name, "/put", "put"))?;
        expect(&served, lab, (name, "/all", "Ada Byron, Ada Byron"))?;
        // What lies on the disk is what was said, as the first program reads it.
        becomes(&served, &before)?;
        expect(&served, lab, (name, "/all", "Ada Byron, Ada Byron"))?;
        served.settles(lab, name);
        served.stop(lab, name);
    }
    first_broken(lab)?;
    unfit(lab)
}

/// A program that had no entities yet, as one whose sources were broken at the start.
fn first_broken(lab: &mut Lab) -> Result<(), DriverError> {
    let name = "entities where there were none";
    lab.channel.trying(name);
    let served = Served::start("route GET \"/ok\" { \"ok\" }", |_| {})?;
    becomes(&served, &source(&format!("{OTHER}\n{PERSON}"), true))?;
    for (path, body) in [("/put", "put"), ("/other", "put"), ("/all", "Ada Byron"), ("/others", "t")] {
        expect(&served, lab, (name, path, body))?;
    }
    served.stop(lab, name);
    Ok(())
}

/// A declaration that the rows do not fit is refused, and the program before goes on.
fn unfit(lab: &mut Lab) -> Result<(), DriverError> {
    let name = "a field of another type";
    lab.channel.trying(name);
    let served = Served::start(&source(PERSON, false), |_| {})?;
    expect(&served, lab, (name, "/put", "put"))?;
    let changed = ROUTES.replace("\"Ada\"", "1815");
    if becomes(&served, &format!("entity Person {{ first: int, last: text }}{changed}"))? {
        lab.channel.wrong(name, "refused", "served");
    }
    expect(&served, lab, (name, "/put", "put"))?;
    expect(&served, lab, (name, "/all", "Ada Byron, Ada Byron"))?;
    served.stop(lab, name);
    Ok(())
}
