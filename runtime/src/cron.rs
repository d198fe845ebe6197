//! When jobs run: a schedule that is told the time and says what is due. It starts nothing and reads no clock.

mod next;
mod schedule;

pub use next::next;
pub use schedule::{Due, Moment, RECHECK, Rhythm, Schedule};
