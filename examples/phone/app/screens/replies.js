// The heard loop: what became of what she reported, and her questions with the answers to them.

import { box, el, paragraphs } from '../dom.js'
import { talk } from '../line.js'
import { oneByOne } from '../paging.js'
import { lastRead } from '../reading.js'
import { create } from '../records.js'
import { W } from '../strings.js'
import { all } from '../store.js'
import { whenIt } from '../time.js'

const words = W.repliesPage

async function draw(place) {
  const replies = (await lastRead('replies'))?.items
  const questions = (await all('questions')).sort((one, other) => other.asked_at - one.asked_at)
  return [
    questionForm(),
    questions.length > 0 && el('h2', {}, words.questions),
    questions.map((one) => box(el('p', { class: 'quiet' }, whenIt(one.asked_at)), el('p', { class: 'pre' }, one.text),
      el('p', { class: one.answer ? 'reply pre' : 'quiet' }, one.answer ?? words.unanswered))),
    el('h2', {}, words.title),
    !replies && el('p', {}, W.notRead),
    replies?.length === 0 && el('p', {}, words.none),
    oneByOne((replies ?? []).map(replyBox), place, '#/replies'),
  ]
}

const replyBox = ({ at, text, reply, next, steps }) =>
  box(
    el('p', { class: 'quiet' }, whenIt(Date.parse(at))),
    el('h3', {}, text),
    reply && el('p', { class: 'reply pre' }, reply),
    paragraphs(next ?? ''),
    steps.length > 1 && el('details', {}, el('summary', {}, words.steps),
      el('ul', {}, steps.map((one) => el('li', {}, one.text)))),
  )

function questionForm() {
  async function ask(event) {
    event.preventDefault()
    const text = new FormData(event.target).get('text').trim()
    if (!text) return
    event.target.reset()
    await create('questions', { text, asked_at: Date.now(), answer: null, answered_at: null })
    talk()
  }
  return el('form', { class: 'box', onsubmit: ask },
    el('label', {}, words.ask, el('textarea', { name: 'text', rows: 3, maxlength: 2000, id: 'question', 'aria-describedby': 'question-hint' })),
    el('p', { class: 'quiet', id: 'question-hint' }, words.askHint),
    el('button', { type: 'submit' }, words.askGo))
}

export default { title: words.page, draw, isLive: () => true }
