//! Responses for a thread with their slots proposed, the checks of a text, the words of the checklist, and the crisis
//! lines of the patient's country.

use chrono::{DateTime, Utc};
use inbox_guidelines::{
    Address, Cover, FilledSlot, Guidelines, Language, PersonName, Response, SlotContext, TextCheck,
    check_text, fill, propose,
};
use inbox_vault::{Patient, StoredCase, ThreadSummary};

use crate::{
    dto::{CrisisLineView, ResponseView, SendCheck, SlotView},
    error::AppResult,
    replies::check,
    session::Session,
};

const CLINIC_PHONE: &str = "clinic.phone";

impl Session {
    /// Responses in the patient's language that hold the words of `query`; without words those for the thread's concern
    /// and function stand first. Slots are filled with what is known, and never with a guess.
    pub fn list_responses(&self, thread: &str, query: &str) -> AppResult<Vec<ResponseView>> {
        let id = self.thread_id(thread)?;
        self.refuse_masked(id)?;
        let summary = self.vault.thread(id)?;
        let case = self.vault.open_case(id)?;
        let language = self.patient_language(summary.patient.as_ref());
        let guidelines = self.guidelines();
        let context = self.slot_context(&summary, case.as_ref(), language);
        let mut found = guidelines.search(language, query);
        found.retain(|response| !response.automatic);
        if query.trim().is_empty() {
            found.sort_by_key(|response| !fits(response, &summary));
        }
        Ok(found.into_iter().map(|response| response_view(response, &guidelines, &context)).collect())
    }

    /// What the content of a text gives against sending it.
    pub(crate) fn content_checks(
        &self,
        text: &str,
        response: Option<&str>,
        summary: &ThreadSummary,
    ) -> AppResult<Vec<SendCheck>> {
        let guidelines = self.guidelines();
        let response =
            response.and_then(|name| guidelines.responses().find(|found| found.reference() == name));
        let country = self.country(summary.patient.as_ref());
        let today = self.now().with_timezone(&self.hours().tz()).date_naive();
        let problems = check_text(
            text,
            &TextCheck {
                lines: guidelines.lines(),
                today,
                response,
                demo: self.around.demo,
                country: Some(&country),
                known: &self.known_names(summary)?,
                others: &self.other_names(summary)?,
            },
        );
        Ok(problems
            .into_iter()
            .map(|found| SendCheck { params: found.params, ..check(found.code.as_str(), found.blocks) })
            .collect())
    }

    /// What a step of the checklist is called.
    pub(crate) fn step_label(&self, n: u8, language: &str) -> String {
        let guidelines = self.guidelines();
        let steps = guidelines.checklist();
        let step = steps.iter().find(|step| step.n == n);
        step.map(|step| step.label.get(app_language(language)).to_owned()).unwrap_or_default()
    }

    /// The lines of a country that may still be given, the emergency number first.
    pub(crate) fn crisis_lines(&self, country: &str, language: &str) -> Vec<CrisisLineView> {
        let today = self.now().date_naive();
        let guidelines = self.guidelines();
        let mut lines = guidelines.lines_of(country);
        lines.retain(|line| line.emergency || !line.expired(today));
        lines.sort_by_key(|line| !line.emergency);
        lines
            .into_iter()
            .map(|line| CrisisLineView {
                name: line.name.clone(),
                number: line.contact().to_owned(),
                hours: line.hours.get(app_language(language)).to_owned(),
                emergency: line.emergency,
            })
            .collect()
    }

    /// The patient's first language that there is content for, else the app's.
    pub(crate) fn patient_language(&self, patient: Option<&Patient>) -> Language {
        let own =
            patient.and_then(|patient| patient.languages.iter().find_map(|tag| Language::from_tag(tag)));
        own.unwrap_or_else(|| app_language(&self.language()))
    }

    pub(crate) fn slot_context(
        &self,
        summary: &ThreadSummary,
        case: Option<&StoredCase>,
        language: Language,
    ) -> SlotContext {
        let (hours, now) = (self.hours(), self.now());
        let patient = summary.patient.as_ref();
        let attempt = case.and_then(|case| case.attempts.last());
        let today = now.with_timezone(&hours.tz()).date_naive();
        let birth_date = patient.and_then(|patient| patient.birth_date.as_deref());
        SlotContext {
            language,
            address: Address::Formal,
            patient: patient.map(patient_name).unwrap_or_default(),
            gender: patient.and_then(|patient| patient.gender.clone()),
            country: Some(self.country(patient)),
            age: birth_date.and_then(|date| crate::detail::age(date, today)),
            zone: hours.tz(),
            now,
            read_at: Some(now),
            phone_attempt: attempt.map(|attempt| attempt.at),
            next_try: attempt.and_then(|attempt| attempt.next),
            safety_plan_person: None,
            cover: self.cover(),
            next_opening: self.next_opening(),
            clinic_phone: self.vault.setting(CLINIC_PHONE).ok().flatten(),
            clinician: self.practitioner_name(),
        }
    }

    /// Who covers now, during an absence.
    fn cover(&self) -> Option<Cover> {
        let hours = self.readable_hours().ok()?;
        let name = hours.classify(self.now()).cover?;
        let covers = hours.file().absences.iter().filter_map(|absence| absence.cover.as_ref());
        let phone = covers.filter(|cover| cover.name == name).find_map(|cover| cover.phone.clone());
        Some(Cover { name, phone: phone.unwrap_or_default() })
    }

    /// When the clinic opens the next time: after the present opening, if it is open now.
    fn next_opening(&self) -> Option<DateTime<Utc>> {
        let hours = self.readable_hours().ok()?;
        let duty = hours.duty(self.now());
        if duty.on_duty { hours.classify(duty.until?).next_open } else { duty.until }
    }

    /// Names that belong in a thread.
    fn known_names(&self, summary: &ThreadSummary) -> AppResult<Vec<PersonName>> {
        let mut known = vec![split_name(&self.practitioner_name())];
        known.extend(self.vault.practitioners()?.iter().map(|found| split_name(&found.name)));
        known.extend(self.cover().map(|cover| split_name(&cover.name)));
        if let Some(patient) = &summary.patient {
            known.push(patient_name(patient));
            known.extend(patient.contacts.iter().map(|contact| split_name(&contact.name)));
            known.extend(self.vault.proxies(patient.id)?.iter().map(|proxy| split_name(&proxy.name)));
        }
        Ok(known)
    }

    /// Names of all other patients.
    fn other_names(&self, summary: &ThreadSummary) -> AppResult<Vec<PersonName>> {
        let own = summary.patient.as_ref().map(|patient| patient.id);
        let others = self.vault.patients()?.into_iter().filter(|patient| Some(patient.id) != own);
        Ok(others.map(|patient| patient_name(&patient)).collect())
    }
}

fn app_language(language: &str) -> Language {
    Language::from_tag(language).unwrap_or(Language::En)
}

/// Whether a response answers the thread's highest concern, or without one its function.
fn fits(response: &Response, summary: &ThreadSummary) -> bool {
    match (&summary.top_flag, summary.facts.function) {
        (Some((category, _)), _) => response.categories.contains(category),
        (None, Some(function)) => response.functions.contains(&function),
        (None, None) => false,
    }
}

fn response_view(response: &Response, guidelines: &Guidelines, context: &SlotContext) -> ResponseView {
    let slots = propose(response, guidelines.lines(), context);
    // The paragraph of an optional slot that nothing is known for is left out; the other slots stay as words between
    // braces, which the composer fills and walks through.
    let kept: Vec<FilledSlot> = slots
        .iter()
        .filter(|slot| slot.required || !slot.value.is_empty())
        .map(|slot| FilledSlot { value: format!("{{{}}}", slot.name), ..slot.clone() })
        .chain(slots.iter().filter(|slot| !slot.required && slot.value.is_empty()).cloned())
        .collect();
    let text = fill(response, context.address, &kept);
    ResponseView {
        id: response.id.clone(),
        version: response.version,
        title: response.title.clone(),
        group: response.group.clone(),
        language: response.language.tag().to_owned(),
        slots: slots
            .into_iter()
            .filter(|slot| text.contains(&format!("{{{}}}", slot.name)))
            .map(|slot| SlotView {
                name: slot.name.to_owned(),
                label: slot.label.to_owned(),
                value: slot.value,
                required: slot.required,
            })
            .collect(),
        text,
        signed: response.signed,
    }
}

fn patient_name(patient: &Patient) -> PersonName {
    PersonName { family: patient.family.clone(), given: patient.given.clone() }
}

/// "Dr. Anna Berg" as given and family name; a title counts as a given name, which only makes the check stricter.
fn split_name(name: &str) -> PersonName {
    match name.trim().rsplit_once(' ') {
        Some((given, family)) => PersonName { family: family.to_owned(), given: given.to_owned() },
        None => PersonName { family: name.trim().to_owned(), given: String::new() },
    }
}
