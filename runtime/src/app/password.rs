//! Passwords: Argon2id in PHC text. A hash of another's making cannot ask for more work than the bounds here allow.

use argon2::password_hash::phc::{PasswordHash, Salt};
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, Params};

/// Kibibytes that a hash to be verified may ask for.
const MEMORY_KIB_MAX: u32 = 64 << 10;
/// Passes.
const PASSES_MAX: u32 = 8;
/// Lanes.
const LANES_MAX: u32 = 8;

/// The PHC text of a password.
pub(crate) fn hash(password: &str, salt: [u8; 16]) -> Option<String> {
    let salt = Salt::new(&salt).ok()?;
    let hash: PasswordHash =
        Argon2::default().hash_password_with_salt(password.as_bytes(), salt.as_ref()).ok()?;
    Some(hash.to_string())
}

/// Does the password fit? Not when the hash is malformed, of another algorithm, or asks for too much.
pub(crate) fn verify(password: &str, hash: &str) -> bool {
    parse(hash).is_some_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Could a password fit it?
pub(crate) fn is_hash(text: &str) -> bool {
    parse(text).is_some_and(|hash| hash.salt.is_some() && hash.hash.is_some())
}

/// A hash that asks for no more than the bounds allow.
fn parse(text: &str) -> Option<PasswordHash> {
    let hash = PasswordHash::new(text).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let bounded =
        params.m_cost() <= MEMORY_KIB_MAX && params.t_cost() <= PASSES_MAX && params.p_cost() <= LANES_MAX;
    bounded.then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_verifies_its_password_alone() {
        let phc = hash("geheim", [7; 16]).unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify("geheim", &phc) && !verify("Geheim", &phc) && !verify("geheim", "geheim"));
        assert_ne!(hash("geheim", [8; 16]).unwrap(), phc);
    }

    #[test]
    fn a_hash_that_asks_for_too_much_is_refused_without_the_work() {
        let phc = hash("geheim", [7; 16]).unwrap();
        for (from, to) in [("m=19456", "m=4194304"), ("t=2", "t=4294967295"), ("p=1", "p=4096")] {
            assert!(!verify("geheim", &phc.replace(from, to)), "{to}");
        }
    }
}
