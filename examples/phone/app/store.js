// What the phone holds, in IndexedDB: one store for each synced table, and four of its own.
//
//   kept      by name: the tokens, settings, and what was read last (form, feed, crisis card, …)
//   rejected  records Waymark would not take, and why
//   told      what she has to be told and has not read yet
//
// Nothing of her is kept anywhere else: `wipe` deletes it all.

const NAME = 'waymark'

export const TABLES = [
  'treatments', 'doses', 'events', 'symptom_reports', 'wellbeing_checks',
  'questionnaire_responses', 'measurements', 'reminders', 'reminder_occurrences', 'questions',
  'saved_content',
]
const OWN = ['rejected', 'told']

let opened = null

function open() {
  opened ??= new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1)
    asked.onupgradeneeded = () => {
      for (const name of [...TABLES, ...OWN]) asked.result.createObjectStore(name, { keyPath: 'id' })
      asked.result.createObjectStore('kept')
    }
    asked.onsuccess = () => {
      // Another tab wipes the phone: let go, and begin anew.
      asked.result.onversionchange = () => {
        asked.result.close()
        location.reload()
      }
      done(asked.result)
    }
    asked.onerror = () => failed(asked.error)
  })
  return opened
}

const answered = (asked) =>
  new Promise((done, failed) => {
    asked.onsuccess = () => done(asked.result)
    asked.onerror = () => failed(asked.error)
  })

/** Read and write in one go: all of it happens, or nothing.  `work` gets the stores by name. */
export async function inOne(names, work) {
  const database = await open()
  const transaction = database.transaction(names, 'readwrite')
  const over = new Promise((done, failed) => {
    transaction.oncomplete = done
    transaction.onabort = () => failed(transaction.error)
  })
  const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]))
  try {
    const result = await work(stores, answered)
    await over
    return result
  } catch (error) {
    over.catch(() => {})
    try {
      transaction.abort()
    } catch {
      // It has ended by itself.
    }
    throw error
  }
}

const reading = async (name) => (await open()).transaction(name).objectStore(name)

export const get = async (name, id) => answered((await reading(name)).get(id))
export const all = async (name) => answered((await reading(name)).getAll())
export const put = (name, record) => inOne([name], (stores) => stores[name].put(record))
export const remove = (name, id) => inOne([name], (stores) => stores[name].delete(id))

export const kept = (name) => get('kept', name)
export const keep = (name, value) => inOne(['kept'], ({ kept }) => kept.put(value, name))

/** Delete everything there is of her on this phone. */
export async function wipe() {
  const database = await open()
  database.onversionchange = null
  database.close()
  opened = null
  const asked = indexedDB.deleteDatabase(NAME)
  await answered(asked)
}
