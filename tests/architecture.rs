//! The house has two storeys. This test reads the sources and the dependency tree and holds them to it.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each module, and the modules it may import.
const MODULES: &[(&str, &[&str])] = &[
    // the core
    ("diagnostic", &[]),
    ("syntax", &["diagnostic"]),
    ("expr", &["diagnostic", "syntax"]),
    ("flow", &["diagnostic", "expr", "syntax"]),
    ("operation", &["diagnostic", "expr", "flow"]),
    ("contract", &["diagnostic", "expr", "flow", "syntax"]),
    ("engine", &["expr", "flow", "operation"]),
    ("scenario", &["diagnostic", "engine", "expr", "flow", "operation", "syntax"]),
    ("graph", &["diagnostic", "expr", "flow"]),
    ("lint", &["diagnostic", "flow", "syntax"]),
    // the shell
    ("store", &["engine", "expr", "flow"]),
    ("channel", &["engine", "expr", "failpoint", "store"]),
    ("failpoint", &["operation"]),
    ("fetch", &["expr", "failpoint", "operation"]),
    ("runtime", &["channel", "diagnostic", "engine", "expr", "failpoint", "fetch", "flow", "operation", "store"]),
    ("demo", &[]),
    (
        "cli",
        &[
            "channel",
            "contract",
            "demo",
            "diagnostic",
            "engine",
            "expr",
            "fetch",
            "flow",
            "graph",
            "lint",
            "operation",
            "runtime",
            "scenario",
            "store",
            "syntax",
        ],
    ),
];

/// The modules that decide and never act.
const CORE: &[&str] = &["diagnostic", "syntax", "expr", "flow", "operation", "contract", "engine", "scenario", "graph", "lint"];

/// What the core must not even mention.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::time::SystemTime",
    "std::time::Instant",
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "TimeZone::system",
    "getrandom",
    "tokio",
    "reqwest",
    "println!",
    "eprintln!",
    "static mut",
    "thread_rng",
];

/// One YAML parser and one template grammar, each behind one module.
const NAMED_ONCE: &[(&str, &[&str])] = &[
    ("granit_parser", &["syntax"]),
    ("minijinja", &["expr"]),
    ("sled::", &["store"]),
    ("teloxide", &["channel"]),
    ("reqwest", &["fetch", "channel", "demo"]), // the client that teloxide takes is reqwest's; the demo ERP reports as a stranger does
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            rust_files(&entry, into);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            into.push(entry);
        }
    }
}

/// Every source file with the module it belongs to.
fn sources() -> Vec<(String, PathBuf, String)> {
    let src = root().join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    files.sort();
    let module = |path: &Path| {
        let first = path.strip_prefix(&src).unwrap().components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        first.trim_end_matches(".rs").to_owned()
    };
    let read = |path: PathBuf| (module(&path), path.clone(), std::fs::read_to_string(&path).unwrap());
    files.into_iter().map(read).filter(|(module, path, _)| module != "lib" && module != "main" && !path.ends_with("tests.rs")).collect()
}

/// The text without comments and without its tests, which may use anything.
fn code(text: &str) -> String {
    let product = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    product.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The modules named by `crate::…`, also in grouped imports.
fn imports(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let group = group.split('}').next().unwrap_or_default();
            named.extend(group.split(',').filter_map(|item| item.trim().split("::").next().map(str::to_owned)));
        } else {
            named.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    named.retain(|name| !name.is_empty());
    named
}

#[test]
fn every_module_is_in_the_table_and_imports_only_what_stands_below_it() {
    let table: BTreeMap<&str, BTreeSet<&str>> = MODULES.iter().map(|(name, below)| (*name, below.iter().copied().collect())).collect();
    let mut wrong = Vec::new();
    for (module, path, text) in sources() {
        let Some(allowed) = table.get(module.as_str()) else {
            wrong.push(format!("{}: module `{module}` is not in the table", path.display()));
            continue;
        };
        for import in imports(&code(&text)) {
            if import != module && !allowed.contains(import.as_str()) {
                wrong.push(format!("{}: `{module}` imports `{import}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_table_has_no_circle() {
    for (module, below) in MODULES {
        for import in *below {
            let back = MODULES.iter().find(|(name, _)| name == import).map(|(_, below)| below);
            assert!(back.is_some_and(|below| !below.contains(module)), "`{module}` and `{import}` import each other");
        }
    }
    for module in CORE {
        let below = MODULES.iter().find(|(name, _)| name == module).map(|(_, below)| *below).unwrap();
        assert!(below.iter().all(|import| CORE.contains(import)), "`{module}` of the core imports the shell");
    }
}

#[test]
fn the_core_names_nothing_impure() {
    let mut wrong = Vec::new();
    for (module, path, text) in sources().into_iter().filter(|(module, ..)| CORE.contains(&module.as_str())) {
        let code = code(&text);
        wrong.extend(
            IMPURE.iter().filter(|word| code.contains(**word)).map(|word| format!("{}: `{module}` names `{word}`", path.display())),
        );
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn each_foreign_engine_is_named_by_one_module() {
    let mut wrong = Vec::new();
    for (module, path, text) in sources() {
        let code = code(&text);
        for (krate, homes) in NAMED_ONCE {
            if !homes.contains(&module.as_str()) && code.contains(krate) {
                wrong.push(format!("{}: `{module}` names `{krate}`, which belongs to {homes:?}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn there_are_no_mod_files_and_no_drawers() {
    for (_, path, _) in sources() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(
            !["mod", "utils", "util", "common", "helpers", "types", "errors"].contains(&name.as_str()) || path.ends_with("expr/types.rs"),
            "{}",
            path.display()
        );
    }
}

#[test]
fn the_core_builds_without_the_shell_and_has_nothing_of_it_in_its_tree() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let tree = Command::new(cargo)
        .args(["tree", "--locked", "--offline", "--no-default-features", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8_lossy(&tree.stdout).into_owned();
    let crates: BTreeSet<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    for shell in ["tokio", "reqwest", "teloxide", "sled", "axum", "hyper", "getrandom", "anyhow"] {
        assert!(!crates.contains(shell), "the core depends on `{shell}`");
    }
    assert!(crates.contains("minijinja"), "the tree was not read: {tree}");
}
