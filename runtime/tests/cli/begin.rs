//! From nothing to a server: what `flin new` makes, and what `flin dev` does while it is changed.

use super::served::Served;
use super::*;
use rustix::process::Signal;

#[test]
fn what_new_makes_is_checked_tested_and_served() {
    let project = Project::new(&[]);
    assert_eq!(project.flin(&["new", "book"]), said(0, "made book; next: flin dev book\n", ""));
    assert_eq!(project.flin(&["check", "book"]).0, 0);
    let (code, out, err) = project.flin(&["test", "book"]);
    assert!(code == 0 && out.ends_with("2 passed, 0 failed\n"), "{out}{err}");
    let config = project.path().join("book/flin.config");
    let text = fs::read_to_string(&config).unwrap();
    assert!(text.contains("\nport = 3000\n"), "{text}");
    fs::write(config, text.replace("3000", "0")).unwrap();
    let served = Served::begin(&project, "start", "book");
    let mut client = served.connect();
    let (status, page) = client.get("/");
    assert!(status == 200 && page.contains("Nobody has signed yet."), "{status} {page}");
    assert_eq!(client.get("/entries"), (200, "[]".to_owned()));
    assert_eq!(client.get("/style.css").0, 200);
    served.signal(Signal::TERM);
    assert_eq!(served.ended(), (Some(0), vec![]));
    // What is there is left alone.
    assert_eq!(project.flin(&["new", "book"]).0, 2);
}

#[test]
fn the_next_step_is_one_that_a_shell_can_take() {
    let project = Project::new(&[]);
    for (name, told) in [("my book", "'my book'"), ("-q", "./-q"), ("it's", r"'it'\''s'"), ("a/$b", "'a/$b'")]
    {
        if let Some((folder, _)) = name.split_once('/') {
            fs::create_dir(project.path().join(folder)).unwrap();
        }
        let (code, out, err) = project.flin(&["new", "--", name]);
        assert_eq!(
            (code, out.as_str(), err.as_str()),
            (0, &*format!("made {name}; next: flin dev {told}\n"), "")
        );
    }
    let (code, out, err) = project.flin(&["new", "a\nb"]);
    assert!(code == 2 && out.is_empty() && err.contains("line break"), "{out}{err}");
}

#[test]
fn dev_serves_what_is_written_while_connections_stay_open() {
    let index = |route: &str| format!("ws \"/socket\" {{ on message(data) {{ send(data) }} }}\n{route}\n");
    let project = Project::new(&[
        ("app/index.flin", index("route GET \"/it\" { \"one\" }").as_str()),
        ("flin.config", "[server]\nport = 0\n"),
    ]);
    let write = |route: &str| fs::write(project.path().join("app/index.flin"), index(route)).unwrap();
    let served = Served::begin(&project, "dev", ".");
    let (mut client, mut socket) = (served.connect(), served.connect());
    socket.upgrade("/socket");
    assert_eq!(client.get("/it"), (200, "one".to_owned()));
    write("route GET \"/it\" { \"two\" }");
    served.logs("the program was read again");
    assert_eq!(client.get("/it"), (200, "two".to_owned()));
    // Sources that do not run change nothing, and whoever writes them is told where and why.
    write("route GET \"/it\" { nobody }");
    served.logs("app/index.flin:2:19");
    assert_eq!(client.get("/it"), (200, "two".to_owned()));
    write("route GET \"/it\" { 1 / 0 }");
    served.logs("the program was read again");
    let (status, told) = client.get("/it");
    assert!(status == 500 && told.contains("app/index.flin:2:"), "{told}");
    socket.frame(0x81, b"still here");
    assert_eq!(socket.framed(), (0x81, b"still here".to_vec()));
    served.signal(Signal::INT);
    assert_eq!(socket.framed().0, 0x88);
    socket.frame(0x88, &[3, 0xe9]);
    assert_eq!(socket.rest(), "");
    drop(socket);
    assert_eq!(served.ended().0, Some(0));
}

#[test]
fn dev_answers_with_what_is_wrong_where_no_program_has_run_yet() {
    let project = Project::new(&[
        ("app/index.flin", "route GET \"/it\" { nobody }\n"),
        ("flin.config", "[server]\nport = 0\n"),
    ]);
    let served = Served::begin(&project, "dev", ".");
    let mut client = served.connect();
    let (status, told) = client.get("/it");
    assert!(status == 503 && told.contains("app/index.flin:1:19") && told.contains("`nobody`"), "{told}");
    fs::write(project.path().join("app/index.flin"), "route GET \"/it\" { \"well\" }\n").unwrap();
    served.logs("the program was read again");
    assert_eq!(client.get("/it"), (200, "well".to_owned()));
}
