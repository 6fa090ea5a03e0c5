//! E-mail addresses, refused with the words of the library that the back-end uses.

use std::str::FromStr;

use email_address::EmailAddress;

/// Endings under which nobody can receive mail.
const RESERVED: [&str; 6] = ["arpa", "invalid", "local", "localhost", "onion", "test"];

/// The address with its domain in lower case, or why it is none.
pub fn check(text: &str) -> Result<String, &'static str> {
    let Some((local, domain)) = text.rsplit_once('@') else { return Err("An email address must have an @-sign.") };
    let ending = domain.rsplit('.').next().unwrap_or_default().to_lowercase();
    if local.is_empty() {
        Err("There must be something before the @-sign.")
    } else if domain.is_empty() {
        Err("There must be something after the @-sign.")
    } else if domain.starts_with('.') {
        Err("An email address cannot have a period immediately after the @-sign.")
    } else if domain.ends_with('.') {
        Err("An email address cannot end with a period.")
    } else if RESERVED.contains(&ending.as_str()) {
        Err("The part after the @-sign is a special-use or reserved name that cannot be used with email.")
    } else if !domain.contains('.') {
        Err("The part after the @-sign is not valid. It should have a period.")
    } else if local.contains(char::is_whitespace) || EmailAddress::from_str(text).is_err() {
        Err("The email address contains characters that are not allowed.")
    } else {
        Ok(format!("{local}@{}", domain.to_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_with_its_domain_in_lower_case() {
        assert_eq!(check("Ivanov@Example.COM"), Ok("Ivanov@example.com".to_owned()));
    }

    #[test]
    fn each_mistake_has_its_words() {
        assert_eq!(check("ivan"), Err("An email address must have an @-sign."));
        assert_eq!(check("ivan@"), Err("There must be something after the @-sign."));
        assert_eq!(check("@example.com"), Err("There must be something before the @-sign."));
        assert_eq!(check("ivan@example"), Err("The part after the @-sign is not valid. It should have a period."));
        assert!(check("ivan@erp.local").unwrap_err().contains("special-use"));
        assert!(check("iv an@example.com").unwrap_err().contains("not allowed"));
    }
}
