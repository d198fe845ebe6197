//! Names of the events that a browser tells a page about. Attributes that are called like one carry code.

/// See the module.
const EVENTS: &[&str] = &[
    "click",
    "dblclick",
    "submit",
    "reset",
    "input",
    "change",
    "focus",
    "blur",
    "keydown",
    "keyup",
    "keypress",
    "mousedown",
    "mouseup",
    "mousemove",
    "mouseenter",
    "mouseleave",
    "mouseover",
    "mouseout",
    "touchstart",
    "touchmove",
    "touchend",
    "touchcancel",
    "pointerdown",
    "pointerup",
    "pointermove",
    "drag",
    "dragstart",
    "dragend",
    "dragenter",
    "dragleave",
    "dragover",
    "drop",
    "scroll",
    "wheel",
    "load",
    "error",
    "paste",
    "copy",
    "cut",
    "contextmenu",
    "toggle",
];

/// The event that an attribute of an HTML element handles: it is called like it, or `on` and it in any case.
pub fn event_of(attribute: &str) -> Option<&'static str> {
    let known = |name: &str| EVENTS.iter().copied().find(|event| event.eq_ignore_ascii_case(name));
    match handled(attribute) {
        Some(name) => known(name),
        None => EVENTS.iter().copied().find(|event| *event == attribute),
    }
}

/// Does a component get what stands in that attribute as a function to run? `onX` does, and the names of events that
/// are not also the names of things.
pub fn is_handler(attribute: &str) -> bool {
    handled(attribute).is_some()
        || EVENTS.contains(&attribute) && !matches!(attribute, "error" | "load" | "input" | "toggle")
}

/// Is the attribute called like an event, or `on…`?
pub fn is_event(attribute: &str) -> bool {
    handled(attribute).is_some() || EVENTS.contains(&attribute)
}

/// What stands behind `on`, if anything does.
fn handled(attribute: &str) -> Option<&str> {
    let (prefix, name) = attribute.split_at_checked(2)?;
    (prefix.eq_ignore_ascii_case("on") && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_found_with_and_without_on() {
        assert_eq!(event_of("click"), Some("click"));
        assert_eq!(event_of("ONClick"), Some("click"));
        assert_eq!(event_of("Click"), None);
        assert_eq!(event_of("once"), None);
        assert_eq!(event_of("on"), None);
        assert!(
            is_handler("onSave") && is_handler("click") && !is_handler("toggle") && is_handler("onToggle")
        );
        assert!(is_event("toggle") && !is_event("title"));
    }
}
