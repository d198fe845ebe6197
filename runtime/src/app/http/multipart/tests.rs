//! Facts about multipart bodies.

use super::*;

fn body(parts: &[(&str, &str)]) -> String {
    let part = |(headers, content): &(&str, &str)| format!("--B\r\n{headers}\r\n\r\n{content}\r\n");
    parts.iter().map(part).collect::<String>() + "--B--\r\n"
}

fn field(name: &str, text: &str) -> Part {
    Part::Field { name: name.to_owned(), text: text.to_owned() }
}

fn one(header: &str) -> Result<Part, MultipartFault> {
    decode(body(&[(header, "x")]).as_bytes(), "B").map(|mut parts| parts.remove(0))
}

#[test]
fn fields_and_files_come_in_order() {
    let sent = body(&[
        ("Content-Disposition: form-data; name=\"a\"", "1"),
        (
            "content-disposition:form-data;name=b ; filename=\"f.png\"\r\nContent-Type: image/png",
            "\r\n\0\u{ff}",
        ),
        ("X-Other: y\r\nContent-Disposition: form-data; name=\"é\"", ""),
    ]);
    let png = Part::File {
        name: "b".to_owned(),
        filename: "f.png".to_owned(),
        content_type: "image/png".to_owned(),
        bytes: Arc::from("\r\n\0\u{ff}".as_bytes()),
    };
    assert_eq!(decode(sent.as_bytes(), "B"), Ok(vec![field("a", "1"), png, field("é", "")]));
    assert_eq!(decode(b"--B--", "B"), Ok(vec![]));
}

#[test]
fn content_may_look_almost_like_a_boundary() {
    let tricky = "\r\n--\r\n-B--\r\n--C\n--B--B";
    let sent = body(&[("Content-Disposition: form-data; name=\"a\"", tricky)]);
    assert_eq!(decode(sent.as_bytes(), "B"), Ok(vec![field("a", tricky)]));
}

#[test]
fn quoted_names_are_read_as_browsers_and_as_others_write_them() {
    for (header, name) in [
        ("name=\"a%22b%0D%0Ac%41\"", "a\"b\r\nc%41"),
        ("name=\"a\\\"b\\\\c\\d\"", "a\"b\\c\\d"),
        ("name=\"; filename=x\"", "; filename=x"),
        ("other=1; name=\"a\";", "a"),
    ] {
        let part = one(&format!("Content-Disposition: form-data; {header}"));
        assert_eq!(part, Ok(field(name, "x")), "{header}");
    }
}

#[test]
fn t3_17_a_name_inside_a_file_name_is_no_name() {
    let part = one("Content-Disposition: form-data; filename=\" name=evil;\"; name=\"good\"").unwrap();
    assert!(matches!(part, Part::File { name, filename, .. } if name == "good" && filename == " name=evil;"));
}

#[test]
fn t3_17_dispositions_that_are_none_are_refused() {
    for header in [
        "X: y",
        "Content-Disposition: attachment; name=\"a\"",
        "Content-Disposition: form-data",
        "Content-Disposition: form-data; name",
        "Content-Disposition: form-data; name=",
        "Content-Disposition: form-data; name=\"a",
        "Content-Disposition: form-data; name=\"a\" junk",
        "Content-Disposition: form-data; name=a; name=b",
        "Content-Disposition: form-data; name=a; filename*=UTF-8''x",
        "Content-Disposition: form-data; filename=\"a\"",
    ] {
        assert_eq!(one(header), Err(MultipartFault::Disposition { at: 3 }), "{header}");
    }
}

#[test]
fn t3_17_file_names_are_names_alone() {
    for name in ["../a", "/etc/passwd", "a/b", "..\\\\a", "C:\\dir\\a", "..", ".", "a%0Ab", "a%0D"] {
        let header = format!("Content-Disposition: form-data; name=a; filename=\"{name}\"");
        assert_eq!(one(&header), Err(MultipartFault::FileName { at: 3 }), "{name}");
    }
    for name in ["a.txt", "..a", "", "a b", "é", "a%22b"] {
        assert!(
            one(&format!("Content-Disposition: form-data; name=a; filename=\"{name}\"")).is_ok(),
            "{name}"
        );
    }
    let nul = "Content-Disposition: form-data; name=a; filename=\"a\0.png\"";
    assert_eq!(one(nul), Err(MultipartFault::Header { at: 3 }));
}

#[test]
fn t3_17_broken_bodies_are_refused_with_their_place() {
    let head = "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n";
    for (sent, fault) in [
        (String::new(), MultipartFault::Start),
        ("preamble\r\n--B--".to_owned(), MultipartFault::Start),
        ("--BB\r\n".to_owned(), MultipartFault::Delimiter { at: 0 }),
        ("--B\n".to_owned(), MultipartFault::Delimiter { at: 0 }),
        (head.replace("--B\r\n", "--B\r\n--B: x\r\n"), MultipartFault::Delimiter { at: 5 }),
        ("--B".to_owned(), MultipartFault::Delimiter { at: 0 }),
        ("--B\r\n".to_owned(), MultipartFault::Truncated { at: 3 }),
        ("--B\r\n--B--".to_owned(), MultipartFault::Delimiter { at: 5 }),
        (format!("{head}x"), MultipartFault::Truncated { at: 3 }),
        (format!("{head}x\r\n--B"), MultipartFault::Delimiter { at: 48 }),
        (format!("{head}x\r\n--Bevil\r\n"), MultipartFault::Delimiter { at: 48 }),
        (format!("{head}x\r\n--B--\r\nmore"), MultipartFault::Trailing { at: 48 }),
        ("--B\r\nno colon\r\n\r\nx\r\n--B--".to_owned(), MultipartFault::Header { at: 3 }),
        ("--B\r\na b: c\r\n\r\nx\r\n--B--".to_owned(), MultipartFault::Header { at: 3 }),
        ("--B\r\n\r\nx\r\n--B--".to_owned(), MultipartFault::HeaderEnd { at: 3 }),
    ] {
        assert_eq!(decode(sent.as_bytes(), "B"), Err(fault), "{sent}");
    }
}

#[test]
fn t3_17_encodings_and_repeated_headers_are_refused() {
    let disposition = "Content-Disposition: form-data; name=a";
    let with = |header: &str| one(&format!("{disposition}\r\n{header}"));
    assert_eq!(with("Content-Transfer-Encoding: base64"), Err(MultipartFault::Encoding { at: 3 }));
    assert_eq!(with("Content-Transfer-Encoding: 8BIT"), Ok(field("a", "x")));
    assert_eq!(with(disposition), Err(MultipartFault::Header { at: 3 }));
    assert_eq!(with("Content-Type: a/b\r\ncontent-type: a/b"), Err(MultipartFault::Header { at: 3 }));
}

#[test]
fn t3_17_headers_of_a_part_are_bounded() {
    let sized = |bytes: usize| {
        let disposition = "Content-Disposition: form-data; name=a\r\nX: ";
        one(&format!("{disposition}{}", "x".repeat(bytes - disposition.len())))
    };
    assert_eq!(sized(HEADER_BYTES_MAX), Ok(field("a", "x")));
    assert_eq!(sized(HEADER_BYTES_MAX + 1), Err(MultipartFault::HeaderEnd { at: 3 }));
}

#[test]
fn t3_17_parts_are_bounded() {
    let many = |count| {
        let parts = vec![("Content-Disposition: form-data; name=a", "x"); count];
        decode(body(&parts).as_bytes(), "B").map(|parts| parts.len())
    };
    assert_eq!(many(PARTS_MAX), Ok(PARTS_MAX));
    assert_eq!(many(PARTS_MAX + 1), Err(MultipartFault::TooMany));
}

#[test]
fn t3_08_fields_and_headers_are_utf8() {
    let fault = TextFault::Utf8 { at: 0 };
    let sent = b"--B\r\nContent-Disposition: form-data; name=a\r\n\r\n\xff\r\n--B--";
    assert_eq!(decode(sent, "B"), Err(MultipartFault::Text { at: 3, fault }));
    let fault = TextFault::Utf8 { at: 38 };
    let sent = b"--B\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\n\r\n--B--";
    assert_eq!(decode(sent, "B"), Err(MultipartFault::Text { at: 3, fault }));
}
