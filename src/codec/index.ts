/**
 * The codec: exact structured clone over bytes, with tagged encodings for what most tasks carry and V8's
 * serializer for the rest. It knows nothing of pools, lanes or workers.
 */
export { bytesOf } from './bytes.js'
export { beforeReceiving } from './collection.js'
export { collectAll, collectThoroughly, collectYoung, outweighHeap, PacedCollector } from './collector.js'
export { decode, decodeOwned } from './decode.js'
export { encode } from './encode.js'
export { encodeLarge } from './large.js'
export { tagOfBytes, takeBytes } from './raw-bytes.js'
