//! The pages as a browser without scripts sees them.

use serde_json::json;

use crate::support::{Answer, Erp, extended, ivanov, like_ivanov, read};

async fn page(erp: &Erp, path: &str, language: &str) -> Answer {
    read(erp.bare("GET", path).header("accept-language", language).send().await.unwrap()).await
}

async fn submit(erp: &Erp, fields: &[(&str, &str)]) -> Answer {
    let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = erp.bare("POST", "/activate").header("content-type", "application/x-www-form-urlencoded").body(body.join("&"));
    read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn pages_speak_the_browsers_language() {
    let erp = extended().await;
    for (path, russian, english) in [
        ("/activate", "Первый вход / Активация", "First login / Activation"),
        ("/consent", "Согласие на обработку персональных данных", "Consent to the processing of personal data"),
        ("/staff", "Пока никого нет", "Nobody yet"),
    ] {
        assert!(page(&erp, path, "ru-RU,ru;q=0.9").await.text.contains(russian), "{path}");
        let other = page(&erp, path, "en-GB,en;q=0.9,ru;q=0.1").await;
        assert!(other.text.contains(english) && other.text.contains("<html lang=\"en\">"), "{path}");
    }
}

#[tokio::test]
async fn pages_load_nothing_from_elsewhere_and_allow_only_their_own_script() {
    let erp = extended().await;
    for path in ["/staff", "/activate", "/consent"] {
        let (one, other) = (page(&erp, path, "ru").await, page(&erp, path, "ru").await);
        let policy = one.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'self'"), "{policy}");
        assert!(!policy.contains("unsafe"));
        assert_ne!(policy, other.header("content-security-policy"), "a nonce is used once");
        assert!(!one.text.contains("http://") && !one.text.contains("https://"), "{path} loads something");
        assert!(!one.text.contains(" onclick") && !one.text.contains(" style="), "{path} has inline handlers");
        assert_eq!((one.header("cache-control"), one.header("referrer-policy")), ("no-store", "no-referrer"));
    }
}

#[tokio::test]
async fn the_form_helps_password_managers() {
    let erp = extended().await;
    let text = page(&erp, "/activate", "ru").await.text;
    assert_eq!(text.matches("autocomplete=\"new-password\"").count(), 2);
    assert_eq!(text.matches("autocomplete=\"one-time-code\"").count(), 1);
    assert!(text.contains("method=\"post\""), "without scripts a password must not get into an address");
}

#[tokio::test]
async fn the_form_works_without_scripts_and_says_what_went_wrong() {
    let erp = extended().await;
    let code = erp.send("POST", "/api/v1/staff/", &ivanov()).await.json()["activation_code"].as_str().unwrap().to_owned();
    let tries = [
        (["", "long+enough", "long+enough"], 422, "Введите код активации."),
        ([&code, "short", "short"], 422, "Пароль слишком короткий"),
        ([&code, "long+enough", "long+enougH"], 422, "Пароли не совпадают"),
        (["wrong", "long+enough", "long+enough"], 422, "Неверный код"),
        ([&format!("+{code}+"), "long+enough", "long+enough"], 200, "Вход активирован"),
        ([&code, "long+enough", "long+enough"], 422, "уже активирован"),
    ];
    for ([code, password, repeat], status, words) in tries {
        let answer = submit(&erp, &[("activation_code", code), ("password", password), ("repeat", repeat)]).await;
        let shown = answer.text.split("role=\"alert\">").skip(1).any(|part| part.split("</p>").next().unwrap().contains(words));
        let done = status == 200 && answer.text.contains("id=\"entry\" hidden") && answer.text.contains(words);
        assert!(answer.status == status && (shown || done), "{words}: {} {}", answer.status, answer.text);
        assert!(!answer.text.contains("long enough"), "a password is never sent back");
    }
    erp.post("/_demo/reset", &json!({})).await;
    let code = erp.send("POST", "/api/v1/staff/", &ivanov()).await.json()["activation_code"].as_str().unwrap().to_owned();
    erp.post("/_demo/clock", &json!({ "advance": 25 * 3600 })).await;
    let answer = submit(&erp, &[("activation_code", &code), ("password", "long+enough"), ("repeat", "long+enough")]).await;
    assert!(answer.text.contains("<p class=\"error\" id=\"code-error\" role=\"alert\">Срок действия кода истёк"), "{}", answer.text);
}

#[tokio::test]
async fn the_overview_shows_staff_and_states_but_never_a_code_or_markup() {
    let erp = extended().await;
    let mean = like_ivanov(&json!({ "last_name": "<script>alert(1)</script>", "first_name": "\"'&" }));
    let code = erp.send("POST", "/api/v1/staff/", &mean).await.json()["activation_code"].as_str().unwrap().to_owned();
    let text = page(&erp, "/staff", "ru").await.text;
    assert!(text.contains("&lt;script&gt;alert(1)&lt;/script&gt; &quot;&#39;&amp;"), "{text}");
    assert!(!text.contains("<script>alert") && !text.contains(&code));
    assert!(text.contains("chip issued") && text.contains("код выдан") && text.contains("Руководитель отдела"));
    erp.send("POST", "/api/v1/auth/activate", &json!({ "activation_code": code, "password": "long enough" })).await;
    let english = page(&erp, "/staff", "en").await.text;
    assert!(english.contains("<span class=\"chip active\">active</span>"));
    assert!(english.contains("Head of department") && !english.contains("Руководитель отдела"), "{english}");
}

#[tokio::test]
async fn the_bare_address_leads_to_the_staff_and_a_frame_is_without_the_way_to_other_pages() {
    let erp = extended().await;
    assert_eq!(page(&erp, "/", "ru").await.header("location"), "/staff");
    let framed = read(erp.bare("GET", "/activate").header("sec-fetch-dest", "iframe").send().await.unwrap()).await;
    assert!(framed.text.contains("<body class=\"framed\">"), "{}", framed.text);
    assert!(framed.header("vary").contains("sec-fetch-dest"));
}

#[tokio::test]
async fn the_overview_shows_what_was_asked_and_offers_breakages_that_work() {
    let erp = extended().await;
    assert!(page(&erp, "/staff", "ru").await.text.contains("Пока не было ни одного."));
    erp.post("/_demo/faults", &json!({ "status": 500 })).await;
    erp.send("POST", "/api/v1/staff/", &ivanov()).await;
    erp.send("POST", "/api/v1/staff/", &ivanov()).await;
    let text = page(&erp, "/staff", "ru").await.text;
    let asked = text.split("id=\"asked\"").nth(1).unwrap();
    let (good, bad) = (asked.find("создан сотрудник №&nbsp;1").unwrap(), asked.find("сломано нарочно").unwrap());
    assert!(good < bad, "the newest stands first: {asked}");
    let faults: Vec<String> =
        text.split("data-fault=\"").skip(1).map(|part| part.split('"').next().unwrap().replace("&quot;", "\"")).collect();
    assert_eq!(faults.len(), 4);
    for fault in faults {
        let asked = erp.post("/_demo/faults", &serde_json::from_str(&fault).unwrap()).await;
        assert_eq!(asked.status, 204, "{fault}");
    }
}

#[tokio::test]
async fn the_overview_says_how_many_requests_will_still_fail() {
    let erp = extended().await;
    let left = async || page(&erp, "/staff", "en").await.text.split("data-left=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(left().await, "0");
    erp.post("/_demo/faults", &json!({ "status": 500, "next": 2 })).await;
    erp.post("/_demo/faults", &json!({ "drop_after_commit": true, "route": "POST /api/v1/staff/" })).await;
    assert_eq!(left().await, "3");
    erp.get("/api/v1/positions/").await;
    assert_eq!(left().await, "2");
    erp.post("/_demo/faults", &json!({ "next": 0 })).await;
    assert_eq!(left().await, "0");
}
