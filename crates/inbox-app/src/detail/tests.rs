use super::*;

#[test]
fn an_age_counts_whole_years_and_needs_a_complete_date() {
    let today = NaiveDate::from_ymd_opt(2026, 5, 3).unwrap();
    assert_eq!(age("1988-05-03", today), Some(38));
    assert_eq!(age("1988-05-04", today), Some(37));
    assert_eq!(age("1988-05", today), None);
    assert_eq!(age("2030-01-01", today), None);
}
