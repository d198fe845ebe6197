//! Any sequence of transactions, against plain maps that are obviously right and slow.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// `A { key: int? @unique, x: text?, parent: A? cascade, @unique(key, x) … }`, `B { a: A? restrict, all: [A] set_none,
/// c: C? set_none, @index x }`, `C { b: B? cascade }`.
fn schema() -> Schema {
    use FieldType::*;
    let any = OnDelete::Restrict;
    let mut a = entity(
        "A",
        vec![
            field("key?", Number, any),
            field("x?", Text, any),
            field("parent?", Reference(0), OnDelete::Cascade),
        ],
    );
    a.unique = vec![vec![0], vec![1, 2]];
    a.indexes = vec![vec![1]];
    let mut b = entity(
        "B",
        vec![
            field("a?", Reference(0), OnDelete::Restrict),
            field("all", List(Box::new(Reference(0))), OnDelete::SetNone),
            field("c?", Reference(2), OnDelete::SetNone),
        ],
    );
    b.indexes = vec![vec![0, 2]];
    let c = entity("C", vec![field("b?", Reference(1), OnDelete::Cascade)]);
    Schema { entities: vec![a, b, c] }
}

#[derive(Clone, Debug, PartialEq)]
struct Plain {
    version: u64,
    updated_at: i64,
    deleted: bool,
    values: Vec<Datum>,
}

type Id = (u32, u64);

#[derive(Clone, Debug, Default)]
struct Model {
    rows: BTreeMap<Id, Plain>,
    written: BTreeSet<Id>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fails {
    NotFound,
    Conflict,
    Unique,
    ForeignKey,
}

impl Model {
    fn live(&self, id: Id) -> bool {
        self.rows.get(&id).is_some_and(|row| !row.deleted)
    }

    /// Field, target and rule of all references of a row.
    fn references(schema: &Schema, id: Id, values: &[Datum]) -> Vec<(usize, Id, OnDelete)> {
        let mut found = Vec::new();
        for (at, (shape, value)) in schema.entities[id.0 as usize].fields.iter().zip(values).enumerate() {
            let mut one = |ty: &FieldType, value: &Datum| {
                if let (FieldType::Reference(to), Datum::Reference(target)) = (ty, value) {
                    found.push((at, (*to, *target), shape.on_delete));
                }
            };
            match (&shape.ty, value) {
                (FieldType::List(inner), Datum::List(items)) => {
                    items.iter().for_each(|item| one(inner, item));
                }
                (ty, value) => one(ty, value),
            }
        }
        found
    }

    fn rules(&self, schema: &Schema, id: Id, values: &[Datum]) -> Result<(), Fails> {
        for set in &schema.entities[id.0 as usize].unique {
            let of = |values: &[Datum]| {
                set.iter().map(|at| Key::of(&values[*at as usize])).collect::<Option<Vec<_>>>()
            };
            let taken = |(other, row): (&Id, &Plain)| {
                *other != id && other.0 == id.0 && !row.deleted && of(&row.values) == of(values)
            };
            if of(values).is_some() && self.rows.iter().any(taken) {
                return Err(Fails::Unique);
            }
        }
        let dangling = |target: Id| target != id && !self.live(target);
        if Self::references(schema, id, values).iter().any(|(_, target, _)| dangling(*target)) {
            return Err(Fails::ForeignKey);
        }
        Ok(())
    }

    fn write(&mut self, id: Id, now: i64, deleted: bool, values: Vec<Datum>) {
        let first = self.written.insert(id) || !self.rows.contains_key(&id);
        let row =
            self.rows.entry(id).or_insert(Plain { version: 0, updated_at: now, deleted, values: vec![] });
        if first {
            row.version += 1;
        }
        (row.updated_at, row.deleted, row.values) = (row.updated_at.max(now), deleted, values);
    }

    fn save(
        &mut self,
        schema: &Schema,
        id: Id,
        (expected, now): (Option<u64>, i64),
        values: Vec<Datum>,
    ) -> Result<(), Fails> {
        if let Some(row) = self.rows.get(&id) {
            if row.deleted {
                return Err(Fails::NotFound);
            }
            if expected.is_some_and(|read| read != row.version) {
                return Err(Fails::Conflict);
            }
            if row.values == values {
                return Ok(());
            }
        }
        self.rules(schema, id, &values)?;
        self.write(id, now, false, values);
        Ok(())
    }

    fn take(&mut self, schema: &Schema, id: Id, now: i64, destroy: bool) -> Result<(), Fails> {
        let root = self.rows.get(&id).ok_or(Fails::NotFound)?;
        if root.deleted && !destroy {
            return Ok(());
        }
        let mut gone = BTreeSet::from([id]);
        let refers = |row: &Plain, own: Id, gone: &BTreeSet<Id>, rule: OnDelete| {
            let references = Self::references(schema, own, &row.values);
            references.iter().any(|(_, target, on_delete)| *on_delete == rule && gone.contains(target))
        };
        while let Some((more, _)) = self.rows.iter().find(|(own, row)| {
            (destroy || !row.deleted) && !gone.contains(own) && refers(row, **own, &gone, OnDelete::Cascade)
        }) {
            gone.insert(*more);
        }
        let stays: Vec<_> = self
            .rows
            .iter()
            .filter(|(own, row)| !row.deleted && !gone.contains(own))
            .map(|(own, row)| (*own, row.clone()))
            .collect();
        if stays.iter().any(|(own, row)| refers(row, *own, &gone, OnDelete::Restrict)) {
            return Err(Fails::ForeignKey);
        }
        for (own, row) in stays.into_iter().filter(|(own, row)| refers(row, *own, &gone, OnDelete::SetNone)) {
            let mut values = row.values;
            for (at, target, _) in Self::references(schema, own, &values) {
                if gone.contains(&target) {
                    match &mut values[at] {
                        Datum::List(items) => items.retain(|item| *item != Datum::Reference(target.1)),
                        value => *value = Datum::None,
                    }
                }
            }
            self.write(own, now, false, values);
        }
        for own in gone {
            if destroy {
                self.rows.remove(&own);
            } else {
                let values = self.rows[&own].values.clone();
                self.write(own, now, true, values);
            }
        }
        Ok(())
    }

    fn restore(&mut self, schema: &Schema, id: Id, now: i64) -> Result<(), Fails> {
        let row = self.rows.get(&id).ok_or(Fails::NotFound)?.clone();
        if row.deleted {
            self.rules(schema, id, &row.values)?;
            self.write(id, now, false, row.values);
        }
        Ok(())
    }
}

#[derive(Clone, Debug)]
enum Step {
    Save(u32, u64, Option<u64>, Vec<Datum>),
    Delete(Id),
    Restore(Id),
    Destroy(Id),
    Commit,
    Rollback,
}

fn any_row() -> impl Strategy<Value = Id> {
    (0_u32..3, 1_u64..7)
}

fn any_step() -> impl Strategy<Value = Step> {
    let target = || (0_u64..6).prop_map(next);
    let key = prop_oneof![Just(Datum::None), (0_i32..4).prop_map(|n| Datum::Number(f64::from(n) / 2.0))];
    let a = (key, prop_oneof![Just(""), Just("x"), Just("y")], target())
        .prop_map(|(k, x, p)| vec![k, text(x), p]);
    let b = (target(), prop::collection::vec((1_u64..6).prop_map(next), 0..3), target())
        .prop_map(|(a, all, c)| vec![a, Datum::List(all), c]);
    let c = target().prop_map(|b| vec![b]);
    let values = prop_oneof![a.prop_map(|v| (0, v)), b.prop_map(|v| (1, v)), c.prop_map(|v| (2, v))];
    prop_oneof![
        8 => (values, 1_u64..7, prop::option::weighted(0.3, 1_u64..4)).prop_map(|((ty, v), id, e)| Step::Save(ty, id, e, v)),
        2 => any_row().prop_map(Step::Delete),
        1 => any_row().prop_map(Step::Restore),
        1 => any_row().prop_map(Step::Destroy),
        3 => Just(Step::Commit),
        1 => Just(Step::Rollback),
    ]
}

fn fails(refusal: &Refusal) -> Option<Fails> {
    Some(match refusal {
        Refusal::NotFound { .. } => Fails::NotFound,
        Refusal::Unique { .. } => Fails::Unique,
        Refusal::ForeignKey(_) => Fails::ForeignKey,
        Refusal::Conflict { .. } => Fails::Conflict,
        Refusal::Unavailable(_) => return None,
    })
}

/// T1: rows, counts and all lookups of a state are those of the model.
fn same(state: &State, model: &Model, schema: &Schema) -> Result<(), TestCaseError> {
    for (entity, shape) in (0_u32..).zip(&schema.entities) {
        let ty = state.binding().ty(entity).unwrap();
        let bound = state.binding().entity(entity).unwrap();
        for which in [Which::Live, Which::All, Which::Deleted] {
            let wanted = |row: &Plain| which == Which::All || row.deleted == (which == Which::Deleted);
            let rows: Vec<_> = model.rows.iter().filter(|(id, row)| id.0 == entity && wanted(row)).collect();
            prop_assert_eq!(state.count(ty, which), rows.len() as u64);
            let found = state.scan(ty, which, 0).map(|(id, row)| {
                let values = data::decode(&state.binding().declared(bound, row.data).unwrap()).unwrap();
                (id, row.version, row.updated_at, row.deleted_at.is_some(), values)
            });
            let expected = rows
                .iter()
                .map(|(id, row)| (id.1, row.version, row.updated_at, row.deleted, row.values.clone()));
            prop_assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());

            for fields in shape.unique.iter().chain(&shape.indexes) {
                for (_, row) in &rows {
                    let keys = fields
                        .iter()
                        .map(|at| Some((bound.field(*at)?, Key::of(&row.values[*at as usize])?)));
                    let Some(keys) = keys.collect::<Option<Vec<_>>>() else { continue };
                    let found =
                        state.lookup(ty, &keys, which, 1).unwrap().map(|(id, _)| id).collect::<Vec<_>>();
                    let has = |other: &Plain| {
                        fields.iter().all(|at| {
                            Key::of(&other.values[*at as usize]) == Key::of(&row.values[*at as usize])
                        })
                    };
                    let expected =
                        rows.iter().filter(|(id, other)| id.1 > 1 && has(other)).map(|(id, _)| id.1);
                    prop_assert_eq!(found, expected.collect::<Vec<_>>());
                }
            }
            for (field, target, _) in bound.references() {
                for id in 1..7 {
                    let values = [(field, Key::Reference(id))];
                    let found = state.lookup(ty, &values, which, 0).unwrap();
                    let to = (state.binding().index(target).unwrap(), id);
                    let at = bound.fields.iter().position(|bound| bound.id == field).unwrap();
                    let has = |own: Id, row: &Plain| {
                        Model::references(schema, own, &row.values).iter().any(|r| r.0 == at && r.1 == to)
                    };
                    let expected = rows.iter().filter(|(own, row)| has(**own, row)).map(|(own, _)| own.1);
                    prop_assert_eq!(
                        found.map(|(id, _)| id).collect::<Vec<_>>(),
                        expected.collect::<Vec<_>>()
                    );
                }
            }
        }
    }
    prop_assert_eq!(state.bind(schema).unwrap().bytes(), state.bytes(), "indexes hold what the rows say");
    Ok(())
}

proptest! {
    #[test]
    fn s4_states_are_what_plain_maps_are(steps in prop::collection::vec(any_step(), 0..60)) {
        let schema = schema();
        let (mut published, mut kept) = (open(&schema), Model::default());
        let mut replayed = State::new(published.catalogue().clone());
        let (mut draft, mut model) = (Draft::new(&published), Model::default());
        for (now, step) in (0_i64..).zip(steps) {
            let now = now ^ 1; // Clocks go back.
            let ty = |entity| published.binding().ty(entity).unwrap();
            let (change, expected) = match step {
                Step::Save(entity, id, expected, values) => {
                    let insert = !model.rows.contains_key(&(entity, id));
                    let data = stored(&published, entity, &values);
                    let expects = model.save(&schema, (entity, id), (expected, now), values);
                    (Change::Save { ty: ty(entity), id, insert, expected, now, data }, expects)
                }
                Step::Delete(id) => (Change::Delete { ty: ty(id.0), id: id.1, now }, model.take(&schema, id, now, false)),
                Step::Destroy(id) => (Change::Destroy { ty: ty(id.0), id: id.1, now }, model.take(&schema, id, now, true)),
                Step::Restore(id) => (Change::Restore { ty: ty(id.0), id: id.1, now }, model.restore(&schema, id, now)),
                Step::Commit => {
                    let effects;
                    (published, effects) = draft.finish();
                    prop_assert!(effects.iter().all(|effect| replayed.apply(effect)));
                    same(&replayed.bind(&schema).unwrap(), &model, &schema)?;
                    model.written.clear();
                    (kept, draft) = (model.clone(), Draft::new(&published));
                    continue;
                }
                Step::Rollback => {
                    same(&published, &kept, &schema)?;
                    (model, draft) = (kept.clone(), Draft::new(&published));
                    continue;
                }
            };
            let staged = draft.stage(&change, PLENTY).map(|_| ()).map_err(|refusal| fails(&refusal));
            prop_assert_eq!(staged, expected.map_err(Some), "{:?}", change);
            same(draft.state(), &model, &schema)?;
        }
    }
}
