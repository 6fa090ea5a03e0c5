//! Hiring, changing, dismissing — and who counts as the same person.

use crate::demo::Profile;
use crate::demo::office::{NewCode, ORGANIZATION, Office, Refusal, Staff, StaffForm, User};

impl Office {
    /// Creates a member of staff and, if the form asks for it, a login that waits for `code`; tells the new id. All or nothing.
    pub fn hire(&mut self, profile: Profile, form: StaffForm, code: NewCode) -> Result<i64, Refusal> {
        let wants_user = form.create_user.value() == Some(&true);
        self.check(profile, &form, None)?;
        self.check_login(wants_user, form.email.value())?;
        self.last_staff += 1;
        let id = self.last_staff;
        self.staff.insert(id, Staff::blank(id, code.now));
        self.apply(id, form, &code);
        if wants_user {
            self.add_user(id, code);
        }
        Ok(id)
    }

    /// Changes what the form gives. A login that is asked for is created, as far as there is none.
    pub fn change(&mut self, profile: Profile, id: i64, form: StaffForm, code: NewCode) -> Result<(), Refusal> {
        let known = self.staff.get(&id).ok_or(Refusal::NoStaff)?;
        let email = form.email.value().or(known.email.as_ref()).cloned();
        let wants_user = form.create_user.value() == Some(&true) && self.user_of(id).is_none();
        self.check(profile, &form, Some(id))?;
        self.check_login(wants_user, email.as_ref())?;
        self.apply(id, form, &code);
        if wants_user {
            self.add_user(id, code);
        }
        self.follow(profile, id);
        Ok(())
    }

    /// Creates the login of somebody who has none and has an e-mail; tells its id.
    pub fn admit(&mut self, id: i64, code: NewCode) -> Result<i64, Refusal> {
        let staff = self.staff.get(&id).ok_or(Refusal::NoStaff)?;
        if self.user_of(id).is_some() {
            return Err(Refusal::UserPresent);
        }
        self.check_login(true, staff.email.as_ref())?;
        self.add_user(id, code);
        self.user_of(id).map(|user| user.id).ok_or(Refusal::NoUser)
    }

    /// Removes a member of staff and their login.
    pub fn remove(&mut self, id: i64) -> Result<(), Refusal> {
        self.staff.remove(&id).ok_or(Refusal::NoStaff)?;
        self.users.retain(|_, user| user.staff_id != id);
        Ok(())
    }

    /// Breaks the link from a member of staff to the login, as the real back-end does when it forgets to flush.
    pub fn unlink(&mut self, id: i64) {
        if let Some(staff) = self.staff.get_mut(&id) {
            staff.user_id = None;
        }
    }

    fn check(&self, profile: Profile, form: &StaffForm, id: Option<i64>) -> Result<(), Refusal> {
        for assignment in form.positions.value().into_iter().flatten() {
            if !self.positions.contains_key(&assignment.position_id) {
                return Err(Refusal::NoPosition(assignment.position_id));
            }
        }
        if let Some(&organization) = form.organization_id.value().filter(|id| **id != ORGANIZATION.0) {
            return Err(Refusal::NoOrganization(organization));
        }
        match profile {
            Profile::Compat => Ok(()),
            Profile::Extended => self.check_unique(form, id),
        }
    }

    fn check_unique(&self, form: &StaffForm, id: Option<i64>) -> Result<(), Refusal> {
        let telegram = form.telegram_id.value().map(ToString::to_string);
        let unique = [
            ("external_id", form.external_id.value()),
            ("telegram_id", telegram.as_ref()),
            ("phone", form.phone.value()),
            ("email", form.email.value()),
        ];
        for (field, value) in unique {
            let Some(value) = value else { continue };
            let holder = self.staff.values().find(|staff| Some(staff.id) != id && staff.has(field, value));
            if let Some(staff) = holder {
                return Err(Refusal::Duplicate { field, staff_id: staff.id });
            }
        }
        Ok(())
    }

    /// A login needs an e-mail that no other login has.
    fn check_login(&self, wanted: bool, email: Option<&String>) -> Result<(), Refusal> {
        if !wanted {
            return Ok(());
        }
        let email = email.ok_or(Refusal::EmailRequired)?;
        match self.user_with(email) {
            Some(user) => Err(Refusal::UserExists { email: email.clone(), staff_id: user.staff_id }),
            None => Ok(()),
        }
    }

    fn apply(&mut self, id: i64, form: StaffForm, code: &NewCode) {
        let Some(staff) = self.staff.get_mut(&id) else { return };
        staff.take(form, code.now);
        for assignment in staff.positions.iter_mut().filter(|assignment| assignment.id == 0) {
            self.last_assignment += 1;
            assignment.id = self.last_assignment;
        }
    }

    fn add_user(&mut self, staff_id: i64, code: NewCode) {
        let Some(staff) = self.staff.get_mut(&staff_id) else { return };
        self.last_user += 1;
        staff.user_id = Some(self.last_user);
        let email = staff.email.clone().unwrap_or_default();
        self.users.insert(self.last_user, User::waiting(self.last_user, staff_id, email, code));
    }

    /// The login follows the member of staff: it is shut by dismissal and, in the extended profile, takes over a new e-mail.
    fn follow(&mut self, profile: Profile, id: i64) {
        let Some(staff) = self.staff.get(&id) else { return };
        let Some(user) = self.users.values_mut().find(|user| user.staff_id == id) else { return };
        user.is_active = staff.is_active;
        if profile == Profile::Extended {
            user.email = staff.email.clone().unwrap_or_else(|| user.email.clone());
            if !staff.is_active {
                user.code = None;
            }
        }
    }
}
