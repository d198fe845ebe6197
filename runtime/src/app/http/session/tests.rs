//! Facts about sessions.

use super::*;
use std::os::unix::fs::PermissionsExt as _;

const NOW: i64 = 1_700_000_000_000;

fn sessions() -> Sessions {
    Sessions::new([1; 32], [2; 32])
}

/// The cookies that a client keeps after an answer, as it sends them.
fn kept(before: &Pairs, set: &[String]) -> Pairs {
    let mut cookies = before.clone();
    for set in set {
        let cookie = Cookie::parse(set.clone()).unwrap();
        cookies.retain(|(name, _)| name != cookie.name());
        if cookie.max_age() != Some(time::Duration::ZERO) {
            cookies.push((cookie.name().to_owned(), cookie.value().to_owned()));
        }
    }
    cookies
}

fn visit(sessions: &Sessions, cookies: &Pairs, now: i64) -> (Inbound, Visit) {
    let mut inbound = Inbound { cookies: cookies.clone(), ..Inbound::default() };
    let visit = sessions.visit(&mut inbound, now);
    (inbound, visit)
}

fn set(sessions: &Sessions, cookies: &Pairs, json: &str, now: i64) -> Pairs {
    change(sessions, cookies, SessionChange::Set(json.to_owned()), now)
}

fn change(sessions: &Sessions, cookies: &Pairs, session: SessionChange, now: i64) -> Pairs {
    let (_, visit) = visit(sessions, cookies, now);
    let outbound = Outbound { session, ..Outbound::default() };
    kept(cookies, &sessions.set_cookies(&visit, &outbound, now).unwrap())
}

#[test]
fn a_session_comes_back_with_its_token() {
    let sessions = sessions();
    let (new, first) = visit(&sessions, &Pairs::new(), NOW);
    assert_eq!((new.session, new.csrf.len()), (None, 64));
    let outbound = Outbound { session: SessionChange::Set("{\"user\":1}".to_owned()), ..Outbound::default() };
    let set = sessions.set_cookies(&first, &outbound, NOW).unwrap();
    assert!(set[0].starts_with("flin_session=") && set[0].contains("HttpOnly; SameSite=Lax"), "{set:?}");
    assert!(set[0].ends_with("; Path=/; Max-Age=1209600"), "{set:?}");
    let (again, _) = visit(&sessions, &kept(&Pairs::new(), &set), NOW + 1);
    assert_eq!((again.session.as_deref(), again.csrf), (Some("{\"user\":1}"), new.csrf));
}

#[test]
fn over_tls_the_cookie_is_bound_to_the_host() {
    let sessions = sessions();
    let mut inbound = Inbound { secure: true, ..Inbound::default() };
    let visit = sessions.visit(&mut inbound, NOW);
    let outbound = Outbound { session: SessionChange::Set("{}".to_owned()), ..Outbound::default() };
    let set = sessions.set_cookies(&visit, &outbound, NOW).unwrap();
    assert!(set[0].starts_with("__Host-flin_session=") && set[0].contains("; Secure"), "{set:?}");
}

#[test]
fn x_18_a_changed_or_foreign_cookie_is_no_session() {
    let sessions = sessions();
    let cookies = set(&sessions, &Pairs::new(), "{\"user\":1}", NOW);
    let sealed = cookies[0].1.clone();
    let opened = |value: String| visit(&sessions, &vec![("flin_session".to_owned(), value)], NOW).0.session;
    assert!(opened(sealed.clone()).is_some());
    for at in 0..sealed.len() {
        let mut changed = sealed.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        assert_eq!(opened(String::from_utf8(changed).unwrap()), None, "{at}");
        assert_eq!(opened(sealed.split_at(at).0.to_owned()), None, "{at}");
    }
    for value in ["", "e30", "AQ", "%", "\u{e9}", &format!("{sealed}A"), &format!("{sealed}{sealed}")] {
        assert_eq!(opened(value.to_owned()), None, "{value}");
    }
    let others = Sessions::new([9; 32], [2; 32]);
    assert_eq!(visit(&others, &cookies, NOW).0.session, None);
}

#[test]
fn x_18_a_session_runs_out() {
    let sessions = sessions();
    let cookies = set(&sessions, &Pairs::new(), "{}", NOW);
    assert!(visit(&sessions, &cookies, NOW + LIFE_MS - 1).0.session.is_some());
    assert_eq!(visit(&sessions, &cookies, NOW + LIFE_MS).0.session, None);
}

#[test]
fn a_used_session_is_renewed_once_a_day() {
    let sessions = sessions();
    let cookies = set(&sessions, &Pairs::new(), "{}", NOW);
    assert_eq!(change(&sessions, &cookies, SessionChange::Keep, NOW + RENEW_MS - 1), cookies);
    let renewed = change(&sessions, &cookies, SessionChange::Keep, NOW + RENEW_MS);
    assert!(visit(&sessions, &renewed, NOW + LIFE_MS).0.session.is_some());
}

#[test]
fn x_18_every_copy_of_an_ended_session_is_refused() {
    let sessions = sessions();
    let first = set(&sessions, &Pairs::new(), "{\"user\":1}", NOW);
    let second = set(&sessions, &first, "{\"user\":2}", NOW + 1);
    assert!(change(&sessions, &second, SessionChange::Clear, NOW + 2).is_empty());
    for cookies in [&first, &second] {
        assert_eq!(visit(&sessions, cookies, NOW + 3).0.session, None);
    }
    let other = set(&sessions, &Pairs::new(), "{}", NOW + 4);
    assert!(visit(&sessions, &other, NOW + 5).0.session.is_some());
}

#[test]
fn x_18_the_token_belongs_to_one_session() {
    let sessions = sessions();
    let (one, _) = visit(&sessions, &Pairs::new(), NOW);
    let (two, visit_two) = visit(&sessions, &Pairs::new(), NOW);
    assert_ne!(one.csrf, two.csrf);
    let asked = Outbound { csrf_asked: true, ..Outbound::default() };
    let cookies = kept(&Pairs::new(), &sessions.set_cookies(&visit_two, &asked, NOW).unwrap());
    assert_eq!(visit(&sessions, &cookies, NOW).0.csrf, two.csrf);
}

#[test]
fn large_sessions_take_two_cookies_and_give_them_back() {
    let sessions = sessions();
    let json = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
    let large = set(&sessions, &Pairs::new(), &json(SESSION_BYTES_MAX), NOW);
    assert_eq!(large.len(), 2);
    assert!(large.iter().all(|(name, value)| name.len() + value.len() < 4000));
    assert_eq!(visit(&sessions, &large, NOW).0.session, Some(json(SESSION_BYTES_MAX)));
    assert_eq!(visit(&sessions, &large[..1].to_vec(), NOW).0.session, None);
    assert_eq!(set(&sessions, &large, "{}", NOW).len(), 1);
    let (_, visit) = visit(&sessions, &Pairs::new(), NOW);
    let outbound =
        Outbound { session: SessionChange::Set(json(SESSION_BYTES_MAX + 1)), ..Outbound::default() };
    let refused = sessions.set_cookies(&visit, &outbound, NOW);
    assert_eq!(refused, Err(TooLarge { bytes: SESSION_BYTES_MAX + 1 }));
}

#[test]
fn keys_and_ended_sessions_outlive_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let open = |now| Sessions::open(folder.path(), [3; 32], now).unwrap();
    let (one, two) = {
        let sessions = open(NOW);
        let [one, two] =
            [1, 2].map(|user| set(&sessions, &Pairs::new(), &format!("{{\"user\":{user}}}"), NOW));
        change(&sessions, &two, SessionChange::Clear, NOW);
        assert_eq!(sessions.fault(), None);
        (one, two)
    };
    for _ in 0..2 {
        let sessions = open(NOW + 1);
        assert!(visit(&sessions, &one, NOW + 1).0.session.is_some());
        assert_eq!(visit(&sessions, &two, NOW + 1).0.session, None);
    }
    let mode = std::fs::metadata(folder.path().join(KEY_FILE)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn keys_that_others_could_read_or_that_are_cut_off_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(Sessions::open(folder.path(), [3; 32], NOW).unwrap());
    let place = folder.path().join(KEY_FILE);
    std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = Sessions::open(folder.path(), [3; 32], NOW);
    assert!(matches!(refused, Err(KeyFault::Open { mode: 0o644 })));
    std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&place, [1; 31]).unwrap();
    assert!(matches!(Sessions::open(folder.path(), [3; 32], NOW), Err(KeyFault::Size { bytes: 31 })));
}

#[test]
fn a_full_list_of_ended_sessions_revives_none() {
    let ended = Ended::in_memory();
    let id = |n: usize| {
        let mut id = [1; 16];
        id[..8].copy_from_slice(&n.to_be_bytes());
        id
    };
    for n in 0..ended::ENDED_MAX {
        ended.add(id(n), NOW + 100, NOW);
    }
    assert!(ended.has(&id(0), NOW) && !ended.has(&[9; 16], NOW));
    ended.add(id(ended::ENDED_MAX), NOW + 100, NOW + 1);
    assert!(ended.has(&id(0), NOW) && ended.has(&[9; 16], NOW + 1) && !ended.has(&[9; 16], NOW + 2));
}
