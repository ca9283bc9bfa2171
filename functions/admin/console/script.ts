/** The console's whole script: the pages work without it, it keeps them up to date. Plain JavaScript, served as it is. */
export const script = `'use strict'
const every = 2000
const wholeEvery = 15
const pageSize = 100

const relative = (at, now) => {
  const seconds = Math.round(Math.abs(now - at) / 1000)
  if (seconds === 0) return 'now'
  const [unit, size] = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]].find(([, length]) => seconds >= length)
  const text = Math.floor(seconds / size) + ' ' + unit
  return at > now ? 'in ' + text : text + ' ago'
}
const tellTimes = () => {
  for (const time of document.querySelectorAll('time[data-ago]'))
    time.textContent = relative(Date.parse(time.dateTime), Date.now())
}

const main = document.querySelector('main')
const button = document.querySelector('#live')
const kind = main.dataset.live
let paused = false
let looks = 0
let dead = false

const say = (state) => {
  if (!button) return
  button.hidden = false
  button.dataset.state = state
  const text = { live: 'Live', paused: 'Paused', away: 'Reconnecting' }[state]
  if (button.textContent !== text) button.textContent = text
  button.title = state === 'live' ? 'Pause' : state === 'paused' ? 'Go on' : ''
}

const takeRows = (fresh, whole) => {
  if (whole) document.querySelector('#pages').replaceWith(fresh.querySelector('#pages'))
  const rows = document.querySelector('#rows')
  const wanted = fresh.querySelectorAll('#rows > tr')
  if (!rows || (whole && wanted.length === 0)) {
    if (rows || wanted.length > 0) document.querySelector('#list').replaceWith(fresh.querySelector('#list'))
    return
  }
  for (const row of wanted) {
    const old = document.getElementById(row.id)
    if (old && old.dataset.state === row.dataset.state) continue
    const held = old && old.contains(document.activeElement)
    if (old) old.replaceWith(row)
    else {
      row.classList.add('new')
      rows.insertBefore(row, [...rows.children].find((each) => each.dataset.at <= row.dataset.at) || null)
    }
    if (held) row.querySelector('a').focus()
  }
  const ids = new Set([...wanted].map((row) => row.id))
  if (whole) for (const row of [...rows.children]) if (!ids.has(row.id) && rows.children.length > ids.size) row.remove()
  // A burst that fills a page may have left some behind it: look at the whole list next, and page from there.
  if (!whole && (wanted.length >= pageSize || rows.children.length > pageSize)) looks = 0
}

const takePage = (fresh) => {
  const old = document.querySelector('#event')
  const event = fresh.querySelector('#event')
  if (!event) return
  const strip = (element) => element.innerHTML.replace(/<time data-ago[^]*?<\\/time>|<time [^>]*data-ago[^]*?<\\/time>/g, '')
  if (strip(old) !== strip(event)) old.replaceWith(event)
  if (!fresh.querySelector('main').dataset.live) dead = true
}

const look = async () => {
  if (paused || dead || document.hidden) return
  const whole = looks++ % wholeEvery === 0
  const address = new URL(location.href)
  if (kind === 'rows' && !whole) address.searchParams.set('live', 'new')
  try {
    const answer = await fetch(address, { headers: { accept: 'text/html' }, redirect: 'error', signal: AbortSignal.timeout(15000) })
    if (answer.status === 401) return location.reload()
    if (!answer.ok && answer.status !== 404) throw new Error('HTTP ' + answer.status)
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
    if (paused) return
    if (kind === 'rows') takeRows(fresh, whole)
    else takePage(fresh)
    say('live')
  } catch {
    say('away')
  }
}
const watch = async () => {
  for (; !dead; ) {
    await look()
    tellTimes()
    await new Promise((resolve) => setTimeout(resolve, every))
  }
}

if (button) {
  button.addEventListener('click', () => {
    paused = !paused
    say(paused ? 'paused' : 'live')
  })
}
for (const form of document.querySelectorAll('form[data-submit-on-change]'))
  form.addEventListener('change', (event) => {
    if (event.target.tagName === 'SELECT') form.requestSubmit()
  })
document.addEventListener('submit', (event) => {
  if (!event.target.matches('form[data-once]')) return
  if (event.target.dataset.sent) return event.preventDefault()
  event.target.dataset.sent = 'yes'
})
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent
})
for (const part of document.querySelectorAll('[data-needs-script]')) part.hidden = false
for (const box of document.querySelectorAll('input[data-all]')) {
  box.addEventListener('change', () => {
    for (const each of document.getElementsByName(box.dataset.all)) each.checked = box.checked
  })
}

setInterval(tellTimes, 1000)
if (kind) watch()
`
