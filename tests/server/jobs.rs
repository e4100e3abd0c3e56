//! Jobs: handed in, looked at, fetched, deleted.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::http::{Answer, get, post, send};
use super::served::{core, line, server, shared};

const RECORD: &str = r#"{"a": 4, "shop": "Y", "open": true}"#;

/// Waits until a job is neither queued nor running.
fn ended(addr: SocketAddr, id: &str) -> Value {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let job = get(addr, &format!("/jobs/{id}")).is(200).json();
        if !["queued", "running"].contains(&job["status"].as_str().unwrap()) {
            return job;
        }
        assert!(Instant::now() < until, "{job}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn id(answer: &Answer) -> String {
    answer.json()["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_job_is_taken_done_fetched_and_deleted() {
    let taken = post(shared(), "/jobs", format!(r#"{{"records": [{RECORD}, {RECORD}]}}"#)).is(202);
    let id = id(&taken);
    assert_eq!(taken.header("location"), Some(format!("/jobs/{id}").as_str()));
    let job = ended(shared(), &id);
    assert_eq!((&job["status"], &job["rows"], &job["model"]), (&json!("done"), &json!(2), &json!("line")));
    let result = get(shared(), &format!("/jobs/{id}/result")).is(200).json();
    assert_eq!(result["predictions"][1].as_f64().unwrap().to_bits(), core(&line(), RECORD).to_bits());
    send(shared(), &format!("DELETE /jobs/{id} HTTP/1.1"), b"").is(204);
    for path in [format!("/jobs/{id}"), format!("/jobs/{id}/result")] {
        assert_eq!(get(shared(), &path).is(404).json()["code"], "job_not_found");
    }
}

#[test]
fn a_job_may_name_its_model_and_may_be_csv() {
    let taken = post(shared(), "/jobs?model=plane", r#"[{"a": 3, "b": 1}]"#).is(202);
    assert_eq!(ended(shared(), &id(&taken))["model"], "plane");
    post(shared(), "/jobs?model=nobody", RECORD).is(404);
    let csv =
        send(shared(), "POST /jobs?model=plane HTTP/1.1\ncontent-type: text/csv", b"a,b\n3,1\n1,1\n").is(202);
    let id = id(&csv);
    assert_eq!(ended(shared(), &id)["rows"], 2);
    let result = get(shared(), &format!("/jobs/{id}/result")).is(200);
    assert!(result.text().starts_with("a,b,prediction\n3,1,"), "{}", result.text());
    // what is wrong with a CSV comes out when it is read
    let wrong =
        send(shared(), "POST /jobs?model=plane HTTP/1.1\ncontent-type: text/csv", b"a,c\n3,1\n").is(202);
    let wrong_id = wrong.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(ended(shared(), &wrong_id)["status"], "failed");
    get(shared(), &format!("/jobs/{wrong_id}/result")).is(422);
}

#[test]
fn wrong_rows_are_told_when_they_are_handed_in() {
    let problem = post(shared(), "/jobs", r#"[{"a": "x", "shop": "X", "open": true}]"#).is(422).json();
    assert_eq!((&problem["record"], &problem["field"]), (&json!(0), &json!("a")));
    post(shared(), "/jobs", "{").is(400);
}

#[test]
fn the_same_idempotency_key_is_the_same_job() {
    let hand_in = |key: &str, body: &str| {
        send(
            shared(),
            &format!("POST /jobs HTTP/1.1\ncontent-type: application/json\nidempotency-key: {key}"),
            body.as_bytes(),
        )
    };
    let first = id(&hand_in("order-1", RECORD).is(202));
    assert_eq!(id(&hand_in("order-1", RECORD).is(202)), first);
    let other = format!("[{RECORD}]");
    assert_eq!(hand_in("order-1", &other).is(422).json()["code"], "idempotency_key_reused");
    assert_ne!(id(&hand_in("order-2", RECORD).is(202)), first);
}

#[test]
fn stopping_finishes_the_jobs_that_were_taken() {
    let server = server();
    server.set_workers(1);
    for _ in 0..20 {
        post(server.addr(), "/jobs", format!("[{}]", vec![RECORD; 500].join(","))).is(202);
    }
    assert!(server.stop_within(Duration::from_mins(1)));
    let jobs = server.status().jobs;
    assert_eq!(jobs, [("queued", 0), ("running", 0), ("done", 20), ("failed", 0)]);
}
