/** Where the local stack pretends to be. */
export const region = 'us-east-1'
export const accountId = '000000000000'
