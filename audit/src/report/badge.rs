//! The badge for a first page: two fields, no network, no font of its own.

use super::model::Page;

const CHAR_WIDTH: usize = 7;
const PADDING: usize = 12;

/// An SVG that says how many vectors are fixed and proved.
pub fn svg(page: &Page) -> String {
    let totals = page.totals;
    let (label, value) =
        ("crash vectors", format!("{}/{} fixed, {} proved", totals.fixed, totals.vectors, totals.proved));
    let colour = match (totals.regressed + totals.open, totals.fixed == totals.vectors) {
        (0, true) => "#1a7f4b",
        (0, false) => "#8a6d00",
        _ => "#c62f2f",
    };
    let (left, right) = (label.len() * CHAR_WIDTH + PADDING, value.len() * CHAR_WIDTH + PADDING);
    let width = left + right;
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{label}: {value}"><title>{label}: {value}</title><rect width="{left}" height="20" fill="#444c56"/><rect x="{left}" width="{right}" height="20" fill="{colour}"/><g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="{}" y="14">{label}</text><text x="{}" y="14">{value}</text></g></svg>
"##,
        left / 2,
        left + right / 2,
    )
}
