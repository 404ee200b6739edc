//! `bindgen WASM FOLDER NAME` writes the `NAME.js` and `NAME.wasm` that a browser loads.
//!
//! It calls the library behind the `wasm-bindgen` command. The version of that command must equal the version
//! of the `wasm-bindgen` crate. This workspace member always has that version and needs no installation.

use std::{
    env, fs,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [wasm, folder, name] = arguments.as_slice() else {
        return fail("usage: bindgen WASM FOLDER NAME");
    };
    match generate(Path::new(wasm), Path::new(folder), name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("{wasm}: {error}")),
    }
}

fn generate(wasm: &Path, folder: &Path, name: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut bindgen = Bindgen::new();
    bindgen.web(true)?.input_path(wasm).out_name(name).typescript(false).generate(folder)?;
    // The page's script loads `NAME.wasm`, as cargo-leptos names it.
    fs::rename(folder.join(format!("{name}_bg.wasm")), folder.join(format!("{name}.wasm")))?;
    Ok(())
}

fn fail(problem: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "bindgen: {problem}");
    ExitCode::FAILURE
}
