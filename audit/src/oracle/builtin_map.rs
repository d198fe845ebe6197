//! Methods of maps.

use super::expr::{map_key, set_pair};
use super::value::{V, equal};
use super::{Eval, Oracle, type_error};

impl Oracle {
    pub(super) fn map_method(&mut self, name: &str, args: &[V]) -> Eval<V> {
        let V::Map(map) = &args[0] else { return type_error("map") };
        let pairs = map.borrow().clone();
        let at = |key: &V| -> Eval<Option<usize>> {
            let Ok(key) = map_key(key) else { return Ok(None) };
            for (at, (other, _)) in pairs.iter().enumerate() {
                if equal(other, &key)? {
                    return Ok(Some(at));
                }
            }
            Ok(None)
        };
        match (name, &args[1..]) {
            ("keys", []) => Ok(V::list(pairs.into_iter().map(|(k, _)| k).collect())),
            ("values", []) => Ok(V::list(pairs.into_iter().map(|(_, v)| v).collect())),
            ("entries", []) => Ok(V::list(pairs.into_iter().map(|(k, v)| V::list(vec![k, v])).collect())),
            ("count", []) => Ok(V::Int(pairs.len() as i64)),
            ("is_empty" | "isEmpty", []) => Ok(V::Bool(pairs.is_empty())),
            ("has" | "includes", [key]) => Ok(V::Bool(at(key)?.is_some())),
            ("get", [key]) => Ok(at(key)?.map_or(V::None, |at| pairs[at].1.clone())),
            ("get", [key, default]) => Ok(at(key)?.map_or(default.clone(), |at| pairs[at].1.clone())),
            ("set", [key, value]) => {
                let key = map_key(key)?;
                set_pair(&mut map.borrow_mut(), key, value.clone())?;
                Ok(V::None)
            }
            ("remove", [key]) => Ok(match at(key)? {
                Some(at) => map.borrow_mut().remove(at).1,
                None => V::None,
            }),
            ("merge", [V::Map(other)]) => {
                let mut merged = pairs.clone();
                for (key, value) in other.borrow().clone() {
                    set_pair(&mut merged, key, value)?;
                }
                Ok(V::map(merged))
            }
            ("map_values" | "filter", [f @ (V::Function(_) | V::Builtin(_))]) => {
                let mut out = Vec::new();
                for (key, value) in pairs {
                    let result = self.callback(f, &[value.clone(), key.clone()])?;
                    match name {
                        "map_values" => out.push((key, result)),
                        _ if result.truthy() => out.push((key, value)),
                        _ => {}
                    }
                }
                Ok(V::map(out))
            }
            ("clear", []) => {
                map.borrow_mut().clear();
                Ok(V::None)
            }
            _ => type_error("no such method"),
        }
    }
}
