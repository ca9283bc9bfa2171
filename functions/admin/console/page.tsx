import { html } from 'hono/html'
import type { Child } from 'hono/jsx'
import { assets } from './assets.ts'
import { Form } from './form.tsx'

export interface PageProps {
  readonly title: string
  readonly stage: string
  readonly section?: 'events' | 'dead-letters' | 'polls'
  /** `rows`: the list takes in what is new. `page`: whatever has a `data-live-id` is kept up to date. */
  readonly live?: 'rows' | 'page' | undefined
  /** Whether someone is signed in: the way to the sections, and out. */
  readonly signedIn?: boolean
  /** Goes on to this address at once. */
  readonly goOn?: string | undefined
  readonly children?: Child
}

/** The frame that every page of the console stands in, as text. */
export const page = (props: PageProps) => html`<!doctype html>${<Page {...props} />}`

const Page = ({ title, stage, section, live, signedIn = true, goOn, children }: PageProps) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      {goOn && <meta http-equiv="refresh" content={`0;url=${goOn}`} />}
      <title>{title} · Sluice</title>
      <link rel="icon" href={assets.icon.path} type="image/svg+xml" />
      <link rel="stylesheet" href={assets.style.path} />
      {signedIn && <script src={assets.script.path} defer></script>}
    </head>
    <body>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="bar">
        <a class="brand" href="/console">
          <img src={assets.icon.path} alt="" width="20" height="20" />
          Sluice
        </a>
        {signedIn && <Navigation section={section} />}
        <span class="stage" title="the stage of this deployment">
          {stage}
        </span>
        {signedIn && (
          <Form action="/console/logout">
            <button class="quiet">Sign out</button>
          </Form>
        )}
      </header>
      <main id="main" data-live={live}>
        {children}
      </main>
      {live && <p id="said" class="said" role="status" />}
    </body>
  </html>
)

const sections = [
  ['events', '/console', 'Events'],
  ['dead-letters', '/console/dead-letters', 'Dead letters'],
  ['polls', '/console/polls', 'Polls'],
] as const

const Navigation = ({ section }: { readonly section: PageProps['section'] | undefined }) => (
  <nav aria-label="Sections">
    {sections.map(([name, href, text]) => (
      <a href={href} aria-current={name === section ? 'page' : undefined}>
        {text}
        {name === 'dead-letters' && <span id="dead-count" class="count" hidden />}
      </a>
    ))}
  </nav>
)
