//! Groups.

use crate::*;

#[tokio::test]
async fn a_group_is_told_once_where_to_go() {
    let api = BotApi::start().await;
    let mut bot = Running::start(channel(&api));
    bot.channel.set_up(&menus()).await.unwrap();
    let alina = api.user(1001, "Алина", "ru");
    alina.in_group(-77, "привет");
    assert_eq!(api.expect_message(-77).await.text, "Пишите мне лично: https://t.me/usher_test_bot");
    alina.in_group(-77, "ещё");
    api.user(1002, "Bob", "en-US").in_group(-78, "hi");
    assert_eq!(api.expect_message(-78).await.text, "Write to me in private: https://t.me/usher_test_bot");
    bot.nothing_comes().await;
    api.expect_all_confirmed().await;
    assert_eq!(api.calls_of("sendMessage").len(), 2);
}
