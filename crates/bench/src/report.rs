//! The report, in Markdown for the docs.

use crate::{
    cli::{Options, StoreKind},
    machine::{self, CoreAssignment},
    measure::{Case, Figures, IN_USE, Measured},
};
use std::time::Duration;

/// Load average above which the report calls the machine busy.
const BUSY: f64 = 0.5;
/// Aim: the status, signed in, reaches at least this fraction of the bare handler's requests per second.
const AIM_OF_BARE: f64 = 0.7;
/// Aim: the largest store is at most this many times slower than the smallest.
const AIM_SLOWER: f64 = 1.2;

/// The results for one store with one number of sessions.
#[derive(Clone, Debug)]
pub(crate) struct Phase {
    pub(crate) store: StoreKind,
    pub(crate) sessions: u32,
    pub(crate) bare: Figures,
    pub(crate) measured: Vec<Measured>,
    /// Resident memory after the start, in bytes.
    pub(crate) idle: Option<u64>,
    /// Resident memory after the load, in bytes.
    pub(crate) loaded: Option<u64>,
}

/// Resident memory of the bare handler, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BareMemory {
    pub(crate) idle: Option<u64>,
    pub(crate) loaded: Option<u64>,
}

/// Describes the machine and the measurement.
pub(crate) fn preface(options: &Options, cores: CoreAssignment, load_average: Option<f64>) -> String {
    let places = match cores {
        CoreAssignment::Apart { server, load } => {
            format!("the server has core {server}, wrk and Redis have core {load}")
        }
        CoreAssignment::Shared => "server, wrk and Redis share them, which lowers the figures".into(),
    };
    let busy = match load_average {
        Some(average) if average > BUSY => {
            format!("The machine was BUSY with other things: load average {average:.2} at the start. ")
        }
        Some(average) => format!("Load average {average:.2} at the start. "),
        None => String::new(),
    };
    let build = if cfg!(debug_assertions) { "DEBUG BUILD: these figures mean nothing. " } else { "" };
    format!(
        "{build}{} cores: {places}. {busy}wrk -t1 -c{}, {} rounds of {} s, each right after the bare handler; \
         medians.",
        machine::count(),
        options.connections,
        options.rounds,
        options.seconds
    )
}

/// Returns the tables and the verdict.
pub(crate) fn report(phases: &[Phase], bare: BareMemory) -> String {
    let mut lines = vec![
        "| store | sessions | request | req/s | p99 | of bare | CPU a request | slower than with fewest |"
            .into(),
        "|---|--:|---|--:|--:|--:|--:|--:|".to_owned(),
    ];
    for phase in phases {
        let place = format!("| {} | {}", phase.store, grouped(phase.sessions.into()));
        lines.push(format!(
            "{place} | bare axum handler, same cookie | {} | 1 | {} | |",
            speed(&phase.bare),
            micros(phase.bare.processor)
        ));
        for row in &phase.measured {
            let slower = slower(phases, phase, row).map(|times| format!("{times:.2} ×")).unwrap_or_default();
            lines.push(format!(
                "{place} | {} | {} | {:.2} | {} | {slower} |",
                name(row.case),
                speed(&row.figures),
                row.of_bare,
                micros(row.figures.processor)
            ));
        }
    }
    lines.extend([String::new(), "| memory | idle | loaded |".into(), "|---|--:|--:|".into()]);
    lines.push(format!("| bare axum handler | {} | {} |", megabytes(bare.idle), megabytes(bare.loaded)));
    for phase in phases {
        let sessions = grouped(phase.sessions.into());
        let (idle, loaded) = (megabytes(phase.idle), megabytes(phase.loaded));
        lines.push(format!("| main, {}, {sessions} sessions | {idle} | {loaded} |", phase.store));
    }
    lines.push(String::new());
    lines.extend(verdict(phases));
    lines.join("\n")
}

fn name(case: Case) -> String {
    match case {
        Case::Poll => "status, signed in, `?peek=1`".into(),
        Case::Check => "status, signed in".into(),
        Case::SignedOut => "status, no cookie".into(),
        Case::Page => "`/protected` rendered, signed in".into(),
        Case::PollsInUse => format!("status, `?peek=1`, {} sessions at random", grouped(IN_USE.into())),
        Case::PollsOfAll => "status, `?peek=1`, all sessions at random".into(),
    }
}

/// Returns how many times slower a row is than with the fewest sessions in the same store. Compares the
/// ratios to the bare handler, so that noise at another moment does not count.
fn slower(phases: &[Phase], phase: &Phase, row: &Measured) -> Option<f64> {
    let fewest = phases.iter().find(|other| other.store == phase.store)?;
    if fewest.sessions == phase.sessions {
        return None;
    }
    let case = if row.case == Case::PollsOfAll { Case::PollsInUse } else { row.case };
    let same = fewest.measured.iter().find(|other| other.case == case)?;
    Some(same.of_bare / row.of_bare)
}

fn verdict(phases: &[Phase]) -> Vec<String> {
    let rows = || phases.iter().flat_map(|phase| phase.measured.iter().map(move |row| (phase, row)));
    let worst_of_bare = rows()
        .filter(|(_, row)| matches!(row.case, Case::Poll | Case::Check | Case::PollsInUse))
        .map(|(_, row)| row.of_bare)
        .min_by(f64::total_cmp);
    let slowest = |of_all: bool| {
        rows()
            .filter(|(_, row)| (row.case == Case::PollsOfAll) == of_all)
            .filter_map(|(phase, row)| slower(phases, phase, row))
            .max_by(f64::total_cmp)
    };
    let reached = |is: bool| if is { "reached" } else { "MISSED" };
    let mut lines = Vec::new();
    if let Some(worst) = worst_of_bare {
        let reached = reached(worst >= AIM_OF_BARE);
        lines.push(format!("Status, signed in: {worst:.2} of bare at worst; aim {AIM_OF_BARE}: {reached}."));
    }
    if let Some(times) = slowest(false) {
        let reached = reached(times <= AIM_SLOWER);
        lines.push(format!(
            "Most sessions against fewest, sessions in use: {times:.2} × slower at worst; aim {AIM_SLOWER}: {reached}."
        ));
    }
    if let Some(times) = slowest(true) {
        lines.push(format!(
            "Most sessions against fewest, where each request asks the store: {times:.2} × at worst."
        ));
    }
    lines
}

fn speed(figures: &Figures) -> String {
    let p99 = figures.p99.as_secs_f64() * 1e3;
    format!("{} | {p99:.2} ms", grouped(figures.requests_per_second.round() as u64))
}

fn micros(duration: Duration) -> String {
    format!("{:.1} µs", duration.as_secs_f64() * 1e6)
}

fn megabytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "?".into(), |bytes| format!("{:.0} MB", bytes as f64 / 1e6))
}

/// Formats a number with grouped digits: `1 000 000`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests;
