/** What pages are made of: buttons, fields, tables, states, notices. */
export const partStyle = `.head { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; min-height: 32px; margin-bottom: 20px; }
.head .live, .head .actions { margin-left: auto; }
.lead { margin: -12px 0 20px; color: var(--dim); max-width: 68ch; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; }
.crumbs { margin-bottom: 8px; }
.crumbs a { text-decoration: none; }

button, select, input:not([type=checkbox], [type=radio]), .button { font: inherit; color: inherit; height: 32px; padding: 0 10px;
  border: 1px solid var(--edge); border-radius: 6px; background: var(--panel); }
button, .button { display: inline-block; cursor: pointer; padding: 0 14px; font-weight: 550; line-height: 30px; white-space: nowrap;
  background: var(--accent); border-color: transparent; color: var(--accent-text); text-decoration: none; }
button:hover, .button:hover { filter: brightness(1.08); text-decoration: none; }
button.danger { background: light-dark(#b3261e, #ff958c); color: light-dark(#fff, #2a0906); }
.head .filters { margin: 0 0 0 auto; }
button.quiet, .button.quiet, .filters button { background: var(--panel); border-color: light-dark(#c9ced8, #39414d); color: var(--text); font-weight: 500; }
button.quiet.danger { color: var(--red); background: var(--panel); }
button.quiet:hover, .button.quiet:hover, .filters button:hover { background: var(--soft); filter: none; }
input[type=checkbox], input[type=radio] { width: 16px; height: 16px; margin: 0; accent-color: var(--accent); vertical-align: middle; }
.check { display: inline-flex; align-items: center; gap: 8px; min-height: 32px; cursor: pointer; }
.live::before { content: ""; display: inline-block; width: 7px; height: 7px; margin-right: 7px; border-radius: 50%;
  background: var(--green); vertical-align: 1px; }
.live[data-state=paused]::before { background: var(--dim); }
.live[data-state=away]::before { background: var(--amber); }
.bar .live { height: 28px; line-height: 26px; padding: 0 10px; }
.count { margin-left: 8px; padding: 0 7px; border-radius: 999px; font-size: 12px; color: var(--red);
  background: color-mix(in srgb, var(--red) 9%, var(--panel)); }
.filters { display: flex; flex-wrap: wrap; align-items: end; gap: 12px; margin-bottom: 20px; }
.field { display: grid; gap: 4px; }
.field span { font-size: 12px; color: var(--dim); }
.field input { width: 148px; min-width: 0; }
.field select { min-width: 148px; }
.field input[type=datetime-local] { width: 210px; }
.field.wide input { width: 100%; }
.exact summary { height: 32px; line-height: 32px; color: var(--accent); cursor: pointer; }
.exact > div { display: flex; flex-wrap: wrap; gap: 12px; margin-top: 8px; }
.exact[open] { flex-basis: 100%; order: 1; }
.toolbar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px; margin-bottom: 12px; }

.ask { max-width: min(460px, calc(100vw - 32px)); padding: 20px; color: var(--text); background: var(--panel);
  border: 1px solid var(--line); border-radius: 12px; box-shadow: 0 16px 48px #0004; white-space: normal; text-align: left; }
.ask::backdrop { background: #0006; }
.ask h2 { font-size: 16px; margin: 0 0 8px; }
.ask p { margin: 0 0 8px; font-size: 14px; overflow-wrap: anywhere; }
.ask .actions { margin-top: 16px; }

table { width: 100%; border-collapse: separate; border-spacing: 0; background: var(--panel);
  border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
th { text-align: left; font-size: 12px; font-weight: 500; color: var(--dim); background: var(--soft); white-space: nowrap; }
th, td { padding: 9px 14px; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child td { border-bottom: 0; }
tbody tr:hover { background: light-dark(#fafbfc, #191e25); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.c-status, .c-time, .c-check, .c-attempts, .c-run { white-space: nowrap; width: 1%; }
.c-time { color: var(--dim); font-variant-numeric: tabular-nums; min-width: 104px; }
.c-event, .c-tenant, .c-reason, .c-wide { overflow-wrap: anywhere; }
.c-event a { color: var(--text); }
.c-event b { font-weight: 550; }
.c-tenant { min-width: 92px; }
.c-reason { width: 34%; }
.c-run button, .c-run .button { height: 28px; line-height: 26px; padding: 0 12px; }
.c-run .ask button { height: 32px; line-height: 30px; }
td.c-run { padding-top: 6px; padding-bottom: 6px; }
.c-mark { overflow-wrap: anywhere; max-width: 230px; }
time { white-space: nowrap; }
.c-figure { white-space: nowrap; }
.unit { display: none; }
.reason { display: block; color: var(--amber); font-size: 13px; overflow-wrap: anywhere; }
.reason.dead { color: var(--red); }
.tag { display: inline-block; margin-left: 8px; padding: 0 6px; border-radius: 4px; background: var(--soft); color: var(--dim); font-size: 12px; }
.missing, .warn { color: var(--amber); }
.bad-figure { color: var(--red); }
tr.new { animation: arrive 1.6s ease-out; }
@keyframes arrive { from { background: color-mix(in srgb, var(--accent) 16%, var(--panel)); } }
@media (prefers-reduced-motion: reduce) { tr.new { animation: none; } }

.status { --hue: var(--dim); display: inline-flex; align-items: center; gap: 6px; padding: 0 9px 0 7px; white-space: nowrap;
  border-radius: 999px; font-size: 12.5px; line-height: 21px; font-weight: 550; color: var(--hue);
  background: color-mix(in srgb, var(--hue) 9%, var(--panel)); }
.status::before { content: ""; flex: none; width: 7px; height: 7px; border-radius: 50%; background: currentColor; }
.status.done { --hue: var(--green); }
.status.dead { --hue: var(--red); }
.status.dead::before { border-radius: 1px; }
.status.retry { --hue: var(--amber); }
.status.retry::before { background: none; border: 2px solid currentColor; }
.status.parked { --hue: var(--violet); }
.status.claimed { --hue: var(--accent); }

.notice { padding: 10px 14px; margin-bottom: 20px; border-radius: 8px; overflow-wrap: anywhere;
  background: color-mix(in srgb, var(--green) 9%, var(--panel)); border: 1px solid color-mix(in srgb, var(--green) 30%, var(--line)); }
.notice.bad { background: color-mix(in srgb, var(--red) 8%, var(--panel)); border-color: color-mix(in srgb, var(--red) 30%, var(--line)); }
.why { padding: 9px 14px; margin-bottom: 16px; border-left: 3px solid var(--amber); background: var(--soft); overflow-wrap: anywhere; }
.why.dead { border-left-color: var(--red); }
.why.plain { border-left-color: var(--edge); }
.toolbar .why { flex-basis: 100%; margin: 0; }
progress { width: 100%; height: 8px; vertical-align: middle; }
progress { appearance: none; border: 0; border-radius: 999px; overflow: hidden; background: light-dark(#d9dde4, #343b46); }
progress::-webkit-progress-bar { background: light-dark(#d9dde4, #343b46); }
progress::-webkit-progress-value { background: var(--accent); border-radius: 999px; }
progress::-moz-progress-bar { background: var(--accent); }
#pages { margin-top: 16px; }

@media (max-width: 640px) {
  .filters { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  .filters > button, .filters > .check, .exact { grid-column: 1 / -1; }
  .exact > div { display: grid; }
  .field:has([type=datetime-local]) { grid-column: 1 / -1; }
  .field select, .field input, .field input[type=datetime-local] { width: 100%; }
  .head .actions, .head .filters { margin-left: 0; flex-basis: 100%; }
  .head .filters { grid-template-columns: minmax(0, 1fr) auto; }
  .head .filters > button { grid-column: auto; }
  .c-tenant { min-width: 0; }
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  table, tbody { display: block; }
  tbody tr { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; padding: 12px 14px;
    border-bottom: 1px solid var(--line); }
  tbody tr:last-child { border-bottom: 0; }
  tbody td { padding: 0 !important; border: 0; width: auto; min-width: 0; max-width: 100%; }
  td.c-event, td.c-reason, td.c-wide { flex-basis: 100%; }
  .c-status { order: -2; }
  tbody td.c-time { order: -1; margin-left: auto; width: auto; min-width: 0; }
  .causes td.c-time { order: 0; margin-left: 0; }
  .c-check { order: -3; }
  .c-tenant, .c-attempts { color: var(--dim); font-size: 12.5px; }
  .unit { display: inline; }
  td[data-label]::before { content: attr(data-label) " "; color: var(--dim); font-size: 12.5px; }
  td.number { text-align: left; }
  td.c-mark { flex-basis: 100%; max-width: none; }
  .c-figure { color: var(--dim); font-size: 12.5px; }
  tbody td.c-run { margin-left: auto; width: auto; }
  td:empty { display: none; }
}
`
