//! Pages: JSON as tables, and the two forms at the door. Everything shown is escaped (C5).

use crate::app::http::escape;
use crate::record::Outbound;
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// How it looks.
pub(super) const STYLE: &str = ":root{color-scheme:light dark;--line:#8884;--soft:#8881;--mark:#2f6fde}
*{box-sizing:border-box}body{margin:0 auto;max-width:72rem;padding:1.5rem;font:15px/1.5 system-ui,sans-serif}
nav{display:flex;gap:1.2rem;flex-wrap:wrap;align-items:center;border-bottom:1px solid var(--line);padding-bottom:.8rem}
nav strong{margin-right:.5rem}nav a,td a{color:var(--mark);text-decoration:none}nav a[aria-current]{font-weight:600}
nav form{margin-left:auto}h1{font-size:1.35rem;margin:1.4rem 0 1rem}
table{border-collapse:collapse;width:100%;margin-bottom:1.5rem}th{text-align:left;font-weight:600;background:var(--soft)}
th,td{padding:.4rem .7rem;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
td{font-variant-numeric:tabular-nums}.none{opacity:.6}main.door{max-width:24rem;margin:12vh auto}
label{display:block;margin:.8rem 0 .2rem}input{width:100%;padding:.5rem;font:inherit}
button{padding:.45rem 1rem;font:inherit;cursor:pointer}.door button{margin-top:1rem}";

const PAGES: [(&str, &str); 6] = [
    ("/", "Overview"),
    ("/entities", "Entities"),
    ("/routes", "Routes"),
    ("/jobs", "Jobs"),
    ("/errors", "Errors"),
    ("/vectors", "Vectors"),
];

/// A page of data.
pub(super) struct Page<'p> {
    pub title: &'p str,
    pub value: &'p Value,
    /// What the first column leads to.
    pub links: Option<&'p str>,
    pub path: &'p str,
}

impl Page<'_> {
    pub fn answer(&self) -> Outbound {
        let mut nav = String::from("<nav><strong>FLIN</strong>");
        // Writing to a text does not fail.
        for (path, name) in PAGES {
            let here = self.path == path || (path != "/" && self.path.starts_with(path));
            let _ = write!(
                nav,
                "<a href=\"{path}\"{}>{name}</a>",
                if here { " aria-current=\"page\"" } else { "" }
            );
        }
        nav.push_str("<form method=\"post\" action=\"/logout\"><button>Sign out</button></form></nav>");
        let title = escape(self.title);
        document(&title, &format!("{nav}<h1>{title}</h1>{}", self.shown(self.value)))
    }

    fn shown(&self, value: &Value) -> String {
        match value {
            Value::Array(items) if items.is_empty() => "<p class=\"none\">Nothing yet.</p>".to_owned(),
            Value::Array(items) if items.iter().all(Value::is_object) => self.rows(items),
            Value::Object(map) => pairs(map),
            other => format!("<p>{}</p>", cell(other)),
        }
    }

    fn rows(&self, items: &[Value]) -> String {
        let mut columns: Vec<&str> = Vec::new();
        for map in items.iter().filter_map(Value::as_object) {
            for name in map.keys().filter(|name| !columns.contains(&name.as_str())).collect::<Vec<_>>() {
                columns.push(name);
            }
        }
        // Names and ids lead.
        columns.sort_by_key(|name| !matches!(*name, "id" | "name" | "at"));
        // A row goes by its id; where there are none, as in a list of entities, by its name.
        let linked = if columns.contains(&"id") { "id" } else { "name" };
        let head: String = columns.iter().map(|name| format!("<th>{}</th>", escape(name))).collect();
        let mut table = format!("<table><thead><tr>{head}</tr></thead><tbody>");
        for map in items.iter().filter_map(Value::as_object) {
            table.push_str("<tr>");
            for name in &columns {
                let text = map.get(*name).map_or_else(String::new, cell);
                let link = self.links.filter(|_| *name == linked && is_plain(&text));
                let _ = match link {
                    Some(base) => write!(table, "<td><a href=\"{}/{text}\">{text}</a></td>", escape(base)),
                    None => write!(table, "<td>{text}</td>"),
                };
            }
            table.push_str("</tr>");
        }
        table.push_str("</tbody></table>");
        table
    }
}

/// Can it be a part of a path as it is?
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn pairs(map: &Map<String, Value>) -> String {
    let rows =
        map.iter().map(|(name, value)| format!("<tr><th>{}</th><td>{}</td></tr>", escape(name), cell(value)));
    format!("<table><tbody>{}</tbody></table>", rows.collect::<String>())
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "<span class=\"none\">none</span>".to_owned(),
        Value::String(text) => escape(text),
        Value::Object(map) if !map.is_empty() => pairs(map),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join("<br>"),
        other => escape(&other.to_string()),
    }
}

/// The form before the console.
pub(super) fn door(set_up: bool) -> Outbound {
    let (title, action, first, autocomplete) = if set_up {
        ("Sign in", "/login", "", "current-password")
    } else {
        let token = "<label for=\"token\">Set-up token (the terminal shows it)</label>\
             <input id=\"token\" name=\"token\" required autocomplete=\"off\">";
        ("Set the console's password", "/setup", token, "new-password")
    };
    let form = format!(
        "<main class=\"door\"><h1>{title}</h1><form method=\"post\" action=\"{action}\">{first}\
         <label for=\"password\">Password</label><input id=\"password\" name=\"password\" type=\"password\" required \
         minlength=\"12\" autocomplete=\"{autocomplete}\"><button>{title}</button></form></main>"
    );
    document(title, &form)
}

fn document(title: &str, body: &str) -> Outbound {
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} · FLIN</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" href=\"/style.css\"></head>\
         <body>{body}</body></html>\n"
    );
    of("text/html; charset=utf-8", &page)
}

/// Content of a type.
pub(super) fn of(content_type: &str, text: &str) -> Outbound {
    let headers = vec![("content-type".to_owned(), content_type.to_owned())];
    Outbound { status: 200, headers, body: text.as_bytes().to_vec(), ..Outbound::default() }
}

/// To another page.
pub(super) fn to(path: &str) -> Outbound {
    Outbound { status: 303, headers: vec![("location".to_owned(), path.to_owned())], ..Outbound::default() }
}

/// To the first page, with a cookie.
pub(super) fn go(cookie: String) -> Outbound {
    let mut outbound = to("/");
    outbound.headers.push(("set-cookie".to_owned(), cookie));
    outbound
}
