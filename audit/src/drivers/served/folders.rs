//! X-15: every way out of the folders of a program (`files/`, `public/`), and out of a file that is served in part.
//!
//! Whatever is tried stays below the project's own temporary folder, so that it harms nobody where it succeeds.

use super::client::Client;
use super::{Answer, Served};
use crate::drivers::DriverError;
use crate::drivers::lab::Lab;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

const APP: &str = r#"
fn told(e) { return if e is error then e.kind else e }
route GET "/ok" { "ok" }
route GET "/read" { told(try read_file(query.p)) }
route GET "/bytes" { told(try read_bytes(query.p)) }
route GET "/write" { told(try write_file(query.p, "written")) ?? "written" }
route GET "/append" { told(try append_file(query.p, "written")) ?? "written" }
route GET "/delete" { told(try delete_file(query.p)) ?? "written" }
route GET "/list" { told(try list_files(query.p)) }
route GET "/exists" { told(try file_exists(query.p)) }
route POST "/upload" { told(try save_upload(body.f, query.p)) ?? "written" }
route POST "/own-name" { told(try save_upload(body.f, body.f.filename)) ?? "written" }
"#;
/// What lies outside.
const SECRET: &str = "what lies outside";
const DIGITS: &str = "0123456789";

/// X-15: all of them; then nothing outside has changed.
pub fn folders(lab: &mut Lab) -> Result<(), DriverError> {
    let served = Served::start(APP, |_| {})?;
    lay_out(served.root())?;
    let before = outside(served.root())?;
    functions(lab, &served)?;
    uploads(lab, &served)?;
    public(lab, &served)?;
    ranges(lab, &served)?;
    let after = outside(served.root())?;
    if after != before {
        lab.channel.wrong("what lies outside", format_args!("{before:?}"), format_args!("{after:?}"));
    }
    served.settles(lab, "after ways out of the folder");
    served.stop(lab, "after ways out of the folder");
    Ok(())
}

/// A project with secrets beside its folders, and links to them in each.
fn lay_out(root: &Path) -> io::Result<()> {
    let (files, public, other) = (root.join("files"), root.join("public"), root.join("outside"));
    for folder in [&files, &public, &other, &files.join("inner"), &public.join(".git")] {
        fs::create_dir_all(folder)?;
    }
    for secret in
        ["flin.config", "outside/secret.txt", "files-of-others", "public/.env", "public/.git/config"]
    {
        fs::write(root.join(secret), SECRET)?;
    }
    fs::write(files.join("own.txt"), "own")?;
    fs::write(public.join("digits.txt"), DIGITS)?;
    fs::write(public.join("empty.txt"), "")?;
    for folder in [&files, &public] {
        symlink("../outside/secret.txt", folder.join("link.txt"))?;
        symlink(root.join("outside/secret.txt"), folder.join("absolute.txt"))?;
        symlink("../outside", folder.join("folder"))?;
        symlink("../outside/new.txt", folder.join("dangling.txt"))?;
        symlink("link.txt", folder.join("twice.txt"))?;
        symlink("loop", folder.join("loop"))?;
        symlink("..", folder.join("up"))?;
    }
    symlink(".env", public.join("shown.txt"))?;
    symlink(".git", public.join("shown"))
}

/// Every plain file that is not the program's, and its content.
fn outside(root: &Path) -> io::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for folder in [root.to_path_buf(), root.join("outside")] {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                let name = entry.path().to_string_lossy().into_owned();
                found.push((name, fs::read_to_string(entry.path())?));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn escaped(path: &str) -> String {
    path.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Paths of file functions that lead out, whatever is there.
fn ways_out(root: &Path) -> Vec<String> {
    let mut ways: Vec<String> = [
        "..",
        "../",
        "../flin.config",
        "../outside/secret.txt",
        "./../flin.config",
        "inner/../../flin.config",
        "inner/../../outside/secret.txt",
        "../files-of-others",
        "own.txt/../../flin.config",
        "//flin.config",
        "/",
        "\0",
        "own.txt\0",
        "own.txt\0.png",
        "../flin.config\0.txt",
        "link.txt",
        "absolute.txt",
        "twice.txt",
        "folder/secret.txt",
        "folder/new.txt",
        "up/flin.config",
        "up/outside/secret.txt",
        "up/files/../flin.config",
        "dangling.txt",
        "loop",
        "loop/a",
        "folder/../flin.config",
    ]
    .map(ToOwned::to_owned)
    .into();
    ways.push(root.join("outside/secret.txt").to_string_lossy().into_owned());
    ways.push(root.join("files/own.txt").to_string_lossy().into_owned());
    ways.push("a/".repeat(1000));
    ways.push("a".repeat(2000));
    ways
}

fn functions(lab: &mut Lab, served: &Served) -> Result<(), DriverError> {
    let mut client = served.client()?;
    for way in ways_out(served.root()) {
        for function in ["read", "bytes", "write", "append", "delete", "list", "exists"] {
            let shown = format!("{function} of {:?}", way.chars().take(60).collect::<String>());
            lab.channel.trying(&shown);
            let answer = client.get(&format!("/{function}?p={}", escaped(&way)))?;
            // That nothing is there is an answer too, but not of what was to be written.
            let missing = matches!(function, "exists") && answer.body == "false";
            if answer.status != 200 || !(answer.body == "FileError" || missing) {
                lab.channel.wrong(&shown, "FileError", answer);
                return Ok(());
            }
        }
    }
    let own = client.get("/read?p=own.txt")?;
    if own.body != "own" {
        lab.channel.wrong("a file of the program's own", "own", own);
    }
    Ok(())
}

/// Uploads, to a path of the client's choice and under the name that it gives.
fn uploads(lab: &mut Lab, served: &Served) -> Result<(), DriverError> {
    let post = |target: &str, name: &str| -> io::Result<Answer> {
        let mut client = served.client()?;
        let content = format!(
            "--B\r\nContent-Disposition: form-data; name=f; filename=\"{name}\"\r\n\r\nuploaded\r\n--B--\r\n"
        );
        let length = content.len();
        client.send(&format!(
            "POST {target} HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=B\r\n\
             Content-Length: {length}\r\n\r\n{content}"
        ))?;
        client.answer()
    };
    for way in ways_out(served.root()) {
        let shown = format!("an upload to {:?}", way.chars().take(60).collect::<String>());
        lab.channel.trying(&shown);
        let answer = post(&format!("/upload?p={}", escaped(&way)), "a.txt")?;
        if answer.status != 200 || answer.body != "FileError" {
            lab.channel.wrong(&shown, "FileError", answer);
            return Ok(());
        }
    }
    // Refused by the decoder, or by the function, or kept under a name that leads nowhere else.
    for name in [
        "../flin.config",
        "..\\\\flin.config",
        "/flin.config",
        "C:\\\\flin.config",
        "..",
        ".",
        "",
        "a/../../flin.config",
        "link.txt",
        "dangling.txt",
        "folder/new.txt",
        "%2e%2e/flin.config",
        "a\u{0}b",
        "\u{202e}txt.exe",
    ] {
        lab.channel.trying(format_args!("an upload called {name:?}"));
        let answer = post("/own-name", name)?;
        if !matches!(answer.status, 200 | 400 | 500) {
            lab.channel.wrong(format_args!("an upload called {name:?}"), "kept inside, or refused", answer);
        }
    }
    Ok(())
}

fn public(lab: &mut Lab, served: &Served) -> Result<(), DriverError> {
    let long = format!("/{}", "a".repeat(4000));
    let many = format!("/{}", "a/".repeat(2000));
    let targets = [
        // Links: out of the folder, to what is hidden, to nothing, to themselves.
        "/link.txt",
        "/absolute.txt",
        "/twice.txt",
        "/folder/secret.txt",
        "/folder",
        "/up/flin.config",
        "/up/outside/secret.txt",
        "/shown.txt",
        "/shown/config",
        "/dangling.txt",
        "/loop",
        "/loop/a",
        // Names that are hidden.
        "/.env",
        "/%2eenv",
        "/%2Eenv",
        "/.git/config",
        "/%2egit/config",
        "/digits.txt/.env",
        "/./.env",
        // Upwards, however it is written.
        "/..",
        "/../flin.config",
        "/%2e%2e/flin.config",
        "/.%2e/flin.config",
        "/%2e./flin.config",
        "/..%2fflin.config",
        "/%2e%2e%2fflin.config",
        "/%252e%252e/flin.config",
        "/%252e%252e%252fflin.config",
        "/..%5cflin.config",
        "/..\\flin.config",
        "/%5c..%5cflin.config",
        "/..;/flin.config",
        "/..%00/flin.config",
        "/..%c0%afflin.config",
        "/%c0%ae%c0%ae/flin.config",
        "/%e0%80%ae%e0%80%ae/flin.config",
        "/..%ef%bc%8fflin.config",
        "/%uff0e%uff0e/flin.config",
        "/....//flin.config",
        "/.../flin.config",
        "/a/../../flin.config",
        "//flin.config",
        "//../flin.config",
        "http://a/../flin.config",
        "http://a/%2e%2e/flin.config",
        // NUL, other names of one file, and names that no file has.
        "/digits.txt%00",
        "/digits.txt%00.png",
        "/%00",
        "/digits.txt/",
        "/digits.txt/.",
        "/digits.txt/..",
        "/DIGITS.TXT",
        "/digits.txt%20",
        "/digits.txt.",
        "/digits.txt::$DATA",
        "/dev/null",
        "/proc/self/environ",
        &long,
        &many,
    ];
    for target in targets {
        for method in ["GET", "HEAD"] {
            let shown = format!("{method} {:?}", target.chars().take(60).collect::<String>());
            lab.channel.trying(&shown);
            let mut client = served.client()?;
            client.send(&format!("{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))?;
            let said = client.rest()?;
            let status = said.get(9..12).unwrap_or_default();
            // A slash at the end means nothing, in files as in routes.
            let same = target == "/digits.txt/" && status == "200" && !said.contains(SECRET);
            if !(matches!(status, "400" | "404") || same) || said.contains(SECRET) {
                lab.channel.wrong(&shown, "400 or 404", said);
                return Ok(());
            }
        }
    }
    Ok(())
}

/// What a range asks for, and what comes of it: a status and the bytes.
const RANGES: &[(&str, u16, &str)] = &[
    ("bytes=0-0", 206, "0"),
    ("bytes=9-9", 206, "9"),
    ("bytes=0-", 206, DIGITS),
    ("bytes=5-", 206, "56789"),
    ("bytes=-3", 206, "789"),
    ("bytes=-10", 206, DIGITS),
    ("bytes=-11", 206, DIGITS),
    ("bytes=8-99", 206, "89"),
    ("BYTES=1-2", 206, "12"),
    ("bytes=0-18446744073709551615", 206, DIGITS),
    ("bytes=0-99999999999999999999999999", 206, DIGITS),
    ("bytes=-18446744073709551615", 206, DIGITS),
    ("bytes=10-", 416, ""),
    ("bytes=10-20", 416, ""),
    ("bytes=-0", 416, ""),
    ("bytes=18446744073709551615-", 416, ""),
    ("bytes=99999999999999999999999999-", 416, ""),
    ("bytes=5-4", 200, DIGITS),
    ("bytes=", 200, DIGITS),
    ("bytes=-", 200, DIGITS),
    ("bytes=--1", 200, DIGITS),
    ("bytes=+1-2", 200, DIGITS),
    ("bytes=0x1-2", 200, DIGITS),
    ("bytes=1.5-2", 200, DIGITS),
    ("bytes=a-b", 200, DIGITS),
    ("bytes=0-0,5-6", 200, DIGITS),
    ("bytes=0-0, -1, 3-", 200, DIGITS),
    ("lines=0-1", 200, DIGITS),
    ("bytes", 200, DIGITS),
];

fn ranges(lab: &mut Lab, served: &Served) -> Result<(), DriverError> {
    let mut client = served.client()?;
    for (range, status, body) in RANGES {
        ranged(lab, served, &mut client, range, (*status, (*body).to_owned()))?;
    }
    let end = if lab.is_full() { 14 } else { 4 };
    for first in 0..end {
        for last in 0..end {
            let expected = match (first, last) {
                _ if last < first => (200, DIGITS.to_owned()),
                _ if first >= DIGITS.len() => (416, String::new()),
                _ => (206, DIGITS.chars().skip(first).take(last + 1 - first).collect()),
            };
            ranged(lab, served, &mut client, &format!("bytes={first}-{last}"), expected)?;
        }
    }
    client.send("GET /empty.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=0-0\r\n\r\n")?;
    let empty = client.answer()?;
    if !matches!(empty.status, 200 | 416) || !empty.body.is_empty() {
        lab.channel.wrong("a part of an empty file", "nothing", empty);
    }
    Ok(())
}

fn ranged(
    lab: &mut Lab,
    served: &Served,
    client: &mut Client,
    range: &str,
    expected: (u16, String),
) -> Result<(), DriverError> {
    lab.channel.trying(range);
    client.send(&format!("GET /digits.txt HTTP/1.1\r\nHost: a\r\nRange: {range}\r\n\r\n"))?;
    match client.answer() {
        Ok(answer) => {
            let body = if answer.status == 416 { String::new() } else { answer.body.clone() };
            if (answer.status, body) != expected {
                lab.channel.wrong(range, format_args!("{expected:?}"), answer);
            }
        }
        Err(error) => {
            lab.channel.wrong(range, format_args!("{expected:?}"), error);
            *client = served.client()?;
        }
    }
    Ok(())
}
