//! One request for every row: order, several at once, stopping, giving up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use drydock::client::Client;
use drydock::client::collection::SavedRequest;
use drydock::client::rows::{RowsPlan, run_rows};
use drydock::client::variables::Values;
use drydock::data::{Column, Table};
use drydock::work::Progress;

use super::exchange::direct;
use super::server::{Server, reply};

fn plan(url: &str, n: usize, concurrency: usize) -> RowsPlan {
    let values: Vec<f64> = (0..n).map(|row| row as f64).collect();
    RowsPlan {
        request: SavedRequest::new("a", "POST", url).json("{\"x\": {{x}}}"),
        values: Values::new(),
        workspace: std::path::PathBuf::new(),
        table: Arc::new(Table::new(vec![Column::number("x", values)]).unwrap()),
        settings: direct(),
        concurrency,
    }
}

#[test]
fn every_row_is_answered_once_and_in_order_with_several_under_way() {
    static NOW: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    let server = Server::new(|request, stream| {
        MOST.fetch_max(NOW.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(5));
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        let x = body["x"].as_f64().unwrap();
        NOW.fetch_sub(1, Ordering::SeqCst);
        if x == 7.0 {
            return reply(
                stream,
                422,
                "Content-Type: application/problem+json\r\n",
                b"{\"detail\": \"seven, of all\"}",
            );
        }
        reply(
            stream,
            200,
            "Content-Type: application/json\r\n",
            format!("{{\"prediction\": {}}}", x * 2.0).as_bytes(),
        )
    });
    let mut told = 0;
    let run =
        run_rows(&Client::new().unwrap(), &plan(&server.url("/"), 60, 8), &Progress::new(), &mut |_| {
            told += 1;
        });
    assert_eq!((told, run.results.len(), run.cancelled), (60, 60, false));
    for (row, result) in run.results.iter().enumerate() {
        assert_eq!(result.row, row);
        if row == 7 {
            assert_eq!((result.status, result.error.as_deref()), (Some(422), Some("seven, of all")));
        } else {
            let prediction: f64 = result.prediction.as_ref().unwrap().parse().unwrap();
            assert_eq!(prediction, row as f64 * 2.0);
        }
    }
    let most = MOST.load(Ordering::SeqCst);
    assert!((2..=8).contains(&most), "{most} at once");
    let csv = String::from_utf8(run.to_csv()).unwrap();
    assert!(csv.starts_with("row,status,milliseconds,prediction,error\n1,200,"), "{csv}");
    assert!(csv.contains(",\"seven, of all\"\n"), "{csv}");
}

#[test]
fn a_run_is_stopped_with_what_it_has_and_gives_up_where_nobody_listens() {
    let server = Server::new(|_, stream| {
        std::thread::sleep(Duration::from_millis(20));
        reply(stream, 200, "", b"{}")
    });
    let progress = Progress::new();
    let stopper = progress.clone();
    let run = run_rows(&Client::new().unwrap(), &plan(&server.url("/"), 1000, 2), &progress, &mut |result| {
        if result.row == 10 {
            stopper.cancel();
        }
    });
    assert!(run.cancelled && (10..20).contains(&run.results.len()), "{}", run.results.len());

    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let run = run_rows(
        &Client::new().unwrap(),
        &plan(&format!("http://127.0.0.1:{free}/"), 1000, 1),
        &Progress::new(),
        &mut |_| (),
    );
    assert_eq!(run.results.len(), 5);
    assert!(run.given_up.unwrap().contains("refused"));
}
