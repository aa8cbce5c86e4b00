// Signing in.  What was not sent when she was signed out stays, and goes out after it.

import { el } from '../dom.js'
import { NoLine } from '../http.js'
import { talk } from '../line.js'
import { readSettings } from '../settings.js'
import { W } from '../strings.js'
import { kept } from '../store.js'
import { signIn } from '../tokens.js'

const words = W.signIn

async function draw() {
  const wasIn = await kept('me')
  const problem = el('p', { class: 'problem', role: 'alert', hidden: true })
  const go = el('button', { type: 'submit' }, words.go)
  const input = (name, type, autocomplete, more = {}) =>
    el('label', {}, words[name], el('input', { name, type, autocomplete, ...more }))

  async function submit(event) {
    event.preventDefault()
    const said = Object.fromEntries(new FormData(event.target))
    go.disabled = true
    problem.hidden = true
    try {
      await signIn(said)
      await navigator.storage?.persist?.() // what is not sent is not to be cleared away
      await readSettings()
      location.hash = '#/today'
      await talk()
    } catch (no) {
      problem.textContent = why(no)
      problem.hidden = false
      go.disabled = false
    }
  }

  return el('form', { class: 'box narrow', onsubmit: submit },
    wasIn && el('p', {}, words.again),
    input('email', 'email', 'username', { required: true }),
    input('password', 'password', 'current-password', { required: true }),
    input('code', 'text', 'one-time-code', { inputmode: 'numeric' }),
    problem, go)
}

function why(no) {
  if (no instanceof NoLine) return words.noLine
  if (no.status === 429) return words.wait(Math.ceil(no.wait / 60))
  if (no.kind === 'not-a-patient') return words.patients
  if (no.kind === 'not-hers') return words.notHers
  return words.wrong
}

export default { title: words.title, draw, isLive: () => false }
