/** How changes of pool options come into force. */

export const LIVE = { apply: 'live' } as const

export const ANEW = {
  apply: 'reload',
  why: 'workers are told as they start, so they are replaced one by one',
} as const

export const restart = (why: string) => ({ apply: 'restart', why }) as const
