// Draws questions (questions.js): all on one page, or one at a time in low-energy mode.

import { button, el } from './dom.js'
import { numberOf } from './numbers.js'
import { isLowEnergy } from './settings.js'
import { W } from './strings.js'

/**
 * A form.  `send` is called with what she said (by key; what she left out is not there), and
 * returns a text if that cannot be sent; `along` after each answer, where that has to be kept.
 */
export function form(questions, send, along = () => {}) {
  const said = {}
  const one = isLowEnergy()
  const fields = questions.map((question) => field(question, said, () => {
    show()
    along(said)
  }))
  const asked = () => questions.flatMap((q, at) => (!q.isAsked || q.isAsked(said) ? [at] : []))
  const problem = el('p', { class: 'problem', role: 'alert', hidden: true })
  const progress = el('p', { class: 'quiet', hidden: !one })
  const backward = button(W.back, () => go(-1), { class: 'second', hidden: true })
  const forward = button(W.next, () => go(1), { hidden: !one })
  const submit = el('button', { type: 'submit' }, W.send)
  let at = 0

  function show() {
    const now = asked()
    at = Math.min(at, now.length - 1)
    fields.forEach((made, place) => {
      made.hidden = one ? place !== now[at] : !now.includes(place)
    })
    if (!one) return
    progress.textContent = W.step(at + 1, now.length)
    backward.hidden = at === 0
    forward.hidden = at === now.length - 1
    submit.hidden = !forward.hidden
  }

  function tell(words) {
    problem.textContent = words ?? ''
    problem.hidden = !words
  }

  function go(steps) {
    const bad = steps > 0 && fields[asked()[at]].querySelector('[aria-invalid]')
    if (bad) return bad.focus()
    at += steps
    tell(null)
    show()
    fields[asked()[at]].focus()
  }

  async function sent(event) {
    event.preventDefault()
    if (one && !forward.hidden) return go(1) // Enter on the way is "next"
    const bad = made.querySelector('[aria-invalid]')
    if (bad) return bad.focus()
    submit.disabled = true // tapped twice is once
    const wrong = await send(said)
    submit.disabled = false
    tell(wrong)
  }

  const made = el('form', { onsubmit: sent, novalidate: true }, el('p', { class: 'quiet' }, W.optional),
    progress, fields, problem, el('div', { class: 'buttons' }, backward, forward, submit))
  show()
  return made
}

function field(question, said, changed) {
  const hint = question.hint && el('p', { class: 'quiet', id: `hint-${question.key}` }, question.hint)
  const attributes = { tabindex: -1, 'aria-describedby': hint ? hint.id : null }
  const drawn = DRAWN[question.kind](question, said, changed)
  return el('fieldset', attributes, el('legend', {}, question.prompt), hint, drawn)
}

const DRAWN = { one: chosen, many: ticked, number: counted, text: written }

function chosen({ key, options, isScale }, said, changed) {
  const choose = (value) => () => {
    said[key] = value
    changed()
  }
  return el('div', { class: isScale ? 'choices scale' : 'choices' }, options.map(({ value, label }) =>
    el('label', {}, el('input', { type: 'radio', name: key, onchange: choose(value) }), label)))
}

function ticked({ key, options }, said, changed) {
  const tick = (value) => (event) => {
    const there = new Set(said[key])
    if (event.target.checked) there.add(value)
    else there.delete(value)
    said[key] = [...there]
    changed()
  }
  return el('div', { class: 'choices' }, options.map(({ value, label }) =>
    el('label', {}, el('input', { type: 'checkbox', onchange: tick(value) }), label)))
}

function counted({ key, prompt }, said) {
  const wrong = el('p', { class: 'problem', id: `wrong-${key}`, hidden: true }, W.checkIn.badNumber)
  const input = el('input', { inputmode: 'decimal', autocomplete: 'off', 'aria-label': prompt, oninput: read })
  function read() {
    const { value, isBad } = numberOf(key, input.value)
    if (value === undefined) delete said[key]
    else said[key] = value
    wrong.hidden = !isBad
    if (isBad) input.setAttribute('aria-invalid', 'true')
    else input.removeAttribute('aria-invalid')
  }
  input.setAttribute('aria-describedby', wrong.id)
  return [input, wrong]
}

function written({ key, prompt }, said, changed) {
  const write = (event) => {
    const text = event.target.value.trim()
    if (text) said[key] = text
    else delete said[key]
    changed()
  }
  return el('textarea', { rows: 4, maxlength: 10000, 'aria-label': prompt, oninput: write })
}
