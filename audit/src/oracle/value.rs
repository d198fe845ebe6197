//! Values of the evaluator: truth, equality, order and text forms, straight from the reference.

use super::env::EnvRef;
use super::{Eval, SIZE_MAX, type_error, unjudged, value_error};
use flin_runtime::syntax::tree;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::fmt::Write as _;
use std::rc::{Rc, Weak};

/// A value.
#[derive(Clone)]
pub enum V {
    None,
    Bool(bool),
    Int(i64),
    Num(f64),
    Text(Rc<str>),
    List(Rc<RefCell<Vec<V>>>),
    Map(Rc<RefCell<Vec<(V, V)>>>),
    /// Start, bound as written, is the bound an element?
    Range(i64, i64, bool),
    Duration(i64),
    Function(Rc<Function>),
    /// A built-in function or method by name.
    Builtin(Rc<str>),
    Variant(Rc<Enum>, usize, Rc<Vec<V>>),
    Constructor(Rc<Enum>, usize),
    Enum(Rc<Enum>),
    Error(Rc<ErrorValue>),
}

/// An enum of the program.
pub struct Enum {
    pub name: String,
    /// Variants and the names of their payload.
    pub variants: Vec<(String, Vec<String>)>,
}

/// A function of the program: its tree and where it was made. The tree lives as long as the run.
pub struct Function {
    pub tree: tree::Function,
    pub env: EnvRef,
}

/// An error.
#[derive(Clone)]
pub struct ErrorValue {
    pub kind: String,
    pub message: String,
    /// Does the machine say it in these words? Else they are for who looks at the evaluator.
    pub told: bool,
    pub status: i64,
    pub cause: V,
    pub data: V,
    pub notes: Vec<String>,
}

impl ErrorValue {
    pub fn new(kind: &str, message: String) -> Self {
        Self {
            kind: kind.into(),
            message,
            told: true,
            status: status(kind),
            cause: V::None,
            data: V::None,
            notes: Vec::new(),
        }
    }
}

fn status(kind: &str) -> i64 {
    match kind {
        "ValidationFailed" | "InvalidText" => 400,
        "EntityNotFound" => 404,
        "UniqueViolation" | "ForeignKeyViolation" | "VersionConflict" => 409,
        "StoreError" | "Timeout" => 503,
        _ => 500,
    }
}

thread_local! {
    /// Every list of the program that is running.
    static LISTS: RefCell<Vec<Weak<RefCell<Vec<V>>>>> = const { RefCell::new(Vec::new()) };
    /// Every map of the program that is running.
    static MAPS: RefCell<Vec<Weak<RefCell<Vec<(V, V)>>>>> = const { RefCell::new(Vec::new()) };
}

/// Empties every list and map: they may hold themselves.
pub fn forget_all() {
    for list in LISTS.take().iter().filter_map(Weak::upgrade) {
        let held = list.take();
        drop(held);
    }
    for map in MAPS.take().iter().filter_map(Weak::upgrade) {
        let held = map.take();
        drop(held);
    }
}

impl V {
    pub fn text(s: impl AsRef<str>) -> Self {
        Self::Text(s.as_ref().into())
    }

    pub fn list(items: Vec<Self>) -> Self {
        let list = Rc::new(RefCell::new(items));
        LISTS.with_borrow_mut(|lists| lists.push(Rc::downgrade(&list)));
        Self::List(list)
    }

    pub fn map(pairs: Vec<(Self, Self)>) -> Self {
        let map = Rc::new(RefCell::new(pairs));
        MAPS.with_borrow_mut(|maps| maps.push(Rc::downgrade(&map)));
        Self::Map(map)
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Num(_) => "number",
            Self::Text(_) => "text",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Range(..) => "range",
            Self::Duration(_) => "duration",
            Self::Function(_) | Self::Builtin(_) | Self::Constructor(..) | Self::Enum(_) => "function",
            Self::Variant(..) => "variant",
            Self::Error(_) => "error",
        }
    }

    pub fn truthy(&self) -> bool {
        match self {
            Self::None | Self::Error(_) => false,
            Self::Bool(b) => *b,
            Self::Int(n) | Self::Duration(n) => *n != 0,
            Self::Num(n) => *n != 0.0 && !n.is_nan(),
            Self::Text(t) => !t.is_empty(),
            Self::List(l) => !l.borrow().is_empty(),
            Self::Map(m) => !m.borrow().is_empty(),
            Self::Range(a, b, inclusive) => range_length(*a, *b, *inclusive) != 0,
            Self::Function(_)
            | Self::Builtin(_)
            | Self::Variant(..)
            | Self::Constructor(..)
            | Self::Enum(_) => true,
        }
    }
}

/// Number of ints in a range.
pub fn range_length(start: i64, end: i64, inclusive: bool) -> i128 {
    (i128::from(end) - i128::from(start) + i128::from(inclusive)).max(0)
}

/// Int and number by mathematical value.
pub fn compare_int_num(a: i64, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    if b >= 9_223_372_036_854_775_808.0 {
        return Some(Ordering::Less);
    }
    if b < -9_223_372_036_854_775_808.0 {
        return Some(Ordering::Greater);
    }
    let whole = b.trunc() as i64;
    Some(a.cmp(&whole).then_with(|| 0.0.partial_cmp(&b.fract()).unwrap_or(Ordering::Equal)))
}

/// `a == b`; too deep raises ValueError.
pub fn equal(a: &V, b: &V) -> Eval<bool> {
    equal_at(a, b, 1)
}

const DEPTH_MAX: usize = 256;

fn equal_at(a: &V, b: &V, depth: usize) -> Eval<bool> {
    Ok(match (a, b) {
        (V::None, V::None) => true,
        (V::Bool(a), V::Bool(b)) => a == b,
        (V::Int(a), V::Int(b)) | (V::Duration(a), V::Duration(b)) => a == b,
        (V::Num(a), V::Num(b)) => a.partial_cmp(b) == Some(Ordering::Equal),
        (V::Int(a), V::Num(b)) | (V::Num(b), V::Int(a)) => compare_int_num(*a, *b) == Some(Ordering::Equal),
        (V::Text(a), V::Text(b)) => a == b,
        (V::List(a), V::List(b)) => {
            if Rc::ptr_eq(a, b) {
                return Ok(true);
            }
            let (a, b) = (a.borrow(), b.borrow());
            if a.len() != b.len() {
                return Ok(false);
            }
            if depth > DEPTH_MAX {
                return value_error("nested too deep");
            }
            for (x, y) in a.iter().zip(b.iter()) {
                if !equal_at(x, y, depth + 1)? {
                    return Ok(false);
                }
            }
            true
        }
        (V::Map(a), V::Map(b)) => {
            if Rc::ptr_eq(a, b) {
                return Ok(true);
            }
            let (a, b) = (a.borrow(), b.borrow());
            if a.len() != b.len() {
                return Ok(false);
            }
            if depth > DEPTH_MAX {
                return value_error("nested too deep");
            }
            for (key, x) in a.iter() {
                let mut found = None;
                for (other, y) in b.iter() {
                    if equal_at(key, other, depth + 1)? {
                        found = Some(y.clone());
                    }
                }
                match found {
                    Some(y) if equal_at(x, &y, depth + 1)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        (V::Range(a, b, i), V::Range(c, d, j)) => {
            let n = range_length(*a, *b, *i);
            n == range_length(*c, *d, *j) && (n == 0 || a == c)
        }
        (V::Function(a), V::Function(b)) => Rc::ptr_eq(a, b),
        (V::Builtin(a), V::Builtin(b)) => a == b,
        (V::Constructor(e, v), V::Constructor(f, w)) => Rc::ptr_eq(e, f) && v == w,
        (V::Variant(e, v, p), V::Variant(f, w, q)) => {
            if !Rc::ptr_eq(e, f) || v != w {
                return Ok(false);
            }
            for (x, y) in p.iter().zip(q.iter()) {
                if !equal_at(x, y, depth + 1)? {
                    return Ok(false);
                }
            }
            true
        }
        (V::Error(a), V::Error(b)) if a.kind == b.kind && !(a.told && b.told) => {
            return unjudged("messages of the machine");
        }
        (V::Error(a), V::Error(b)) => a.kind == b.kind && a.message == b.message,
        _ => false,
    })
}

/// Order for `<` and its kin; none when one side is NaN.
pub fn order(a: &V, b: &V) -> Eval<Option<Ordering>> {
    Ok(match (a, b) {
        (V::Int(a), V::Int(b)) | (V::Duration(a), V::Duration(b)) => Some(a.cmp(b)),
        (V::Num(a), V::Num(b)) => a.partial_cmp(b),
        (V::Int(a), V::Num(b)) => compare_int_num(*a, *b),
        (V::Num(a), V::Int(b)) => compare_int_num(*b, *a).map(Ordering::reverse),
        (V::Text(a), V::Text(b)) => Some(a.chars().cmp(b.chars())),
        _ => return type_error("unordered"),
    })
}

/// A number as the reference writes it.
pub fn number_text(n: f64) -> String {
    if n.is_nan() {
        return "NaN".into();
    }
    if n.is_infinite() {
        return if n > 0.0 { "inf" } else { "-inf" }.into();
    }
    let scientific = format!("{n:e}");
    let exponent: i32 = scientific.split('e').nth(1).and_then(|e| e.parse().ok()).unwrap_or(0);
    if n == 0.0 || (-7..=20).contains(&exponent) { format!("{n}") } else { scientific }
}

/// A duration: largest units first, zero parts left out.
pub fn duration_text(ms: i64) -> String {
    if ms == 0 {
        return "0s".into();
    }
    let mut left = ms.unsigned_abs();
    let mut out = String::from(if ms < 0 { "-" } else { "" });
    for (unit, name) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")] {
        if left / unit > 0 {
            let _ = write!(out, "{}{name}", left / unit);
        }
        left %= unit;
    }
    out
}

/// `to_text`.
pub fn to_text(v: &V) -> Eval<String> {
    let mut out = String::new();
    show(v, false, 1, &mut out)?;
    Ok(out)
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn show(v: &V, nested: bool, depth: usize, out: &mut String) -> Eval<()> {
    if out.len() > SIZE_MAX {
        return unjudged("large text");
    }
    match v {
        V::None => out.push_str(if nested { "none" } else { "" }),
        V::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        V::Int(n) => out.push_str(&n.to_string()),
        V::Num(n) => out.push_str(&number_text(*n)),
        V::Text(t) if nested => quoted(t, out),
        V::Text(t) => out.push_str(t),
        V::List(items) => {
            if depth > DEPTH_MAX {
                return value_error("nested too deep");
            }
            out.push('[');
            for (at, item) in items.borrow().iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                show(item, true, depth + 1, out)?;
            }
            out.push(']');
        }
        V::Map(pairs) => {
            if depth > DEPTH_MAX {
                return value_error("nested too deep");
            }
            out.push('{');
            for (at, (key, value)) in pairs.borrow().iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                show(key, true, depth + 1, out)?;
                out.push_str(": ");
                show(value, true, depth + 1, out)?;
            }
            out.push('}');
        }
        V::Range(a, b, inclusive) => {
            let _ = write!(out, "{a}..{}{b}", if *inclusive { "" } else { "<" });
        }
        V::Duration(ms) => out.push_str(&duration_text(*ms)),
        V::Function(f) => match &f.tree.name {
            Some(name) => {
                let _ = write!(out, "<fn {}>", name.text);
            }
            None => out.push_str("<fn>"),
        },
        V::Builtin(name) => {
            let _ = write!(out, "<fn {name}>");
        }
        V::Variant(of, variant, payload) => {
            out.push_str(&of.variants[*variant].0);
            if !payload.is_empty() {
                out.push('(');
                for (at, item) in payload.iter().enumerate() {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    show(item, true, depth + 1, out)?;
                }
                out.push(')');
            }
        }
        V::Constructor(..) | V::Enum(_) => return unjudged("text of a constructor"),
        V::Error(e) if !e.told => return unjudged("a message of the machine"),
        V::Error(e) => {
            let _ = write!(out, "{}: {}", e.kind, e.message);
        }
    }
    Ok(())
}
