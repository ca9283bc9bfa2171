/** The console's whole script: the pages work without it, it keeps them up to date. Plain JavaScript, served as it is. */
export const script = `'use strict'
const focusable = 'a, button, input, select'

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

const makeButton = () => {
  const made = Object.assign(document.createElement('button'), { id: 'live', className: 'live quiet', type: 'button', hidden: true })
  document.querySelector('.bar .stage').after(made)
  return made
}
// Politely, and not more often than every ten seconds.
const announce = (text) => {
  if (Date.now() - told < 10000) return
  told = Date.now()
  document.querySelector('#said').textContent = text
}

const main = document.querySelector('main')
const kind = main.dataset.live
const button = document.querySelector('#live') || (kind && makeButton())
let source
let later
let paused = false
let ended = false
let due = Infinity
let told = 0

const say = (state) => {
  if (!button) return
  button.hidden = false
  button.dataset.state = state
  const text = { live: 'Live', paused: 'Paused', away: 'Reconnecting' }[state]
  if (button.textContent !== text) button.textContent = text
  button.title = state === 'live' ? 'Pause the updates' : state === 'paused' ? 'Go on with the updates' : ''
}

const takeRows = (fresh, whole) => {
  if (whole) document.querySelector('#pages').replaceWith(fresh.querySelector('#pages'))
  const rows = document.querySelector('#rows')
  const wanted = fresh.querySelectorAll('#rows > tr')
  if (!rows || (whole && wanted.length === 0)) {
    if (rows || wanted.length > 0) document.querySelector('#list').replaceWith(fresh.querySelector('#list'))
    return
  }
  let arrived = 0
  for (const row of wanted) {
    const old = document.getElementById(row.id)
    if (old && old.dataset.state === row.dataset.state) continue
    const held = old && old.contains(document.activeElement)
    if (old) old.replaceWith(row)
    else {
      arrived += 1
      row.classList.add('new')
      rows.insertBefore(row, [...rows.children].find((each) => each.dataset.at <= row.dataset.at) || null)
    }
    if (held) row.querySelector('a').focus()
  }
  const ids = new Set([...wanted].map((row) => row.id))
  if (whole) for (const row of [...rows.children]) if (!ids.has(row.id) && rows.children.length > ids.size) row.remove()
  // A burst that fills a page may have left some behind it: ask for the whole list next, and page from there.
  if (!whole && rows.children.length > 100) later = setTimeout(start, 0)
  if (arrived > 0) announce(arrived + (arrived === 1 ? ' new event' : ' new events'))
}

const strip = (element) => element.innerHTML.replace(/<time [^>]*data-ago[^>]*>[^<]*/g, '')
// What someone has begun to fill in or is being asked stays as it is.
const isTouched = (element) =>
  element.querySelector(':popover-open') ||
  [...element.querySelectorAll('input, textarea')].some((each) =>
    each.type === 'checkbox' ? each.checked !== each.defaultChecked : each.value !== each.defaultValue,
  )
const takePage = (fresh) => {
  for (const old of document.querySelectorAll('[data-live-id]')) {
    const next = fresh.querySelector('[data-live-id="' + CSS.escape(old.dataset.liveId) + '"]')
    if (!next || isTouched(old) || strip(old) === strip(next)) continue
    const at = [...old.querySelectorAll(focusable)].indexOf(document.activeElement)
    old.replaceWith(next)
    if (at >= 0) (next.querySelectorAll(focusable)[at] || next).focus()
  }
}
const count = (event) => {
  for (const place of document.querySelectorAll('[data-dead-count]')) {
    place.textContent = event.data
    place.hidden = event.data === ''
  }
}

const take = (whole) => (event) => {
  const fresh = new DOMParser().parseFromString(event.data, 'text/html')
  if (kind === 'rows') takeRows(fresh, whole)
  else takePage(fresh)
}
const stop = () => {
  clearTimeout(later)
  if (source) source.close()
  source = undefined
}
const start = () => {
  stop()
  if (paused || ended || document.hidden) return
  const query = new URLSearchParams(kind ? { kind, page: location.pathname + location.search } : { kind: 'count' })
  const address = '/console/live?' + query
  source = new EventSource(address)
  source.addEventListener('whole', take(true))
  source.addEventListener('recent', take(false))
  source.addEventListener('count', count)
  source.addEventListener('end', () => {
    ended = true
    stop()
    if (button) button.hidden = true
  })
  source.addEventListener('turn', (event) => {
    due = Date.now() + Number(event.data) + 10000
    if (!ended) say('live')
  })
  // Each answer ends, and the browser asks again by itself; it gives up only when it is refused.
  source.addEventListener('error', async () => {
    if (!source || source.readyState !== EventSource.CLOSED) return
    stop()
    say('away')
    const status = await fetch(address).then((answer) => answer.status, () => 0)
    if (status === 401) return location.reload()
    if (status !== 204 && status !== 404) later = setTimeout(start, 15000)
  })
}
const watch = () => {
  tellTimes()
  if (source && Date.now() > due) say('away')
}

if (button) {
  button.addEventListener('click', () => {
    paused = !paused
    say(paused ? 'paused' : 'live')
    start()
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

document.addEventListener('visibilitychange', start)
setInterval(watch, 1000)
start()
`
