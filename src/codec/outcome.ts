/** What the put functions return instead of an end offset: the value does not fit below the limit. */
export const NO_FIT = -1

/** … or: the value is not plain; the whole message goes to V8. */
export const NOT_PLAIN = -2

/** … or: the object has other keys than the shape it was taken for. */
export const OTHER_KEYS = -3
