//! Rows as JSON, a line each. Times are ISO 8601, references ids, variants as in the language's JSON; numbers that JSON has
//! not are texts.

use crate::record::{Datum, Reader};
use crate::store::schema::{Catalogue, Fields};
use crate::store::{RowEffect, RowRef, TypeId};
use crate::value::calendar::write_time;
use serde_json::{Map, Value, json};

/// A version of a row.
pub fn row(catalogue: &Catalogue, ty: TypeId, id: u64, row: RowRef<'_>) -> Value {
    json!({
        "entity": entity(catalogue, ty),
        "id": id,
        "version": row.version,
        "created_at": time(row.created_at),
        "updated_at": time(row.updated_at),
        "deleted_at": row.deleted_at.map(time),
        "fields": fields(catalogue, ty, row.data),
    })
}

/// What a transaction did to a row.
pub fn effect(catalogue: &Catalogue, effect: &RowEffect) -> Value {
    match effect {
        RowEffect::Put { ty, id, row: now, .. } => row(catalogue, *ty, *id, now.view()),
        RowEffect::Remove { ty, id } => {
            json!({ "entity": entity(catalogue, *ty), "id": id, "destroyed": true })
        }
    }
}

fn entity(catalogue: &Catalogue, ty: TypeId) -> Value {
    catalogue.entity(ty).map_or_else(|| ty.0.into(), |entity| Value::from(&*entity.name))
}

fn fields(catalogue: &Catalogue, ty: TypeId, data: &[u8]) -> Value {
    let mut map = Map::new();
    for (id, value) in Fields::of(data).map_while(Result::ok) {
        let stored = catalogue.field(ty, id);
        let name = stored.map_or_else(|| id.0.to_string(), |stored| stored.name.to_string());
        let value = Reader::new(value).datum().ok().flatten().unwrap_or(Datum::None);
        map.insert(name, datum(&value));
    }
    Value::Object(map)
}

/// As deep as values nest.
fn datum(value: &Datum) -> Value {
    match value {
        Datum::None => Value::Null,
        Datum::Bool(b) => (*b).into(),
        Datum::Int(int) => (*int).into(),
        Datum::Number(number) => {
            serde_json::Number::from_f64(*number).map_or_else(|| number.to_string().into(), Value::Number)
        }
        Datum::Text(text) => Value::from(&**text),
        Datum::Time(ms) => time(*ms),
        Datum::Reference(id) => (*id).into(),
        Datum::List(items) => items.iter().map(datum).collect(),
        Datum::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let key = datum(key);
                let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
                (key, datum(value))
            });
            Value::Object(entries.collect())
        }
        Datum::Variant(name, values) if values.is_empty() => Value::from(&**name),
        Datum::Variant(name, values) => {
            json!({ "variant": &**name, "values": values.iter().map(datum).collect::<Value>() })
        }
    }
}

fn time(ms: i64) -> Value {
    let mut text = String::new();
    write_time(&mut text, ms);
    text.into()
}
