//! The measurements as a chart: speed-up factors on a logarithmic scale.

use std::fmt::Write as _;

use super::report::Row;

const ROW: usize = 28;
const LEFT: f64 = 480.0;
const WIDTH: f64 = 420.0;

/// The colors, for light and dark backgrounds.
const STYLE: &str = "<style>
rect { fill: #1f6f8b } line { stroke: #d1d9e0 } text { fill: #1f2328 } .dim { fill: #59636e }
@media (prefers-color-scheme: dark) { rect { fill: #56b3cf } line { stroke: #3d444d } text { fill: #e6edf3 } .dim { fill: #9198a1 } }
</style>";

pub(super) fn svg(rows: &[Row]) -> String {
    let height = (rows.len() + 1) * ROW + 20;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 970 {height}\" font-family=\"sans-serif\" font-size=\"13\">\n<title>How many times faster than the program that is replaced</title>\n{STYLE}\n"
    );
    for times in [1.0, 10.0, 100.0, 1000.0] {
        let x = place(times);
        append(
            &mut svg,
            format_args!(
                "<line x1=\"{x:.0}\" y1=\"10\" x2=\"{x:.0}\" y2=\"{}\"/><text x=\"{x:.0}\" y=\"{}\" class=\"dim\" text-anchor=\"middle\">{times}×</text>\n",
                height - 30,
                height - 12,
            ),
        );
    }
    for (at, row) in rows.iter().enumerate() {
        let y = 12 + at * ROW;
        let end = place(row.ratio());
        append(
            &mut svg,
            format_args!(
                "<text x=\"{:.0}\" y=\"{}\" text-anchor=\"end\">{}</text><rect x=\"{LEFT}\" y=\"{y}\" width=\"{:.1}\" height=\"18\"/><text x=\"{:.0}\" y=\"{}\">{:.1}×</text>\n",
                LEFT - 8.0,
                y + 14,
                escaped(row.name),
                (end - LEFT).max(1.0),
                end.max(LEFT) + 6.0,
                y + 14,
                row.ratio(),
            ),
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// Returns the position of a ratio, from 1 to 1000.
fn place(times: f64) -> f64 {
    LEFT + WIDTH * times.max(1.0).log10() / 3.0
}

fn append(svg: &mut String, text: std::fmt::Arguments<'_>) {
    svg.write_fmt(text)
        .expect("writing to a text does not fail");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('`', "")
}
