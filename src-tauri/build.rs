//! Declares the commands to Tauri's access control and makes sure that the folder of the built UI exists.

use std::{fs, path::Path};

include!("command_names.rs");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=command_names.rs");
    let dist = Path::new("../ui/dist");
    if !dist.join("index.html").exists() {
        fs::create_dir_all(dist)?;
        fs::write(
            dist.join("index.html"),
            "<!doctype html><meta charset=\"utf-8\"><title>Anteroom</title><p>The window is not built yet: run \
             <code>npm run build</code> in <code>ui</code>.</p>\n",
        )?;
    }
    let manifest = tauri_build::AppManifest::new().commands(COMMAND_NAMES);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))?;
    Ok(())
}
