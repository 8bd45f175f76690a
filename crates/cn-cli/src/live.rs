//! Lines at the end of a terminal's output that are written anew while things
//! go on: what is in progress, and for how long.
//!
//! Only a terminal gets them. What is printed meanwhile goes above them, so
//! that the scrolled text reads like a log.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::environment;

/// Lines that are shown at most; the rest is counted.
const MOST: usize = 12;

/// How often the times are written anew.
const TICK: Duration = Duration::from_secs(1);

/// One line: how long something has been going on, and what it is.
#[derive(Clone, Debug)]
pub struct Row {
    /// Since when.
    pub since: Instant,
    /// What; without the time, in one line.
    pub text: String,
}

/// What is shown, and how many lines of it stand on the terminal.
struct Block {
    rows: Vec<Row>,
    drawn: usize,
    is_ticking: bool,
}

static BLOCK: Mutex<Block> = Mutex::new(Block {
    rows: Vec::new(),
    drawn: 0,
    is_ticking: false,
});

/// Whether there is a terminal to show lines on, and a person before it.
pub(crate) fn is_possible() -> bool {
    io::stderr().is_terminal() && !environment::is_unattended()
}

/// Shows these lines in place of those shown before; none takes them away.
pub(crate) fn show(rows: Vec<Row>) {
    let mut block = locked();
    block.rows = rows;
    block.redraw();
    if !block.rows.is_empty() && !block.is_ticking {
        block.is_ticking = true;
        thread::spawn(tick);
    }
}

/// Prints something above the lines.
pub(crate) fn around<T>(print: impl FnOnce() -> T) -> T {
    let mut block = locked();
    block.erase();
    let printed = print();
    block.draw();
    printed
}

fn tick() {
    loop {
        thread::sleep(TICK);
        let mut block = locked();
        if block.rows.is_empty() {
            block.is_ticking = false;
            return;
        }
        block.redraw();
    }
}

fn locked() -> MutexGuard<'static, Block> {
    BLOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Block {
    fn redraw(&mut self) {
        self.erase();
        self.draw();
    }

    fn erase(&mut self) {
        if self.drawn > 0 {
            // Up to the first line, then clear to the end of the screen.
            write(&format!("\x1b[{}A\x1b[J", self.drawn));
            self.drawn = 0;
        }
    }

    fn draw(&mut self) {
        if self.rows.is_empty() {
            return;
        }
        let width = terminal_size::terminal_size_of(io::stderr());
        let width = width.map_or(80, |(width, _)| usize::from(width.0));
        let lines = lines(&self.rows, Instant::now(), width);
        self.drawn = lines.len();
        write(&(lines.join("\n") + "\n"));
    }
}

/// Nobody is there to tell when the terminal is gone.
fn write(text: &str) {
    let mut stderr = io::stderr().lock();
    drop(
        stderr
            .write_all(text.as_bytes())
            .and_then(|()| stderr.flush()),
    );
}

/// The lines as they are shown: none longer than the terminal is wide.
fn lines(rows: &[Row], now: Instant, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = rows
        .iter()
        .take(MOST)
        .map(|row| {
            let seconds = now.saturating_duration_since(row.since).as_secs();
            let line = format!("{:>4}:{:02} {}", seconds / 60, seconds % 60, row.text);
            line.chars().take(width.saturating_sub(1)).collect()
        })
        .collect();
    if rows.len() > MOST {
        lines.push(format!("        and {} more", rows.len() - MOST));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_the_terminal_and_are_not_too_many() {
        let now = Instant::now();
        let row = |seconds, text: &str| Row {
            since: now - Duration::from_secs(seconds),
            text: text.to_owned(),
        };
        assert_eq!(lines(&[row(62, "Queue")], now, 80), ["   1:02 Queue"]);
        assert_eq!(lines(&[row(0, "订单订单")], now, 11), ["   0:00 订单"]);
        let many: Vec<Row> = (0..15).map(|at| row(at, "x")).collect();
        let shown = lines(&many, now, 80);
        assert_eq!(shown.len(), 13);
        assert_eq!(shown[12], "        and 3 more");
    }
}
