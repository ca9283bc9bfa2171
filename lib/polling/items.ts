import { jsonOf } from '../outbound/api-client.ts'
import { refused } from '../outbound/page-turn.ts'
import { linesOf, type Page } from '../outbound/paginate.ts'
import { jsonSlices } from '../primitives/json-slices.ts'
import { readPointer } from '../primitives/json-pointer.ts'
import type { PollList } from '../providers/poll-list.ts'
import type { Found } from './identity.ts'

/** An item of a page, and the events that it is. */
export interface PageItem {
  readonly item: Found
  readonly events: readonly Found[]
}

/**
 * The items of a page, each with its text as it stands there.
 * @throws SluiceError `ANSWER_REFUSED` for a page of another form: nothing of it is taken then.
 */
export function readItems(page: Page, list: PollList, pointer: string): readonly PageItem[] {
  const { answer, body } = page
  if (answer.status === 304) return []
  if (!list.lines && (typeof body !== 'object' || body === null)) throw refused('it is no document')
  if (list.always !== undefined && readPointer(body, list.always) === undefined)
    throw refused(`there is nothing at ${list.always}`)
  const texts = list.lines ? linesOf(answer.text) : textsAt(answer.text, body, list, pointer)
  return texts.map((text) => {
    const item = { text, value: jsonOf(text) }
    if (typeof item.value !== 'object' || item.value === null || Array.isArray(item.value))
      throw refused('an item is no object')
    return { item, events: list.parts ? partsOf(item, list.parts) : [item] }
  })
}

function textsAt(text: string, body: unknown, list: PollList, pointer: string): readonly string[] {
  const items = readPointer(body, pointer)
  // Only where something else proves that the answer is whole.
  if (items === undefined && list.always !== undefined) return []
  if (!Array.isArray(items)) throw refused(`there is no list at ${pointer || 'its root'}`)
  const slices = jsonSlices(text, `${pointer}/*`)
  // Two members of one name: which one counts is a matter of the reader.
  if (slices?.length !== items.length) throw refused('its list can not be told apart')
  return slices.map((slice) => slice.text)
}

/** An item without a part has none of it; one whose part is no list is no item. */
const partsOf = (item: Found, parts: NonNullable<PollList['parts']>): readonly Found[] =>
  parts.flatMap(({ at, type, deliveryKey }) => {
    if (readPointer(item.value, at.replace(/\/\*$/, '')) === undefined) return []
    const slices = jsonSlices(item.text, at)
    if (!slices) throw refused(`an item has no list at ${at}`)
    return slices.map(({ text }) => ({
      text,
      value: jsonOf(text),
      outer: item.value,
      part: { type, deliveryKey },
    }))
  })
