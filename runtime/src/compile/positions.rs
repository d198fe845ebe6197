//! Positions of all spans that a module uses, so that chains need no source text.

use crate::base::SourceMap;
use crate::base::span::{to_u32, to_usize};
use crate::code::Module;
use crate::code::module::SourceLines;

/// One entry a source file, in the order of their ids.
pub(super) fn of(module: &Module, sources: &SourceMap) -> Vec<SourceLines> {
    let mut starts: Vec<Vec<u32>> = sources.iter().map(|_| Vec::new()).collect();
    for (_, span) in module.functions.iter().flat_map(|function| &function.spans) {
        if let Some(starts) = starts.get_mut(to_usize(span.file.0)) {
            starts.push(span.start);
        }
    }
    let lines = sources.iter().zip(starts).map(|((_, source), mut starts)| {
        starts.sort_unstable();
        starts.dedup();
        SourceLines { name: source.name.clone(), positions: positions(&source.text, &starts) }
    });
    lines.collect()
}

/// Line and column of rising offsets, in one pass over the text: a file may be one long line.
fn positions(text: &str, starts: &[u32]) -> Vec<(u32, u32, u32)> {
    let mut found = Vec::with_capacity(starts.len());
    let mut starts = starts.iter().copied().peekable();
    let (mut line, mut column) = (1_u32, 1_u32);
    for (at, c) in text.char_indices() {
        while let Some(start) = starts.next_if(|&start| start <= to_u32(at)) {
            found.push((start, line, column));
        }
        if starts.peek().is_none() {
            break;
        }
        (line, column) =
            if c == '\n' { (line.saturating_add(1), 1) } else { (line, column.saturating_add(1)) };
    }
    found.extend(starts.map(|start| (start, line, column)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_agree_with_the_source() {
        let source = crate::base::Source::new("a.flin", "é = 1\n🎉x = 2\n");
        let starts = [0, 3, 8, 12, 99];
        for (start, line, column) in positions(&source.text, &starts) {
            let position = source.position(start);
            assert_eq!((line, column), (position.line, position.column), "at {start}");
        }
    }
}
