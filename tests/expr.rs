//! The expression and text language, table by table.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use usher::diagnostic::{FileId, Span};
use usher::expr::{Context, Expression, Fault, Scope, Template, Time, Value};
use usher::syntax::Scalar;

/// 2026-11-23 10:00 in Moscow.
const NOW: Time = Time(1_795_417_200_000);

#[derive(Default)]
struct World(BTreeMap<String, Value>);

impl World {
    fn with(mut self, name: &str, value: Value) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    /// Names from JSON, without types.
    fn json(self, name: &str, json: &str) -> Self {
        let any = usher::expr::Type::certain(usher::expr::Kind::Any);
        self.with(name, Value::from_json(&serde_json::from_str(json).unwrap(), &any).unwrap())
    }
}

impl Scope for World {
    fn get(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.0.get(name).map(Cow::Borrowed)
    }

    fn label(&self, name: &str) -> Option<String> {
        (name == "city").then(|| "Казань".to_owned())
    }
}

/// A plain scalar of one line, at the very beginning of a file.
fn scalar(text: &str) -> Scalar {
    let origin = (0..=text.len()).map(|at| u32::try_from(at).unwrap()).collect();
    Scalar { text: text.to_owned(), span: Span::new(FileId(0), 0, text.len()), origin }
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

fn ru(world: &World, text: &str) -> String {
    in_language(world, "ru", |context| template(text).render(context)).unwrap_or_else(|fault| format!("fault: {fault}"))
}

fn en(world: &World, text: &str) -> String {
    in_language(world, "en", |context| template(text).render(context)).unwrap_or_else(|fault| format!("fault: {fault}"))
}

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
        ("0.1 + 0.2", "0.3"),
        ("24h", "\"1d\""),
        ("1h30m", "\"1h30m\""),
        ("x == 5.0", "true"),
        ("x == none", "false"),
        ("none_yet == none", "true"),
        ("none_yet.field.deeper", "null"),
        ("none_yet is none", "true"),
        ("x is not none", "true"),
        ("true if none_yet is none if x == 5 else false", "true"),
        ("none_yet is none if true else 1", "true"),
        ("x in list", "false"),
        ("3 in list", "true"),
        ("4 not in list", "true"),
        ("1 in none_yet", "false"),
        ("'b' in 'abc'", "true"),
        ("1 < x <= 5", "true"),
        ("not x == 5", "false"),
        ("x > 3 and x < 4 or true", "true"),
        ("'a' if x == 5", "\"a\""),
        ("'a' if x == 4", "null"),
        ("'a' if x == 4 else 'b'", "\"b\""),
        ("'a' ~ x ~ 1.50", "\"a51,5\""),
        ("[1, 'a', [x]]", "[1,\"a\",[5]]"),
        ("{'a': x, 'b': none}", "{\"a\":5,\"b\":null}"),
        ("list[0]", "3"),
        ("list[-1]", "2"),
        ("list[9]", "null"),
        ("r.items", "[1]"),
        ("r['items'][0]", "1"),
        ("r.a.b | upper", "\"C\""),
        ("none_yet | default(x)", "5"),
        ("x | default(1 / 0)", "5"),
        ("list | sort", "[1,2,3]"),
        ("list | sum", "6"),
        ("list | first", "3"),
        ("[] | last", "null"),
        ("list | length", "3"),
        ("[1, 1.0, 2] | unique", "[1,2]"),
        ("2.5 | round", "3"),
        ("2.345 | round(2)", "2.35"),
        ("' 12 ' | int", "12"),
        ("-2.9 | int", "-2"),
        ("'иванов-петров иван' | title", "\"Иванов-Петров Иван\""),
        ("'Иван Петров' | words | first", "\"Иван\""),
        ("'abcdef' | truncate(4)", "\"abc…\""),
        ("'abc' | truncate(3)", "\"abc\""),
        ("'a-b-c' | replace('-', '')", "\"abc\""),
        ("'+79123456789' | mask", "\"+7***89\""),
        ("'ivan@example.com' | mask", "\"i***@example.com\""),
        ("[{'n': 'b'}, {'n': 'a'}] | sort('n') | map('n') | join(', ')", "\"a, b\""),
        ("[{'n': 'b', 'k': 1}, {'n': 'a', 'k': 2}] | select('n', 'a') | map('k')", "[2]"),
        ("'abc' is starting_with('ab')", "true"),
        ("'abc' is matching('[a-z]+')", "true"),
        ("'abc1' is matching('[a-z]+')", "false"),
        ("[] is empty and '' is empty and none is empty", "true"),
    ] {
        assert_eq!(json(&world, text), expected, "{text}");
    }
}

#[test]
fn the_first_texts_of_the_shipped_bot_render() {
    let world = World::default()
        .json("mine", r#"{"items":[{"title":"Регистрация","status":"ждёт","since":"x"}]}"#)
        .json("person", r#"{"full_name":null}"#)
        .with("at", Value::Time(NOW.plus(86_400_000)));
    assert_eq!(ru(&world, "Личный кабинет{% if person.full_name %}: {{ person.full_name }}{% endif %}\n"), "Личный кабинет");
    assert_eq!(ru(&world, "{% for item in mine.items %}{{ item.title }}: {{ item.status }}\n{% endfor %}\n"), "Регистрация: ждёт");
    assert_eq!(ru(&world, "до {{ at | datetime }}."), "до 24.11 10:00.");
    assert_eq!(en(&world, "until {{ at | datetime }}."), "until 24 Nov 10:00.");
}
