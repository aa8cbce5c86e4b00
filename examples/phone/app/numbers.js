// Numbers she types: what they mean, and which cannot be.  The bounds are those of the contract.

const BOUNDS = { temperature_c: [30, 45], stools_over_baseline: [0, 50], glucose_mg_dl: [10, 2000] }
// Nobody has 86 °C, so such a number is in °F.
const FAHRENHEIT_FROM = 86

/** Read what she typed: `{value}`, nothing, or `{isBad}`. */
export function numberOf(key, text) {
  const typed = text.trim().replace(',', '.')
  if (!typed) return { isBad: false }
  let value = Number(typed)
  if (key === 'temperature_c' && value >= FAHRENHEIT_FROM) value = Math.round((value - 32) * 50 / 9) / 10
  const [least, most] = BOUNDS[key]
  if (Number.isNaN(value) || value < least || value > most) return { isBad: true }
  if (key === 'stools_over_baseline' && !Number.isInteger(value)) return { isBad: true }
  return { value, isBad: false }
}
