//! Whom one can be in the demo: an employee, a second one, and somebody for each role.

use std::collections::BTreeMap;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;

use crate::channel::web::Web;
use crate::demo::{self, Guest};
use crate::engine::RecordId;
use crate::flow::{Bot, Role};

/// The name of the web chat's channel.
pub const CHANNEL: &str = "web";

/// Where employees have their chat.
pub const EMPLOYEES: &str = "/chat";

/// The people, and what they may do.
pub struct People {
    roles: BTreeMap<String, Role>,
}

/// One of them: who it is, where their chat is, and their account, if it is not one of the browser's own.
struct Somebody {
    title: [String; 2],
    path: String,
    account: Option<String>,
}

impl People {
    /// For these roles of the operator's file: whoever holds them elsewhere, here it is one person for each.
    pub fn of(roles: BTreeMap<String, Role>) -> Self {
        let held = |(id, role): (String, Role)| {
            let people = vec![RecordId::person(CHANNEL, &id).0];
            (id, Role { people, ..role })
        };
        Self { roles: roles.into_iter().map(held).collect() }
    }

    /// Who holds which role.
    pub fn roles(&self) -> BTreeMap<String, Role> {
        self.roles.clone()
    }

    /// The page with everybody's chat, and the chats.
    pub fn router(&self, web: &Web, bot: &Bot) -> Router {
        let everybody = self.everybody(|id, role| titles(bot, id, role));
        let guest = |somebody: &Somebody| Guest { title: somebody.title.clone(), chat: format!("{}/", somebody.path) };
        let front = demo::front(everybody.iter().map(guest).collect());
        everybody.into_iter().fold(front, |router, Somebody { path, account, .. }| {
            let chat = account.map_or_else(|| web.router(), |account| web.router_of(&account));
            let inside = format!("{path}/");
            let enter = inside.clone();
            router.nest(&inside, chat).route(&path, get(|| async move { Redirect::permanent(&enter) }))
        })
    }

    fn everybody(&self, titles: impl Fn(&str, &Role) -> [String; 2]) -> Vec<Somebody> {
        let employee = Somebody { title: both("Сотрудник", "Employee"), path: EMPLOYEES.to_owned(), account: None };
        let second = Somebody {
            title: both("Второй сотрудник", "Second employee"), path: "/as/second-employee".to_owned(), account: None
        };
        let holder =
            |(id, role): (&String, &Role)| Somebody { title: titles(id, role), path: format!("/as/{id}"), account: Some(id.clone()) };
        // Those who are only told of things stand behind those who do some.
        let (acting, told): (Vec<_>, Vec<_>) = self.roles.iter().partition(|(_, role)| !role.may.is_empty());
        [employee, second].into_iter().chain(acting.into_iter().chain(told).map(holder)).collect()
    }
}

/// What the bot calls a role in Russian and in English; as the operator does, if it does not say.
fn titles(bot: &Bot, id: &str, role: &Role) -> [String; 2] {
    ["ru", "en"].map(|language| bot.role_in(id, role, bot.language_index(Some(language))).to_owned())
}

fn both(russian: &str, english: &str) -> [String; 2] {
    [russian.to_owned(), english.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_is_held_by_a_person_of_the_chat_and_by_nobody_else() {
        let hr = Role { title: "Отдел кадров".to_owned(), people: vec!["tg:9001".to_owned()], may: vec!["requests".to_owned()] };
        let people = People::of(BTreeMap::from([("hr".to_owned(), hr.clone())]));
        assert_eq!(people.roles()["hr"], Role { people: vec!["web:hr".to_owned()], ..hr });
        let paths: Vec<String> =
            people.everybody(|_, role| both(&role.title, &role.title)).into_iter().map(|somebody| somebody.path).collect();
        assert_eq!(paths, ["/chat", "/as/second-employee", "/as/hr"]);
    }
}
