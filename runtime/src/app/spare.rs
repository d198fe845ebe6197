//! Executions that ended, emptied, for the next requests to the same program: one for each thread that answers.
//!
//! - **E4** An execution comes here only behind a whole answer. What panicked, trapped, ran out of time or is connected to
//!   something never does.
//! - **E5** There is one place for a thread, so that no two of them wait for each other or share memory; what finds its
//!   place taken is dropped.
//!
//! What is left of a former execution, and how much: [`crate::vm::spare`].

use super::limits::Limits;
use super::script::Execution;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Places: more threads that do IO share them.
const PLACES: usize = 16;

static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The number of this thread.
    static THREAD: usize = THREADS.fetch_add(1, Ordering::Relaxed);
}

/// See the module.
#[derive(Debug, Default)]
pub struct Spare([Place; PLACES]);

/// A place of its own in the processor's caches, too.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Place(Mutex<Option<Box<Execution>>>);

impl Spare {
    fn here(&self) -> Option<&Mutex<Option<Box<Execution>>>> {
        let thread = THREAD.try_with(|thread| thread % PLACES).unwrap_or(0);
        self.0.get(thread).map(|Place(place)| place)
    }

    /// One that can begin, if there is one: its random numbers follow from the seed.
    pub fn take(&self, limits: &Limits, seed: [u8; 32]) -> Option<Box<Execution>> {
        let mut execution = self.here()?.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        execution.again(limits, seed).then_some(execution)
    }

    /// Keeps one that ended for the next.
    pub fn keep(&self, mut execution: Box<Execution>) {
        let Some(place) = self.here().filter(|_| execution.empty()) else { return };
        place.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(execution);
    }
}

#[cfg(test)]
mod tests {
    use crate::app::application::Application;
    use crate::app::exchange::tests::{app, post_json, request, shown};
    use crate::app::exchange::{finish, start};
    use crate::app::{End, Turn};
    use crate::record::{Inbound, SetCookie};
    use crate::vm::spare::ROOM_BYTES_MAX;

    const APP: &str = r#"
count = 0
seen = {}
route POST "/leave" {
    count += 1
    seen["secret"] = body
    session.secret = "secret"
    set_cookie("secret", "secret")
    response { status: 201, headers: { "x-secret": "secret" }, body: seen }
}
route GET "/find" {
    count += 1
    { count: count, seen: seen, session: session, body: body, headers: headers, query: query }
}
route GET "/random" { [random(), uuid()] }
route GET "/many" { xs = []; for i in 0..2000 { xs.push("text {i}") }; xs.length }
"#;

    /// Answers on a thread's kept execution, and keeps it.
    fn answered(app: &Application, inbound: Inbound, seed: u8) -> (String, Vec<SetCookie>, usize) {
        let found = match app.find(&inbound.method, &inbound.path) {
            crate::app::router::Found::Endpoint(found) => found,
            other => panic!("{other:?}"),
        };
        let mut execution = start(app, found.endpoint, inbound, [seed; 32]);
        let end = loop {
            match execution.turn(100_000) {
                Turn::Ended(end) => break end,
                Turn::Yield => {}
                Turn::Effect(effect) => panic!("{effect:?}"),
            }
        };
        let outbound = finish(&mut execution, &end, &"r1".into(), app.detail()).outbound;
        assert_eq!(end, End::Done);
        let used = execution.vm().unwrap().heap().memory.used();
        app.spare.keep(execution);
        (shown(&outbound), outbound.cookies, used)
    }

    fn kept(app: &Application) -> bool {
        app.spare.here().unwrap().lock().unwrap().is_some()
    }

    #[test]
    fn nothing_of_a_former_request_is_seen() {
        let fresh = app(&[("app/index.flin", APP)]);
        let used = app(&[("app/index.flin", APP)]);
        let secret = Inbound {
            headers: vec![("x-secret".to_owned(), "secret".to_owned())].into(),
            session: Some(r#"{"secret":"secret"}"#.to_owned()),
            ..post_json("/leave", r#"{"secret":"secret"}"#)
        };
        for _ in 0..3 {
            let (left, cookies, _) = answered(&used, secret.clone(), 1);
            assert!(left.starts_with("201 ") && cookies.len() == 1, "{left}");
            assert!(kept(&used));
            for path in ["/find", "/random"] {
                let (wanted, ..) = answered(&fresh, request("GET", path), 2);
                let (found, cookies, _) = answered(&used, request("GET", path), 2);
                assert_eq!((found, cookies), (wanted, Vec::new()));
                drop(fresh.spare.here().unwrap().lock().unwrap().take());
            }
        }
    }

    #[test]
    fn t2_05_what_is_kept_is_little_leases_nothing_and_is_charged_to_the_next() {
        let app = app(&[("app/index.flin", APP)]);
        let (_, _, first) = answered(&app, request("GET", "/find"), 1);
        assert_eq!((kept(&app), app.pool.leased()), (true, 0));
        for _ in 0..100 {
            let (_, _, again) = answered(&app, request("GET", "/find"), 1);
            assert_eq!((again, app.pool.leased()), (first, 0));
        }
        let (_, _, much) = answered(&app, request("GET", "/many"), 1);
        assert!(much > ROOM_BYTES_MAX);
        assert_eq!((kept(&app), app.pool.leased()), (false, 0));
    }

    #[test]
    fn x_19_a_pool_without_memory_has_none_for_a_kept_execution_either() {
        let app = app(&[("app/index.flin", APP)]);
        answered(&app, request("GET", "/find"), 1);
        let mut all = crate::value::Lease::new(std::sync::Arc::clone(&app.pool));
        while all.grow(1 << 20) {}
        assert!(app.spare.take(&app.limits, [1; 32]).is_none());
        drop(all);
        assert_eq!(app.pool.leased(), 0);
    }
}
