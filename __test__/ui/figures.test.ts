/** What the page and the daemon make of numbers. */
import test from 'ava'
import type { TaskBar } from '../../src/api/dashboard.js'
import { quantiles } from '../../src/service/dashboard/quantiles.js'
import { age, ago, bytes, count, span } from '../../src/ui/format.js'
import { Bars } from '../../src/ui/stream/bars.js'

test('quantiles are those of what came between two looks', (t) => {
  const before = [
    [0.1, 100],
    [0.2, 100],
    [Infinity, 100],
  ] as const
  const after = [
    [0.1, 100],
    [0.2, 200],
    [Infinity, 204],
  ] as const
  const [half, most] = quantiles(before, after, [0.5, 0.99])
  t.true(half! > 0.1 && half! < 0.2)
  t.is(most, 0.2, 'beyond the last bound as much as is known')
  t.deepEqual(quantiles(after, after, [0.5]), [null], 'nothing came')
  t.deepEqual(quantiles([], [], [0.5]), [null], 'the pool is closed')
  const [first] = quantiles([], after, [0.25])
  t.true(first! > 0 && first! <= 0.1, 'without an earlier look all of it counts')
})

test('numbers have three digits and a unit', (t) => {
  t.deepEqual([0, 7, 9999, 12_345, 999_960, 2_500_000].map(count), ['0', '7', '9999', '12.3k', '1M', '2.50M'])
  t.deepEqual([0, 1023, 1024, 1536 * 1024].map(bytes), ['0 B', '1023 B', '1 KiB', '1.50 MiB'])
  t.deepEqual([0, 0.05, 12.34, 1500, 90_000, 7_000_000].map(span), [
    '0 ms',
    '50 µs',
    '12.3 ms',
    '1.50 s',
    '90 s',
    '117 min',
  ])
  t.deepEqual([0, 1500, 200_000].map(ago), ['now', '1 s ago', '3 min ago'])
  t.is(age(90_000_000), '25 h')
})

const bar = (key: string, start: number, end: number | undefined, more: Partial<TaskBar> = {}): TaskBar => ({
  key,
  name: 'a',
  priority: 'normal',
  workerId: 1,
  attempt: 1,
  start,
  end,
  wait: 0,
  outcome: end === undefined ? 'running' : 'completed',
  ...more,
})

test('a bar that ends takes the place of the one that ran; tasks beside each other have rows of their own', (t) => {
  const bars = new Bars()
  bars.concurrency = 2
  bars.add(bar('1', 0, undefined))
  bars.add(bar('2', 10, undefined))
  bars.add(bar('1', 0, 100))
  bars.add(bar('3', 101, 120))
  const [strip] = bars.strips()
  t.deepEqual(
    strip!.bars.map(({ key, row, outcome }) => [key, row, outcome]),
    [
      ['1', 0, 'completed'],
      ['2', 1, 'running'],
      ['3', 0, 'completed'],
    ],
  )
  t.is(bars.total, 3)
  bars.end(1, 150)
  t.like(bars.strips()[0]!.bars[1], { outcome: 'lost', end: 150 })
  bars.trim(1_000_000, new Set([1]))
  t.deepEqual(bars.strips()[0]!.bars, [], 'what is too old is forgotten')
  bars.trim(1_000_000, new Set())
  t.is(bars.strips().length, 0, 'and so is a worker that is gone')
})
