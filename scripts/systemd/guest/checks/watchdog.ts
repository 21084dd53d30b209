import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import process from 'node:process'
import { check, note } from '../report.js'
import { call, dropIn, journal, processes, property, restart, until, withClient } from '../service.js'

/** Of the watchdog, in seconds. */
const LIMIT = 30

async function replaced(old: readonly number[], result: string): Promise<void> {
  const begun = performance.now()
  await until('systemd starts it again', () => property('NRestarts') === '1' && property('ActiveState') === 'active')
  note(`${result}: ran again after ${((performance.now() - begun) / 1000).toFixed(0)} s`)
  for (const pid of old) assert.ok(!existsSync(`/proc/${pid}`) || !processes().includes(pid), `${pid} is left over`)
  assert.equal(await call('sum', 10), 45)
}

check('a busy pool is left alone for three limits of the watchdog', async () => {
  dropIn({ WatchdogSec: String(LIMIT) })
  for (let attempt = 1; ; attempt++) {
    restart()
    const pid = property('MainPID')
    const standstill = longestStandstill()
    const count = await load(3 * LIMIT * 1000).catch(() => 0)
    const longest = standstill()
    // Where the emulator itself was stopped, everybody's time has run out at once.
    if (longest > (LIMIT / 4) * 1000 && attempt < 5) {
      note(`the machine stood still for ${(longest / 1000).toFixed(0)} s: once more`)
      continue
    }
    note(`${count} tasks`)
    assert.ok(count > 0)
    assert.equal(property('NRestarts'), '0')
    assert.equal(property('MainPID'), pid)
    return
  }
})

/** Sixteen clients for so many milliseconds; how many tasks that were. */
async function load(duration: number): Promise<number> {
  const end = performance.now() + duration
  let count = 0
  await withClient(async (client) => {
    const work = async () => {
      for (; performance.now() < end; count++) await client.run('sum', 3_000_000)
    }
    await Promise.all(Array.from({ length: 16 }, work))
  })
  return count
}

/** Milliseconds, until it is called, in which this program came to nothing. */
function longestStandstill(): () => number {
  let last = performance.now()
  let longest = 0
  const timer = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }, 100)
  return () => {
    clearInterval(timer)
    return longest
  }
}

check('a host that is stopped is killed, and started again', async () => {
  restart()
  const old = processes()
  process.kill(Number(property('MainPID')), 'SIGSTOP')
  await replaced(old, 'watchdog')
})

check('so is one that dies; its workers go with it', async () => {
  dropIn({})
  restart()
  const old = processes()
  process.kill(Number(property('MainPID')), 'SIGKILL')
  await replaced(old, 'SIGKILL')
  assert.ok(journal().length > 0)
})
