//! Positions: four usual ones and, on demand, as many as paging needs.

use std::collections::BTreeMap;

/// Levels, from the highest; what a position's `attribute` may hold.
const LEVELS: [&str; 5] = ["DIRECTOR", "HEAD", "LEAD", "SPECIALIST", "ASSISTANT"];

/// A position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Its id.
    pub id: i64,
    /// What people see, and what the API says.
    pub name: String,
    /// The same in English, for the ERP's own pages: its API has one language.
    pub english: String,
    /// Unique within its division.
    pub code: String,
    /// Its level.
    pub attribute: &'static str,
    /// Where it belongs.
    pub section_id: i64,
    /// Whether people may be hired for it.
    pub is_active: bool,
}

impl Position {
    /// Whether its holders may use the ERP's web application: everybody from a specialist upwards.
    pub fn erp_access(&self) -> bool {
        self.attribute != "ASSISTANT"
    }
}

/// The positions of a fresh ERP.
pub fn seed(extra: u32) -> BTreeMap<i64, Position> {
    let usual = [
        (1, "Руководитель отдела", "Head of department", "POS_HEAD", "HEAD", true),
        (2, "Фотограф", "Photographer", "POS_PH", "SPECIALIST", true),
        (3, "Ассистент", "Assistant", "POS_AS", "ASSISTANT", true),
        (4, "Оператор плёночной лаборатории", "Film laboratory operator", "POS_LAB", "SPECIALIST", false),
    ];
    let usual = usual.map(|(id, name, english, code, attribute, is_active)| Position {
        id,
        name: name.to_owned(),
        english: english.to_owned(),
        code: code.to_owned(),
        attribute,
        section_id: 1,
        is_active,
    });
    let more = LEVELS.iter().cycle().zip(1..=i64::from(extra)).map(|(attribute, number)| Position {
        id: 4 + number,
        name: format!("Специалист участка {number}"),
        english: format!("Specialist of section {number}"),
        code: format!("POS_X{number:03}"),
        attribute,
        section_id: 2,
        is_active: true,
    });
    usual.into_iter().chain(more).map(|position| (position.id, position)).collect()
}
