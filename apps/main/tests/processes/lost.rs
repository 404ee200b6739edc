//! The store fails while the app runs. The first of two processes asks the store at every request; the second
//! caches sessions for an hour. So the tests cover both ways of noticing.

use crate::support::{Main, Suite};
use futures::future::join_all;
use http::{Method, StatusCode};
use sqlx::{Connection, SqliteConnection};
use std::time::{Duration, Instant};
use test_support::{
    Browser, Page,
    services::{Postgres, Redis, Service},
    until,
};

const HOUR: u32 = 3600;

struct Outage {
    suite: Suite,
    alice: Browser,
    bob: Browser,
}

impl Outage {
    /// Starts the suite, signs Alice and Bob in, and fills the cache of the second process.
    async fn start_with_cache(store_url: &str) -> Self {
        let suite = Suite::start(store_url, &[0, HOUR]).await;
        let (mut alice, mut bob) = (suite.signed_in("alice").await, suite.signed_in("bob").await);
        let [a, b] = suite.mains.as_slice() else { panic!("the suite has two processes") };
        assert_eq!(a.save(&mut alice, 7).await.status, StatusCode::OK);
        assert_eq!((b.status(&mut alice).await, b.status(&mut bob).await), (200, 200));
        Self { suite, alice, bob }
    }

    fn mains(&self) -> (&Main, &Main) {
        (&self.suite.mains[0], &self.suite.mains[1])
    }

    /// Checks that reads answer 503 at the process that asks the store, and that public pages say "Session
    /// unknown".
    async fn cannot_be_read(&self) {
        let (a, _) = self.mains();
        let paths =
            ["/protected", "/dashboard", "/auth/session", "/api/get-session-status", "/auth/sessions"];
        let urls: Vec<_> = paths.iter().map(|path| a.at(path)).collect();
        let asked = join_all(urls.iter().map(|url| visit(&self.alice, url))).await;
        asked.iter().for_each(is_unavailable);
        let urls = ["/", "/public"].map(|path| a.at(path));
        for page in join_all(urls.iter().map(|url| visit(&self.alice, url))).await {
            assert_eq!((page.status, page.set_cookies().len()), (StatusCode::OK, 0), "{}", page.url);
            assert!(
                page.body.contains("Session unknown"),
                "{}: the page must not claim signed in or signed out",
                page.url
            );
            assert!(!page.body.contains("Alice Adams"), "{}", page.url);
        }
        let ready = a.at("/readyz");
        assert_eq!(visit(&self.alice, &ready).await.status, StatusCode::SERVICE_UNAVAILABLE);
    }

    /// Checks that writes answer 503 at both processes. Bob tries to sign out; a store that hangs may still
    /// apply that sign-out later.
    async fn cannot_be_written(&self) {
        let (a, b) = self.mains();
        let asked = [a, b].map(|main| async move {
            let (mut alice, mut bob) = (self.alice.clone(), self.bob.clone());
            let (saved, signed_out) = tokio::join!(main.save(&mut alice, 8), main.sign_out(&mut bob));
            [saved, signed_out]
        });
        join_all(asked).await.iter().flatten().for_each(is_unavailable);
    }

    /// Checks that everything works again in the same processes, and that Alice is still signed in.
    async fn check_recovered(&mut self) {
        for main in &mut self.suite.mains {
            assert!(main.process.is_running(), "{}", main.process.output());
        }
        let (a, b) = (&self.suite.mains[0], &self.suite.mains[1]);
        for main in [a, b] {
            let status = main.at("/api/get-session-status");
            until("the store answers again", async || {
                let page = self.alice.get(&status).await;
                assert!(page.set_cookies().is_empty(), "{:?}", page.set_cookies());
                page.status == StatusCode::OK
            })
            .await;
            assert_eq!(main.status(&mut self.alice).await, 200);
        }
        until("writes work again", async || a.save(&mut self.alice, 9).await.status == StatusCode::OK).await;
        until("the other process sees the change", async || b.saved(&mut self.alice).await == Some(9)).await;
        self.suite.signed_in("bob").await;
        let mut thief = self.alice.clone();
        assert_eq!(a.sign_out(&mut self.alice).await.path(), "/signed-out");
        until("the other process refuses the ended session", async || {
            b.status(&mut thief.clone()).await == 401
        })
        .await;
        assert_eq!(a.status(&mut thief).await, 401);
    }

    /// Checks that Bob, whose sign-out was refused, is still signed in.
    async fn bob_was_not_signed_out(&mut self) {
        let (a, b) = (&self.suite.mains[0], &self.suite.mains[1]);
        assert_eq!((a.status(&mut self.bob).await, b.status(&mut self.bob).await), (200, 200));
    }
}

async fn visit(browser: &Browser, url: &url::Url) -> Page {
    browser.clone().get(url).await
}

fn is_unavailable(page: &Page) {
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{}: {}", page.url, page.body);
    assert_eq!(page.headers["retry-after"], "5", "{}", page.url);
    assert!(page.set_cookies().is_empty(), "{}: {:?}", page.url, page.set_cookies());
}

async fn a_server_that_ends_is_found_again(mut server: impl Service) {
    let mut outage = Outage::start_with_cache(&server.url()).await;
    server.stop();
    outage.cannot_be_read().await;
    outage.cannot_be_written().await;
    server.restart().await;
    let both = [outage.suite.mains[0].at("/readyz"), outage.suite.mains[1].at("/readyz")];
    for ready in both {
        until("the process is ready again", async || {
            visit(&outage.bob, &ready).await.status == StatusCode::OK
        })
        .await;
    }
    outage.bob_was_not_signed_out().await;
    outage.check_recovered().await;
}

/// Longer than any call to the store may take, but finite.
const GIVEN_UP: Duration = Duration::from_secs(45);

async fn a_server_that_hangs_is_given_up_and_found_again(server: impl Service) {
    let mut outage = Outage::start_with_cache(&server.url()).await;
    server.pause();
    let paused = Instant::now();
    tokio::join!(outage.cannot_be_read(), outage.cannot_be_written());
    assert!(paused.elapsed() < GIVEN_UP, "{:?}", paused.elapsed());
    server.resume();
    outage.check_recovered().await;
}

#[tokio::test]
async fn the_app_recovers_after_redis_stops() {
    a_server_that_ends_is_found_again(Redis::start().await).await;
}

#[tokio::test]
async fn the_app_times_out_and_recovers_when_redis_hangs() {
    a_server_that_hangs_is_given_up_and_found_again(Redis::start().await).await;
}

#[tokio::test]
async fn the_app_recovers_after_postgres_stops() {
    a_server_that_ends_is_found_again(Postgres::start().await).await;
}

#[tokio::test]
async fn the_app_times_out_and_recovers_when_postgres_hangs() {
    a_server_that_hangs_is_given_up_and_found_again(Postgres::start().await).await;
}

/// Checks that reads still work: SQLite readers do not wait for writers.
async fn sessions_go_on(outage: &Outage) {
    let (a, b) = outage.mains();
    for url in [a.at("/protected"), b.at("/protected"), a.at("/")] {
        assert!(visit(&outage.alice, &url).await.body.contains("Alice Adams"), "{url}");
    }
}

#[tokio::test]
async fn a_sqlite_file_that_another_process_locks_can_be_read_and_later_written() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("sessions.db").display());
    let mut outage = Outage::start_with_cache(&url).await;
    let mut other = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
    sessions_go_on(&outage).await;
    outage.cannot_be_written().await;
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    outage.bob_was_not_signed_out().await;
    outage.check_recovered().await;
}

/// Simulates a full disk with a limit on the size of files: writes fail in the same place, and the test can
/// remove the limit.
#[tokio::test]
async fn a_full_disk_can_be_read_and_later_written() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("sessions.db").display());
    let mut outage = Outage::start_with_cache(&url).await;
    let mut carol = Browser::new();
    let begun = carol.post(&outage.suite.mains[0].at("/auth/signin/demo"), &[("callbackUrl", "/")]).await;
    let login = carol.follow(begun).await;
    outage.suite.mains.iter().for_each(|main| main.process.limit_files(Some(0)));
    sessions_go_on(&outage).await;
    outage.cannot_be_written().await;
    let answer = outage.suite.provider.continue_as(&mut carol, &login, "alice").await;
    let refused = carol.follow(answer).await;
    is_unavailable(&refused);
    outage.suite.mains.iter().for_each(|main| main.process.limit_files(None));
    let finished = carol.get(&refused.url).await;
    assert_eq!(finished.status, StatusCode::SEE_OTHER, "a reload finishes the sign-in: {}", finished.body);
    outage.bob_was_not_signed_out().await;
    outage.check_recovered().await;
    let begun = carol.send(Method::GET, &outage.suite.mains[0].at("/protected"), &[], "").await;
    assert_eq!(begun.status, StatusCode::OK);
}
