/** What single pages have of their own. */
export const pageStyle = `section { margin-top: 28px; }
section.first { margin-top: 0; }
section > h2 { margin-bottom: 10px; }
section p { margin-top: 8px; font-size: 13px; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); gap: 14px 24px; padding: 16px;
  background: var(--panel); border: 1px solid var(--line); border-radius: 10px; }
@media (min-width: 641px) { .facts .wide { grid-column: span 2; } }
dt { font-size: 12px; color: var(--dim); }
dd { margin: 0; font-variant-numeric: tabular-nums; }

.timeline { list-style: none; padding: 16px; background: var(--panel); border: 1px solid var(--line); border-radius: 10px; }
.timeline > li { position: relative; display: grid; grid-template-columns: 136px minmax(0, 1fr); gap: 0 12px; padding: 0 0 14px 24px; }
.timeline > li:last-child { padding-bottom: 0; }
.timeline b { font-weight: 550; }
.timeline div > span { display: block; }
.timeline time { font-variant-numeric: tabular-nums; }
.timeline > li::before { content: ""; position: absolute; left: 3px; top: 6px; width: 9px; height: 9px; border-radius: 50%;
  background: var(--dim); }
.timeline > li.now::before { background: var(--accent); }
.timeline > li.good::before { background: var(--green); }
.timeline > li.bad::before { background: var(--red); border-radius: 2px; }
.timeline > li.later::before { background: var(--panel); border: 2px solid var(--dim); }
.timeline > li:not(:last-child)::after { content: ""; position: absolute; left: 7px; top: 19px; bottom: -2px; width: 1px;
  background: var(--line); }
.steps { padding-left: 18px; }
.json { padding: 14px 16px; overflow: auto; max-height: 70vh; background: var(--panel); border: 1px solid var(--line);
  border-radius: 10px; line-height: 1.55; tab-size: 2; }
.json .key { color: var(--accent); }
.json .text { color: var(--green); }
.json .plain { color: var(--violet); }
.json .hidden { padding: 0 5px; border-radius: 3px; color: var(--dim); background: var(--soft); }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 1px; overflow: hidden;
  background: var(--line); border: 1px solid var(--line); border-radius: 10px; }
.figures > div { padding: 14px 16px; background: var(--panel); }
.figures dd { font-size: 26px; line-height: 1.25; font-weight: 600; letter-spacing: -0.02em; }
.figures dd.small { font-size: 13px; font-weight: 400; letter-spacing: 0; color: var(--dim); line-height: 1.5; }
.attention { list-style: none; padding: 0; background: var(--panel); border: 1px solid var(--line); border-radius: 10px; }
.attention li { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 12px; padding: 10px 14px; }
.attention li + li { border-top: 1px solid var(--line); }
.attention a { margin-left: auto; }
.calm { padding: 12px 14px; background: var(--panel); border: 1px solid var(--line); border-radius: 10px; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); gap: 16px; }
.card { padding: 16px; background: var(--panel); border: 1px solid var(--line); border-radius: 10px; min-width: 0; }
.card header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 4px 8px; margin-bottom: 12px; }
.card figure + figure { margin-top: 12px; }
.card figcaption { display: flex; justify-content: space-between; gap: 8px; font-size: 12px; color: var(--dim); margin-bottom: 4px;
  font-variant-numeric: tabular-nums; }
.card figcaption b { color: var(--text); font-weight: 600; }
.card figcaption b.bad-figure { color: var(--red); }
.card dl { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 8px 20px; margin-top: 14px; padding-top: 12px;
  border-top: 1px solid var(--line); }
.chart { display: block; width: 100%; height: 44px; }
.chart .base { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.chart .bar { fill: color-mix(in srgb, var(--accent) 62%, var(--panel)); }
.chart .bar.bad { fill: var(--red); }
.chart .dots { stroke: var(--accent); stroke-width: 5; stroke-linecap: round; vector-effect: non-scaling-stroke; }
.chart .line { fill: none; stroke: var(--accent); stroke-width: 1.75; stroke-linejoin: round; stroke-linecap: round; vector-effect: non-scaling-stroke; }

.link-made { padding: 16px; margin-bottom: 20px; background: var(--panel); border: 1px solid color-mix(in srgb, var(--accent) 40%, var(--line)); border-radius: 10px; }
.link-made > * + * { margin-top: 10px; }
.panel { padding: 16px; background: var(--panel); border: 1px solid var(--line); border-radius: 10px; }
.panel .filters { margin-bottom: 0; }
.panel > p:first-child { margin-top: 0; margin-bottom: 12px; }
.backfills { list-style: none; padding: 0; display: grid; gap: 12px; }
.backfill { display: grid; gap: 8px; padding: 16px; background: var(--panel); border: 1px solid var(--line); border-radius: 10px; }
.backfill .top { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 12px; }
.backfill .top .actions { margin-left: auto; }
.backfill .counts { font-size: 13px; font-variant-numeric: tabular-nums; }
.bar-of { display: grid; grid-template-columns: minmax(0, 1fr) 48px; align-items: center; gap: 12px; }
.breakers + p { margin-top: 12px; }
.audit td:nth-child(2) { width: 38%; }

.empty { padding: 40px 32px; background: var(--panel); border: 1px solid var(--line); border-radius: 10px; }
.empty > * + * { margin-top: 10px; }
.empty ul { padding-left: 18px; }
.empty.narrow { max-width: 640px; margin: 40px auto 0; }
.command { display: block; width: fit-content; max-width: 100%; margin-top: 8px; padding: 8px 12px; border-radius: 6px;
  background: var(--soft); border: 1px solid var(--line); overflow-wrap: anywhere; user-select: all; }
@media (max-width: 640px) {
  .empty { padding: 24px 18px; }
  .timeline > li { grid-template-columns: minmax(0, 1fr); }
  .attention a { margin-left: 0; flex-basis: 100%; }
  .figures { grid-template-columns: 1fr 1fr; }
  .figures > div:last-child:nth-child(odd) { grid-column: 1 / -1; }
  .backfill .top .actions { margin-left: 0; flex-basis: 100%; }
}
`
