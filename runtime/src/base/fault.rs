//! Who is at fault when something is refused: decides status, log level and metric, in one place.

/// The party whose mistake an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The FLIN program: it divided by zero, it ran out of its budget.
    Script,
    /// The peer: a malformed request, a wrong password.
    Client,
    /// Whoever runs the process: a full disk, a bad `flin.config`.
    Operator,
    /// Ours: an invariant of the runtime did not hold. Trapped, counted, never shown.
    Bug,
}
