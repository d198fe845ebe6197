//! The server: connections on one side, executions on the other.

pub mod websocket;
