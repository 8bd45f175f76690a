//! The measurements as a table.

use std::fmt;

use super::meter::Run;

/// A target of a case.
#[derive(Clone, Copy, Debug)]
pub(super) enum Goal {
    /// At least this many times faster than the peer.
    Times(f64),
    /// At most this many seconds.
    Within(f64),
    /// At most this many MB sent.
    Sent(f64),
    /// A peak of at most this many MB of memory.
    Peak(f64),
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(times) => write!(f, "≥ {times}×"),
            Self::Within(seconds) => write!(f, "≤ {seconds} s"),
            Self::Sent(megabytes) => write!(f, "≤ {megabytes} MB sent"),
            Self::Peak(megabytes) => write!(f, "≤ {megabytes} MB"),
        }
    }
}

/// A row of the table.
pub(super) struct Row {
    pub name: &'static str,
    goals: &'static [Goal],
    peer: Vec<Run>,
    ours: Vec<Run>,
}

impl Row {
    pub(super) fn new(name: &'static str, goals: &'static [Goal]) -> Self {
        Self {
            name,
            goals,
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

    fn is_reached(&self, goal: Goal) -> bool {
        let ours = |of: fn(&Run) -> f64| median(&self.ours, of);
        match goal {
            Goal::Times(times) => self.ratio() >= times,
            Goal::Within(seconds) => ours(|run| run.wall) <= seconds,
            Goal::Sent(most) => ours(|run| megabytes(run.sent_bytes)) <= most,
            Goal::Peak(most) => ours(|run| megabytes(run.peak * 1024)) <= most,
        }
    }

    fn markdown(&self) -> String {
        let [peer, ours] = self.walls();
        let each = |of: fn(&Run) -> f64| [&self.peer, &self.ours].map(|runs| median(runs, of));
        let [peer_cpu, our_cpu] = each(|run| run.cpu);
        let [peer_peak, our_peak] = each(|run| megabytes(run.peak * 1024));
        let [peer_sent, our_sent] = each(|run| megabytes(run.sent_bytes));
        let wanted: Vec<String> = self.goals.iter().map(Goal::to_string).collect();
        let is_reached = self.goals.iter().all(|goal| self.is_reached(*goal));
        format!(
            "| {} | {peer:.3} | {ours:.3} | {:.1}× | {} | {} | {peer_cpu:.2} / {our_cpu:.2} | {peer_peak:.0} / {our_peak:.0} | {} / {} | {peer_sent:.2} / {our_sent:.2} | {} |\n",
            self.name,
            self.ratio(),
            wanted.join(", "),
            if is_reached { "yes" } else { "**no**" },
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

/// Returns the part of `docs/benchmarks.md` that a run writes, in Markdown.
///
/// * `notes`: further notes on the run, a sentence or two each.
pub(super) fn page(rows: &[Row], skipped: &[(&str, &str)], notes: &[String]) -> String {
    let mut text = "| workload | peer, s | ours, s | ratio | wanted | reached | CPU s, both | peak MB, both | requests, both | MB sent, both | runs |\n|---|---|---|---|---|---|---|---|---|---|---|\n".to_owned();
    text.extend(rows.iter().map(Row::markdown));
    let skip = |(name, reason): &(&str, &str)| {
        format!("| {name} | skipped: {reason} |{}\n", " |".repeat(9))
    };
    text.extend(skipped.iter().map(skip));
    text.push_str("\n![How many times faster](benchmarks.svg)\n\n");
    text.extend(notes.iter().map(|note| format!("- {note}\n")));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(wall: f64, sent_bytes: u64) -> Run {
        let text = format!(r#"{{"status": 0, "wall": {wall}, "cpu": 1, "peak": 1000}}"#);
        let mut run: Run = serde_json::from_str(&text).unwrap();
        run.sent_bytes = sent_bytes;
        run
    }

    #[test]
    fn a_goal_is_reached_only_with_all_its_parts() {
        let mut row = Row::new(
            "a",
            &[Goal::Times(2.0), Goal::Within(5.0), Goal::Sent(12.0)],
        );
        row.add(run(10.0, 60_000_000), run(5.0, 12_000_000));
        let text = row.markdown();
        assert!(
            text.contains("| ≥ 2×, ≤ 5 s, ≤ 12 MB sent | yes |"),
            "{text}"
        );
        for missed in [run(5.1, 0), run(1.0, 12_000_001)] {
            let mut row = Row::new("a", row.goals);
            row.add(run(10.2, 0), missed);
            assert!(row.markdown().contains("| **no** |"), "{missed:?}");
        }
        let slow = |peer| {
            let mut row = Row::new("a", row.goals);
            row.add(run(peer, 0), run(4.0, 0));
            row.is_reached(Goal::Times(2.0))
        };
        assert!(slow(8.0) && !slow(7.9));
    }

    #[test]
    fn every_line_of_the_table_has_all_columns() {
        let mut row = Row::new("a", &[Goal::Peak(150.0)]);
        row.add(run(1.0, 0), run(1.0, 0));
        let text = page(&[row], &[("b", "no root")], &["a note".to_owned()]);
        let table = text.lines().take_while(|line| !line.is_empty());
        let columns: Vec<usize> = table.map(|line| line.matches('|').count()).collect();
        assert_eq!(columns, [12; 4], "{text}");
        assert!(text.ends_with("\n- a note\n"), "{text}");
    }
}
