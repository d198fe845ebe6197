//! Text templates, elements and control blocks.

use super::Visit;
use super::code::walk_loop;
use crate::base::event::is_event;
use crate::syntax::tree::*;

/// Visits what a text template computes.
pub fn walk_template<'t, V: Visit<'t>>(visit: &mut V, template: &'t Template) {
    walk_parts(visit, &template.parts);
}

fn walk_parts<'t, V: Visit<'t>>(visit: &mut V, parts: &'t [TemplatePart]) {
    for part in parts {
        match part {
            TemplatePart::Literal(_) => {}
            TemplatePart::Interpolation(expr) => visit.expr(expr),
            TemplatePart::Control(control) => walk_control(visit, control),
        }
    }
}

/// Visits a control block.
pub fn walk_control<'t, V: Visit<'t>>(visit: &mut V, control: &'t Control) {
    match &control.kind {
        ControlKind::If { arms, otherwise } => {
            for arm in arms {
                visit.expr(&arm.condition);
                walk_block(visit, &arm.body);
            }
            if let Some(otherwise) = otherwise {
                walk_block(visit, otherwise);
            }
        }
        ControlKind::For { head, body } | ControlKind::Each { head, body } => {
            walk_loop(visit, head, |visit| walk_block(visit, body));
        }
        ControlKind::While { condition, body } => {
            visit.expr(condition);
            visit.open_loop();
            walk_block(visit, body);
            visit.close_loop();
        }
        ControlKind::Braced(body) => visit.body(body),
    }
}

fn walk_block<'t, V: Visit<'t>>(visit: &mut V, block: &'t Block) {
    match block {
        Block::Code(body) => visit.body(body),
        Block::Content(content) => walk_content(visit, content),
        Block::Text(parts) => walk_parts(visit, parts),
    }
}

/// Visits an element.
pub fn walk_element<'t, V: Visit<'t>>(visit: &mut V, element: &'t Element) {
    match &element.kind {
        ElementKind::Tagged(tagged) => {
            match &tagged.tag {
                Tag::Html(_) => {}
                Tag::Component(name) => visit.component(name),
                Tag::Dynamic(expr) => visit.expr(expr),
            }
            for attr in &tagged.attrs {
                walk_attr(visit, attr);
            }
            walk_content(visit, &tagged.content);
        }
        ElementKind::Fragment(content) => walk_content(visit, content),
        ElementKind::Declaration(_) => {}
    }
}

/// Visits an attribute. What an event runs is a unit of its own.
fn walk_attr<'t, V: Visit<'t>>(visit: &mut V, attr: &'t Attr) {
    match &attr.kind {
        AttrKind::Spread(expr) => visit.expr(expr),
        AttrKind::Named(name, value) => match value {
            AttrValue::Bare | AttrValue::Unquoted(_) => {}
            AttrValue::Text(template) => walk_template(visit, template),
            AttrValue::Control(control) => walk_control(visit, control),
            AttrValue::Braced(body) => {
                let event = is_event(&name.text);
                if event {
                    visit.open_unit();
                }
                visit.body(body);
                if event {
                    visit.close_unit();
                }
            }
        },
    }
}

/// Visits what stands between tags.
fn walk_content<'t, V: Visit<'t>>(visit: &mut V, content: &'t Content) {
    for part in &content.parts {
        match part {
            ContentPart::Text(_) | ContentPart::Comment(_) => {}
            ContentPart::Braced(body) => visit.body(body),
            ContentPart::Control(control) => walk_control(visit, control),
            ContentPart::Element(element) => visit.element(element),
        }
    }
}
