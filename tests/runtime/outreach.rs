//! Invitations and statistics through the whole driver: two who open one link at once, a process that dies in between, and what is left.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use usher::engine::{RecordId, is_house};
use usher::flow::{Installation, Library, Role};
use usher::store::{Page, Store};

use crate::support::botapi::BotApi;
use crate::{House, in_memory, library_of, on_disk, opened, said};

/// A bot in which a boss invites people to a club, and asks how many have come.
const FILES: &[(&str, &str)] = &[
    ("flows/bot.yaml", "bot: Проба\nlanguages: [ru]\ntimezone: UTC\nsegments: { all: { title: Все, when: true } }\n"),
    (
        "flows/club.yaml",
        "flow: club\ntitle: Клуб\nstart: { invitation: required }\nfor: anyone\nagain: resume\nsteps:\n  drink: { title: Напиток, ask: Что будете пить? }\n  \
         served: { say: Несу., end: completed }\n",
    ),
    (
        "flows/invite.yaml",
        "flow: invite\ntitle: Приглашение\nstart: { command: invite }\nfor: [boss]\nsteps:\n  made:\n    call: usher.create_invitation\n    \
         with: { flow: \"'club'\", life: 1h }\n    outcomes: { refused: { end: failed }, down: { end: failed } }\n  \
         told: { say: \"{{ made.link }}\", photo: made.picture, end: made }\n",
    ),
    (
        "flows/groups.yaml",
        "flow: groups\ntitle: Группы\nstart: { command: groups }\nfor: [boss]\nsteps:\n  groups:\n    call: usher.list_segments\n    \
         outcomes: { empty: { end: failed }, refused: { end: failed }, down: { end: failed } }\n  told:\n    \
         say: \"{% for item in groups.items %}{{ item.title }}: {{ item.people }}{% endfor %}\"\n    end: told\n",
    ),
    (
        "flows/data.yaml",
        "flow: data\ntitle: Данные\nstart: { command: data }\nfor: anyone\nsteps:\n  data:\n    call: usher.my_data\n    \
         outcomes: { refused: { end: failed }, down: { end: failed } }\n  told: { say: Вот., document: data.file, end: told }\n",
    ),
    (
        "flows/count.yaml",
        "flow: count\ntitle: Счёт\nstart: { command: count }\nfor: [boss]\nsteps:\n  numbers:\n    call: usher.statistics\n    \
         with: { flow: \"'club'\", days: 7 }\n    outcomes: { refused: { end: failed }, down: { end: failed } }\n  told:\n    \
         say: \"{{ numbers.started }} = {{ numbers.completed }} + {{ numbers.waiting }} + {{ numbers.left }} + {{ numbers.expired }}\"\n    end: told\n",
    ),
];

const BOSS: i64 = 9001;
const OVER: &str = "Эта ссылка не действует. Попросите новую у того, кто вас пригласил.";

fn club() -> Library {
    let may = ["invitations", "statistics", "broadcast"].map(str::to_owned).to_vec();
    let boss = Role { title: "Начальство".to_owned(), people: vec![format!("tg:{BOSS}")], may };
    library_of(FILES, Installation { roles: BTreeMap::from([("boss".to_owned(), boss)]), ..Installation::default() })
}

async fn begin(store: &Arc<Store>, api: &BotApi) -> House {
    House::of(club(), store, api).await
}

/// What the boss is given to pass on: without an address of the chat, the command as it is.
async fn invited(house: &mut House, api: &BotApi) -> String {
    house.write(BOSS, "/invite").await.unwrap();
    house.is_idle().await;
    let shown = api.chat(BOSS).last().cloned().expect("a link");
    assert!(shown.text.starts_with("/start ") && shown.file.is_none(), "{shown:?}");
    shown.text
}

/// What a camera reads from a picture.
fn seen(picture: &[u8]) -> String {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(picture));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut grey = vec![0; reader.output_buffer_size().unwrap()];
    let width = reader.next_frame(&mut grey).unwrap().width as usize;
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, width, |x, y| grey[y * width + x]);
    image.detect_grids().first().expect("a code").decode().unwrap().1
}

/// Records of the system's own, but for the one that the bot always has.
async fn of_the_system(store: &Store) -> Vec<RecordId> {
    let listed = store.records(&Page::first(1000)).await.unwrap();
    listed.items.into_iter().filter(|id| id.0.starts_with("system:") && !is_house(id)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_open_a_link_at_once_one_comes_in() {
    let (api, store) = (BotApi::start().await, in_memory());
    for account in [BOSS, 1, 2] {
        opened(&api, account);
    }
    let mut house = begin(&store, &api).await;
    let link = invited(&mut house, &api).await;
    house.write(1, &link).await.unwrap();
    house.write(2, &link).await.unwrap();
    house.is_idle().await;
    let mut told = [said(&api, 1), said(&api, 2)];
    told.sort();
    assert_eq!(told, [vec!["Что будете пить?".to_owned()], vec![OVER.to_owned()]]);
    house.write(BOSS, "/count").await.unwrap();
    house.is_idle().await;
    assert_eq!(said(&api, BOSS).pop().as_deref(), Some("1 = 0 + 1 + 0 + 0"));
    house.write(BOSS, "/groups").await.unwrap();
    house.is_idle().await;
    assert_eq!(said(&api, BOSS).pop().as_deref(), Some("Все: 3"), "the record of an invitation is nobody");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_also_a_picture_and_neither_is_kept_once_it_was_told() {
    let (api, store) = (BotApi::start().await, in_memory());
    for account in [BOSS, 1] {
        opened(&api, account);
    }
    let mut house = begin(&store, &api).await;
    house.runtime.links().learn("tg", "https://t.me/some_club_bot");
    house.write(BOSS, "/invite").await.unwrap();
    house.is_idle().await;
    let shown = api.chat(BOSS).last().cloned().expect("a link");
    let file = shown.file.expect("a picture");
    assert!(file.picture && file.name == "приглашение.png", "{}", file.name);
    assert_eq!(seen(&file.bytes), shown.text);
    let token = shown.text.strip_prefix("https://t.me/some_club_bot?start=").expect("a link").to_owned();
    house.write(1, &format!("/start {token}")).await.unwrap();
    house.is_idle().await;
    assert_eq!(said(&api, 1), ["Что будете пить?"]);
    house.stop().await;
    let picture = STANDARD.encode(&file.bytes);
    let kept = store.records(&Page::first(1000)).await.unwrap().items;
    assert!(kept.contains(&RecordId::person("tg", &BOSS.to_string())), "{kept:?}");
    for id in kept {
        let record = store.load(&id).await.unwrap().expect("a record");
        let record = serde_json::to_string(&record).unwrap();
        assert!(!record.contains(&token) && !record.contains(&picture), "{}", id.0);
    }
    assert_eq!(api.objections(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_is_neither_lost_nor_used_twice_though_the_process_dies() {
    let folder = tempfile::tempdir().unwrap();
    let api = BotApi::start().await;
    for account in [BOSS, 1, 2] {
        opened(&api, account);
    }
    let store = on_disk(folder.path());
    let mut house = begin(&store, &api).await;
    let link = invited(&mut house, &api).await;
    house.write(1, &link).await.unwrap();
    // As good as a kill: nothing is waited for.
    drop(house);
    let mut house = begin(&store, &api).await;
    let first = said(&api, 1);
    assert!(first.iter().all(|told| told == "Что будете пить?") && (1..=2).contains(&first.len()), "{first:?}");
    for _ in 0..2 {
        house.write(2, &link).await.unwrap();
    }
    house.is_idle().await;
    assert_eq!(said(&api, 2), [OVER, OVER]);
    house.write(1, "чай").await.unwrap();
    house.write(BOSS, "/count").await.unwrap();
    house.is_idle().await;
    assert_eq!(said(&api, BOSS).pop().as_deref(), Some("1 = 1 + 0 + 0 + 0"));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_is_sent_what_is_kept_of_them_and_nothing_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let (api, store) = (BotApi::start().await, on_disk(folder.path()));
    for account in [BOSS, 1, 2] {
        opened(&api, account);
    }
    let mut house = begin(&store, &api).await;
    let link = invited(&mut house, &api).await;
    for text in [&link, "чай", "/data"] {
        house.write(1, text).await.unwrap();
        house.is_idle().await;
    }
    house.write(2, "/data").await.unwrap();
    house.is_idle().await;
    let [of_guest, of_stranger] = [1, 2].map(|account| {
        let file = api.chat(account).last().and_then(|shown| shown.file.clone()).expect("a file");
        assert_eq!(file.name, "мои-данные.txt");
        String::from_utf8(file.bytes).unwrap()
    });
    for line in ["Учётная запись: tg:1\n", "Напиток: чай\n", "Приглашения, которые вы открыли\n", "начат диалог «Клуб»"]
    {
        assert!(of_guest.contains(line), "{line} in\n{of_guest}");
        assert!(!of_stranger.contains(line), "{line} in\n{of_stranger}");
    }
    assert_eq!(api.objections(), [""; 0]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_links_that_never_were() {
    let (api, store) = (BotApi::start().await, in_memory());
    opened(&api, 1);
    let mut house = begin(&store, &api).await;
    for last in ["a", "b", "c"] {
        house.write(1, &format!("/start abcdefghijkmnpqrstuvwxyz2{last}")).await.unwrap();
    }
    house.is_idle().await;
    assert_eq!(said(&api, 1), [OVER, OVER, OVER]);
    // They go when their writers have been idle for a while.
    for _ in 0..300 {
        if of_the_system(&store).await.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(of_the_system(&store).await, []);
    house.stop().await;
}

/// Everybody who is named by an invitation.
async fn guests(store: &Store) -> Vec<RecordId> {
    let mut guests = Vec::new();
    for id in of_the_system(store).await {
        guests.extend(store.load(&id).await.unwrap().and_then(|record| record.invitation).into_iter().flat_map(|one| one.opened));
    }
    guests
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_forgets_whoever_is_erased_and_their_place_is_nobodys() {
    let (api, store) = (BotApi::start().await, in_memory());
    for account in [BOSS, 1, 2, 3] {
        opened(&api, account);
    }
    let [one, two] = ["1", "2"].map(|account| RecordId::person("tg", account));
    let mut house = begin(&store, &api).await;
    let link = invited(&mut house, &api).await;
    house.write(1, &link).await.unwrap();
    house.is_idle().await;
    assert_eq!(guests(&store).await, std::slice::from_ref(&one));
    house.runtime.eraser().erase(&one).await.unwrap();
    house.is_idle().await;
    assert_eq!(guests(&store).await, []);
    house.write(3, &link).await.unwrap();
    house.is_idle().await;
    assert_eq!(said(&api, 3), [OVER]);

    let link = invited(&mut house, &api).await;
    house.write(2, &link).await.unwrap();
    house.is_idle().await;
    house.stop().await;
    assert_eq!(guests(&store).await, std::slice::from_ref(&two));
    usher::runtime::erase(&store, &two).await.unwrap();
    assert_eq!(guests(&store).await, [], "the same while no bot runs");
}
