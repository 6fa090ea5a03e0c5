//! What is asked for: the customer's points and stories, with what proves each and what is missing. `None` of it is guessed: a proof that
//! is not there, or does not hold, fails the test.

use super::Proof::{self, Played, Tested};

/// Something that is asked for.
pub struct Point {
    /// Its number in the checklist.
    pub number: u32,
    /// What is asked for.
    pub asked: &'static str,
    /// What proves that it is there.
    pub proofs: &'static [Proof],
    /// What of it is not there; nothing if it is whole.
    pub missing: &'static str,
}

const fn whole(number: u32, asked: &'static str, proofs: &'static [Proof]) -> Point {
    Point { number, asked, proofs, missing: "" }
}

const HAPPY: Proof = Played("registration.s01_happy_path");

/// The checklist.
pub const POINTS: &[Point] = &[
    whole(1, "The bot is the employee's personal cabinet", &[HAPPY, Played("cabinet.menu_of_an_employee"), Played("cabinet.profile")]),
    whole(
        2,
        "The bot is the admins' panel",
        &[
            Played("admin.menu_by_rights"),
            Played("requests.approved_from_the_queue"),
            Played("people.written_to"),
            Played("operations.moved"),
            Played("outreach.invited"),
            Played("outreach.statistics"),
            Played("broadcast.sent"),
            Played("broadcast.stopped"),
        ],
    ),
    whole(
        3,
        "Some functions of the ERP in the admins' hands",
        &[Played("admin.employee_added"), Played("admin.code_issued_and_shown"), Played("changes.email")],
    ),
    whole(
        4,
        "Access is granted by the back-end's own logic",
        &[HAPPY, Tested("tests/demo/activation.rs", "a_code_opens_a_login_and_the_login_opens_the_api")],
    ),
    whole(5, "A new employee registers in the bot", &[HAPPY, Tested("tests/bot.rs", "three_people_register_at_once_in_two_languages")]),
    whole(
        6,
        "Full name, contacts and whatever else the company asks",
        &[HAPPY, Tested("tests/reload.rs", "whoever_is_in_the_middle_stays_and_whoever_begins_sees_the_new_question")],
    ),
    whole(
        7,
        "The bot creates the employee through the API",
        &[HAPPY, Tested("tests/operation/shipped_operations.rs", "creating_staff_sends_what_each_profile_takes")],
    ),
    whole(8, "Or an admin creates the employee in the bot", &[Played("admin.employee_added"), Played("admin.employee_without_code")]),
    whole(
        9,
        "The position is mandatory",
        &[Played("registration_outage.positions_all_closed"), Played("registration_outage.position_is_gone")],
    ),
    whole(10, "The e-mail is obtained and stored", &[HAPPY, Played("registration.too_many_unclear_addresses")]),
    whole(
        11,
        "The bot checks the position's attributes",
        &[Played("activation.s05_position_without_access"), Played("access.flag_says_yes")],
    ),
    whole(
        12,
        "Or an admin checks them",
        &[Played("registration_approved.s02_code_by_the_bot"), Played("activation.s05_position_without_access")],
    ),
    whole(
        13,
        "Access by a flag or a level of the position",
        &[Played("access.flag_says_yes"), Played("access.flag_says_no"), Played("access.code_is_listed"), Played("access.nothing_is_said")],
    ),
    whole(
        14,
        "If it is allowed, an admin starts the creation of the login",
        &[Played("registration_approved.s02_code_by_the_bot"), Played("access_request.approved_and_created")],
    ),
    whole(
        15,
        "Or the bot does it: a matter of configuration",
        &[HAPPY, Played("registration_approved.automatic_code_by_the_administrator")],
    ),
    whole(16, "One call or two: without recompiling", &[HAPPY, Played("access_request.approved_and_created")]),
    whole(
        17,
        "The back-end links the login to the employee and makes the code",
        &[HAPPY, Played("registration_outage.login_is_not_linked")],
    ),
    whole(18, "The code comes in the API's answer", &[HAPPY, Played("registration_outage.code_is_late")]),
    whole(19, "The bot tells the code in the chat", &[HAPPY]),
    whole(
        20,
        "Or an admin gets the code and passes it on",
        &[
            Played("registration_approved.s02b_code_by_the_administrator"),
            Played("registration_approved.automatic_code_by_the_administrator"),
        ],
    ),
    whole(21, "The employee activates in the web application; the bot asks for no password", &[HAPPY]),
    whole(
        22,
        "Activation is the same as from the web",
        &[
            Tested("tests/demo/activation.rs", "a_code_opens_a_login_and_the_login_opens_the_api"),
            Tested("tests/browser.rs", "a_person_registers_and_activates_on_a_phone_in_russian"),
            Played("activation.login_while_the_code_is_shown"),
        ],
    ),
    whole(
        23,
        "Neither models, codes nor activation are built a second time",
        &[Tested("tests/contract.rs", "the_map_of_endpoints_is_what_the_flows_use")],
    ),
    whole(24, "Which endpoints the bot calls", &[Tested("tests/contract.rs", "the_map_of_endpoints_is_what_the_flows_use")]),
    whole(
        25,
        "Access tokens between services",
        &[
            Tested("tests/fetch/signing_in.rs", "a_token_is_fetched_once_and_used_by_all"),
            Tested("tests/fetch/rules.rs", "credentials_are_sent_in_their_header"),
        ],
    ),
    whole(
        26,
        "A position has the attributes that are needed",
        &[
            Played("access.nothing_is_said"),
            Tested("tests/contract.rs", "the_shipped_flows_agree_with_the_description_of_their_erp"),
            Tested("tests/operators/doctor.rs", "positions_without_flag_and_level_are_told_of"),
        ],
    ),
    whole(
        27,
        "The bot and the API talk securely",
        &[
            Tested("tests/fetch/tls.rs", "a_certificate_that_is_not_accepted_sent_nothing"),
            Tested("tests/fetch/rules.rs", "secrets_and_values_are_in_no_words_of_ours"),
        ],
    ),
    whole(28, "Codes travel securely", &[HAPPY, Played("registration_approved.s02b_code_by_the_administrator")]),
    whole(
        29,
        "A demo ERP shows what is there and what is to be added",
        &[
            Tested("tests/demo/compat.rs", "creating_staff_with_a_login_answers_201_and_a_code_of_43_characters"),
            Tested("tests/demo/extended.rs", "a_login_is_created_later_once"),
            Tested("tests/demo/reports.rs", "an_activation_is_reported_once_wherever_the_clock_stands"),
        ],
    ),
    whole(
        30,
        "Each answer is checked and asked again with an example",
        &[
            Played("registration.too_many_unclear_names"),
            Played("registration.s11_other_contacts"),
            Played("registration.s12_markup_in_the_name"),
        ],
    ),
    whole(
        31,
        "Summary, correction, /back, /cancel, /status, /help",
        &[
            Played("registration.change_in_review"),
            Played("registration.back"),
            Played("registration.cancel"),
            Played("registration.help"),
            Played("cabinet.status_of_a_question"),
        ],
    ),
    whole(
        32,
        "Progress survives restarts; reminders and an end",
        &[
            Played("registration.s07_restart_mid_dialogue"),
            Played("registration.s07d_silent_for_long"),
            Tested("tests/bot.rs", "killed_in_the_middle_of_every_turn_the_person_goes_on_and_is_created_once"),
        ],
    ),
    whole(
        33,
        "No access: explained, and a way to ask for it",
        &[
            Played("activation.s05_position_without_access"),
            Played("access_request.approved_and_created"),
            Played("access_request.rejected"),
        ],
    ),
    whole(
        34,
        "Codes: again, expired, revoked, used, not working",
        &[
            Played("activation.s06_expired_and_reissued"),
            Played("people.code_reaches_the_employee"),
            Played("activation.code_revoked"),
            Played("activation.page_says_used"),
            Played("activation.wrong_code"),
        ],
    ),
    whole(
        35,
        "The ERP is down, slow or strange: nothing is typed twice, one employee",
        &[
            Played("registration_outage.s03_erp_500_then_recovery"),
            Played("registration_outage.field_is_refused"),
            Tested("tests/bot.rs", "an_answer_lost_after_the_erp_had_done_it_makes_no_second_employee"),
        ],
    ),
    whole(
        36,
        "Duplicates of every kind",
        &[
            Played("link_existing_staff.s04_duplicate_phone"),
            Played("link_existing_staff.s04b_duplicate_email_in_prose"),
            Played("registration.already_registered"),
            Played("registration_outage.login_is_there_already"),
            Played("link_existing_staff.same_phone_another_telegram"),
            Played("link_existing_staff.same_email_another_telegram"),
        ],
    ),
    whole(
        37,
        "An unknown outcome is never sent again; an admin settles it",
        &[
            Played("registration_outage.s03c_compat_500"),
            Played("registration_outage.s03b_timeout_after_sending"),
            Played("operations.done_after_all"),
            Played("operations.sent_again"),
            Played("operations.given_up"),
        ],
    ),
    whole(
        38,
        "A queue of requests; one admin at a time; a refusal with its reason; sent again",
        &[
            Played("requests.approved_from_the_queue"),
            Played("registration_rejected.s09_reject_and_resubmit"),
            Played("registration_rejected.s09_held_while_writing"),
            Tested("tests/runtime/decisions.rs", "two_who_press_at_the_same_moment_make_one_decision_and_are_both_told_the_truth"),
        ],
    ),
    whole(
        39,
        "Without an e-mail there is no login, so the question cannot be skipped",
        &[Played("registration.too_many_unclear_addresses")],
    ),
    whole(
        40,
        "Positions change meanwhile; long lists with pages and search",
        &[
            Played("registration_outage.position_is_gone"),
            Played("many_positions.not_in_the_list"),
            Played("many_positions.search_in_english"),
            Played("many_positions.by_unit"),
            Played("many_positions.one_organization"),
        ],
    ),
    whole(
        41,
        "Private chats only; other people's contacts are refused",
        &[Played("registration.s11_other_contacts"), Tested("tests/telegram/groups.rs", "a_group_is_told_once_where_to_go")],
    ),
    whole(
        42,
        "Consent before personal data; retention; deletion",
        &[
            Played("registration.s14_refusal_of_consent"),
            Played("cabinet.new_consent"),
            Played("cabinet.s14_deletion"),
            Tested("tests/language/record.rs", "answers_are_kept_after_an_end_as_long_as_the_flow_says_and_secrets_are_not"),
            Tested("tests/runtime/erasing.rs", "whoever_asks_is_erased_at_once_and_hears_of_it"),
        ],
    ),
    whole(
        43,
        "The service's token is kept out of files and logs",
        &[
            Tested("tests/cli/lint.rs", "a_secret_in_the_file_itself_is_told_and_not_shown"),
            Tested("tests/telegram/secrecy.rs", "neither_the_token_nor_a_text_is_ever_told"),
        ],
    ),
    whole(
        44,
        "A code is never logged, and goes from the chat",
        &[HAPPY, Played("activation.s06_expired_and_reissued"), Played("admin.code_issued_and_shown")],
    ),
    whole(
        45,
        "Admins by list, roles, records of what they did",
        &[
            Played("admin.s13_stranger"),
            Played("admin.menu_by_rights"),
            Played("roles.given_and_taken"),
            Tested("tests/runtime/decisions.rs", "a_role_that_was_taken_away_decides_nothing_and_a_forged_press_is_denied"),
        ],
    ),
    whole(
        46,
        "Flows are edited without recompiling; conversations are unharmed",
        &[
            Tested("tests/reload.rs", "a_broken_edit_is_told_at_its_place_once_and_nobody_notices"),
            Tested("tests/runtime/versions.rs", "a_version_somebody_stands_on_stays_and_others_go"),
        ],
    ),
    whole(
        47,
        "A linter for developers",
        &[
            Tested("tests/cli/lint.rs", "a_mistake_is_told_with_its_place_and_what_was_meant"),
            Tested("tests/mutations.rs", "planted_mistakes_are_found_and_each_is_told_once"),
        ],
    ),
    whole(
        48,
        "Functions of the cabinet",
        &[
            Played("cabinet.profile"),
            Played("cabinet.access"),
            Played("changes.email"),
            Played("changes.phone"),
            Played("cabinet.status_of_nothing"),
            Played("cabinet.menu_of_an_employee"),
            Played("cabinet.my_data"),
            Tested("tests/desk/my_data.rs", "all_that_is_kept_of_somebody_can_be_read_in_their_language_and_no_secret"),
            Played("cabinet.s14_deletion"),
        ],
    ),
    whole(
        49,
        "The admins' functions over the ERP",
        &[
            Played("people.searched_again"),
            Played("admin.employee_added"),
            Played("access_request.approved_and_created"),
            Played("admin.code_issued_and_shown"),
            Played("people.dismissed"),
        ],
    ),
    whole(
        50,
        "Somebody leaves or changes Telegram",
        &[
            Played("people.unlinked"),
            Played("people.linked"),
            Played("link_existing_staff.s04_duplicate_phone"),
            Played("people.dismissed"),
            Played("cabinet.dismissed"),
        ],
    ),
    whole(51, "Russian and English", &[HAPPY, Played("cabinet.language_to_english"), Played("cabinet.language_to_russian")]),
    whole(
        52,
        "Health, metrics, a log of errors, a funnel, maintenance",
        &[
            Tested("tests/operator.rs", "the_operator_sees_that_it_lives_works_and_what_it_has_done"),
            Played("outreach.statistics"),
            Played("roles.people_wait_and_go_on"),
        ],
    ),
];

/// The stories: what each tells of, and what of it is not played.
pub const STORIES: &[(&str, &str, &str)] = &[
    ("S01", "the happy path", ""),
    ("S02", "an admin decides; the code by the bot, or by the admin", ""),
    ("S03", "the ERP fails, and recovers; an unknown outcome", ""),
    ("S04", "the phone or the e-mail is known", ""),
    ("S05", "a position without access", ""),
    ("S06", "an expired code, a new one, the limit", ""),
    ("S07", "a restart in the middle", ""),
    ("S08", "the flow is edited meanwhile", "played by `tests/reload.rs`; sessions that move to the new version are not there"),
    ("S09", "a refusal with its reason; a late press; sent again", ""),
    ("S10", "somebody floods", ""),
    ("S11", "other people's contacts", ""),
    ("S12", "markup and templates in a name", "the export"),
    (
        "S13",
        "groups, and forged acts of an admin",
        "groups and forged presses are played by `tests/telegram/groups.rs` and `tests/runtime/decisions.rs`",
    ),
    ("S14", "deletion of data; refusal of consent", ""),
];
