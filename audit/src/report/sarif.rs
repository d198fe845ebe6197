//! SARIF 2.1.0, for code hosts: a rule for each vector, a result for each that is open or regressed, and for each open
//! crash of the corpus. Places are those of the guards.

use super::model::{Page, VectorPage};
use crate::cases::Status;
use serde_json::{Value, json};

/// The log.
pub fn log(page: &Page) -> Value {
    let rules: Vec<Value> = page.vectors.iter().map(rule).collect();
    let fell = |vector: &&VectorPage| matches!(vector.row.status, Status::Open | Status::Regressed);
    let results: Vec<Value> = page.vectors.iter().filter(fell).map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "FLIN audit",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(vector: &VectorPage) -> Value {
    let row = &vector.row;
    json!({
        "id": row.id,
        "name": row.title,
        "shortDescription": { "text": row.title },
        "fullDescription": { "text": format!("{} {} {}", vector.cause, vector.consequence, vector.trigger) },
        "help": { "text": format!("Expected: {} See it: {}", vector.expected, row.repro) },
        "properties": { "tags": [row.component, format!("tier {}", row.tier.0)] },
    })
}

fn result(vector: &VectorPage) -> Value {
    let row = &vector.row;
    let outcome = row.outcome.map_or("unknown", crate::harness::Outcome::name);
    let level = if row.status == Status::Regressed { "error" } else { "warning" };
    let locations: Vec<Value> = vector.places.iter().filter_map(|place| location(place)).collect();
    json!({
        "ruleId": row.id,
        "level": level,
        "message": { "text": format!("{} {}: {outcome}. {}", row.id, row.status.name(), vector.detail) },
        "locations": locations,
        "partialFingerprints": { "vector/v1": row.id },
    })
}

/// `Guard (runtime/src/value/number.rs:7)`, as the model has it.
fn location(place: &str) -> Option<Value> {
    let (_, place) = place.strip_suffix(')')?.split_once('(')?;
    let (file, line) = place.rsplit_once(':')?;
    let line: u64 = line.parse().ok().filter(|line| *line > 0)?;
    Some(json!({ "physicalLocation": {
        "artifactLocation": { "uri": file, "uriBaseId": "%SRCROOT%" },
        "region": { "startLine": line },
    }}))
}

#[cfg(test)]
mod tests {
    use super::super::golden;
    use super::*;

    #[test]
    fn it_validates_against_the_published_schema() {
        // As published, one pattern ends in a bracket that nothing opened, which strict readers of patterns refuse.
        let published = include_str!("../../schemas/sarif-2.1.0.json");
        let schema: Value = serde_json::from_str(&published.replace("{2}]?$", "{2}\\\\]?$")).unwrap();
        let validator = jsonschema::draft7::new(&schema).unwrap();
        let log = log(&golden::page());
        let errors: Vec<String> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
        let mut wrong = log.clone();
        wrong["version"] = json!("2.0.0");
        assert!(!validator.is_valid(&wrong));
    }

    #[test]
    fn what_fell_is_a_result_with_a_place() {
        let log = log(&golden::page());
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), 1);
        assert_eq!(results[0]["locations"][0]["physicalLocation"]["region"]["startLine"], 7);
    }
}
