/** The console's stylesheet. Colours are named once, light and dark; states have a colour and a word. */
export const style = `:root {
  color-scheme: light dark;
  --page: light-dark(#f7f8fa, #0f1216);
  --panel: light-dark(#fff, #161a20);
  --line: light-dark(#e2e5ea, #272d36);
  --soft: light-dark(#f0f2f5, #1d222a);
  --text: light-dark(#1a1f27, #e4e8ee);
  --dim: light-dark(#5b6573, #98a2b1);
  --accent: light-dark(#1d57c2, #7fb0ff);
  --accent-text: light-dark(#fff, #0b1220);
  --green: light-dark(#157347, #5fd39a);
  --red: light-dark(#b3261e, #ff8f85);
  --amber: light-dark(#8a5a00, #f0bd5c);
  --violet: light-dark(#6b3fb5, #c3a6ff);
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
  color: var(--text);
  background: var(--page);
}
*, ::before, ::after { box-sizing: border-box; }
body { margin: 0; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
h1, h2, p, ol, dl, pre { margin: 0; }
h1 { font-size: 20px; line-height: 1.3; font-weight: 650; letter-spacing: -0.01em; }
h2 { font-size: 14px; font-weight: 650; }
h2 .dim { font-weight: 400; margin-left: 6px; }
.dim { color: var(--dim); }
.mono, code, pre { font-family: var(--mono); font-size: 12.5px; }
.break { overflow-wrap: anywhere; }
.skip { position: absolute; left: -999px; padding: 8px 12px; background: var(--panel); }
.skip:focus { left: 8px; top: 8px; z-index: 1; }

.bar { display: flex; align-items: center; gap: 4px 16px; padding: 0 24px; min-height: 52px;
  background: var(--panel); border-bottom: 1px solid var(--line); }
.brand { display: flex; align-items: center; gap: 8px; font-weight: 650; font-size: 15px; color: var(--text); }
.brand:hover { text-decoration: none; }
.bar nav { display: flex; align-self: stretch; gap: 4px; }
.bar nav a { display: flex; align-items: center; padding: 0 10px; color: var(--dim); border-bottom: 2px solid transparent;
  border-top: 2px solid transparent; white-space: nowrap; }
.bar nav a:hover { color: var(--text); text-decoration: none; }
.bar nav a[aria-current] { color: var(--text); border-bottom-color: var(--accent); }
.stage { margin-left: auto; padding: 1px 8px; border: 1px solid var(--line); border-radius: 999px; color: var(--dim);
  font-size: 12px; }
main { max-width: 1080px; margin: 0 auto; padding: 24px; }
.head { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 14px; min-height: 32px; margin-bottom: 16px; }
.head .live, .head .actions { margin-left: auto; }
.actions { display: flex; gap: 8px; }
.crumbs { margin-bottom: 8px; }

button, select, input:not([type=checkbox]) { font: inherit; color: inherit; height: 32px; padding: 0 10px;
  border: 1px solid var(--line); border-radius: 6px; background: var(--panel); }
a.button { display: inline-block; padding: 6px 14px; border-radius: 6px; font-weight: 550; background: var(--accent); color: var(--accent-text); }
button { cursor: pointer; padding: 0 14px; font-weight: 550; background: var(--accent); border-color: transparent;
  color: var(--accent-text); }
button:hover { filter: brightness(1.08); }
button.quiet, .filters button, .actions form + form button { background: var(--panel); border-color: var(--line); color: var(--text); font-weight: 450; }
button.quiet:hover, .filters button:hover, .actions form + form button:hover { background: var(--soft); filter: none; }
.bar form button { height: 28px; padding: 0 10px; color: var(--dim); border-color: transparent; }
input[type=checkbox] { width: 16px; height: 16px; margin: 0; accent-color: var(--accent); vertical-align: middle; }
[hidden] { display: none !important; }
.live::before { content: ""; display: inline-block; width: 7px; height: 7px; margin-right: 7px; border-radius: 50%;
  background: var(--green); vertical-align: 1px; }
.live[data-state=paused]::before { background: var(--dim); }
.live[data-state=away]::before { background: var(--amber); }
.bar .live { height: 28px; margin-left: auto; }
.bar .live + .stage { margin-left: 0; }
.count { margin-left: 6px; padding: 0 6px; border-radius: 999px; font-size: 12px; color: var(--red);
  background: color-mix(in srgb, var(--red) 12%, transparent); }
.said { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; margin: 0; overflow: hidden; }
.filters { display: flex; flex-wrap: wrap; align-items: end; gap: 10px; margin-bottom: 16px; }
.field { display: grid; gap: 3px; }
.field span { font-size: 12px; color: var(--dim); }
.field select, .field input { width: 150px; }

table { width: 100%; border-collapse: separate; border-spacing: 0; background: var(--panel);
  border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
th { text-align: left; font-size: 12px; font-weight: 500; color: var(--dim); background: var(--soft); }
th, td { padding: 8px 14px; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child td { border-bottom: 0; }
tbody tr:hover { background: light-dark(#fafbfc, #191e25); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.c-status, .c-time, .c-check, .c-attempts { white-space: nowrap; width: 1%; }
.c-time { color: var(--dim); font-variant-numeric: tabular-nums; min-width: 104px; }
.c-event, .c-tenant, .c-reason { overflow-wrap: anywhere; }
.c-event a { color: var(--text); }
.c-event b { font-weight: 550; }
.c-reason { width: 34%; }
.unit { display: none; }
.reason { display: block; color: var(--amber); font-size: 13px; overflow-wrap: anywhere; }
.reason.dead { color: var(--red); }
.tag { margin-left: 8px; padding: 0 6px; border-radius: 4px; background: var(--soft); color: var(--dim); font-size: 12px; }
tr.new { animation: arrive 1.6s ease-out; }
@keyframes arrive { from { background: color-mix(in srgb, var(--accent) 16%, var(--panel)); } }
@media (prefers-reduced-motion: reduce) { tr.new { animation: none; } }

.status { --hue: var(--dim); display: inline-flex; align-items: center; gap: 6px; min-width: 84px; padding: 0 8px 0 7px;
  border-radius: 999px; font-size: 12.5px; line-height: 21px; font-weight: 550; color: var(--hue);
  background: color-mix(in srgb, var(--hue) 11%, transparent); }
.status::before { content: ""; width: 7px; height: 7px; border-radius: 50%; background: currentColor; }
.status.done { --hue: var(--green); }
.status.dead { --hue: var(--red); }
.status.dead::before { border-radius: 1px; }
.status.retry { --hue: var(--amber); }
.status.retry::before { background: none; border: 2px solid currentColor; }
.status.parked { --hue: var(--violet); }
.status.claimed { --hue: var(--accent); }

.c-mark { overflow-wrap: anywhere; max-width: 210px; }
.c-figure { white-space: nowrap; }
.c-run { width: 1%; }
.c-run button { height: 28px; }
.missing { color: var(--amber); }

#pages { margin-top: 16px; }
.toolbar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; margin-bottom: 12px; }
.notice { padding: 9px 14px; margin-bottom: 16px; border-radius: 8px; overflow-wrap: anywhere;
  background: color-mix(in srgb, var(--green) 12%, var(--panel)); border: 1px solid color-mix(in srgb, var(--green) 30%, var(--line)); }
.notice.bad { background: color-mix(in srgb, var(--red) 10%, var(--panel)); border-color: color-mix(in srgb, var(--red) 30%, var(--line)); }
.why { padding: 9px 14px; margin-bottom: 16px; border-left: 3px solid var(--amber); background: var(--soft); overflow-wrap: anywhere; }
.why.dead { border-left-color: var(--red); }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); gap: 14px 24px; padding: 16px;
  background: var(--panel); border: 1px solid var(--line); border-radius: 10px; }
@media (min-width: 641px) { .facts .wide { grid-column: span 2; } }
dt { font-size: 12px; color: var(--dim); }
dd { margin: 0; }
section { margin-top: 24px; }
section h2 { margin-bottom: 8px; }
section p { margin-top: 8px; font-size: 13px; }
.timeline { list-style: none; padding: 0; }
.timeline li { position: relative; display: flex; flex-wrap: wrap; gap: 0 10px; padding: 3px 0 3px 20px; }
.timeline li > span:first-child { min-width: 190px; }
.timeline time { font-variant-numeric: tabular-nums; }
.timeline li::before { content: ""; position: absolute; left: 4px; top: 10px; width: 7px; height: 7px; border-radius: 50%;
  background: var(--dim); }
.timeline li:not(:last-child)::after { content: ""; position: absolute; left: 7px; top: 19px; bottom: -8px; width: 1px;
  background: var(--line); }
.json { padding: 14px 16px; overflow: auto; max-height: 70vh; background: var(--panel); border: 1px solid var(--line);
  border-radius: 10px; line-height: 1.55; tab-size: 2; }
.json .key { color: var(--accent); }
.json .text { color: var(--green); }
.json .plain { color: var(--violet); }
.json .hidden { padding: 0 5px; border-radius: 3px; color: var(--dim); background: var(--soft); }

.empty { padding: 40px 32px; background: var(--panel); border: 1px solid var(--line); border-radius: 10px; }
.empty > * + * { margin-top: 10px; }
.empty ul { padding-left: 18px; }
.empty.narrow { max-width: 640px; margin: 40px auto 0; }
.command { display: block; width: fit-content; max-width: 100%; margin-top: 8px; padding: 8px 12px; border-radius: 6px;
  background: var(--soft); border: 1px solid var(--line); overflow-wrap: anywhere; user-select: all; }

@media (max-width: 640px) {
  .bar { flex-wrap: wrap; padding: 8px 16px 0; }
  .bar nav { order: 1; flex-basis: 100%; }
  .bar nav a { padding: 6px 10px; }
  .bar nav a:first-child { margin-left: -10px; }
  main { padding: 16px; }
  .filters { display: grid; grid-template-columns: 1fr 1fr; }
  .filters button { grid-column: 1 / -1; }
  .field select, .field input { width: 100%; min-width: 0; }
  .actions { margin-left: 0 !important; }
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  table, tbody { display: block; }
  tbody tr { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; padding: 10px 14px;
    border-bottom: 1px solid var(--line); }
  tbody tr:last-child { border-bottom: 0; }
  tbody td { padding: 0; border: 0; width: auto; min-width: 0; }
  td.c-event, td.c-reason { flex-basis: 100%; }
  .c-status { order: -2; }
  tbody td.c-time { order: -1; margin-left: auto; width: auto; min-width: 0; }
  .c-check { order: -3; }
  .c-tenant, .c-attempts { color: var(--dim); font-size: 12.5px; }
  .unit { display: inline; }
  td.c-mark { flex-basis: 100%; max-width: none; }
  .c-figure { color: var(--dim); font-size: 12.5px; }
  tbody td.c-run { margin-left: auto; width: auto; }
  .empty { padding: 24px 18px; }
}
`
