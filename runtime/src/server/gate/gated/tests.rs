//! The gate under a real HTTP library, over a pipe in memory.

use super::super::tests::LIMITS;
use super::super::ticket::Answer;
use super::super::traffic::{Moment, Turn};
use super::*;
use crate::server::gate::Fault;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

mod ends;

/// A connection that is being served.
struct Served {
    peer: DuplexStream,
    traffic: Traffic,
    /// Lets a request for `/wait` be answered.
    go: Arc<Notify>,
    task: JoinHandle<hyper::Result<()>>,
}

fn serve(limits: Limits) -> Served {
    let (peer, stream) = tokio::io::duplex(64 << 10);
    let (gated, traffic) = Gated::new(stream, limits);
    let go = Arc::new(Notify::new());
    let service = {
        let (traffic, go) = (traffic.clone(), go.clone());
        service_fn(move |request| answer(traffic.clone(), go.clone(), request))
    };
    let connection = http1::Builder::new()
        .auto_date_header(false)
        .serve_connection(TokioIo::new(gated), service)
        .with_upgrades();
    Served { peer, traffic, go, task: tokio::spawn(connection) }
}

/// Says what was asked for; at `/ws` goes on as an echo of bytes.
async fn answer(
    traffic: Traffic,
    go: Arc<Notify>,
    mut request: Request<Incoming>,
) -> Result<Response<Answer<Full<Bytes>>>, Infallible> {
    let refused = |refusal: Refusal| {
        let body = Full::from(refusal.fault.reason());
        let response = Response::builder().status(refusal.status()).header("connection", "close");
        response.body(Answer::without_ticket(body)).unwrap()
    };
    let ticket = match traffic.turn() {
        Turn::Request(ticket) => ticket,
        Turn::Refused(refusal) => return Ok(refused(refusal)),
        Turn::Disagreement => panic!("the library saw a request that the gate did not pass"),
    };
    let path = request.uri().to_string();
    match path.as_str() {
        "/wait" => go.notified().await,
        "/ws" => {
            let upgrade = hyper::upgrade::on(&mut request);
            tokio::spawn(async move {
                let (mut from, mut to) = tokio::io::split(TokioIo::new(upgrade.await.unwrap()));
                tokio::io::copy(&mut from, &mut to).await.unwrap();
            });
            let response = Response::builder().status(101).header("upgrade", "websocket");
            return Ok(ticket.attach(response.header("connection", "upgrade").body(Full::default()).unwrap()));
        }
        _ => {}
    }
    let method = request.method().clone();
    if path == "/unread" {
        return Ok(ticket.attach(Response::new(Full::from(format!("[{method} {path} ]")))));
    }
    let Ok(body) = request.into_body().collect().await else {
        return Ok(refused(traffic.refusal().unwrap()));
    };
    let text = format!("[{method} {path} {}]", body.to_bytes().escape_ascii());
    Ok(ticket.attach(Response::new(Full::from(text))))
}

impl Served {
    /// All that comes until the connection ends.
    async fn rest(mut self) -> String {
        let mut all = Vec::new();
        self.peer.read_to_end(&mut all).await.unwrap();
        drop(self.peer);
        let _ = self.task.await.unwrap();
        String::from_utf8(all).unwrap()
    }

    async fn send(&mut self, text: &str) {
        self.peer.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads until what came ends so.
    async fn until(&mut self, end: &str) -> String {
        let mut all = Vec::new();
        while !all.ends_with(end.as_bytes()) {
            all.push(self.peer.read_u8().await.unwrap());
        }
        String::from_utf8(all).unwrap()
    }

    /// Gives the task its turn until this goes on.
    async fn moment(&self, phase: Phase) -> Moment {
        while self.traffic.moment().phase != phase {
            tokio::task::yield_now().await;
        }
        self.traffic.moment()
    }
}

/// Sends all of it in pieces, each given its time, and gives the statuses and bodies that came back.
async fn exchange(text: &str, piece: usize) -> String {
    let mut served = serve(LIMITS);
    for piece in text.as_bytes().chunks(piece) {
        if served.peer.write_all(piece).await.is_err() {
            break;
        }
        if piece.len() < text.len() {
            tokio::task::yield_now().await;
        }
    }
    served.rest().await
}

/// The status of each response, and its body where it is in brackets.
fn summary(answers: &str) -> Vec<String> {
    let one = |answer: &str| {
        let status = answer.get(..3).unwrap_or_default().to_owned();
        match answer.split_once("\r\n\r\n") {
            Some((_, body)) if body.starts_with('[') => format!("{status} {body}"),
            _ => status,
        }
    };
    let begins = |part: &&str| part.starts_with(|first: char| first.is_ascii_digit());
    answers.split("HTTP/1.1 ").filter(begins).map(one).collect()
}

const GET: &str = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
const LAST: &str = "GET /z HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const UPGRADE: &str = "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";

fn chunked(body: &str) -> String {
    format!("POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}")
}

/// RFC 9112 7.1-a, 9.3.2-a
#[tokio::test]
async fn g1_requests_are_answered_in_their_order_however_they_are_cut() {
    let text = [
        GET,
        "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nxyz",
        &chunked("2;a=b\r\nuv\r\n1\r\nw\r\n0\r\nx: y\r\n\r\n"),
        LAST,
    ]
    .concat();
    let whole = exchange(&text, text.len()).await;
    assert_eq!(summary(&whole), ["200 [GET /a ]", "200 [POST /b xyz]", "200 [POST /c uvw]", "200 [GET /z ]"]);
    for piece in [1, 2, 5, 31] {
        assert_eq!(exchange(&text, piece).await, whole, "in pieces of {piece}");
    }
}

/// RFC 9112 9.3-b, 9.3.2-a, 9.6-c
#[tokio::test]
async fn g2_a_refusal_is_answered_behind_what_came_before_and_nothing_behind_it() {
    for fault in
        ["GET / HTTP/1.1\r\n\r\n", "GET / HTTP/9.9\r\n", "\0", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"]
    {
        let text = [GET, GET, fault, GET].concat();
        for piece in [1, text.len()] {
            let answers = exchange(&text, piece).await;
            let all = summary(&answers);
            assert_eq!(all.len(), 3, "{fault:?}: {answers}");
            assert_eq!(&all[..2], ["200 [GET /a ]", "200 [GET /a ]"]);
            assert!(all[2].starts_with(if fault.contains("9.9") { "505" } else { "400" }), "{answers}");
            assert!(answers.contains("connection: close"), "{answers}");
        }
    }
}

#[tokio::test]
async fn g2_a_fault_inside_a_body_fails_the_body() {
    for body in ["x\r\n", "1\r\nabc", "1;=\r\na\r\n", "5\r\nabcde\r\n0\r\nhost: b\r\n\r\n"] {
        let text = [GET, &chunked(body), GET].concat();
        for piece in [1, text.len()] {
            assert_eq!(summary(&exchange(&text, piece).await), ["200 [GET /a ]", "400"], "{body:?}");
        }
    }
    let large = chunked(&format!("64\r\n{}\r\n1\r\na\r\n0\r\n\r\n", "a".repeat(100)));
    assert_eq!(summary(&exchange(&large, large.len()).await), ["413"]);
}

/// RFC 9112 6.3-d, 8-a
#[tokio::test]
async fn g2_a_message_that_is_cut_off_is_refused() {
    for text in ["GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"] {
        let mut served = serve(LIMITS);
        served.send(text).await;
        served.moment(if text.contains("abc") { Phase::Body } else { Phase::Head }).await;
        served.peer.shutdown().await.unwrap();
        assert_eq!(summary(&served.rest().await), ["400"], "{text}");
    }
    let mut served = serve(LIMITS);
    served.peer.shutdown().await.unwrap();
    assert_eq!(served.rest().await, "");
}

#[tokio::test]
async fn g2_a_head_that_is_cut_off_behind_a_request_takes_nothing_from_its_answer() {
    let mut served = serve(LIMITS);
    served.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\nGET / HT").await;
    served.moment(Phase::Answer).await;
    served.peer.shutdown().await.unwrap();
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    served.go.notify_one();
    assert_eq!(summary(&served.rest().await), ["200 [GET /wait ]", "400"]);
}

#[tokio::test]
async fn g3_the_next_request_waits_for_the_answer_and_little_is_read_ahead() {
    let mut served = serve(Limits { pipelined_max: 2, ..LIMITS });
    served.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let answering = served.moment(Phase::Answer).await;
    served.send(&GET.repeat(2)).await;
    served.send(LAST).await;
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert_eq!(served.traffic.moment(), answering);
    served.go.notify_one();
    assert_eq!(
        summary(&served.rest().await),
        ["200 [GET /wait ]", "200 [GET /a ]", "200 [GET /a ]", "200 [GET /z ]"]
    );
}

/// RFC 9112 9.3.2-a
#[tokio::test]
async fn g3_a_thousand_requests_at_once_are_answered_in_turn() {
    let mut text: String = (0..1000).map(|n| format!("GET /{n} HTTP/1.1\r\nHost: a\r\n\r\n")).collect();
    text.push_str(LAST);
    let answers = exchange(&text, 7000).await;
    let mut expected: Vec<String> = (0..1000).map(|n| format!("200 [GET /{n} ]")).collect();
    expected.push("200 [GET /z ]".to_owned());
    assert_eq!(summary(&answers), expected);
}

#[tokio::test]
async fn g3_a_flood_behind_a_request_is_not_read() {
    let mut served = serve(LIMITS);
    served.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    served.moment(Phase::Answer).await;
    let flood = format!("POST / HTTP/1.1\r\nHost: a\r\n\r\n{}", GET.repeat(6000));
    let (mut from, mut to) = tokio::io::split(served.peer);
    let sent = tokio::spawn(async move { to.write_all(flood.as_bytes()).await });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!sent.is_finished(), "more than the pipe holds was taken");
    served.task.abort();
    assert_eq!(from.read(&mut [0; 9]).await.unwrap(), 0);
    assert!(sent.await.unwrap().is_err());
}

/// RFC 9112 6.1-a
#[tokio::test]
async fn g4_behind_an_upgrade_everything_passes() {
    let mut served = serve(LIMITS);
    served.send(&format!("{UPGRADE}\0\n\u{ff}not HTTP")).await;
    let head = served.until("\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 101 ") && !head.contains("transfer-encoding"), "{head}");
    assert_eq!(served.until("not HTTP").await, "\0\n\u{ff}not HTTP");
    served.send("more").await;
    assert_eq!(served.until("more").await, "more");
    assert_eq!(served.traffic.moment().phase, Phase::Upgraded);
}

/// RFC 9110 7.8-b
#[tokio::test]
async fn g4_an_upgrade_that_was_not_granted_leaves_the_gate_closed() {
    let declined = UPGRADE.replace("/ws", "/no");
    assert_eq!(
        summary(&exchange(&[&declined, LAST].concat(), 999).await),
        ["200 [GET /no ]", "200 [GET /z ]"]
    );
    assert_eq!(summary(&exchange(&[&declined, "\n", LAST].concat(), 999).await), ["200 [GET /no ]", "400"]);
    let other = declined.replace("websocket", "h2c");
    let answers = exchange(&[&other, "\n"].concat(), 999).await;
    assert_eq!(summary(&answers).last().map(String::as_str), Some("400"), "{answers}");
}

#[tokio::test]
async fn g5_a_refused_peer_that_still_sends_reads_its_answer() {
    let mut served = serve(LIMITS);
    served
        .send(&format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n{}", "a".repeat(50_000)))
        .await;
    served.moment(Phase::Linger).await;
    served.send(&"a".repeat(50_000)).await;
    assert!(served.until("than the limit").await.starts_with("HTTP/1.1 413 "));
    served.peer.shutdown().await.unwrap();
    assert_eq!(served.rest().await, "");
}

/// RFC 9112 9.6-a, 9.6-b
#[tokio::test]
async fn nothing_is_answered_behind_a_request_to_close() {
    assert_eq!(summary(&exchange(&[LAST, GET].concat(), 999).await), ["200 [GET /z ]"]);
    let old = "GET /o HTTP/1.0\r\n\r\n";
    let answers = exchange(&[old, GET].concat(), 999).await.replace("HTTP/1.0", "HTTP/1.1");
    assert_eq!(summary(&answers), ["200 [GET /o ]"]);
}

#[tokio::test]
async fn g6_a_peer_that_sends_no_more_gets_its_answers() {
    for last in ["", "Connection: close\r\n"] {
        let mut served = serve(LIMITS);
        served
            .send(&format!(
                "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n{GET}GET /wait HTTP/1.1\r\nHost: a\r\n{last}\r\n"
            ))
            .await;
        served.moment(Phase::Answer).await;
        served.peer.shutdown().await.unwrap();
        let first = served.moment(Phase::HalfClosed).await;
        served.go.notify_one();
        served.until("[GET /a ]").await;
        let second = served.moment(Phase::HalfClosed).await;
        assert!(second.number > first.number, "each answer has its time");
        served.go.notify_one();
        assert_eq!(summary(&served.rest().await), ["200 [GET /wait ]"]);
    }
}

#[tokio::test]
async fn g6_a_peer_that_is_gone_shows_when_it_is_answered() {
    let mut served = serve(LIMITS);
    served.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    served.moment(Phase::Answer).await;
    drop(std::mem::replace(&mut served.peer, tokio::io::duplex(1).0));
    served.moment(Phase::HalfClosed).await;
    served.go.notify_one();
    assert!(served.task.await.unwrap().is_err());
}

#[tokio::test]
async fn the_server_stops_a_head_and_a_body() {
    let mut served = serve(LIMITS);
    served.send(&[GET, "GET /"].concat()).await;
    served.moment(Phase::Head).await;
    served.traffic.stop(Fault::HeadTimeout);
    assert!(served.until("in time").await.contains("HTTP/1.1 408 "));
    let mut served = serve(LIMITS);
    served.send("POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nx").await;
    served.moment(Phase::Body).await;
    served.traffic.stop(Fault::BodyTimeout);
    assert!(served.until("in time").await.starts_with("HTTP/1.1 408 "));
}

#[tokio::test]
async fn phases_follow_the_traffic() {
    let mut served = serve(LIMITS);
    let idle = served.moment(Phase::Idle).await;
    served.send("POST /wait HTTP").await;
    let head = served.moment(Phase::Head).await;
    assert!(head.number > idle.number);
    served.send("/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na").await;
    let body = served.moment(Phase::Body).await;
    served.send("b").await;
    served.go.notify_one();
    served.until("[POST /wait ab]").await;
    let again = served.moment(Phase::Idle).await;
    assert!(again.number > body.number && body.number > head.number);
    assert_eq!(served.traffic.moment(), again, "nothing begins while nothing comes");
}

/// RFC 9112 6.1-c, 6.1-d, 6.3-b, 6.3-c
#[tokio::test]
async fn faulty_framing_is_answered_and_the_connection_closes() {
    for lines in [
        "Content-Length: 1\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, gzip",
        "Content-Length: +1",
        "Content-Length: 1\r\nContent-Length: 1",
    ] {
        let text = format!("POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n{GET}");
        assert_eq!(summary(&exchange(&text, 999).await), ["400"], "{lines:?}");
    }
    let old = format!("POST / HTTP/1.0\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n{GET}");
    assert_eq!(summary(&exchange(&old, 999).await), ["400"]);
}

/// RFC 9112 7.1.2-a, 7.1.2-b
#[tokio::test]
async fn a_trailer_says_nothing_about_its_request() {
    let text = [&chunked("1\r\na\r\n0\r\nX-Method: DELETE\r\n\r\n"), LAST].concat();
    assert_eq!(summary(&exchange(&text, 999).await), ["200 [POST /c a]", "200 [GET /z ]"]);
    let merged = chunked("0\r\nConnection: close\r\n\r\n");
    assert_eq!(summary(&exchange(&merged, 999).await), ["400"]);
}

/// RFC 9112 9.3-a
#[tokio::test]
async fn a_body_that_nobody_reads_is_not_the_next_request() {
    let text =
        format!("POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{GET}{LAST}", GET.len());
    let whole = summary(&exchange(&text, 9999).await);
    assert_eq!(whole, ["200 [POST /unread ]", "200 [GET /z ]"]);
}

/// RFC 9112 9.3-b, 9.6-c
#[tokio::test]
async fn an_answer_before_its_body_has_come_says_that_the_connection_ends() {
    let head = "POST /unread HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
    let mut served = serve(LIMITS);
    served.peer.write_all(head.as_bytes()).await.unwrap();
    let answers = served.rest().await;
    assert_eq!(summary(&answers), ["200 [POST /unread ]"]);
    assert!(answers.contains("connection: close\r\n"), "{answers}");
}

/// RFC 9110 9.3.2-a
#[tokio::test]
async fn a_head_that_is_refused_has_an_answer_without_content() {
    for fault in ["HEAD /%zz HTTP/1.1\r\n", "HEAD / HTTP/1.1\r\n\r\n", "HEAD / HTTP/1.1\r\nHost: a\r\nb\r\n"]
    {
        let text = [GET, "\r\n", fault].concat();
        for piece in [1, text.len()] {
            let answers = exchange(&text, piece).await;
            let (_, refused) = answers.rsplit_once("HTTP/1.1 ").unwrap();
            assert!(refused.starts_with("400 ") && refused.contains("connection: close\r\n"), "{answers}");
            assert!(refused.ends_with("\r\n\r\n") && !refused.contains("content-length: 0"), "{answers}");
        }
    }
}

/// RFC 9110 7.8-a
#[tokio::test]
async fn an_upgrade_in_http_1_0_is_ignored() {
    let old = "GET /no HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\0";
    let answers = exchange(old, 999).await.replace("HTTP/1.0", "HTTP/1.1");
    assert_eq!(summary(&answers), ["200 [GET /no ]"]);
}

/// RFC 9110 10.1.1-a, 10.1.1-b
#[tokio::test]
async fn a_client_that_waits_is_told_to_go_on_and_one_of_http_1_0_is_not() {
    let head = "POST /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    let mut served = serve(LIMITS);
    served.send(head).await;
    assert_eq!(served.until("\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
    served.send("xyz").await;
    assert_eq!(summary(&served.rest().await), ["200 [POST /b xyz]"]);
    let old = format!("{}xyz", head.replace("HTTP/1.1", "HTTP/1.0"));
    let answers = exchange(&old, 999).await;
    assert!(!answers.contains(" 100 "), "{answers}");
}
