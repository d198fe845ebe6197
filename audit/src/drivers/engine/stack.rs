//! How much of a native stack was used: the pages of it that are resident, as `/proc/self/smaps` counts them.

use std::fs;
use std::io;

/// More than the C library keeps for the next thread: a stack of this size is given back, and the next one is untouched.
const STACK_BYTES: usize = 64 << 20;

/// Runs `work` on a thread with a stack that nobody has used, and says how many bytes of it are resident at the end.
pub fn high_water<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<(T, usize)> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let thread = thread.spawn_scoped(scope, || (work(), resident()))?;
        let (result, resident) = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((result, resident?))
    })
}

/// Bytes that are resident of the mapping that the caller's stack lies in.
fn resident() -> io::Result<usize> {
    let here = 0_u8;
    let address = (&raw const here).addr();
    let smaps = fs::read_to_string("/proc/self/smaps")?;
    let mut lines = smaps.lines().skip_while(|line| !holds(line, address));
    let kib =
        lines.find_map(|line| line.strip_prefix("Rss:")).and_then(|rest| rest.trim().strip_suffix(" kB"));
    let kib = kib.and_then(|kib| kib.parse::<usize>().ok());
    kib.map(|kib| kib * 1024).ok_or_else(|| io::Error::other("the stack is in no mapping"))
}

/// Is this the first line of the mapping that holds the address?
fn holds(line: &str, address: usize) -> bool {
    let bounds = line.split(' ').next().and_then(|range| range.split_once('-'));
    let parsed = bounds.and_then(|(from, to)| {
        Some((usize::from_str_radix(from, 16).ok()?, usize::from_str_radix(to, 16).ok()?))
    });
    parsed.is_some_and(|(from, to)| (from..to).contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    fn recurse(depth: usize) -> usize {
        if depth == 0 { 0 } else { black_box(1 + recurse(black_box(depth - 1))) }
    }

    #[test]
    fn native_recursion_shows_and_the_next_stack_is_untouched() {
        let used = |depth| high_water(|| recurse(depth)).unwrap().1;
        let (shallow, deep, again) = (used(512), used(65_536), used(512));
        assert!(deep > shallow + 65_024 * 16, "{shallow} and {deep}");
        assert!(again < shallow + (64 << 10), "{shallow} and {again}");
    }
}
