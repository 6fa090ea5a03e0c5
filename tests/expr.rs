//! The expression and text language, table by table.
#![allow(clippy::unwrap_used)] // a test that cannot set up its world should stop there

#[path = "support/cases.rs"]
mod cases;

use std::borrow::Cow;
use std::collections::BTreeMap;

use cases::cases;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use rust_decimal::Decimal;
use usher::diagnostic::{Diagnostic, FileId, Severity, Span};
use usher::expr::{Context, Expression, Fault, Kind, Name, Names, Scope, Template, Time, Type, Value};
use usher::syntax::{self, Run, Scalar};

/// 2026-11-23 10:00 in Moscow.
const NOW: Time = Time(1_795_417_200_000);
const DAY: i64 = 86_400_000;

// Worlds to evaluate and to check in.

#[derive(Default)]
struct World(BTreeMap<String, Value>);

impl World {
    fn with(mut self, name: &str, value: Value) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    /// Names from JSON, without types.
    fn json(self, name: &str, json: &str) -> Self {
        self.with(name, Value::from_json(&serde_json::from_str(json).unwrap(), &Type::certain(Kind::Any)).unwrap())
    }
}

impl Scope for World {
    fn get(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.0.get(name).map(Cow::Borrowed)
    }

    fn label(&self, name: &str) -> Option<String> {
        (name == "city").then(|| "Казань".to_owned())
    }

    fn option_label(&self, path: &[&str], id: &str) -> Option<String> {
        (path == ["state", "state"] || path == ["codes", "items", "state"]).then(|| format!("вид {id}"))
    }
}

struct Declared(BTreeMap<&'static str, Type>);

impl Names for Declared {
    fn type_of(&self, name: &str) -> Option<Type> {
        self.0.get(name).cloned()
    }

    fn all(&self) -> Vec<String> {
        self.0.keys().map(|name| (*name).to_owned()).collect()
    }

    fn has_label(&self, name: &str) -> bool {
        name == "city"
    }
}

fn record(fields: &[(&str, Type)]) -> Kind {
    Kind::Record(fields.iter().map(|(name, of)| ((*name).to_owned(), of.clone())).collect())
}

fn one_of(ids: &[&str]) -> Type {
    Type::certain(Kind::OneOf(ids.iter().map(|id| ((*id).to_owned(), id.to_uppercase())).collect()))
}

fn list(item: Type) -> Type {
    Type::certain(Kind::List(Box::new(item)))
}

fn pii(mut of: Type) -> Type {
    of.pii = true;
    of
}

fn secret(mut of: Type) -> Type {
    of.secret = true;
    of
}

/// What the flows of a registration may know.
fn declared() -> Declared {
    let certain = Type::certain;
    let card = record(&[("title", certain(Kind::Text)), ("since", certain(Kind::DateTime)), ("note", certain(Kind::Text).optional())]);
    Declared(BTreeMap::from([
        ("age", certain(Kind::Integer)),
        ("price", certain(Kind::Decimal)),
        ("salary", certain(Kind::Money)),
        ("yes", certain(Kind::Boolean)),
        ("maybe", certain(Kind::Boolean).optional()),
        ("word", certain(Kind::Text)),
        ("note", certain(Kind::Text).optional()),
        ("full_name", pii(certain(Kind::Name))),
        ("phone", pii(certain(Kind::Contact))),
        ("code", secret(certain(Kind::Text).optional())),
        ("born", certain(Kind::Date)),
        ("at", certain(Kind::DateTime)),
        ("opens", certain(Kind::Clock)),
        ("life", certain(Kind::Duration)),
        ("city", one_of(&["kazan", "perm"])),
        ("mode", one_of(&["automatic", "approved"])),
        ("rights", list(one_of(&["people", "codes"]))),
        ("levels", list(certain(Kind::Text))),
        ("numbers", list(certain(Kind::Integer))),
        ("mine", certain(record(&[("items", list(certain(card)))]))),
        ("counts", certain(record(&[("requests", certain(Kind::Integer))])).optional()),
        ("person", certain(record(&[("email", pii(certain(Kind::Text)).optional()), ("staff_id", certain(Kind::Integer).optional())]))),
        ("anything", certain(Kind::Any)),
        ("now", certain(Kind::DateTime)),
    ]))
}

/// A plain scalar of one line, at the very beginning of a file.
fn scalar(text: &str) -> Scalar {
    let len = u32::try_from(text.len()).unwrap();
    Scalar { text: text.to_owned(), span: Span::new(FileId(0), 0, text.len()), origin: vec![Run { at: 0, len, from: 0, width: len }] }
}

fn expression(text: &str) -> Expression {
    Expression::parse(&scalar(text)).unwrap_or_else(|finding| panic!("{text}: {finding:?}"))
}

fn template(text: &str) -> Template {
    Template::parse(&scalar(text)).unwrap_or_else(|finding| panic!("{text}: {finding:?}"))
}

fn in_language<T>(world: &World, language: &str, run: impl FnOnce(&Context<'_>) -> T) -> T {
    let zone = TimeZone::get("Europe/Moscow").unwrap();
    run(&Context { scope: world, language, zone: &zone, now: NOW })
}

fn value(world: &World, text: &str) -> Result<Value, Fault> {
    in_language(world, "ru", |context| expression(text).evaluate(context))
}

fn json(world: &World, text: &str) -> String {
    value(world, text).map_or_else(|fault| format!("fault: {fault}"), |value| value.to_json().to_string())
}

fn show(world: &World, language: &str, text: &str) -> String {
    in_language(world, language, |context| template(text).render(context)).unwrap_or_else(|fault| format!("fault: {fault}"))
}

fn ru(world: &World, text: &str) -> String {
    show(world, "ru", text)
}

/// The findings about an expression, as codes with the place's own text.
fn findings(text: &str) -> (Type, Vec<String>) {
    let mut found = Vec::new();
    let of = expression(text).check(&declared(), &mut found);
    (of, found.iter().map(|finding| brief(text, finding)).collect())
}

fn text_findings(text: &str) -> (Type, Vec<String>) {
    let mut found = Vec::new();
    let of = template(text).check(&declared(), &mut found);
    (of, found.iter().map(|finding| brief(text, finding)).collect())
}

fn brief(text: &str, finding: &Diagnostic) -> String {
    let mark = if finding.severity == Severity::Warning { "?" } else { "" };
    format!("{}{mark} {}", finding.code.id, &text[finding.span.start as usize..finding.span.end as usize])
}

// What expressions compute.

#[test]
fn an_expression_computes_what_the_table_says() {
    let world =
        World::default().json("x", "5").json("none_yet", "null").json("list", "[3,1,2]").json("r", r#"{"items":[1],"a":{"b":"c"}}"#);
    for (text, expected) in [
        ("x", "5"),
        ("x + 1", "6"),
        ("x - 7", "-2"),
        ("x * 2.5", "12.5"),
        ("x / 2", "2.5"),
        ("4 / 2", "2"),
        ("7 // 2", "3"),
        ("-7 // 2", "-4"),
        ("-7 % 3", "2"),
        ("7 % -3", "-2"),
        ("-7.5 % 3", "1.5"),
        ("0.1 + 0.2", "0.3"),
        ("1e3 + 1", "1001"),
        ("1_000", "1000"),
        ("- -x", "5"),
        ("24h", "\"1d\""),
        ("1h30m", "\"1h30m\""),
        ("x == 5.0", "true"),
        ("x == none", "false"),
        ("none_yet == none", "true"),
        ("none_yet != 'a'", "true"),
        ("none_yet.field.deeper", "null"),
        ("none_yet[0]", "null"),
        ("none_yet is none", "true"),
        ("x is not none", "true"),
        ("true if none_yet is none if x == 5 else false", "true"),
        ("none_yet is none if true else 1", "true"),
        ("x in list", "false"),
        ("3 in list", "true"),
        ("4 not in list", "true"),
        ("1 in none_yet", "false"),
        ("none_yet in list", "false"),
        ("none_yet in [none]", "true"),
        ("'b' in 'abc'", "true"),
        ("'a' in r", "true"),
        ("1 < x <= 5", "true"),
        ("not x == 5", "false"),
        ("x > 3 and x < 4 or true", "true"),
        ("false and 1 / 0 == 1", "false"),
        ("true or 1 / 0 == 1", "true"),
        ("'a' if x == 5", "\"a\""),
        ("'a' if x == 4", "null"),
        ("'a' if x == 4 else 'b'", "\"b\""),
        ("7 if x == 1 else 30 if x == 5 else 365", "30"),
        ("'a' ~ x ~ 1.50", "\"a51,5\""),
        ("[1, 'a', [x]]", "[1,\"a\",[5]]"),
        ("{'a': x, 'b': none}", "{\"a\":5,\"b\":null}"),
        ("{'a': 1} == {'a': 1.0}", "true"),
        ("list[0]", "3"),
        ("list[-1]", "2"),
        ("list[9]", "null"),
        ("list[x - 4]", "1"),
        ("r.items", "[1]"),
        ("r['items'][0]", "1"),
        ("r.a.b | upper", "\"C\""),
        ("none_yet | default(x)", "5"),
        ("x | default(1 / 0)", "5"),
        ("'' | default('a')", "\"\""),
        ("list | sort", "[1,2,3]"),
        ("['яма', 'Ель', 'ёлка', 'ежи'] | sort", "[\"ежи\",\"ёлка\",\"Ель\",\"яма\"]"),
        ("[2, none, 1] | sort", "[1,2,null]"),
        ("list | sum", "6"),
        ("[0.1, 0.2] | sum", "0.3"),
        ("[] | sum", "0"),
        ("list | first", "3"),
        ("[] | last", "null"),
        ("list | length", "3"),
        ("'ёж' | length", "2"),
        ("[1, 1.0, 2] | unique", "[1,2]"),
        ("2.5 | round", "3"),
        ("-2.5 | round", "-3"),
        ("2.345 | round(2)", "2.35"),
        ("' 12 ' | int", "12"),
        ("-2.9 | int", "-2"),
        ("'иванов-петров иван' | title", "\"Иванов-Петров Иван\""),
        ("' a ' | trim | lower", "\"a\""),
        ("'Иван Петров' | words | first", "\"Иван\""),
        ("'abcdef' | truncate(4)", "\"abc…\""),
        ("'abc' | truncate(3)", "\"abc\""),
        ("'a-b-c' | replace('-', '')", "\"abc\""),
        ("'+79123456789' | mask", "\"+7***89\""),
        ("'ivan@example.com' | mask", "\"i***@example.com\""),
        ("'Иван Петров' | mask", "\"И*** П***\""),
        ("[{'n': 'b'}, {'n': 'a'}] | sort('n') | map('n') | join(', ')", "\"a, b\""),
        ("[{'n': 'b', 'k': 1}, {'n': 'a', 'k': 2}] | select('n', 'a') | map('k')", "[2]"),
        ("'abc' is starting_with('ab')", "true"),
        ("'abc' is starting_with 'b'", "false"),
        ("'abc' is matching('[a-z]+')", "true"),
        ("'abc1' is matching('[a-z]+')", "false"),
        ("[] is empty and '' is empty and none is empty", "true"),
        ("'a' is not empty", "true"),
    ] {
        assert_eq!(json(&world, text), expected, "{text}");
    }
}

#[test]
fn what_has_no_answer_is_a_fault_that_names_no_value() {
    let world = World::default().json("x", "5").json("word", "\"тайна\"").json("none_yet", "null").json("r", r#"{"a":1}"#);
    for (text, expected) in [
        ("nobody", "there is no `nobody` here"),
        ("r.b", "`r` has no field \"b\""),
        ("r.a.b", "`r.a` has no field \"b\""),
        ("x < none_yet", "a number cannot be compared with nothing"),
        ("word < 5", "a text cannot be compared with a number"),
        ("word == 5", "a text cannot be compared with a number"),
        ("word < 'b'", "a text cannot be compared with a text"),
        ("word in [1, 2]", "a list cannot be searched for a text"),
        ("not none_yet", "`none_yet` is nothing, not true or false"),
        ("x and true", "`x` is a number, not true or false"),
        ("'a' if x", "`x` is a number, not true or false"),
        ("x / 0", "division by zero"),
        ("x // 0", "division by zero"),
        ("x % 0", "division by zero"),
        ("x % 0.0", "division by zero"),
        ("word + word", "`+` takes two numbers, not a text and a text"),
        ("9223372036854775807 + 1", "the result is too large"),
        ("-9223372036854775807 - 2", "the result is too large"),
        ("1e28 * 10.0", "the result is too large"),
        ("word ~ none_yet", "`none_yet` is nothing and cannot be printed"),
        ("none_yet | upper", "`upper` takes a text; `none_yet` is nothing"),
        ("none_yet | length", "`length` takes a list or a text; `none_yet` is nothing"),
        ("word | int", "this text is no whole number"),
        ("x | yes_no", "`yes_no` takes true or false; `x` is a number"),
        ("none_yet is past", "`is past` takes a date or a moment; `none_yet` is nothing"),
        ("['a', 1] | sort", "the items of the value have no order"),
        ("word | replace('', 'x')", "`replace` needs something to look for"),
        ("word | truncate(0)", "`truncate` takes a number of characters above zero"),
        ("none_yet | label", "`label` takes a choice; `none_yet` is nothing"),
        ("x | round(99)", "`round` takes 0 to 28 digits"),
    ] {
        assert_eq!(json(&world, text), format!("fault: {expected}"), "{text}");
    }
    let fault = value(&world, "x == 5 and r.b == 'тайна'").unwrap_err();
    assert_eq!((fault.span.start, fault.span.end), (11, 14));
}

#[test]
fn a_condition_takes_booleans_only() {
    let world = World::default().json("x", "5");
    let holds = |text: &str| in_language(&world, "ru", |context| expression(text).holds(context));
    assert_eq!(holds("x == 5"), Ok(true));
    assert_eq!(holds("x == 6"), Ok(false));
    assert!(holds("x").is_err());
    assert!(holds("none").is_err());
}

#[test]
fn moments_move_and_are_compared_with_now() {
    let world = World::default()
        .with("now", Value::Time(NOW))
        .with("yesterday", Value::Time(NOW.plus(-DAY)))
        .with("born", Value::Date("1990-02-28".parse().unwrap()))
        .with("today", Value::Date("2026-11-23".parse().unwrap()));
    for (text, expected) in [
        ("now | plus(24h)", "\"2026-11-24T07:00:00Z\""),
        ("now | minus(1h30m)", "\"2026-11-23T05:30:00Z\""),
        ("born | plus(1d)", "\"1990-03-01\""),
        ("now | date", "\"2026-11-23\""),
        ("now | time", "\"10:00:00\""),
        ("born < (now | date)", "true"),
        ("yesterday is past", "true"),
        ("yesterday is future", "false"),
        ("now is past or now is future", "false"),
        ("today is past or today is future", "false"),
        ("born is past", "true"),
        ("now > yesterday", "true"),
        ("2h > 90m", "true"),
    ] {
        assert_eq!(json(&world, text), expected, "{text}");
    }
}

#[test]
fn yaml_values_are_expressions_lists_and_maps() {
    let text = "a: x + 1\nb: [1, 2.50, true, \"'word'\", 14d, ~]\nc: { d: none }\ne: x +\nf: \"{{ x }}\"\n";
    let (tree, problems) = syntax::parse(FileId(0), text);
    assert_eq!(problems, []);
    let tree = tree.unwrap();
    let mut found = Vec::new();
    let world = World::default().json("x", "5");
    let mut read = |key: &str| {
        let built = Expression::from_node(tree.get(key).unwrap(), &mut found);
        built.map(|built| in_language(&world, "ru", |context| built.evaluate(context)).unwrap().to_json().to_string())
    };
    assert_eq!(read("a").as_deref(), Some("6"));
    assert_eq!(read("b").as_deref(), Some("[1,2.5,true,\"word\",\"14d\",null]"));
    assert_eq!(read("c").as_deref(), Some("{\"d\":null}"));
    assert_eq!((read("e"), read("f")), (None, None));
    assert_eq!(found.iter().map(|finding| brief(text, finding)).collect::<Vec<_>>(), ["FLW501 +", "FLW507 {{ x }}"]);
    let mut all = Vec::new();
    assert_eq!(Expression::from_node(&tree, &mut all), None);
    assert_eq!(all.len(), 2, "every mistake of a map is told");
}

#[test]
fn the_names_that_are_read_are_listed_with_their_places() {
    let text = "position.erp_access and attempts < 3 and x['items'][i].price | default(person.name) == y is starting_with(z)";
    let names: Vec<_> = expression(text).names();
    let listed: Vec<_> = names.iter().map(|name| (name.path.join("."), &text[name.span.start as usize..name.span.end as usize])).collect();
    let expected = [
        ("position.erp_access", "position.erp_access"),
        ("attempts", "attempts"),
        ("x.items", "x['items']"),
        ("i", "i"),
        ("person.name", "person.name"),
        ("y", "y"),
        ("z", "z"),
    ];
    assert_eq!(listed.iter().map(|(path, place)| (path.as_str(), *place)).collect::<Vec<_>>(), expected);
    let paths: Vec<_> = template("{% for item in a.b %}{{ item.c }}{{ d }}{% endfor %}{{ item }}")
        .names()
        .into_iter()
        .map(|name| name.path.join("."))
        .collect();
    assert_eq!(paths, ["a.b", "d", "item"]);
}

// What is refused while reading.

#[test]
fn a_mistake_in_an_expression_is_told_at_its_place() {
    for (text, expected) in [
        ("", "FLW501 "),
        ("  ", "FLW501   "),
        ("a +", "FLW501 +"),
        ("a b", "FLW501 b"),
        ("(a", "FLW501 ("),
        ("a | default(b", "FLW501 ("),
        ("['(', a", "FLW501 ["),
        ("a.b.", "FLW501 ."),
        ("'abc", "FLW501 'abc"),
        ("“a”", "FLW501 “"),
        ("a @ b", "FLW501 @"),
        ("a = b", "FLW507 ="),
        ("a == 1 && b", "FLW507 &&"),
        ("a || b", "FLW507 ||"),
        ("a === b", "FLW507 ==="),
        ("a !== b", "FLW507 !=="),
        ("a <> b", "FLW507 <>"),
        ("a => 5", "FLW507 =>"),
        ("a AND b", "FLW507 AND"),
        ("a или b", "FLW507 или"),
        ("7 days", "FLW501 7 days"),
        ("!a", "FLW507 !"),
        ("{{ a }}", "FLW507 {{ a }}"),
        ("{{ a", "FLW507 {{ a"),
        ("a | uper", "FLW503 uper"),
        ("a.b.c | wrong | upper", "FLW503 wrong"),
        ("a is defined", "FLW504 defined"),
        ("a is not emty", "FLW504 emty"),
        ("len(a)", "FLW505 len"),
        ("a.upper()", "FLW505 a.upper"),
        ("a | upper(1)", "FLW506 upper(1)"),
        ("a | default", "FLW506 default"),
        ("a | plural('x')", "FLW506 plural('x')"),
        ("a | plural('x', 'y', count=1)", "FLW506 1"),
        ("a | plural('x', 'y', number=b)", "FLW506 b"),
        ("a | map(b)", "FLW506 b"),
        ("a is matching(b)", "FLW506 b"),
        ("a is matching('(')", "FLW506 '('"),
        ("a is matching('a)|(b')", "FLW506 'a)|(b'"),
        ("a is past(1)", "FLW506 past(1)"),
        ("a | join(*b)", "FLW506 join(*b)"),
        ("a ** 2", "FLW501 a ** 2"),
        ("a[1:2]", "FLW501 a[1:2]"),
        ("(1, 2)", "FLW501 (1, 2)"),
        ("{a: 1}", "FLW501 a"),
        ("{'a': 1, 'a': 2}", "FLW501 'a'"),
        ("99999999999999999999", "FLW501 99999999999999999999"),
        ("1 < 2 not in a", "FLW501 1 < 2 not in a"),
    ] {
        let finding = *Expression::parse(&scalar(text)).expect_err(text);
        assert_eq!(brief(text, &finding), expected, "{}", finding.message);
        assert!(!finding.message.is_empty() && !finding.message.ends_with('.'), "{}", finding.message);
    }
}

#[test]
fn a_mistake_in_a_text_is_told_at_its_place() {
    for (text, expected) in [
        ("Hello {{ name", "FLW502 {{"),
        ("Hello {{ }}", "FLW502  "),
        ("{{ a b }}", "FLW502 b"),
        ("{{ 'a }}", "FLW502 'a "),
        ("{{ a | uper }}", "FLW503 uper"),
        ("{% if a %}x", "FLW502 {% if a %}"),
        ("{% if a = 1 %}x{% endif %}", "FLW507 ="),
        ("x{% endif %}", "FLW502 {% endif %}"),
        ("{% for a in b %}x{% endif %}", "FLW502 {% endif %}"),
        ("{% if a %}x{% else %}y{% elif b %}z{% endif %}", "FLW502 {% elif b %}"),
        ("{% if a %}x{% else if b %}z{% endif %}", "FLW502 if b"),
        ("{% set a = 1 %}", "FLW508 set"),
        ("{% include 'a' %}", "FLW508 include"),
        ("{% raw %}{{ a }}{% endraw %}", "FLW508 raw"),
        ("{% fro a in b %}{% endfor %}", "FLW508 fro"),
        ("{%  %}", "FLW502 {%  %}"),
        ("{# note #}", "FLW508 {#"),
        ("{{- a }}", "FLW508 {{- a }}"),
        ("{% if a -%}x{% endif %}", "FLW508 {% if a -%}"),
        ("{% for a b %}{% endfor %}", "FLW502 {% for a b %}"),
        ("{% for not in b %}{% endfor %}", "FLW502 {% for not in b %}"),
        ("{% for a in b if a.c %}{% endfor %}", "FLW508 b if a.c"),
        ("{% for a in b | wrong %}{% endfor %}", "FLW503 wrong"),
    ] {
        let finding = *Template::parse(&scalar(text)).expect_err(text);
        assert_eq!(brief(text, &finding), expected, "{}", finding.message);
    }
}

#[test]
fn advice_names_what_was_meant() {
    let help = |text: &str| Expression::parse(&scalar(text)).expect_err(text).help.unwrap_or_default();
    assert_eq!(help("a | uper"), "did you mean \"upper\"?");
    assert_eq!(help("a is defined"), "there is nothing undefined; write `is not none`");
    assert_eq!(help("len(a)"), "write `value | length`");
    assert_eq!(help("a.upper()"), "write `value | upper`");
    assert_eq!(help("a = b"), "write `==`");
    assert_eq!(help("{{ a }}"), "expressions stand without braces: a");
    let advice = |text: &str| {
        let mut found = Vec::new();
        expression(text).check(&declared(), &mut found);
        (found[0].help.clone().unwrap_or_default(), found[0].fix.is_some())
    };
    assert_eq!(advice("pone.number"), ("did you mean \"phone\"?".to_owned(), true));
    assert_eq!(advice("pone.staff_id"), ("the nearest name is \"phone\", which has no such field".to_owned(), false));
    assert_eq!(advice("ful_name.last"), ("did you mean \"full_name\"?".to_owned(), true));
    // What it is compared with says what is meant before the spelling does.
    assert_eq!(advice("city == kazan"), ("a word as such stands in quotes: 'kazan'".to_owned(), true));
    assert_eq!(advice("city in [kazn, 'perm']"), ("a word as such stands in quotes: 'kazan'".to_owned(), true));
    assert_eq!(advice("word == ag"), ("a word as such stands in quotes: 'ag'".to_owned(), false));
    assert_eq!(advice("price > ag"), ("did you mean \"age\"?".to_owned(), true));
    assert_eq!(advice("ye"), ("did you mean \"yes\"?".to_owned(), true));
    assert_eq!(help("a === b"), "write `==`");
    assert_eq!(help("1 hour"), "write 1h");
    let elif = *Template::parse(&scalar("{% if a %}x{% elseif b %}y{% endif %}")).unwrap_err();
    assert_eq!(elif.help.as_deref(), Some("did you mean \"elif\"?"));
    assert_eq!(Expression::parse(&scalar("{{ a }}")).unwrap_err().fix.unwrap().edits[0].text, "a");
}

#[test]
fn places_are_exact_in_every_style_of_yaml() {
    let file = "\
plain: Привет, {{ user.nme | uper }}
double: \"При\\u0432ет,\\n\\\"{{ 'я' ~ user | uper }}\"
single: 'Привет, ''{{ user | uper }}'''
literal: |
  Первая
    вторая {{ user | uper }}
folded: >-
  Первая
  вторая

  третья {{ user | uper }}
multi: Первая
  вторая {{ user | uper }}
";
    let (tree, problems) = syntax::parse(FileId(0), file);
    assert_eq!(problems, []);
    for entry in tree.unwrap().entries() {
        let finding = Template::parse(&entry.value.scalar).expect_err(&entry.key);
        assert_eq!(brief(file, &finding), "FLW503 uper", "{}", entry.key);
        assert_eq!(
            finding.span.start as usize,
            file[entry.value.span.start as usize..].find("uper").unwrap() + entry.value.span.start as usize
        );
    }
}

// What types forbid.

#[test]
fn types_are_known_before_anything_runs() {
    for (text, kind) in [
        ("age + 1", Kind::Integer),
        ("age / 2", Kind::Decimal),
        ("age + price", Kind::Decimal),
        ("age < price", Kind::Boolean),
        ("word ~ age", Kind::Text),
        ("full_name.last", Kind::Text),
        ("phone.verified", Kind::Boolean),
        ("salary.amount", Kind::Decimal),
        ("at | date", Kind::Date),
        ("at | time", Kind::Clock),
        ("at | plus(life)", Kind::DateTime),
        ("born | plus(24h)", Kind::Date),
        ("24h", Kind::Duration),
        ("numbers | first", Kind::Integer),
        ("numbers[0]", Kind::Integer),
        ("mine.items | map('title')", Kind::List(Box::new(Type::certain(Kind::Text)))),
        ("mine.items | length", Kind::Integer),
        ("anything.of.this", Kind::Any),
        ("note | default('a')", Kind::Text),
        ("1 if yes else 2.5", Kind::Decimal),
        ("word | words", Kind::List(Box::new(Type::certain(Kind::Text)))),
    ] {
        let (of, found) = findings(text);
        assert_eq!(found, [] as [&str; 0], "{text}");
        assert_eq!(of.kind, kind, "{text}");
    }
}

#[test]
fn what_may_be_none_is_known() {
    for (text, optional) in [
        ("note", true),
        ("note | default('a')", false),
        ("note | default(person.email)", true),
        ("counts.requests", true),
        ("counts.requests if counts is not none else 0", false),
        ("0 if counts is none else counts.requests", false),
        ("word if yes", true),
        ("numbers[0]", true),
        ("full_name.middle", true),
        ("note is none", false),
        ("note == 'a'", false),
        ("note if note is not none and yes else ''", false),
        ("note if not (note is none or yes) else ''", false),
        ("note if note == 'a' else ''", false),
        ("note if note in ['a', 'b'] else ''", false),
        ("note if note != none else ''", false),
        ("note if note is not empty else ''", false),
    ] {
        let (of, found) = findings(text);
        assert_eq!(found, [] as [&str; 0], "{text}");
        assert_eq!(of.optional, optional, "{text}");
    }
}

#[test]
fn a_wrong_type_is_found_at_its_place() {
    for (text, expected) in [
        ("nobody", vec!["FLW403 nobody"]),
        ("perso.email", vec!["FLW403 perso"]),
        ("person.emial == none", vec!["FLW406 emial"]),
        ("person['emial'] == none", vec!["FLW406 person['emial']"]),
        ("word.last == none", vec!["FLW406 last"]),
        ("'5' < 3", vec!["FLW405 '5' < 3"]),
        ("word == 5", vec!["FLW405 word == 5"]),
        ("word < 'b'", vec!["FLW405 word < 'b'"]),
        ("born < at", vec!["FLW405 born < at"]),
        ("opens < 5", vec!["FLW405 opens < 5"]),
        ("age in levels", vec!["FLW405 age"]),
        ("word in age", vec!["FLW405 age"]),
        ("yes and age", vec!["FLW405 age"]),
        ("not word", vec!["FLW405 word"]),
        ("1 if word else 2", vec!["FLW405 word"]),
        ("maybe and yes", vec!["FLW402? maybe"]),
        ("maybe == true and yes", vec![]),
        ("person.staff_id > 5", vec!["FLW402? person.staff_id"]),
        ("person.staff_id is not none and person.staff_id > 5", vec![]),
        ("person.staff_id is none or person.staff_id > 5", vec![]),
        ("word + 'a'", vec!["FLW405 word", "FLW405 'a'"]),
        ("at - born", vec!["FLW405 at", "FLW405 born"]),
        ("salary * 2", vec!["FLW405 salary"]),
        ("-word", vec!["FLW506 word"]),
        ("age | upper", vec!["FLW506 age"]),
        ("note | upper", vec!["FLW402? note"]),
        ("word | round", vec!["FLW506 word"]),
        ("age | round('a')", vec!["FLW506 'a'"]),
        ("at | plus(5)", vec!["FLW506 5"]),
        ("word | plus(24h)", vec!["FLW506 word"]),
        ("age is past", vec!["FLW506 age"]),
        ("age is matching('5')", vec!["FLW506 age"]),
        ("word is starting_with(5)", vec!["FLW506 5"]),
        ("mode == 'manual'", vec!["FLW410? 'manual'"]),
        ("mode in ['automatic', 'manual']", vec!["FLW410? 'manual'"]),
        ("'poeple' in rights", vec!["FLW410? 'poeple'"]),
        ("mode == 'approved' and 'people' in rights", vec![]),
        ("city | label", vec![]),
        ("mode | label", vec![]),
        ("word | label", vec!["FLW506 word"]),
        ("mine.items | map('titel')", vec!["FLW406 'titel'"]),
        ("mine.items | select('title', 5)", vec!["FLW405 5"]),
        ("mine.items | sort", vec!["FLW506 mine.items | sort"]),
        ("mine.items | join(', ')", vec!["FLW509 mine.items"]),
        ("levels | sum", vec!["FLW506 levels"]),
        ("word ~ yes", vec!["FLW509 yes"]),
        ("word ~ note", vec!["FLW509? note"]),
        ("numbers['a']", vec!["FLW406 numbers['a']"]),
        ("anything.a < anything.b", vec![]),
        ("anything.a < anything.b | upper", vec!["FLW405 anything.a < anything.b | upper"]),
    ] {
        assert_eq!(findings(text).1, expected, "{text}");
    }
}

#[test]
fn what_cannot_be_printed_is_found() {
    for (text, expected) in [
        ("{{ word }} {{ age }} {{ born }} {{ at }} {{ salary }} {{ life }} {{ phone }} {{ full_name }} {{ city }}", vec![]),
        ("{{ yes }}", vec!["FLW509 yes"]),
        ("{{ mine }}", vec!["FLW509 mine"]),
        ("{{ levels }}", vec!["FLW509 levels"]),
        ("{{ none }}", vec!["FLW509 none"]),
        ("{{ note }}", vec!["FLW509? note"]),
        ("{{ note | default('-') }}", vec![]),
        ("{{ yes | yes_no }}", vec![]),
        ("{% if note %}{{ note }}{% else %}{{ note }}{% endif %}{{ note }}", vec!["FLW509? note", "FLW509? note"]),
        ("{% if note is none %}-{% else %}{{ note }}{% endif %}", vec![]),
        ("{% if note is none %}-{% elif yes %}{{ note }}{% endif %}", vec![]),
        ("{% if counts %}{{ counts.requests }}{% endif %}", vec![]),
        ("{% if person.email %}{{ person.email }}{{ person.staff_id }}{% endif %}", vec!["FLW509? person.staff_id"]),
        ("{% if word %}a{% endif %}", vec!["FLW308 word"]),
        ("{% if levels %}a{% endif %}", vec!["FLW308 levels"]),
        ("{% if maybe %}a{% endif %}", vec![]),
        ("{% for item in mine.items %}{{ item.title }}{{ item.note }}{% endfor %}", vec!["FLW509? item.note"]),
        ("{% for item in mine.items %}{% if item.note %}{{ item.note }}{% endif %}{% endfor %}{{ item }}", vec!["FLW403 item"]),
        ("{% for item in word %}{{ item }}{% endfor %}", vec!["FLW506 word"]),
        ("{% for item in mine.items %}{{ loop.index }}{% endfor %}", vec!["FLW403 loop"]),
        ("{{ wrd }}", vec!["FLW403 wrd"]),
    ] {
        assert_eq!(text_findings(text).1, expected, "{text}");
    }
}

#[test]
fn flags_travel_with_values() {
    for (text, flags) in [
        ("full_name", (true, false)),
        ("full_name.last | upper", (true, false)),
        ("word ~ full_name", (true, false)),
        ("word if full_name.last is starting_with('A') else ''", (true, false)),
        ("full_name | length", (false, false)),
        ("full_name == 'a'", (false, false)),
        ("person.email is none", (false, false)),
        ("[full_name] | join(' ')", (true, false)),
        ("{'a': full_name}.a", (true, false)),
        ("code", (false, true)),
        ("code | default('') | upper", (false, true)),
        ("code == 'a'", (false, true)),
        ("code is none", (false, false)),
        ("code | default('') | length", (false, true)),
        ("'a' if code is none else 'b'", (false, false)),
        ("person", (false, false)),
    ] {
        let (of, _) = findings(text);
        assert_eq!((of.pii, of.secret), flags, "{text}");
    }
    let (of, _) = text_findings("Код: {% if code %}{{ code }}{% endif %} для {{ full_name }}");
    assert_eq!((of.kind, of.pii, of.secret), (Kind::Text, true, true));
    let (of, _) = text_findings("{% if code %}Код есть{% endif %}");
    assert!(!of.secret, "that there is a code is no secret");
}

#[test]
fn a_condition_that_is_none_is_reported() {
    let condition = |text: &str| {
        let mut found = Vec::new();
        expression(text).check_condition(&declared(), &mut found);
        found.iter().map(|finding| brief(text, finding)).collect::<Vec<_>>()
    };
    assert_eq!(condition("yes"), [] as [&str; 0]);
    assert_eq!(condition("age"), ["FLW405 age"]);
    assert_eq!(condition("maybe"), ["FLW402? maybe"]);
    assert_eq!(condition("maybe | default(false)"), [] as [&str; 0]);
}

// Texts.

#[test]
fn the_texts_of_the_shipped_bot_render() {
    let world = World::default()
        .json("mine", r#"{"items":[{"title":"Регистрация","status":"ждёт"},{"title":"Доступ","status":"решено"}]}"#)
        .json("person", r#"{"full_name":null}"#)
        .json("counts", r#"{"requests":3,"stuck":1,"doubts":0}"#)
        .json("phone", r#"{"number":"+79123456789","verified":true}"#)
        .json("access", "true")
        .json("empty", "[]")
        .with("since", Value::Time(NOW.plus(-3 * 3_600_000)))
        .with("at", Value::Time(NOW.plus(DAY)));
    for (text, expected) in [
        ("Личный кабинет{% if person.full_name %}: {{ person.full_name }}{% endif %}\n", "Личный кабинет"),
        ("Управление{% if counts %}. Заявок: {{ counts.requests }}{% endif %}\n", "Управление. Заявок: 3"),
        (
            "{% for item in mine.items %}{{ item.title }}: {{ item.status }} ({{ since | ago }})\n{% endfor %}\n",
            "Регистрация: ждёт (3 часа назад)\nДоступ: решено (3 часа назад)",
        ),
        (
            "Телефон: {{ phone.number }} {% if phone.verified %}(подтверждён){% else %}(не подтверждён){% endif %}\nДоступ: {{ access | yes_no }}\n",
            "Телефон: +79123456789 (подтверждён)\nДоступ: да",
        ),
        ("Подана{% if empty | length > 0 %}\nПохожие: {{ empty | join(', ') }}{% endif %}\n", "Подана"),
        ("Подана{% if mine.items | length > 0 %}\nПохожие: {{ ['a', 'b'] | join(', ') }}{% endif %}\n", "Подана\nПохожие: a, b"),
        ("Код активации действует до {{ at | datetime }}.", "Код активации действует до 24.11 10:00."),
        ("{{ 21 | plural('заявка ждёт', 'заявки ждут', 'заявок ждут') }} решения:", "21 заявка ждёт решения:"),
        ("Вход в ERP: {{ (person.full_name is not none) | yes_no }}", "Вход в ERP: нет"),
    ] {
        assert_eq!(ru(&world, text), expected, "{text}");
    }
}

#[test]
fn lines_made_empty_by_statements_are_dropped() {
    let world = World::default().json("yes", "true").json("no", "false").json("list", "[1,2]").json("empty", "[]").json("blank", "\"\"");
    for (text, expected) in [
        ("a\n{% if yes %}\nb\n{% endif %}\nc\n", "a\nb\nc"),
        ("a\n{% if no %}\nb\n{% endif %}\nc\n", "a\nc"),
        ("a\n  {% if no %}b{% endif %}  \nc", "a\nc"),
        ("a\n\n{% if no %}b{% endif %}\n\nc", "a\n\n\nc"),
        ("a\n{% for i in list %}\n{{ i }}\n{% endfor %}\nc", "a\n1\n2\nc"),
        ("a\n{% for i in list %}{{ i }} {% endfor %}\nc", "a\n1 2 \nc"),
        ("a\n{% for i in empty %}{{ i }}{% else %}nothing{% endfor %}\nc", "a\nnothing\nc"),
        ("a\n{% for i in empty %}{{ i }}{% endfor %}\nc", "a\nc"),
        ("a\n{% if no %}b{% endif %}", "a"),
        ("a\n{{ blank }}\nc", "a\n\nc"),
        ("a\n{% if yes %}{{ blank }}{% endif %}\nc", "a\n\nc"),
        ("a\n\nb\n", "a\n\nb"),
        ("a\n\n", "a\n"),
        ("{% if no %}a{% elif yes %}b{% else %}c{% endif %}", "b"),
        ("{% if no %}a{% elif no %}b{% else %}c{% endif %}", "c"),
        ("{% for i in list %}{% for j in list %}{{ i }}{{ j }} {% endfor %}{% endfor %}", "11 12 21 22 "),
        ("{ x } 5 % 3 }} %} {", "{ x } 5 % 3 }} %} {"),
        ("{{ '}}' }}{{ {'a': {'b': 1}}.a.b }}", "}}1"),
    ] {
        assert_eq!(ru(&world, text), expected, "{text:?}");
    }
}

#[test]
fn values_never_become_markup() {
    let world = World::default().json("evil", r#""<b>&\"'</b>{{ 1 }}""#);
    assert_eq!(ru(&world, "<i>{{ evil }}</i>"), "<i>&lt;b&gt;&amp;&quot;'&lt;/b&gt;{{ 1 }}</i>");
    let plain = in_language(&world, "ru", |context| template("<i>{{ evil }}</i>").render_plain(context));
    assert_eq!(plain.unwrap(), "<i><b>&\"'</b>{{ 1 }}</i>");
}

#[test]
fn a_text_of_one_value_keeps_it_and_a_text_of_none_is_fixed() {
    assert!(template("{{ x }}").whole().is_some());
    assert!(template("{{ x }}\n").whole().is_some());
    assert!(template(" {{ x }}").whole().is_none());
    assert!(template("{{ x }}{{ y }}").whole().is_none());
    assert_eq!(template("word\n").fixed(), Some("word"));
    assert_eq!(template("").fixed(), Some(""));
    assert_eq!(template("{{ 'a' }}").fixed(), None);
    assert_eq!(Template::literal("{{ x }}", Span::default()).fixed(), Some("{{ x }}"));
}

#[test]
fn labels_are_those_that_were_shown() {
    let world = World::default()
        .json("city", "\"kazan\"")
        .json("state", r#"{"state":"issued"}"#)
        .json("other", "\"id\"")
        .json("codes", r#"{"items":[{"state":"a"},{"state":"b"}]}"#);
    assert_eq!(ru(&world, "{{ city | label }}"), "Казань");
    assert_eq!(ru(&world, "{{ state.state | label }}"), "вид issued");
    assert_eq!(ru(&world, "{{ other | label }}"), "id");
    assert_eq!(ru(&world, "{% for item in codes.items %}{{ item.state | label }} {% endfor %}"), "вид a вид b ");
    assert_eq!(ru(&world, "{% for city in codes.items %}{{ city.state | label }} {% endfor %}"), "вид a вид b ");
}

#[test]
fn the_budget_is_kept() {
    let many: Vec<_> = (0..100).map(Value::Integer).collect();
    let world = World::default()
        .with("many", Value::List(many.clone()))
        .with("more", Value::List((0..101).map(Value::Integer).collect()))
        .with("long", Value::Text("ж".repeat(1000)));
    assert_eq!(ru(&world, "{% for i in more %}{{ i }}{% endfor %}"), "fault: `for` takes 100 items at most");
    let nested = "{% for i in many %}{% for j in many %}{{ i }}{% endfor %}{% endfor %}";
    assert_eq!(ru(&world, nested), "fault: this takes too many operations");
    let loud = "{% for i in many %}{{ long }}{% endfor %}";
    assert_eq!(ru(&world, loud), "fault: this text is too long");
    assert_eq!(json(&world, "long | replace('ж', long)"), "fault: this text is too long");
    let doubled = format!("{}{}", "long", " ~ long".repeat(40));
    assert_eq!(json(&world, &doubled), "fault: this text is too long");
}

#[test]
fn depth_and_length_are_bounded() {
    for text in [
        format!("{}x{}", "(".repeat(1000), ")".repeat(1000)),
        format!("{}x", "not ".repeat(10_000)),
        format!("{}x", "-".repeat(10_000)),
        format!("x{}", ".a".repeat(50_000)),
        format!("x{}", " | upper".repeat(5000)),
        format!("x{}", " + x".repeat(5000)),
        format!("x{}", " if x else x".repeat(500)),
        format!("x{}", "[0]".repeat(500)),
        "[".repeat(100_000),
        "{".repeat(100_000),
    ] {
        assert!(Expression::parse(&scalar(&text)).is_err(), "{}", &text[..20]);
    }
    // What is within the bounds needs little of a stack.
    let deepest = format!("{}x{}{}", "(".repeat(30), " + x".repeat(60), ")".repeat(30));
    let text = format!("{}{{{{ {deepest} }}}}{}", "{% if x == 5 %}".repeat(16), "{% endif %}".repeat(16));
    let shallow = std::thread::Builder::new().stack_size(1 << 20);
    let shown = shallow.spawn(move || {
        template(&text).check(&declared(), &mut Vec::new());
        ru(&World::default().json("x", "5"), &text)
    });
    assert_eq!(shown.unwrap().join().unwrap(), "305");
    assert!(Template::parse(&scalar(&"{% if x %}".repeat(1000))).is_err());
    assert!(Template::parse(&scalar(&format!("{}{}", "{% if x %}".repeat(40), "{% endif %}".repeat(40)))).is_err());
}

// How values look.

#[test]
fn values_print_as_each_language_wants() {
    let world = World::default()
        .with("born", Value::Date("1990-02-03".parse().unwrap()))
        .with("soon", Value::Time(NOW.plus(DAY)))
        .with("far", Value::Time(NOW.plus(400 * DAY)))
        .with("opens", Value::Clock("09:05:00".parse().unwrap()))
        .with("salary", Value::Money { amount: Decimal::new(123_456_750, 2), currency: "RUB".to_owned() })
        .with("fee", Value::Money { amount: Decimal::new(-1500, 0), currency: "USD".to_owned() })
        .with("half", Value::Decimal("1.50".parse().unwrap()))
        .with("big", Value::Decimal("1e20".parse::<f64>().unwrap().try_into().unwrap()));
    for (text, ru, en, other) in [
        ("{{ born }}", "03.02.1990", "3 Feb 1990", "1990-02-03"),
        ("{{ soon }}", "24.11.2026 10:00", "24 Nov 2026 10:00", "2026-11-24 10:00"),
        ("{{ soon | datetime }}", "24.11 10:00", "24 Nov 10:00", "2026-11-24 10:00"),
        ("{{ far | datetime }}", "28.12.2027 10:00", "28 Dec 2027 10:00", "2027-12-28 10:00"),
        ("{{ soon | date }}", "24.11.2026", "24 Nov 2026", "2026-11-24"),
        ("{{ soon | time }}", "10:00", "10:00", "10:00"),
        ("{{ opens }}", "09:05", "09:05", "09:05"),
        ("{{ salary }}", "1 234 567,50 ₽", "₽1,234,567.50", "1 234 567,50 ₽"),
        ("{{ fee | money }}", "-1 500 $", "-$1,500", "-1 500 $"),
        ("{{ 1234.5 | money }}", "1 234,50", "1,234.50", "1 234,50"),
        ("{{ half }}", "1,5", "1.5", "1.5"),
        ("{{ big }}", "100000000000000000000", "100000000000000000000", "100000000000000000000"),
        ("{{ 1000000 }}", "1000000", "1000000", "1000000"),
        ("{{ 1h30m }}", "1 ч 30 мин", "1 h 30 min", "1 h 30 min"),
        ("{{ 24h }}", "24 ч", "24 h", "24 h"),
        ("{{ 7d }}", "7 дн", "7 d", "7 d"),
        ("{{ true | yes_no }} {{ false | yes_no }}", "да нет", "yes no", "yes no"),
        ("{{ 2 | plural('день', 'дня', 'дней') }}", "2 дня", "2 дней", "2 дней"),
        ("{{ 5 | plural('день', 'дня', 'дней', number=false) }}", "дней", "дней", "дней"),
        ("{{ 1 | plural('day', 'days') }}", "1 day", "1 day", "1 day"),
        ("{{ half | plural('вопрос', 'вопроса', 'вопросов') }}", "1,5 вопроса", "1.5 вопросов", "1.5 вопросов"),
    ] {
        assert_eq!([show(&world, "ru", text), show(&world, "en", text), show(&world, "kk", text)], [ru, en, other], "{text}");
    }
}

#[test]
fn ago_says_the_largest_unit() {
    let ago = |millis: i64, language: &str| {
        let world = World::default().with("since", Value::Time(NOW.plus(-millis)));
        show(&world, language, "{{ since | ago }}")
    };
    for (millis, ru, en) in [
        (0, "только что", "just now"),
        (59_999, "только что", "just now"),
        (60_000, "1 минуту назад", "1 minute ago"),
        (2 * 60_000, "2 минуты назад", "2 minutes ago"),
        (11 * 60_000, "11 минут назад", "11 minutes ago"),
        (3_600_000, "1 час назад", "1 hour ago"),
        (23 * 3_600_000, "23 часа назад", "23 hours ago"),
        (DAY, "1 день назад", "1 day ago"),
        (29 * DAY, "29 дней назад", "29 days ago"),
        (60 * DAY, "2 месяца назад", "2 months ago"),
        (5 * 365 * DAY, "5 лет назад", "5 years ago"),
        (-3_600_000, "через 1 час", "in 1 hour"),
    ] {
        assert_eq!([ago(millis, "ru"), ago(millis, "en")], [ru, en], "{millis}");
    }
    let world = World::default().with("age", Value::Duration(2 * DAY)).with("day", Value::Date("2026-11-22".parse().unwrap()));
    assert_eq!(ru(&world, "{{ age | ago }}, {{ day | ago }}"), "2 дня назад, 1 день назад");
}

/// The plural rule of Unicode's common locale data for Russian whole numbers.
fn russian_category(number: u32) -> &'static str {
    match (number % 10, number % 100) {
        (1, rest) if rest != 11 => "one",
        (2..=4, rest) if !(12..=14).contains(&rest) => "few",
        _ => "many",
    }
}

#[test]
fn plurals_follow_the_rules_of_the_language() {
    let russian = template("{{ n | plural('one', 'few', 'many', number=false) }}");
    let english = template("{{ n | plural('one', 'other') }}");
    for number in 0..=1000_u32 {
        for sign in [1, -1] {
            let world = World::default().with("n", Value::Integer(sign * i64::from(number)));
            let shown = in_language(&world, "ru", |context| russian.render(context)).unwrap();
            assert_eq!(shown, russian_category(number), "{number}");
        }
        let world = World::default().with("n", Value::Integer(number.into()));
        let shown = in_language(&world, "en", |context| english.render(context)).unwrap();
        assert_eq!(shown, format!("{number} {}", if number == 1 { "one" } else { "other" }));
    }
}

// JSON.

#[test]
fn values_go_to_json_and_come_back() {
    let certain = Type::certain;
    for (of, json) in [
        (certain(Kind::Boolean), "true"),
        (certain(Kind::Integer), "-5"),
        (certain(Kind::Decimal), "12.345"),
        (certain(Kind::Decimal), "3"),
        (certain(Kind::Text), "\"<a>\""),
        (certain(Kind::Name), "\"Иванов Иван Иванович\""),
        (certain(Kind::Contact), "\"+79123456789\""),
        (certain(Kind::Date), "\"2026-11-24\""),
        (certain(Kind::Clock), "\"10:05:00\""),
        (certain(Kind::DateTime), "\"2026-11-24T07:00:00Z\""),
        (certain(Kind::Duration), "\"1h30m\""),
        (certain(Kind::Money), "{\"amount\":12.5,\"currency\":\"RUB\"}"),
        (one_of(&["a", "b"]), "\"b\""),
        (list(certain(Kind::Integer)), "[1,2]"),
        (certain(record(&[("a", certain(Kind::Integer)), ("b", certain(Kind::Text).optional())])), "{\"a\":1,\"b\":null}"),
        (certain(Kind::Any), "{\"a\":[1,2.5,null,\"x\"]}"),
        (certain(Kind::Text).optional(), "null"),
    ] {
        let read = Value::from_json(&serde_json::from_str(json).unwrap(), &of).unwrap_or_else(|expected| panic!("{json}: {expected}"));
        assert_eq!(read.to_json().to_string(), json);
        let kept: Value = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
        assert_eq!(kept, read, "a record keeps the value");
    }
}

#[test]
fn json_is_read_as_servers_write_it() {
    let read = |json: &str, kind: Kind| Value::from_json(&serde_json::from_str(json).unwrap(), &Type::certain(kind));
    let noon = Ok(Value::Time(Time(1_795_521_600_000)));
    for text in [
        "2026-11-24T12:00:00Z",
        "2026-11-24T15:00:00+03:00",
        "2026-11-24 12:00",
        "2026-11-24T12:00:00",
        "2026-11-24 12:00:00",
        "2026-11-24T12:00:00.000000",
    ] {
        assert_eq!(read(&format!("\"{text}\""), Kind::DateTime), noon, "{text}");
    }
    assert_eq!(read("5.0", Kind::Integer), Ok(Value::Integer(5)));
    assert_eq!(read("\"12.50\"", Kind::Decimal), Ok(Value::Decimal("12.50".parse().unwrap())));
    assert_eq!(read("1e3", Kind::Decimal), Ok(Value::Decimal(Decimal::from(1000))));
    assert_eq!(read("\"2026-11-24T00:00:00\"", Kind::Date), Ok(Value::Date("2026-11-24".parse().unwrap())));
    assert_eq!(read("12.5", Kind::Money), Ok(Value::Money { amount: "12.5".parse().unwrap(), currency: String::new() }));
    let person =
        Name { text: "Иванов Иван".to_owned(), last: "Иванов".to_owned(), first: "Иван".to_owned(), middle: None };
    assert_eq!(read("\" Иванов  Иван \"", Kind::Name), Ok(Value::Name(person)));
    for (json, kind, expected) in [
        ("null", Kind::Integer, "a whole number"),
        ("\"5\"", Kind::Integer, "a whole number"),
        ("5.5", Kind::Integer, "a whole number"),
        ("5", Kind::Text, "a text"),
        ("\"true\"", Kind::Boolean, "true or false"),
        ("\"31.12.2026\"", Kind::Date, "a date such as 2026-11-24"),
        ("\"2026-02-30\"", Kind::Date, "a date such as 2026-11-24"),
        ("\"2026-11-24\"", Kind::DateTime, "a moment such as 2026-11-24T10:00:00Z"),
        ("\"1 hour\"", Kind::Duration, "a duration such as 1h30m"),
        ("\"c\"", one_of(&["a", "b"]).kind, "one of a, b"),
        ("{}", list(Type::certain(Kind::Any)).kind, "a list"),
        ("[1,\"x\"]", list(Type::certain(Kind::Integer)).kind, "a whole number at [1]"),
        ("{}", record(&[("a", Type::certain(Kind::Integer))]), "a whole number at a"),
        (
            "{\"a\":[{\"b\":[0]}]}",
            record(&[("a", list(Type::certain(record(&[("b", list(Type::certain(Kind::Text)))]))))]),
            "a text at a[0].b[0]",
        ),
    ] {
        assert_eq!(read(json, kind), Err(expected.to_owned()), "{json}");
    }
}

// Properties.

/// Words that expressions are made of, right and wrong ones.
const WORDS: [&str; 60] = [
    "age",
    "word",
    "note",
    "mine",
    ".items",
    ".title",
    "full_name",
    ".last",
    "person.email",
    "none",
    "true",
    "false",
    "1",
    "0",
    "2.5",
    "24h",
    "1h30m",
    "'a'",
    "'ё{{'",
    "\"b\"",
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "~",
    "==",
    "!=",
    "<",
    ">=",
    "and",
    "or",
    "not",
    "in",
    "is",
    "is not",
    "if",
    "else",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "|",
    "default(1)",
    "upper",
    "length",
    "sort('title')",
    "plural('a', 'b')",
    "first",
    "past",
    "empty",
    "matching('a')",
    "=",
    "&&",
    "я",
];

fn soup() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(WORDS.to_vec()), 0..14).prop_map(|words| words.join(" "))
}

/// Expressions that are right by their grammar.
fn sound() -> impl Strategy<Value = String> {
    let leaf = proptest::sample::select(vec![
        "age",
        "word",
        "note",
        "yes",
        "numbers",
        "mine.items",
        "full_name",
        "none",
        "7",
        "2.5",
        "'a'",
        "24h",
        "now",
        "born",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(5, 40, 3, |inner| {
        let binary = proptest::sample::select(vec!["+", "-", "*", "/", "//", "%", "~", "==", "!=", "<", "in", "and", "or"]);
        let filter = proptest::sample::select(vec![
            "default(1)",
            "upper",
            "length",
            "first",
            "sort",
            "sum",
            "round",
            "int",
            "title",
            "words",
            "mask",
            "ago",
            "date",
            "join(', ')",
            "unique",
            "plus(1h)",
            "truncate(2)",
            "replace('a', 'bb')",
            "money",
            "yes_no",
            "plural('a', 'b', 'c')",
            "map('title')",
        ]);
        let test = proptest::sample::select(vec!["none", "not none", "empty", "past", "future", "matching('a.*')", "starting_with('a')"]);
        prop_oneof![
            (inner.clone(), binary, inner.clone()).prop_map(|(left, sign, right)| format!("({left}) {sign} ({right})")),
            (inner.clone(), filter).prop_map(|(input, filter)| format!("({input}) | {filter}")),
            (inner.clone(), test).prop_map(|(input, test)| format!("({input}) is {test}")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(then, asked, other)| format!("({then}) if ({asked}) else ({other})")),
            (inner.clone(), inner.clone()).prop_map(|(first, second)| format!("[{first}, {second}]")),
            inner.clone().prop_map(|inner| format!("not ({inner})")),
            inner.prop_map(|inner| format!("-({inner})")),
        ]
    })
}

fn any_typed() -> impl Strategy<Value = String> {
    prop_oneof![
        typed(Of::Integer, 4),
        typed(Of::Decimal, 4),
        typed(Of::Text, 4),
        typed(Of::Boolean, 4),
        typed(Of::Integers, 4),
        typed(Of::Moment, 4)
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Integer,
    Decimal,
    Text,
    Boolean,
    Integers,
    Moment,
}

/// Expressions of one type by construction: each `#` of a form is filled with an expression of the type named at its place.
fn typed(of: Of, depth: u32) -> BoxedStrategy<String> {
    use Of::{Boolean, Decimal, Integer, Integers, Moment, Text};
    let leaves: &[&str] = match of {
        Integer => &["age", "7", "-3", "0", "9223372036854775807"],
        Decimal => &["2.5", "-0.1", "1e20"],
        Text => &["word", "'a'", "''", "full_name"],
        Boolean => &["yes", "false", "note is none"],
        Integers => &["numbers", "[1]"],
        Moment => &["now", "now | plus(1h30m)"],
    };
    let leaf = proptest::sample::select(leaves.to_vec()).prop_map(str::to_owned);
    if depth == 0 {
        return leaf.boxed();
    }
    let forms: &[(&str, &[Of])] = match of {
        Integer => &[
            ("# + #", &[Integer, Integer]),
            ("# - #", &[Integer, Integer]),
            ("# * #", &[Integer, Integer]),
            ("# // #", &[Integer, Integer]),
            ("# % #", &[Integer, Integer]),
            ("-#", &[Integer]),
            ("# if # else #", &[Integer, Boolean, Integer]),
            ("# | length", &[Text]),
            ("# | length", &[Integers]),
            ("# | sum", &[Integers]),
            ("# | round", &[Decimal]),
            ("#[0] | default(#)", &[Integers, Integer]),
            ("# | first | default(#)", &[Integers, Integer]),
        ],
        Decimal => {
            &[("# / #", &[Integer, Decimal]), ("# * #", &[Decimal, Integer]), ("# % #", &[Decimal, Decimal]), ("# | round(1)", &[Decimal])]
        }
        Text => &[
            ("# ~ #", &[Text, Integer]),
            ("# ~ #", &[Decimal, Moment]),
            ("# | upper", &[Text]),
            ("# | title | trim | mask", &[Text]),
            ("# | replace('a', #)", &[Text, Text]),
            ("# | truncate(2)", &[Text]),
            ("# | words | first | default(#)", &[Text, Text]),
            ("note | default(#)", &[Text]),
            ("note if note is not none and # else #", &[Boolean, Text]),
            ("# | plural('a', 'b', #)", &[Integer, Text]),
            ("# | yes_no", &[Boolean]),
            ("# | join(#)", &[Integers, Text]),
            ("# | money", &[Decimal]),
            ("# | datetime", &[Moment]),
            ("# | ago", &[Moment]),
            ("# if # else #", &[Text, Boolean, Text]),
            ("mine.items | sort('title') | map('title') | join(#)", &[Text]),
        ],
        Boolean => &[
            ("# < # <= #", &[Integer, Decimal, Integer]),
            ("# == #", &[Text, Text]),
            ("# != #", &[Integer, Decimal]),
            ("not #", &[Boolean]),
            ("# and #", &[Boolean, Boolean]),
            ("# or #", &[Boolean, Boolean]),
            ("# is empty", &[Text]),
            ("# is not empty", &[Integers]),
            ("# is past", &[Moment]),
            ("# > #", &[Moment, Moment]),
            ("# in #", &[Integer, Integers]),
            ("# not in #", &[Text, Text]),
            ("# is matching('a.*')", &[Text]),
            ("# is starting_with(#)", &[Text, Text]),
            ("note is none or note is starting_with(#)", &[Text]),
        ],
        Integers => &[
            ("[#, #]", &[Integer, Integer]),
            ("# | sort", &[Integers]),
            ("# | unique", &[Integers]),
            ("# if # else #", &[Integers, Boolean, Integers]),
        ],
        Moment => &[("# | plus(24h)", &[Moment]), ("# | minus(90s)", &[Moment]), ("# if # else #", &[Moment, Boolean, Moment])],
    };
    let form = |(form, parts): &(&'static str, &'static [Of])| {
        let form = *form;
        let parts: Vec<_> = parts.iter().map(|of| typed(*of, depth - 1)).collect();
        parts.prop_map(move |parts| parts.iter().fold(form.to_owned(), |text, part| text.replacen('#', &format!("({part})"), 1))).boxed()
    };
    let forms = proptest::strategy::Union::new(forms.iter().map(form));
    prop_oneof![1 => leaf, 4 => forms].boxed()
}

/// Two cards, as `declared` describes them.
fn cards() -> Value {
    let card = |title: &str| {
        let fields = [("title", Value::Text(title.to_owned())), ("since", Value::Time(NOW)), ("note", Value::None)];
        Value::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    };
    Value::Record([("items".to_owned(), Value::List(vec![card("b"), card("a")]))].into_iter().collect())
}

/// True if the value is of the type.
fn fits(value: &Value, of: &Type) -> bool {
    match (value, &of.kind) {
        (_, Kind::Any) => true,
        (Value::None, _) => of.optional,
        (Value::List(items), Kind::List(item)) => items.iter().all(|value| fits(value, item)),
        (Value::Record(fields), Kind::Record(types)) => {
            fields.len() == types.len() && types.iter().all(|(name, of)| fields.get(name).is_some_and(|value| fits(value, of)))
        }
        (Value::Integer(_), kind) => matches!(kind, Kind::Integer | Kind::Decimal),
        (Value::Text(_) | Value::Name(_), kind) => matches!(kind, Kind::Text | Kind::Name),
        (Value::Bool(_), kind) => *kind == Kind::Boolean,
        (Value::Decimal(_), kind) => *kind == Kind::Decimal,
        (Value::Date(_), kind) => *kind == Kind::Date,
        (Value::Time(_), kind) => *kind == Kind::DateTime,
        (Value::Duration(_), kind) => *kind == Kind::Duration,
        _ => false,
    }
}

fn rich_world() -> World {
    World::default()
        .json("age", "30")
        .json("word", "\"слово\"")
        .json("note", "null")
        .json("yes", "true")
        .json("numbers", "[3,1,2]")
        .with("mine", cards())
        .json("person", r#"{"email":null}"#)
        .with("full_name", Value::Name(Name { text: "А Б".to_owned(), last: "А".to_owned(), first: "Б".to_owned(), middle: None }))
        .with("now", Value::Time(NOW))
        .with("born", Value::Date("1990-02-28".parse().unwrap()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(500), max_global_rejects: 100_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_reading_panic(text in "\\PC{0,60}") {
        let _ = Expression::parse(&scalar(&text));
        let _ = Template::parse(&scalar(&text));
        let _ = Template::parse(&scalar(&format!("{{{{ {text} }}}}{{% if {text} %}}{text}{{% endif %}}")));
    }

    #[test]
    fn what_is_read_can_be_checked_and_computed(text in soup()) {
        let world = rich_world();
        match Expression::parse(&scalar(&text)) {
            Ok(read) => {
                read.check(&declared(), &mut Vec::new());
                let _ = in_language(&world, "ru", |context| read.evaluate(context));
            }
            Err(finding) => prop_assert!(finding.span.end as usize <= text.len() && text.is_char_boundary(finding.span.start as usize)),
        }
    }

    #[test]
    fn a_sound_expression_is_read_and_always_gives_the_same(text in sound()) {
        let world = rich_world();
        let read = expression(&text);
        read.check(&declared(), &mut Vec::new());
        let run = || in_language(&world, "ru", |context| read.evaluate(context));
        prop_assert_eq!(run(), run());
        prop_assert_eq!(expression(&text), read);
    }

    /// What is right by its types is found right, and then neither a wrong type nor none is met when it runs.
    #[test]
    fn what_the_check_lets_pass_meets_no_wrong_type(text in any_typed()) {
        let mut found = Vec::new();
        let read = expression(&text);
        let of = read.check(&declared(), &mut found);
        // A part that is always so is of the right type.
        found.retain(|finding| finding.code != usher::expr::codes::CONSTANT_CONDITION);
        prop_assert!(found.is_empty(), "{:?}", found);
        prop_assert!(!of.optional && of.kind != Kind::Any, "{:?}", of);
        match in_language(&rich_world(), "ru", |context| read.evaluate(context)) {
            Ok(value) => prop_assert!(fits(&value, &of), "{:?} {:?}", of, value),
            Err(fault) => {
                let allowed = ["division by zero", "the result is too large", "this text is too long", "this takes too many operations"];
                prop_assert!(allowed.contains(&fault.cause.as_str()), "{}", fault);
            }
        }
    }

    #[test]
    fn escaping_is_complete(text in "\\PC{0,40}") {
        let world = World::default().with("x", Value::Text(text.clone()));
        let shown = ru(&world, "{{ x }}|{{ x | upper }}");
        prop_assert!(!shown.contains(['<', '>', '"']));
        let first = shown.split('|').next().unwrap_or_default();
        if !text.contains('|') {
            let back = first.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
            prop_assert_eq!(back, text);
        }
    }

    #[test]
    fn a_text_without_tags_is_itself(text in "[^{]{0,60}") {
        let trimmed = text.strip_suffix('\n').unwrap_or(&text).to_owned();
        prop_assert_eq!(ru(&World::default(), &text), trimmed);
    }
}
