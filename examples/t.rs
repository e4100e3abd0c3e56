//! x
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let t = std::time::Instant::now();
    let l = drydock::data::read_csv(&drydock::data::Source::open(&path).unwrap(), &drydock::data::ReadOptions{threads: std::env::args().nth(2).map_or(0, |x| x.parse().unwrap()), hash: std::env::args().nth(3).is_some(), ..Default::default()}, &drydock::work::Progress::new());
    match l { Ok(l) => { println!("{:?} {:?} rows {}", t.elapsed(), l.dialect, l.table.n_rows());
    for (c, r) in l.table.columns().iter().zip(&l.columns) { println!("{} {} {:?} {:?} {:?}", c.name, c.kind(), r.decimal, r.unit, r.date); }
    for w in l.warnings.iter().take(20) { println!("{}: {}", w.line, w.message); } 
    if l.table.n_rows() < 10 { println!("{:?}", l.table); } }
    Err(e) => println!("ERR {e}") }
}
