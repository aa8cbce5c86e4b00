// How she wants the app to be.  It is on this phone alone.

import { keep, kept } from './store.js'

let lowEnergy = false

export const isLowEnergy = () => lowEnergy

/** Take the settings from the store, and make the page look so. */
export async function readSettings() {
  lowEnergy = Boolean(await kept('low_energy'))
  document.documentElement.dataset.energy = lowEnergy ? 'low' : 'usual'
}

/** Turn low-energy mode on or off: large targets, one thing a screen. */
export async function setLowEnergy(is) {
  await keep('low_energy', is)
  await readSettings()
}
