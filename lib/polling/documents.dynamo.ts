import * as documents from '../aws/documents.ts'
import { guarded } from './poll-writer.dynamo.ts'

export { documentIn, type DocumentsTable } from '../aws/documents.ts'

type Place<Id> = Omit<documents.DocumentPlace<Id>, 'guarded'>

/** Documents of the table of connections. */
export const dynamoDocuments = <Id, Document extends documents.Versioned>(
  options: documents.DocumentsTable,
  place: Place<Id>,
): documents.Documents<Id, Document> =>
  documents.dynamoDocuments<Id, Document>(options, { ...place, guarded })
