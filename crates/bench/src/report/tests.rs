use super::*;

fn figures(requests_per_second: f64) -> Figures {
    let processor = Duration::from_secs_f64(1.0 / requests_per_second);
    Figures { requests_per_second, p99: Duration::from_micros(870), processor }
}

fn phase(sessions: u32, rows: &[(Case, f64)]) -> Phase {
    let measured = rows
        .iter()
        .map(|&(case, of_bare)| Measured { case, figures: figures(100_000.0 * of_bare), of_bare })
        .collect();
    let (idle, loaded) = (Some(12_400_000), None);
    Phase { store: StoreKind::Sqlite, sessions, bare: figures(100_000.0), measured, idle, loaded }
}

fn two() -> [Phase; 2] {
    [
        phase(1000, &[(Case::Poll, 0.8), (Case::PollsInUse, 0.75)]),
        phase(1_000_000, &[(Case::Poll, 0.8), (Case::PollsInUse, 0.5), (Case::PollsOfAll, 0.25)]),
    ]
}

const NO_MEMORY: BareMemory = BareMemory { idle: None, loaded: None };

#[test]
fn each_request_is_a_row_with_its_ratios() {
    let report = report(&two(), NO_MEMORY);
    for row in [
        "| SQLite | 1 000 | bare axum handler, same cookie | 100 000 | 0.87 ms | 1 | 10.0 µs | |",
        "| SQLite | 1 000 | status, signed in, `?peek=1` | 80 000 | 0.87 ms | 0.80 | 12.5 µs |  |",
        "| SQLite | 1 000 000 | status, signed in, `?peek=1` | 80 000 | 0.87 ms | 0.80 | 12.5 µs | 1.00 × |",
        "| SQLite | 1 000 000 | status, `?peek=1`, 1 000 sessions at random | 50 000 | 0.87 ms | 0.50 | 20.0 µs | 1.50 × |",
        "| SQLite | 1 000 000 | status, `?peek=1`, all sessions at random | 25 000 | 0.87 ms | 0.25 | 40.0 µs | 3.00 × |",
        "| main, SQLite, 1 000 sessions | 12 MB | ? |",
    ] {
        assert!(report.lines().any(|line| line == row), "{row}\nis not in\n{report}");
    }
}

#[test]
fn a_missed_aim_is_reported() {
    let verdict = verdict(&two());
    assert_eq!(verdict[0], "Status, signed in: 0.50 of bare at worst; aim 0.7: MISSED.");
    assert!(verdict[1].contains("1.50 × slower at worst; aim 1.2: MISSED."), "{}", verdict[1]);
    assert!(verdict[2].contains("asks the store: 3.00 × at worst."), "{}", verdict[2]);
}

#[test]
fn a_single_size_is_not_compared() {
    let verdict = verdict(&two()[..1]);
    assert_eq!(verdict, ["Status, signed in: 0.75 of bare at worst; aim 0.7: reached."]);
}

#[test]
fn a_busy_machine_and_a_single_core_are_reported() {
    let options = Options {
        stores: vec![StoreKind::Sqlite],
        sessions: vec![1000],
        rounds: 3,
        seconds: 2,
        connections: 32,
        main: None,
    };
    let busy = preface(&options, CoreAssignment::Shared, Some(1.5));
    assert!(busy.contains("BUSY") && busy.contains("1.50") && busy.contains("share"), "{busy}");
    let quiet = preface(&options, CoreAssignment::Apart { server: 0, load: 1 }, Some(0.1));
    assert!(
        !quiet.contains("BUSY") && quiet.contains("core 0") && quiet.contains("3 rounds of 2 s"),
        "{quiet}"
    );
}

#[test]
fn large_numbers_are_grouped() {
    for (number, text) in [(0, "0"), (999, "999"), (1000, "1 000"), (1_234_567, "1 234 567")] {
        assert_eq!(grouped(number), text);
    }
}
