//! What a VM asks of the world, as plain data, and what the driver answers.

use crate::record::{Inbound, Message, Outbound, Refusal, Reply, Request};
use std::sync::Arc;

/// A request to the driver; the VM stands still until it is answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// One line of a program's output, without its line break.
    Print(String),
    /// A log entry; `data` is JSON.
    Log {
        /// Severity.
        level: LogLevel,
        /// Message.
        message: String,
        /// Further data as JSON, if any.
        data: Option<String>,
    },
    /// The current time. Answer: [`Answer::Millis`].
    Now,
    /// An environment variable. Answer: [`Answer::Text`] or [`Answer::Nothing`].
    Env(String),
    /// A file below `files/`, refused when larger than `bytes_max`. Answer: [`Answer::Bytes`] or [`Answer::TooLarge`].
    ReadFile {
        /// Path below `files/`.
        path: String,
        /// The largest size that the VM's budget allows.
        bytes_max: usize,
    },
    /// Replaces a file atomically, making folders as needed.
    WriteFile {
        /// Path below `files/`.
        path: String,
        /// New content.
        content: Vec<u8>,
    },
    /// Appends to a file.
    AppendFile {
        /// Path below `files/`.
        path: String,
        /// What to add.
        content: Vec<u8>,
    },
    /// Removes a file.
    DeleteFile {
        /// Path below `files/`.
        path: String,
    },
    /// Names in a folder, sorted; folders end in `/`. Answer: [`Answer::Names`].
    ListFiles {
        /// Path below `files/`.
        path: String,
    },
    /// Is there a file? Answer: [`Answer::Bool`].
    FileExists {
        /// Path below `files/`.
        path: String,
    },
    /// Argon2id of a password. Answer: [`Answer::Text`] (PHC).
    HashPassword {
        /// The password.
        password: String,
    },
    /// Checks a password against a PHC text. Answer: [`Answer::Bool`].
    VerifyPassword {
        /// The password.
        password: String,
        /// The PHC text; malformed ones verify as false.
        hash: String,
    },
    /// The store. Answer: [`Answer::Store`].
    Store(Request),
    /// May this client come again at this place? Answer: [`Answer::Millis`], 0 for yes, else the seconds to wait.
    Pass {
        /// Its address.
        client: String,
        /// What the place is known by.
        place: u64,
        /// Requests let through within the window, at least one.
        count_max: u32,
        /// Milliseconds, more than none.
        window_ms: i64,
    },
    /// One event of a stream. Answer: [`Answer::Nothing`] once the client's queue has room for it.
    Emit {
        /// Its name, if it has one; no line breaks.
        event: Option<String>,
        /// Its data, as text or JSON.
        data: String,
    },
    /// So many milliseconds pass, none below zero. Answer: [`Answer::Nothing`].
    Wait(i64),
    /// To the peer of this socket. Answer: [`Answer::Nothing`].
    Send(Message),
    /// This socket joins a room. Answer: [`Answer::Nothing`].
    Join(Arc<str>),
    /// This socket leaves a room. Answer: [`Answer::Nothing`].
    Leave(Arc<str>),
    /// This socket closes when the event at hand has ended. Answer: [`Answer::Nothing`].
    Close,
    /// To every member of a room. Answer: [`Answer::Nothing`].
    Broadcast {
        /// Which.
        room: Arc<str>,
        /// What.
        message: Message,
    },
    /// A request through the whole pipeline, in process; of tests alone. Answer: [`Answer::Response`].
    Request(Box<Inbound>),
}

/// Severity of a log entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For whoever debugs.
    Debug,
    /// Ordinary.
    Info,
    /// Worth a look.
    Warn,
    /// Wrong.
    Error,
}

/// The driver's answer to an [`Effect`].
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Done, or nothing there.
    Nothing,
    /// A truth value.
    Bool(bool),
    /// Milliseconds since 1970-01-01 UTC.
    Millis(i64),
    /// A text.
    Text(String),
    /// Bytes; the asking native decides whether they must be UTF-8.
    Bytes(Vec<u8>),
    /// Names.
    Names(Vec<String>),
    /// What the store says.
    Store(Result<Reply, Refusal>),
    /// What a request was answered.
    Response(Box<Outbound>),
    /// Larger than the budget allows: raises `MemoryLimitExceeded`.
    TooLarge,
    /// It failed: raises `FileError` with this message.
    FileFailed(String),
}
