//! The renderers: JSON for tools, a table for a terminal, Markdown and HTML for people.

use super::model::{Page, VectorPage};
use super::{ReportError, latest};
use crate::prove::record::State;
use comfy_table::{ContentArrangement, Table, presets};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people who read files.
    Md,
    /// For people who want to see.
    Html,
    /// For tools; its schema is audit/schemas/report.schema.json.
    Json,
    /// For the machinery that builds.
    Junit,
    /// For code hosts, SARIF 2.1.0.
    Sarif,
    /// For a first page.
    Badge,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Json, Self::Md, Self::Html, Self::Junit, Self::Sarif, Self::Badge];

    /// Below `reports/`.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Md => "latest.md",
            Self::Html => "latest.html",
            Self::Json => "latest.json",
            Self::Junit => "junit.xml",
            Self::Sarif => "report.sarif",
            Self::Badge => "badge.svg",
        }
    }

    /// The file's content.
    pub fn render(self, page: &Page) -> Result<String, ReportError> {
        match self {
            Self::Json => Ok(serde_json::to_string_pretty(&latest(page))? + "\n"),
            Self::Junit => Ok(super::junit::xml(page)?),
            Self::Sarif => Ok(serde_json::to_string_pretty(&super::sarif::log(page))? + "\n"),
            Self::Badge => Ok(super::badge::svg(page)),
            Self::Md => template("report.md", include_str!("render/report.md.jinja"), page),
            Self::Html => template("report.html", include_str!("render/report.html.jinja"), page),
        }
    }
}

fn template(name: &'static str, source: &'static str, page: &Page) -> Result<String, ReportError> {
    let mut environment = Environment::new();
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?;
    environment.set_syntax(syntax);
    environment.set_auto_escape_callback(|name| match name.rsplit_once('.') {
        Some((_, "html")) => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    environment.add_template(name, source)?;
    Ok(environment.get_template(name)?.render(Serde(page))?)
}

/// The table that a terminal shows.
pub fn table(page: &Page) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["id", "vector", "status", "inputs", "proof", "without the guard"]);
    for vector in &page.vectors {
        table.add_row(cells(vector));
    }
    table
}

fn cells(vector: &VectorPage) -> [String; 6] {
    let row = &vector.row;
    let without = match (row.knockout.outcome, &row.knockout.contained_by) {
        (None, _) => String::new(),
        (Some(outcome), None) => outcome.to_string(),
        (Some(outcome), Some(second)) => format!("{outcome}, contained by {second}"),
    };
    let inputs = if row.inputs_tried > 0 { row.inputs_tried.to_string() } else { String::new() };
    let proof = row.knockout.state.name().to_owned();
    [row.id.clone(), row.title.clone(), vector.status_shown.clone(), inputs, proof, without]
}

/// The lines above the table.
pub fn summary(page: &Page) -> String {
    let totals = &page.totals;
    let mut text = format!(
        "{} of {} vectors fixed, {} open, {} regressed, {} not encoded, {} proved; found since: {} of {} fixed\n",
        totals.fixed,
        totals.vectors,
        totals.open,
        totals.regressed,
        totals.not_encoded,
        totals.proved,
        totals.found_since_fixed,
        totals.found_since
    );
    for tier in &page.tiers {
        let line =
            format!("  tier {}: {}/{} (phase 1: {})\n", tier.tier, tier.fixed, tier.total, tier.phase1_fixed);
        text.push_str(&line);
    }
    let canary = if page.canary.held { "HELD: the oracles are blind" } else { "fails, as it must" };
    text.push_str("  canary: ");
    text.push_str(canary);
    let stale = page.vectors.iter().filter(|vector| vector.row.knockout.state == State::Stale).count();
    if stale > 0 {
        let line = format!(
            "\n  stale: {stale} proofs rest on what has changed since; audit prove --stale makes them anew"
        );
        text.push_str(&line);
    }
    text
}
