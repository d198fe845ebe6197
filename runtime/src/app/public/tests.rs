//! Facts about files that are served.

use super::*;
use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::symlink;
use tempfile::TempDir;

const MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

/// A project's folder with `public/` in it.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let public = folder.path().join("public");
    fs::create_dir_all(public.join("sub/.git")).unwrap();
    fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    fs::write(public.join("a.txt"), "0123456789").unwrap();
    fs::write(public.join("empty.bin"), "").unwrap();
    fs::write(public.join(".env"), "secret").unwrap();
    fs::write(public.join("sub/.git/config"), "secret").unwrap();
    fs::write(public.join("sub/b.html"), "<p>").unwrap();
    let file = File::options().write(true).open(public.join("a.txt")).unwrap();
    file.set_modified(httpdate::parse_http_date(MODIFIED).unwrap()).unwrap();
    folder
}

fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Inbound {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Inbound { method: method.to_owned(), path: path.to_owned(), headers, ..Inbound::default() }
}

fn served(folder: &TempDir, request: &Inbound) -> Option<Served> {
    Public::new(folder.path().join("public")).serve(request)
}

fn header<'a>(served: &'a Served, name: &str) -> Option<&'a str> {
    served.outbound.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

/// Status and content of a GET.
fn got(folder: &TempDir, headers: &[(&str, &str)]) -> (u16, String) {
    let served = served(folder, &request("GET", "/a.txt", headers)).unwrap();
    let mut text = String::new();
    if let Some(Content { mut file, offset, bytes }) = served.content {
        assert_eq!(bytes, served.bytes);
        file.seek(SeekFrom::Start(offset)).unwrap();
        file.take(bytes).read_to_string(&mut text).unwrap();
    }
    (served.outbound.status, text)
}

#[test]
fn files_are_served_with_type_and_version() {
    let folder = folder();
    let file = served(&folder, &request("GET", "/a.txt", &[])).unwrap();
    assert_eq!((file.outbound.status, file.bytes), (200, 10));
    assert_eq!(header(&file, "content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(header(&file, "last-modified"), Some(MODIFIED));
    assert_eq!(header(&file, "etag"), Some("\"a-ae1b981bc490a00\""));
    let page = served(&folder, &request("GET", "/sub/b.html", &[])).unwrap();
    assert_eq!(header(&page, "content-type"), Some("text/html; charset=utf-8"));
    let head = served(&folder, &request("HEAD", "/a.txt", &[("range", "bytes=0-1")])).unwrap();
    assert_eq!((head.outbound.status, head.bytes, head.content.is_some()), (200, 10, false));
    let post = served(&folder, &request("POST", "/a.txt", &[])).unwrap();
    assert_eq!((post.outbound.status, header(&post, "allow")), (405, Some("GET, HEAD, OPTIONS")));
    let options = served(&folder, &request("OPTIONS", "/a.txt", &[])).unwrap();
    assert_eq!((options.outbound.status, header(&options, "allow")), (204, Some("GET, HEAD, OPTIONS")));
    for (path, kind) in
        [("a.svg", "image/svg+xml; charset=utf-8"), ("a.png", "image/png"), ("a", "application/octet-stream")]
    {
        assert_eq!(content_type(path), kind);
    }
}

#[test]
fn x_15_t3_15_nothing_else_is_served() {
    let folder = folder();
    let public = folder.path().join("public");
    symlink("../secret.txt", public.join("out.txt")).unwrap();
    symlink("/etc", public.join("etc")).unwrap();
    symlink(".env", public.join("env.txt")).unwrap();
    symlink("loop", public.join("loop")).unwrap();
    symlink("nowhere", public.join("dangling")).unwrap();
    let pipe = public.join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0)
        .unwrap();
    for path in [
        "/",
        "",
        "/sub",
        "/missing",
        "/../secret.txt",
        "/sub/../../secret.txt",
        "//etc/passwd",
        "/.env",
        "/sub/.git/config",
        "/out.txt",
        "/etc/passwd",
        "/env.txt",
        "/loop",
        "/dangling",
        "/pipe",
        "/a.txt\0",
        "/a.txt/",
        "/a.txt/b",
        "a.txt",
        &format!("/{}", "a/".repeat(1000)),
        &format!("/{}", "a".repeat(10_000)),
    ] {
        let found = served(&folder, &request("GET", path, &[]));
        assert!(found.is_none() || path == "/a.txt/", "{path}");
    }
    assert!(Public::new(folder.path().join("none")).serve(&request("GET", "/a.txt", &[])).is_none());
}

#[test]
fn x_15_links_inside_are_followed() {
    let folder = folder();
    symlink("../a.txt", folder.path().join("public/sub/in.txt")).unwrap();
    assert_eq!(served(&folder, &request("GET", "/sub/in.txt", &[])).unwrap().bytes, 10);
}

#[test]
fn one_range_is_served() {
    let folder = folder();
    for (range, status, text) in [
        ("bytes=0-3", 206, "0123"),
        ("bytes=7-", 206, "789"),
        ("bytes=-3", 206, "789"),
        ("bytes=9-9", 206, "9"),
        ("BYTES=8-99999999999999999999999", 206, "89"),
        ("bytes=-99999999999999999999999", 206, "0123456789"),
        ("bytes=10-", 416, ""),
        ("bytes=99999999999999999999999-", 416, ""),
        ("bytes=-0", 416, ""),
        ("bytes=3-2", 200, "0123456789"),
        ("bytes=0-0,5-6", 200, "0123456789"),
        ("bytes=", 200, "0123456789"),
        ("bytes=-", 200, "0123456789"),
        ("bytes=a-b", 200, "0123456789"),
        ("bytes=+1-2", 200, "0123456789"),
        ("bytes=1--2", 200, "0123456789"),
        ("lines=0-1", 200, "0123456789"),
        ("", 200, "0123456789"),
    ] {
        assert_eq!(got(&folder, &[("range", range)]), (status, text.to_owned()), "{range}");
    }
    assert_eq!(got(&folder, &[("range", "bytes=0-1"), ("range", "bytes=2-3")]).0, 200);
    let part = served(&folder, &request("GET", "/a.txt", &[("range", "bytes=2-3")])).unwrap();
    assert_eq!(header(&part, "content-range"), Some("bytes 2-3/10"));
    let outside = served(&folder, &request("GET", "/a.txt", &[("range", "bytes=10-")])).unwrap();
    assert_eq!(header(&outside, "content-range"), Some("bytes */10"));
    assert_eq!(header(&outside, "content-type"), Some("application/json"));
    assert_eq!(outside.outbound.body, br#"{"error":"This file has no such range","status":416}"#);
    let empty = served(&folder, &request("GET", "/empty.bin", &[("range", "bytes=0-")])).unwrap();
    assert_eq!((empty.outbound.status, empty.bytes), (200, 0));
}

#[test]
fn conditions_are_judged_in_their_order() {
    let folder = folder();
    let etag = "\"a-ae1b981bc490a00\"";
    let weak = format!("W/{etag}");
    let many = format!("\"x\", {etag}");
    let (before, after) = ("Sun, 06 Nov 1994 08:49:36 GMT", "Sun, 06 Nov 1994 08:49:38 GMT");
    let status = |headers: &[(&str, &str)]| got(&folder, headers).0;
    for (name, value, expected) in [
        ("if-none-match", etag, 304),
        ("if-none-match", &weak, 304),
        ("if-none-match", &many, 304),
        ("if-none-match", "*", 304),
        ("if-none-match", "\"x\"", 200),
        ("if-modified-since", MODIFIED, 304),
        ("if-modified-since", after, 304),
        ("if-modified-since", before, 200),
        ("if-modified-since", "yesterday", 200),
        ("if-match", etag, 200),
        ("if-match", "*", 200),
        ("if-match", &weak, 412),
        ("if-match", "\"x\"", 412),
        ("if-unmodified-since", MODIFIED, 200),
        ("if-unmodified-since", before, 412),
    ] {
        assert_eq!(status(&[(name, value)]), expected, "{name}: {value}");
    }
    assert_eq!(status(&[("if-none-match", "\"x\""), ("if-modified-since", after)]), 200);
    assert_eq!(status(&[("if-match", etag), ("if-unmodified-since", before)]), 200);
    let range = ("range", "bytes=0-0");
    for (value, expected) in
        [(etag, 206), (&*weak, 200), ("\"x\"", 200), (MODIFIED, 206), (before, 200), (after, 200)]
    {
        assert_eq!(status(&[range, ("if-range", value)]), expected, "{value}");
    }
}

#[test]
fn times_that_no_header_can_say_are_left_out() {
    let folder = folder();
    let file = File::options().write(true).open(folder.path().join("public/a.txt")).unwrap();
    let before_1970 = UNIX_EPOCH.checked_sub(Duration::from_secs(1)).unwrap();
    let far = UNIX_EPOCH.checked_add(Duration::from_secs(TIME_END_SECONDS)).unwrap();
    for time in [before_1970, far] {
        // Not every disk can keep such a time.
        if file.set_modified(time).is_ok() && file.metadata().unwrap().modified().unwrap() == time {
            let served =
                served(&folder, &request("GET", "/a.txt", &[("if-modified-since", MODIFIED)])).unwrap();
            assert_eq!((served.outbound.status, header(&served, "last-modified")), (200, None));
        }
    }
}
