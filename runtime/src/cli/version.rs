//! `flin version`.

use super::{Exit, Report};
use crate::app::project::said;
use crate::code::format::VERSION;
use std::fmt::Display;
use std::io::{BufWriter, ErrorKind, Write as _};

pub(super) fn version(json: bool, report: &mut Report) -> Exit {
    let version = env!("CARGO_PKG_VERSION");
    let text = if json {
        let knockout = cfg!(feature = "knockout");
        serde_json::json!({ "name": "flin", "version": version, "bytecode": VERSION, "knockout": knockout })
            .to_string()
    } else {
        format!("flin {version}")
    };
    print(format_args!("{text}\n"), report)
}

/// Writes to stdout; that nobody reads it is fine, that it cannot be written is not.
pub(super) fn print(text: impl Display, report: &mut Report) -> Exit {
    let mut out = BufWriter::new(std::io::stdout().lock());
    match write!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            report.file_error("standard output", said(error.kind()));
            Exit::Failure
        }
        _ => Exit::Success,
    }
}
