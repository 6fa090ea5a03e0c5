//! YAML as people write it, and as nobody should.

#[path = "support/cases.rs"]
mod cases;

use cases::cases;
use proptest::prelude::*;
use usher::diagnostic::{Diagnostic, FileId, Severity};
use usher::flow::shapes::{FileKind, shape_of};
use usher::syntax::{Kind, MAX_BYTES, Node, decode, parse, shape};

const FILE: FileId = FileId(0);

fn tree(text: &str) -> Node {
    let (node, findings) = parse(FILE, text);
    assert_eq!(findings, [], "{text}");
    node.expect("a tree")
}

fn codes(findings: &[Diagnostic]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code.id).collect()
}

/// The part of the file that a part of a decoded text came from.
fn source_of<'a>(text: &'a str, node: &Node, part: &str) -> &'a str {
    let at = node.scalar.text.find(part).unwrap_or_else(|| panic!("{part:?} is in {:?}", node.scalar.text));
    let span = node.scalar.place(at, at + part.len());
    &text[span.start as usize..span.end as usize]
}

fn said<'a>(text: &'a str, finding: &Diagnostic) -> &'a str {
    &text[finding.span.start as usize..finding.span.end as usize]
}

#[test]
fn a_tree_knows_its_places() {
    let text = "flow: hello\nsteps:\n  имя:\n    ask: Как вас зовут?\n    max: 5\n  list: [да, {q: 1.5}]\n  nothing:\n\n# end\n";
    let root = tree(text);
    let at = |node: &Node| &text[node.span.start as usize..node.span.end as usize];
    let steps = root.get("steps").expect("steps");
    let ask = steps.get("имя").and_then(|step| step.get("ask")).expect("ask");
    assert_eq!(at(ask), "Как вас зовут?");
    assert_eq!(at(steps.get("имя").expect("a step")), "ask: Как вас зовут?\n    max: 5");
    assert_eq!(at(steps.get("list").expect("a list")), "[да, {q: 1.5}]");
    assert_eq!(steps.get("list").map(|list| list.items().len()), Some(2));
    assert_eq!(steps.get("имя").and_then(|step| step.get("max")).and_then(Node::integer), Some(5));
    assert_eq!(steps.get("nothing").map(|node| node.kind.clone()), Some(Kind::Null));
    let entry = steps.entry("имя").expect("an entry");
    assert_eq!(&text[entry.key_span.start as usize..entry.key_span.end as usize], "имя");
    assert_eq!(at(&root), text.trim_end_matches(":\n\n# end\n"));
}

#[test]
fn quoted_words_are_texts() {
    let root = tree("a: \"true\"\nb: '1'\nc: |\n  2\nd: \"\"\ne: 017\n");
    for key in ["a", "b", "c", "d", "e"] {
        assert_eq!(root.get(key).map(|node| &node.kind), Some(&Kind::Text), "{key}");
    }
    assert_eq!(root.get("d").and_then(Node::text), Some(""));
}

#[test]
fn every_style_of_scalar_keeps_its_places() {
    let plain = "a: Привет, {% if имя %}{{ имя }}{% endif %}!\n";
    let node = tree(plain);
    assert_eq!(source_of(plain, node.get("a").expect("a"), "{{ имя }}"), "{{ имя }}");

    let folded_plain = "a: Привет,\n   дорогой\n\n   друг {{ имя }}\nb: 1\n";
    let node = tree(folded_plain);
    assert_eq!(node.get("a").and_then(Node::text), Some("Привет, дорогой\nдруг {{ имя }}"));
    assert_eq!(source_of(folded_plain, node.get("a").expect("a"), "{{ имя }}"), "{{ имя }}");
    assert_eq!(source_of(folded_plain, node.get("a").expect("a"), "дорогой"), "дорогой");

    let double = "a: \"При\\nвет \\u041F\\uD83D\\uDE00 \\\"{{ имя }}\\\"\\\n   даль\n\n\n   ше\"\n";
    let node = tree(double);
    let value = node.get("a").expect("a");
    assert_eq!(value.scalar.text, "При\nвет П😀 \"{{ имя }}\"даль\n\nше");
    assert_eq!(source_of(double, value, "{{ имя }}"), "{{ имя }}");
    assert_eq!(source_of(double, value, "П"), "П");
    assert_eq!(source_of(double, value, "😀"), "\\uD83D\\uDE00");
    assert_eq!(source_of(double, value, "\n"), "\\n");
    assert_eq!(source_of(double, value, "даль"), "даль");
    assert_eq!(source_of(double, value, "ше"), "ше");

    let single = "a: 'Имя: ''{{ имя }}'' и\n    ещё'\n";
    let node = tree(single);
    let value = node.get("a").expect("a");
    assert_eq!(value.scalar.text, "Имя: '{{ имя }}' и ещё");
    assert_eq!(source_of(single, value, "'"), "''");
    assert_eq!(source_of(single, value, "{{ имя }}"), "{{ имя }}");
    assert_eq!(source_of(single, value, "ещё"), "ещё");

    let literal = "a:\n  b: |\n    Раз\n\n      два {{ x }}\n    три\n\n  c: 1\n";
    let node = tree(literal);
    let value = node.get("a").and_then(|a| a.get("b")).expect("b");
    assert_eq!(value.scalar.text, "Раз\n\n  два {{ x }}\nтри\n");
    for part in ["Раз", "два {{ x }}", "три"] {
        assert_eq!(source_of(literal, value, part), part);
    }
    let end = value.scalar.place(value.scalar.text.len() - 1, value.scalar.text.len());
    assert_eq!(&literal[end.start as usize..end.end as usize], "\n");

    let folded = "a: >\n  Раз\n  два\n\n  три\n    {{ x }}\n  пять\n\n\nb: 1\n";
    let node = tree(folded);
    let value = node.get("a").expect("a");
    assert_eq!(value.scalar.text, "Раз два\n\nтри\n  {{ x }}\nпять\n".replacen("\n\n", "\n", 1));
    for part in ["Раз", "два", "три", "{{ x }}", "пять"] {
        assert_eq!(source_of(folded, value, part), part);
    }
}

#[test]
fn line_breaks_of_windows_and_indentation_marks_do_no_harm() {
    let text = "a: |\r\n  раз\r\n  {{ x }}\r\nb: >2-\r\n    два\r\n  {{ y }}\r\nc: \"q\r\n  w\"\r\nd: |+\r\n\r\n  e\r\n\r\n";
    let root = tree(text);
    assert_eq!(root.get("a").and_then(Node::text), Some("раз\n{{ x }}\n"));
    assert_eq!(root.get("b").and_then(Node::text), Some("  два\n{{ y }}"));
    assert_eq!(source_of(text, root.get("a").expect("a"), "{{ x }}"), "{{ x }}");
    assert_eq!(source_of(text, root.get("b").expect("b"), "{{ y }}"), "{{ y }}");
    assert_eq!(source_of(text, root.get("b").expect("b"), "два"), "два");
    assert_eq!(source_of(text, root.get("c").expect("c"), "w"), "w");
    assert_eq!(source_of(text, root.get("d").expect("d"), "e"), "e");
}

#[test]
fn a_part_of_nothing_has_an_empty_place() {
    let text = "a: привет\n";
    let root = tree(text);
    let scalar = &root.get("a").expect("a").scalar;
    let (start, end) = (scalar.place(0, 0), scalar.place(12, 12));
    assert_eq!((start.start, start.end, end.start, end.end), (3, 3, 15, 15));
    assert_eq!(scalar.place(500, 600), scalar.span);
}

#[test]
fn all_mistakes_are_found_in_one_run() {
    let text = "a: 1\nb: *nobody\na: 2\nc: {{ x }}\nd: no\ne: !!str 5\n<<: {q: 1}\na: 3\n";
    let (node, findings) = parse(FILE, text);
    let node = node.expect("the rest is read");
    assert_eq!(codes(&findings), ["FLW002", "FLW003", "FLW006", "FLW004", "FLW009", "FLW009", "FLW003"]);
    assert_eq!(
        findings.iter().map(|finding| said(text, finding)).collect::<Vec<_>>(),
        ["*nobody", "a", "{{ x }}", "no", "!!str", "<<", "a"]
    );
    assert_eq!(findings[1].related[0].0.start, 0);
    assert_eq!(findings[2].fix.as_ref().map(|fix| fix.edits[0].text.as_str()), Some("\"{{ x }}\""));
    assert_eq!(findings[3].severity, Severity::Warning);
    assert_eq!(node.get("a").and_then(Node::integer), Some(1));
    assert_eq!(node.get("c").and_then(Node::text), Some("{{ x }}"));
    assert_eq!(node.get("d").and_then(Node::text), Some("no"));
    assert_eq!(node.get("<<"), None);
}

#[test]
fn labels_and_keys_are_not_ambiguous() {
    tree("choice:\n  yes: Да\n  no: Нет\nsay: \"no\"\nagain: { on: Yes }\n");
}

#[test]
fn anchors_repeat_what_was_written() {
    let root = tree("road: &road { say: Привет, go: next }\none: *road\ntwo:\n  - *road\n");
    let two = &root.get("two").expect("two").items()[0];
    assert_eq!(two.get("go").and_then(Node::text), Some("next"));
    assert_eq!(root.get("one").and_then(|one| one.get("say")).and_then(Node::text), Some("Привет"));
}

#[test]
fn a_text_that_yaml_takes_for_something_else_is_explained() {
    for (text, code, place, help) in [
        ("a: Итог: {{ x }}\n", "FLW001", ":", "write \"Итог: {{ x }}\""),
        ("say: {{ name }}, привет\n", "FLW006", "{{ name }}, привет", "write \"{{ name }}, привет\""),
        ("say: {% if x %}да{% endif %}\n", "FLW006", "{% if x %}да{% endif %}", "write \"{% if x %}да{% endif %}\""),
        ("- {{ x | default(\"нет\") }}\n", "FLW006", "{{ x | default(\"нет\") }}", "write '{{ x | default(\"нет\") }}'"),
        ("a:\n\tb: 1\n", "FLW001", "\t", "indent with spaces"),
        ("a:\n  b: 1\n\tc: 2\n", "FLW001", "\t", "indent with spaces"),
        ("a:\n  b:\n\u{a0}   c: 2\n  d: 1\n", "FLW001", "\u{a0}", "indent with spaces"),
        ("a: \"x\n", "FLW001", "\"", "close it, or leave out both quotes; a text of several lines stands behind |"),
        ("a: @x\n", "FLW001", "@", "put the text into quotes"),
        ("a: b\n c: d\n", "FLW001", ":", "check the indentation: this line goes on with the text above it"),
        ("[a, b]: 1\n", "FLW001", "[a, b]", "put a text that begins with [ or { into quotes"),
    ] {
        let (_, findings) = parse(FILE, text);
        assert_eq!(codes(&findings), [code], "{text}");
        assert_eq!(said(text, &findings[0]), place, "{text}");
        assert_eq!(findings[0].help.as_deref(), Some(help), "{text}");
    }
}

#[test]
fn a_quote_that_is_not_closed_is_told_where_it_opens() {
    for (text, at, closes) in [
        ("a: 1\nb: \"x\nc: \"y\"\nd: 2\n", 8, Some(14)),
        ("a:\n  - 'x\n  - 'y'\n", 7, Some(14)),
        ("a: \"x\nb: 2\n\nc: { d: 'e' }\n", 3, None),
        ("a:\n  b: \"say \\\"hi\n  c: \"d\"\n", 8, Some(23)),
    ] {
        let (_, findings) = parse(FILE, text);
        assert_eq!(codes(&findings), ["FLW001"], "{text}");
        assert_eq!(findings[0].span.start, at, "{text}");
        assert_eq!(findings[0].message, "this quote is not closed in its line", "{text}");
        assert_eq!(findings[0].related.first().map(|(span, _)| span.start), closes, "{text}");
    }
    // What is wrong behind a text of several lines has another reason, and so has what is wrong in one line.
    for text in ["a: \"x\n  y\"\nb: [1\nc: 2\n", "a: \"x\" y\n", "a: \"x\ny: z\"\nb: @\n"] {
        let (_, findings) = parse(FILE, text);
        assert_ne!(findings[0].message, "this quote is not closed in its line", "{text}");
    }
}

#[test]
fn a_second_document_is_refused() {
    let (node, findings) = parse(FILE, "a: 1\n---\nb: 2\n");
    assert_eq!(codes(&findings), ["FLW009"]);
    assert_eq!(node.and_then(|node| node.get("a").and_then(Node::integer)), Some(1));
    assert_eq!(tree("---\na: 1\n...\n").get("a").and_then(Node::integer), Some(1));
}

#[test]
fn an_empty_file_is_nothing() {
    for text in ["", "\n\n", "# only a remark\n", "\u{feff}"] {
        assert_eq!(tree(text).kind, Kind::Null, "{text:?}");
    }
}

#[test]
fn a_byte_order_mark_is_tolerated() {
    let marked = "\u{feff}a: б\n";
    let root = tree(marked);
    assert_eq!(source_of(marked, root.get("a").expect("a"), "б"), "б");
    assert_eq!(decode(marked.as_bytes()).as_deref(), Ok("a: б\n"));
}

#[test]
fn what_is_not_utf_8_is_told_with_its_place() {
    let bad = decode(b"a: 1\nb: \xcf\xf0\n").expect_err("not UTF-8");
    assert_eq!((bad.at, bad.byte, bad.line), (8, 0xcf, 2));
    assert_eq!(bad.to_string(), "not UTF-8: byte 0xcf at line 2");
    assert_eq!(bad.finding(FILE).code.id, "FLW007");
    let wide = decode(b"\xff\xfea\0").expect_err("UTF-16").finding(FILE);
    assert_eq!(wide.help.as_deref(), Some("this looks like UTF-16: save the file as UTF-8"));
}

#[test]
fn bombs_are_one_error() {
    let mut laughs = vec!["a0: &a0 [ха, ха, ха, ха, ха, ха, ха, ха, ха, ха]\n".to_owned()];
    for level in 1..9 {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        laughs.push(format!("a{level}: &a{level} [{inner}]\n"));
    }
    let mut ladder = vec!["a0: &a0 [1]\n".to_owned()];
    for level in 1..200 {
        ladder.push(format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    let long = format!("a: &a \"{}\"\nb: [{}]\n", "х".repeat(100_000), vec!["*a"; 5000].join(", "));
    let nested_anchors = format!("{}{}", "&a [".repeat(60), "1, ".repeat(100_000));
    for (name, text) in [
        ("laughs", laughs.concat()),
        ("ladder", ladder.concat()),
        ("long", long),
        ("inside itself", "&a [*a]\n".to_owned()),
        ("anchors in anchors", nested_anchors + &"]".repeat(60)),
        ("flow", "[".repeat(100_000)),
        ("braces", "{a: ".repeat(100_000)),
        ("double braces", "{{".repeat(100_000)),
        ("dashes", "- ".repeat(100_000)),
        ("questions", "? ".repeat(100_000)),
        ("steps", (0..500).map(|depth| " ".repeat(depth) + "a:\n").collect()),
        ("large", "a".repeat(50 << 20)),
    ] {
        let (node, findings) = parse(FILE, &text);
        assert_eq!(codes(&findings), ["FLW005"], "{name}");
        assert_eq!(node, None, "{name}");
    }
}

#[test]
fn a_novel_in_place_of_a_word_is_one_error() {
    let text = format!("flow: a\ntitle: А\nfor: anyone\nagain: {}\nsteps: {{ x: {{ end: y }} }}\n", "ask".repeat(300_000));
    let mut node = tree(&text);
    let mut findings = Vec::new();
    shape::check(&mut node, shape_of(FileKind::Flow), &mut findings);
    assert_eq!(codes(&findings), ["FLW103"]);
    assert!(findings[0].message.len() < 200, "{}", findings[0].message);
}

#[test]
fn the_largest_honest_file_is_read() {
    let line = "- { id: 12345, title: \"Строка\", note: да }\n";
    let text = line.repeat(MAX_BYTES / line.len());
    assert_eq!(tree(&text).items().len(), MAX_BYTES / line.len());
    let keys = (0..40_000).map(|key| format!("k{key}: 1\n")).collect::<Vec<_>>().concat();
    assert_eq!(tree(&keys).entries().len(), 40_000);
}

/// Every place is inside the file, on the edges of characters; what is said to be verbatim is so; every name is reachable.
fn sound(text: &str) {
    let (node, mut findings) = parse(FILE, text);
    for kind in FileKind::ALL {
        if let Some(node) = &node {
            shape::check(&mut node.clone(), shape_of(kind), &mut findings);
        }
    }
    let inside = |start: u32, end: u32| {
        let (start, end) = (start as usize, end as usize);
        assert!(start <= end && text.is_char_boundary(start) && text.is_char_boundary(end), "{start}..{end} in {text:?}");
    };
    for finding in &findings {
        inside(finding.span.start, finding.span.end);
        finding.related.iter().for_each(|(span, _)| inside(span.start, span.end));
        for edit in finding.fix.iter().flat_map(|fix| &fix.edits) {
            inside(edit.span.start, edit.span.end);
        }
    }
    let mut rest: Vec<&Node> = node.iter().collect();
    while let Some(node) = rest.pop() {
        inside(node.span.start, node.span.end);
        let mut at = 0;
        for run in &node.scalar.origin {
            inside(run.from, run.from + run.width);
            assert_eq!(run.at, at, "runs follow one another in {text:?}");
            at += run.len;
            if run.len == run.width && run.len > 2 {
                let decoded = &node.scalar.text.as_bytes()[run.at as usize..][..run.len as usize];
                let source = &text.as_bytes()[run.from as usize..][..run.width as usize];
                let folded = |byte: u8| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte };
                assert!(
                    decoded.iter().zip(source).all(|(one, other)| folded(*one) == folded(*other)),
                    "{decoded:?} {source:?} in {text:?}"
                );
            }
        }
        assert!(at as usize == node.scalar.text.len(), "all of {:?} is explained in {text:?}", node.scalar);
        for (start, _) in node.scalar.text.char_indices() {
            let place = node.scalar.place(start, node.scalar.text.len());
            inside(place.start, place.end);
        }
        for entry in node.entries() {
            inside(entry.key_span.start, entry.key_span.end);
            assert_eq!(node.entries().iter().filter(|other| other.key == entry.key).count(), 1, "keys are unique");
            rest.push(&entry.value);
        }
        rest.extend(node.items());
    }
}

const FLOW: &str = r#"# a flow
flow: hello
title: Знакомство
start: { command: hello, menu: 'Привет, ''мир''' }
for: anyone
steps:
  name: &name
    title: Имя
    ask: "Как вас зовут, \u041F?\n{{ x }}"
    unclear: |
      Напишите имя буквами.
        Например, Анна
  city:
    ask: >-
      {{ name }}, где
      вы работаете?

      Выберите
    choice: { kazan: Казань, other: { label: Другой, go: sorry } }
  again: *name
  set: многострочный
    текст
"#;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases(500)) })]

    #[test]
    fn random_text_never_panics(text in "\\PC{0,80}") {
        sound(&text);
    }

    #[test]
    fn random_yaml_never_panics(text in "([a-zж:\\-?{}\\[\\],&*!|>'\"%@`#~<\\\\ \t\r\n0-9]|: |- |\n  |\\{\\{|\\}\\}|---\n|\\\\u041F|\\\\\n){0,60}") {
        sound(&text);
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        match decode(&bytes) {
            Ok(text) => sound(&text),
            Err(bad) => prop_assert!(bad.text.is_char_boundary(bad.finding(FILE).span.start as usize)),
        }
    }

    #[test]
    fn mutated_flows_never_panic(cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), "[:\\-{}\\[\\]'\"|>&* \n\tйa]{0,4}"), 1..5)) {
        let mut text = FLOW.to_owned();
        for (from, len, insert) in cuts {
            let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            if starts.is_empty() {
                break;
            }
            let start = starts[from.index(starts.len())];
            let end = text[start..].char_indices().map(|(at, _)| start + at).nth(len.index(12)).unwrap_or(text.len());
            text.replace_range(start..end, &insert);
        }
        sound(&text);
    }
}

#[test]
fn a_block_scalar_is_explained_with_the_blank_lines_it_begins_with() {
    for style in ['>', '|'] {
        for line_break in ["\n", "\r\n", "\r"] {
            let text = ["a:", &format!("  b: {style}-"), " ", "", "     x, y", "      z w", "", "      q", "  c: 1", ""].join(line_break);
            sound(&text);
        }
    }
}
