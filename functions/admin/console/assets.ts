import { sha256Hex } from '#lib/primitives/bytes.ts'
import { script } from './script.ts'
import { style } from './style.ts'

export interface Asset {
  /** Changes with the content, so that browsers may keep it for ever. */
  readonly path: string
  readonly type: string
  readonly content: string
}

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">
<rect width="24" height="24" rx="6" fill="#2463d4"/>
<path d="M5 7h14v3.2h-4.6V17H9.6v-6.8H5z" fill="#fff"/>
<path d="M5 13.4h2.6V17H5zm11.4 0H19V17h-2.6z" fill="#fff" opacity=".55"/>
</svg>
`

const asset = (name: string, type: string, content: string): Asset => {
  const [stem = '', extension = ''] = name.split('.')
  return { path: `/console/assets/${stem}-${sha256Hex(content).slice(0, 12)}.${extension}`, type, content }
}

/** Everything that a page of the console loads. */
export const assets = {
  style: asset('console.css', 'text/css; charset=utf-8', style),
  script: asset('console.js', 'text/javascript; charset=utf-8', script),
  icon: asset('icon.svg', 'image/svg+xml', icon),
} as const
