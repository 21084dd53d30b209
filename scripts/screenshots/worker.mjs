// Tasks that look like those of a service for pictures.
import { writeSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'

function compute(milliseconds) {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

export async function resize(milliseconds) {
  compute(milliseconds * 0.2)
  await sleep(milliseconds * 0.8)
}

export const thumbnail = (milliseconds) => sleep(milliseconds)
export const transcode = (milliseconds) => sleep(milliseconds)
export const metadata = (milliseconds) => compute(milliseconds)

export function optimise() {
  throw new TypeError('not an image: unexpected end of file at byte 18 233')
}

export function decode() {
  writeSync(2, 'decoder: frame 118, block 0x1f40 is corrupt\ndecoder: resuming at the next key frame\n')
  writeSync(2, 'decoder: assertion `length <= capacity` failed at bitstream.c:412\n')
  process.kill(process.pid, 'SIGSEGV')
}
