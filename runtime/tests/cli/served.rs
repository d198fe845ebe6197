//! A server in a process of its own, behind a port that the system chose, and clients of it. Whatever is waited for has
//! [`PATIENCE`]; a test that fails leaves no process behind.

use super::*;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Child;
use std::sync::mpsc::{self, Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than a busy machine takes, and shorter than what the tests configure as endless.
const PATIENCE: Duration = Duration::from_mins(1);

/// The process.
pub struct Served {
    child: Child,
    pub address: SocketAddr,
    /// Lines of standard error with their line feeds, until it is closed.
    log: Receiver<String>,
}

impl Served {
    /// `flin start` or `flin dev`, until it says where it listens.
    pub fn begin(project: &Project, command: &str, folder: &str) -> Self {
        let mut command = project.command(&[command, folder]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let (tell, log) = channel();
        thread::spawn(move || {
            let mut line = String::new();
            while stderr.read_line(&mut line).unwrap() > 0 && tell.send(std::mem::take(&mut line)).is_ok() {}
        });
        // It says so, or ends, which closes its output.
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let address = said.find_map(|line| line.strip_prefix("http://")?.split(' ').next()?.parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            panic!("it serves nothing: {}", log.iter().collect::<String>());
        };
        Self { child, address, log }
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Client(BufReader::new(stream))
    }

    /// Waits until nobody listens any more.
    pub fn refuses(&self) {
        eventually("the listener refuses", || TcpStream::connect(self.address).is_err());
    }

    /// Waits until the log has such a line.
    pub fn logs(&self, what: &str) {
        while !self
            .log
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| panic!("nothing logs {what}"))
            .contains(what)
        {}
    }

    /// Waits for its end: the exit code, and what of the log nobody has waited for.
    pub fn ended(mut self) -> (Option<i32>, Vec<String>) {
        let began = Instant::now();
        let mut lines = Vec::new();
        loop {
            match self.log.recv_timeout(PATIENCE.saturating_sub(began.elapsed())) {
                Ok(line) => lines.push(line),
                // Nobody has its standard error open any more.
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("it does not end; it logged {lines:?}"),
            }
        }
        (self.child.wait().unwrap().code(), lines)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One connection.
pub struct Client(BufReader<TcpStream>);

impl Client {
    pub fn send(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }

    /// Sends a request and reads no answer.
    pub fn request(&mut self, path: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
    }

    /// Status and body of the next answer, which has a length.
    pub fn get(&mut self, path: &str) -> (u16, String) {
        self.request(path);
        let head = self.head();
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let mut body = vec![0; field("content-length: ").unwrap().parse().unwrap()];
        self.0.read_exact(&mut body).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, String::from_utf8(body).unwrap())
    }

    /// A head, with the blank line behind it.
    pub fn head(&mut self) -> String {
        self.until("\r\n\r\n")
    }

    /// Reads up to the end of this text.
    pub fn until(&mut self, end: &str) -> String {
        let mut bytes = Vec::new();
        while !bytes.ends_with(end.as_bytes()) {
            let mut byte = [0];
            self.0.read_exact(&mut byte).unwrap();
            bytes.extend(byte);
        }
        String::from_utf8(bytes).unwrap()
    }

    /// Everything until the other side ends, however it does.
    pub fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        if let Err(error) = self.0.read_to_end(&mut bytes) {
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        }
        String::from_utf8(bytes).unwrap()
    }

    /// Becomes a WebSocket.
    pub fn upgrade(&mut self, path: &str) {
        self.send(
            format!(
                "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            )
            .as_bytes(),
        );
        let head = self.head();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    }

    /// Sends a short frame; a mask of zeros changes nothing.
    pub fn frame(&mut self, first: u8, payload: &[u8]) {
        let length = u8::try_from(payload.len()).unwrap();
        self.send(&[&[first, 0x80 | length, 0, 0, 0, 0], payload].concat());
    }

    /// The next short frame: its first byte, and its payload.
    pub fn framed(&mut self) -> (u8, Vec<u8>) {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).unwrap();
        let mut payload = vec![0; usize::from(head[1])];
        self.0.read_exact(&mut payload).unwrap();
        (head[0], payload)
    }
}

/// Waits for something that no message tells of.
pub fn eventually(what: &str, is: impl Fn() -> bool) {
    let began = Instant::now();
    while !is() {
        assert!(began.elapsed() < PATIENCE, "waited in vain: {what}");
        thread::yield_now();
    }
}
