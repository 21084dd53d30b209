/** The kinds of tasks of a chaos run, and what each must come to. */
import type { Pool, RunOptions } from 'hatchery'
import type { Job } from './fixtures/tasks.js'

/** What a task with this number gives back. */
export function answer(task: number): number {
  return task ^ 0x2545_f491
}

/** One kind of task. */
export interface Kind {
  readonly name: string
  /** How often, in proportion to the others. */
  readonly weight: number
  /** How often it may be run again. */
  readonly retries: number
  /** Submits the task; rejects as the pool does, or with a plain Error for a wrong result. */
  readonly run: (pool: Pool, task: number) => Promise<void>
  /** It ends its worker; a result of it would be wrong. */
  readonly harmful?: true
}

class WrongResult extends Error {
  override name = 'WrongResult'
}

async function expectAnswer(pool: Pool, job: Job, options: RunOptions): Promise<void> {
  const result: unknown = await pool.run(job, options)
  if (result !== answer(job.task)) throw new WrongResult(`task ${job.task} got ${String(result)}`)
}

function simple(name: string, weight: number, retries: number, options?: RunOptions): Kind {
  return {
    name: retries === 0 ? name : `${name}, retried`,
    weight,
    retries,
    run: (pool, task) => expectAnswer(pool, { task }, { ...options, name, retries }),
  }
}

/** Bytes there and back; their first and last ones tell whether they are the ones that were sent. */
function sized(length: number, weight: number, retries: number): Kind {
  return {
    name: `${length >= 1 << 20 ? `${length >> 20} MiB` : `${length >> 10} KiB`}${retries > 0 ? ', retried' : ''}`,
    weight,
    retries,
    async run(pool, task) {
      const bytes = Buffer.alloc(length, task & 0xff)
      bytes.writeUInt32LE(task)
      const result: Uint8Array = await pool.run({ task, bytes }, { name: 'bytes', retries })
      if (Buffer.compare(result, bytes) !== 0) throw new WrongResult(`task ${task} got other bytes than it was given`)
    },
  }
}

/** A task that ends its worker. Should it come back, that is wrong. */
function harmful(name: string, weight: number, retries: number, options?: RunOptions): Kind {
  return {
    name: retries === 0 ? name : `${name}, retried`,
    weight,
    retries,
    harmful: true,
    async run(pool, task) {
      await pool.run({ task }, { ...options, name, retries })
      throw new WrongResult(`task ${task} came back from "${name}"`)
    },
  }
}

/** Tasks that do their work. */
export const WORK: readonly Kind[] = [
  simple('echo', 600, 0),
  simple('echo', 200, 9),
  simple('echo', 20, 0, { priority: 'high' }),
  simple('echo', 20, 0, { priority: 'low' }),
  simple('later', 40, 0),
  simple('later', 20, 9),
  simple('progress', 10, 0, { onProgress: () => {} }),
  sized(2 << 10, 20, 0),
  sized(64 << 10, 6, 9),
  sized(256 << 10, 2, 0),
  sized(3 << 20, 0.2, 9),
  {
    name: 'shared memory',
    weight: 5,
    retries: 0,
    async run(pool, task) {
      const bytes = pool.alloc(4096)
      try {
        await expectAnswer(pool, { task, bytes }, { name: 'share' })
        const written = new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0)
        if (written !== answer(task)) throw new WrongResult(`task ${task} wrote ${written} into shared memory`)
      } finally {
        bytes[Symbol.dispose]()
      }
    },
  },
  {
    name: 'stream',
    weight: 5,
    retries: 0,
    async run(pool, task) {
      let count = 0
      for await (const item of pool.stream({ task }, { name: 'items' })) {
        if (item !== answer(task)) throw new WrongResult(`task ${task} gave the item ${String(item)}`)
        count++
      }
      if (count !== 10) throw new WrongResult(`task ${task} gave ${count} items`)
    },
  },
  {
    name: 'cancelled',
    weight: 10,
    retries: 0,
    run(pool, task) {
      const controller = new AbortController()
      const done = expectAnswer(pool, { task }, { name: 'sleep', signal: controller.signal })
      setTimeout(() => controller.abort(), task % 20)
      return done
    },
  },
  simple('sleep', 1, 0, { timeout: 20 }),
]

/** Tasks that end their worker. */
export const HARMFUL: readonly Kind[] = [
  harmful('exit', 10, 0),
  harmful('exit', 2, 2),
  harmful('abort', 5, 0),
  harmful('segfault', 5, 0),
  harmful('uncaught', 5, 0),
  harmful('spin', 2, 0, { timeout: 50 }),
  harmful('exhaust', 0.5, 0),
  harmful('corrupt', 5, 0, { timeout: 1_000 }),
]
