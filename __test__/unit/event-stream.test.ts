/** Events as they come, in pieces of any size. */
import test from 'ava'
import { EventParser, formatEvent } from '../helpers/internal.js'

test('events that are parted anywhere are put together', (t) => {
  const text = `: \n\n${formatEvent(7, 'item', '{"value":1}')}${formatEvent(undefined, 'stats', '{}')}\r\n`
  for (let length = 1; length < 12; length++) {
    const parser = new EventParser()
    const events = []
    for (let from = 0; from < text.length; from += length) events.push(...parser.push(text.slice(from, from + length)))
    t.deepEqual(events, [
      { id: '7', type: 'item', data: '{"value":1}' },
      { id: '7', type: 'stats', data: '{}' },
    ])
  }
})

test('a large event takes a time that grows with its size, and not with the square of it', (t) => {
  const piece = 'x'.repeat(16 << 10)
  const parser = new EventParser()
  const begin = performance.now()
  parser.push('event: completed\ndata: ')
  for (let count = 0; count < 4096; count++) parser.push(piece)
  const [event] = parser.push('\n\n')
  t.is(event?.data.length, 4096 * piece.length)
  // Put together anew with each piece: more than half a minute. This way: a tenth of a second.
  t.true(performance.now() - begin < 15_000)
})
