// The sample clinic of the fake backend. People and texts are invented; phone numbers come from ranges reserved for fiction.
import type { CaseView, ThreadDetail } from '../backend'
import { at, thread } from './build'

const jonas = (): ThreadDetail => {
  const detail = thread({
    patient: {
      family: 'Berger',
      given: 'Jonas',
      birth_date: '1988-05-03',
      age: 38,
      gender: 'male',
      identifier: '4471-882',
      phone: '+49 176 04069 012',
      languages: ['en', 'de'],
      contacts: [{ name: 'Anna Berger', relationship: 'sister', phone: '+49 30 23125 014' }],
    },
    topic: 'How the week went',
    messages: [
      {
        when: '18 17:20',
        from: 'patient',
        read: true,
        fn: 'reporting_feedback',
        text: 'The new dose makes me tired in the mornings, but I am getting to work. Evenings are the hard part. Should I take it earlier?',
      },
      {
        when: '19 15:12',
        from: 'me',
        text: 'Thank you for telling me. Let us keep the dose and talk on Tuesday. If the nights get worse, please call us earlier.',
      },
      {
        when: '23 02:14',
        from: 'patient',
        night: 'night',
        fn: 'intrapersonal',
        text: "Sorry for writing at this hour. I couldn't sleep again. I've put the tablets on the table. I keep telling myself I wouldn't do it but I don't want to wake up tomorrow. You don't have to answer.",
        flags: [
          {
            words: "I've put the tablets on the table",
            rule: 'en.means.at-hand',
            reason: 'Means at hand, together with a wish to die in the same paragraph.',
            category: 'means',
            tier: 'emergency',
            context: ['combined'],
          },
          {
            words: "I wouldn't do it",
            rule: 'en.denial.would-not',
            reason: 'Read as a denial; a later clause contradicts it, so it did not lower anything.',
            category: 'intent',
            tier: 'none',
            context: ['later_contradiction'],
            demoted: true,
          },
          {
            words: "I don't want to wake up tomorrow",
            rule: 'en.ideation.not-wake',
            reason: 'A wish not to wake up, with a time.',
            category: 'ideation_active',
            tier: 'emergency',
            context: ['combined'],
          },
        ],
      },
    ],
    row: { case: 'acknowledged' },
  })
  detail.case = jonasCase(detail.row.id)
  return detail
}

const STEPS = [
  'Thread and safety plan read',
  'Phone attempts',
  'Asked: thoughts, plan, means, history',
  'Means made safe',
  'Contact, dispatch or same-day visit',
  'Colleague consulted',
  'Handover accepted by, at',
  'Safety plan reviewed and shared',
  'Reasoning documented',
  'Follow-up within 48 h',
  'Caring contacts considered',
  'Debrief: did a rule miss this?',
]

/** Twelve open steps. */
export function openSteps(): CaseView['steps'] {
  return STEPS.map((label, index) => ({ n: index + 1, label, state: 'open', reason: null, at: null, by: null }))
}

function jonasCase(threadId: string): CaseView {
  const steps = openSteps()
  Object.assign(steps[0]!, { state: 'done', at: at('23 07:52'), by: 'Dr. A. Adler' })
  return {
    id: 'case-1',
    thread: threadId,
    patient: 'BERGER, Jonas',
    state: 'acknowledged',
    tier: 'emergency',
    opened_at: at('23 02:14'),
    deadline: null,
    acknowledged_at: at('23 07:53'),
    steps,
    attempts: [{ at: at('23 07:53'), outcome: 'no-answer', number: '+49 176 04069 012', next: at('23 08:05') }],
    lines: [
      { name: 'Emergency services', number: '112', hours: '24 h', emergency: true },
      { name: 'TelefonSeelsorge', number: '0800 111 0 111', hours: '24 h', emergency: false },
      { name: 'TelefonSeelsorge', number: '116 123', hours: '24 h', emergency: false },
      { name: 'Medical on-call service', number: '116 117', hours: '24 h', emergency: false },
    ],
    outcome: null,
  }
}

const leyla = (): ThreadDetail => {
  const detail = thread({
    patient: {
      family: 'Özdemir',
      given: 'Leyla',
      birth_date: '1996-09-17',
      age: 30,
      gender: 'female',
      identifier: '4471-903',
      phone: '+49 176 04069 044',
      languages: ['de', 'tr'],
    },
    topic: 'Lamotrigin',
    messages: [
      {
        when: '20 11:05',
        from: 'me',
        text: 'Liebe Frau Özdemir, ab heute bitte 50 mg. Melden Sie sich, wenn Ihnen etwas auffällt.',
      },
      {
        when: '22 22:47',
        from: 'patient',
        night: 'outside',
        fn: 'reporting_feedback',
        text: 'Seit dem neuen Lamotrigin habe ich einen Ausschlag am Hals und an den Armen. Es juckt, sonst geht es mir gut. Soll ich die Tablette morgen früh nehmen?',
        flags: [
          {
            words: 'neuen Lamotrigin habe ich einen Ausschlag',
            rule: 'de.reaction.lamotrigine-rash',
            reason: 'Lamotrigin und ein Ausschlag: heute abklären.',
            category: 'adverse_reaction',
            tier: 'urgent',
            context: ['combined'],
          },
        ],
      },
    ],
    row: { case: 'new', case_deadline: at('23 09:00') },
  })
  detail.case = {
    ...jonasCase(detail.row.id),
    id: 'case-2',
    patient: 'ÖZDEMIR, Leyla',
    state: 'new',
    tier: 'urgent',
    opened_at: at('22 22:47'),
    deadline: at('23 09:00'),
    acknowledged_at: null,
    steps: openSteps(),
    attempts: [],
  }
  return detail
}

const attention = (): ThreadDetail[] => [
  jonas(),
  leyla(),
  thread({
    patient: {
      family: 'Halloran',
      given: 'Maeve',
      birth_date: '1979-02-11',
      age: 47,
      gender: 'female',
      identifier: '4471-640',
      phone: '+44 7700 900142',
      languages: ['en'],
      country: 'GB',
    },
    topic: 'After the appointment',
    messages: [
      {
        when: '20 17:20',
        from: 'patient',
        fn: 'intrapersonal',
        text: 'No thoughts of hurting myself this week, but I keep thinking they would all have it easier without me around. Wanted you to know before Thursday.',
        flags: [
          {
            words: 'No thoughts of hurting myself',
            rule: 'en.selfharm.hurt-myself',
            reason: 'A current, explicit denial.',
            category: 'self_harm',
            tier: 'none',
            context: ['negated'],
            demoted: true,
          },
          {
            words: 'easier without me around',
            rule: 'en.burden.easier-without-me',
            reason: 'Feels like a burden to others.',
            category: 'hopelessness',
            tier: 'watch',
          },
        ],
      },
    ],
  }),
  thread({
    patient: {
      family: 'Kovač',
      given: 'Ivana',
      birth_date: '1990-07-30',
      age: 36,
      gender: 'female',
      identifier: '4471-771',
      languages: ['hr', 'de'],
    },
    topic: 'Pitanje',
    messages: [
      {
        when: '22 19:32',
        from: 'patient',
        night: 'outside',
        text: 'Dobra večer, mogu li doći ranije u srijedu? Bolje mi je ujutro.',
        patch: { checked: 'none', not_checked: ['language'] },
      },
    ],
  }),
]

const waiting = (): ThreadDetail[] => [
  thread({
    patient: {
      family: 'Nowak',
      given: 'Piotr',
      birth_date: '1971-12-04',
      age: 54,
      gender: 'male',
      identifier: '4471-118',
      phone: '+49 176 04069 021',
      languages: ['en', 'pl'],
    },
    topic: 'Refill',
    messages: [
      {
        when: '23 07:31',
        from: 'patient',
        night: 'outside',
        fn: 'organisational',
        text: 'Can I get the refill for sertraline before the holidays? I have tablets until Friday.',
      },
    ],
  }),
  thread({
    patient: {
      family: 'Fischer',
      given: 'Hannelore',
      birth_date: '1948-03-22',
      age: 78,
      gender: 'female',
      identifier: '4471-204',
      languages: ['de'],
      proxies: [{ name: 'Karin Fischer-Lang', relationship: 'daughter', phone: '+49 30 23125 077' }],
    },
    topic: 'Danke',
    messages: [
      {
        when: '23 07:05',
        from: 'patient',
        night: 'outside',
        fn: 'interpersonal',
        text: 'Vielen Dank für Ihre Nachricht, es geht mir schon besser und ich schlafe wieder durch. Meine Tochter liest hier mit, das ist so gewünscht.',
      },
    ],
  }),
  thread({
    patient: {
      family: 'Adeyemi',
      given: 'Tunde',
      birth_date: '1985-10-09',
      age: 41,
      gender: 'male',
      identifier: '4471-335',
      languages: ['en'],
    },
    topic: 'Sleep diary',
    draft: 'Thank you, four nights over six hours is a real change. ',
    messages: [
      {
        when: '20 16:02',
        from: 'patient',
        fn: 'reporting_feedback',
        text: 'Sleep diary attached. Four nights over six hours, the other three around five. The breathing exercise helps more than I expected.',
        patch: {
          checked: 'partial',
          not_checked: ['attachment'],
          read: true,
          attachments: [
            { id: 'a1', title: 'Sleep diary, week 47', content_type: 'application/pdf', size: 184320 },
            { id: 'a2', title: 'The same as a picture', content_type: 'image/png', size: 68 },
          ],
        },
      },
    ],
  }),
  thread({
    patient: {
      family: 'Keller',
      given: 'Sabine',
      birth_date: '1982-06-15',
      age: 44,
      gender: 'female',
      identifier: '4471-412',
      languages: ['de'],
    },
    topic: 'Termin am 3.12.',
    messages: [
      {
        when: '20 15:40',
        from: 'patient',
        fn: 'organisational',
        text: 'Muss den Termin am 3. absagen, mein Sohn ist an dem Tag in der Schule dran. Geht auch der 4. vormittags?',
      },
    ],
    row: { claimed_by: 'Dr. Brandt' },
    sharing: { claim: { name: 'Dr. Brandt', at: at('23 09:12'), mine: false, done: false } },
  }),
  thread({
    patient: {
      family: 'Walsh',
      given: 'Ciara',
      birth_date: '2001-01-19',
      age: 25,
      gender: 'female',
      identifier: '4471-509',
      languages: ['en'],
    },
    topic: 'Writing it down',
    messages: [
      {
        when: '20 11:18',
        from: 'patient',
        read: true,
        fn: 'intrapersonal',
        text: 'Writing it down helped, I noticed that the mornings are worst on days when I skip breakfast. No need to reply.',
      },
    ],
  }),
  thread({
    patient: {
      family: 'Brückner',
      given: 'Tom',
      birth_date: '1993-04-27',
      age: 33,
      gender: 'male',
      identifier: '4471-556',
      languages: ['de'],
    },
    topic: 'Bescheinigung',
    messages: [
      {
        when: '19 09:47',
        from: 'patient',
        read: true,
        fn: 'organisational',
        text: 'Könnten Sie mir die Bescheinigung für den Arbeitgeber bis nächste Woche ausstellen?',
      },
    ],
  }),
]

const others = (): ThreadDetail[] => [
  thread({
    patient: {
      family: 'Lindqvist',
      given: 'Astrid',
      birth_date: '1966-08-08',
      age: 60,
      gender: 'female',
      identifier: '4471-087',
      languages: ['en', 'sv'],
    },
    topic: 'Blood test',
    messages: [
      { when: '18 10:12', from: 'patient', read: true, fn: 'organisational', text: 'Did the lithium level come back?' },
      {
        when: '18 12:40',
        from: 'me',
        text: 'It did: 0.7, which is where we want it. The next one is due in three months.',
        patch: { delivered_at: at('18 12:40') },
      },
    ],
  }),
  thread({
    patient: {
      family: 'Okafor',
      given: 'Chidi',
      birth_date: '1959-11-30',
      age: 66,
      gender: 'male',
      identifier: '4471-291',
      languages: ['en'],
    },
    topic: 'Refill quetiapine',
    messages: [
      {
        when: '22 21:10',
        from: 'patient',
        read: true,
        fn: 'organisational',
        text: 'I will run out on Wednesday. Could you send the prescription to the pharmacy near the station?',
      },
      {
        when: '22 21:40',
        from: 'me',
        text: 'The prescription is ready; the pharmacy will have it from noon on Monday.',
        patch: { outbox_id: 'o-7', delivery: 'scheduled', not_before: at('23 08:00') },
      },
    ],
    row: { reply: 'scheduled', reply_not_before: at('23 08:00') },
  }),
  thread({
    patient: {
      family: 'Marchetti',
      given: 'Giulia',
      birth_date: '1999-05-05',
      age: 27,
      gender: 'female',
      identifier: '4471-618',
      languages: ['de', 'it'],
    },
    topic: 'Gruppe am Donnerstag',
    messages: [
      {
        when: '17 14:22',
        from: 'patient',
        read: true,
        fn: 'organisational',
        text: 'Ist die Gruppe am Donnerstag wieder in Raum 2?',
      },
      { when: '17 15:02', from: 'colleague', name: 'Dr. L. Brandt', text: 'Ja, 17 Uhr, Raum 2.' },
    ],
  }),
  thread({
    patient: {
      family: 'Voss',
      given: 'Henrik',
      birth_date: '1975-02-02',
      age: 51,
      gender: 'male',
      identifier: '4471-733',
      languages: ['de'],
    },
    topic: 'Reha-Antrag',
    messages: [
      {
        when: '13 10:00',
        from: 'patient',
        read: true,
        fn: 'organisational',
        text: 'Der Antrag ist raus. Ich melde mich, wenn ich etwas höre.',
      },
    ],
    row: { snoozed_until: at('30 08:00') },
  }),
  thread({
    patient: {
      family: 'Sommer',
      given: 'Edith',
      birth_date: '1953-09-12',
      age: 73,
      gender: 'female',
      identifier: '4471-055',
      languages: ['de'],
    },
    topic: 'Gute Wünsche',
    messages: [
      { when: '10 09:30', from: 'patient', read: true, fn: 'interpersonal', text: 'Alles Gute für Sie und Ihr Team.' },
      { when: '10 12:00', from: 'me', text: 'Herzlichen Dank, das freut uns.' },
    ],
    row: { status: 'closed' },
  }),
]

export function sampleThreads(): ThreadDetail[] {
  return [...attention(), ...waiting(), ...others()]
}
