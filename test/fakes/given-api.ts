import type { ApiDeclaration } from '#lib/providers/api.ts'

/** An API of nobody, with what is said of it. */
export const givenApi = (
  said: Omit<ApiDeclaration, 'baseUrl' | 'checkedOn'>,
  baseUrl = 'https://api.example',
) => ({ baseUrl, checkedOn: '2026-11-21', ...said })
