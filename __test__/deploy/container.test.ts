/** deploy/docker, by a parser and linter. What it relies on is tried without Docker in lifecycle/image.test.ts. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { ValidationSeverity, validate } from 'dockerfile-utils'

const text = readFileSync('deploy/docker/Dockerfile', 'utf8')
const instructions = text.split('\n').filter((line) => /^[A-Z]+ /.test(line))
/** Those of the image that runs. */
const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')))

test('the linter finds no fault with it', (t) => {
  const problems = validate(text, {
    deprecatedMaintainer: ValidationSeverity.ERROR,
    directiveCasing: ValidationSeverity.ERROR,
    emptyContinuationLine: ValidationSeverity.ERROR,
    instructionCasing: ValidationSeverity.ERROR,
    instructionCmdMultiple: ValidationSeverity.ERROR,
    instructionEntrypointMultiple: ValidationSeverity.ERROR,
    instructionHealthcheckMultiple: ValidationSeverity.ERROR,
    instructionJSONInSingleQuotes: ValidationSeverity.ERROR,
    instructionWorkdirRelative: ValidationSeverity.ERROR,
  })
  t.deepEqual(problems, [])
})

test('it finds one in another', (t) => {
  t.not(validate('FROM\nRUN x\n', {}).length, 0)
})

test('it runs as nobody in particular, by number, and needs no shell', (t) => {
  const user = last.find((line) => line.startsWith('USER '))
  t.regex(String(user), /^USER [1-9]\d*:[1-9]\d*$/)
  for (const name of ['ENTRYPOINT', 'CMD']) {
    const line = last.find((line) => line.startsWith(`${name} `))
    t.notThrows(() => JSON.parse(line!.slice(name.length)), 'in exec form')
  }
  t.false(
    last.some((line) => line.startsWith('RUN ')),
    'distroless has nothing to run',
  )
  const check = last.find((line) => line.startsWith('HEALTHCHECK '))!
  t.notThrows(() => JSON.parse(check.slice(check.indexOf(' CMD ') + 5)))
})

test('both images have the same C library, and others can be named', (t) => {
  const images = instructions.filter((line) => line.startsWith('FROM '))
  t.regex(images.join(), /^FROM \$\{BUILD_IMAGE\} AS build,FROM \$\{RUNTIME_IMAGE\}$/)
  const defaults = instructions.filter((line) => line.startsWith('ARG '))
  t.is(defaults.length, 2)
  t.regex(defaults[0]!, /^ARG BUILD_IMAGE=.*bookworm/)
  t.regex(defaults[1]!, /^ARG RUNTIME_IMAGE=.*debian12/)
})
