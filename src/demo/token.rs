//! Codes, passwords and bearer tokens: what is random, compared or signed.

use std::fmt;

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Rounds of a password's hash. It never leaves this process' memory, so the count only has to be honest.
const ROUNDS: u32 = 1000;
/// Seconds for which a bearer token is good.
const TOKEN_LIFE: i64 = 30 * 60;

/// An activation code as the back-end makes it: 32 random bytes, 43 URL-safe characters.
pub fn activation_code() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(encode(&bytes))
}

/// Whether two secrets are the same, in a time that does not tell where they differ.
pub fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

/// A password, as it is kept.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Password {
    salt: [u8; 16],
    hash: Vec<u8>,
}

impl Password {
    /// Keeps a new password.
    pub fn new(text: &str) -> Result<Self, getrandom::Error> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt)?;
        Ok(Self { salt, hash: stretch(text, &salt) })
    }

    /// Whether this is the password.
    pub fn fits(&self, text: &str) -> bool {
        mac(b"compare", &self.hash) == mac(b"compare", &stretch(text, &self.salt))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// Signs and reads bearer tokens (JWT, HS256) with a key of this run.
pub struct Tokens {
    key: [u8; 32],
}

impl Tokens {
    /// A new key.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self { key })
    }

    /// A token for this login.
    pub fn issue(&self, user_id: i64, now: Timestamp) -> String {
        let head = encode(json!({ "alg": "HS256", "typ": "JWT" }).to_string().as_bytes());
        let claims = json!({ "sub": user_id.to_string(), "exp": now.as_second().saturating_add(TOKEN_LIFE) });
        let signed = format!("{head}.{}", encode(claims.to_string().as_bytes()));
        let signature = encode(&mac(&self.key, signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// Whose token it is, if it is ours and still good.
    pub fn read(&self, token: &str, now: Timestamp) -> Option<i64> {
        let (signed, signature) = token.rsplit_once('.')?;
        if !same(signature, &encode(&mac(&self.key, signed.as_bytes()))) {
            return None;
        }
        let claims: Value = serde_json::from_slice(&decode(signed.split_once('.')?.1)?).ok()?;
        (claims.get("exp")?.as_i64()? > now.as_second()).then_some(())?;
        claims.get("sub")?.as_str()?.parse().ok()
    }
}

fn stretch(text: &str, salt: &[u8]) -> Vec<u8> {
    (0..ROUNDS).fold(mac(salt, text.as_bytes()), |hash, _| mac(salt, &[&hash, text.as_bytes()].concat()))
}

/// HMAC-SHA256.
pub fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// URL-safe base64 without padding.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 2);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| (word << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(word >> (18 - 6 * place)) as usize & 63]));
        }
    }
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut word, mut bits) = (0u32, 0);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        word = (word << 6) | u32::try_from(value).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((word >> bits) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_43_url_safe_characters_and_never_repeats() {
        let code = activation_code().unwrap();
        assert_eq!(code.len(), 43);
        assert!(code.bytes().all(|letter| ALPHABET.contains(&letter)));
        assert_ne!(code, activation_code().unwrap());
    }

    #[test]
    fn base64_is_that_of_the_standard() {
        for (bytes, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"), ("п?>", "0L8_Pg")] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).unwrap(), bytes.as_bytes());
        }
    }

    #[test]
    fn a_token_is_good_for_half_an_hour_and_not_when_touched() {
        let tokens = Tokens::new().unwrap();
        let now = Timestamp::from_second(1_000_000).unwrap();
        let token = tokens.issue(7, now);
        assert_eq!(tokens.read(&token, now), Some(7));
        assert_eq!(tokens.read(&token, Timestamp::from_second(1_000_000 + TOKEN_LIFE).unwrap()), None);
        assert_eq!(tokens.read(&token.replacen("ey", "eY", 1), now), None);
        assert_eq!(Tokens::new().unwrap().read(&token, now), None);
        assert_eq!(tokens.read("a.b", now), None);
    }

    #[test]
    fn a_password_fits_itself_only() {
        let kept = Password::new("correct horse").unwrap();
        assert!(kept.fits("correct horse"));
        assert!(!kept.fits("correct horsf"));
    }
}
