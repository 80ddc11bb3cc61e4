//! The build script: lists the packs of `rules/models` for `src/models/builtin.rs`, so that a new file there is all that a new pack needs.

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=rules/models");
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo tells where the package is");
    let folder = Path::new(&root).join("rules/models");
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok()?.strip_suffix(".toml").map(str::to_owned));
    let mut names: Vec<String> = names.collect();
    // The order of the packs decides ids, so it must not depend on the disk.
    names.sort();
    let listed: String = names
        .iter()
        .map(|name| {
            let file = folder.join(format!("{name}.toml"));
            format!("    ({:?}, include_str!({:?})),\n", format!("{name}.toml"), file.display().to_string())
        })
        .collect();
    let out = env::var("OUT_DIR").expect("cargo tells where to write");
    fs::write(Path::new(&out).join("packs.rs"), format!("&[\n{listed}]\n")).expect("the list of packs can be written");
}
