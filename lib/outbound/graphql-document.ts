/** What an operation does, as far as it matters to whoever wants to send it again. */
export type OperationKind = 'query' | 'mutation' | 'subscription'

/** Strings, comments and what nests are one token each; names and braces are told apart. Linear in the document's length. */
const token = /"""(?:[^"\\]|\\.|"(?!""))*(?:"""|$)|"(?:[^"\\\n]|\\.)*"?|#[^\n\r]*|[{}()]|[@$]?[A-Za-z_]\w*/gs

/**
 * What a document's operation does; of several, the one that is named. `undefined` where that can't be told: whoever asks
 * must not take it for a query.
 * @see https://spec.graphql.org/October2021/#sec-Language.Operations
 */
export function operationKind(document: string, name?: string): OperationKind | undefined {
  const operations = operationsOf(document)
  const chosen = name === undefined ? operations : operations.filter((each) => each.name === name)
  return chosen.length === 1 ? chosen[0]?.kind : undefined
}

interface Operation {
  readonly kind: OperationKind
  readonly name: string | undefined
}

function operationsOf(document: string): readonly Operation[] {
  const found: Operation[] = []
  let depth = 0
  /** The words of the definition so far, outside braces. */
  let words: string[] = []
  for (const [text] of document.matchAll(token)) {
    if (text === '{' || text === '(') {
      if (depth === 0 && text === '{') {
        const operation = operationOf(words)
        if (operation) found.push(operation)
      }
      depth += 1
    } else if (text === '}' || text === ')') {
      depth -= 1
      if (depth === 0 && text === '}') words = []
    } else if (depth === 0 && /^[A-Za-z_]/.test(text)) words.push(text)
  }
  return found
}

function operationOf([kind, name]: readonly string[]): Operation | undefined {
  if (kind === undefined) return { kind: 'query', name: undefined }
  return kind === 'query' || kind === 'mutation' || kind === 'subscription' ? { kind, name } : undefined
}
