import * as documents from '../aws/documents.ts'
import { guarded } from './poll-writer.dynamo.ts'

export { documentIn, type DocumentsTable } from '../aws/documents.ts'

type Place<Id, Document> = Omit<documents.DocumentPlace<Id, Document>, 'guarded'>

/** Documents of the table of connections. */
export const dynamoDocuments = <Id, Document extends documents.Versioned>(
  options: documents.DocumentsTable,
  place: Place<Id, Document>,
): documents.Documents<Id, Document> =>
  documents.dynamoDocuments<Id, Document>(options, { ...place, guarded })
