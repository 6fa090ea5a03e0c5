//! Builds the library that plays a power cut, and tells children to load it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The built library.
pub struct PowerFail(PathBuf);

impl PowerFail {
    /// Builds it with the system's C compiler; none, with a printed reason, where there is no such compiler.
    pub fn build() -> Option<Self> {
        static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
        let built = BUILT.get_or_init(|| {
            if !cfg!(target_os = "linux") {
                println!("skipped: the power cut is played by means of Linux");
                return None;
            }
            compile()
        });
        built.clone().map(Self)
    }

    /// Cuts the power so many milliseconds after so many syncs, and leaves what is then found in `folder/image`.
    pub fn cutting(&self, root: &Path, folder: &Path, (syncs, after): (u64, u64), seed: u64) -> Vec<(&'static str, OsString)> {
        let text = |number: u64| OsString::from(number.to_string());
        let mut variables = self.loading(root);
        let shadows = folder.join("shadows");
        std::fs::create_dir(&shadows).expect("created");
        variables.extend([("STORE_CUT_SHADOWS", shadows.into()), ("STORE_CUT_IMAGE", folder.join("image").into())]);
        variables.extend([("STORE_CUT_AFTER_SYNCS", text(syncs)), ("STORE_CUT_AFTER_MS", text(after)), ("STORE_CUT_SEED", text(seed))]);
        variables
    }

    /// Lets syncs or writes fail from one on.
    pub fn failing(&self, root: &Path, what: &'static str, from: u64) -> Vec<(&'static str, OsString)> {
        let mut variables = self.loading(root);
        let shadows = root.with_extension("shadows");
        std::fs::create_dir(&shadows).expect("created");
        variables.extend([("STORE_CUT_SHADOWS", shadows.into()), (what, from.to_string().into())]);
        variables
    }

    fn loading(&self, root: &Path) -> Vec<(&'static str, OsString)> {
        vec![("LD_PRELOAD", self.0.clone().into()), ("STORE_CUT_ROOT", root.into())]
    }
}

fn compile() -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/store_powerfail.c");
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("store_powerfail-{}.so", std::process::id()));
    let compiled =
        Command::new("cc").args(["-shared", "-fPIC", "-O2", "-o"]).args([&library, &source]).args(["-ldl", "-lpthread"]).status();
    match compiled {
        Ok(status) => {
            assert!(status.success(), "{} does not compile", source.display());
            Some(library)
        }
        Err(error) => {
            println!("skipped: no C compiler to build the power cut with ({error})");
            None
        }
    }
}
