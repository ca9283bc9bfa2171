import { pageStyle } from './style-pages.ts'
import { partStyle } from './style-parts.ts'

/** Colours are named once, light and dark; states have a colour and a word. Sizes: 12, 13, 14, 16, 20, 26; steps of 4. */
const ground = `:root {
  color-scheme: light dark;
  --page: light-dark(#f6f7f9, #0e1115);
  --panel: light-dark(#fff, #15191f);
  --line: light-dark(#e1e4ea, #282e37);
  --edge: light-dark(#8b94a3, #6b7584);
  --soft: light-dark(#eff1f4, #1d222a);
  --text: light-dark(#1a1f27, #e4e8ee);
  --dim: light-dark(#566070, #9aa4b3);
  --accent: light-dark(#1d57c2, #86b4ff);
  --accent-text: light-dark(#fff, #0b1220);
  --green: light-dark(#136a40, #5fd39a);
  --red: light-dark(#b3261e, #ff958c);
  --amber: light-dark(#805300, #f0bd5c);
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
p a, .notice a { text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: 2px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
main:focus { outline: none; }
h1, h2, h3, p, ol, ul, dl, pre, figure { margin: 0; }
h1 { font-size: 20px; line-height: 1.3; font-weight: 650; letter-spacing: -0.01em; }
h2 { font-size: 14px; font-weight: 650; }
h2 .dim { font-weight: 400; margin-left: 6px; }
h3 { font-size: 14px; font-weight: 600; }
.dim { color: var(--dim); }
.mono, code, pre { font-family: var(--mono); font-size: 12.5px; }
.break { overflow-wrap: anywhere; min-width: 0; }
.heard { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -999px; padding: 8px 12px; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; }
.skip:focus { left: 8px; top: 8px; z-index: 2; }
[hidden] { display: none !important; }

.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; padding: 12px 16px; background: var(--panel);
  border-bottom: 1px solid var(--line); }
.brand { display: flex; align-items: center; gap: 8px; font-weight: 650; font-size: 16px; color: var(--text); }
.brand:hover { text-decoration: none; }
.stage { padding: 0 8px; border: 1px solid var(--line); border-radius: 999px; color: var(--dim); font-size: 12px; }
.bar ul { list-style: none; padding: 0; }
.bar nav a { display: block; padding: 6px 12px; border-radius: 6px; color: var(--dim); font-weight: 500; }
.bar nav a:hover { color: var(--text); background: var(--soft); text-decoration: none; }
.bar nav a[aria-current] { color: var(--text); background: var(--soft); box-shadow: inset 3px 0 0 var(--accent); }
.bar form button { padding: 0 12px; color: var(--dim); border-color: transparent; background: none; }
.beside { display: none; }
.menu { margin-left: auto; }
.menu summary { list-style: none; padding: 5px 12px; border: 1px solid var(--edge); border-radius: 6px; cursor: pointer; font-weight: 500; }
.menu summary::-webkit-details-marker { display: none; }
.menu summary::after { content: ""; display: inline-block; width: 6px; height: 6px; margin-left: 8px; vertical-align: 2px;
  border: solid currentColor; border-width: 0 1.5px 1.5px 0; transform: rotate(45deg); }
.menu > div { position: absolute; z-index: 2; left: 8px; right: 8px; margin-top: 8px; padding: 8px; background: var(--panel);
  border: 1px solid var(--line); border-radius: 10px; box-shadow: 0 12px 32px #0003; }
.menu form { margin-top: 4px; padding-top: 4px; border-top: 1px solid var(--line); }
main { max-width: 1180px; padding: 24px; }
body:not(.framed) main { margin: 0 auto; }
@media (min-width: 901px) {
  body.framed { display: grid; grid-template-columns: 208px minmax(0, 1fr); min-height: 100vh; }
  .framed .bar { position: sticky; top: 0; height: 100vh; overflow: auto; display: grid; grid-template: auto auto 1fr / auto 1fr;
    align-items: center; padding: 20px 12px 12px; border-bottom: 0; border-right: 1px solid var(--line); }
  .framed .stage, .framed .live { justify-self: start; }
  .framed .bar .live { grid-column: 1 / -1; margin: 4px 0 0 12px; }
  .framed .brand { padding-left: 12px; }
  .framed .beside { grid-area: 3 / 1 / 4 / -1; align-self: stretch; display: flex; flex-direction: column; justify-content: space-between;
    gap: 16px; margin-top: 8px; }
  .beside li + li { margin-top: 2px; }
  .menu { display: none; }
  .framed main { padding: 28px 32px 48px; }
}
@media (max-width: 640px) { main { padding: 16px; } }
`

/** The console's stylesheet. */
export const style = ground + partStyle + pageStyle
