/**
 * First byte of every encoded value.
 *
 * A message is one tag and its content; the length of the message bounds the content, so top-level strings and
 * bytes carry no length of their own. Inside {@link TAG_ARRAY} and {@link TAG_OBJECT} the same tags are used with
 * a length in front (see `plain-scalars.ts`). All numbers are little endian.
 */
export const TAG_UNDEFINED = 0
export const TAG_NULL = 1
export const TAG_TRUE = 2
export const TAG_FALSE = 3
/** 4 bytes. */
export const TAG_INT32 = 4
/** 8 bytes; keeps -0, NaN and the infinities. */
export const TAG_FLOAT64 = 5
/** One byte a UTF-16 code unit, for strings whose units are all below 256. */
export const TAG_LATIN1 = 6
/** Two bytes a UTF-16 code unit: exact, lone surrogates included. */
export const TAG_UTF16 = 7
/** 8 bytes, two's complement; larger BigInts travel as {@link TAG_V8}. */
export const TAG_BIGINT64 = 8
/** 8 bytes: the time value. */
export const TAG_DATE = 9
/** The bytes of a Buffer, never those around it. */
export const TAG_BUFFER = 10
/** One byte of view kind (see `views.ts`), then the bytes of a view that covers its whole ArrayBuffer. */
export const TAG_VIEW = 11
/** The bytes of a fixed-length ArrayBuffer. */
export const TAG_ARRAY_BUFFER = 12
/** Dense array: count, then the elements. */
export const TAG_ARRAY = 13
/** Plain object: a section of keys (see `shape.ts`), then the values. */
export const TAG_OBJECT = 14
/** Anything else: the format of `v8.Serializer`, for the whole message. */
export const TAG_V8 = 15
/** Plain object with keys that no section holds: count, then key and value by turns. */
export const TAG_RECORD = 16
/**
 * Brings what comes behind it to where it may begin, once or more: {@link TAG_OBJECT} and numbers to a multiple of 4, and
 * in front of a whole message bytes to a multiple of 16.
 */
export const TAG_PAD = 17
/** Dense array of integers of 32 bits: count of 3 bytes, then 4 bytes each. */
export const TAG_INT32S = 18
/** Dense array of numbers: count of 3 bytes, then 8 bytes each. */
export const TAG_FLOAT64S = 19
/** A view on a segment: see `segment.ts`. */
export const TAG_SEGMENT = 100
/** Only inside arrays and objects: tags from here on are the integers 0 to 127 themselves. */
export const TAG_SMALL = 128
