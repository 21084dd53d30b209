import test, { type ExecutionContext } from 'ava'
import { Pool, type PoolOptions } from 'hatchery'

export { workerPids } from './worker-pids.js'

/** The ways workers come to be that every test is run with. */
export type Method = 'fork' | 'spawn'
export const METHODS: readonly Method[] = ['fork', 'spawn']

/** Milliseconds a test may take if it does not say otherwise. */
const LIMIT = 30_000

/** Registers a test once for each start method. */
export function testEach(
  title: string,
  body: (t: ExecutionContext, method: Method) => Promise<void>,
  limit: number = LIMIT,
): void {
  for (const method of METHODS) {
    test.serial(`${title} (${method})`, async (t) => {
      t.timeout(limit)
      await body(t, method)
    })
  }
}

/** Registers a test that has no start method. */
export function testOnce(title: string, body: (t: ExecutionContext) => unknown, limit: number = LIMIT): void {
  test.serial(title, async (t) => {
    t.timeout(limit)
    await body(t)
  })
}

/** Runs `body` with a pool that is gone afterwards: drained if all went well, and destroyed if not. */
export async function withPool<T>(options: PoolOptions, body: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = new Pool(options)
  let result: T
  try {
    result = await body(pool)
  } catch (error) {
    await pool.destroy()
    throw error
  }
  await pool.close({ timeout: 10_000 })
  return result
}

/** What a promise is rejected with; throws if it is fulfilled. */
export async function rejection(promise: Promise<unknown>): Promise<any> {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    return error
  }
  throw new Error(`fulfilled, with ${String(value)}, where a rejection was expected`)
}

/** What `action` throws; throws if it returns. */
export function thrownBy(action: () => unknown): any {
  let value: unknown
  try {
    value = action()
  } catch (error) {
    return error
  }
  throw new Error(`returned ${String(value)}, where an exception was expected`)
}
