//! A program behind every door of a server, in process: as a route's handler, as a message's, and as a job.
//!
//! All doors belong to one application, so that what happens behind one would show behind the others; after each, an
//! ordinary request is answered by the same application.

use super::host::AuditHost;
use super::{COMPONENTS, End, Execution, FUEL_MAX, POOL_BYTES, Ran, Shared, translate};
use flin_runtime::app::application::Application;
use flin_runtime::app::exchange::{Answered, answer, finish, start};
use flin_runtime::app::live::{Socket, job};
use flin_runtime::app::router::Found;
use flin_runtime::app::{self, FilePath, Files as _, Limits, SourceFile, build, http};
use flin_runtime::check::Role;
use flin_runtime::config::Config;
use flin_runtime::record::{Body, Inbound, Message};
use flin_runtime::value::{ErrorKind, Pool};
use flin_runtime::vm::exchange::{Detail, SocketEvent};
use std::path::Path;
use std::sync::Arc;

/// What came of a program behind a door.
#[derive(Clone, Debug)]
pub struct Behind {
    /// Which door.
    pub door: &'static str,
    /// What it printed and how it ended; an answer that does not fit its error is a fault of the runtime.
    pub ran: Ran,
    /// What the next request was answered, when that is not what it should be.
    pub next: Option<String>,
}

/// A request before anybody has decoded it.
#[derive(Clone, Debug)]
pub struct Request {
    target: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    content: Option<Vec<u8>>,
}

/// What came of a request.
#[derive(Clone, Debug)]
pub enum Asked {
    /// It was decoded and answered by a program.
    Ran(Ran),
    /// It was refused with this status.
    Refused(u16),
}

impl Request {
    /// A GET.
    pub fn get(target: &str) -> Self {
        Self { target: target.to_owned(), headers: Vec::new(), content: None }
    }

    /// A POST to `/case`.
    pub fn post(media: &str, content: &[u8]) -> Self {
        let headers = vec![("Content-Type".to_owned(), media.to_owned())];
        Self { target: "/case".to_owned(), headers, content: Some(content.to_vec()) }
    }

    /// As the server decodes it; or the status that refuses it.
    fn decoded(&self) -> Result<Inbound, u16> {
        let method = if self.content.is_some() { "POST" } else { "GET" };
        let mut builder = hyper::Request::builder().method(method).uri(&self.target);
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        let (mut parts, ()) = builder.body(()).map_err(|_| 400_u16)?.into_parts();
        let peer = http::Peer::new(std::net::Ipv4Addr::LOCALHOST.into(), &[]);
        let mut inbound =
            http::head(&mut parts, &peer, "audit".into()).map_err(|refusal| refusal.status())?;
        let content = self.content.as_deref().unwrap_or_default();
        inbound.body = http::body(inbound.headers.as_sent(), content).map_err(|refusal| refusal.status())?;
        Ok(inbound)
    }
}

/// What an ordinary request is answered.
const PROBE: &str = "route GET \"/probe\" { [1, 2, 3].map(n => n * n).sum() }";
const PROBED: &str = "14";

impl Execution<'_> {
    /// Runs it behind every door. Nothing where it cannot stand in a block, as declarations of types cannot.
    pub fn behind_doors(&self) -> Vec<Behind> {
        let Ok(source) = std::str::from_utf8(self.source) else { return Vec::new() };
        self.on_own_thread(|| {
            let limits = self.limits(FUEL_MAX);
            let Some(app) = self.application(source, limits, &Pool::new(POOL_BYTES)) else {
                return Vec::new();
            };
            let doors: [(&'static str, fn(&Application, &mut AuditHost) -> End); 3] =
                [("a route", by_route), ("a message", by_message), ("a job", by_job)];
            doors.into_iter().filter_map(|(door, enter)| self.behind(&app, door, enter)).collect()
        })
    }

    /// Runs it as the handler of a request whose body has so many bytes.
    pub fn upload(&self, bytes: usize) -> Ran {
        let source = String::from_utf8_lossy(self.source);
        self.on_own_thread(|| {
            let limits = self.limits(FUEL_MAX);
            let route = ("app/route.flin", block("route GET \"/case\"", &source));
            let Some(app) = of_files(vec![route], limits, &Pool::new(POOL_BYTES)) else {
                return Ran::never_began(End::Bug("it does not compile".to_owned()));
            };
            let mut host = AuditHost::default();
            let body = Body::Bytes(vec![0xFF; bytes].into());
            let end = of_answer(&answer(&app, Inbound { body, ..request("/case") }, &mut host));
            Ran { output: std::mem::take(&mut host.memory.output), end, work: 0 }
        })
    }

    /// Answers so many requests on shared memory, some of them to their end, some abandoned on the way. How they are
    /// answered is not looked at.
    pub fn requests_in(&self, shared: &Shared, fuel: u64, times: usize) {
        let Ok(source) = std::str::from_utf8(self.source) else { return };
        self.on_own_thread(|| {
            let limits = self.limits(fuel);
            let Some(app) = self.application(source, limits, &shared.0) else { return };
            let Found::Endpoint(found) = app.find("GET", "/case") else { return };
            for time in 0..times {
                if time % 4 == 0 {
                    let mut execution = start(&app, found.endpoint, request("/case"), [7; 32]);
                    execution.turn(fuel >> 1);
                } else {
                    answer(&app, request("/case"), &mut AuditHost::default());
                }
            }
        });
    }

    /// Decodes a request's bytes so often, and answers the last one with this program.
    pub fn asked(&self, request: &Request, times: u32) -> Asked {
        let source = String::from_utf8_lossy(self.source);
        self.on_own_thread(|| {
            let limits = self.limits(FUEL_MAX);
            let route = ("app/route.flin", block("route GET \"/case/*rest\"", &source));
            let post = ("app/post.flin", block("route POST \"/case\"", &source));
            let plain = ("app/plain.flin", block("route GET \"/case\"", &source));
            let Some(app) = of_files(vec![route, post, plain], limits, &Pool::new(POOL_BYTES)) else {
                return Asked::Ran(Ran::never_began(End::Bug("it does not compile".to_owned())));
            };
            let mut decoded = request.decoded();
            for _ in 1..times {
                decoded = request.decoded();
            }
            let mut inbound = match decoded {
                Ok(inbound) => inbound,
                Err(status) => return Asked::Refused(status),
            };
            let Found::Endpoint(found) = app.find(&inbound.method, &inbound.path) else {
                return Asked::Refused(404);
            };
            inbound.params = found.params;
            let mut host = AuditHost::default();
            let Some(function) = app.endpoint(found.endpoint).map(|endpoint| endpoint.function) else {
                return Asked::Refused(404);
            };
            let (program, pool) = (Arc::clone(&app.program), Arc::clone(&app.pool));
            let mut execution = app::Execution::seeded(program, pool, &limits, [7; 32]);
            execution.answer(inbound, Detail::Message);
            let end = execution.call(function, &mut host);
            let work = FUEL_MAX - execution.fuel_left().unwrap_or(0);
            let answered = finish(&mut execution, &end, &"audit".into(), Detail::Message);
            if answered.outbound.status == 400 {
                return Asked::Refused(400);
            }
            let end = of_answer(&answered);
            Asked::Ran(Ran { output: std::mem::take(&mut host.memory.output), end, work })
        })
    }

    /// The program behind all doors at once, with its components; none where it cannot stand in a block.
    fn application(&self, source: &str, limits: Limits, pool: &Arc<Pool>) -> Option<Application> {
        let socket = format!("ws \"/socket\" {{ {}\n}}\n", block("on message(_unused)", source));
        let mut files = vec![
            ("app/route.flin", block("route GET \"/case\"", source)),
            ("app/socket.flin", socket),
            ("jobs/job.flin", block("every 1h", source)),
            ("app/probe.flin", PROBE.to_owned()),
        ];
        for (path, content) in self.files.iter().filter(|(path, _)| path.starts_with(COMPONENTS)) {
            files.push((path, String::from_utf8_lossy(content).into_owned()));
        }
        of_files(files, limits, pool)
    }

    fn behind(
        &self,
        app: &Application,
        door: &'static str,
        enter: fn(&Application, &mut AuditHost) -> End,
    ) -> Option<Behind> {
        let mut host = AuditHost::default();
        for (name, content) in self.files.iter().filter(|(name, _)| !name.starts_with(COMPONENTS)) {
            let path = FilePath::parse(name).ok()?;
            host.memory.files.write(&path, content).ok()?;
        }
        let end = enter(app, &mut host);
        let output = std::mem::take(&mut host.memory.output);
        let next = answer(app, request("/probe"), &mut AuditHost::default()).outbound;
        let next = String::from_utf8_lossy(&next.body).into_owned();
        Some(Behind { door, ran: Ran { output, end, work: 0 }, next: (next != PROBED).then_some(next) })
    }
}

/// A program as a block; on the same line, so that errors keep their lines.
fn block(head: &str, source: &str) -> String {
    format!("{head} {{ {source}\nnone\n}}\n")
}

fn of_files(files: Vec<(&str, String)>, limits: Limits, pool: &Arc<Pool>) -> Option<Application> {
    let file = |(path, text): (&str, String)| {
        SourceFile::in_memory(path, Role::of(path, &["components"]), text.into_bytes())
    };
    let files: Vec<SourceFile> = files.into_iter().map(file).collect();
    let built = build::build_all(&files, None, &limits).ok()?;
    Application::of_built(built, Config::default(), Path::new(""), (limits, pool)).ok()
}

fn request(path: &str) -> Inbound {
    Inbound {
        id: "audit".into(),
        method: "GET".to_owned(),
        url: path.to_owned(),
        path: path.to_owned(),
        ip: "192.0.2.1".to_owned(),
        ..Inbound::default()
    }
}

fn by_route(app: &Application, host: &mut AuditHost) -> End {
    of_answer(&answer(app, request("/case"), host))
}

fn by_message(app: &Application, host: &mut AuditHost) -> End {
    match Socket::open(app, request("/socket"), host) {
        Err(refused) => End::Bug(format!("the socket did not open: {refused:?}")),
        Ok(mut socket) => {
            socket.happen(SocketEvent::Open, host);
            let message = SocketEvent::Message(Message::Text(Arc::from("1")));
            translate(socket.happen(message, host).end)
        }
    }
}

fn by_job(app: &Application, host: &mut AuditHost) -> End {
    let index = app.jobs().next().map(|(index, _)| index);
    match index.and_then(|index| job(app, index, host)) {
        Some(end) => translate(end),
        None => End::Bug("there is no job".to_owned()),
    }
}

/// The end that an answer tells of, if its status is the one of its error.
fn of_answer(answered: &Answered) -> End {
    let outbound = &answered.outbound;
    let Some(failure) = &outbound.failure else {
        return match outbound.status {
            204 => End::Done,
            status => End::Bug(format!("status {status} without an error")),
        };
    };
    let told: serde_json::Value = match serde_json::from_slice(&outbound.body) {
        Ok(told) => told,
        Err(error) => return End::Bug(format!("the answer is no JSON: {error}")),
    };
    let text = |name: &str| told.get(name).and_then(|text| text.as_str()).unwrap_or_default().to_owned();
    if told.get("status").and_then(serde_json::Value::as_u64) != Some(outbound.status.into()) {
        return End::Bug("the answer says another status than it has".to_owned());
    }
    let (kind, message) = (text("kind"), text("error"));
    if outbound.status < 500 {
        // Its kind is not told; the status is that of one of these.
        let kinds = ErrorKind::ALL.iter().filter(|kind| kind.status() == outbound.status);
        let kind = kinds.map(|kind| kind.name()).collect::<Vec<_>>().join("|");
        return End::Uncaught { kind, message };
    }
    let wanted = match kind.as_str() {
        "Timeout" => 503,
        kind => ErrorKind::by_name(kind).map_or(500, ErrorKind::status),
    };
    if outbound.status != wanted || failure.status != wanted || text("id") != "audit" {
        return End::Bug(format!("status {} for {kind}", outbound.status));
    }
    End::Uncaught { kind, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(source: &str) -> Vec<(&'static str, String, Option<String>)> {
        let behind = Execution::of(source.as_bytes()).behind_doors();
        behind.into_iter().map(|behind| (behind.door, behind.ran.describe(), behind.next)).collect()
    }

    #[test]
    fn every_door_leads_to_the_same_end() {
        let failed = "DivisionByZero: Cannot divide by zero (output \"a\\n\")";
        let all = |end: &str| ["a route", "a message", "a job"].map(|door| (door, end.to_owned(), None));
        assert_eq!(ends("print(\"a\")\nx = 0\nprint(1 / x)"), all(failed));
        assert_eq!(ends("fn f(n) { n + 1 }\nprint(f(1))"), all("output \"2\\n\""));
        assert_eq!(ends("enum E { A }"), []);
    }

    #[test]
    fn an_answer_that_does_not_fit_its_error_is_found() {
        let mut answered = Answered::default();
        answered.outbound.status = 200;
        assert!(matches!(of_answer(&answered), End::Bug(_)));
        let end = flin_runtime::app::End::Timeout;
        let timeout = flin_runtime::app::exchange::of_end(
            &end,
            &"audit".into(),
            flin_runtime::vm::exchange::Detail::Message,
        );
        assert!(matches!(of_answer(&timeout), End::Uncaught { kind, .. } if kind == "Timeout"));
    }
}
