//! A self-contained page without scripts, fonts and external images.
//!
//! The bars of the timeline are decoration: the same information is next to them in words, for
//! screen readers too. Lists and tables declare their roles, which browsers drop when the style
//! turns them into blocks.

use std::fmt::Write as _;

use cn_core::Timestamp;
use cn_core::report::{Node, Phase, Report, Span, State, Verdict};
use cn_core::stack::Change;

use super::words;
use cn_cli::advice;
use cn_cli::report::markup;

pub(super) const STYLE: &str = include_str!("page.css");

/// Number of changes above which the table is folded.
const MOST_CHANGES: usize = 25;

/// Steps of the time axis, in seconds.
const STEPS: [u32; 14] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200,
];

/// Maximum number of steps, which still fit on a phone.
const MOST_STEPS: f64 = 6.0;

pub(super) fn render(report: &Report) -> String {
    let subject = markup(words::subject(report));
    let verdict = words::verdict(report);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
         <title>{subject}: {verdict}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{SYMBOLS}"
    );
    header(&mut out, report);
    out.push_str("<main>\n");
    left_behind(&mut out, report);
    in_background(&mut out, report);
    cause(&mut out, report);
    timeline(&mut out, report);
    outputs(&mut out, report);
    changes(&mut out, report);
    let _ = write!(
        out,
        "</main>\n<footer>Made by cn-deploy {}. Times are CloudFormation's own. Values of properties are not shown.</footer>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION")
    );
    out
}

const SYMBOLS: &str = "<svg width=\"0\" height=\"0\" style=\"position:absolute\" aria-hidden=\"true\">\
<symbol id=\"good\" viewBox=\"0 0 16 16\"><path d=\"M3 8.5l3.2 3.2L13 4.8\"/></symbol>\
<symbol id=\"bad\" viewBox=\"0 0 16 16\"><path d=\"M4 4l8 8M12 4l-8 8\"/></symbol>\
<symbol id=\"idle\" viewBox=\"0 0 16 16\"><path d=\"M4 8h8\"/></symbol>\
<symbol id=\"back\" viewBox=\"0 0 16 16\"><path d=\"M6.5 3.5L3 7l3.5 3.5M3.5 7H10a3 3 0 0 1 0 6H8\"/></symbol>\
<symbol id=\"busy\" viewBox=\"0 0 16 16\"><path d=\"M8 4.2V8l2.6 1.8M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0z\"/></symbol>\
<symbol id=\"turn\" viewBox=\"0 0 10 10\"><path d=\"M3 1l5 4-5 4z\"/></symbol></svg>\n";

fn mark(class: &str) -> String {
    format!("<svg class=\"mark {class}\" aria-hidden=\"true\"><use href=\"#{class}\"/></svg>")
}

fn header(out: &mut String, report: &Report) {
    let class = match report.verdict {
        _ if report.verdict != Verdict::Running && !report.failure.is_empty() => "bad",
        Verdict::Done | Verdict::Unchanged => "good",
        Verdict::Reviewable | Verdict::Previewed => "idle",
        Verdict::Running => "busy",
        Verdict::Refused | Verdict::Failed | Verdict::Stopped => "bad",
    };
    let mut facts: Vec<String> = Vec::new();
    facts.extend(report.region.as_ref().map(|region| markup(region.as_str())));
    facts.extend(report.began.map(|began| {
        let machine = began.to_string();
        let people = machine.replace('T', " ").replace('Z', " UTC");
        format!("<time datetime=\"{machine}\">{people}</time>")
    }));
    facts.extend(
        Some(words::counts(report))
            .filter(|counts| !counts.is_empty())
            .map(|counts| markup(&counts)),
    );
    facts.extend(report.console.as_ref().map(|url| {
        format!(
            "<a href=\"{}\" rel=\"noreferrer\">Stack in the console</a>",
            markup(url)
        )
    }));
    let _ = write!(
        out,
        "<header>\n<p class=\"verdict {class}\">{}{}</p>\n<h1>{}</h1>\n<p class=\"facts\"><span>{}</span></p>\n</header>\n",
        mark(class),
        markup(&words::sentence(report)),
        markup(words::subject(report)),
        facts.join("</span> <span>")
    );
}

fn left_behind(out: &mut String, report: &Report) {
    for warning in words::left_behind(report) {
        let _ = write!(
            out,
            "<section class=\"cause\">\n<h2>Left behind</h2>\n<p class=\"reason\">{}.</p>\n</section>\n",
            inline_code(&warning)
        );
    }
}

fn in_background(out: &mut String, report: &Report) {
    if let Some(note) = words::in_background(report) {
        let _ = write!(
            out,
            "<section>\n<h2>In the background</h2>\n<p class=\"reason\">{}.</p>\n</section>\n",
            inline_code(&note)
        );
    }
}

fn cause(out: &mut String, report: &Report) {
    let Some(cause) = &report.cause else {
        failure(out, report);
        return;
    };
    let _ = write!(
        out,
        "<section class=\"cause\">\n<h2>What failed first</h2>\n<p class=\"who\">{} <span class=\"soft\">{}</span></p>\n<p class=\"reason\">{}</p>\n",
        markup(&cause.event.full_path().replace('/', " / ")),
        markup(&cause.event.resource_type),
        markup(&cause.reason)
    );
    if let Some(advice) = report.advice.map(advice::words) {
        let _ = writeln!(
            out,
            "<p class=\"hint\"><b>Hint:</b> {}.</p>",
            inline_code(&advice)
        );
    }
    if let Some(log) = report.log.as_ref().filter(|log| !log.lines.is_empty()) {
        let _ = writeln!(
            out,
            "<h3>Its function logged to <code>{}</code></h3>\n<pre class=\"log\">{}</pre>",
            markup(&log.place.group),
            markup(&log.lines.join("\n"))
        );
    }
    let mut more: Vec<String> = cause
        .others
        .iter()
        .map(|other| {
            format!(
                "{} ({}) also failed: {}",
                markup(&other.full_path()),
                markup(&other.resource_type),
                markup(other.reason.as_deref().unwrap_or(other.status.as_str()))
            )
        })
        .collect();
    more.extend(words::consequences(report).map(|line| format!("{line}.")));
    if !more.is_empty() {
        let _ = writeln!(
            out,
            "<ul class=\"soft\"><li>{}</li></ul>",
            more.join("</li><li>")
        );
    }
    out.push_str("</section>\n");
}

/// Writes the failure of a run in which no resource failed.
fn failure(out: &mut String, report: &Report) {
    let [message, causes @ ..] = report.failure.as_slice() else {
        return;
    };
    // A running operation may still succeed.
    let calm = match report.verdict {
        Verdict::Running => " calm",
        _ => "",
    };
    let _ = write!(
        out,
        "<section class=\"cause{calm}\">\n<h2>Why</h2>\n<p class=\"who\">{}</p>\n",
        inline_code(message)
    );
    for cause in causes {
        let _ = writeln!(out, "<p class=\"reason\">{}</p>", inline_code(cause));
    }
    for hint in &report.hints {
        let _ = writeln!(
            out,
            "<p class=\"hint\"><b>Hint:</b> {}.</p>",
            inline_code(hint)
        );
    }
    out.push_str("</section>\n");
}

/// Renders a text of our own, with code in backticks.
fn inline_code(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in text.split('`').enumerate() {
        if at % 2 == 1 {
            let _ = write!(out, "<code>{}</code>", markup(part));
        } else {
            out.push_str(&markup(part));
        }
    }
    out
}

/// The scale from times to positions.
struct Scale<'a> {
    report: &'a Report,
    total_ms: f64,
}

impl<'a> Scale<'a> {
    fn of(report: &'a Report) -> Self {
        let total = report
            .ended
            .map_or(1.0, |ended| report.at(ended).as_secs_f64() * 1000.0);
        Self {
            report,
            total_ms: total.max(1.0),
        }
    }

    fn percent(&self, moment: Timestamp) -> f64 {
        self.report.at(moment).as_secs_f64() * 100_000.0 / self.total_ms
    }

    /// Returns true if the reason of a resource is at the top of the page.
    fn is_told(&self, node: &Node) -> bool {
        let cause = self.report.cause.as_ref();
        cause.is_some_and(|cause| node.is_cause && node.reason.as_ref() == Some(&cause.reason))
    }

    /// Returns the step of the axis, in seconds.
    fn step(&self) -> u32 {
        let fits = |step: &&u32| self.total_ms / 1000.0 / f64::from(**step) <= MOST_STEPS;
        STEPS
            .iter()
            .find(fits)
            .copied()
            .unwrap_or_else(|| STEPS[STEPS.len() - 1] * 4)
    }
}

fn timeline(out: &mut String, report: &Report) {
    // Resources that were only planned are listed with the changes.
    if report.walk().all(|node| node.spans.is_empty()) {
        return;
    }
    let scale = Scale::of(report);
    out.push_str("<section>\n<div class=\"head\"><h2>Timeline</h2>");
    legend(out, report);
    out.push_str("</div>\n");
    path(out, report);
    axis(out, &scale);
    out.push_str("<ol role=\"list\">\n");
    let is_waiting = |node: &&Node| node.state == State::Waiting;
    let (waiting, begun): (Vec<&Node>, Vec<&Node>) = report.resources.iter().partition(is_waiting);
    for node in &begun {
        item(out, &scale, node, 0);
    }
    if !waiting.is_empty() {
        let _ = write!(
            out,
            "<li><details class=\"fold\"><summary>{TURN} {} not begun</summary>\n<ol role=\"list\">\n",
            cn_cli::ui::plural(waiting.len(), "resource")
        );
        for node in &waiting {
            item(out, &scale, node, 0);
        }
        out.push_str("</ol></details></li>\n");
    }
    out.push_str("</ol>\n</div>\n</section>\n");
}

fn legend(out: &mut String, report: &Report) {
    let looks = |class: &str| {
        report
            .walk()
            .any(|node| node.spans.iter().any(|span| bar_class(node, span) == class))
    };
    let entries = [
        ("work", "at work"),
        ("slow", "slowest path"),
        ("bad", "failed"),
        ("given-up", "cancelled"),
        ("undo", "rolled back"),
        ("clean-up", "cleaned up after"),
    ];
    let present = entries.iter().filter(|(class, _)| looks(class));
    let items: Vec<String> = present
        .map(|(class, word)| format!("<li><i class=\"bar {class}\"></i>{word}</li>"))
        .collect();
    if !items.is_empty() {
        let _ = write!(
            out,
            "<ul class=\"legend\" aria-hidden=\"true\">{}</ul>",
            items.concat()
        );
    }
}

/// Writes the slowest path in words.
fn path(out: &mut String, report: &Report) {
    let items: Vec<String> = words::slowest(report)
        .map(|node| {
            let path = markup(&node.path.replace('/', " / "));
            format!("<li><b>{path}</b> {}</li>", figure(report, node))
        })
        .collect();
    if !items.is_empty() {
        let _ = writeln!(
            out,
            "<div class=\"path\">Slowest path: <ol>{}</ol></div>",
            items.join(" ")
        );
    }
}

fn axis(out: &mut String, scale: &Scale<'_>) {
    let step = scale.step();
    let tick = f64::from(step) * 100_000.0 / scale.total_ms;
    let turn = scale.report.root.as_ref().and_then(|root| {
        root.spans
            .iter()
            .find(|span| span.phase == Phase::Undo)
            .map(|span| scale.percent(span.began))
    });
    let turn = turn.map_or(String::new(), |turn| format!(";--turn:{turn:.2}%"));
    let _ = write!(
        out,
        "<div class=\"timeline\" style=\"--tick:{tick:.3}%{turn}\">\n<div class=\"row axis\" aria-hidden=\"true\"><span class=\"row-label\"></span><span class=\"ticks\">"
    );
    let mut at = 0_u32;
    loop {
        let percent = f64::from(at) * 100_000.0 / scale.total_ms;
        if percent > 100.0 {
            break;
        }
        // Labels are centered on their line, except those that would cross an edge.
        let class = match at {
            0 => " class=\"first\"",
            _ if percent > 96.0 => " class=\"last\"",
            _ => "",
        };
        let time = words::clock(std::time::Duration::from_secs(at.into()));
        let _ = write!(
            out,
            "<span{class} style=\"left:{percent:.2}%\">{time}</span>"
        );
        at += step;
    }
    out.push_str("</span><span class=\"figure\">took</span></div>\n");
}

fn item(out: &mut String, scale: &Scale<'_>, node: &Node, depth: usize) {
    if node.children.is_empty() {
        let _ = write!(
            out,
            "<li class=\"row{}\"{}>",
            row_class(node),
            indent(depth)
        );
        row(out, scale, node);
        out.push_str("</li>\n");
        return;
    }
    let needs_a_look = node
        .walk()
        .any(|inner| matches!(inner.state, State::Failed | State::Running));
    let open = if needs_a_look { " open" } else { "" };
    let _ = write!(
        out,
        "<li><details{open}><summary class=\"row{}\"{}>",
        row_class(node),
        indent(depth)
    );
    row(out, scale, node);
    out.push_str("</summary>\n<ol role=\"list\">\n");
    for child in &node.children {
        item(out, scale, child, depth + 1);
    }
    out.push_str("</ol></details></li>\n");
}

fn row_class(node: &Node) -> &'static str {
    if node.is_slowest { " slow" } else { "" }
}

fn indent(depth: usize) -> String {
    match depth {
        0 => String::new(),
        // The width of the page is limited.
        depth => format!(" style=\"--depth:{}\"", depth.min(6)),
    }
}

fn row(out: &mut String, scale: &Scale<'_>, node: &Node) {
    let (class, is_usual) = match node.state {
        State::Done => ("good", true),
        State::Failed | State::FailedInside | State::LeftBehind => ("bad", false),
        State::Cancelled => ("idle", false),
        State::Waiting => ("idle", true),
        State::Undone => ("back", true),
        State::Running => ("busy", false),
    };
    let state = words::state(node);
    let _ = write!(
        out,
        "<span class=\"name\">{}<span class=\"words\"><span class=\"id\">{}</span> <span class=\"type\">{}</span>",
        mark(class),
        markup(&node.logical_id),
        kind(node)
    );
    // The mark and bar of usual rows are clear enough for sighted readers.
    let seen = if is_usual { "hidden" } else { class };
    let state = if node.is_cause && node.state == State::Failed && !node.spans.is_empty() {
        "failed first"
    } else {
        state
    };
    let _ = write!(out, " <span class=\"state {seen}\">{state}</span>");
    if !node.children.is_empty() {
        let _ = write!(out, " {TURN}");
    }
    out.push_str("</span></span><span class=\"track\" aria-hidden=\"true\">");
    for span in &node.spans {
        bar(out, scale, node, span);
    }
    let time = figure(scale.report, node);
    let _ = write!(
        out,
        "</span><span class=\"figure\">{time}<span class=\"hidden\">{}</span></span>",
        heard(scale.report, node)
    );
    // The reason of the first failure is at the top of the page.
    let is_told = node.state == State::Cancelled || scale.is_told(node);
    if let Some(reason) = node.reason.as_deref().filter(|_| !is_told) {
        let soft = if node.state == State::Failed {
            ""
        } else {
            " soft"
        };
        let _ = write!(out, "<span class=\"why{soft}\">{}</span>", markup(reason));
    }
}

/// Returns the short type; for a nested stack, the number of its resources.
fn kind(node: &Node) -> String {
    if !node.children.is_empty() {
        let count = cn_cli::ui::plural(node.children.len(), "resource");
        return format!("stack of {count}");
    }
    breakable(node.resource_type.trim_start_matches("AWS::"))
}

/// Renders a type that a narrow page may break between its parts.
fn breakable(resource_type: &str) -> String {
    markup(resource_type).replace("::", "::<wbr/>")
}

/// Returns the duration, or the time so far, without line breaks.
fn figure(report: &Report, node: &Node) -> String {
    let so_far = || {
        let since = report.ended?.since(node.began()?);
        Some(format!("&gt; {}", words::duration(since)))
    };
    let time = node.time().map(words::duration).or_else(so_far);
    time.unwrap_or_default().replace(' ', "\u{a0}")
}

const TURN: &str = "<svg class=\"turn\" aria-hidden=\"true\"><use href=\"#turn\"/></svg>";

/// Returns the content of the bars in words, for screen readers.
fn heard(report: &Report, node: &Node) -> String {
    let mut parts: Vec<String> = Vec::new();
    for span in &node.spans {
        let what = match span.phase {
            Phase::Work => "",
            Phase::Undo => "rolled back ",
            Phase::CleanUp => "cleaned up ",
        };
        let began = words::clock(report.at(span.began));
        parts.push(match span.ended {
            Some(ended) => format!("{what}from {began} to {}", words::clock(report.at(ended))),
            None => format!("{what}since {began}"),
        });
    }
    if node.is_slowest {
        parts.push("on the slowest path".to_owned());
    }
    match parts.as_slice() {
        [] => String::new(),
        parts => format!(", {}", parts.join(", ")),
    }
}

fn bar_class(node: &Node, span: &Span) -> &'static str {
    match span.phase {
        Phase::Undo => "undo",
        Phase::CleanUp => "clean-up",
        Phase::Work if span.has_failed && node.state == State::Cancelled => "given-up",
        Phase::Work if span.has_failed => "bad",
        Phase::Work if node.is_slowest => "slow",
        Phase::Work => "work",
    }
}

fn bar(out: &mut String, scale: &Scale<'_>, node: &Node, span: &Span) {
    let left = scale.percent(span.began).min(99.5);
    let (right, open) = match span.ended {
        Some(ended) => (scale.percent(ended), ""),
        None => (100.0, " open"),
    };
    let width = (right - left).max(0.0);
    let _ = write!(
        out,
        "<i class=\"bar {}{open}\" style=\"left:{left:.2}%;width:{width:.2}%\"></i>",
        bar_class(node, span)
    );
}

fn outputs(out: &mut String, report: &Report) {
    if report.outputs.is_empty() {
        return;
    }
    out.push_str("<section>\n<h2>Outputs</h2>\n<table role=\"table\" class=\"outputs\">\n<thead role=\"rowgroup\"><tr role=\"row\"><th role=\"columnheader\" scope=\"col\">Output</th><th role=\"columnheader\" scope=\"col\">Value</th></tr></thead>\n<tbody role=\"rowgroup\">\n");
    for output in &report.outputs {
        let mut about: Vec<String> = Vec::new();
        about.extend(output.description.as_deref().map(markup));
        about.extend(
            output
                .export
                .as_deref()
                .map(|name| format!("exported as {}", markup(name))),
        );
        let about = match about.as_slice() {
            [] => String::new(),
            parts => format!("<div class=\"soft\">{}</div>", parts.join("; ")),
        };
        let _ = writeln!(
            out,
            "<tr role=\"row\"><td role=\"cell\">{}</td><td role=\"cell\"><code>{}</code>{about}</td></tr>",
            markup(&output.key),
            markup(&output.value)
        );
    }
    out.push_str("</tbody>\n</table>\n</section>\n");
}

fn changes(out: &mut String, report: &Report) {
    if report.changes.is_empty() {
        return;
    }
    let is_risk = |change: &&Change| change.effect().is_risky();
    let (risky, plain): (Vec<&Change>, Vec<&Change>) = report.changes.iter().partition(is_risk);
    out.push_str("<section>\n<h2>Changes</h2>\n");
    let _ = writeln!(out, "<p class=\"soft\">{}</p>", effects(report));
    if report.changes.len() <= MOST_CHANGES {
        table(out, &report.changes.iter().collect::<Vec<_>>());
    } else {
        if !risky.is_empty() {
            table(out, &risky);
        }
        let more = cn_cli::ui::plural(plain.len(), "change");
        // Reviewers see all of them at once.
        let open = match report.verdict {
            Verdict::Reviewable | Verdict::Previewed => " open",
            _ => "",
        };
        let _ = writeln!(
            out,
            "<details class=\"fold\"{open}><summary>{TURN} {more} without removal or replacement</summary>"
        );
        table(out, &plain);
        out.push_str("</details>\n");
    }
    validations(out, report);
    out.push_str("</section>\n");
}

/// Writes the findings of CloudFormation's validation.
fn validations(out: &mut String, report: &Report) {
    if report.validations.is_empty() {
        return;
    }
    out.push_str("<h3>Validation</h3>\n<ul>\n");
    for detail in &report.validations {
        let _ = writeln!(
            out,
            "<li><code>{}</code> <span class=\"soft\">{}</span> {}</li>",
            markup(&detail.logical_id),
            markup(&detail.resource_type),
            markup(&words::validation(detail))
        );
    }
    out.push_str("</ul>\n");
}

/// Returns the effects of the changes, such as `3 add, 12 modify, 1 REPLACE`.
fn effects(report: &Report) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for change in &report.changes {
        let effect = words::effect(&change.effect());
        match counts.iter_mut().find(|(known, _)| *known == effect) {
            Some((_, count)) => *count += 1,
            None => counts.push((effect, 1)),
        }
    }
    counts.sort();
    let parts: Vec<String> = counts
        .iter()
        .map(|(effect, count)| format!("{count} {}", markup(effect)))
        .collect();
    parts.join(", ")
}

fn table(out: &mut String, changes: &[&Change]) {
    out.push_str("<table role=\"table\" class=\"changes\">\n<thead role=\"rowgroup\"><tr role=\"row\"><th role=\"columnheader\" scope=\"col\">Change</th><th role=\"columnheader\" scope=\"col\">Resource</th><th role=\"columnheader\" scope=\"col\">Type</th><th role=\"columnheader\" scope=\"col\">Details</th></tr></thead>\n<tbody role=\"rowgroup\">\n");
    for change in changes {
        let effect = change.effect();
        let risk = if effect.is_risky() {
            " class=\"risk\""
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "<tr role=\"row\"><td role=\"cell\"{risk}>{}</td> <td role=\"cell\">{}</td><td role=\"cell\">{}</td><td role=\"cell\">{}</td></tr>",
            markup(&words::effect(&effect)),
            markup(&change.full_path()),
            breakable(&change.resource_type),
            markup(&change.causes().join(", "))
        );
    }
    out.push_str("</tbody>\n</table>\n");
}
