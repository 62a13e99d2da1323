// Responses of the sample clinic: a few, to design the picker and the slots on.
import type { ResponseView } from '../backend'

export const SAMPLE_RESPONSES: ResponseView[] = [
  {
    id: 'acute-not-reached',
    version: 1,
    title: 'Acute, not yet reached',
    group: 'acute',
    language: 'en',
    text: '{first_name}, I read your message at {read_at}. {empathic_sentence} I am calling you now on {phone} and will try again at {next_try}. Until then: TelefonSeelsorge 0800 111 0 111, or 116 123, or 112.',
    slots: [
      { name: 'first_name', label: 'form of address', value: 'Jonas', required: true },
      { name: 'read_at', label: 'when read', value: '07:52', required: true },
      { name: 'empathic_sentence', label: 'one sentence in your words', value: '', required: true },
      { name: 'phone', label: 'number called', value: '+49 176 04069 012', required: true },
      { name: 'next_try', label: 'next try', value: '08:05', required: true },
    ],
    signed: true,
  },
  {
    id: 'acute-reached',
    version: 1,
    title: 'Acute, reached: confirmation',
    group: 'acute',
    language: 'en',
    text: 'As we agreed on the phone at {reached_at}: {agreed}. You can reach us on {clinic_phone}; at any hour 112, or TelefonSeelsorge 0800 111 0 111 and 116 123.',
    slots: [
      { name: 'reached_at', label: 'time of the call', value: '08:01', required: true },
      { name: 'agreed', label: 'what was agreed', value: '', required: true },
      { name: 'clinic_phone', label: 'clinic number', value: '+49 30 23125 001', required: true },
    ],
    signed: true,
  },
  {
    id: 'refill-ready',
    version: 2,
    title: 'Refill is ready',
    group: 'everyday',
    language: 'en',
    text: 'Your prescription for {medicine} is ready and can be collected from {pickup_time}.',
    slots: [
      { name: 'medicine', label: 'medicine', value: '', required: true },
      { name: 'pickup_time', label: 'from when', value: '', required: true },
    ],
    signed: true,
  },
  {
    id: 'appointment-moved',
    version: 1,
    title: 'Termin verschoben',
    group: 'everyday',
    language: 'de',
    text: 'Gern verschieben wir Ihren Termin auf {new_time}. Passt das für Sie?',
    slots: [{ name: 'new_time', label: 'neuer Termin', value: '', required: true }],
    signed: false,
  },
  {
    id: 'thanks',
    version: 1,
    title: 'Thanks, read',
    group: 'everyday',
    language: 'en',
    text: 'Thank you for writing; I have read it and we will talk about it at your next appointment.',
    slots: [],
    signed: true,
  },
]
