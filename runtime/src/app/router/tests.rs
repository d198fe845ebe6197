//! Which endpoint a request meets.

use super::*;

/// A router of lines `METHOD pattern`.
fn router(lines: &[&str]) -> (Router, Vec<String>) {
    let kinds: Vec<(Endpoint, String)> = lines
        .iter()
        .map(|line| {
            let (kind, path) = line.split_once(' ').unwrap();
            let kind = match kind {
                "WS" => EndpointKind::Socket,
                "PAGE" => EndpointKind::Page,
                method => EndpointKind::Route(Method::by_name(method).unwrap()),
            };
            (Endpoint { kind, path: 0, function: 0 }, path.to_owned())
        })
        .collect();
    let entries = (0..).zip(&kinds).map(|(at, (endpoint, path))| (at, endpoint, path.as_str()));
    (Router::new(entries), lines.iter().map(|line| (*line).to_owned()).collect())
}

/// What answers, as the line of the route and what it bound.
fn found(lines: &[&str], method: &str, path: &str) -> String {
    let (router, lines) = router(lines);
    let shown = |found: Match| {
        let bound: Vec<String> = found.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{} [{}]", lines[found.endpoint as usize], bound.join(" "))
    };
    match router.find(method, path) {
        Found::Endpoint(found) => shown(found),
        Found::Socket(found) => format!("upgrade {}", shown(found)),
        Found::Options(allow) => format!("options {allow}"),
        Found::NotAllowed(allow) => format!("405 {allow}"),
        Found::Nothing => "404".to_owned(),
    }
}

#[test]
fn in_each_segment_a_literal_beats_a_parameter_and_that_the_rest() {
    let lines = ["GET /users/:id", "GET /users/me", "GET /*all", "GET /users/:id/:tab", "GET /users/me/a"];
    assert_eq!(found(&lines, "GET", "/users/me"), "GET /users/me []");
    assert_eq!(found(&lines, "GET", "/users/7/"), "GET /users/:id [id=7]");
    assert_eq!(found(&lines, "GET", "/users/me/b"), "GET /users/:id/:tab [id=me tab=b]");
    assert_eq!(found(&lines, "GET", "/users/1/2/3"), "GET /*all [all=users/1/2/3]");
    assert_eq!(found(&lines, "GET", "/"), "404");
}

#[test]
fn methods_have_their_rules() {
    let lines = ["PAGE /", "POST /a", "ANY /b", "PUT /b", "GET /c/:x", "DELETE /c/d"];
    assert_eq!(found(&lines, "HEAD", "/"), "PAGE / []");
    assert_eq!(found(&lines, "OPTIONS", "/"), "options GET, HEAD, OPTIONS");
    assert_eq!(found(&lines, "GET", "/a"), "405 POST, OPTIONS");
    assert_eq!(found(&lines, "PUT", "/b"), "PUT /b []");
    assert_eq!(found(&lines, "BREW", "/b"), "ANY /b []");
    // A more literal pattern without the method does not hide one that has it.
    assert_eq!(found(&lines, "GET", "/c/d"), "GET /c/:x [x=d]");
    assert_eq!(found(&lines, "POST", "/c/d"), "405 GET, DELETE, HEAD, OPTIONS");
}

#[test]
fn a_socket_is_asked_for_by_an_upgrade() {
    let lines = ["WS /chat/:room", "GET /chat/lobby"];
    assert_eq!(found(&lines, "GET", "/chat/a"), "upgrade WS /chat/:room [room=a]");
    assert_eq!(found(&lines, "POST", "/chat/a"), "405 GET");
    assert_eq!(found(&lines, "GET", "/chat/lobby"), "GET /chat/lobby []");
    assert_eq!(router(&lines).0.socket("/chat/lobby").unwrap().endpoint, 0);
    assert_eq!(router(&lines).0.socket("/chat"), None);
}

#[test]
fn a_search_is_linear_in_the_tree() {
    // Every segment has a literal and a parameter that lead on; without T2 a miss would try 2^40 ways.
    let a = format!("GET {}", "/a".repeat(40));
    let p = format!("GET {}", "/:p".repeat(40));
    let lines = [a.as_str(), p.as_str()];
    assert_eq!(found(&lines, "GET", &"/a".repeat(41)), "404");
}
