// What is asked, as plain data: `{key, prompt, hint, kind, options, isAsked}`.  form.js draws it.
//
//   kind     one (choose one), many (tick), number, text
//   isAsked  given what she has said so far, whether this one is asked

import { W } from './strings.js'

const FLAGS = 'flags'

/** The questions of a check-in, from the form of `GET …/check-in`. */
export function ofCheckIn(form) {
  const words = W.checkIn
  const measures = new Set(['temperature_c', ...form.measures.map((one) => one.measure)])
  return [
    {
      key: 'has_flags', kind: 'one', prompt: words.flags, hint: words.flagsHint,
      options: [{ value: 'no', label: words.no }, { value: 'yes', label: words.showList }],
    },
    {
      key: FLAGS, kind: 'many', prompt: words.which,
      options: form.red_flags.map(({ code, prompt }) => ({ value: code, label: prompt })),
      isAsked: (said) => said.has_flags === 'yes',
    },
    ...[...measures].map((key) => ({ key, kind: 'number', prompt: words.measures[key] ?? key })),
    ...form.items.flatMap(ofSymptom),
    { key: 'note', kind: 'text', prompt: words.note, hint: words.noteHint },
  ]
}

// The gate is asked first; answered 0, the others need not be.
function ofSymptom({ symptom, gate, attributes, options, because }) {
  const first = attributes.filter((one) => one.attribute === gate)
  const rest = attributes.filter((one) => one.attribute !== gate)
  return [...first, ...rest].map(({ attribute, prompt, options: choices }) => ({
    key: `${symptom}.${attribute}`, kind: 'one', prompt, symptom, attribute,
    hint: attribute === (gate ?? attributes[0].attribute) ? because.text : undefined,
    options: [...choices, ...options.map((value) => ({ value, label: value.replaceAll('_', ' ') }))],
    isAsked: (said) => attribute === gate || !gate || said[`${symptom}.${gate}`] > 0,
  }))
}

/** What she said as a record of `symptom_reports`; null if she said nothing. */
export function asReport(questions, said) {
  const answers = new Map()
  for (const { key, symptom, attribute, isAsked } of questions) {
    if (!symptom || said[key] === undefined || !isAsked(said)) continue
    answers.set(symptom, { ...(answers.get(symptom) ?? { symptom }), [attribute]: said[key] })
  }
  const flags = said.has_flags === 'yes' ? (said[FLAGS] ?? []) : []
  const measured = ['temperature_c', 'stools_over_baseline', 'glucose_mg_dl'].filter((one) => one in said)
  if (!answers.size && !flags.length && !measured.length && !said.note && said.has_flags !== 'no') return null
  return {
    reported_at: Date.now(), answers: JSON.stringify([...answers.values()]),
    red_flags: JSON.stringify(flags), body_sites: '[]', note: said.note ?? null,
    temperature_c: null, stools_over_baseline: null, glucose_mg_dl: null,
    ...Object.fromEntries(measured.map((one) => [one, said[one]])),
  }
}

/** The questions of a wellbeing check, from `GET /catalog/wellbeing-check`. */
export function ofWellbeing(catalog) {
  const words = W.wellbeing
  const { prompt, minimum, maximum, low, high } = catalog.distress
  const number = (at) => ({ value: at, label: String(at) })
  return [
    {
      key: 'distress', kind: 'one', isScale: true, prompt, hint: `${minimum}: ${low}. ${maximum}: ${high}.`,
      options: Array.from({ length: maximum - minimum + 1 }, (_, at) => number(minimum + at)),
    },
    {
      key: 'topics', kind: 'many', prompt: words.topics,
      options: catalog.topics.map(({ key, label }) => ({ value: key, label })),
    },
    {
      key: 'safe_now', kind: 'one', prompt: words.safe,
      options: [{ value: true, label: words.yes }, { value: false, label: words.notSafe }],
    },
    {
      key: 'contact_wanted', kind: 'many', prompt: words.contact,
      options: Object.entries(words.contacts).map(([value, label]) => ({ value, label })),
    },
    { key: 'note', kind: 'text', prompt: words.note, hint: W.checkIn.noteHint },
    {
      key: 'note_is_private', kind: 'one', prompt: words.hide,
      options: [{ value: true, label: words.hideYes }, { value: false, label: words.hideNo }],
      isAsked: (said) => Boolean(said.note),
    },
  ]
}

/** What she said as a record of `wellbeing_checks`; null if she said nothing. */
export function asCheck(said) {
  const keys = ['distress', 'topics', 'safe_now', 'contact_wanted', 'note']
  if (!keys.some((one) => one in said)) return null
  return {
    checked_at: Date.now(), distress: said.distress ?? null, mood: null,
    topics: JSON.stringify(said.topics ?? []), contact_wanted: JSON.stringify(said.contact_wanted ?? []),
    safe_now: said.safe_now ?? null, note: said.note ?? null, note_is_private: said.note_is_private ?? false,
  }
}
