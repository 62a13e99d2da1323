// A thread: words with their flags, what is unusual, delivery, the composer, the crisis panel.
import { fireEvent, render } from '@testing-library/svelte'
import { describe, expect, test } from 'vitest'
import MessageCard from '../src/lib/components/message/MessageCard.svelte'
import { setBackend, type MessageView } from '../src/lib/ipc/backend'
import type { FakeBackend } from '../src/lib/ipc/fake'
import { composer } from '../src/lib/state/composer.svelte'
import { inbox } from '../src/lib/state/inbox.svelte'
import { links } from '../src/lib/state/links.svelte'
import { openThread } from '../src/lib/state/thread.svelte'
import { all, freshState, one, openInbox, until } from './window'

function card(patch: Partial<MessageView>): HTMLElement {
  const fake = freshState()
  const source = structuredClone(fake.threads[0]!.messages[2]!)
  render(MessageCard, { message: { ...source, ...patch } })
  return one('message')
}

describe('a message', () => {
  test('marks the words, the lowered ones differently, and names rule, reason and context', async () => {
    await openInbox()
    expect(all('flag-mark').map((mark) => [mark.textContent, mark.dataset.tier, mark.dataset.demoted])).toEqual([
      ["I've put the tablets on the table", 'emergency', 'false'],
      ["I wouldn't do it", 'none', 'true'],
      ["I don't want to wake up tomorrow", 'emergency', 'false'],
    ])
    const [first, second] = all('flag-explanation')
    expect(first?.dataset.rule).toBe('en.means.at-hand')
    expect(first?.textContent).toContain('Means at hand, together with a wish to die')
    expect(second?.textContent).toContain('Lowered')
    expect(second?.textContent).toContain('a later clause contradicts')
    expect(one('night-separator').textContent).toContain('night · clinic closed')
  })

  test('a flagged stretch leads to its explanation', async () => {
    await openInbox()
    await fireEvent.click(all('flag-mark')[0]!)
    expect(document.activeElement).toBe(all('flag-explanation')[0])
  })

  test('“wrong here” is told to the backend and can be undone', async () => {
    const fake = await openInbox()
    await fireEvent.click(all('flag-wrong')[0]!)
    await until(() => expect(all('flag-explanation')[0]?.textContent).toContain('marked as wrong here'))
    await fireEvent.click(all('flag-wrong')[0]!)
    await until(() =>
      expect(fake.calls.filter(([name]) => name === 'dismissFlag').map((call) => call[2])).toEqual([true, false]),
    )
  })

  test('markup is shown as text, never drawn', () => {
    const markup = '<img src=x onerror="alert(1)"><b>bold</b>'
    const shown = card({ segments: [{ text: markup, flags: [], revealed: false, link: null }], flags: [] })
    expect(one('message-text', shown).textContent).toContain(markup)
    expect(shown.querySelector('img, b')).toBeNull()
  })

  test('an attachment is fetched when asked for; a picture is drawn, anything else is only named', async () => {
    const made: Blob[] = []
    URL.createObjectURL = (blob: Blob) => `blob:${made.push(blob)}`
    let revoked = 0
    URL.revokeObjectURL = () => void revoked++
    const fake = freshState()
    const message = fake.threads.flatMap((entry) => entry.messages).find((entry) => entry.attachments.length === 2)!
    const { unmount } = render(MessageCard, { message: structuredClone(message) })
    expect(fake.calls.filter(([name]) => name === 'loadAttachment')).toEqual([])
    expect(all('attachment-picture')).toEqual([])
    await fireEvent.click(all('show-attachment')[1]!)
    await until(() => expect(one('attachment-picture').getAttribute('src')).toBe('blob:1'))
    expect(made[0]!.type).toBe('image/png')
    await fireEvent.click(all('show-attachment')[0]!)
    await until(() => expect(one('attachment-not-shown').textContent).toContain('application/pdf'))
    expect(made.length).toBe(1)
    unmount()
    expect(revoked).toBe(1)
  })

  test('an attachment that is gone says so', async () => {
    const fake = freshState()
    const message = fake.threads.flatMap((entry) => entry.messages).find((entry) => entry.attachments.length === 2)!
    const failing: FakeBackend = {
      ...fake,
      loadAttachment: () => Promise.reject({ code: 'attachment_gone', retryable: false, params: [] }),
    }
    setBackend(failing)
    render(MessageCard, { message: structuredClone(message) })
    await fireEvent.click(all('show-attachment')[0]!)
    await until(() => expect(one('attachment-problem').textContent).toContain('no longer has this attachment'))
  })

  test('what the portal cannot be asked about is the clinician\u2019s to decide', () => {
    const shown = card({
      role: 'clinician',
      delivery: 'unknown',
      delivery_error: 'no_lookup',
      delivered_at: null,
      outbox_id: 'o1',
    })
    expect(one('queued-state', shown).textContent).toContain('cannot be asked')
    expect(one('still-send', shown)).toBeTruthy()
    expect(one('discard-reply', shown)).toBeTruthy()
  })

  test('an address is opened only after its host was shown and confirmed', async () => {
    const fake = await openInbox()
    const link = { address: 'https://xn--e1afmkfd.example/', host: 'xn--e1afmkfd.example', disguised: true }
    links.ask(link)
    await until(() => expect(one('link-host').textContent).toBe(link.host))
    one('link-disguised')
    await fireEvent.click(one('link-cancel'))
    await until(() => expect(all('link-dialog')).toEqual([]))
    expect(fake.calls.filter(([name]) => name === 'openLink')).toEqual([])
    links.ask(link)
    await until(() => one('link-open'))
    await fireEvent.click(one('link-open'))
    await until(() => expect(all('link-dialog')).toEqual([]))
    expect(fake.calls.filter(([name]) => name === 'openLink')).toEqual([['openLink', link.address]])
  })

  test('an invisible character is shown as a mark', () => {
    const shown = card({
      flags: [],
      segments: [
        { text: 'a', flags: [], revealed: false, link: null },
        { text: 'U+202E', flags: [], revealed: true, link: null },
      ],
    })
    expect(one('revealed', shown).textContent).toBe('U+202E')
  })

  test.each<[Partial<MessageView>, string]>([
    [{ quarantined: true }, 'cannot be displayed'],
    [{ withdrawn: true }, 'Withdrawn on the portal'],
    [{ sent_precision: 'missing', marks: ['sent_missing'] }, 'sending time not given'],
    [{ sent_precision: 'month', sent_at: '2026-11-01T00:00:00Z' }, 'Nov-2026'],
    [{ checked: 'partial', not_checked: ['text_cut'] }, 'not checked: text too long'],
    [{ sender: '' }, 'Sender unknown'],
  ])('%o', (patch, words) => {
    expect(card(patch).textContent).toContain(words)
  })

  test.each<[Partial<MessageView>, string, string]>([
    [{ delivery: 'queued', outbox_id: '1' }, 'queued', 'queued here'],
    [{ delivery: 'scheduled', outbox_id: '1', not_before: '2026-11-24T07:00:00Z' }, 'scheduled', 'leaves Tue 08:00'],
    [{ delivery: 'sent', delivered_at: '2026-11-23T07:31:00Z' }, 'sent', 'accepted by the portal 08:31'],
    [
      { delivery: 'failed', outbox_id: '1', delivery_error: 'forbidden' },
      'failed',
      'failed: The portal does not allow this.',
    ],
    [{ delivery: 'held', outbox_id: '1' }, 'held', 'a newer message came'],
  ])('delivery %o', (patch, state, words) => {
    const line = one('queued-state', card({ own: true, role: 'clinician', flags: [], ...patch }))
    expect(line.dataset.state).toBe(state)
    expect(line.textContent).toContain(words)
  })

  test('a held reply can still be sent', async () => {
    const fake = freshState()
    render(MessageCard, { message: { ...fake.threads[0]!.messages[1]!, delivery: 'held', outbox_id: 'o-1' } })
    await fireEvent.click(one('still-send'))
    await until(() => expect(fake.calls).toContainEqual(['resolveOutbox', 'o-1', true]))
  })
})

describe('the composer', () => {
  const field = () => one<HTMLTextAreaElement>('composer-text')
  const submit = () => one<HTMLButtonElement>('send')

  async function insertFirst(): Promise<void> {
    field().focus()
    await fireEvent.keyDown(field(), { key: '/' })
    await until(() => expect(all('response-option').length).toBeGreaterThan(2))
    await fireEvent.keyDown(one('response-search'), { key: 'Enter' })
    await until(() => expect(field().value).toContain('Jonas, I read your message'))
  }

  test('/ opens the responses; the first blank is taken, Tab walks on, and blanks stop sending', async () => {
    await openInbox()
    await insertFirst()
    expect(one('composer-blanks').textContent).toBe('1 blank left')
    expect(submit().disabled).toBe(true)
    await until(() =>
      expect(field().value.slice(field().selectionStart, field().selectionEnd)).toBe('[one sentence in your words]'),
    )
    await fireEvent.keyDown(field(), { key: 'Tab' })
    expect(field().value.slice(field().selectionStart, field().selectionEnd)).toBe('+49 176 04069 012')
    await fireEvent.input(field(), {
      target: { value: field().value.replace('[one sentence in your words]', 'I am glad you wrote.') },
    })
    await until(() => expect(submit().disabled).toBe(false))
  })

  test('Enter never sends; Ctrl+Enter queues once, shows it, and undo brings the text back', async () => {
    const fake = await openInbox()
    await fireEvent.input(field(), { target: { value: 'I am calling you now.' } })
    await fireEvent.keyDown(field(), { key: 'Enter' })
    expect(fake.calls.some(([name]) => name === 'enqueueReply')).toBe(false)
    fake.failing.syncNow = { code: 'portal_unreachable', retryable: true, params: [] }
    await fireEvent.keyDown(field(), { key: 'Enter', ctrlKey: true })
    await fireEvent.keyDown(field(), { key: 'Enter', ctrlKey: true })
    await until(() => expect(all('queued-state').at(-1)).toBeDefined())
    expect(fake.calls.filter(([name]) => name === 'enqueueReply')).toHaveLength(1)
    expect(field().value).toBe('')
    expect(one('toast').textContent).toContain('Queued here')
  })

  test('undo puts a scheduled reply back into the composer', async () => {
    await openInbox({ duty: { on_duty: false, until: '2026-11-24T07:00:00Z' } })
    await fireEvent.input(field(), { target: { value: 'See you then.' } })
    await fireEvent.click(one('leaves-opening'))
    expect(submit().textContent).toContain('Send Tue 08:00')
    await fireEvent.click(submit())
    await until(() => expect(all('queued-state').at(-1)?.dataset.state).toBe('scheduled'))
    await fireEvent.click(one('toast-action'))
    await until(() => expect(field().value).toBe('See you then.'))
  })

  test('in an open case a reply leaves at once even off duty', async () => {
    await openInbox({ duty: { on_duty: false, until: '2026-11-24T07:00:00Z' } })
    expect(submit().textContent).toContain('Send now')
  })

  test('another patient’s name stands in the way and is named', async () => {
    await openInbox()
    await fireEvent.input(field(), { target: { value: 'Dear Leyla, all is well.' } })
    await until(() => expect(one('composer-check').textContent).toContain('another patient: Leyla'))
    expect(submit().disabled).toBe(true)
  })

  test('a failed send keeps the text and says that nothing was queued', async () => {
    const fake = await openInbox()
    fake.failing.enqueueReply = { code: 'disk_full', retryable: true, params: [] }
    await fireEvent.input(field(), { target: { value: 'I am calling you now.' } })
    await fireEvent.click(submit())
    await until(() => expect(one('composer-error').textContent).toContain('Not queued'))
    expect(field().value).toBe('I am calling you now.')
  })

  test('the draft is saved by itself with its blanks, and comes back', async () => {
    const fake = await openInbox()
    await insertFirst()
    await until(() =>
      expect(
        fake.calls.some(([name, , text]) => name === 'saveDraft' && String(text).includes('{empathic_sentence}')),
      ).toBe(true),
    )
    const [first, second] = inbox.selectable.map((item) => item.key)
    await openThread.open(second!)
    await until(() => expect(field().value).toBe(''))
    await openThread.open(first!)
    await until(() => expect(field().value).toContain('[one sentence in your words]'))
    expect(composer.blanks).toBe(1)
  })
})

describe('the crisis panel', () => {
  test('phone first, the number, the contact, the lines, the steps', async () => {
    await openInbox()
    expect(one('crisis-phone').textContent).toBe('+49 176 04069 012')
    expect(one('crisis-panel').textContent).toContain('Anna Berger, sister, emergency contact')
    expect(all('step')).toHaveLength(12)
    expect(one('deadline').textContent).toBe('next call in 11:00')
  })

  test('C logs a call without answer, with the next try', async () => {
    const fake = await openInbox()
    await fireEvent.keyDown(window, { key: 'c' })
    await until(() => expect(all('attempt')).toHaveLength(2))
    expect(fake.calls.find(([name]) => name === 'logAttempt')?.slice(1)).toEqual([
      'case-1',
      'no-answer',
      '+49 176 04069 012',
      '2026-11-23T07:04:00.000Z',
    ])
  })

  test('a step is done by its box', async () => {
    await openInbox()
    await fireEvent.click(one('step-check', all('step')[1]))
    await until(() => expect(all('step')[1]?.dataset.state).toBe('done'))
  })

  test('a case closes only with every step, or as a false alarm in two steps', async () => {
    await openInbox()
    await fireEvent.click(one('close-case'))
    await fireEvent.input(one('close-outcome'), { target: { value: 'Reached, safe' } })
    expect(one<HTMLButtonElement>('close-confirm').disabled).toBe(true)
    await fireEvent.click(one('false-alarm'))
    await fireEvent.click(one('close-confirm'))
    await until(() => expect(all('crisis-panel')).toEqual([]))
  })
})
