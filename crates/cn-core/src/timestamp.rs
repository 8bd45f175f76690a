//! Moments by a service's clock.

use std::fmt;

/// A moment by the service's clock, in milliseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Returns the moment of an SDK value; the beginning of 1970 if there is none.
    pub(crate) fn of(moment: Option<&aws_smithy_types::DateTime>) -> Self {
        moment.map_or(Self(0), Self::from)
    }
}

impl From<&aws_smithy_types::DateTime> for Timestamp {
    /// Converts a moment; the last possible moment if it is out of range.
    fn from(moment: &aws_smithy_types::DateTime) -> Self {
        Self(moment.to_millis().unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Timestamp {
    /// Writes `2026-11-22T23:05:09Z`, in whole seconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = aws_smithy_types::DateTime::from_secs(self.0.div_euclid(1000));
        let text = moment
            .fmt(aws_smithy_types::date_time::Format::DateTime)
            .map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_as_utc() {
        assert_eq!(
            Timestamp(1_795_388_709_999).to_string(),
            "2026-11-22T23:05:09Z"
        );
    }
}
