//! `usher schema`.

use serde_json::Value;

use crate::support::{folder, usher};

#[test]
fn schemas_are_listed_printed_and_written() {
    let here = folder(&[]);
    let names = usher(&here, &["schema"]).stdout;
    assert_eq!(names.lines().collect::<Vec<_>>(), ["flow", "bot", "operations", "messages", "scenario", "usher"]);
    let written = usher(&here, &["schema", "--write", "deep/schemas"]);
    assert_eq!((written.code, written.stdout.lines().count()), (0, 6));
    for name in names.lines() {
        let printed: Value = serde_json::from_str(&usher(&here, &["schema", name]).stdout).unwrap();
        let file = std::fs::read_to_string(here.path().join(format!("deep/schemas/{name}.schema.json"))).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&file).unwrap(), printed);
        jsonschema::draft7::new(&printed).unwrap();
    }
    let shipped = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/flow.schema.json")).unwrap();
    assert_eq!(std::fs::read_to_string(here.path().join("deep/schemas/flow.schema.json")).unwrap(), shipped, "as it is shipped");
}

#[test]
fn a_wrong_name_or_folder_is_one_sentence() {
    let here = folder(&[("file", "")]);
    let wrong = usher(&here, &["schema", "flwo"]);
    assert_eq!((wrong.code, wrong.stderr.as_str()), (2, "usher: there is no schema \"flwo\"; did you mean \"flow\"?\n"));
    let wrong = usher(&here, &["schema", "--write", "file"]);
    assert_eq!((wrong.code, wrong.stderr.lines().count()), (2, 1), "{}", wrong.stderr);
}
