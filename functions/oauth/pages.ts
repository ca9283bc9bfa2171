import { createHash } from 'node:crypto'
import type { Words } from './notices.ts'

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText }
main { max-width: 26rem; padding: 1.5rem }
h1 { font-size: 1.4rem; margin: 0 0 .5rem }
p { margin: .5rem 0 }
`

/** For the policy of the page: no other style, and no script at all. */
export const pageStyleHash = `'sha256-${createHash('sha256').update(style).digest('base64')}'`

/** A page that says what happened and what to do next. Its words are ours: nothing of a request is in it. */
export const noticePage = ({ title, text, next }: Words): string =>
  [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${title}</title><style>${style}</style></head>`,
    `<body><main><h1>${title}</h1><p>${text}</p><p>${next}</p></main></body></html>`,
  ].join('\n')
