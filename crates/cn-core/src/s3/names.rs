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

/// Bucket names that cannot be read from SSM.
#[derive(Debug, thiserror::Error)]
pub enum BucketNamesError {
    /// The parameters cannot be read.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A parameter holds something else. The value is not shown: it may be a secret.
    #[error("the value of the SSM parameter `{parameter}` {NAME_RULE}")]
    Name {
        /// The parameter.
        parameter: ParameterName,
    },
}

impl BucketNames {
    /// Returns the nearer of two settings, of which either may be empty.
    ///
    /// This is the one rule for programs that take a name and a parameter: a typed
    /// parameter overrides a name from a variable, and the reverse. Names win a tie.
    ///
    /// * `names`, `parameters`: values, each with the distance of its setting from
    ///   the command line; 0 is on it.
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

    /// Returns the names, and reads them from SSM when they are there.
    ///
    /// Cost: with parameters one request to the home account, else none.
    ///
    /// # Errors
    ///
    /// [`BucketNamesError`] when a parameter cannot be read or holds no name.
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
