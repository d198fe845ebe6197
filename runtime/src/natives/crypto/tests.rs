//! Hashes against published vectors and against whole texts hashed at once.

use super::super::testing::Bench;
use super::{STEP_BYTES, hex, keyed};
use crate::value::Value;
use crate::vm::{Answer, Effect};
use hmac::Mac;
use sha2::{Digest, Sha256};

fn call(name: &str, texts: &[&str]) -> String {
    let mut bench = Bench::new();
    let args: Vec<Value> = texts.iter().map(|text| bench.text(text)).collect();
    bench.shown(name, &args).trim_matches('"').to_owned()
}

#[test]
fn published_vectors_hold() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(call("sha256", &[""]), empty);
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(call("sha256", &["abc"]), abc);
    // RFC 4231, test case 2.
    let jefe = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert_eq!(call("hmac_sha256", &["Jefe", "what do ya want for nothing?"]), jefe);
}

#[test]
fn long_texts_and_keys_are_hashed_as_if_at_once() {
    for length in [STEP_BYTES - 1, STEP_BYTES, STEP_BYTES + 1, 3 * STEP_BYTES] {
        let text = "x".repeat(length);
        assert_eq!(call("sha256", &[&text]), hex(&Sha256::digest(text.as_bytes())));
        for key in ["k".repeat(64), "k".repeat(65), text.clone()] {
            let mut mac = keyed(key.as_bytes()).unwrap();
            mac.update(text.as_bytes());
            assert_eq!(call("hmac_sha256", &[&key, &text]), hex(&mac.finalize().into_bytes()));
        }
    }
}

#[test]
fn texts_are_compared_whole() {
    let long = "é".repeat(STEP_BYTES);
    let shorter = "é".repeat(STEP_BYTES - 1);
    let table = [
        ("", "", "true"),
        ("a", "", "false"),
        ("abc", "abc", "true"),
        ("abc", "abd", "false"),
        ("bbc", "abc", "false"),
        (&long, &long, "true"),
        (&long, &shorter, "false"),
    ];
    for (a, b, same) in table {
        assert_eq!(call("secure_equals", &[a, b]), same);
    }
    let other = format!("{shorter}è");
    assert_eq!(call("secure_equals", &[&long, &other]), "false");
}

#[test]
fn tokens_have_the_asked_length_and_differ() {
    let mut bench = Bench::new();
    let mut token = |bytes: i64| bench.shown("random_token", &[Value::Int(bytes)]);
    assert_eq!(token(1).len(), 4);
    assert_eq!(token(1024).len(), 2050);
    assert_ne!(token(16), token(16));
    for refused in [0, 1025, -1, i64::MIN, i64::MAX] {
        let message = format!("ValueError: a random token has 1 to 1024 bytes, not {refused}");
        assert_eq!(token(refused), message);
    }
}

#[test]
fn passwords_are_the_drivers_work() {
    let mut bench = Bench::new();
    let (password, hash) = (bench.text("secret"), bench.text("$argon2id$"));
    bench.answers.extend([Answer::Text("$argon2id$".to_owned()), Answer::Bool(true)]);
    assert_eq!(bench.shown("hash_password", &[password]), "\"$argon2id$\"");
    assert_eq!(bench.shown("verify_password", &[password, hash]), "true");
    let asked = [
        Effect::HashPassword { password: "secret".to_owned() },
        Effect::VerifyPassword { password: "secret".to_owned(), hash: "$argon2id$".to_owned() },
    ];
    assert_eq!(bench.asked, asked);
}

#[test]
fn x_33_a_password_longer_than_the_limit_is_not_copied() {
    let mut bench = Bench::new();
    let (longest, long) = (bench.text(&"p".repeat(1 << 20)), bench.text(&"p".repeat((1 << 20) + 1)));
    let hash = bench.text("$argon2id$");
    assert_eq!(bench.shown("hash_password", &[long]), "ValueError: a password has at most 1048576 bytes");
    assert_eq!(bench.shown("verify_password", &[long, hash]), "false");
    assert_eq!(bench.shown("verify_password", &[hash, long]), "false");
    assert!(bench.asked.is_empty());
    bench.answers.push_back(Answer::Bool(true));
    assert_eq!(bench.shown("verify_password", &[longest, hash]), "true");
}
