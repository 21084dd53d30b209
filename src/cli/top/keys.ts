/** What keys mean. */

/** A key as `node:readline` tells of it. */
export interface Key {
  readonly name?: string | undefined
  readonly sequence?: string | undefined
  readonly ctrl?: boolean | undefined
}

export type Command =
  | 'quit'
  | 'suspend'
  | 'up'
  | 'down'
  | 'quiet'
  | 'restart'
  | 'restart-all'
  | 'more'
  | 'fewer'
  | 'help'
  | 'redraw'

const BY_SEQUENCE: Readonly<Record<string, Command>> = {
  q: 'quit',
  p: 'quiet',
  r: 'restart',
  R: 'restart-all',
  '+': 'more',
  '=': 'more',
  '-': 'fewer',
  '?': 'help',
  h: 'help',
  k: 'up',
  j: 'down',
}
const BY_NAME: Readonly<Record<string, Command>> = { up: 'up', down: 'down' }
const WITH_CONTROL: Readonly<Record<string, Command>> = { c: 'quit', d: 'quit', z: 'suspend', l: 'redraw' }

/** Undefined: the key means nothing. */
export function commandOf({ name = '', sequence = '', ctrl }: Key): Command | undefined {
  if (ctrl === true) return own(WITH_CONTROL, name)
  return own(BY_NAME, name) ?? own(BY_SEQUENCE, sequence)
}

/** Whether a key answers a question by yes. */
export function isYes({ name, sequence }: Key): boolean {
  return sequence === 'y' || sequence === 'Y' || name === 'return' || name === 'enter'
}

function own(commands: Readonly<Record<string, Command>>, key: string): Command | undefined {
  return Object.hasOwn(commands, key) ? commands[key] : undefined
}
