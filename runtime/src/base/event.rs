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

/// Further events of browsers, whose handlers begin with `on`: of HTML's elements, bodies and media, of CSS and of SVG.
const WITH_ON: &[&str] = &[
    "abort",
    "afterprint",
    "animationcancel",
    "animationend",
    "animationiteration",
    "animationstart",
    "auxclick",
    "beforeinput",
    "beforematch",
    "beforeprint",
    "beforetoggle",
    "beforeunload",
    "begin",
    "cancel",
    "canplay",
    "canplaythrough",
    "close",
    "command",
    "contextlost",
    "contextrestored",
    "cuechange",
    "durationchange",
    "emptied",
    "end",
    "ended",
    "focusin",
    "focusout",
    "formdata",
    "fullscreenchange",
    "fullscreenerror",
    "gotpointercapture",
    "hashchange",
    "invalid",
    "languagechange",
    "loadeddata",
    "loadedmetadata",
    "loadstart",
    "lostpointercapture",
    "message",
    "messageerror",
    "mousewheel",
    "offline",
    "online",
    "pagehide",
    "pagereveal",
    "pageshow",
    "pageswap",
    "pause",
    "play",
    "playing",
    "pointercancel",
    "pointerenter",
    "pointerleave",
    "pointerout",
    "pointerover",
    "pointerrawupdate",
    "popstate",
    "progress",
    "ratechange",
    "rejectionhandled",
    "repeat",
    "resize",
    "scrollend",
    "search",
    "securitypolicyviolation",
    "seeked",
    "seeking",
    "select",
    "selectionchange",
    "selectstart",
    "slotchange",
    "stalled",
    "storage",
    "suspend",
    "timeupdate",
    "transitioncancel",
    "transitionend",
    "transitionrun",
    "transitionstart",
    "unhandledrejection",
    "unload",
    "volumechange",
    "waiting",
    "webkitanimationend",
    "webkitanimationiteration",
    "webkitanimationstart",
    "webkittransitionend",
];
/// No browser has an event with a longer name.
const NAME_BYTES_MAX: usize = 40;

/// The event that an attribute of an HTML element handles: it is called like it, or `on` and it in any case.
pub fn event_of(attribute: &str) -> Option<&'static str> {
    match handled(attribute) {
        Some(name) => EVENTS.iter().chain(WITH_ON).copied().find(|event| event.eq_ignore_ascii_case(name)),
        None => EVENTS.iter().copied().find(|event| *event == attribute),
    }
}

/// The same for an attribute whose name was computed: browsers learn new events, so `on` and any letters may be one.
pub fn event_of_computed(attribute: &str) -> Option<&str> {
    let may_be_one =
        |name: &&str| name.len() <= NAME_BYTES_MAX && name.starts_with(|c: char| c.is_ascii_alphabetic());
    event_of(attribute).or_else(|| handled(attribute).filter(may_be_one))
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
        assert_eq!(event_of("onAnimationStart"), Some("animationstart"));
        assert_eq!(event_of("animationstart"), None);
        assert_eq!(event_of_computed("onNews"), Some("News"));
        assert_eq!(event_of_computed("on-click"), None);
        assert_eq!(event_of("on"), None);
        assert!(
            is_handler("onSave") && is_handler("click") && !is_handler("toggle") && is_handler("onToggle")
        );
        assert!(is_event("toggle") && !is_event("title"));
    }
}
