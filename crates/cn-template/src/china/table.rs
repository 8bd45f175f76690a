//! A sorted text of tab-separated rows.

use std::sync::OnceLock;

/// The rows of a text, found by their first fields.
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

    /// Returns the source of a generated table, whose first line is `# source: ID`.
    fn source_of_all(&self) -> Option<&'static str> {
        let line = self.text.lines().next()?;
        line.strip_prefix("# source: ").map(str::trim)
    }

    /// Returns every row with the ID of its source: the table's, or else the row's last field.
    pub(super) fn with_sources(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let of_all = self.source_of_all();
        self.all().map(move |row| {
            let of_row = row.rsplit('\t').next().unwrap_or_default();
            (row, of_all.unwrap_or(of_row))
        })
    }

    /// Returns the IDs of all sources of the table, sorted.
    pub(super) fn sources(&self) -> Vec<&'static str> {
        let mut ids: Vec<&str> = self.with_sources().map(|(_, id)| id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn sorted(&self) -> &[&'static str] {
        self.rows.get_or_init(|| {
            self.text
                .lines()
                .filter(|line| !line.starts_with('#'))
                .collect()
        })
    }

    /// Returns every row.
    pub(super) fn all(&self) -> impl Iterator<Item = &'static str> {
        self.sorted().iter().copied()
    }

    /// Returns the rows that begin with these fields.
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

    /// Returns the field after these, in the first row that begins with them.
    pub(super) fn value(&self, fields: &[&str]) -> Option<&'static str> {
        let row = self.rows(fields).next()?;
        row.split('\t').nth(fields.len())
    }
}
