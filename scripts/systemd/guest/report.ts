/** One line for each check, then how many have passed. */
declare const ONLY: string

const checks: [title: string, body: () => unknown][] = []
const notes: string[] = []

/** Something to be tried. It has passed if it does not throw. */
export function check(title: string, body: () => unknown): void {
  checks.push([title, body])
}

/** What was seen, for people. */
export function note(text: string): void {
  notes.push(text)
}

/** @param onFailure what to show of a check that has failed */
export async function runChecks(onFailure: () => string): Promise<void> {
  let failed = 0
  const chosen = checks.filter(([title]) => new RegExp(ONLY).test(title))
  for (const [title, body] of chosen) {
    const started = performance.now()
    try {
      await body()
      console.log(`ok ${title} (${((performance.now() - started) / 1000).toFixed(0)} s)`)
    } catch (error) {
      failed++
      console.log(`not ok ${title}\n${indent((error as Error).stack ?? String(error))}`)
      try {
        console.log(indent(onFailure()))
      } catch (second) {
        console.log(indent(String(second)))
      }
    }
    for (const text of notes.splice(0)) console.log(indent(text))
  }
  console.log(`${chosen.length - failed} passed, ${failed} failed`)
}

const indent = (text: string): string => text.replace(/^/gm, '    ')
