//! Query and form parameters, each at most once.

use url::form_urlencoded;

/// Maximum number of parameters in one request.
const MAX_PARAMS: usize = 32;

/// Parameters in which each name occurs once.
///
/// A repeated name is refused, because two readers may each pick a different value (RFC 6749 §3.1:
/// "parameters MUST NOT be included more than once").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UniqueParams(Vec<(String, String)>);

/// Why parameters were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// A name occurs twice.
    #[error("the parameter \"{0}\" is given twice")]
    Duplicate(String),
    /// The endpoint does not accept this name.
    #[error("the parameter \"{0}\" is not accepted here")]
    Unexpected(String),
    /// A name or value contains control characters.
    #[error("the parameter \"{0}\" contains control characters")]
    ControlCharacter(String),
    /// There are more than 32 parameters.
    #[error("there are too many parameters")]
    TooMany,
}

impl UniqueParams {
    /// Parses URL-encoded parameters, such as `a=1&b=2`.
    ///
    /// # Errors
    /// [`ParamsError::Duplicate`], or [`ParamsError::TooMany`] beyond 32.
    pub fn parse(encoded: &[u8]) -> Result<Self, ParamsError> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(ParamsError::Duplicate(shown(&name)));
            }
            if pairs.len() == MAX_PARAMS {
                return Err(ParamsError::TooMany);
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(pairs))
    }

    /// Checks that no name or value has control characters.
    ///
    /// Parsing does not include this check: providers put line breaks into parameters that the app ignores,
    /// such as `error_description`.
    ///
    /// # Errors
    /// [`ParamsError::ControlCharacter`] with the name.
    pub fn printable(&self) -> Result<(), ParamsError> {
        match self.iter().find(|(name, value)| name.chars().chain(value.chars()).any(char::is_control)) {
            Some((name, _)) => Err(ParamsError::ControlCharacter(shown(name))),
            None => Ok(()),
        }
    }

    /// Returns the value of a parameter, if present.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All parameters, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Checks that every parameter is one of `names`.
    ///
    /// # Errors
    /// [`ParamsError::Unexpected`] with the first other name.
    pub fn only(&self, names: &[&str]) -> Result<(), ParamsError> {
        match self.iter().find(|(name, _)| !names.contains(name)) {
            Some((name, _)) => Err(ParamsError::Unexpected(shown(name))),
            None => Ok(()),
        }
    }
}

/// Shortens a name to 40 characters without control characters, so that an answer may repeat it.
fn shown(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_name_is_refused_even_when_encoded_differently() {
        for query in ["state=a&state=b", "state=a&st%61te=a", "state&state"] {
            let error = UniqueParams::parse(query.as_bytes()).unwrap_err();
            assert_eq!(error, ParamsError::Duplicate("state".into()), "{query}");
        }
    }

    #[test]
    fn control_characters_are_refused_by_the_printable_check() {
        for query in ["state=a%0d%0ab", "state=%00", "st%09ate=a"] {
            let error = UniqueParams::parse(query.as_bytes()).unwrap().printable().unwrap_err();
            assert!(matches!(error, ParamsError::ControlCharacter(_)), "{query}");
        }
        assert_eq!(UniqueParams::parse(b"state=a").unwrap().printable(), Ok(()));
    }

    #[test]
    fn more_than_thirty_two_parameters_are_refused() {
        let query =
            |count: usize| (0..count).map(|number| format!("{number}=x")).collect::<Vec<_>>().join("&");
        assert!(UniqueParams::parse(query(32).as_bytes()).is_ok());
        assert_eq!(UniqueParams::parse(query(16_000).as_bytes()), Err(ParamsError::TooMany));
    }

    #[test]
    fn an_unexpected_name_is_named() {
        let params = UniqueParams::parse(b"a=1&scope=all").unwrap();
        assert_eq!(params.only(&["a", "scope"]), Ok(()));
        assert_eq!(params.only(&["a"]), Err(ParamsError::Unexpected("scope".into())));
    }
}
