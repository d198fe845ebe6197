//! A sound store: two checkpoints, older versions, recycled segments, and a log of several segments behind.

use super::Files;
use flin_runtime::record::request::Given;
use flin_runtime::record::{
    Datum, EntityShape, FieldShape, FieldType, Refusal, Reply, Request, Schema, Which, data,
};
use flin_runtime::store::disk::{Disk as _, Twin};
use flin_runtime::store::log::{self, Segment};
use flin_runtime::store::recover;
use flin_runtime::store::schema::Catalogue;
use flin_runtime::store::session::Session;
use flin_runtime::store::state::State;
use flin_runtime::store::{Options, Store, TypeId};
use std::sync::{Arc, OnceLock};

/// The smallest that there are.
pub const SEGMENT_BYTES: u32 = 4096;

/// Entity, id, version, deleted?, data.
pub type Content = Vec<(u32, u64, u64, bool, Vec<u8>)>;

/// What it holds.
pub fn content(state: &State) -> Content {
    let types = (0..).map(TypeId).take(state.catalogue().entities.len());
    let rows = types.flat_map(|ty| state.scan(ty, Which::All, 0).map(move |(id, row)| (ty, id, row)));
    rows.map(|(ty, id, row)| (ty.0, id, row.version, row.deleted_at.is_some(), row.data.to_vec())).collect()
}

/// Files, and what they say.
pub struct Image {
    pub files: Files,
    /// The records behind the last checkpoint: file, and where they begin and their payloads end.
    pub spans: Vec<(String, usize, usize)>,
    /// What the store holds with so many of them.
    pub states: Vec<Content>,
}

impl Image {
    /// Made once a process, the same each time.
    pub fn get() -> &'static Self {
        static IMAGE: OnceLock<Image> = OnceLock::new();
        IMAGE.get_or_init(Self::make)
    }

    pub(super) fn make() -> Self {
        let twin = Twin::new();
        let mut states = Vec::new();
        let store = open(&twin);
        for step in 0..STEPS {
            assert!(perform(&store, step).is_ok(), "step {step} of a sound store is refused");
            states.push(held(&twin));
        }
        drop(store.close());
        let names = twin.list().unwrap_or_default();
        let files: Files =
            names.iter().filter_map(|name| Some((name.clone(), twin.content(name)?))).collect();
        let mut spans = Vec::new();
        for number in names.iter().filter_map(|name| log::number_of(name)) {
            let name = log::name(number);
            let segment = twin.open(&name).ok().and_then(|file| Segment::load(&*file, number).ok());
            let Some(segment) = segment else { panic!("{name} has no first sector") };
            let each = &mut |record: log::Intact<'_>| {
                spans.push((name.clone(), record.span.0 as usize, record.payload_end() as usize));
                Ok::<(), flin_runtime::store::disk::DiskError>(())
            };
            if let Err(error) = log::intact(&twin, &segment, each) {
                panic!("{error}");
            }
        }
        let states = states.split_off(states.len() - spans.len() - 1);
        Self { files, spans, states }
    }
}

fn held(twin: &Twin) -> Content {
    let read = recover::read(&twin.copy(), State::new(Catalogue::default()), None);
    read.map_or_else(|error| panic!("a sound store is refused: {error}"), |read| content(&read.state))
}

/// Opens one for the steps.
pub fn open(twin: &Twin) -> Store {
    let options = Options { segment_bytes: SEGMENT_BYTES, checkpoint_bytes: u64::MAX, ..Options::default() };
    match Store::open(Arc::new(twin.clone()), &schema(), options) {
        Ok((store, _)) => store,
        Err(error) => panic!("a sound store is refused: {error}"),
    }
}

/// The same, if it opens.
pub fn try_open(twin: &Twin) -> Option<Store> {
    let options = Options { segment_bytes: SEGMENT_BYTES, checkpoint_bytes: u64::MAX, ..Options::default() };
    Store::open(Arc::new(twin.clone()), &schema(), options).ok().map(|(store, _)| store)
}

/// A row that needs a segment larger than the others, and checkpoints until every spare was used again.
pub fn go_on(store: &Store) -> Result<(), Refusal> {
    let mut session = Session::new(Arc::new(schema()), Arc::new(store.clone()));
    for size in [2 * SEGMENT_BYTES as usize, 1, 1, 1] {
        let fields = data::encode(&[Datum::Text("x".repeat(size).into()), Datum::Int(0)]);
        let data = fields.unwrap_or_default().into();
        let save = Request::Save { entity: 0, id: None, version: 0, over: false, data };
        session.ask(save, 9_000).wait()?;
        store.checkpoint().map_err(Refusal::Unavailable)?;
    }
    Ok(())
}

/// Each way of changing something, large and small; two checkpoints among them.
pub const STEPS: usize = 34;

const CHECKPOINTS: [usize; 2] = [10, 22];

/// Does a step do nothing but write a checkpoint?
pub fn is_checkpoint(step: usize) -> bool {
    CHECKPOINTS.contains(&step)
}

/// Does one, which is one transaction.
pub fn perform(store: &Store, step: usize) -> Result<(), Refusal> {
    if is_checkpoint(step) {
        return store.checkpoint().map_err(Refusal::Unavailable);
    }
    let mut session = Session::new(Arc::new(schema()), Arc::new(store.clone()));
    let mut ask = |request| session.ask(request, 1_000 + step as i64).wait();
    let size = [3, 40, 700, 9, 1500][step % 5];
    let id = 1 + step as u64 / 3;
    let fields = |n: usize| data::encode(&[Datum::Text("x".repeat(size).into()), Datum::Int(n as i64)]);
    let insert = |n| {
        let data = fields(n).unwrap_or_default().into();
        Request::Save { entity: 0, id: None, version: 0, over: false, data }
    };
    let given = Given { entity: 0, id };
    match step % 7 {
        0..=2 => ask(insert(step)).map(drop),
        3 => {
            ask(Request::Begin)?;
            ask(insert(step))?;
            ask(insert(step + 100))?;
            ask(Request::Commit).map(drop)
        }
        4 | 5 => match ask(Request::Find { given: Given { id: 1 + id / 2, ..given }, which: Which::Live })? {
            Reply::Row(row) => {
                let data = fields(step + 50).unwrap_or_default().into();
                ask(Request::Save {
                    entity: 0,
                    id: Some(row.given.id),
                    version: row.version,
                    over: false,
                    data,
                })
                .map(drop)
            }
            _ => ask(insert(step)).map(drop),
        },
        _ if step.is_multiple_of(2) => ask(Request::Delete(given)).map(drop),
        _ => ask(Request::Destroy(given)).map(drop),
    }
}

fn schema() -> Schema {
    let fields = vec![FieldShape::plain("name", FieldType::Text), FieldShape::plain("n", FieldType::Int)];
    Schema {
        entities: vec![EntityShape {
            name: "Item".into(),
            fields,
            unique: Vec::new(),
            indexes: vec![vec![1]],
        }],
    }
}
