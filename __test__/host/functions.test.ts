import test from 'ava'
import { FunctionTable } from '../../src/host/functions.js'

function tableOf(definitions: string[]): FunctionTable {
  return new FunctionTable({ define: (definition) => definitions.push(definition) - 1 }, true)
}

test('each function is defined once, whatever was asked for in between', (t) => {
  const definitions: string[] = []
  const table = tableOf(definitions)
  const ids = ['one', 'two', 'one', 'one', 'two'].map((name) => table.idOf(undefined, name, 'single'))
  t.deepEqual(ids, [0, 1, 0, 0, 1])
  t.is(table.idOf(undefined, 'one', 'spread'), 2)
  t.is(table.idOf(undefined, 'one', 'single'), 0)
  t.is(table.idOf(undefined, 'one', 'single', true), 3)
  t.deepEqual(
    definitions.map((definition) => JSON.parse(definition)),
    [{ name: 'one' }, { name: 'two' }, { name: 'one', spread: true }, { name: 'one', carrier: true }],
  )
})

test('names that somebody makes up do not fill the memory', (t) => {
  const definitions: string[] = []
  const table = tableOf(definitions)
  for (let number = 0; number < 65_536; number++) table.idOf(undefined, `name ${number}`, 'single')
  t.throws(() => table.idOf(undefined, 'another', 'single'), { code: 'ERR_HATCHERY_INVALID_OPTION' })
  t.is(table.idOf(undefined, 'name 7', 'single'), 7)
  t.is(definitions.length, 65_536)
})
