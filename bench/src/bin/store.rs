//! The store beside SQLite (WAL, `synchronous=FULL`) and redb, in one run; writes the second table of
//! `runtime/docs/performance.md`.
//!
//! Arguments: how many entities (1,000,000 where none is said), and `saves` or `lookups` to measure nothing else, as for
//! a profile.
//! FLIN has the allocator that `flin` has, the others have what they come with. Everything lies in one temporary folder, so on one disk.
//! Durable saves are made in turn, a few by each, again and again, and all are counted: each pays for its own
//! checkpoints, and a bad moment of the disk meets everyone.

use flin_runtime::record::request::Given;
use flin_runtime::record::{
    Datum, EntityShape, FieldShape, FieldType, Key, Lookup, OnDelete, Reply, Request, Schema, Which, data,
};
use flin_runtime::store::disk::Folder;
use flin_runtime::store::session::Session;
use flin_runtime::store::state::Change;
use flin_runtime::store::{Options, Store, Transaction, TypeId};
use redb::{Database, ReadableTable as _, TableDefinition};
use rusqlite::Connection;
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 41;
const SAVES: usize = 80;
const SAVERS: usize = 64;
const SAVES_EACH: usize = 30;
const LOOKUPS: usize = 200_000;
const LOG_RECORDS: u64 = 100_000;
const NAMES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("names");
const BY_NAME: TableDefinition<'_, &str, u64> = TableDefinition::new("by_name");

fn field(name: &str, ty: FieldType) -> FieldShape {
    FieldShape {
        name: name.into(),
        ty,
        optional: false,
        hidden: false,
        constant: None,
        default: None,
        rules: Vec::new(),
        on_delete: OnDelete::Restrict,
    }
}

/// `entity Person { email: text @unique, name: text, age: int }`
fn schema() -> Schema {
    let fields =
        vec![field("email", FieldType::Text), field("name", FieldType::Text), field("age", FieldType::Int)];
    Schema {
        entities: vec![EntityShape { name: "Person".into(), fields, unique: vec![vec![0]], indexes: vec![] }],
    }
}

fn email(n: u64) -> String {
    format!("person-{n}@example.org")
}

fn declared(n: u64) -> Vec<u8> {
    let fields = [
        Datum::Text(email(n).into()),
        Datum::Text(format!("Person {n}").into()),
        Datum::Int((n % 90) as i64),
    ];
    data::encode(&fields).expect("flat values")
}

struct Flin {
    store: Store,
    next: u64,
}

impl Flin {
    fn open(folder: &Path) -> Self {
        let options = Options { memory_max: 8 << 30, ..Options::default() };
        let (store, _) =
            Store::open(Arc::new(Folder::new(folder)), &schema(), options).expect("a sound store");
        let next = store.view().state.next_id(TypeId(0));
        Self { store, next }
    }

    fn session(&self) -> Session {
        Session::new(Arc::new(schema()), Arc::new(self.store.clone()))
    }

    fn save(session: &mut Session, n: u64) {
        let request =
            Request::Save { entity: 0, id: None, version: 0, over: false, data: declared(n).into() };
        session.ask(request, 0).wait().expect("a save");
    }

    /// Rows in transactions of so many.
    fn fill(&mut self, count: u64, batch: u64) {
        let view = self.store.view();
        let bound = view.entity(0).expect("the entity").clone();
        let mut left = count;
        while left > 0 {
            let size = batch.min(left);
            let changes = (0..size).map(|at| {
                let id = self.store.reserve(bound.ty).expect("an id");
                let data =
                    view.state.binding().stored(&bound, &declared(self.next + at)).expect("declared fields");
                Change::Save { ty: bound.ty, id, insert: true, expected: None, now: 0, data }
            });
            let transaction = Transaction { changes: changes.collect(), ..Transaction::default() };
            self.store.commit(transaction).expect("a commit");
            self.next += size;
            left -= size;
        }
    }
}

fn sqlite(file: &Path) -> Connection {
    let db = Connection::open(file).expect("SQLite opens");
    db.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-1048576;
         CREATE TABLE IF NOT EXISTS person (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, age INTEGER NOT NULL)",
    )
    .expect("SQLite's settings");
    db
}

fn sqlite_save(db: &Connection, n: u64) {
    let mut insert =
        db.prepare_cached("INSERT INTO person (email, name, age) VALUES (?1, ?2, ?3)").expect("a statement");
    insert.execute((email(n), format!("Person {n}"), (n % 90) as i64)).expect("a row");
}

fn redb_save(db: &Database, numbers: impl Iterator<Item = u64>) {
    let write = db.begin_write().expect("a transaction");
    {
        let mut names = write.open_table(NAMES).expect("a table");
        let mut by_name = write.open_table(BY_NAME).expect("a table");
        for n in numbers {
            names.insert(n, declared(n).as_slice()).expect("a row");
            by_name.insert(email(n).as_str(), n).expect("a row");
        }
    }
    write.commit().expect("a commit");
}

fn timed<R>(work: impl FnOnce() -> R) -> (Duration, R) {
    let began = Instant::now();
    let result = work();
    (began.elapsed(), result)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Numbers that do not come in order.
fn shuffled(count: u64) -> impl Iterator<Item = u64> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    (0..LOOKUPS).map(move |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        1 + state % count
    })
}

fn folder_bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    entries.filter_map(|entry| Some(entry.metadata().ok()?.len())).sum()
}

fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

/// A durable save at a time, in turn; then many at once.
fn saves(home: &Path, table: &mut String) {
    let flin = Flin::open(&home.join("saves"));
    let mut session = flin.session();
    let lite = sqlite(&home.join("saves.sqlite"));
    let redb = Database::create(home.join("saves.redb")).expect("redb opens");
    let [mut ours, mut theirs, mut redbs, mut many] = [Duration::ZERO; 4];
    let mut n = 0;
    for round in 0..ROUNDS as u64 {
        n += SAVES as u64;
        ours += timed(|| (n - SAVES as u64..n).for_each(|n| Flin::save(&mut session, n))).0;
        theirs += timed(|| (n - SAVES as u64..n).for_each(|n| sqlite_save(&lite, n))).0;
        redbs += timed(|| (n - SAVES as u64..n).for_each(|n| redb_save(&redb, n..n + 1))).0;
        let took = timed(|| {
            std::thread::scope(|scope| {
                for saver in 0..SAVERS as u64 {
                    let flin = &flin;
                    scope.spawn(move || {
                        let mut session = flin.session();
                        let first = 1_000_000_000 + (round * SAVERS as u64 + saver) * SAVES_EACH as u64;
                        (first..first + SAVES_EACH as u64).for_each(|n| Flin::save(&mut session, n));
                    });
                }
            });
        });
        many += took.0;
    }
    let rate = |took: Duration, saves: usize| (ROUNDS * saves) as f64 / took.as_secs_f64();
    let [ours, theirs, redbs] = [ours, theirs, redbs].map(|took| rate(took, SAVES));
    let many = rate(many, SAVERS * SAVES_EACH);
    line(
        table,
        "one writer, a durable save at a time",
        "saves/s",
        [ours, theirs, redbs],
        (ours / theirs, "1"),
    );
    line(
        table,
        "64 savers at once, against SQLite's one",
        "saves/s",
        [many, theirs, redbs],
        (many / theirs, "5"),
    );
}

fn line(table: &mut String, what: &str, unit: &str, [a, b, c]: [f64; 3], (ratio, aim): (f64, &str)) {
    let shown = |value: f64| match value {
        0.0 => "–".to_owned(),
        value if value >= 100.0 => format!("{value:.0}"),
        value => format!("{value:.2}"),
    };
    writeln!(
        table,
        "| {what} | {unit} | {} | {} | {} | **{ratio:.2}** | {aim} |",
        shown(a),
        shown(b),
        shown(c)
    )
    .expect("a string");
}

fn lookups(flin: &Flin, lite: &Connection, redb: &Database, count: u64, table: &mut String) {
    let mut session = flin.session();
    let each = |took: Duration| took.as_secs_f64() * 1e6 / LOOKUPS as f64;
    let (mut ours, mut theirs, mut redbs) = (vec![], vec![], vec![]);
    let (mut our_unique, mut their_unique, mut redb_unique) = (vec![], vec![], vec![]);
    // FLIN's first has number 1, the others' 0: these all have.
    let emails: Vec<String> = shuffled((count - 1).max(1)).map(email).collect();
    let keys: Vec<Key> = emails.iter().map(|email| Key::Text(email.as_str().into())).collect();
    let mut by_id =
        lite.prepare("SELECT id, email, name, age FROM person WHERE id = ?1").expect("a statement");
    let mut by_email =
        lite.prepare("SELECT id, email, name, age FROM person WHERE email = ?1").expect("a statement");
    let row = |row: &rusqlite::Row<'_>| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get::<_, i64>(3)?))
    };
    for _ in 0..5 {
        ours.push(each(
            timed(|| {
                for id in shuffled(count) {
                    let reply = session
                        .ask(Request::Find { given: Given { entity: 0, id }, which: Which::Live }, 0)
                        .wait();
                    assert!(matches!(black_box(reply), Ok(Reply::Row(_))));
                }
            })
            .0,
        ));
        theirs.push(each(
            timed(|| {
                for id in shuffled(count) {
                    black_box(by_id.query_row([id as i64], row).expect("a row"));
                }
            })
            .0,
        ));
        redbs.push(each(
            timed(|| {
                let read = redb.begin_read().expect("a transaction");
                let names = read.open_table(NAMES).expect("a table");
                for id in shuffled(count) {
                    black_box(names.get(id - 1).expect("a read").expect("a row").value().to_vec());
                }
            })
            .0,
        ));
        our_unique.push(each(
            timed(|| {
                for key in &keys {
                    let by = Some(Lookup(vec![(0, key.clone())]));
                    let request =
                        Request::Scan { entity: 0, which: Which::Live, by, from: None, bytes_max: 64 << 10 };
                    match session.ask(request, 0).wait() {
                        Ok(Reply::Rows(batch)) => assert_eq!(black_box(batch).rows.len(), 1),
                        other => panic!("{other:?}"),
                    }
                }
            })
            .0,
        ));
        their_unique.push(each(
            timed(|| {
                for email in &emails {
                    black_box(by_email.query_row([email], row).expect("a row"));
                }
            })
            .0,
        ));
        redb_unique.push(each(
            timed(|| {
                let read = redb.begin_read().expect("a transaction");
                let names = read.open_table(NAMES).expect("a table");
                let by_name = read.open_table(BY_NAME).expect("a table");
                for email in &emails {
                    let id = by_name.get(email.as_str()).expect("a read").expect("a row").value();
                    black_box(names.get(id).expect("a read").expect("a row").value().to_vec());
                }
            })
            .0,
        ));
    }
    let (ours, theirs, redbs) = (median(ours), median(theirs), median(redbs));
    line(table, "find by id", "µs", [ours, theirs, redbs], (theirs / ours, "5"));
    let (ours, theirs, redbs) = (median(our_unique), median(their_unique), median(redb_unique));
    line(table, "find by unique value", "µs", [ours, theirs, redbs], (theirs / ours, "5"));
}

/// The 99th percentile of durable saves by 64 savers, before a checkpoint of everything and during it.
fn checkpoint(flin: &Flin, table: &mut String) {
    let stop = AtomicBool::new(false);
    let during = AtomicBool::new(false);
    let next = AtomicU64::new(2_000_000_000);
    let (mut before, mut meanwhile) = (Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        let savers: Vec<_> = (0..SAVERS)
            .map(|_| {
                scope.spawn(|| {
                    let (mut session, mut before, mut meanwhile) = (flin.session(), Vec::new(), Vec::new());
                    while !stop.load(Ordering::Relaxed) {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        let was = during.load(Ordering::Relaxed);
                        let took = timed(|| Flin::save(&mut session, n)).0.as_secs_f64() * 1e3;
                        let list =
                            if was || during.load(Ordering::Relaxed) { &mut meanwhile } else { &mut before };
                        list.push(took);
                    }
                    (before, meanwhile)
                })
            })
            .collect();
        std::thread::sleep(Duration::from_secs(3));
        during.store(true, Ordering::Relaxed);
        let (took, done) = timed(|| flin.store.checkpoint());
        done.expect("a checkpoint");
        stop.store(true, Ordering::Relaxed);
        eprintln!("the checkpoint took {:.1} s", took.as_secs_f64());
        for saver in savers {
            let (own_before, own_meanwhile) = saver.join().expect("a saver");
            before.extend(own_before);
            meanwhile.extend(own_meanwhile);
        }
    });
    let p99 = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() * 99 / 100).copied().unwrap_or(0.0)
    };
    eprintln!("{} saves before the checkpoint, {} during it", before.len(), meanwhile.len());
    let (calm, busy) = (p99(&mut before), p99(&mut meanwhile));
    writeln!(table, "| p99 of 64 savers: before a checkpoint, during it | ms | {calm:.2}, {busy:.2} | | | **{:.2}** | at most 3 |", busy / calm)
        .expect("a string");
}

fn main() {
    let Ok(count) = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse::<u64>()) else {
        eprintln!("usage: store [ENTITIES [saves|lookups]]");
        std::process::exit(2);
    };
    let home = tempfile::tempdir().expect("a folder");
    let home = home.path();
    let mut table =
        String::from("| | | FLIN | SQLite | redb | ratio | aim |\n|---|---|---:|---:|---:|---:|---:|\n");
    let only = std::env::args().nth(2);
    let (only_saves, only_lookups) = (only.as_deref() == Some("saves"), only.as_deref() == Some("lookups"));
    if !only_lookups {
        saves(home, &mut table);
        eprintln!("saves are measured");
    }
    if only_saves {
        return print!("{table}");
    }

    let folder = home.join("large");
    let before = resident();
    let mut flin = Flin::open(&folder);
    flin.fill(count, 1000);
    let in_memory = resident().saturating_sub(before) as f64 / count as f64;
    flin.store.checkpoint().expect("a checkpoint");
    let mut lite = sqlite(&home.join("large.sqlite"));
    for first in (0..count).step_by(10_000) {
        let transaction = lite.transaction().expect("a transaction");
        (first..count.min(first + 10_000)).for_each(|n| sqlite_save(&transaction, n));
        transaction.commit().expect("a commit");
    }
    lite.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("a checkpoint");
    let redb_file = home.join("large.redb");
    let redb = Database::create(&redb_file).expect("redb opens");
    for first in (0..count).step_by(10_000) {
        redb_save(&redb, first..count.min(first + 10_000));
    }
    eprintln!("filled; looking up");
    lookups(&flin, &lite, &redb, count, &mut table);
    if only_lookups {
        eprintln!(
            "{in_memory:.0} bytes in memory for each, {:.0} as counted",
            flin.store.health().bytes as f64 / count as f64
        );
        return print!("{table}");
    }
    let size =
        |name: &str| std::fs::metadata(home.join(name)).map_or(0, |found| found.len()) as f64 / count as f64;
    let snapshot: u64 = std::fs::read_dir(&folder)
        .expect("a folder")
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("snapshot"))
        .filter_map(|entry| Some(entry.metadata().ok()?.len()))
        .sum();
    line(
        &mut table,
        "bytes on disk for each",
        "bytes",
        [snapshot as f64 / count as f64, size("large.sqlite"), size("large.redb")],
        (size("large.sqlite") / (snapshot as f64 / count as f64), ""),
    );
    writeln!(table, "| bytes in memory for each, index included; as the store counts | bytes | {in_memory:.0}, {:.0} | | | | |",
        flin.store.health().bytes as f64 / count as f64).expect("a string");
    flin.fill(LOG_RECORDS, 1);
    flin.store.close().expect("an end");
    drop(flin);
    let bytes = folder_bytes(&folder) as f64;
    let ours = timed(|| Flin::open(&folder));
    let flin = ours.1;
    drop(lite);
    drop(redb);
    let theirs = timed(|| {
        let db = sqlite(&home.join("large.sqlite"));
        let sum: i64 = db
            .query_row("SELECT sum(length(email) + length(name) + age) FROM person", [], |row| row.get(0))
            .expect("a sum");
        black_box(sum);
    })
    .0
    .as_secs_f64();
    let redbs = timed(|| {
        let db = Database::create(&redb_file).expect("redb opens");
        let read = db.begin_read().expect("a transaction");
        let names = read.open_table(NAMES).expect("a table");
        let sum: usize = names.iter().expect("rows").map(|row| row.expect("a row").1.value().len()).sum();
        black_box(sum);
    })
    .0
    .as_secs_f64();
    let ours = ours.0.as_secs_f64();
    line(&mut table, "open, and read everything", "s", [ours, theirs, redbs], (theirs / ours, ""));
    writeln!(
        table,
        "| the same: snapshot and log of {LOG_RECORDS} records | MB/s | {:.0} | | | | |",
        bytes / ours / 1e6
    )
    .expect("a string");
    checkpoint(&flin, &mut table);
    flin.store.close().expect("an end");

    print!("{table}");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/docs/performance.md");
    let text = std::fs::read_to_string(&page).expect("the page");
    let (before, rest) = text.split_once("<!-- store -->\n").expect("a marker");
    let (_, after) = rest.split_once("<!-- end of store -->").expect("a second marker");
    std::fs::write(&page, format!("{before}<!-- store -->\n{table}<!-- end of store -->{after}"))
        .expect("a file");
    record(&table);
}

/// Puts the table's ratios, bold there, among the figures that `audit gate` holds to their limits.
fn record(table: &str) {
    let ratios = table.lines().filter_map(|row| {
        let (_, bold) = row.split_once("**")?;
        let ratio: f64 = bold.split("**").next()?.parse().ok()?;
        Some((row.split('|').nth(1)?.trim().to_owned(), serde_json::Value::from(ratio)))
    });
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../reports/figures.json");
    let text = std::fs::read_to_string(&file).expect("the figures");
    let mut figures: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let asked = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output().expect("git");
    figures["store"]["commit"] = String::from_utf8_lossy(&asked.stdout).trim().into();
    figures["store"]["ratios"] = ratios.collect::<serde_json::Map<_, _>>().into();
    std::fs::write(&file, format!("{figures:#}\n")).expect("a file");
}
