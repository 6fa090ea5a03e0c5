//! `usher demo`: settings from the command line.

use crate::support::{folder, usher};

fn demo_with(setting: &str) -> (i32, String) {
    let nowhere = folder(&[]);
    let out = usher(nowhere, &["demo", "--listen", "127.0.0.1:0", "--set", setting]);
    (out.code, format!("{}{}", out.stdout, out.stderr))
}

#[test]
fn a_setting_is_named_as_the_flows_name_it_and_has_a_value_they_know() {
    let (code, told) = demo_with("mode");
    assert!(code == 2 && told.contains("write it as NAME=VALUE"), "{told}");
    let (code, told) = demo_with("moed=approved");
    assert!(code == 2 && told.contains("the flows have no setting \"moed\" (did you mean \"mode\"?)"), "{told}");
    let (code, told) = demo_with("mode=never");
    assert!(code == 2 && told.contains("expected one of automatic, approved"), "{told}");
    let (code, told) = demo_with("mode=approved");
    assert_eq!(code, 0, "{told}");
}
