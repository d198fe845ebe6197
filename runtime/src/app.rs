//! Running programs: what lies between files on a disk and a virtual machine.
//!
//! - [`project`] finds the files of a project, [`front`] judges them, [`build`] makes a program of them.
//! - [`application`] is a whole project as a server runs it, [`router`] says what answers a path, [`exchange`] answers a
//!   request in process.
//! - [`script`] drives one VM to its end, performing the effects that it asks for through a [`Host`].
//! - [`spare`] keeps executions that ended for the requests that come next.
//! - [`boundary`] is where a panic of ours stops, [`stack`] what native recursion runs on.
//! - [`http`] decodes requests and encodes answers, above framing.
//! - [`live`] drives sockets, streams and jobs in process.
//! - [`public`] serves files as they are, out of one folder.
//! - [`files`] is the only way of a program to the disk: a folder that no path leads out of.
//! - `durable` makes and replaces files so that they are whole after a crash.
//!
//! Absences: nothing is printed here and no process ends here; that is the command line's part.

pub mod application;
pub mod boundary;
pub mod build;
pub(crate) mod durable;
pub mod exchange;
pub mod files;
pub mod front;
pub mod host;
pub mod http;
pub mod limits;
pub mod live;
pub mod machine;
pub(crate) mod password;
pub mod project;
pub mod public;
pub mod router;
pub mod script;
pub mod spare;
pub mod stack;
pub mod store;
pub mod testing;

pub use application::Application;
pub use files::{FileFault, FilePath, Files};
pub use front::Front;
pub use host::{Gone, Host, MemoryHost};
pub use limits::Limits;
pub use project::{LoadError, Project, SourceFile};
pub use script::{End, Execution, Turn};
pub use store::StorePlace;
