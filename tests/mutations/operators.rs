//! The kinds of mistakes. Each names what it does to the first group of its pattern, in which kinds of files.

/// A kind of mistake.
pub struct Operator {
    /// What it does.
    pub name: &'static str,
    /// The first keys of the files it is planted into.
    pub kinds: &'static [&'static str],
    /// Where; the first group is what changes.
    pub pattern: &'static str,
    /// What becomes of it; none where it would be no mistake.
    pub change: fn(&str) -> Option<String>,
    /// Whether it is one in this file.
    pub is_mistake: fn(&str, &str) -> bool,
}

impl Operator {
    /// Planted only where this holds of the file and of what changes.
    const fn only_if(self, is_mistake: fn(&str, &str) -> bool) -> Self {
        Self { is_mistake, ..self }
    }
}

/// A step that nothing else in its file names may be called otherwise without harm.
fn is_named_elsewhere(file: &str, id: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    file.split(|letter: char| !is_part(letter)).filter(|word| *word == id).count() > 1
}

const FLOW: &[&str] = &["flow", "flows"];
const OPERATIONS: &[&str] = &["operations"];
const MESSAGES: &[&str] = &["messages"];
const SCENARIOS: &[&str] = &["scenarios"];
const TEXTS: &[&str] = &["flow", "flows", "messages"];
const SHARED: &[&str] = &["bot", "operations", "messages"];
const WRITTEN: &[&str] = &["flow", "flows", "bot", "operations", "messages"];

/// The first key of a file.
pub fn kind_of(text: &str) -> &str {
    let first = text.lines().find(|line| !line.starts_with('#') && !line.trim().is_empty()).unwrap_or_default();
    first.split(':').next().unwrap_or_default()
}

/// One letter is left out, as fingers do.
fn misspelt(word: &str) -> Option<String> {
    let at = word.len() / 2;
    (word.len() > 3 && word.is_ascii() && word.as_bytes()[at].is_ascii_alphabetic()).then(|| format!("{}{}", &word[..at], &word[at + 1..]))
}

fn gone(text: &str) -> Option<String> {
    (!text.is_empty()).then(String::new)
}

fn twice(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| format!("{text}{text}"))
}

/// A step is put behind the next one, if that reads its result.
fn behind_its_reader(two: &str) -> Option<String> {
    let second = two.match_indices("\n  ").map(|(at, _)| at + 1).find(|at| !two[at + 2..].starts_with(' '))?;
    let (first, second) = two.split_at(second);
    let id = first.trim_start().split(':').next()?;
    let reads = regex::Regex::new(&format!(r"\{{\{{[^}}]*\b{id}\b|when: [^,}}\n]*\b{id}\b|: {id}\.")).ok()?;
    reads.is_match(second).then(|| format!("{second}{first}"))
}

/// The last line is put before the one in front of it.
fn last_first(lines: &str) -> Option<String> {
    let (first, last) = lines.trim_end().split_once('\n')?;
    Some(format!("{last}\n{first}\n"))
}

/// Two inputs, each given what the other should be.
fn exchanged(two: &str) -> Option<String> {
    let pair = regex::Regex::new(r"^( *\w+: )([\w.]+)(\W+\w+: )([\w.]+)(\n?)$").ok()?;
    let of = pair.captures(two)?;
    Some(format!("{}{}{}{}{}", &of[1], &of[4], &of[3], &of[2], &of[5]))
}

/// Another type than the one that is right.
fn retyped(of: &str) -> Option<String> {
    ["integer", "boolean"].into_iter().find(|other| *other != of).map(str::to_owned)
}

/// The name with a Cyrillic letter that looks like the Latin one.
fn with_look_alike(name: &str) -> Option<String> {
    name.contains('a').then(|| name.replacen('a', "а", 1))
}

const fn operator(
    name: &'static str,
    kinds: &'static [&'static str],
    pattern: &'static str,
    change: fn(&str) -> Option<String>,
) -> Operator {
    Operator { name, kinds, pattern, change, is_mistake: |_, _| true }
}

/// All of them.
pub const OPERATORS: &[Operator] = &[
    // keys and their values
    operator("misspell a key of a step", FLOW, r"(?m)^    ([a-z]+):", misspelt),
    operator("misspell a key of a flow", FLOW, r"(?m)^([a-z]{4,}):", misspelt),
    operator("misspell a key of a road", FLOW, r"\{ ([a-z]{4,}):", misspelt),
    operator("misspell a key of an operation", OPERATIONS, r"(?m)^  ([a-z]{4,}):", misspelt),
    operator("misspell a key of a scenario", SCENARIOS, r"(?m)^    (title|talk|expect|given):", misspelt),
    operator("misspell a line of a talk", SCENARIOS, r"(?m)^ +- (http|pass|call|restart|use):", misspelt),
    operator("drop a required key", FLOW, r"(?m)^((?:title|for): .*\n)", gone),
    operator("drop what is asked or said", FLOW, r"(?m)^(    (?:ask|say): [^|>\n]+\n)", gone),
    operator("duplicate a key", FLOW, r"(?m)^(    (?:ask|title|call|type): [^|>\n]+\n)", twice),
    operator("duplicate a translation", MESSAGES, r"(?m)^(    (?:ask|title|say): [^|>\n]+\n)", twice),
    operator("write yes for true", FLOW, r": (true|false)\b", |_| Some("yes".into())),
    operator("write a word for a number", WRITTEN, r"\b(?:max|min|size): (\d+)", |_| Some("три".into())),
    operator("write a duration wrongly", FLOW, r"(?:after|per|for): (\d+[smhd])\b", |of| Some(of.replace(['s', 'm', 'h', 'd'], " hours"))),
    operator("misspell a type", FLOW, r"\btype: ([a-z_]{4,})", misspelt),
    operator("misspell a type of an output", OPERATIONS, r"\btype: ([a-z_]{4,})", misspelt),
    operator("add a second verb", FLOW, r"(?m)^(    )(?:ask|call|set|branch):", |indent| Some(format!("{indent}say: Ещё\n{indent}"))),
    operator("exchange the verb", FLOW, r"(?m)^    (ask): ", |_| Some("say".into())),
    operator("take an answer for a number", FLOW, r"(?m)^    type: (email|phone|date|name|contact)$", retyped),
    operator("retype an output", OPERATIONS, r"\bat: \S+, type: (integer|text|boolean|datetime|email|phone)\b", retyped),
    operator("retype an input", OPERATIONS, r"(?m)^    [a-z_]+: (integer|text|boolean|email|phone)$", retyped),
    operator(
        "put a step behind the one that reads it",
        &["flow"],
        r"(?m)^(  [a-z_]+:\n(?:    .*\n|\n)+  [a-z_]+:\n(?:    .*\n|\n)+)",
        behind_its_reader,
    ),
    operator("drop a step", &["flow"], r"(?m)^(  [a-z_]+:\n(?:    .*\n|\n)+)", gone),
    // YAML itself
    operator("indent by a tab", FLOW, r"(?m)^(    )[a-z]+:", |_| Some("\t".into())),
    operator("indent by one more", FLOW, r"(?m)^(    )(?:ask|say|call|outcomes|choice|with):", |_| Some("     ".into())),
    operator("leave a quotation open", TEXTS, r#"(?m)[^"](")$"#, gone),
    operator("forget the quotation marks", TEXTS, r#"(?m): (")\{\{"#, gone),
    operator("write a merge key", FLOW, r"(?m)^(    )with:", |indent| Some(format!("{indent}<<: *shared\n{indent}"))),
    operator("indent a shared file by a tab", SHARED, r"(?m)^(  )[a-z_]+:", |_| Some("\t".into())),
    operator("leave a quotation open in a shared file", SHARED, r#"(?m)[^"](")$"#, gone),
    // names where they are defined
    operator("misspell the id of a step", &["flow"], r"(?m)^  ([a-z_]{4,}):\n    ", misspelt).only_if(is_named_elsewhere),
    operator("rename a step", &["flow"], r"(?m)^  ([a-z_]{4,}):\n    ", |_| Some("something_else".into())).only_if(is_named_elsewhere),
    operator("misspell the id of a flow", &["flow"], r"(?m)^flow: ([a-z_]+)", misspelt),
    operator("rename an option", FLOW, r"(?m)^ {6,10}([a-z_]{3,}): \{ label:", |_| Some("something_else".into())),
    operator("misspell the id of an operation", OPERATIONS, r"(?m)^([a-z_]{6,}):\n  ", misspelt),
    operator("misspell an input where it is declared", OPERATIONS, r"(?m)^  input: \{ ([a-z_]{4,}):", misspelt),
    operator("misspell a setting where it is declared", &["bot"], r"(?m)^  ([a-z_]{4,}): \{ (?:type|one_of|title)", misspelt),
    operator("misspell an event where it is declared", &["bot"], r"(?m)^  ([a-z_]+\.[a-z_]{4,}): ", |name| Some(format!("{name}x"))),
    // names
    operator("misspell the step after go", FLOW, r"\bgo: ([a-z_]+)", misspelt),
    operator("misspell the step of an outcome", FLOW, r"(?m)^ +(?:empty|refused|absent|active|duplicate_\w+): ([a-z_]+)$", misspelt),
    operator("misspell what is changed", FLOW, r"\bchange: ([a-z_]+)", misspelt),
    operator("misspell the flow that starts", FLOW, r"\bstart: ([a-z_]+)", misspelt),
    operator("misspell an operation", FLOW, r"\bcall: [a-z]+\.([a-z_]+)", misspelt),
    operator("misspell a connection", FLOW, r"\bcall: ([a-z]+)\.", |_| Some("epr".into())),
    operator(
        "misspell an outcome",
        FLOW,
        r"(?m)^      (down|unknown|refused|absent|invalid|active|duplicate_\w+|no_position|empty|not_found|overlap):",
        misspelt,
    ),
    operator(
        "misspell the end of a flow that is run",
        FLOW,
        r"(?m)^    run: .*\n(?:    with: .*\n)?    outcomes: \{ ([a-z_]{5,}):",
        misspelt,
    ),
    operator("misspell what is shown", FLOW, r"\bshow: \[([a-z_]+)", misspelt),
    operator("misspell what is forgotten", FLOW, r"\bforget: \[([a-z_]+)", |name| Some(format!("{name}x"))),
    operator("misspell a setting", TEXTS, r"\bsettings\.([a-z_]+)", misspelt),
    operator("misspell a person's field", FLOW, r"\bperson\.([a-z_]{4,})", misspelt),
    operator("misspell a name in a text", TEXTS, r"\{\{ ([a-z_]+)[ .|]", misspelt),
    operator("misspell a field in a text", TEXTS, r"\{\{ [a-z_]+\.([a-z_]+)", misspelt),
    operator("misspell a filter", TEXTS, r"\| ([a-z_]{4,})", misspelt),
    operator("forget a form of a plural", TEXTS, r"\| plural\([^)]*(, '[^']*')\)", gone),
    operator("misspell an option in a condition", FLOW, r"== '([a-z_]{4,})'", misspelt),
    operator("name a role nobody has", FLOW, r"(?m)^for: (anyone)", |_| Some("[clerks]".into())),
    operator("take a word for a command", FLOW, r"\bcommand: ([a-z_]+)", |_| Some("cancel".into())),
    // expressions and texts
    operator("leave braces open", TEXTS, r"\{\{ [^}]+( \}\})", gone),
    operator("write one brace", TEXTS, r"(\{\{ )", |_| Some("{ ".into())),
    operator("assign instead of comparing", FLOW, r"( == )", |_| Some(" = ".into())),
    operator("compare by three signs", FLOW, r"( == )", |_| Some(" === ".into())),
    operator("write && for and", FLOW, r"(?m)^ +(?:- \{ )?(?:when|set): .*( and )", |_| Some(" && ".into())),
    operator("compare with a number", FLOW, r"== ('[a-z_]+')", |_| Some("5".into())),
    operator("write markup that is none", FLOW, r#"(?m)^ +(?:say|ask): "?([А-Я])"#, |first| Some(format!("<h1>{first}"))),
    operator("leave markup open", FLOW, r#"(?m)^ +(?:say|ask): "?([А-Я])"#, |first| Some(format!("<b>{first}"))),
    // roads
    operator("drop the last branch", FLOW, r"(?m)^(      - \{ else: .*\n)", gone),
    operator("put the last branch first", FLOW, r"(?m)^((?:      - \{ when: .*\n)(?:      - \{ else: .*\n))", last_first),
    operator("repeat a branch", FLOW, r"(?m)^(      - \{ when: .*\n)", twice),
    operator("drop a branch", FLOW, r"(?m)^(      - \{ when: .*\n)", gone),
    operator("drop a road", FLOW, r"(?m)^      [a-z_]+:\n((?:        [a-z_]+: [^|\n]*\n)+)", gone),
    operator("drop the outcome unknown", FLOW, r"(?m)^(      unknown: \{.*\n)", gone),
    operator("drop an input", FLOW, r"(?m)^(      [a-z_]+: (?:email|access|full_name\.\w+|position\.id|person\.id)\n)", |line| {
        (!line.contains("middle")).then(String::new)
    }),
    // operations
    operator("misspell a method", OPERATIONS, r"\brequest: ([A-Z]+) ", misspelt),
    operator("exchange letters of a method", OPERATIONS, r"\brequest: (GET) ", |_| Some("GTE".into())),
    operator("misspell an input in a body", OPERATIONS, r#""\{\{ ([a-z_]+) \}\}""#, misspelt),
    operator("misspell the look-up", OPERATIONS, r"\blookup: \{ call: ([a-z_]+)", misspelt),
    operator("match a status that is none", OPERATIONS, r"\bstatus: (\d+)", |_| Some("999".into())),
    operator("break a pattern", OPERATIONS, r#"matches: "([^"]+)""#, |_| Some("(".into())),
    operator("shadow an outcome", OPERATIONS, r"duplicate_phone: \{ status: 409(, json: \{[^{}]*\})", gone),
    // what an operation or a field says of itself
    operator("send by POST what only reads", OPERATIONS, r"\brequest: (GET) ", |_| Some("POST".into())),
    operator("retype a field of the person", &["bot"], r"(?m)^  [a-z_]+: \{ type: ([a-z]+), title: [^,}]+ \}$", retyped),
    operator("retype a field of an event", &["bot"], r"(?m)^  [a-z_]+\.[a-z_]+: \{ [a-z_]+: ([a-z]+)", retyped),
    operator("lose the flag of a secret", OPERATIONS, r"\btype: text(, secret: true)", gone),
    operator("wait for a status that is none beside others", OPERATIONS, r"\bstatus: (200|404|409)\b", |of| Some(format!("[{of}, 418]"))),
    operator("misspell the name of a record", FLOW, r"\baudit: ([a-z_.]+)", misspelt),
    operator("ask what is always so", FLOW, r"(?m)\bwhen: ([a-z][^,{}|\n]*?)(?: \}|,|$)", |of| Some(format!("{of} or true"))),
    operator("give a default of another type", FLOW, r"(?m)^ +[a-z_.]+: [a-z_.]+ \| default\(([a-z_.]+)\)$", |_| Some("5".into())),
    operator("exchange two inputs of a call", FLOW, r"(?m)^ +with: \{ (\w+: [\w.]+, \w+: [\w.]+)", exchanged),
    operator("exchange two inputs below one another", FLOW, r"(?m)^    with:\n((?: +\w+: [\w.]+\n){2})", exchanged),
    operator("leave a question only a link", FLOW, r"(?m)^    choice:\n((?:      [a-z_]+: (?:\{ label: |[А-ЯA-Z]).*\n)+)", |options| {
        let is_answer = !options.contains("audit:") && !options.contains("verdict:");
        is_answer.then(|| "      site: { label: Сайт, url: \"https://example.com\" }\n".into())
    }),
    operator(
        "leave the first question no answer",
        &["flow"],
        r"(?m)^steps:\n  \w+:\n(?:    .+\n)*?    choice:\n((?:      [a-z_]+: (?:\{ label: |[А-ЯA-Z]).*\n)+)",
        |_| Some("      help: { label: Помощь, word: help }\n".into()),
    ),
    operator(
        "leave the first question of a small flow no answer",
        &["flows"],
        r"(?m)^    steps:\n      \w+:\n(?:        .+\n)*?        choice:\n((?:          [a-z_]+: (?:\{ label: |[А-ЯA-Z]).*\n)+)",
        |_| Some("          help: { label: Помощь, word: help }\n".into()),
    )
    .only_if(|file, options| {
        !options.lines().any(|line| file.contains(&format!("'{}'", line.trim_start().split(':').next().unwrap_or_default())))
    }),
    operator("show the only way on to some only", FLOW, r"(?m)^    choice:\n      [a-z_]+: (\{ label: [^{}]*go: [^{}]*\})\n\n", |option| {
        Some(option.replace(" }", ", when: person.rights | length > 0 }"))
    }),
    // durations
    operator("wait for no time at all", FLOW, r"\b(?:wait|after|per|every|delete_after): \[?(\d+[smhd])\b", |of| {
        Some(format!("0{}", of.trim_start_matches(|letter: char| letter.is_ascii_digit())))
    }),
    operator("remind too late", FLOW, r"(?m)^ *remind: (?:\{ after: )?\[?(\d+[hd])\b", |_| Some("300d".into())),
    operator("try again for less than a pause", FLOW, r"retry: \{[^}]*\bfor: (\d+[mhd])", |_| Some("30s".into())),
    operator("try again once in all", FLOW, r"retry: \{[^}]*\bmax: (\d+)", |_| Some("1".into())),
    operator("write a duration in words", FLOW, r"\b(?:wait|after|per): \[?(\d+d)\b", |of| Some(of.replace('d', " days"))),
    operator("wait for whoever it is", FLOW, r"\bevent: (?:\{ name: )?[a-z_.]+(, match: \{[^}]*\})", gone),
    // what a stranger has tried
    operator("escalate to those who decide already", FLOW, r"\bescalate: \{ after: \w+, to: (owner)", |_| Some("hr".into())),
    operator(
        "wait longer for an answer than the session",
        &["flow"],
        r"(?m)^    ask:.*\n(?:    .*\n)*?    timeout: \{ after: (\d+[hd])",
        |_| Some("300d".into()),
    )
    .only_if(|file, _| file.contains("\nexpire:") || file.contains("\nstart:")),
    operator("copy more than a button can", FLOW, r#"\bcopy: "(/role )"#, |of| Some(of.repeat(50))),
    operator("give nothing to a call", FLOW, r"(?m)^ +call: erp\.\w+\n( +with: \{.*\}\n)", gone),
    operator("show what is asked later", FLOW, r"\bshow: \[(full_name), ", |_| Some("no_access".into())),
    operator("show the review itself", FLOW, r"\bshow: \[(full_name), ", |_| Some("confirm".into())),
    operator("go around the consent", FLOW, r"(?m)^      begin: (\S+)$", |label| Some(format!("{{ label: {label}, go: positions }}"))),
    operator("let something look itself up", OPERATIONS, r"\blookup: \{ call: (find_staff)", |_| Some("create_staff".into())),
    operator("take every good answer for another", OPERATIONS, r"(?m)^    not_found: \{ status: (404) \}$", |_| Some("200".into()))
        .only_if(|file, _| file.contains("\nopenapi:")),
    operator("misspell a field that a server names", FLOW, r"\binvalid: \{ fields: \{ ([a-z_]{4,}):", misspelt),
    operator("go on beside a branch", FLOW, r"(?m)^  \w+:\n    branch:\n(?:      - .*\n)*?(      - \{ else: [^{}]* \}\n)", |line| {
        Some(format!("{line}    end: completed\n"))
    }),
    operator("judge the answer that was before", FLOW, r"(?m)^          another: \{ when: (value) !=", |_| Some("email".into())),
    operator("misspell a field that is handed over", FLOW, r"\bwith: \{ id: [a-z_.]+, fields: \{ ([a-z_]{4,}):", misspelt),
    operator("misspell a flow that is handed over", FLOW, r#"\bflow: "'([a-z]+)'""#, misspelt),
    operator("misspell an input that is handed over", FLOW, r"(?m)^          inputs:\n            ([a-z_]{4,}):", misspelt),
    operator("lose a word that there may be", OPERATIONS, r"\bone_of: \{.*(, active: [^,}]+[^,} ])", gone),
    operator("read pages of what is no list", OPERATIONS, r"(?m)^(  )request: GET \S+\{id\}$", |indent| {
        Some(format!("{indent}pages: {{ by: skip, size: 100 }}\n{indent}"))
    }),
    operator("promise everywhere what one profile has", OPERATIONS, r"(?m)^(  only: extended\n)", gone),
    operator("give two buttons one translation", MESSAGES, r"(?m)^    choice\.help: (Help)$", |_| Some("Register".into())),
    operator("forget what is done about an empty list", FLOW, r"\bchoice: \{ from: [^}]*\}\}[^}]*(, empty: [a-z_]+)", gone),
    operator("forget what is asked before a decision", FLOW, r"(?m)^(        ask: .*\n)        choice:", gone),
    operator("count pages by another name", OPERATIONS, r"\bpages: \{ by: (skip)", |_| Some("page".into())),
    operator("promise what may be left out", OPERATIONS, r"\bat: /[a-z_]+, type: [^{}]*(, optional: true)", gone),
    operator("say that twice is as once", OPERATIONS, r"(?m)^  (once: \{ header: Idempotency-Key[^}]*\})$", |_| {
        Some("repeatable: true".into())
    }),
    operator("escalate to those who may not know", FLOW, r"\bescalate: \{ after: \w+, to: (owner)", |_| Some("alerts".into())),
    operator("lead a limit back", FLOW, r"\blimit: \{ max: \d+, per: \w+, go: (need_help)", |_| Some("pause".into())),
    operator("leave a part to nobody", SCENARIOS, r"(?m)^parts:\n(  )[a-z_]+:", |indent| {
        Some(format!("{indent}nobodys: [{{ me: /start }}]\n{indent}"))
    }),
    operator("give two people one account", SCENARIOS, r"\bid: (9002)", |_| Some("9001".into())),
    // secrets
    operator("lose the flag of a secret input", FLOW, r"\{ type: text(, secret: true)", gone),
    operator("put a secret into a link", FLOW, r"<code>(\{\{ [a-z_.]*code[a-z_.]* \}\})</code>", |code| {
        Some(format!("https://example.com/?code={code}"))
    }),
    operator("put a secret behind a setting", FLOW, r"<code>(\{\{ [a-z_.]*code[a-z_.]* \}\})</code>", |code| {
        Some(format!("{{{{ settings.site }}}}/in?code={code}"))
    }),
    // translations
    operator("misspell the language of a catalog", MESSAGES, r"(?m)^messages: (en)$", |of| Some(format!("{of}g"))),
    operator("misspell a language of the bot", &["bot"], r"(?m)^languages: \[ru, (en)\]$", |of| Some(format!("{of}g"))),
    operator("write one language for a list", &["bot"], r"(?m)^languages: (\[ru, en\])$", |_| Some("ru".into())),
    operator("misspell the address of a translation", MESSAGES, r"(?m)^    ([a-z_.]+):", misspelt),
    operator("leave a text untranslated", MESSAGES, r"(?m)^(    [a-z_.]+: [^|\n]+\n)", gone),
    operator("misspell the flow of a translation", MESSAGES, r"(?m)^([a-z_]+):\n", misspelt),
    operator("leave a translation as it was", MESSAGES, r"(?m)^    [a-z_.]+: ([A-Z][A-Za-z ,]+)$", |_| Some("Это не переведено".into())),
    // letters that look alike, and what is written once too often
    operator("write a look-alike in the name of a step", FLOW, r"\bgo: ([a-z_]+)", with_look_alike),
    operator("write a look-alike in a text", FLOW, r"\{\{ ([a-z_]+)[ .|]", with_look_alike),
    operator("write a look-alike in a key", FLOW, r"(?m)^    ([a-z]+):", with_look_alike),
    operator("write single braces", FLOW, r"(\{\{ [a-z_.]+ \}\})", |value| Some(value.replace("{{", "{").replace("}}", "}"))),
    operator("show a question twice", FLOW, r"\bshow: \[([a-z_]+, )", twice),
    // scenarios
    operator("misspell a key of a file of scenarios", SCENARIOS, r"(?m)^(given|parts|tests):", misspelt),
    operator("misspell a key of what is given", SCENARIOS, r"(?m)^  (people|profile|settings|data):", misspelt),
    operator("misspell a profile in a scenario", SCENARIOS, r"profile: \{ erp: ([a-z]+)", misspelt),
    operator("misspell a role in a scenario", SCENARIOS, r"roles: \[([a-z]+)", |role| Some(format!("{role}x"))),
    operator("change a method that scenarios expect", OPERATIONS, r"\brequest: (POST) ", |_| Some("PUT".into())),
    operator("change a path that scenarios expect", OPERATIONS, r"\brequest: [A-Z]+ (/api/v1/[a-z]+)", |path| Some(format!("{path}x"))),
    operator("misspell a flow in a scenario", SCENARIOS, r"(?:ended|waits): \{ ([a-z_]+):", misspelt),
    operator("misspell a part", SCENARIOS, r"\buse: ([a-z_]+)", misspelt),
];
