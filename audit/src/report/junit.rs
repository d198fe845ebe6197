//! JUnit XML, for the machinery that builds: a suite a tier, a test a vector.

use super::model::{Page, VectorPage};
use crate::cases::Status;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;

/// The XML.
pub fn xml(page: &Page) -> Result<String, quick_junit::SerializeError> {
    report(page).to_string()
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
            status.set_message("there is no case yet");
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

    #[test]
    fn it_reads_back_as_the_fields_data_model_and_counts() {
        let page = golden::page();
        let read = Report::deserialize_from_str(&xml(&page).unwrap()).unwrap();
        assert_eq!(read.tests, page.vectors.len());
        let failed = page.vectors.iter().filter(|v| matches!(v.row.status, Status::Open | Status::Regressed));
        assert_eq!(read.failures, failed.count());
        assert_eq!(read.test_suites.len(), 2);
    }
}
