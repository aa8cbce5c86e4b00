// A phone: WatermelonDB's own client over its LokiJS adapter, kept in a file as on a disk.
//
// One command a line comes in on stdin as JSON, one answer a line goes out on stdout.  What an app
// has to write to sync with Waymark is between the two lines marked "the app"; all else is test.

const fs = require('node:fs')
const readline = require('node:readline')
const { randomBytes } = require('node:crypto')

for (const name of ['log', 'info', 'warn', 'error', 'debug']) {
  console[name] = (...words) => process.stderr.write(`${words.join(' ')}\n`)
}

const { Database, Model, appSchema, tableSchema } = require('@nozbe/watermelondb')
const LokiJSAdapter = require('@nozbe/watermelondb/adapters/lokijs').default
const { schemaMigrations, createTable, addColumns } = require('@nozbe/watermelondb/Schema/migrations')
const { synchronize, hasUnsyncedChanges } = require('@nozbe/watermelondb/sync')
const { setGenerator } = require('@nozbe/watermelondb/utils/common/randomId')

// The phone's disk: one file, replaced whole.
const disk = {
  loadDatabase(file, done) {
    done(fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : null)
  },
  saveDatabase(file, text, done) {
    fs.writeFileSync(`${file}.new`, text)
    fs.renameSync(`${file}.new`, file)
    done()
  },
  deleteDatabase(file, done) {
    fs.rmSync(file, { force: true })
    done()
  },
}

function uuidv7() {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(Date.now(), 0, 6)
  bytes[6] = (bytes[6] & 0x0f) | 0x70
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [0, 8, 12, 16, 20].map((at, n) => hex.slice(at, [8, 12, 16, 20, 32][n])).join('-')
}

// ---- the app -------------------------------------------------------------------------------
setGenerator(uuidv7)

async function sync({ database, url, token, fate, told }) {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  await synchronize({
    database,
    migrationsEnabledAtVersion: 1,
    pullChanges: async ({ lastPulledAt, schemaVersion, migration }) => {
      const query = `last_pulled_at=${lastPulledAt}&schema_version=${schemaVersion}&migration=${encodeURIComponent(JSON.stringify(migration))}`
      const answer = await fetch(`${url}?${query}`, { headers })
      if (!answer.ok) throw new Error(await answer.text())
      const { changes, timestamp } = await answer.json()
      told.migration = migration
      return { changes, timestamp }
    },
    pushChanges: async ({ changes, lastPulledAt }) => {
      await fate.beforePush()
      const send = () =>
        fetch(`${url}?last_pulled_at=${lastPulledAt}`, {
          method: 'POST', headers, body: JSON.stringify(changes),
        })
      const answer = await fate.sent(send)
      if (!answer.ok) throw new Error(await answer.text())
      const { experimentalRejectedIds, rejections, guidance } = await answer.json()
      Object.assign(told, { rejections, guidance })
      return { experimentalRejectedIds }
    },
  })
}
// ---- the app -------------------------------------------------------------------------------

let phone = null

function open({ file, version, tables, steps, url, token }) {
  const schema = appSchema({ version, tables: tables.map(tableSchema) })
  const migrations = schemaMigrations({
    migrations: steps.map(({ toVersion, created, added }) => ({
      toVersion,
      steps: [...created.map(createTable), ...added.map(addColumns)],
    })),
  })
  const adapter = new LokiJSAdapter({
    dbName: file, schema, migrations, useWebWorker: false, useIncrementalIndexedDB: false,
    extraLokiOptions: { autosave: false }, _testLokiAdapter: disk,
  })
  const modelClasses = tables.map(({ name }) => {
    const one = class extends Model {}
    one.table = name
    return one
  })
  phone = { database: new Database({ adapter, modelClasses }), adapter, url, token }
}

const save = () =>
  new Promise((done, failed) => {
    const { loki } = phone.adapter._driver
    loki.saveDatabase((error) => (error ? failed(error) : done()))
  })

const commands = {
  async open(command) {
    open(command)
    await phone.database.localStorage.get('ready')
  },
  async create({ table, values }) {
    const { id, ...columns } = values
    const record = await phone.database.write(() =>
      phone.database.get(table).create((made) => {
        if (id) made._raw.id = id
        for (const [name, value] of Object.entries(columns)) made._setRaw(name, value)
      }),
    )
    await save()
    return record.id
  },
  async update({ table, id, values }) {
    const record = await phone.database.get(table).find(id)
    await phone.database.write(() =>
      record.update((made) => {
        for (const [name, value] of Object.entries(values)) made._setRaw(name, value)
      }),
    )
    await save()
  },
  async remove({ table, id }) {
    const record = await phone.database.get(table).find(id)
    await phone.database.write(() => record.markAsDeleted())
    await save()
  },
  async discard({ table, id }) {
    const record = await phone.database.get(table).find(id)
    await phone.database.write(() => record.destroyPermanently())
    await save()
  },
  // fate: 'lose' the answer to the push, 'die' once it is sent, 'die-answered' once it is answered.
  async sync({ fate, meanwhile }) {
    const told = { rejections: [], guidance: [], migration: null, pushed: false }
    const dealt = {
      async beforePush() {
        await save()
        if (meanwhile) await ask('meanwhile')
      },
      async sent(send) {
        if (fate === 'die') {
          send().catch(() => {})
          await new Promise((done) => setTimeout(done, 30))
          process.kill(process.pid, 'SIGKILL')
        }
        const answer = await send()
        told.pushed = true
        if (fate === 'die-answered') process.kill(process.pid, 'SIGKILL')
        if (fate === 'lose') throw new Error('the answer is lost')
        return answer
      },
    }
    let error = null
    for (let turn = 0; turn < 3; turn += 1) {
      try {
        await sync({ ...phone, fate: dealt, told })
        error = null
        break
      } catch (thrown) {
        error = thrown.message
        if (fate === 'lose') break // as when the line stays away
      }
    }
    await save()
    return { ...told, error }
  },
  async dump() {
    const tables = {}
    for (const table of Object.keys(phone.database.schema.tables)) {
      const records = await phone.database.get(table).query().fetch()
      tables[table] = Object.fromEntries(records.map((one) => [one.id, { ...one._raw }]))
    }
    return { tables, unsynced: await hasUnsyncedChanges({ database: phone.database }) }
  },
}

// Something the test does while a command runs: it is told, and answers with any line.
let resume = null
function ask(what) {
  process.stdout.write(`${JSON.stringify({ asks: what })}\n`)
  return new Promise((done) => {
    resume = done
  })
}

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const command = JSON.parse(line)
  if (command.do === 'resume') return resume()
  try {
    const answer = await commands[command.do](command)
    process.stdout.write(`${JSON.stringify({ answer: answer ?? null })}\n`)
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ failed: error.stack })}\n`)
  }
})
