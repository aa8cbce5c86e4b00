// The numbers of her clinic, each to be dialled with one tap.

import { el, phone } from './dom.js'
import { lastRead } from './reading.js'
import { W } from './strings.js'

const NAMES = {
  oncology_line: W.helpCard.clinic, emergency_number: W.helpCard.emergency, crisis_line: W.helpCard.crisis,
}

/** A list of the numbers, the one named first; words if the phone has none yet. */
export async function numbersToCall(first) {
  const card = await lastRead('card')
  if (!card) return el('p', {}, W.helpCard.empty)
  const names = Object.keys(card.phones).sort((one, other) => (other === first) - (one === first))
  return el('ul', { class: 'numbers' }, names.map((name) =>
    el('li', {}, phone(NAMES[name] ?? W.helpCard.other, card.phones[name]))))
}
