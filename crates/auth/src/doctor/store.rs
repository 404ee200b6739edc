//! The session store: whether it answers, its schema, and whether the program can write.

use super::{Checkup, Finding};
use crate::store::{self, Inspection, SchemaState, StoreError, StoreKind};

const VARIABLE: &str = "SESSION_STORE_URL";

pub(super) async fn check(checkup: &Checkup) -> Vec<Finding> {
    let found = match store::inspect(&checkup.config.store_url).await {
        Ok(found) => found,
        // The sentence contains the fix.
        Err(StoreError(problem)) => return vec![Finding::plain_error(VARIABLE, problem)],
    };
    let Inspection { kind, place, schema, read_only, risks } = found;
    let mut findings = vec![match kind {
        StoreKind::Memory if checkup.config.public_urls.any_is_https() => {
            let found = "memory: every session is lost when the process stops";
            Finding::warning(VARIABLE, found, "use sqlite://, postgres:// or redis://")
        }
        StoreKind::Memory => {
            Finding::ok(VARIABLE, "memory: for trying out; the sessions end with the process")
        }
        _ => Finding::ok(VARIABLE, format!("{place} answers")),
    }];
    findings.extend(schema.map(|state| schema_finding(state, checkup)));
    findings.extend(read_only.map(|reason| {
        Finding::error("store", format!("not writable: {reason}"), "give the program's user write access")
    }));
    findings.extend(risks.into_iter().map(|risk| {
        let (found, fix) = risk.split_once("; ").unwrap_or((risk.as_str(), "see docs/deploy.md"));
        Finding::warning("store", found, fix)
    }));
    findings
}

fn schema_finding(state: SchemaState, checkup: &Checkup) -> Finding {
    const SUBJECT: &str = "store schema";
    let program = &checkup.program;
    match state {
        SchemaState::Current { version } => Finding::ok(SUBJECT, format!("version {version} is up to date")),
        SchemaState::Newer { found, known } => {
            let note = format!("version {found}, later than this program's {known}, which works with it");
            Finding::ok(SUBJECT, note)
        }
        SchemaState::Older { found, wanted } if checkup.config.migrates_store => {
            let found = match found {
                0 => format!("there is no schema yet; the start creates version {wanted}"),
                found => {
                    format!("version {found} is older than this program's {wanted}; the start migrates it")
                }
            };
            Finding::warning(SUBJECT, found, format!("run {program} migrate, or let the start do it"))
        }
        SchemaState::Older { found, wanted } => {
            let found = format!(
                "version {found} is older than this program's {wanted}, and AUTH_STORE_MIGRATE is 0, so the start \
                 is refused"
            );
            Finding::error(SUBJECT, found, format!("run {program} migrate"))
        }
        SchemaState::TooNew { .. } | SchemaState::Changed { .. } => {
            Finding::plain_error(SUBJECT, state.check().err().unwrap_or_default())
        }
    }
}
