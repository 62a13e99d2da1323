//! Hot queries use their indexes: EXPLAIN QUERY PLAN as a test.

use inbox_domain::{SearchRequest, View};
use rusqlite::types::Value;

use crate::search_text::Query;
use crate::vault::testing::{batch, message, monday, vault};
use crate::{messages, missed, outbox, retriage, search, view_sql};

/// The plan of a query on a vault that holds a little of everything.
fn plan(sql: &str, params: &[Value]) -> String {
    let (_dir, vault) = vault();
    vault.apply(&batch((0..50).map(|n| message(&format!("m{n}"), n, "some words"))), monday()).unwrap();
    vault
        .read(|db| {
            let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let steps = statement
                .query_map(rusqlite::params_from_iter(params), |row| row.get::<_, String>(3))?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(steps.join("\n"))
        })
        .unwrap()
}

#[test]
fn each_view_reads_its_own_index_in_order() {
    let params = [Value::Integer(0), Value::Null, Value::Integer(50), Value::Integer(0)];
    let views =
        View::ALL.into_iter().map(|view| (Some(view), format!("thread_{}", view.name().replace('-', "_"))));
    for (view, index) in views.chain([(None, "thread_activity".to_owned())]) {
        let plan = plan(&view_sql::page(view), &params);
        assert!(plan.contains(&format!("USING INDEX {index}")), "{view:?}: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{view:?} sorts: {plan}");
    }
}

#[test]
fn counts_read_partial_indexes() {
    for view in View::ALL {
        let plan = plan(&view_sql::count(Some(view)), &[Value::Integer(0), Value::Null]);
        assert!(
            plan.contains(&format!("INDEX thread_{}", view.name().replace('-', "_"))),
            "{view:?}: {plan}"
        );
    }
}

#[test]
fn opening_a_thread_reads_its_messages_in_order() {
    let plan = plan(&messages::of_thread_sql(), &[Value::Integer(1)]);
    assert!(plan.contains("USING INDEX message_thread (thread_id=?)"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{plan}");
}

#[test]
fn search_reads_the_index_newest_first() {
    let all = SearchRequest {
        words: "some".into(),
        patient: vec!["petra".into()],
        before: Some(monday()),
        unread: true,
        ..SearchRequest::default()
    };
    for request in [SearchRequest { words: "some".into(), ..SearchRequest::default() }, all] {
        let (_dir, vault) = vault();
        let query = Query::parse(&request.words);
        let sql = vault.read(|db| search::sql(db, &request, query.as_ref(), 50)).unwrap().unwrap();
        let plan = plan(&sql.text, &sql.values);
        assert!(plan.contains("VIRTUAL TABLE INDEX"), "{plan}");
        assert!(
            plan.contains("SEARCH m USING INDEX") && plan.contains("SEARCH b USING INTEGER PRIMARY KEY"),
            "{plan}"
        );
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}

#[test]
fn conditions_alone_read_messages_newest_first() {
    let request =
        SearchRequest { after_hours: Some(true), after: Some(monday()), ..SearchRequest::default() };
    let (_dir, vault) = vault();
    let sql = vault.read(|db| search::sql(db, &request, None, 50)).unwrap().unwrap();
    let plan = plan(&sql.text, &sql.values);
    assert!(plan.contains("search_id>?") && !plan.contains("TEMP B-TREE"), "{plan}");
}

#[test]
fn due_reads_unsettled_entries_only() {
    let plan = plan(&outbox::due_sql(), &[Value::Integer(0)]);
    assert!(plan.contains("e USING INDEX outbox_due"), "{plan}");
    assert!(
        !plan.contains("TEMP B-TREE")
            && plan.contains("b USING")
            && plan.contains("outbox_unsettled (thread_id=? AND"),
        "{plan}"
    );
}

#[test]
fn a_page_to_judge_again_is_read_by_id_from_where_it_goes_on() {
    let plan = plan(retriage::PAGE, &[Value::Integer(7), Value::Integer(200)]);
    assert!(plan.contains("SEARCH m USING INTEGER PRIMARY KEY (rowid>?)"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{plan}");
}

#[test]
fn what_rules_raised_is_counted_in_their_index() {
    let plan = plan(missed::COUNTS, &[]);
    assert!(plan.contains("USING COVERING INDEX flag_rule"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}

#[test]
fn reports_of_a_thread_are_looked_up_message_by_message() {
    let plan = plan(missed::OF_THREAD, &[Value::Integer(1)]);
    assert!(plan.contains("INDEX message_thread (thread_id=?)"), "{plan}");
    assert!(plan.contains("x USING PRIMARY KEY (message_id=?)") && !plan.contains("SCAN"), "{plan}");
}
