//! Binding a program's declaration to a catalogue.

use super::{Catalogue, SchemaError, StoredEntity, StoredField, type_name};
use crate::record::{EntityShape, FieldType, OnDelete, Schema, Token, Writer};
use crate::store::{FieldId, TypeId};
use std::sync::Arc;

/// A program's schema with the numbers of a catalogue.
#[derive(Clone, Debug, Default)]
pub struct Binding {
    /// By the program's index of the entity.
    entities: Vec<Bound>,
    /// By type: the program's index, for those that it knows.
    by_type: Vec<Option<usize>>,
    /// By type: who refers to it.
    referrers: Vec<Vec<Referrer>>,
}

/// An entity that the program declares.
#[derive(Clone, Debug)]
pub struct Bound {
    /// Its number in the catalogue.
    pub ty: TypeId,
    /// Its name.
    pub name: Arc<str>,
    /// In the order of the declaration.
    pub fields: Vec<BoundField>,
    /// Positions in `fields`, rising by [`FieldId`].
    by_id: Vec<(FieldId, usize)>,
    /// Do the fields' numbers rise in the order of the declaration?
    pub(super) in_order: bool,
    /// Fields that no two live rows may share, with their indices in the declaration.
    pub unique: Vec<Vec<(FieldId, u32)>>,
    /// Fields that rows are looked up by.
    pub indexes: Vec<Vec<FieldId>>,
    /// The fields of all indexes: unique ones, ordinary ones, and one for each field that refers to entities.
    pub(crate) lookups: Vec<Vec<FieldId>>,
}

/// A field that the program declares.
#[derive(Clone, Debug)]
pub struct BoundField {
    /// Its number in the catalogue.
    pub id: FieldId,
    /// Its name.
    pub name: Arc<str>,
    /// What a row without it has there, encoded.
    pub missing: Arc<[u8]>,
    /// May old rows hold ints where numbers are declared?
    pub widens: bool,
    /// The field lost its `?` since the store was last opened: no live row may hold none there.
    pub narrowed: bool,
    /// The type that it refers to, by itself or in a list, and what happens when a target goes.
    pub target: Option<(TypeId, OnDelete)>,
}

/// A field that refers to a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// Whose field it is.
    pub ty: TypeId,
    /// The field.
    pub field: FieldId,
    /// What happens to its row when the target goes.
    pub on_delete: OnDelete,
}

impl Binding {
    /// An entity by the program's index.
    pub fn entity(&self, entity: u32) -> Option<&Bound> {
        self.entities.get(usize::try_from(entity).ok()?)
    }

    /// All of them, in the order of the declaration.
    pub fn entities(&self) -> &[Bound] {
        &self.entities
    }

    /// The program's index of a type; none when it does not know it.
    pub fn index(&self, ty: TypeId) -> Option<u32> {
        u32::try_from((*self.by_type.get(usize::try_from(ty.0).ok()?)?)?).ok()
    }

    /// The declaration of a type; none when the program does not know it.
    pub fn of_type(&self, ty: TypeId) -> Option<&Bound> {
        self.entity(self.index(ty)?)
    }

    /// Fields that refer to a type.
    pub fn referrers(&self, ty: TypeId) -> &[Referrer] {
        usize::try_from(ty.0).ok().and_then(|at| self.referrers.get(at)).map_or(&[], Vec::as_slice)
    }
}

impl Bound {
    /// A field by its number.
    pub fn by_id(&self, id: FieldId) -> Option<&BoundField> {
        let at = self.by_id.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        self.fields.get(self.by_id.get(at)?.1)
    }

    /// The number of a field by its index in the declaration.
    pub fn field(&self, index: u32) -> Option<FieldId> {
        Some(self.fields.get(usize::try_from(index).ok()?)?.id)
    }

    /// Fields that refer to entities.
    pub fn references(&self) -> impl Iterator<Item = (FieldId, TypeId, OnDelete)> {
        self.fields.iter().filter_map(|field| field.target.map(|(to, rule)| (field.id, to, rule)))
    }
}

/// Finds the numbers of what `schema` declares. Gives them, and the catalogue with what is new in it.
///
/// # Errors
///
/// [`SchemaError::Type`] when a declared type does not fit the stored one. What the rows must keep, the state checks.
pub fn bind(schema: &Schema, catalogue: &Catalogue) -> Result<(Binding, Catalogue), SchemaError> {
    let mut after = catalogue.clone();
    let types =
        schema.entities.iter().map(|shape| number(&mut after, &shape.name)).collect::<Result<Vec<_>, _>>()?;
    let mut binding = Binding::default();
    binding.by_type.resize(after.entities.len(), None);
    binding.referrers.resize(after.entities.len(), Vec::new());
    for (index, (shape, ty)) in schema.entities.iter().zip(&types).enumerate() {
        let names = after.entities.iter().map(|entity| entity.name.clone()).collect::<Vec<_>>();
        let place = usize::try_from(ty.0).map_err(|_| SchemaError::Schema)?;
        let entry = after.entities.get_mut(place).ok_or(SchemaError::Schema)?;
        let bound = entity(shape, *ty, entry, &Types { types: &types, names: &names })?;
        for (field, to, on_delete) in bound.references() {
            let to = usize::try_from(to.0).map_err(|_| SchemaError::Schema)?;
            let list = binding.referrers.get_mut(to).ok_or(SchemaError::Schema)?;
            list.push(Referrer { ty: *ty, field, on_delete });
        }
        if let Some(slot) = binding.by_type.get_mut(place) {
            *slot = Some(index);
        }
        binding.entities.push(bound);
    }
    Ok((binding, after))
}

/// The number of an entity, a new one if need be.
fn number(catalogue: &mut Catalogue, name: &Arc<str>) -> Result<TypeId, SchemaError> {
    let known = catalogue.entities.iter().position(|entity| entity.name == *name);
    let at = known.unwrap_or_else(|| {
        catalogue.entities.push(StoredEntity { name: name.clone(), fields: Vec::new() });
        catalogue.entities.len().saturating_sub(1)
    });
    u32::try_from(at).map(TypeId).map_err(|_| SchemaError::Schema)
}

/// Numbers and names of the types, by the program's index and by number.
struct Types<'a> {
    types: &'a [TypeId],
    names: &'a [Arc<str>],
}

impl Types<'_> {
    /// A declared type with the catalogue's numbers.
    fn stored(&self, ty: &FieldType) -> Result<FieldType, SchemaError> {
        Ok(match ty {
            FieldType::Reference(to) => {
                let to =
                    usize::try_from(*to).ok().and_then(|at| self.types.get(at)).ok_or(SchemaError::Schema)?;
                FieldType::Reference(to.0)
            }
            FieldType::List(inner) => FieldType::List(Box::new(self.stored(inner)?)),
            FieldType::Enum(_) => FieldType::Enum(0),
            other => other.clone(),
        })
    }

    fn show(&self, ty: &FieldType, optional: bool) -> String {
        let name =
            |to: u32| usize::try_from(to).ok().and_then(|at| self.names.get(at)).cloned().unwrap_or_default();
        format!("{}{}", type_name(ty, &name), if optional { "?" } else { "" })
    }
}

fn entity(
    shape: &EntityShape,
    ty: TypeId,
    entry: &mut StoredEntity,
    types: &Types<'_>,
) -> Result<Bound, SchemaError> {
    let mut fields = Vec::with_capacity(shape.fields.len());
    for field in &shape.fields {
        let declared = types.stored(&field.ty)?;
        let place =
            entry.fields.iter().position(|stored| stored.name == field.name).unwrap_or(entry.fields.len());
        let mut narrowed = false;
        if let Some(stored) = entry.fields.get_mut(place) {
            if !fits(&stored.ty, &declared) {
                return Err(SchemaError::Type {
                    entity: shape.name.clone(),
                    field: field.name.clone(),
                    stored: types.show(&stored.ty, stored.optional),
                    declared: types.show(&declared, field.optional),
                });
            }
            narrowed = stored.optional && !field.optional;
            stored.ty.clone_from(&declared);
            stored.optional = field.optional;
        } else {
            let stored =
                StoredField { name: field.name.clone(), ty: declared.clone(), optional: field.optional };
            entry.fields.push(stored);
        }
        fields.push(BoundField {
            id: FieldId(u32::try_from(place).map_err(|_| SchemaError::Schema)?),
            name: field.name.clone(),
            missing: missing(field.constant.as_ref())?,
            widens: widens(&declared),
            narrowed,
            target: target(&declared).map(|to| (to, field.on_delete)),
        });
    }
    let mut by_id: Vec<_> = fields.iter().enumerate().map(|(at, field)| (field.id, at)).collect();
    let in_order = by_id.is_sorted();
    by_id.sort_unstable();
    let mut bound = Bound {
        ty,
        name: shape.name.clone(),
        fields,
        by_id,
        in_order,
        unique: Vec::new(),
        indexes: Vec::new(),
        lookups: Vec::new(),
    };
    for set in &shape.unique {
        let set = set.iter().map(|index| Some((bound.field(*index)?, *index))).collect::<Option<_>>();
        bound.unique.push(set.ok_or(SchemaError::Schema)?);
    }
    for set in &shape.indexes {
        let set = set.iter().map(|index| bound.field(*index)).collect::<Option<_>>();
        bound.indexes.push(set.ok_or(SchemaError::Schema)?);
    }
    let unique = bound.unique.iter().map(|set| set.iter().map(|(id, _)| *id).collect());
    let references = bound.references().map(|(id, ..)| vec![id]);
    bound.lookups = unique.chain(bound.indexes.iter().cloned()).chain(references).collect();
    Ok(bound)
}

/// May rows that hold `stored` be read as `declared`?
fn fits(stored: &FieldType, declared: &FieldType) -> bool {
    match (stored, declared) {
        (_, FieldType::Any) => target(stored).is_none(),
        (FieldType::Int, FieldType::Number) => true,
        (FieldType::List(_), FieldType::AnyList) => target(stored).is_none(),
        (FieldType::List(stored), FieldType::List(declared)) => fits(stored, declared),
        (stored, declared) => stored == declared,
    }
}

fn widens(ty: &FieldType) -> bool {
    match ty {
        FieldType::Number => true,
        FieldType::List(inner) => widens(inner),
        _ => false,
    }
}

fn target(ty: &FieldType) -> Option<TypeId> {
    match ty {
        FieldType::Reference(to) => Some(TypeId(*to)),
        FieldType::List(inner) => target(inner),
        _ => None,
    }
}

fn missing(constant: Option<&crate::record::Datum>) -> Result<Arc<[u8]>, SchemaError> {
    let mut out = Writer::new();
    match constant {
        Some(constant) => out.datum(constant).map_err(|_| SchemaError::Schema)?,
        None => out.token(Token::None).map_err(|_| SchemaError::Schema)?,
    }
    Ok(out.finish().map_err(|_| SchemaError::Schema)?.into())
}
