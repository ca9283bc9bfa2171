import { runOutageSeed } from './test/simulation/outage/flow.ts'
import * as s from './test/simulation/outage/scenario.ts'
const [name='down', ill='unavailable', size='full', seed='1'] = process.argv.slice(2)
const sc = name === 'down' ? s.down(ill as never, size as never) : (s as never as Record<string, (z: string) => s.Scenario>)[name]!(size)
const t = performance.now()
const o = await runOutageSeed(Number(seed), { scenario: sc })
console.log(JSON.stringify({ v: o.violation?.message, ...o.figures, steps: o.counts['steps'], s: (performance.now()-t)/1000, trace: o.trace }, null, 0))
