//! Sources of bucket names.

use secrecy::ExposeSecret as _;

use super::bucket::{Bucket, NAME_RULE};
use crate::parameter::ParameterName;
use crate::session::{Session, SessionError};

/// The source of bucket names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketNames {
    /// The names themselves.
    Given(Vec<Bucket>),
    /// SSM parameters of the home account, one for each name.
    Parameters(Vec<ParameterName>),
}

/// An error in reading bucket names from SSM.
#[derive(Debug, thiserror::Error)]
pub enum BucketNamesError {
    /// The parameters cannot be read.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A parameter contains something else. The value is redacted: it may be a secret.
    #[error("the value of the SSM parameter `{parameter}` {NAME_RULE}")]
    Name {
        /// The parameter.
        parameter: ParameterName,
    },
}

impl BucketNames {
    /// Returns the setting with precedence; either may be empty.
    ///
    /// All programs that accept both a name and a parameter use this rule: a parameter on the
    /// command line overrides a name from a variable, and the reverse. In a tie, names take
    /// precedence.
    ///
    /// * `names`, `parameters`: the values, each with the distance of its source from the command
    ///   line; 0 is the command line itself.
    pub fn nearer(
        (names, of_names): (Vec<Bucket>, u8),
        (parameters, of_parameters): (Vec<ParameterName>, u8),
    ) -> Option<Self> {
        let is_name_nearer = parameters.is_empty() || of_names <= of_parameters;
        if !names.is_empty() && is_name_nearer {
            return Some(Self::Given(names));
        }
        (!parameters.is_empty()).then_some(Self::Parameters(parameters))
    }

    /// Returns the names, reading them from SSM if necessary.
    ///
    /// Cost: with parameters, one request to the home account; otherwise none.
    ///
    /// # Errors
    ///
    /// [`BucketNamesError`] if a parameter cannot be read or its value is not a bucket name.
    pub async fn read(&self, session: &Session) -> Result<Vec<Bucket>, BucketNamesError> {
        let parameters = match self {
            Self::Given(names) => return Ok(names.clone()),
            Self::Parameters(parameters) => parameters,
        };
        let values = session.parameters(parameters).await?;
        let named = parameters.iter().zip(&values);
        named
            .map(|(parameter, value)| {
                let name = value.expose_secret().parse();
                name.map_err(|_| BucketNamesError::Name {
                    parameter: parameter.clone(),
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_setting_wins_and_names_win_a_tie() {
        let names = || vec!["bkt".parse::<Bucket>().unwrap()];
        let parameters = || vec!["/bucket".parse::<ParameterName>().unwrap()];
        let given = || Some(BucketNames::Given(names()));
        let read = || Some(BucketNames::Parameters(parameters()));
        let nearer = BucketNames::nearer;
        assert_eq!(nearer((names(), 0), (parameters(), 1)), given());
        assert_eq!(nearer((names(), 1), (parameters(), 0)), read());
        assert_eq!(nearer((names(), 2), (parameters(), 2)), given());
        assert_eq!(nearer((names(), 4), (vec![], 0)), given());
        assert_eq!(nearer((vec![], 0), (parameters(), 4)), read());
        assert_eq!(nearer((vec![], 5), (vec![], 5)), None);
    }
}
