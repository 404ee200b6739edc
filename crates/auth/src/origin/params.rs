//! Query and form parameters, each at most once.

use url::form_urlencoded;

/// Parameters in which no name occurs twice (RFC 6749 §3.1: "parameters MUST NOT be included more
/// than once"). Two readers of a doubled parameter may each take another one; so we take none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UniqueParams(Vec<(String, String)>);

/// Why parameters were not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// The same name twice.
    #[error("the parameter \"{0}\" is given twice")]
    Duplicate(String),
    /// A name the endpoint does not take.
    #[error("the parameter \"{0}\" is not accepted here")]
    Unexpected(String),
    /// Control characters in a value.
    #[error("the parameter \"{0}\" contains control characters")]
    ControlCharacter(String),
}

impl UniqueParams {
    /// Reads `a=1&b=2`.
    ///
    /// # Errors
    /// [`ParamsError::Duplicate`], or [`ParamsError::ControlCharacter`] for a name or value with
    /// control characters in it.
    pub fn parse(encoded: &[u8]) -> Result<Self, ParamsError> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            let shown = || name.chars().filter(|character| !character.is_control()).take(40).collect();
            if name.chars().chain(value.chars()).any(char::is_control) {
                return Err(ParamsError::ControlCharacter(shown()));
            }
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(ParamsError::Duplicate(shown()));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(pairs))
    }

    /// The value, if there is one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Checks that there are no others than `names`.
    ///
    /// # Errors
    /// [`ParamsError::Unexpected`] with the first other name.
    pub fn only(&self, names: &[&str]) -> Result<(), ParamsError> {
        match self.iter().find(|(name, _)| !names.contains(name)) {
            Some((name, _)) => Err(ParamsError::Unexpected(name.chars().take(40).collect())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubled_name_is_refused_even_when_encoded_differently() {
        for query in ["state=a&state=b", "state=a&st%61te=a", "state&state"] {
            let error = UniqueParams::parse(query.as_bytes()).unwrap_err();
            assert_eq!(error, ParamsError::Duplicate("state".into()), "{query}");
        }
    }

    #[test]
    fn control_characters_are_refused() {
        for query in ["state=a%0d%0ab", "state=%00", "st%09ate=a"] {
            let error = UniqueParams::parse(query.as_bytes()).unwrap_err();
            assert!(matches!(error, ParamsError::ControlCharacter(_)), "{query}");
        }
    }

    #[test]
    fn an_unexpected_name_is_named() {
        let params = UniqueParams::parse(b"a=1&scope=all").unwrap();
        assert_eq!(params.only(&["a", "scope"]), Ok(()));
        assert_eq!(params.only(&["a"]), Err(ParamsError::Unexpected("scope".into())));
    }
}
