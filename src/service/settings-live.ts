import { isDeepStrictEqual } from 'node:util'
import type { ServiceSettings } from './settings.js'

/** Settings that hold from the next request on. Others concern what is open already. */
const LIVE = [
  'maxBodySize',
  'maxInFlight',
  'resultTtl',
  'maxResults',
  'maxResultBytes',
] as const satisfies (keyof ServiceSettings)[]

/** Settings that can be changed in place: everybody who looks at them looks here. */
export type LiveSettings = { -readonly [Key in keyof ServiceSettings]: ServiceSettings[Key] }

/** What a change of settings has come to. */
export interface SettingsReport {
  /** Names of those that are different from now on. */
  readonly changed: readonly (keyof ServiceSettings)[]
  /** Names of those that will be when the daemon is started anew. */
  readonly restart: readonly (keyof ServiceSettings)[]
}

/** Takes over what can change while the daemon runs. */
export function updateSettings(current: LiveSettings, next: ServiceSettings): SettingsReport {
  const differs = (key: keyof ServiceSettings) => !isDeepStrictEqual(current[key], next[key])
  const keys = (Object.keys(next) as (keyof ServiceSettings)[]).filter(differs)
  const live: ReadonlySet<string> = new Set(LIVE)
  const changed = keys.filter((key) => live.has(key))
  for (const key of LIVE) current[key] = next[key]
  return { changed, restart: keys.filter((key) => !live.has(key)) }
}
