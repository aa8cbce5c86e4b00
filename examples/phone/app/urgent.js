// What cannot wait for a line.  Waymark's rules judge what she reports once it is sent; until then
// the phone says "call" at any warning sign at all, rather than once too few.

// Source: service/clinical/rules/emergencies.yaml, EM-FEVER.
const FEVER_C = 38.0

/** Return `clinic`, `crisis` (she is not safe), or null: whom to call about a record, now. */
export function whomToCall(table, record) {
  if (table === 'wellbeing_checks') return record.safe_now === false ? 'crisis' : null
  if (table !== 'symptom_reports') return null
  const hasFever = record.temperature_c !== null && record.temperature_c >= FEVER_C
  return hasFever || JSON.parse(record.red_flags).length ? 'clinic' : null
}
