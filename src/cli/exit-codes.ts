/** Exit codes of the command line. */

export const OK = 0
/** It did not work. */
export const FAILED = 1
/** It was called in a way that makes no sense. */
export const USAGE = 2
