declare const brand: unique symbol

/** A `T` that has been checked or measured as `Name`; plain `T` values do not pass for it. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }
