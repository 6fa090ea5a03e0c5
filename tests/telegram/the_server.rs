//! The server itself: what it takes for granted would be proved by no test.

use crate::*;

/// Calls a method; `(ok, description or result)`.
async fn call(api: &BotApi, method: &str, body: &serde_json::Value) -> (bool, String) {
    let url = format!("{}/bot{}/{method}", api.url(), BotApi::TOKEN);
    let request = reqwest::Client::new().post(url).header("content-type", "application/json").body(body.to_string());
    let answer: serde_json::Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
    let told = answer.get("description").or(answer.get("result")).unwrap();
    (answer["ok"] == true, told.as_str().map_or_else(|| told.to_string(), str::to_owned))
}

#[tokio::test]
async fn markup_is_read_by_the_documented_rules() {
    let api = BotApi::start().await;
    let alina = person(&api);
    let write = async |html: &str| call(&api, "SENDMESSAGE", &json!({"chat_id": 1001, "text": html, "parse_mode": "HTML"})).await;
    for (html, shown) in [
        ("<b>a</b> &lt;&amp;&quot;&#1071;&#x42f; &nbsp;", "a <&\"ЯЯ &nbsp;"),
        ("<a href='https://a.b/?x>1'>a</a><span class=\"tg-spoiler\">b</span><blockquote expandable>c</blockquote>", "abc"),
        ("<pre><code class=\"language-rust\">a\n</code></pre> ", "a"),
        ("> a & b", "> a & b"),
    ] {
        assert!(write(html).await.0, "{html}");
        assert_eq!(alina.expect_message().await.text, shown);
    }
    for (html, why) in [
        ("<foo>a</foo>", "Unsupported start tag"),
        ("<b><i>a</b></i>", "Unmatched end tag"),
        ("a</b>", "Unexpected end tag"),
        ("<b>a", "Can't find end tag"),
        ("<b", "Unclosed start tag"),
        ("a < b", "Unclosed start tag"),
        ("<span>a</span>", "must have class"),
        ("<b> </b>", "text is empty"),
        (&"a".repeat(4_097), "too long"),
    ] {
        let (ok, told) = write(html).await;
        assert!(!ok && told.contains(why), "{html}: {told}");
    }
}

#[tokio::test]
async fn buttons_are_held_to_their_limits() {
    let api = BotApi::start().await;
    person(&api);
    let with = async |button: serde_json::Value| {
        call(&api, "sendMessage", &json!({"chat_id": 1001, "text": "x", "reply_markup": {"inline_keyboard": [[button]]}})).await
    };
    assert!(with(json!({"text": "a", "callback_data": "x".repeat(64)})).await.0);
    for (button, why) in [
        (json!({"text": "a", "callback_data": "x".repeat(65)}), "BUTTON_DATA_INVALID"),
        (json!({"text": "a", "callback_data": ""}), "BUTTON_DATA_INVALID"),
        (json!({"text": "a", "copy_text": {"text": "x".repeat(257)}}), "BUTTON_COPY_TEXT_INVALID"),
        (json!({"text": "a", "url": "nowhere"}), "URL"),
        (json!({"text": "a"}), "Text buttons are unallowed"),
        (json!({"text": "a", "callback_data": "x", "url": "https://a.b"}), "exactly one action"),
    ] {
        let (ok, told) = with(button.clone()).await;
        assert!(!ok && told.contains(why), "{button}: {told}");
    }
    alina_in_a_group(&api).await;
}

async fn alina_in_a_group(api: &BotApi) {
    api.user(1001, "Алина", "ru").in_group(-5, "привет");
    let contact = json!({"chat_id": -5, "text": "x", "reply_markup": {"keyboard": [[{"text": "a", "request_contact": true}]]}});
    let (ok, told) = call(api, "sendMessage", &contact).await;
    assert!(!ok && told.contains("private chats only"), "{told}");
}

#[tokio::test]
async fn updates_wait_for_their_offset_and_polls_wait_for_updates() {
    let api = BotApi::start().await;
    let alina = person(&api);
    alina.write("раз");
    assert!(call(&api, "getUpdates", &json!({"limit": 1})).await.1.contains("501"));
    assert!(call(&api, "getUpdates", &json!({})).await.1.contains("502"), "nothing is confirmed without an offset");
    let rest = call(&api, "getUpdates", &json!({"offset": 502})).await.1;
    assert!(!rest.contains("501") && rest.contains("502"), "{rest}");
    assert_eq!(call(&api, "getUpdates", &json!({"offset": 503})).await.1, "[]");
    let before = Instant::now();
    assert_eq!(call(&api, "getUpdates", &json!({"offset": 503, "timeout": 1})).await.1, "[]");
    assert!(before.elapsed() >= Duration::from_secs(1), "a poll waits");
    let parameters = json!({"offset": 503, "timeout": 20});
    let (found, ()) = tokio::join!(call(&api, "getUpdates", &parameters), async {
        api.expect_calls("getUpdates", 6).await;
        alina.write("два");
    });
    assert!(found.1.contains("два"), "{found:?}");
}

#[tokio::test]
async fn presses_expire_sooner_than_texts_and_unwanted_kinds_never_come() {
    let api = BotApi::start().await;
    let alina = person(&api);
    alina.press_data(1, "x");
    api.advance(Duration::from_secs(151));
    let waiting = call(&api, "getUpdates", &json!({"allowed_updates": ["message"]})).await.1;
    assert!(waiting.contains("/start") && !waiting.contains("callback_query"), "{waiting}");
    alina.press_data(1, "x");
    assert!(!call(&api, "getUpdates", &json!({})).await.1.contains("callback_query"));
    api.advance(Duration::from_hours(24));
    assert_eq!(call(&api, "getUpdates", &json!({})).await.1, "[]");
}

#[tokio::test]
async fn form_bodies_are_read_and_unknown_parameters_noted() {
    let api = BotApi::start().await;
    let alina = person(&api);
    let url = format!("{}/bot{}/sendMessage", api.url(), BotApi::TOKEN);
    let form = "chat_id=1001&text=%D0%B4%D0%B0+%2B&disable_web_page_preview=true&reply_markup=%7B%22remove_keyboard%22%3Atrue%7D";
    let request = reqwest::Client::new().post(url).header("content-type", "application/x-www-form-urlencoded").body(form);
    assert_eq!(request.send().await.unwrap().status(), 200);
    let shown = alina.expect_message().await;
    assert_eq!((shown.text.as_str(), shown.removes_keyboard), ("да +", true));
    assert_eq!(api.objections(), ["sendMessage: disable_web_page_preview"]);
}

#[tokio::test]
async fn floods_are_answered_with_a_pause() {
    let api = BotApi::start().await;
    person(&api);
    api.limit_floods();
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(call(&api, "sendMessage", &json!({"chat_id": 1001, "text": "x"})).await.0);
    }
    assert_eq!(answers, [true, true, true, false]);
}
