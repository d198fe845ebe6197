//! Methods of lists and of ranges, which convert.

use super::arithmetic::{arithmetic, numeric_order};
use super::postfix::slice_value;
use super::value::{V, equal, order, range_length};
use super::{Eval, Oracle, SIZE_MAX, raise, raise_saying, type_error, unjudged, value_error};
use flin_runtime::syntax::tree::BinaryOp;
use std::cmp::Ordering;

impl Oracle {
    pub(super) fn list_method(&mut self, name: &str, args: &[V]) -> Eval<V> {
        if let V::Range(a, b, inclusive) = &args[0] {
            let length = range_length(*a, *b, *inclusive);
            match (name, args.len()) {
                ("length" | "len" | "count", 1) => {
                    return i64::try_from(length)
                        .map_or_else(|_| raise("IntegerOverflow", ""), |n| Ok(V::Int(n)));
                }
                ("is_empty" | "isEmpty", 1) => return Ok(V::Bool(length == 0)),
                ("first", 1) => return Ok(if length == 0 { V::None } else { V::Int(*a) }),
                ("last", 1) => {
                    return Ok(if length == 0 {
                        V::None
                    } else {
                        V::Int((i128::from(*a) + length - 1) as i64)
                    });
                }
                _ => {}
            }
            if changes(name) {
                return unjudged("change of a range");
            }
        }
        let items = self.iterate(&args[0])?;
        if let V::List(list) = &args[0]
            && let Some(result) = change(name, list, &args[1..])
        {
            return result;
        }
        match self.with_callback(name, &items, &args[1..])? {
            Some(value) => Ok(value),
            None => plain(name, &args[0], &items, &args[1..]),
        }
    }

    fn with_callback(&mut self, name: &str, items: &[V], args: &[V]) -> Eval<Option<V>> {
        let [f, more @ ..] = args else { return Ok(None) };
        let is_function = matches!(f, V::Function(_) | V::Builtin(_) | V::Constructor(..));
        let takes = matches!(
            name,
            "map"
                | "filter"
                | "find"
                | "find_index"
                | "findIndex"
                | "some"
                | "any"
                | "every"
                | "all"
                | "each"
                | "flat_map"
                | "group_by"
                | "reduce"
                | "sort"
        );
        if !takes {
            return Ok(None);
        }
        if !is_function {
            return type_error("callback");
        }
        if name == "reduce" {
            return self.reduce(items, f, more).map(Some);
        }
        if !more.is_empty() {
            return type_error("arguments");
        }
        if name == "sort" {
            return self.sort_by(items, f).map(Some);
        }
        let mut out = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let result = self.callback(f, &[item.clone(), V::Int(at as i64)])?;
            let yes = result.truthy();
            match name {
                "filter" if yes => out.push(item.clone()),
                "find" if yes => return Ok(Some(item.clone())),
                "find_index" | "findIndex" if yes => return Ok(Some(V::Int(at as i64))),
                "some" | "any" if yes => return Ok(Some(V::Bool(true))),
                "every" | "all" if !yes => return Ok(Some(V::Bool(false))),
                "map" => out.push(result),
                "flat_map" => match &result {
                    V::List(inner) => out.extend(inner.borrow().iter().cloned()),
                    _ => return unjudged("flat_map of another kind"),
                },
                "group_by" => {
                    let key = super::expr::map_key(&result)?;
                    let mut found = false;
                    for pair in &out {
                        let V::List(pair) = pair else { continue };
                        let pair = pair.borrow();
                        if equal(&pair[0], &key)? {
                            let V::List(group) = &pair[1] else { continue };
                            group.borrow_mut().push(item.clone());
                            found = true;
                        }
                    }
                    if !found {
                        out.push(V::list(vec![key, V::list(vec![item.clone()])]));
                    }
                }
                _ => {}
            }
            if out.len() > SIZE_MAX {
                return unjudged("large list");
            }
        }
        Ok(Some(match name {
            "find" | "each" => V::None,
            "find_index" | "findIndex" => V::Int(-1),
            "some" | "any" => V::Bool(false),
            "every" | "all" => V::Bool(true),
            "group_by" => {
                let pair = |pair: &V| match pair {
                    V::List(pair) => (pair.borrow()[0].clone(), pair.borrow()[1].clone()),
                    other => (other.clone(), V::None),
                };
                V::map(out.iter().map(pair).collect())
            }
            _ => V::list(out),
        }))
    }

    fn reduce(&mut self, items: &[V], f: &V, init: &[V]) -> Eval<V> {
        let (mut total, rest, first) = match (init, items) {
            ([init], _) => (init.clone(), items, 0),
            ([], [head, rest @ ..]) => (head.clone(), rest, 1),
            ([], []) => return value_error("reduce of nothing"),
            _ => return type_error("arguments"),
        };
        for (at, item) in rest.iter().enumerate() {
            total = self.callback(f, &[total, item.clone(), V::Int((at + first) as i64)])?;
        }
        Ok(total)
    }

    fn sort_by(&mut self, items: &[V], f: &V) -> Eval<V> {
        if Self::arity(f) != Some(2) {
            let mut keyed = Vec::new();
            for item in items {
                keyed.push((self.callback(f, std::slice::from_ref(item))?, item.clone()));
            }
            let keys: Vec<V> = keyed.iter().map(|(key, _)| key.clone()).collect();
            check_sortable(&keys)?;
            keyed.sort_by(|(a, _), (b, _)| sort_order(a, b));
            return Ok(V::list(keyed.into_iter().map(|(_, item)| item).collect()));
        }
        // Insertion sort: stable, and a comparator may raise.
        let mut sorted: Vec<V> = Vec::new();
        for item in items {
            let mut at = sorted.len();
            while at > 0 {
                match self.callback(f, &[sorted[at - 1].clone(), item.clone()])? {
                    V::Int(n) if n > 0 => at -= 1,
                    V::Num(n) if n > 0.0 => at -= 1,
                    V::Int(_) | V::Num(_) => break,
                    _ => return type_error("comparator"),
                }
            }
            sorted.insert(at, item.clone());
        }
        Ok(V::list(sorted))
    }
}

fn changes(name: &str) -> bool {
    matches!(
        name,
        "push" | "insert" | "remove_at" | "remove" | "pop" | "shift" | "unshift" | "splice" | "clear"
    )
}

/// One kind that has an order, ints with numbers counting as one.
fn check_sortable(items: &[V]) -> Eval<()> {
    let family = |v: &V| match v {
        V::Int(_) | V::Num(_) => Some(0),
        V::Text(_) => Some(1),
        V::Duration(_) => Some(2),
        _ => None,
    };
    for item in items {
        if family(item).is_none() || family(item) != family(&items[0]) {
            return type_error("unordered kinds");
        }
    }
    Ok(())
}

/// NaN last.
fn sort_order(a: &V, b: &V) -> Ordering {
    let nan = |v: &V| matches!(v, V::Num(n) if n.is_nan());
    match (nan(a), nan(b)) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => order(a, b).ok().flatten().unwrap_or(Ordering::Equal),
    }
}

/// Methods that change the list; none for any other.
fn change(name: &str, list: &std::cell::RefCell<Vec<V>>, args: &[V]) -> Option<Eval<V>> {
    if !changes(name) {
        return None;
    }
    let mut items = list.borrow_mut();
    let length = items.len() as i64;
    let resolve = |n: i64, max: i64| {
        let at = if n < 0 { n.saturating_add(length) } else { n };
        (0..=max).contains(&at).then_some(at as usize)
    };
    Some(match (name, args) {
        ("push", args) if !args.is_empty() => {
            items.extend(args.iter().cloned());
            if items.len() > SIZE_MAX { unjudged("large list") } else { Ok(V::None) }
        }
        ("insert", [V::Int(n), value]) => match resolve(*n, length) {
            Some(at) => {
                items.insert(at, value.clone());
                Ok(V::None)
            }
            None => out_of_bounds(*n, length),
        },
        ("remove_at", [V::Int(n)]) => match resolve(*n, length - 1) {
            Some(at) => Ok(items.remove(at)),
            None => out_of_bounds(*n, length),
        },
        ("remove", [value]) => {
            for at in 0..items.len() {
                match equal(&items[at], value) {
                    Ok(false) => {}
                    Ok(true) => {
                        items.remove(at);
                        return Some(Ok(V::Bool(true)));
                    }
                    Err(stop) => return Some(Err(stop)),
                }
            }
            Ok(V::Bool(false))
        }
        ("pop", []) => Ok(items.pop().unwrap_or(V::None)),
        ("shift", []) => Ok(if items.is_empty() { V::None } else { items.remove(0) }),
        ("unshift", [value]) => {
            items.insert(0, value.clone());
            Ok(V::None)
        }
        ("splice", [V::Int(n), V::Int(count), new @ ..]) => {
            let at = if *n < 0 { n.saturating_add(length) } else { *n }.clamp(0, length) as usize;
            let count = (*count).clamp(0, length - at as i64) as usize;
            Ok(V::list(items.splice(at..at + count, new.iter().cloned()).collect()))
        }
        ("clear", []) => {
            items.clear();
            Ok(V::None)
        }
        _ => type_error("arguments"),
    })
}

/// Methods that only read.
fn plain(name: &str, of: &V, items: &[V], args: &[V]) -> Eval<V> {
    match (name, args) {
        ("length" | "len" | "count", []) => Ok(V::Int(items.len() as i64)),
        ("is_empty" | "isEmpty", []) => Ok(V::Bool(items.is_empty())),
        ("first", []) => Ok(items.first().cloned().unwrap_or(V::None)),
        ("last", []) => Ok(items.last().cloned().unwrap_or(V::None)),
        ("to_list", []) => Ok(V::list(items.to_vec())),
        ("reverse", []) => Ok(V::list(items.iter().rev().cloned().collect())),
        ("sort", []) => {
            check_sortable(items)?;
            let mut sorted = items.to_vec();
            sorted.sort_by(sort_order);
            Ok(V::list(sorted))
        }
        ("unique", []) => {
            let mut out: Vec<V> = Vec::new();
            for item in items {
                let mut seen = false;
                for other in &out {
                    seen |= equal(other, item)?;
                }
                if !seen {
                    out.push(item.clone());
                }
            }
            Ok(V::list(out))
        }
        ("flat", []) => {
            let mut out = Vec::new();
            for item in items {
                match item {
                    V::List(inner) => out.extend(inner.borrow().iter().cloned()),
                    V::Range(..) => return unjudged("flat of a range"),
                    other => out.push(other.clone()),
                }
            }
            Ok(V::list(out))
        }
        ("take" | "drop", [V::Int(n)]) => {
            if *n < 0 {
                return value_error(name);
            }
            let at = usize::try_from(*n).unwrap_or(usize::MAX).min(items.len());
            Ok(V::list(if name == "take" { items[..at].to_vec() } else { items[at..].to_vec() }))
        }
        ("slice", [] | [_] | [_, _]) => {
            let [start, end] = super::builtin_text::bounds(args)?;
            slice_value(of, [start, end, None])
        }
        ("concat", [other]) => Ok(V::list(items.iter().cloned().chain(elements(other)?).collect())),
        ("contains" | "includes", [value]) => {
            for item in items {
                if equal(item, value)? {
                    return Ok(V::Bool(true));
                }
            }
            Ok(V::Bool(false))
        }
        ("index_of" | "indexOf", [value]) => {
            for (at, item) in items.iter().enumerate() {
                if equal(item, value)? {
                    return Ok(V::Int(at as i64));
                }
            }
            Ok(V::Int(-1))
        }
        ("join", []) => super::builtin_text::join(items, ""),
        ("join", [V::Text(separator)]) => super::builtin_text::join(items, separator),
        ("zip", [other]) => {
            let pairs = items.iter().cloned().zip(elements(other)?);
            Ok(V::list(pairs.map(|(a, b)| V::list(vec![a, b])).collect()))
        }
        ("chunk", [V::Int(n)]) => {
            if *n < 1 {
                return value_error("chunk");
            }
            let size = usize::try_from(*n).unwrap_or(usize::MAX);
            Ok(V::list(items.chunks(size).map(|c| V::list(c.to_vec())).collect()))
        }
        ("sum", []) => {
            let mut total = V::Int(0);
            for item in items {
                if !matches!(item, V::Int(_) | V::Num(_)) {
                    return type_error("sum");
                }
                total = arithmetic(BinaryOp::Add, &total, item)?;
            }
            Ok(total)
        }
        ("avg", []) => {
            if items.is_empty() {
                return Ok(V::None);
            }
            if items.iter().all(|i| matches!(i, V::Int(_) | V::Num(_))) {
                unjudged("avg")
            } else {
                type_error("avg")
            }
        }
        ("min" | "max", []) => {
            if items.is_empty() {
                return Ok(V::None);
            }
            check_sortable(items)?;
            if items.iter().any(|i| matches!(i, V::Num(n) if n.is_nan())) {
                return unjudged("NaN");
            }
            let mut best = items[0].clone();
            for item in items {
                let order = numeric_order(item, &best).or(order(item, &best)?).unwrap_or(Ordering::Equal);
                if order == (if name == "min" { Ordering::Less } else { Ordering::Greater }) {
                    best = item.clone();
                }
            }
            Ok(best)
        }
        _ => type_error("no such method"),
    }
}

/// What another list, or a range, holds; there is nothing else to join with.
fn elements(other: &V) -> Eval<Vec<V>> {
    match other {
        V::List(items) => Ok(items.borrow().clone()),
        V::Range(a, b, inclusive) => super::expr::range_items(*a, *b, *inclusive),
        _ => type_error("list"),
    }
}

fn out_of_bounds(n: i64, length: i64) -> Eval<V> {
    raise_saying("IndexOutOfBounds", format!("Index {n} is out of bounds for list of length {length}"))
}
