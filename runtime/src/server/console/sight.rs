//! What the console sees of a server.

use super::super::Shared;
use crate::admin::Sight;
use crate::app::application::Application;
use crate::base::guard;
use crate::code::module::{Endpoint, EndpointKind};
use crate::record::data;
use crate::record::{Batch, Datum, Given, Reply, Request, Row, Which};
use crate::store::Session;
use crate::value::calendar::write_time;
use serde_json::{Map, Value, json};
use std::sync::{Arc, Weak};

/// Bytes of rows or versions on one page.
const PAGE_BYTES_MAX: usize = 64 << 10;
/// Rows or versions on one page.
const PAGE_ROWS_MAX: usize = 100;

/// Looks at a server, and does not keep it.
#[derive(Debug)]
pub(super) struct Eye(pub Weak<Shared>);

impl Eye {
    fn of(&self, look: impl FnOnce(&Shared) -> Value) -> Value {
        self.0.upgrade().map_or(Value::Null, |shared| look(&shared))
    }

    /// Asks the store. Reads never wait for the committer.
    fn ask(
        &self,
        request: impl FnOnce(&Application) -> Option<Request>,
    ) -> Option<(Arc<Application>, Reply)> {
        let shared = self.0.upgrade()?;
        let app = shared.app();
        let request = request(&app)?;
        let schema = Arc::new(app.program.module.entities.clone());
        let mut session = Session::new(schema, Arc::new(shared.world.store().clone()));
        let reply = session.ask(request, 0).wait().ok()?;
        Some((app, reply))
    }
}

impl Sight for Eye {
    fn overview(&self) -> Value {
        self.of(|shared| {
            let (health, levels) = (shared.health(), shared.levels());
            json!({
                "version": env!("CARGO_PKG_VERSION"),
                "ready": health.ready,
                "reasons": health.reasons,
                "uptime": format!("{} s", health.uptime_seconds),
                "connections": format!("{} of {}", levels.connections, levels.connections_max),
                "descriptors": format!("{} of {}", levels.descriptors, levels.descriptors_max),
                "memory leased": format!("{} KB", levels.leased_bytes / 1024),
                "executions that wait": levels.runners_waiting,
                "tasks begun again": levels.restarts,
                "rooms": levels.rooms,
                "panics caught": crate::app::boundary::panics(),
            })
        })
    }

    fn entities(&self) -> Value {
        self.of(|shared| {
            let app = shared.app();
            let entities = app.program.module.entities.entities.iter().zip(0..);
            let count = |entity| match self.ask(|_| Some(Request::Count { entity, which: Which::Live })) {
                Some((_, Reply::Count(rows))) => rows.into(),
                _ => Value::Null,
            };
            entities.map(|(shape, index)| json!({ "name": &*shape.name, "rows": count(index) })).collect()
        })
    }

    fn rows(&self, entity: &str, after: u64) -> Option<Value> {
        // The first batch tells which state is read; the page goes on in it.
        let (_, first) = self.ask(|app| Some(scan(index_of(app, entity)?, None, 1)))?;
        let pinned = match &first {
            Reply::Rows(Batch { more: Some(pinned), .. }) if after > 0 => Some(pinned.clone()),
            Reply::Rows(_) => None,
            _ => return None,
        };
        if after > 0 && pinned.is_none() {
            return Some(Value::Array(Vec::new()));
        }
        let (app, reply) = self.ask(|app| {
            Some(scan(index_of(app, entity)?, pinned.map(|pinned| (pinned, after)), PAGE_BYTES_MAX))
        })?;
        Some(shown(&app, &reply))
    }

    fn history(&self, entity: &str, id: u64) -> Option<Value> {
        let history = |app: &Application| {
            let given = Given { entity: index_of(app, entity)?, id };
            Some(Request::History { given, below: None, bytes_max: PAGE_BYTES_MAX })
        };
        let (app, reply) = self.ask(history)?;
        match shown(&app, &reply) {
            Value::Array(versions) if versions.is_empty() => None,
            versions => Some(versions),
        }
    }

    fn routes(&self) -> Value {
        self.of(|shared| {
            let app = shared.app();
            let routes = app.endpoints().iter().filter_map(|endpoint| {
                let kind = match endpoint.kind {
                    EndpointKind::Route(method) => format!("{method:?}").to_uppercase(),
                    EndpointKind::Page => "page".to_owned(),
                    EndpointKind::Socket => "ws".to_owned(),
                    EndpointKind::Stream => "sse".to_owned(),
                    EndpointKind::Every { .. } | EndpointKind::Cron(_) => return None,
                };
                Some(json!({ "path": app.text(endpoint.path), "by": kind }))
            });
            routes.collect()
        })
    }

    fn jobs(&self) -> Value {
        self.of(|shared| {
            let app = shared.app();
            let when = |endpoint: &Endpoint| match endpoint.kind {
                EndpointKind::Every { millis } => format!("every {millis} ms"),
                EndpointKind::Cron(expression) => format!("cron {}", app.text(expression)),
                EndpointKind::Route(_) | EndpointKind::Page | EndpointKind::Socket | EndpointKind::Stream => String::new(),
            };
            let job = |(_, endpoint): (u32, &Endpoint)| json!({ "file": app.text(endpoint.path), "when": when(endpoint) });
            app.jobs().map(job).collect()
        })
    }

    fn errors(&self) -> Value {
        self.of(|shared| {
            let errors = shared.errors().recent().into_iter().map(|error| {
                json!({
                    "at": time(error.at), "request": &*error.id, "kind": error.kind,
                    "message": error.message, "chain": error.chain,
                })
            });
            errors.collect()
        })
    }

    fn guards(&self) -> Value {
        let counted = guard::counts();
        counted.map(|(guard, count)| json!({ "name": guard.name(), "purpose": guard.purpose().trim(), "times": count })).collect()
    }
}

fn index_of(app: &Application, entity: &str) -> Option<u32> {
    let index = app.program.module.entities.entities.iter().position(|shape| &*shape.name == entity)?;
    u32::try_from(index).ok()
}

fn scan(entity: u32, from: Option<(crate::record::Pinned, u64)>, bytes_max: usize) -> Request {
    Request::Scan { entity, which: Which::All, by: None, from, bytes_max }
}

fn shown(app: &Application, reply: &Reply) -> Value {
    let Reply::Rows(batch) = reply else { return Value::Array(Vec::new()) };
    batch.rows.iter().take(PAGE_ROWS_MAX).map(|row| row_json(app, row)).collect()
}

/// A row with its fields, without the hidden ones.
fn row_json(app: &Application, row: &Row) -> Value {
    let mut map = Map::new();
    map.insert("id".to_owned(), row.given.id.into());
    let shape = app.program.module.entities.entities.get(crate::base::span::to_usize(row.given.entity));
    let fields = data::decode(&row.data).unwrap_or_default();
    if let Some(shape) = shape {
        for (field, value) in shape.fields.iter().zip(&fields).filter(|(field, _)| !field.hidden) {
            map.insert(field.name.to_string(), datum(value));
        }
    }
    map.insert("version".to_owned(), row.version.into());
    map.insert("updated_at".to_owned(), time(row.updated_at));
    map.insert("deleted_at".to_owned(), row.deleted_at.map_or(Value::Null, time));
    Value::Object(map)
}

/// As deep as values nest, which the store bounds.
fn datum(value: &Datum) -> Value {
    match value {
        Datum::None => Value::Null,
        Datum::Bool(truth) => (*truth).into(),
        Datum::Int(int) => (*int).into(),
        Datum::Number(number) => (*number).into(),
        Datum::Text(text) => Value::from(&**text),
        Datum::Time(ms) => time(*ms),
        Datum::Reference(id) => (*id).into(),
        Datum::List(items) => items.iter().map(datum).collect(),
        Datum::Map(entries) => {
            let key = |key: &Datum| datum(key).as_str().map_or_else(|| datum(key).to_string(), str::to_owned);
            Value::Object(entries.iter().map(|(name, value)| (key(name), datum(value))).collect())
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
