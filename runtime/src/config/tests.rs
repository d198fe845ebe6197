//! Facts about `flin.config`.

use super::*;

fn problems(text: &str) -> String {
    parse(text).unwrap_err().iter().map(ProblemAt::render).collect()
}

/// The reference's own example holds exactly the defaults.
const DEFAULTS: &str = r#"
[server]
host = "127.0.0.1"
port = 3000
max_connections = 1024
max_body = "1MB"
max_header_bytes = "16KB"
max_headers = 100
max_pipelined = 16
header_timeout = "10s"
request_timeout = "30s"
idle_timeout = "60s"
drain_timeout = "10s"
error_detail = "message"
trusted_proxies = []
[vm]
max_call_depth = 512
memory_mb = 256
memory_total = "50%"
deadline = "30s"
max_source_depth = 256
max_component_depth = 64
[store]
path = ".flindb"
sync = "always"
checkpoint_bytes = "4MB"
memory_max = "1GB"
[views]
components = ["components"]
[log]
level = "info"
format = "text"
[admin]
enabled = false
bind = "127.0.0.1:3001"
[metrics]
enabled = true
"#;

#[test]
fn every_key_is_known_and_the_defaults_are_the_references() {
    assert_eq!(parse(""), Ok(Config::default()));
    assert_eq!(parse(DEFAULTS), Ok(Config::default()));
    let keys: usize = keys::SECTIONS.iter().map(|section| section.keys.len()).sum();
    assert_eq!(DEFAULTS.matches('=').count(), keys);
}

#[test]
fn sizes_durations_and_shares_are_read_in_both_forms() {
    let config = parse(
        "[server]\nmax_body = 2048\nidle_timeout = 5\nheader_timeout = \"1500ms\"\nrequest_timeout = \"2m\"\n\
         [vm]\nmemory_total = \"64MB\"\ndeadline = \"1h\"\n[store]\nmemory_max = \"2TB\"\n",
    );
    let config = config.unwrap();
    assert_eq!(config.server.body_bytes_max, 2048);
    assert_eq!(config.server.idle_timeout, Duration::from_secs(5));
    assert_eq!(config.server.header_timeout, Duration::from_millis(1500));
    assert_eq!(config.server.request_timeout, Duration::from_mins(2));
    assert_eq!(config.vm.memory_total, MemoryTotal::Bytes(64 << 20));
    assert_eq!(config.vm.deadline, Duration::from_hours(1));
    assert_eq!(config.store.memory_bytes_max, 2 << 40);
}

#[test]
fn unknown_names_without_a_neighbour_get_what_is_known() {
    let section = problems("[zebra]\n");
    assert!(section.contains("unknown section `[zebra]`; known are server, vm,"), "{section}");
    let key = problems("[vm]\nzebra = 1\n");
    assert!(key.contains("unknown key `zebra` in `[vm]`; known are ") && key.contains("memory_mb"), "{key}");
    let top = problems("zebra = 1\n");
    assert!(top.contains("keys stand below a section"), "{top}");
}

#[test]
fn unknown_names_get_the_nearest_known_one() {
    assert_eq!(
        problems("[servr]\n[vm]\nmemory = 3\n"),
        "flin.config:1:2: error: unknown section `[servr]`; did you mean `server`?\n\
         flin.config:3:1: error: unknown key `memory` in `[vm]`; did you mean `memory_mb`?\n"
    );
    assert_eq!(
        problems("deadlin = 3\n"),
        "flin.config:1:1: error: unknown key `deadlin` outside a section; did you mean `deadline` in `[vm]`?\n"
    );
    assert_eq!(
        problems("vm = 3"),
        "flin.config:1:1: error: `vm` is a section: write `[vm]`, and its keys below\n"
    );
}

#[test]
fn limits_hold_at_their_ends() {
    let depth = |n: i64| parse(&format!("[vm]\nmax_call_depth = {n}\n")).is_ok();
    assert_eq!([15, 16, 17, 65_535, 65_536, 65_537].map(depth), [false, true, true, true, true, false]);
    let memory = |n: i64| parse(&format!("[vm]\nmemory_mb = {n}\n")).is_ok();
    assert_eq!([-1, 0, 1, 65_536, 65_537].map(memory), [false, false, true, true, false]);
    let share = |n: i64| parse(&format!("[vm]\nmemory_total = \"{n}%\"\n")).is_ok();
    assert_eq!([0, 1, 100, 101].map(share), [false, true, true, false]);
}

#[test]
fn a_wrong_value_names_its_key_and_what_is_allowed() {
    let cases = [
        (
            "[vm]\nmax_call_depth = \"many\"",
            "`vm.max_call_depth`: a text is not allowed here; expected an integer",
        ),
        ("[vm]\nmemory_mb = 0", "`vm.memory_mb`: 0 is out of range; allowed are 1 to 65536"),
        ("[vm]\nmemory_mb = 99999999999999999999999999", "99999999999999999999999999 is out of range"),
        ("[server]\nport = 70000", "`server.port`: 70000 is out of range; allowed are 0 to 65535"),
        ("[server]\nmax_body = \"1 megabyte\"", "\"1 megabyte\" is not allowed here; expected a size like"),
        ("[server]\nmax_body = \"99999999999999TB\"", "is out of range; allowed are 1B to 16GB"),
        ("[server]\nmax_body = -1", "-1 is out of range; allowed are 1B to 16GB"),
        ("[server]\nidle_timeout = \"soon\"", "\"soon\" is not allowed here; expected a duration like"),
        ("[server]\nidle_timeout = 0", "0 is out of range; allowed are 1ms to 365d"),
        ("[server]\nidle_timeout = 1.5", "a number with a fraction is not allowed here; expected a duration"),
        ("[store]\nsync = \"never\"", "\"never\" is not allowed here; allowed are always, interval"),
        ("[store]\npath = \"public/db\"", "expected a folder of its own"),
        ("[store]\npath = \"../x\"", "expected the name of a folder below the project's root"),
        ("[views]\ncomponents = []", "an empty list is not allowed here"),
        ("[views]\ncomponents = \"components\"", "a text is not allowed here; expected a list of folders"),
        ("[admin]\nbind = \"3001\"", "expected a text like \"127.0.0.1:3001\""),
        ("[metrics]\nenabled = 1", "an integer is not allowed here; expected true or false"),
    ];
    for (text, expected) in cases {
        let said = problems(text);
        assert!(said.contains(expected), "{text}\n{said}");
    }
}

#[test]
fn what_is_no_toml_is_said_with_its_place() {
    let said = problems("[vm]\nmemory_mb = = 3\n");
    assert!(said.starts_with("flin.config:2:"), "{said}");
    assert!(parse("[vm]\nmemory_mb = 1\nmemory_mb = 2\n").is_err());
}

#[test]
fn hostile_files_are_refused_without_deep_recursion() {
    let hostile = [
        "a.".repeat(30_000) + "a = 1",
        format!("[{}a]", "a.".repeat(30_000)),
        "x = ".to_owned() + &"[".repeat(60_000),
        "x = ".to_owned() + &"{a=".repeat(20_000),
        format!("x = {{ {}a = 1 }}", "a.".repeat(30_000)),
        format!("\"q\".{}a = 1", "a.".repeat(30_000)),
        format!("'q' . {}a = 1", "'a' . ".repeat(10_000)),
        "[[x]]\n".repeat(9_000),
        "#".repeat(FILE_BYTES_MAX + 1),
    ];
    for text in hostile {
        assert!(parse(&text).is_err());
    }
}

#[test]
fn the_page_has_every_key_with_its_default() {
    let page = include_str!("../../docs/config.md");
    let block = page.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("```")).unwrap().0;
    assert_eq!(parse(block), Ok(Config::default()));
    for section in keys::SECTIONS {
        let start = format!("[{}]", section.name);
        let own = block.split_once(&*start).unwrap().1.split("\n[").next().unwrap();
        for key in section.keys {
            assert!(own.contains(&format!("\n{} = ", key.name)), "{start} {}", key.name);
        }
    }
}
