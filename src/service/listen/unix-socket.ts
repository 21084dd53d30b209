import { chmodSync, existsSync, lchownSync, lstatSync, renameSync, type Stats, unlinkSync } from 'node:fs'
import { connect, type Server } from 'node:net'
import { dirname } from 'node:path'
import process from 'node:process'
import type { ServiceSettings } from '../settings.js'
import { inUse, listenOn, reasonOf, unavailable } from './address.js'
import { findOwner } from './owner.js'

/** Longest path of a socket, in bytes: what the kernel's `sun_path` holds beside its end. */
const MAX_PATH = 107
const ADVICE = 'Stop that one, or name another path (--socket).'

/**
 * Listens on a Unix socket, with its permissions from the first moment on. A socket that an earlier daemon has left is replaced
 * if nobody listens on it; nothing else that is there is touched, and no symbolic link followed.
 *
 * @throws ERR_HATCHERY_ADDRESS_IN_USE, ERR_HATCHERY_ADDRESS_UNAVAILABLE, ERR_HATCHERY_INVALID_OPTION
 */
export async function listenOnSocket(
  server: Server,
  path: string,
  { socketMode, socketOwner }: Pick<ServiceSettings, 'socketMode' | 'socketOwner'>,
): Promise<void> {
  const place = `the socket ${path}`
  if (Buffer.byteLength(path) > MAX_PATH) {
    throw unavailable(place, `its path is longer than the ${MAX_PATH} bytes that the kernel allows.`)
  }
  // Told apart here: libuv makes one of it and a lack of rights.
  if (!existsSync(dirname(path))) throw unavailable(place, reasonOf('ENOENT'))
  const owner = socketOwner === undefined ? undefined : findOwner(socketOwner)
  await removeStale(path, place)
  // The kernel makes it with this, so nobody else can connect before the mode is set; nor, before it has its owner, its group.
  const umask = process.umask(0o777 & ~(owner === undefined ? socketMode : socketMode & 0o700))
  let listening: Promise<void>
  try {
    listening = listenOn(server, { path }, place, ADVICE)
  } finally {
    process.umask(umask)
  }
  await listening
  setRights(path, { socketMode, socketOwner })
}

/**
 * Gives a socket its owner and its permissions. Without an owner it keeps the one it has.
 *
 * @throws ERR_HATCHERY_ADDRESS_UNAVAILABLE, ERR_HATCHERY_INVALID_OPTION
 */
export function setRights(
  path: string,
  { socketMode, socketOwner }: Pick<ServiceSettings, 'socketMode' | 'socketOwner'>,
): void {
  const owner = socketOwner === undefined ? undefined : findOwner(socketOwner)
  try {
    if (owner !== undefined) lchownSync(path, owner.user, owner.group)
    // Only where it has to be: unlike the rest, this would follow a link that somebody has put there.
    const made = lstatSync(path)
    if (made.isSocket() && (made.mode & 0o777) !== socketMode) chmodSync(path, socketMode)
  } catch (error) {
    const why = `${(error as Error).message}. Its owner and mode must be such as this user can set.`
    throw unavailable(`the socket ${path}`, why)
  }
}

async function removeStale(path: string, place: string): Promise<void> {
  const found = statOf(path, place)
  if (found === undefined) return
  if (!found.isSocket()) {
    const what = found.isSymbolicLink() ? 'a symbolic link' : 'a file that is no socket'
    throw unavailable(place, `there is ${what} in its place. Remove that, or name another path.`)
  }
  if (await isAnswering(path)) throw inUse(place, ADVICE)
  // Another daemon may be about to do the same: moved away first, so that what is removed is what was found.
  const aside = `${path}.${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw unavailable(place, `${(error as Error).message}.`, error)
  }
  const moved = lstatSync(aside)
  if (moved.ino !== found.ino || moved.dev !== found.dev) {
    renameSync(aside, path)
    throw inUse(place, ADVICE)
  }
  unlinkSync(aside)
}

function statOf(path: string, place: string): Stats | undefined {
  try {
    return lstatSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw unavailable(place, `${(error as Error).message}.`, error)
  }
}

/** Only a refusal says that nobody listens: one that may not be asked, or is busy, is somebody's. */
function isAnswering(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT')
    })
  })
}
