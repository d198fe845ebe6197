//! The language page does not lie: every `flin` block of `docs/language.md` runs, and prints what the `output` block
//! behind it says; also with a collection before every instruction.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may panic")]

use flin_runtime::app::build::{self, Rejected};
use flin_runtime::app::http::Sessions;
use flin_runtime::app::{Application, Execution, Limits, MemoryHost, SourceFile, testing};
use flin_runtime::base::render::{Style, render};
use flin_runtime::check::Role;
use flin_runtime::config::Config;
use flin_runtime::record::{Body, Inbound};
use flin_runtime::value::Pool;
use std::fmt::Write as _;
use std::path::Path;

const PAGE: &str = include_str!("../docs/language.md");

/// Blocks of code with what they print.
fn examples() -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    for part in PAGE.split("```flin\n").skip(1) {
        let (code, rest) = part.split_once("```\n").unwrap();
        if code.starts_with(FILE) {
            continue;
        }
        let output = rest.strip_prefix("```output\n").unwrap_or_else(|| panic!("no output behind\n{code}"));
        found.push((code, output.split_once("```").unwrap().0));
    }
    found
}

/// How a block begins that is a file of a project.
const FILE: &str = "// file: ";

/// Projects, each the files before a block of requests, with those.
fn projects() -> Vec<(Vec<(&'static str, &'static str)>, &'static str)> {
    let mut found = Vec::new();
    let parts: Vec<&str> = PAGE.split("```http\n").collect();
    for pair in parts.windows(2) {
        let files = pair[0].split("```flin\n").skip(1).filter_map(|part| {
            let (code, _) = part.split_once("```\n")?;
            let (path, code) = code.strip_prefix(FILE)?.split_once('\n')?;
            Some((path, code))
        });
        found.push((files.collect(), pair[1].split_once("```").unwrap().0));
    }
    found
}

/// The requests of a block with what they are answered; the client keeps its cookies.
fn exchanges(files: &[(&str, &str)], requests: &str, gc_stress: bool) -> String {
    let source = |(path, code): &(&str, &str)| {
        SourceFile::in_memory(path, Role::of(path, &["components"]), code.as_bytes())
    };
    let files: Vec<SourceFile> = files.iter().map(source).collect();
    let pool = Pool::new(1 << 30);
    let mut app = Application::of_files(&files, Config::default(), Path::new(""), &pool).unwrap();
    app.limits = Limits { gc_stress, deadline: None, ..app.limits };
    let (sessions, mut host) = (Sessions::new([1; 32], [2; 32]), MemoryHost::default());
    let mut cookies = Vec::new();
    let mut said = String::new();
    for line in requests.lines().filter(|line| line.starts_with("> ")) {
        let mut parts = line.splitn(4, ' ').skip(1).map(str::to_owned);
        let (method, url, body) = (parts.next().unwrap(), parts.next().unwrap(), parts.next());
        let kind = match &body {
            Some(json) if json.starts_with('{') => "application/json",
            _ => "application/x-www-form-urlencoded",
        };
        let headers = vec![("content-type".to_owned(), kind.to_owned())];
        let body = body.map_or(Body::Empty, Body::Text);
        let asked = Inbound {
            method,
            url,
            headers: headers.into(),
            body,
            cookies: cookies.clone(),
            ..Inbound::default()
        };
        let outbound = testing::request(&app, &sessions, asked, &mut host);
        for (_, cookie) in outbound.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        let answer = format!("{} {}", outbound.status, String::from_utf8_lossy(&outbound.body));
        let _ = writeln!(said, "{line}\n{}", answer.trim_end());
    }
    said
}

fn every_request(gc_stress: bool) {
    let projects = projects();
    assert!(projects.len() >= 2);
    for (files, requests) in projects {
        let said = exchanges(&files, requests, gc_stress);
        assert!(said == requests, "answered\n{said}-- but the page says\n{requests}");
    }
}

#[test]
fn every_request_is_answered_as_the_page_says() {
    every_request(false);
}

#[test]
fn every_request_is_answered_so_while_collecting_before_every_instruction() {
    every_request(true);
}

fn run(code: &str, gc_stress: bool) -> String {
    let limits = Limits { gc_stress, ..Limits::default() };
    let files = [SourceFile::in_memory("example.flin", Role::Script, code)];
    let built = match build::build(&files, 0, &limits) {
        Ok(built) => built,
        Err(Rejected::Diagnostics(sources, found)) => {
            return found.iter().map(|found| render(found, &sources, Style::Line)).collect();
        }
        Err(other) => return other.to_string(),
    };
    let program = build::link(built.module).unwrap();
    let mut host = MemoryHost::default();
    let mut execution = Execution::new(program, Pool::new(1 << 30), &limits, &mut host).unwrap();
    let end = execution.run(&mut host);
    if end == flin_runtime::app::End::Done { host.output } else { format!("{}{end:#?}", host.output) }
}

fn every_example(gc_stress: bool) {
    let examples = examples();
    assert!(examples.len() >= 10);
    let wrong: Vec<String> = examples
        .into_iter()
        .filter_map(|(code, output)| {
            let printed = run(code, gc_stress);
            (printed != output).then(|| format!("{code}-- prints\n{printed}-- but the page says\n{output}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_example_prints_what_the_page_says() {
    every_example(false);
}

#[test]
fn every_example_prints_the_same_while_collecting_before_every_instruction() {
    every_example(true);
}
