import { html } from 'hono/html'
import type { Child } from 'hono/jsx'
import { assets } from './assets.ts'
import { PostForm } from './forms.tsx'

/** The sections in the order of the menu. */
const sections = [
  ['overview', '/console', 'Overview'],
  ['events', '/console/events', 'Events'],
  ['dead-letters', '/console/dead-letters', 'Dead letters'],
  ['connections', '/console/connections', 'Connections'],
  ['polls', '/console/polls', 'Polls'],
  ['replays', '/console/replays', 'Replays'],
  ['limits', '/console/limits', 'Limits'],
  ['audit', '/console/audit', 'Audit'],
] as const

type Section = (typeof sections)[number][0]

export interface PageProps {
  readonly title: string
  readonly stage: string
  readonly section?: Section
  /**
   * `rows`: the list takes in what is new. `page`: whatever has a `data-live-id` is kept up to date; `slow`: the same, for pages
   * that take much reading.
   */
  readonly live?: 'rows' | 'page' | 'slow' | undefined
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
    <body class={signedIn ? 'framed' : undefined}>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="bar">
        <a class="brand" href="/console">
          <img src={assets.icon.path} alt="" width="22" height="22" />
          Sluice
        </a>
        <span class="stage" title="the stage of this deployment">
          {stage}
        </span>
        {signedIn && <Menus section={section} />}
      </header>
      <main id="main" tabindex={-1} data-live={live}>
        {children}
      </main>
      {live && <p id="said" class="heard" role="status" />}
    </body>
  </html>
)

interface MenuProps {
  readonly section: Section | undefined
}

/** The menu stands beside the page where there is room, and else behind a button. One of the two is never displayed. */
const Menus = ({ section }: MenuProps) => (
  <>
    <div class="beside">
      <Navigation section={section} />
      <SignOut />
    </div>
    <details class="menu">
      <summary>Menu</summary>
      <div>
        <Navigation section={section} />
        <SignOut />
      </div>
    </details>
  </>
)

const Navigation = ({ section }: MenuProps) => (
  <nav aria-label="Sections">
    <ul>
      {sections.map(([name, href, text]) => (
        <li>
          <a href={href} aria-current={name === section ? 'page' : undefined}>
            {text} {name === 'dead-letters' && <span class="count" data-dead-count hidden />}
          </a>
        </li>
      ))}
    </ul>
  </nav>
)

const SignOut = () => (
  <PostForm action="/console/logout" isRepeatable>
    <button class="quiet">Sign out</button>
  </PostForm>
)
