//! The whole measurement: stores, sessions, servers, load and report.

use crate::{
    cli::{Options, StoreKind},
    exchange,
    load::RandomSessions,
    machine::{self, CoreAssignment},
    measure::{Bench, Case},
    problem::Problem,
    report::{self, BareMemory, Phase, grouped},
    seed::Seeder,
    server::{HOST, ORIGIN, Server, Site},
};
use auth::{
    cookie::{CookieKind, CookieSettings, SessionOptions},
    origin::Origin,
    random::Random,
};
use http::HeaderMap;
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

/// Number of sessions to check before a measurement, as a sample of all sessions.
const SAMPLE: u32 = 200;

/// Measures all stores and prints the report.
pub(crate) async fn run(options: &Options) -> Result<(), Problem> {
    let main = main_binary(options)?;
    let cores = CoreAssignment::detect();
    let preface = report::preface(options, cores, machine::load_average());
    let folder = tempfile::Builder::new().prefix("bench-").tempdir()?;
    let script = folder.path().join("drawn.lua");
    fs::write(&script, include_str!("drawn.lua"))?;
    let site = Site { cores, folder: folder.path() };
    let bare = site.start_bare().await?;
    let idle = bare.memory();

    let whole = BenchRun { options, site: &site, main: &main, script: &script, bare: &bare };
    let mut phases = Vec::new();
    for store in &options.stores {
        phases.extend(whole.store(*store).await?);
    }
    let memory = BareMemory { idle, loaded: bare.memory() };
    bare.stop().await?;
    print(&format!("{preface}\n\n{}", report::report(&phases, memory)));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the table is the output of this program")]
fn print(text: &str) {
    println!("{text}");
}

fn say(text: &str) {
    eprintln!("bench: {text}");
}

fn main_binary(options: &Options) -> Result<PathBuf, Problem> {
    let beside = std::env::current_exe()?.with_file_name("main");
    let binary = std::path::absolute(options.main.as_ref().unwrap_or(&beside))?;
    if binary.is_file() { Ok(binary) } else { Err(Problem::NotBuilt(binary)) }
}

struct BenchRun<'a> {
    options: &'a Options,
    site: &'a Site<'a>,
    main: &'a Path,
    script: &'a Path,
    bare: &'a Server,
}

impl BenchRun<'_> {
    /// Measures all sizes of one store. The store is empty at first and is deleted afterwards.
    async fn store(&self, store: StoreKind) -> Result<Vec<Phase>, Problem> {
        let secret = Random::system().token();
        let mut seeder = Seeder::new(&secret);
        let redis = match store {
            StoreKind::Redis => Some(self.site.start_redis().await?),
            StoreKind::Sqlite => None,
        };
        let database = self.site.folder.join("sessions.db");
        let url = match &redis {
            Some(redis) => format!("redis://127.0.0.1:{}", redis.port),
            None => format!("sqlite://{}", database.display()),
        };
        let mut phases = Vec::new();
        for sessions in &self.options.sessions {
            let size = format!("{store}, {} sessions", grouped((*sessions).into()));
            let begun = Instant::now();
            let ids = self.site.folder.join("ids");
            seeder.fill((store, &url), *sessions, &ids).await?;
            say(&format!("{size}: stored in {} s", begun.elapsed().as_secs()));
            let main = self.site.start_main(self.main, &url, &secret).await?;
            let idle = main.memory();
            check(&main, &seeder, *sessions).await?;
            let draw = |count| self.draw(&ids, count);
            let bench = Bench {
                cores: self.site.cores,
                connections: self.options.connections,
                seconds: self.options.seconds,
                rounds: self.options.rounds,
                bare: self.bare,
                main: &main,
                sessions: *sessions,
                cookie: cookie(seeder.first_id()),
                draw: &draw,
            };
            let (bare, measured) = bench.run().await?;
            say(&format!("{size}: measured after {} s", begun.elapsed().as_secs()));
            phases.push(Phase { store, sessions: *sessions, bare, measured, idle, loaded: main.memory() });
            main.stop().await?;
        }
        if let Some(redis) = redis {
            redis.stop().await?;
        } else {
            for suffix in ["", "-wal", "-shm"] {
                let _ = fs::remove_file(format!("{}{suffix}", database.display()));
            }
        }
        Ok(phases)
    }
    fn draw(&self, ids: &Path, count: u32) -> RandomSessions {
        RandomSessions {
            script: self.script.to_owned(),
            ids: ids.to_owned(),
            count,
            cookie_name: cookie_name(),
            host: HOST.to_owned(),
        }
    }
}

/// Checks that the app answers each case correctly, because wrong answers would make the result meaningless.
async fn check(main: &Server, seeder: &Seeder, sessions: u32) -> Result<(), Problem> {
    for case in Case::all(sessions) {
        expect(main, case, &cookie(seeder.first_id())).await?;
    }
    for id in seeder.sample(SAMPLE) {
        expect(main, Case::PollsInUse, &cookie(id)).await?;
    }
    Ok(())
}

async fn expect(main: &Server, case: Case, cookie: &str) -> Result<(), Problem> {
    let path = case.path();
    let answer = exchange::get(main.port, &path, &case.headers(cookie)).await?;
    if answer.status == 200 && answer.text.contains(case.expected()) {
        return Ok(());
    }
    let answer = answer.text.lines().last().unwrap_or_default().to_owned();
    Err(Problem::WrongAnswer { path, answer })
}

/// Returns the name of the session cookie at [`ORIGIN`].
fn cookie_name() -> String {
    let settings = CookieSettings { prefix: "main".into(), domain: None, session: SessionOptions::default() };
    Origin::parse(ORIGIN)
        .map(|origin| settings.at(&origin, &HeaderMap::new()).name(CookieKind::Session))
        .unwrap_or_default()
}

fn cookie(id: &str) -> String {
    format!("{}={id}", cookie_name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_has_its_production_name() {
        assert_eq!(cookie("x"), "__Host-main.session=x");
    }
}
