//! Starting a task of the server.

use std::pin::Pin;
use tokio::task::JoinHandle;

/// A task. All are of this one type, as tokio's code for a task, with the panicking calls in it, stands in the binary
/// once for each type of task.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Starts a task on the runtime that the caller runs on.
pub fn start(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    let task: Task = Box::pin(task);
    tokio::spawn(task)
}
