//! The parser's guards by name. In an ordinary build none can be switched off.

/// All guards.
pub const NAMES: [&str; 3] = ["CheckedArithmetic", "CharBoundary", "NestingLimit"];

#[cfg(feature = "knockout")]
static OFF: std::sync::Mutex<Option<&'static str>> = std::sync::Mutex::new(None);

/// Is the guard switched off?
#[cfg(feature = "knockout")]
pub fn off(name: &str) -> bool {
    *OFF.lock().unwrap_or_else(std::sync::PoisonError::into_inner) == Some(name)
}

/// Never.
#[cfg(not(feature = "knockout"))]
pub const fn off(_: &str) -> bool {
    false
}

/// Switches a guard off for the rest of the process. Could it?
pub fn switch_off(name: &str) -> bool {
    let known = NAMES.into_iter().find(|known| *known == name);
    #[cfg(feature = "knockout")]
    if known.is_some() {
        *OFF.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = known;
    }
    known.is_some() && cfg!(feature = "knockout")
}
