/** The emulated machine: no KVM is asked for, as what it is for has no hurry. */
import { spawn } from 'node:child_process'
import process from 'node:process'
import { createInterface } from 'node:readline'
import type { MachineImage } from './root.js'

/** A machine that prints nothing for so long hangs. Milliseconds. */
const PATIENCE = 10 * 60_000

/** Boots it, prints what its checks print, and waits until it is off. True: all have passed. */
export async function runMachine(image: MachineImage, { showConsole }: { showConsole: boolean }): Promise<boolean> {
  const machine = spawn(
    'qemu-system-x86_64',
    [
      ...['-nodefaults', '-no-reboot', '-display', 'none', '-smp', '2', '-m', '3072'],
      // Without protection keys: V8 changes them all the time, and each change empties the emulator's caches.
      ...['-accel', 'tcg,thread=multi', '-cpu', 'max,pku=off'],
      ...['-kernel', image.kernel, '-initrd', image.initrd],
      ...['-append', 'root=/dev/vda rw console=ttyS0 quiet mitigations=off'],
      ...['-drive', `file=${image.disk},format=raw,if=virtio,cache=unsafe`],
      ...['-serial', showConsole ? 'file:/dev/stderr' : 'null', '-serial', 'stdio'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const ended = new Promise((resolve, reject) => machine.once('close', resolve).once('error', reject))
  let patience: NodeJS.Timeout | undefined
  const wait = () => {
    clearTimeout(patience)
    patience = setTimeout(() => {
      console.error('the machine is silent: it is ended')
      machine.kill('SIGKILL')
    }, PATIENCE)
  }
  const kill = () => machine.kill('SIGKILL')
  process.once('exit', kill)
  wait()
  let verdict = ''
  for await (const line of createInterface({ input: machine.stdout })) {
    wait()
    // What systemd asks the terminal is not meant for people.
    const text = line.replace(/\u001b(?:\[[?!0-9;]*[a-zA-Z]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))/g, '').trimEnd()
    if (text !== '') console.log(text)
    verdict = /^\d+ passed, \d+ failed$/.exec(text)?.[0] ?? verdict
  }
  await ended
  clearTimeout(patience)
  process.off('exit', kill)
  return /^[1-9]\d* passed, 0 failed$/.test(verdict)
}
