import type { Client } from 'hatchery/client'

/** Chooses the same tasks each time. */
function* random(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (state * 1664525 + 1013904223) >>> 0
    yield state / 2 ** 32
  }
}

/**
 * Keeps a pool busy for a while with tasks of several kinds, now more, now fewer; some of them fail.
 *
 * @param crashes whether one of them kills its worker at times
 */
export async function keepBusy(client: Client, milliseconds: number, crashes: boolean): Promise<void> {
  const numbers = random(7)
  const next = () => numbers.next().value
  const ignore = () => {}
  const end = performance.now() + milliseconds
  const began = performance.now()
  let turns = 0
  while (performance.now() < end) {
    const wave = 1 + Math.sin((performance.now() - began) / 2500)
    for (let count = 0; count < 3 * wave + next() * 3; count++) {
      const kind = next()
      const call =
        kind < 0.42
          ? client.run('resize', 30 + 140 * next())
          : kind < 0.72
            ? client.run('thumbnail', 15 + 60 * next(), { priority: 'high' })
            : kind < 0.93
              ? client.run('metadata', 2 + 6 * next())
              : kind < 0.96
                ? client.run('transcode', 400 + 900 * next(), { priority: 'low', timeout: 1100 })
                : client.run('optimise')
      call.catch(ignore)
    }
    if (crashes && ++turns % 60 === 20) client.run('decode').catch(ignore)
    await new Promise((resolve) => setTimeout(resolve, 80))
  }
}
