//! Texts taken apart: `lines`, `graphemes`, and code points for the empty `split`.

use crate::natives::{arguments, steps};
use crate::value::stop::Outcome;
use crate::value::text::search::{self, Progress};
use crate::value::{Handle, Heap, List, Text, Value};
use crate::vm::native::SLICE;
use crate::vm::{Context, Flow, Step, Stepped};
use unicode_segmentation::GraphemeCursor;

/// What making one part costs.
const PART_WORK: usize = 16;

pub fn lines(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    begin(context, args, Cutter::Lines)
}

/// User-perceived characters: extended grapheme clusters (UAX #29).
pub fn graphemes(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let bytes = context.heap.texts.bytes(arguments::text(args, 0)?)?;
    begin(context, args, Cutter::Graphemes(GraphemeCursor::new(0, bytes, true)))
}

/// One text for each code point.
pub fn chars(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    begin(context, args, Cutter::Chars)
}

fn begin(context: &mut Context<'_>, args: &[Value], cutter: Cutter) -> Outcome<Flow> {
    let source = arguments::text(args, 0)?;
    let bytes = context.heap.texts.bytes(source)?;
    let made = context.heap.new_list_with(0)?;
    steps::start(context, Parts { source, made, at: 0, looked: 0, found: None, cutter }, bytes)
}

/// How parts end.
#[derive(Debug)]
enum Cutter {
    Lines,
    Chars,
    Graphemes(GraphemeCursor),
}

#[derive(Debug)]
struct Parts {
    source: Handle<Text>,
    made: Handle<List>,
    /// Where the next part starts.
    at: usize,
    /// Up to where its end was looked for.
    looked: usize,
    /// Its end and where the one after it starts, kept until it is in the list.
    found: Option<(usize, usize)>,
    cutter: Cutter,
}

impl Stepped for Parts {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let mut work = SLICE;
        let step = self.cut(context.heap, &mut work);
        context.charge_fuel(SLICE.saturating_sub(work));
        step
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Text(self.source));
        visit(Value::List(self.made));
    }
}

impl Parts {
    fn cut(&mut self, heap: &mut Heap, work: &mut usize) -> Outcome<Step> {
        while *work > 0 {
            let content = heap.texts.uncharged(self.source)?;
            if self.at >= content.len() {
                return Ok(Step::Done(Value::List(self.made)));
            }
            if self.found.is_none() {
                let from = self.looked;
                self.found = self.cutter.end(content, self.at, &mut self.looked);
                let looked = self.looked.saturating_sub(from);
                *work = work.saturating_sub(self.cutter.work(looked));
            }
            let Some((end, next)) = self.found else { continue };
            heap.reserve_list(self.made, 1)?;
            let part = steps::part(heap, Value::Text(self.source), (self.at, end))?;
            heap.push(self.made, part)?;
            *work = work.saturating_sub(PART_WORK);
            self.found = None;
            self.at = next;
            self.looked = self.looked.max(next);
        }
        Ok(Step::Again)
    }
}

impl Cutter {
    /// What looking at so many bytes costs.
    const fn work(&self, bytes: usize) -> usize {
        match self {
            Self::Lines => steps::bulk(bytes),
            Self::Chars | Self::Graphemes(_) => bytes,
        }
    }

    /// Where the part that starts at `at` ends, and where the next one starts; none when that takes a further step.
    fn end(&mut self, content: &str, at: usize, looked: &mut usize) -> Option<(usize, usize)> {
        match self {
            Self::Chars => {
                let end = content.ceil_char_boundary(at.saturating_add(1));
                Some((end, end))
            }
            Self::Lines => match search::find(content, "\n", *looked) {
                Progress::Found(end) => {
                    let line = content.get(at..end).unwrap_or_default();
                    let cut = usize::from(line.ends_with('\r'));
                    Some((end.saturating_sub(cut), end.saturating_add(1)))
                }
                Progress::Missing => Some((content.len(), content.len())),
                Progress::Paused(on) => {
                    *looked = on;
                    None
                }
            },
            // The cursor sees the text from its start, so it never lacks context, but no further than a stretch.
            Self::Graphemes(cursor) => {
                let seen = steps::stretch_end(content, at.max(*looked), SLICE);
                let stretch = content.get(..seen).unwrap_or_default();
                if let Ok(boundary) = cursor.next_boundary(stretch, 0) {
                    let end = boundary.unwrap_or(content.len());
                    return Some((end, end));
                }
                *looked = seen;
                None
            }
        }
    }
}
