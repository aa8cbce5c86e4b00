// How the app should be, messages, and signing out.

import { box, button, el, link } from '../dom.js'
import { said } from '../events.js'
import { NoLine } from '../http.js'
import { signOut } from '../leaving.js'
import { canHaveMessages, hasMessages, startMessages, stopMessages } from '../push.js'
import { waiting } from '../records.js'
import { isLowEnergy, setLowEnergy } from '../settings.js'
import { W } from '../strings.js'
import { all } from '../store.js'

const words = W.settings

async function draw() {
  return [
    isLowEnergy() && box(
      link(W.feed.title, '#/feed', { class: 'button second', id: 'feed' }),
      link(W.repliesPage.page, '#/replies', { class: 'button second', id: 'replies' })),
    lowEnergyBox(),
    canHaveMessages() && (await messagesBox()),
    box(el('h2', {}, words.sharing), el('p', {}, words.sharingHint), link(words.sharingGo, '#/sharing', { class: 'button second', id: 'sharing' })),
    await signOutBox(),
  ]
}

function lowEnergyBox() {
  const is = isLowEnergy()
  return box(el('h2', {}, words.low), el('p', {}, words.lowHint), toggle('low', is ? words.lowOff : words.lowOn, is, async () => {
    await setLowEnergy(!is)
    said('changed')
  }))
}

async function messagesBox() {
  const have = await hasMessages()
  const problem = el('p', { class: 'problem', role: 'alert', hidden: true })
  return box(el('h2', {}, words.messages), el('p', {}, words.messagesHint), problem,
    toggle('messages', have ? words.messagesOff : words.messagesOn, have, async () => {
      try {
        await (have ? stopMessages() : startMessages())
        said('changed')
      } catch (no) {
        problem.textContent = why(no)
        problem.hidden = false
      }
    }))
}

function why(no) {
  if (no instanceof NoLine) return W.needsLine
  if (no.kind === 'no-web-push') return words.noMessages
  return no.message === 'not allowed' ? words.notAllowed : words.failed
}

const toggle = (id, name, is, turn) => button(name, turn, { id, class: is ? '' : 'second' })

async function signOutBox() {
  const unsent = (await waiting()).length + (await all('rejected')).length
  const sure = el('div', { hidden: true },
    unsent > 0 && el('p', { class: 'problem' }, words.outUnsent(unsent)),
    button(words.outSure, leave, { id: 'sure', class: 'danger' }))
  function leave(event) {
    event.target.disabled = true
    return signOut()
  }
  return box(el('h2', {}, words.out), el('p', {}, words.outHint),
    button(words.out, () => {
      sure.hidden = false
      sure.querySelector('button').focus()
    }, { class: 'second', id: 'out' }), sure)
}

export default { title: words.title, draw, isLive: () => true }
