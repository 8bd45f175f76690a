//! A sorted text of tab-separated rows.

use std::sync::OnceLock;

/// Rows of a text, found by their first fields.
pub(super) struct Table {
    text: &'static str,
    rows: OnceLock<Vec<&'static str>>,
}

impl Table {
    /// * `text`: comment lines with the source, then rows in byte order.
    pub(super) const fn new(text: &'static str) -> Self {
        Self {
            text,
            rows: OnceLock::new(),
        }
    }

    /// The first comment line: where the rows come from.
    pub(super) fn source(&self) -> &'static str {
        let line = self.text.lines().next().unwrap_or_default();
        line.trim_start_matches(['#', ' '])
    }

    fn sorted(&self) -> &[&'static str] {
        self.rows.get_or_init(|| {
            self.text
                .lines()
                .filter(|line| !line.starts_with('#'))
                .collect()
        })
    }

    /// Every row.
    pub(super) fn all(&self) -> impl Iterator<Item = &'static str> {
        self.sorted().iter().copied()
    }

    /// The rows that begin with these fields.
    ///
    /// Cost: logarithmic in the number of rows.
    pub(super) fn rows(&self, fields: &[&str]) -> impl Iterator<Item = &'static str> {
        let mut prefix = fields.join("\t");
        prefix.push('\t');
        let rows = self.sorted();
        let start = rows.partition_point(|row| *row < prefix.as_str());
        rows[start..]
            .iter()
            .copied()
            .take_while(move |row| row.starts_with(&prefix))
    }

    /// The field after these, in the first row that begins with them.
    pub(super) fn value(&self, fields: &[&str]) -> Option<&'static str> {
        let row = self.rows(fields).next()?;
        row.split('\t').nth(fields.len())
    }
}
