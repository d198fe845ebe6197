//! JUnit XML, for the machinery that builds: a suite a tier, a test a vector.
//!
//! Invariant: it validates against `schemas/junit.xsd`, which Jenkins published and other readers know.

use super::model::{Page, VectorPage};
use crate::cases::Status;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;

/// The XML.
pub fn xml(page: &Page) -> Result<String, quick_junit::SerializeError> {
    let xml = report(page).to_string()?;
    // The library counts what was skipped over all suites, too, and the schema has that attribute for one suite only.
    let (head, suites) = xml.split_once("<testsuite ").unwrap_or((&xml, ""));
    let Some((before, rest)) = head.split_once(" skipped=\"") else { return Ok(xml) };
    let after = rest.split_once('"').map_or("", |(_, after)| after);
    Ok(format!("{before}{after}<testsuite {suites}"))
}

fn report(page: &Page) -> Report {
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    for vector in &page.vectors {
        let tier = vector.row.tier.0.name();
        let suite = suites.entry(tier).or_insert_with(|| TestSuite::new(format!("tier {tier}")));
        suite.add_test_case(case(vector));
    }
    let mut report = Report::new("FLIN crash vectors");
    report.add_test_suites(suites.into_values());
    report
}

fn case(vector: &VectorPage) -> TestCase {
    let row = &vector.row;
    let status = match row.status {
        Status::Fixed => TestCaseStatus::success(),
        Status::NotEncoded => {
            let mut status = TestCaseStatus::skipped();
            status.set_description("there is no case yet");
            status
        }
        Status::Open | Status::Regressed => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(row.outcome.map_or("unknown", crate::harness::Outcome::name));
            status.set_message(&vector.detail);
            status
        }
    };
    let mut case = TestCase::new(format!("{} {}", row.id, row.title), status);
    case.set_classname(format!("audit.{}", row.component));
    case
}

#[cfg(test)]
mod tests {
    use super::super::golden;
    use super::*;

    const SCHEMA: &str = include_str!("../../schemas/junit.xsd");

    /// Elements and attributes that the schema does not allow.
    fn complaints(xml: &str) -> Vec<String> {
        let document = oxml::parse(xml).unwrap();
        let schema = xmlschema::parse_schema(SCHEMA).unwrap();
        let report = xmlschema::validate(&document, &schema);
        let mut found: Vec<String> = report.violations.iter().map(ToString::to_string).collect();
        // The validator lets attributes pass that no element declares.
        let schema = oxml::parse(SCHEMA).unwrap();
        for id in document.descendants() {
            let Some(element) = document.element_name(id).map(|name| name.local.as_str()) else { continue };
            let declared = declared(&schema, element);
            let names = document.attributes(id).into_iter().filter_map(|a| document.name(a.name));
            let unknown = names.filter(|name| !declared.contains(&name.local.as_str()));
            found.extend(unknown.map(|name| format!("{element}: undeclared attribute {}", name.local)));
        }
        found
    }

    fn declared<'a>(schema: &'a oxml::Document, element: &str) -> Vec<&'a str> {
        let local = |id| schema.element_name(id).map(|name| name.local.as_str());
        let is_it = |id: &oxml::NodeId| {
            local(*id) == Some("element") && schema.attribute(*id, "name") == Some(element)
        };
        let below = schema.descendants().filter(is_it).flat_map(|id| schema.descendants_of(id));
        below
            .filter(|id| local(*id) == Some("attribute"))
            .filter_map(|id| schema.attribute(id, "name"))
            .collect()
    }

    #[test]
    fn it_validates_against_the_published_schema() {
        let xml = xml(&golden::page()).unwrap();
        assert_eq!(complaints(&xml), Vec::<String>::new());
        for (from, to) in [
            ("<testsuites ", "<testsuites skipped=\"2\" "),
            (" tests=\"3\"", ""),
            ("classname", "class"),
            ("testcase", "case"),
            ("<skipped>", "<failure/><skipped>"),
        ] {
            let wrong = xml.replace(from, to);
            assert!(wrong != xml && !complaints(&wrong).is_empty(), "{from} as {to} passes");
        }
    }

    #[test]
    fn it_reads_back_as_the_fields_data_model_and_counts() {
        let page = golden::page();
        let read = Report::deserialize_from_str(&xml(&page).unwrap()).unwrap();
        assert_eq!(read.tests, page.vectors.len());
        let failed = page.vectors.iter().filter(|v| matches!(v.row.status, Status::Open | Status::Regressed));
        assert_eq!(read.failures, failed.count());
        assert_eq!(read.test_suites.len(), 2);
        assert!(xml(&page).unwrap().ends_with("</testsuites>\n"));
    }
}
