//! The audit's table on the first screen of README.md, between two marks: what `latest.json` says, and nothing by hand.

use super::ReportError;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

const BEGINS: &str = "<!-- audit: written by `cargo run -p audit -- report` -->\n";
const ENDS: &str = "<!-- end of audit -->\n";
/// The part of tier 3 that is about text.
const TEXT: std::ops::RangeInclusive<&str> = "T3-01"..="T3-08";

/// Writes the table into README.md; one without the marks is left as it is.
pub fn write(repository: &Path, latest: &Value) -> Result<(), ReportError> {
    let path = repository.join("README.md");
    let file = |error| ReportError::File { path: path.clone(), error };
    let text = std::fs::read_to_string(&path).map_err(file)?;
    match with_table(&text, latest) {
        Some(now) if now != text => std::fs::write(&path, now).map_err(file),
        Some(_) | None => Ok(()),
    }
}

fn with_table(text: &str, latest: &Value) -> Option<String> {
    let (before, rest) = text.split_once(BEGINS)?;
    let (_, after) = rest.split_once(ENDS)?;
    Some(format!("{before}{BEGINS}\n{}{ENDS}{after}", table(latest)))
}

fn table(latest: &Value) -> String {
    let mut text = "| crash vectors | hold now | of |\n|---|---|---|\n".to_owned();
    let mut row = |name: &str, fixed: &Value, of: &Value| {
        let _ = writeln!(text, "| {name} | {fixed} | {of} |");
    };
    let names = ["tier 1, certain", "tier 2, under load", "tier 3, edge cases"];
    for (name, tier) in names.iter().zip(latest["tiers"].as_array().into_iter().flatten()) {
        row(name, &tier["fixed"], &tier["total"]);
    }
    let rows = || latest["vectors"].as_array().into_iter().flatten();
    let about_text = || rows().filter(|row| row["id"].as_str().is_some_and(|id| TEXT.contains(&id)));
    let fixed = about_text().filter(|row| row["status"] == "fixed").count();
    row("… of these, text", &fixed.into(), &about_text().count().into());
    let totals = &latest["totals"];
    row("found since", &totals["found_since_fixed"], &totals["found_since"]);
    text.push_str("\n[reports/latest.md](reports/latest.md) says where each vector stands.\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readme_says_what_the_last_report_says() {
        let repository = crate::repository();
        let readme = std::fs::read_to_string(repository.join("README.md")).unwrap();
        let latest = std::fs::read_to_string(repository.join("reports/latest.json")).unwrap();
        let latest: Value = serde_json::from_str(&latest).unwrap();
        assert!(with_table(&readme, &latest) == Some(readme), "stale: cargo run -p audit -- report");
    }

    #[test]
    fn only_what_lies_between_the_marks_is_written() {
        let latest = serde_json::json!({
            "tiers": [{ "fixed": 11, "total": 12 }],
            "vectors": [{ "id": "T3-08", "status": "open" }, { "id": "T3-09", "status": "fixed" }],
            "totals": { "found_since": 3, "found_since_fixed": 2 },
        });
        let text = with_table(&format!("a\n{BEGINS}stale\n{ENDS}b\n"), &latest).unwrap();
        assert!(text.starts_with("a\n") && text.ends_with("b\n") && !text.contains("stale"));
        for row in ["| tier 1, certain | 11 | 12 |", "text | 0 | 1 |", "| found since | 2 | 3 |"] {
            assert!(text.contains(row), "{text}");
        }
        assert_eq!(with_table("no marks\n", &latest), None);
    }
}
