//! Repeated `kill -9` under load. Acknowledged sign-outs stay ended, acknowledged sign-ins and changes are
//! kept, and the store opens normally.

use crate::support::{Main, Suite};
use auth::{http::HttpError, random::Random};
use futures::future::join_all;
use std::sync::atomic::{AtomicU32, Ordering};
use test_support::{Browser, until};

/// How many clients work at the same time.
const CLIENTS: usize = 4;
/// How many answers a process gives before it is killed: minimum and maximum.
const ANSWERS: (u32, u32) = (15, 45);

/// What a client knows about a session: the acknowledged changes, and the last request without an answer.
struct ClientSession {
    browser: Browser,
    /// The last number whose save was acknowledged.
    saved: Option<u64>,
    /// The number in a save that was not acknowledged.
    asked: Option<u64>,
    ended: Ended,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Ended {
    No,
    Perhaps,
    Yes,
}

/// Works until the process is gone: signs in, saves numbers, opens a page, and signs out of every second
/// session.
async fn work(suite: &Suite, answered: &AtomicU32) -> Vec<ClientSession> {
    let mut sessions = Vec::new();
    while let Ok(known) = begin(suite).await {
        answered.fetch_add(1, Ordering::SeqCst);
        let turn = sessions.len();
        sessions.push(known);
        if work_on(&suite.mains[0], &mut sessions[turn], turn, answered).await.is_err() {
            break;
        }
    }
    sessions
}

async fn begin(suite: &Suite) -> Result<ClientSession, HttpError> {
    let mut browser = Browser::new();
    suite.provider.sign_in(&mut browser, &suite.mains[0].url, "alice").await?;
    Ok(ClientSession { browser, saved: None, asked: None, ended: Ended::No })
}

async fn work_on(
    main: &Main,
    known: &mut ClientSession,
    turn: usize,
    answered: &AtomicU32,
) -> Result<(), HttpError> {
    for number in 0..u64::from(!turn.is_multiple_of(3)) * 4 {
        known.asked = Some(number);
        let page = main.try_save(&mut known.browser, number).await?;
        assert!(page.status.is_success(), "{}", page.body);
        (known.saved, known.asked) = (Some(number), None);
        answered.fetch_add(1, Ordering::SeqCst);
    }
    known.browser.try_get(&main.at("/protected")).await?;
    if turn.is_multiple_of(2) {
        known.ended = Ended::Perhaps;
        // The client keeps the cookie, so that the test can present it again.
        let page = main.try_sign_out(&mut known.browser.clone()).await?;
        assert_eq!(page.path(), "/signed-out");
        known.ended = Ended::Yes;
        answered.fetch_add(1, Ordering::SeqCst);
    }
    Ok(())
}

/// Checks a session at one process, with the kept cookie.
async fn check(main: &Main, known: &mut ClientSession) {
    if known.ended == Ended::Yes {
        // The process that kept running may get the event a moment later.
        until("the ended session is refused", async || main.status(&mut known.browser.clone()).await == 401)
            .await;
        return;
    }
    let lives = main.status(&mut known.browser.clone()).await == 200;
    if known.ended == Ended::Perhaps {
        known.ended = if lives { Ended::No } else { Ended::Yes };
        return;
    }
    assert!(lives, "an acknowledged session is gone");
    until("the saved number is there", async || {
        let found = main.saved(&mut known.browser.clone()).await;
        found == known.saved || (known.asked.is_some() && found == known.asked)
    })
    .await;
}

/// Runs two processes on one store. Kills the first under load, `rounds` times, while the second keeps
/// running.
async fn nothing_acknowledged_is_lost(store_url: &str, rounds: u64) {
    let mut suite = Suite::start(store_url, &[5, 5]).await;
    let mut sessions: Vec<ClientSession> = Vec::new();
    for round in 0..rounds {
        let (least, most) = ANSWERS;
        let target = least + u32::from_le_bytes(Random::seeded(round).bytes()) % (most - least);
        let answered = AtomicU32::new(0);
        let pid = suite.mains[0].process.id();
        let working = join_all((0..CLIENTS).map(|_| work(&suite, &answered)));
        let killing = async {
            until("enough requests are answered", async || answered.load(Ordering::SeqCst) >= target).await;
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        };
        let (known, ()) = tokio::join!(working, killing);
        sessions.extend(known.into_iter().flatten());
        suite.mains[0].process.kill();
        suite.mains[0].restart().await;
        // The restarted process answers first: its cache is empty, so it settles the uncertain sign-outs.
        for main in &suite.mains {
            join_all(sessions.iter_mut().map(|known| check(main, known))).await;
        }
    }
    let of = |ended| sessions.iter().filter(|known| known.ended == ended).count();
    assert!(of(Ended::No) > 0 && of(Ended::Yes) > 0, "some sessions ended and some did not");
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_on_sqlite_and_the_file_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("sessions.db").display());
    nothing_acknowledged_is_lost(&url, 8).await;
    let mut file = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    let word: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut file).await.unwrap();
    assert_eq!(word, "ok");
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_on_redis() {
    nothing_acknowledged_is_lost(&test_support::services::redis_url(), 3).await;
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_on_postgres() {
    nothing_acknowledged_is_lost(&test_support::services::new_database().await, 3).await;
}
