// Who sees what: her consents, and whom of her family she has let in.  Needs a line: what holds is
// what Waymark says, and nothing is changed here that it has not heard.

import { call } from '../api.js'
import { box, button, el } from '../dom.js'
import { NoLine } from '../http.js'
import { newId } from '../ids.js'
import { markdown } from '../markdown.js'
import { W } from '../strings.js'

const words = W.sharing
const HERS = '/patients/me'

async function draw() {
  const place = el('div', { 'aria-live': 'polite' })
  await fill(place)
  return place
}

async function fill(place, told) {
  try {
    const [consents, grants] = await Promise.all([call('GET', `${HERS}/consents`), call('GET', `${HERS}/grants`)])
    const change = changer(place)
    place.replaceChildren(
      el('p', { id: 'told', tabindex: -1, class: 'good' }, told ?? ''),
      ...consents.body.items.map((one) => consentBox(one, change)),
      el('h2', {}, words.family),
      ...(grants.body.items.length ? newestOfEach(grants.body.items).map((one) => grantBox(one, change)) : [el('p', {}, words.nobody)]))
    if (told) place.querySelector('#told').focus()
  } catch (no) {
    if (!(no instanceof NoLine)) throw no
    place.replaceChildren(el('p', { class: 'problem' }, W.needsLine))
  }
}

// Do it at Waymark, then read what holds now.
const changer = (place) => async (method, path, body) => {
  try {
    await call(method, HERS + path, { body })
    await fill(place, words.saved)
  } catch (no) {
    if (no instanceof NoLine) place.prepend(el('p', { class: 'problem' }, W.needsLine))
    else await fill(place, no.kind === 'consent-text-changed' ? words.staleText : no.message)
  }
}

function consentBox({ purpose, given, answered_at: answered, text }, change) {
  const say = (value) => () => change('PUT', `/consents/${purpose}`, { given: value, text_version: text.version })
  return box(
    el('h2', {}, text.title),
    el('p', {}, answered ? (given ? words.on : words.off) : words.unasked(given)),
    el('details', {}, el('summary', {}, words.read), markdown(text.body, 3)),
    given
      ? button(words.no, say(false), { class: 'second', id: `no-${purpose}`, 'aria-label': `${words.no}: ${text.title}` })
      : button(words.yes, say(true), { id: `yes-${purpose}`, 'aria-label': `${words.yes}: ${text.title}` }),
  )
}

// Of each person the newest: what went before it has ended.
const newestOfEach = (grants) => [...new Map([...grants].reverse().map((one) => [one.account_id, one])).values()]

function grantBox({ id, account_id: account, display_name: name, topics, until, in_force: holds }, change) {
  function save(event) {
    event.preventDefault()
    const chosen = new FormData(event.target).getAll('topic')
    change('POST', '/grants', { id: newId(), account_id: account, topics: chosen, until: holds ? until : null })
  }
  return el('form', { class: 'box', onsubmit: save },
    el('fieldset', {}, el('legend', {}, name),
      el('p', { class: 'quiet' }, holds ? until && words.until(until) : words.ended),
      el('div', { class: 'choices' }, Object.entries(words.topics).map(([topic, label]) =>
        el('label', {}, el('input', { type: 'checkbox', name: 'topic', value: topic, checked: holds && topics.includes(topic) }), label)))),
    el('div', { class: 'buttons' }, el('button', { type: 'submit' }, words.save),
      holds && button(words.end, () => change('DELETE', `/grants/${id}`), { class: 'second' })))
}

export default { title: words.title, draw, isLive: () => false }
