//! What an RFC requires and which test holds it: pages made from lists of requirements and the tests' own tags.
//!
//! A test is tagged by a doc comment such as `/// RFC 6455 5.1-a, 5.2-c` above it. A page fails when it is stale, when a
//! requirement has no test, and when a tag names no requirement. What cannot arise says why, and has none.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// How a requirement begins that binds nobody here.
const ABSENT: &str = "Does not arise: ";

/// A page.
struct Conformance {
    /// As tags begin.
    rfc: &'static str,
    title: &'static str,
    requirements: &'static str,
    /// Below `docs`.
    page: &'static str,
    /// Where the tests stand, below the crate.
    tests: &'static [&'static str],
}

const PAGES: &[Conformance] = &[
    Conformance {
        rfc: "RFC 6455",
        title: "WebSocket conformance",
        requirements: include_str!("conformance/rfc6455.txt"),
        page: "websocket-conformance.md",
        tests: &["src/server"],
    },
    Conformance {
        rfc: "RFC 9112",
        title: "HTTP/1.1 conformance",
        requirements: include_str!("conformance/rfc9112.txt"),
        page: "http-conformance.md",
        tests: &["src/server", "src/app/http"],
    },
    Conformance {
        rfc: "RFC 9110",
        title: "HTTP semantics where messages are framed",
        requirements: include_str!("conformance/rfc9110.txt"),
        page: "http-semantics-conformance.md",
        tests: &["src/server", "src/app/http"],
    },
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Requirement to the tests that hold it.
type Held = BTreeMap<String, Vec<String>>;

/// The tags of a file.
fn tags(source: &str, rfc: &str, held: &mut Held) {
    let mut pending: Vec<String> = Vec::new();
    for line in source.lines().map(str::trim) {
        let cited = line.strip_prefix("/// ").and_then(|doc| doc.strip_prefix(rfc)?.strip_prefix(' '));
        // Prose goes on with ", section".
        if let Some(list) = cited.filter(|list| list.starts_with(|first: char| first.is_ascii_digit())) {
            pending.extend(list.split(',').map(|tag| tag.trim().to_owned()));
        } else if let Some((_, rest)) = line.split_once("fn ") {
            let name = rest.split(['(', '<']).next().unwrap();
            for tag in pending.drain(..) {
                held.entry(tag).or_default().push(name.to_owned());
            }
        }
    }
}

impl Conformance {
    fn requirements(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let lines = self.requirements.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        lines.map(|line| line.split_once(' ').unwrap())
    }

    fn held(&self) -> Held {
        let (mut held, mut files) = (Held::new(), Vec::new());
        for folder in self.tests {
            sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
        }
        for file in files {
            tags(&std::fs::read_to_string(file).unwrap(), self.rfc, &mut held);
        }
        held
    }

    fn text(&self) -> String {
        let held = self.held();
        let (absent, binding): (Vec<_>, Vec<_>) =
            self.requirements().partition(|(_, text)| text.starts_with(ABSENT));
        let more = match absent.len() {
            0 => String::new(),
            count => format!("; {count} more cannot arise here, and say why"),
        };
        let mut page = format!(
            "# {}\n\nEach MUST and MUST NOT of {} that binds a server, {} of them, and the tests that hold it{more}. \
             Generated from the tests' own tags; `UPDATE_DOCS=1 cargo test -p runtime --lib conformance` writes it \
             anew.\n\n| | required | held by |\n|---|---|---|\n",
            self.title,
            self.rfc,
            binding.len()
        );
        for (id, text) in self.requirements() {
            let tests = held.get(id).map_or(String::new(), |tests| format!("`{}`", tests.join("`, `")));
            let _ = writeln!(page, "| {id} | {text} | {tests} |");
        }
        page
    }
}

#[test]
fn conformance_pages_are_what_the_tags_say() {
    for page in PAGES {
        let (text, path) = (page.text(), Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page.page));
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == text, "docs/{} is stale: run this test with UPDATE_DOCS=1", page.page);
    }
}

#[test]
fn every_requirement_has_a_test_and_every_tag_a_requirement() {
    for page in PAGES {
        let held = page.held();
        let (absent, known): (Vec<_>, Vec<_>) =
            page.requirements().partition(|(_, text)| text.starts_with(ABSENT));
        let known: Vec<&str> = known.into_iter().map(|(id, _)| id).collect();
        let bare: Vec<&&str> = known.iter().filter(|id| !held.contains_key(**id)).collect();
        assert!(bare.is_empty(), "{}: no test holds {bare:?}", page.rfc);
        assert!(absent.iter().all(|(_, text)| text.len() > ABSENT.len()), "{absent:?}");
        let strange: Vec<&String> = held.keys().filter(|id| !known.contains(&id.as_str())).collect();
        assert!(strange.is_empty(), "{}: {strange:?} are no requirements", page.rfc);
    }
}

#[test]
fn a_tag_belongs_to_the_test_below_it() {
    let mut held = Held::new();
    let source =
        "/// RFC 1 2-a, 2-b\n#[test]\nfn one() {}\nfn two() {}\n    /// RFC 1 2-b\n    fn three(x: u8) {}\n";
    tags(source, "RFC 1", &mut held);
    let expected = [("2-a", vec!["one"]), ("2-b", vec!["one", "three"])];
    assert!(
        held.iter()
            .map(|(tag, tests)| (tag.as_str(), tests.iter().map(String::as_str).collect()))
            .eq(expected)
    );
}
