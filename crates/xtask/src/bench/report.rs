//! The measurements as a table.

use std::fmt::Write as _;

use super::meter::Run;

/// A row of the table.
pub(super) struct Row {
    pub name: &'static str,
    reach: &'static str,
    peer: Vec<Run>,
    ours: Vec<Run>,
}

impl Row {
    pub(super) fn new(name: &'static str, reach: &'static str) -> Self {
        Self {
            name,
            reach,
            peer: Vec::new(),
            ours: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, peer: Run, ours: Run) {
        self.peer.push(peer);
        self.ours.push(ours);
    }

    /// Returns the median wall seconds of the peer and of our program.
    pub(super) fn walls(&self) -> [f64; 2] {
        [&self.peer, &self.ours].map(|runs| median(runs, |run| run.wall))
    }

    /// Returns the median of the turns' ratios: a slow moment affects both programs of a turn.
    pub(super) fn ratio(&self) -> f64 {
        let mut ratios: Vec<f64> = self
            .peer
            .iter()
            .zip(&self.ours)
            .map(|(peer, ours)| peer.wall / ours.wall)
            .collect();
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    }

    pub(super) fn line(&self) -> String {
        let [peer, ours] = self.walls();
        format!(
            "{}: {peer:.3} s and {ours:.3} s, {:.1}×",
            self.name,
            self.ratio()
        )
    }

    fn markdown(&self) -> String {
        let [peer, ours] = self.walls();
        let each = |of: fn(&Run) -> f64| [&self.peer, &self.ours].map(|runs| median(runs, of));
        let [peer_cpu, our_cpu] = each(|run| run.cpu);
        let [peer_peak, our_peak] = each(|run| megabytes(run.peak * 1024));
        let [peer_sent, our_sent] = each(|run| megabytes(run.sent_bytes));
        format!(
            "| {} | {peer:.3} | {ours:.3} | {:.1}× | {} | {peer_cpu:.2} / {our_cpu:.2} | {peer_peak:.0} / {our_peak:.0} | {} / {} | {peer_sent:.2} / {our_sent:.2} | {} |",
            self.name,
            self.ratio(),
            self.reach,
            self.peer.last().map_or(0, |run| run.requests),
            self.ours.last().map_or(0, |run| run.requests),
            self.peer.len(),
        )
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "megabytes with two digits need no more"
)]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn median(runs: &[Run], of: impl Fn(&Run) -> f64) -> f64 {
    let mut values: Vec<f64> = runs.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Renders the table in Markdown.
pub(super) fn table(rows: &[Row], skipped: &[(&str, &str)]) -> String {
    let mut text = "| workload | peer, s | ours, s | ratio | wanted | CPU s, both | peak MB, both | requests, both | MB sent, both | runs |\n|---|---|---|---|---|---|---|---|---|---|\n".to_owned();
    for row in rows {
        text.push_str(&row.markdown());
        text.push('\n');
    }
    for (name, reason) in skipped {
        writeln!(text, "| {name} | skipped: {reason} | | | | | | | | |")
            .expect("writing to a text does not fail");
    }
    text
}
