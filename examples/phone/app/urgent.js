// What cannot wait for a line.  Waymark's rules judge what she reports once it is sent; until then
// the phone says "call" at any warning sign at all, rather than once too few.

// Source: service/clinical/rules/emergencies.yaml, EM-FEVER.
const FEVER_C = 38.0
// Source: item 9 of the PHQ-9 asks about thoughts of being dead or hurting oneself; any answer but
// "not at all" counts.
const PHQ9_THOUGHTS = '9'

/** Return `clinic`, `crisis` (she is not safe), or null: whom to call about a record, now. */
export function whomToCall(table, record) {
  if (table === 'wellbeing_checks') return record.safe_now === false ? 'crisis' : null
  if (table === 'questionnaire_responses') {
    const isThere = record.questionnaire === 'phq-9' && JSON.parse(record.answers)[PHQ9_THOUGHTS] > 0
    return isThere ? 'crisis' : null
  }
  if (table !== 'symptom_reports') return null
  const hasFever = record.temperature_c !== null && record.temperature_c >= FEVER_C
  return hasFever || JSON.parse(record.red_flags).length ? 'clinic' : null
}
