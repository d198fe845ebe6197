//! Facts about driving a program: how it ends, what it may use, what it asks for.

use super::*;
use crate::app::build::{build, link};
use crate::app::{MemoryHost, SourceFile};
use crate::check::Role;

fn program(source: &str) -> Arc<Program> {
    let files = [SourceFile::in_memory("main.flin", Role::Script, source)];
    let built = build(&files, 0, &Limits::default()).unwrap();
    link(built.module).unwrap()
}

fn run(source: &str, limits: &Limits, host: &mut MemoryHost) -> End {
    let pool = Pool::new(1 << 30);
    let end = Execution::new(program(source), Arc::clone(&pool), limits, host).unwrap().run(host);
    assert_eq!(pool.leased(), 0, "an execution gives back what it leased");
    end
}

fn kind(end: End) -> String {
    match end {
        End::Uncaught(error) => error.kind,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_program_ends_as_it_ends() {
    let limits = Limits::default();
    let host = &mut MemoryHost::default();
    assert_eq!(run("x = 1", &limits, host), End::Done);
    assert_eq!(run("return 5", &limits, host), End::Done);
    assert_eq!(kind(run("x = 1 / 0", &limits, host)), "DivisionByZero");
    assert_eq!(kind(run("throw \"mine\"", &limits, host)), "Error");
}

#[test]
fn fuel_ends_what_does_not_end_itself() {
    let host = &mut MemoryHost::default();
    let limits = |fuel| Limits { fuel_max: Some(fuel), ..Limits::default() };
    for source in [
        "while true { }",
        "while true { write_file(\"a\", \"x\") }",
        "fn f() { try f() }\nwhile true { f() }",
    ] {
        assert_eq!(run(source, &limits(300_000), host), End::Timeout, "{source}");
    }
    let counted = "n = 0\nwhile n < 1000 { n = n + 1 }";
    assert_eq!([100, 1_000_000].map(|fuel| run(counted, &limits(fuel), host)), [End::Timeout, End::Done]);
}

#[test]
fn no_program_catches_its_deadline() {
    /// Time passes only when somebody looks at the clock.
    struct Clock(MemoryHost, u64);
    impl Host for Clock {
        fn print(&mut self, line: &str) -> Result<(), Gone> {
            self.0.print(line)
        }
        fn log(&mut self, level: crate::vm::LogLevel, message: &str, data: Option<&str>) -> Result<(), Gone> {
            self.0.log(level, message, data)
        }
        fn now_millis(&mut self) -> i64 {
            self.0.now_millis()
        }
        fn elapsed(&mut self) -> Duration {
            self.1 += 1;
            Duration::from_secs(self.1)
        }
        fn env(&mut self, name: &str) -> Option<String> {
            self.0.env(name)
        }
        fn entropy(&mut self, bytes: &mut [u8]) -> Option<()> {
            self.0.entropy(bytes)
        }
        fn files(&mut self) -> &mut dyn crate::app::Files {
            self.0.files()
        }
    }
    let host = &mut Clock(MemoryHost::default(), 0);
    let limits = Limits { deadline: Some(Duration::from_secs(30)), ..Limits::default() };
    let source = "while true { try { while true { } } catch e { } }";
    let mut execution = Execution::new(program(source), Pool::new(1 << 30), &limits, host).unwrap();
    assert_eq!(execution.run(host), End::Timeout);
    assert_eq!(host.1, 31);
}

#[test]
fn limits_are_the_programs_own_errors() {
    let host = &mut MemoryHost::default();
    let shallow = Limits { call_depth_max: 16, ..Limits::default() };
    assert_eq!(kind(run("fn f() { return f() + 1 }\nf()", &shallow, host)), "StackOverflow");
    let small = Limits { memory_bytes_max: 1 << 20, ..Limits::default() };
    assert_eq!(kind(run("s = \"x\"\nwhile true { s = s + s }", &small, host)), "MemoryLimitExceeded");
}

#[test]
fn what_files_refuse_is_an_error_with_the_path() {
    let host = &mut MemoryHost::default();
    let end = run("read_file(\"no/such\")", &Limits::default(), host);
    match end {
        End::Uncaught(error) => {
            assert_eq!(
                (error.kind.as_str(), error.message.as_str()),
                ("FileError", "\"no/such\": there is no such file")
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_program_runs_the_same_when_every_instruction_collects() {
    let source = "s = \"\"\nfor i in 0..<20 { s = s + i + \",\" }\nwrite_file(\"out\", s)";
    let [plain, stressed] = [false, true].map(|gc_stress| {
        let mut host = MemoryHost::default();
        assert_eq!(run(source, &Limits { gc_stress, ..Limits::default() }, &mut host), End::Done);
        let path = FilePath::parse("out").unwrap();
        host.files().read(&path, 1000).unwrap()
    });
    assert!(plain.starts_with(b"0,1,2,") && plain == stressed);
}
