//! The sources of the facts: documents and packages, each with the date of the last check.

use std::sync::LazyLock;

/// A document or package that facts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The ID that rows and rules use.
    pub id: &'static str,
    /// The title.
    pub title: &'static str,
    /// The URL.
    pub url: &'static str,
    /// The date of the last check, `YYYY-MM-DD`.
    pub seen: &'static str,
}

impl Source {
    /// Returns the date of the last check in days since 1970-01-01; `None` if it is not a date.
    pub fn day(&self) -> Option<i64> {
        let mut parts = self.seen.split('-').map(str::parse::<i64>);
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let (year, month, day) = (year.ok()?, month.ok()?, day.ok()?);
        if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        // Years begin in March here, so that the leap day is the last day of a year.
        let year = if month <= 2 { year - 1 } else { year };
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        Some(days + day_of_year - 719_468)
    }
}

static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    include_str!("data/sources.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut fields = line.split('\t');
            Some(Source {
                id: fields.next()?,
                title: fields.next()?,
                url: fields.next()?,
                seen: fields.next()?,
            })
        })
        .collect()
});

/// Returns every source, ordered by ID.
pub fn sources() -> &'static [Source] {
    &SOURCES
}

/// Returns the source with an ID.
pub fn source(id: &str) -> Option<&'static Source> {
    let place = SOURCES.binary_search_by(|source| source.id.cmp(id)).ok()?;
    SOURCES.get(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_calendars_do() {
        let day = |seen| {
            let (id, title, url) = ("", "", "");
            Source {
                id,
                title,
                url,
                seen,
            }
            .day()
        };
        assert_eq!(day("1970-01-01"), Some(0));
        assert_eq!(day("2000-02-29"), Some(11016));
        assert_eq!(day("2026-11-25"), Some(20782));
        assert_eq!(day("2026-13-01"), None);
        assert_eq!(day("soon"), None);
    }

    #[test]
    fn sources_are_sorted_by_id() {
        assert!(sources().is_sorted_by(|left, right| left.id < right.id));
    }
}
