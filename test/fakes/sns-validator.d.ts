declare module 'sns-validator' {
  export default class MessageValidator {
    validate(message: Record<string, string>, done: (error: Error | null) => void): void
  }
}
