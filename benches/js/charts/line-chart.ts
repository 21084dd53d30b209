/**
 * A curve as SVG, by hand: it has to be readable where README shows it, scaled to 800 pixels, on a light or a dark page.
 * It brings its own background, so that text and ground always fit together.
 */
import type { Curve, Line } from './curves.js'
import { logarithmic, type Scale } from './scale.js'

const width = 800
const height = 500
const plot = { left: 108, right: 766, top: 116, bottom: 436 }

/** Colours that colour-blind readers tell apart as well; [light, dark]. Hatchery's own comes first. */
const colours: readonly (readonly [string, string])[] = [
  ['#c2410c', '#fb923c'],
  ['#0369a1', '#38bdf8'],
  ['#7e22ce', '#c084fc'],
  ['#15803d', '#4ade80'],
  ['#a16207', '#facc15'],
  ['#be185d', '#f472b6'],
  ['#475569', '#94a3b8'],
]

/** Marks tell lines apart without colour. Each is drawn around 0,0. */
const marks: readonly string[] = [
  '<circle r="5"/>',
  '<rect x="-4.5" y="-4.5" width="9" height="9"/>',
  '<path d="M0-6 5.5 4.5h-11z"/>',
  '<path d="M0-6 6 0 0 6-6 0z"/>',
  '<path d="M0 6 5.5-4.5h-11z"/>',
  '<path d="M-5-1.8h3.2v-3.2h3.6v3.2H5v3.6H1.8V5h-3.6V1.8H-5z"/>',
  '<circle r="4"/>',
]

function style(lines: number): string {
  const scheme = (dark: 0 | 1): string =>
    colours
      .slice(0, lines)
      .map((pair, index) => `.c${index}{stroke:${pair[dark]};fill:${pair[dark]}}`)
      .join('')
  return `<style>
text{font-family:system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;font-size:15px;fill:#1f2328}
.title{font-size:20px;font-weight:600}.quiet{fill:#57606a}.small{font-size:14px}
.ground{fill:#fff;stroke:#d0d7de}.grid{stroke:#d8dee4}.axis{stroke:#57606a}
.line{fill:none;stroke-width:2.5}.own{stroke-width:4}.mark{stroke:none}.spread{stroke-width:1.5;opacity:.6}
${scheme(0)}.line{fill:none}.mark{stroke:none}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.quiet{fill:#9da7b3}.ground{fill:#0d1117;stroke:#30363d}
.grid{stroke:#262c34}.axis{stroke:#9da7b3}${scheme(1)}.line{fill:none}.mark{stroke:none}}
</style>`
}

const escape = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
const at = (value: number): string => `${Number(value.toFixed(1))}`

function label(x: number, y: number, text: string, classes: string, anchor = 'start'): string {
  return `<text x="${at(x)}" y="${at(y)}" class="${classes}" text-anchor="${anchor}">${escape(text)}</text>`
}

function axes(curve: Curve, x: Scale, y: Scale): string {
  const parts: string[] = []
  for (const value of y.ticks) {
    const place = y.place(value)
    parts.push(`<path class="grid" d="M${plot.left} ${at(place)}H${plot.right}"/>`)
    parts.push(label(plot.left - 10, place + 5, curve.y.format(value), 'quiet', 'end'))
  }
  for (const value of x.ticks) {
    const place = x.place(value)
    parts.push(`<path class="grid" d="M${at(place)} ${plot.top}V${plot.bottom}"/>`)
    parts.push(label(place, plot.bottom + 22, curve.x.format(value), 'quiet', 'middle'))
  }
  parts.push(`<path class="axis" fill="none" d="M${plot.left} ${plot.top}V${plot.bottom}H${plot.right}"/>`)
  parts.push(label((plot.left + plot.right) / 2, height - 16, curve.x.label, '', 'middle'))
  const middle = (plot.top + plot.bottom) / 2
  parts.push(
    `<text transform="translate(24 ${middle}) rotate(-90)" text-anchor="middle">${escape(curve.y.label)}</text>`,
  )
  return parts.join('\n')
}

function drawLine({ own, points }: Line, index: number, x: Scale, y: Scale): string {
  const places = points.map((point) => ({ ...point, left: x.place(point.x), top: y.place(point.median) }))
  const path = places.map(({ left, top }) => `${at(left)} ${at(top)}`).join('L')
  const spreads = places
    .filter(({ lowest, highest }) => highest > lowest)
    .map(({ left, lowest, highest }) => `M${at(left)} ${at(y.place(lowest))}V${at(y.place(highest))}`)
    .join('')
  const dots = places
    .map(({ left, top }) => `<g transform="translate(${at(left)} ${at(top)})">${marks[index % marks.length]}</g>`)
    .join('')
  return [
    spreads && `<path class="c${index} spread" d="${spreads}"/>`,
    `<path class="c${index} line${own ? ' own' : ''}" d="M${path}"/>`,
    `<g class="c${index} mark">${dots}</g>`,
  ]
    .filter(Boolean)
    .join('\n')
}

/** Names in rows of three above the plot. */
function legend(lines: readonly Line[]): string {
  return lines
    .map((line, index) => {
      const left = 24 + (index % 3) * 256
      const top = 80 + Math.floor(index / 3) * 22
      const kind = line.name.includes(line.kind) || line.own ? '' : ` (${line.kind})`
      const mark = `<g transform="translate(${left + 14} ${top - 5})" class="c${index} mark">${marks[index % marks.length]}</g>`
      const stroke = `<path class="c${index} line${line.own ? ' own' : ''}" d="M${left} ${top - 5}h28"/>`
      return `${stroke}${mark}${label(left + 36, top, `${line.name}${kind}`, '')}`
    })
    .join('\n')
}

export function lineChart(curve: Curve): string {
  // Hatchery is drawn last, on top, and named first.
  const lines = [...curve.series].sort((a, b) => Number(b.own) - Number(a.own))
  const points = lines.flatMap((line) => line.points)
  const x = logarithmic(
    points.map((point) => point.x),
    curve.x,
    [plot.left + 12, plot.right - 12],
    false,
  )
  const y = logarithmic(
    points.flatMap(({ lowest, highest }) => [lowest, highest]),
    curve.y,
    [plot.bottom, plot.top],
    true,
  )
  const drawn = lines.map((line, index) => drawLine(line, index, x, y)).reverse()
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escape(curve.title)}</title>
<desc>${escape(`${curve.subtitle}. Both axes are logarithmic.`)}</desc>
${style(lines.length)}
<rect class="ground" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8"/>
${label(24, 32, curve.title, 'title')}
${label(24, 54, curve.subtitle, 'quiet small')}
${legend(lines)}
${axes(curve, x, y)}
${drawn.join('\n')}
</svg>
`
}
