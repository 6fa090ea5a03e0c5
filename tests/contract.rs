//! Operations against the description of their server: each rule by one file that breaks it, and silence about what is right.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

#[path = "support/shipped.rs"]
mod shipped;

use std::path::Path;

use serde_json::{Value, json};
use usher::contract::{Difference, api_map, below, contracts};
use usher::diagnostic::{self, Diagnostic, Format, Sources};
use usher::flow::{Installation, Project, load};
use usher::syntax::Trees;

const HEAD: &str = "operations: shop\ntitle: Shop\nprofiles: [plain, rich]\nopenapi: shop.json\n";

/// A bot that has nothing but these operations.
fn project(operations: &str) -> (Sources, Project) {
    let mut sources = Sources::default();
    sources.add("flow.yaml", "flow: hello\ntitle: Hello\nstart: { command: start }\nfor: anyone\nsteps:\n  hi: { say: Hi, end: done }\n");
    sources.add("bot.yaml", "bot: Shop\nlanguages: [en]\n");
    sources.add("api.yaml", operations);
    let loaded = load(&sources, &Installation::default());
    let found = diagnostic::render(&sources, &loaded.findings, Format::Concise, false);
    (sources, loaded.project.unwrap_or_else(|| panic!("it does not load:\n{found}")))
}

fn told(differences: Vec<Difference>) -> Vec<Diagnostic> {
    differences.into_iter().map(|difference| difference.finding).collect()
}

/// What is found in the operations, one line a finding.
fn found_with(description: &str, operations: &str) -> String {
    let (sources, project) = project(&format!("{HEAD}{operations}"));
    let mut findings = Vec::new();
    for contract in contracts(&Trees::of(&sources)) {
        assert_eq!(contract.path, "shop.json");
        findings.extend(told(contract.check(description, &project)));
    }
    diagnostic::sort(&sources, &mut findings);
    let lines = findings.iter().map(|finding| {
        let at = sources.position(finding.span);
        let help = finding.help.as_ref().map_or_else(String::new, |help| format!(" [{help}]"));
        format!("{}:{} {} {}: {}{help}\n", at.line, at.column, finding.severity, finding.code.id, finding.message)
    });
    lines.collect()
}

fn found(operations: &str) -> String {
    found_with(&shop().to_string(), operations)
}

/// A shop, described with most of what descriptions are written with.
fn shop() -> Value {
    json!({
        "openapi": "3.0.3",
        "servers": [{ "url": "https://shop.example.com/v1" }],
        "paths": {
            "/goods/": {
                "get": {
                    "parameters": [
                        { "name": "kind", "in": "query", "required": true, "schema": { "type": "string", "enum": ["tea", "cup"] } },
                        { "$ref": "#/components/parameters/Limit" },
                        { "name": "X-Shop", "in": "header", "required": true, "schema": { "type": "string" } },
                        { "name": "X-Api-Key", "in": "header", "required": true, "schema": { "type": "string" } },
                    ],
                    "responses": { "200": { "content": { "application/json": { "schema": { "type": "array", "items": { "$ref": "#/components/schemas/Good" } } } } } },
                },
                "post": {
                    "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/NewGood" } } } },
                    "responses": {
                        "201": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Good" } } } },
                        "409": { "description": "There is one already.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Conflict" } } } },
                        "500": { "content": { "text/plain": {} } },
                    },
                },
            },
            "/goods/{good_id}": {
                "parameters": [{ "name": "good_id", "in": "path", "required": true, "schema": { "type": "integer" } }],
                "get": { "responses": { "200": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Good" } } } } } },
                "delete": { "deprecated": true, "description": "Use the archive.", "responses": { "204": {} } },
            },
            "/orders": {
                "parameters": [{ "name": "offset", "in": "query", "schema": { "type": "integer" } }],
                "get": { "responses": { "200": { "content": { "application/json": { "schema": { "type": "array", "items": { "type": "integer" } } } } } } },
                "post": {
                    "parameters": [{ "name": "Idempotency-Key", "in": "header", "schema": { "type": "string" } }],
                    "responses": { "201": {} },
                },
            },
            "/gifts": { "x-profile": "rich", "get": { "responses": { "200": { "content": { "application/json": { "schema": { "type": "object" } } } } } } },
        },
        "components": {
            "securitySchemes": { "key": { "type": "apiKey", "in": "header", "name": "X-API-Key" } },
            "parameters": { "Limit": { "name": "limit", "in": "query", "schema": { "type": "integer" } } },
            "schemas": {
                "Named": { "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } } },
                "NewGood": {
                    "allOf": [
                        { "$ref": "#/components/schemas/Named" },
                        { "type": "object", "required": ["price"], "properties": {
                            "price": { "type": "number" },
                            "kind": { "enum": ["tea", "cup"] },
                            "tags": { "type": "array", "items": { "type": "string" } },
                            "note": { "type": "string", "nullable": true },
                            "points": { "type": "integer", "x-profile": "rich" },
                        } },
                    ],
                },
                "Good": {
                    "allOf": [
                        { "$ref": "#/components/schemas/Named" },
                        { "required": ["id", "maker", "kind"], "properties": {
                            "id": { "type": "integer" },
                            "kind": { "type": "string", "enum": ["tea", "cup"] },
                            "note": { "type": "string", "nullable": true },
                            "code": { "type": ["string", "null"] },
                            "points": { "type": "integer", "x-profile": "rich" },
                            "maker": { "anyOf": [{ "$ref": "#/components/schemas/Named" }, { "type": "null" }] },
                            "more": { "type": "object", "additionalProperties": true },
                        } },
                    ],
                },
                "Conflict": { "type": "object", "required": ["detail"], "properties": { "detail": { "oneOf": [
                    { "type": "string" },
                    { "type": "object", "required": ["code"], "properties": { "code": { "const": "taken" } } },
                ] } } },
            },
        },
    })
}

#[test]
fn what_is_right_is_passed_over_in_silence() {
    let right = r#"
list:
  request: GET /v1/goods/
  query: { kind: tea, limit: 10, skip: { only: rich, value: "{{ n }}" } }
  input: { n: { type: integer, optional: true } }
  headers: { X-Shop: main, Accept: application/json }
  output:
    items: { at: "", list: { id: integer, name: text, note: { type: text, optional: true } } }
    first: { at: /0/maker/name, type: text, optional: true }
    any: { at: /0/more/whatever/else, type: integer }
  outcomes:
    empty: { status: 200, json: { "": { size: 0 } } }
add:
  request: POST /goods/
  input: { name: text, note: { type: text, optional: true } }
  json:
    name: "{{ name }}"
    price: 10
    kind: tea
    tags: ["{{ name }}", new]
    note: { keep: true, value: "{{ note }}" }
    points: { only: rich, value: 5 }
  output:
    id: { at: /id, type: integer }
    points: { at: /points, type: integer, optional: true }
  outcomes:
    taken: { any: [{ status: 409, json: { /detail/code: taken } }, { status: 4xx, json: { /detail: { matches: taken } } }] }
get:
  request: GET /goods/{id}
  input: { id: integer }
  output: { id: { at: /id, type: integer }, code: { at: /code, type: text, optional: true } }
gifts:
  only: rich
  request: GET /gifts
  output: { any: { at: /whatever, type: integer } }
"#;
    // The parameter "skip" is the one thing here that the shop does not know.
    let mut described = shop();
    let parameters = described.pointer_mut("/paths/~1goods~1/get/parameters").unwrap().as_array_mut().unwrap();
    parameters.push(json!({ "name": "skip", "in": "query", "schema": { "type": "integer" }, "x-profile": "rich" }));
    assert_eq!(found_with(&described.to_string(), right), "");
}

#[test]
fn a_path_that_is_not_there_names_the_nearest() {
    assert_eq!(
        found("get: { request: \"GET /godos/{id}\", input: { id: integer } }\n"),
        "5:22 error FLW601: the description has no path /godos/{id} [did you mean \"/goods/{good_id}\"?]\n"
    );
    assert_eq!(
        found("add: { request: POST /goods, json: {} }\n"),
        "5:22 error FLW601: the description ends this path with a slash [it has /goods/; a server redirects the other, and a redirect may be refused]\n"
    );
    assert_eq!(
        found("put: { request: \"PUT /goods/{id}\", input: { id: integer } }\n"),
        "5:18 error FLW601: the description has no PUT for this path [/goods/{good_id} has GET, DELETE]\n"
    );
    assert_eq!(
        found("gifts: { request: GET /gifts }\n"),
        "5:23 error FLW601: the description has no GET /gifts in the profile \"plain\" [it has it in another profile: say so with \"only\"]\n"
    );
}

#[test]
fn parameters_are_all_there_and_none_is_strange() {
    assert_eq!(
        found("list:\n  request: GET /goods/\n  query: { kidn: tea, limit: many }\n"),
        "6:3 error FLW602: the description demands the header parameter \"X-Shop\" [write it under \"headers\"]\n\
         7:3 error FLW602: the description demands the query parameter \"kind\" [write it under \"query\"]\n\
         7:12 error FLW617: the description knows no query parameter \"kidn\" here [did you mean \"kind\"?]\n\
         7:30 error FLW617: the description has a whole number for \"limit\", and this is a text [correct the type of the input]\n"
    );
    let other = "list:
  request: GET /goods/
  query: { kind: soup, limit: \"{{ n }}\" }
  headers: { X-Shop: \"{{ n }}\", X-Shpo: a }
  input: { n: { type: text, optional: true } }
";
    assert_eq!(
        found(other),
        "7:18 error FLW617: the description does not allow soup here [it has tea, cup]\n\
         7:31 error FLW617: the description has a whole number for \"limit\", and this is a text [correct the type of the input]\n\
         8:22 error FLW602: the description demands \"X-Shop\", and this may be none [make the input certain, or give it a default]\n\
         8:33 error FLW617: the description knows no header \"X-Shpo\" here [did you mean \"X-Shop\"?]\n"
    );
    assert_eq!(
        found("get:\n  request: GET /goods/{id}\n  input: { id: text }\n"),
        "6:24 error FLW617: the description has a whole number for \"good_id\", and this is a text [correct the type of the input]\n"
    );
}

#[test]
fn a_key_that_the_server_does_not_know_makes_nothing_safe() {
    let add = "add:
  request: POST /goods/
  json: { name: a, price: 1 }
  once: { header: Idempotency-Key, remembers: 24h }
  outcomes: { taken: { status: 409 } }
";
    assert_eq!(
        found(add),
        "8:19 error FLW617: the description knows no header \"Idempotency-Key\" here, so nothing says that the server honours our key\n"
    );
}

#[test]
fn a_change_sends_the_key_by_which_the_server_knows_it_again() {
    let order = |more: &str| found(&format!("order:\n  request: POST /orders\n{more}"));
    assert_eq!(
        order(""),
        "6:3 warning FLW602: the description takes \"Idempotency-Key\" here, and none is sent: after a lost answer it may be done twice \
         [write once: { header: Idempotency-Key, remembers: … }, with the time for which the server knows a key]\n"
    );
    assert_eq!(order("  once: { header: idempotency-key, remembers: 24h }\n"), "");
    assert_eq!(order("  repeatable: true\n"), "");
    assert_eq!(order("  headers: { Idempotency-Key: \"{{ n }}\" }\n  input: { n: text }\n"), "");
}

#[test]
fn pages_are_counted_by_a_parameter_of_the_server() {
    let list = |more: &str| found(&format!("list:\n  request: GET /orders\n  output: {{ items: {{ at: \"\", list: integer }} }}\n{more}"));
    assert_eq!(list("  query: { offset: 0 }\n  pages: { by: skip, size: 10, max: 5 }\n"), "");
    assert_eq!(
        list("  pages: { by: skip, size: 10, max: 5 }\n"),
        "8:16 error FLW617: pages are asked for by the query parameter \"skip\", which the description does not know here \
         [it counts by \"offset\": write that under \"query\"]\n"
    );
    assert_eq!(
        list("  pages: { by: page, size: 10, max: 5 }\n"),
        "8:16 error FLW617: pages are asked for by the query parameter \"page\", which the description does not know here \
         [say how the server counts them: by skip, page or next]\n"
    );
}

#[test]
fn what_is_described_as_a_password_is_read_as_a_secret() {
    let code = json!({ "type": "object", "required": ["code"], "properties": { "code": { "type": "string", "format": "password" } } });
    let answers = json!({ "200": { "content": { "application/json": { "schema": code } } } });
    let description = json!({ "openapi": "3.0.3", "paths": { "/code": { "get": { "responses": answers } } } }).to_string();
    let operation = |flags: &str| format!("code: {{ request: GET /code, output: {{ code: {{ at: /code, type: text{flags} }} }} }}\n");
    assert_eq!(found_with(&description, &operation(", secret: true")), "");
    assert_eq!(
        found_with(&description, &operation("")),
        "5:51 warning FLW652: the description has a password for \"/code\" [write \"secret: true\" at the output, so that it is shown to nobody else and kept nowhere]\n"
    );
}

#[test]
fn what_will_be_dropped_is_told() {
    assert_eq!(
        found("delete:\n  request: DELETE /goods/{id}\n  input: { id: integer }\n"),
        "6:12 warning FLW612: the description calls this deprecated [it says: Use the archive.]\n"
    );
}

#[test]
fn a_body_has_the_fields_that_the_description_has() {
    let add = "add:
  request: POST /goods/
  input: { name: { type: text, optional: true } }
  json: { name: \"{{ name }}\", prise: 10, kind: soup, tags: [1], note: [a], points: 5 }
  outcomes: { taken: { status: 409 } }
";
    assert_eq!(
        found(add),
        "8:9 error FLW603: the description demands the field \"price\" [add it to the body]\n\
         8:17 error FLW603: the description demands \"name\", and this may be none [make the input certain, or give it a default]\n\
         8:31 error FLW603: the description has no field \"prise\" here [did you mean \"price\"?]\n\
         8:48 error FLW603: the description takes one of \"tea\", \"cup\" here\n\
         8:61 error FLW603: the description takes a text here, and this is a whole number\n\
         8:71 error FLW603: the description takes a text or null here, and this is a list\n\
         8:76 error FLW603: the description has no field \"points\" here (profile plain) [it has kind, name, note, price, tags]\n"
    );
    assert_eq!(
        found("add:\n  request: POST /goods/\n  outcomes: { taken: { status: 409 } }\n"),
        "6:3 error FLW603: the description demands a body, and none is sent [write it under \"json\", \"form\" or \"multipart\"]\n"
    );
    assert_eq!(
        found("add:\n  request: POST /goods/\n  form: { name: a }\n  outcomes: { taken: { status: 409 } }\n"),
        "7:3 error FLW603: the description takes no body as form [it takes application/json]\n"
    );
}

#[test]
fn what_is_read_from_an_answer_stands_there_and_is_of_that_type() {
    let add = "add:
  request: POST /goods/
  json: { name: a, price: 1 }
  output:
    id: { at: /idd, type: integer }
    name: { at: /name, type: integer }
    note: { at: /note, type: text }
    points: { at: /points, type: integer }
    maker: { at: /maker/name, type: text }
    kind: { at: /kind, one_of: [tea] }
  outcomes: { busy: { status: 409, json: { /detail/code: tekan, /detial: 1 } } }
  error: { message: /detali }
";
    let certain = "[add \"optional: true\" or a default: else such an answer counts as not as described]";
    assert_eq!(
        found(add),
        format!(
            "9:15 error FLW604: the described answer has no \"/idd\" [did you mean \"id\"?]\n\
             10:17 error FLW604: \"/name\" is read as a whole number, and the description has a text [correct the type of the output]\n\
             11:17 error FLW604: the description lets \"/note\" be null or left out {certain}\n\
             12:19 error FLW604: the described answer has no \"/points\" (profile plain) [it has code, id, kind, maker, more, name, note]\n\
             12:19 error FLW604: the description lets \"/points\" be null or left out (profile rich) {certain}\n\
             13:18 error FLW604: the description lets \"/maker/name\" be null or left out {certain}\n\
             14:17 error FLW604: the description has \"cup\" for \"/kind\", too [add it: else such an answer counts as not as described]\n\
             15:58 error FLW604: the description has \"taken\" here, and never \"tekan\" [this outcome would never be met]\n\
             15:65 error FLW604: the described answer has no \"/detial\" [did you mean \"detail\"?]\n\
             16:21 error FLW604: the described answer has no \"/detali\" [did you mean \"detail\"?]\n"
        )
    );
}

/// A bot that adds a good, with these steps before and after; what is found in all of its files, each finding with how many notes it has.
fn found_in_flow(before: &str, after: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let ends = "    outcomes: { unknown: { end: failed }, else: { end: failed } }\n";
    let adds = format!("  good:\n    call: shop.add\n    with: {{ a: \"'tea'\" }}\n{ends}");
    let flow = format!(
        "flow: hello\ntitle: Hello\nstart: {{ command: start }}\nfor: anyone\nsteps:\n{before}{adds}{after}  done: {{ end: completed }}\n"
    );
    sources.add("flow.yaml", flow);
    sources.add("bot.yaml", "bot: Shop\nlanguages: [en]\n");
    let output = "    id: { at: /id, type: integer }\n    maker: { at: /name, type: integer }\n  outcomes: { busy: { status: 409 } }\n";
    let add = format!(
        "add:\n  request: POST /goods/\n  json: {{ name: \"{{{{ a }}}}\", price: 1 }}\n  input: {{ a: text }}\n  output:\n{output}"
    );
    sources.add("api.yaml", format!("{HEAD}{add}"));
    let loaded = load(&sources, &Installation::default());
    let mut findings = loaded.findings;
    let project = loaded.project.or(loaded.draft).unwrap();
    let differences = contracts(&Trees::of(&sources)).iter().flat_map(|contract| contract.check(&shop().to_string(), &project)).collect();
    let compared = below(differences, &project, &mut findings);
    findings.extend(compared);
    diagnostic::sort(&sources, &mut findings);
    findings.iter().map(|finding| format!("{} {} notes", finding.message, finding.related.len())).collect()
}

#[test]
fn only_what_is_wrong_with_a_misread_value_is_a_note_of_the_finding_about_its_type() {
    let misread = "\"/name\" is read as a whole number, and the description has a text";
    let age = "  age: { ask: How old are you?, type: integer }\n";
    let of_age = "`upper` takes a text; `age` is a whole number";
    // Neither another question nor another output of the same answer has anything to do with it.
    assert_eq!(
        found_in_flow(age, "  told: { say: \"{{ age | upper }}\" }\n  more: { say: \"{{ good.id | lower }}\" }\n"),
        [
            format!("{misread} 0 notes"),
            "`upper` takes a text; `age` is a whole number 0 notes".into(),
            "`lower` takes a text; `good.id` is a whole number 0 notes".into(),
        ]
    );
    assert_eq!(
        found_in_flow(age, "  told: { say: \"{{ good.maker | upper }}, {{ age | upper }}\" }\n"),
        [format!("{misread} 1 notes"), format!("{of_age} 0 notes")]
    );
    // A word is no name.
    assert_eq!(
        found_in_flow(age, "  told: { say: \"{{ good.id }}{% if age == 'good.maker' %}!{% endif %}\" }\n"),
        [format!("{misread} 0 notes"), "`age` (a whole number) cannot be compared with a text 0 notes".into()]
    );
    // It is followed through what is computed of it.
    assert_eq!(found_in_flow("", "  by: { set: good.maker }\n  told: { say: \"{{ by | upper }}\" }\n"), [format!("{misread} 1 notes")]);
}

#[test]
fn statuses_are_those_of_the_description() {
    assert_eq!(
        found("add:\n  request: POST /goods/\n  json: { name: a, price: 1 }\n  outcomes:\n    gone: { status: 410 }\n"),
        "8:3 warning FLW605: the description has the answer 409, and no outcome of \"shop.add\" takes it \
         [give it an outcome, or it ends as any refusal: There is one already]\n\
         9:21 warning FLW615: the description has no answer 410 here [it has 201, 409, 500]\n"
    );
}

#[test]
fn a_description_that_is_none_is_told_where_it_is_named() {
    let named = "[name an OpenAPI description of version 3, as JSON or YAML, relative to this file; without one remove the line]";
    let get = "get: { request: \"GET /godos/{id}\", input: { id: integer } }\n";
    assert_eq!(found_with("{ broken", get), format!("4:10 error FLW616: the description \"shop.json\" is neither JSON nor YAML {named}\n"));
    assert_eq!(
        found_with("swagger: '2.0'\npaths: {}\n", get),
        format!("4:10 error FLW616: the description \"shop.json\" is no OpenAPI description of version 3 {named}\n")
    );
    let yaml = "openapi: 3.1.0\npaths:\n  /goods/{id}: { get: { responses: {} } }\n";
    assert!(found_with(yaml, get).contains("did you mean \"/goods/{id}\"?"), "YAML is read as well as JSON");
}

#[test]
fn the_shipped_flows_agree_with_the_description_of_their_erp() {
    let described = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/erp.openapi.json")).unwrap();
    let mut sources = Sources::default();
    for (path, text) in shipped::files() {
        sources.add(path, text);
    }
    for profile in ["compat", "extended"] {
        let library = shipped::library(profile);
        let all = contracts(&Trees::of(&sources));
        assert_eq!(all.len(), 1);
        let found = told(all[0].check(&described, library.project()));
        assert_eq!(diagnostic::render(&sources, &found, Format::Concise, false), "", "{profile}");
        let renamed = told(all[0].check(&described.replace("activation_code", "activation_kode"), library.project()));
        let text = diagnostic::render(&sources, &renamed, Format::Concise, false);
        assert!(text.contains("flows/api/erp.yaml") && text.contains("did you mean \"activation_kode\"?"), "{text}");
    }
}

#[test]
fn the_map_of_endpoints_is_what_the_flows_use() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/api-map.md");
    let map = api_map(shipped::library("extended").project());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &map).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), map, "write it anew: UPDATE_DOCS=1 cargo test --test contract");
}
