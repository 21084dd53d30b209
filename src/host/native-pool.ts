import { fromNativeError } from '../errors/index.js'
import { loadNative, type NativePool, type OnEvents } from '../native/index.js'
import { useDetach } from '../segments/shared-bytes.js'
import { toNativeOptions } from './native-options.js'
import type { ResolvedPoolOptions } from './pool-options.js'

/**
 * Makes the native pool; it does nothing before it is started.
 *
 * @throws ERR_HATCHERY_PLATFORM_UNSUPPORTED, ERR_HATCHERY_SYSTEM, ERR_HATCHERY_DATA_CLONE
 */
export function makeNativePool(options: ResolvedPoolOptions): NativePool {
  const nativeOptions = toNativeOptions(options)
  const binding = loadNative()
  useDetach((buffer) => binding.detachBuffer(buffer))
  try {
    return new binding.NativePool(nativeOptions)
  } catch (error) {
    throw fromNativeError(error)
  }
}

/**
 * This thread's part in a pool that another one has made.
 *
 * @throws ERR_HATCHERY_POOL_CLOSED, ERR_HATCHERY_PLATFORM_UNSUPPORTED
 */
export function attachNativePool(handle: number): NativePool {
  const binding = loadNative()
  useDetach((buffer) => binding.detachBuffer(buffer))
  try {
    return binding.NativePool.attach(handle)
  } catch (error) {
    throw fromNativeError(error)
  }
}

/**
 * Starts zygote and workers.
 *
 * @throws ERR_HATCHERY_PLATFORM_UNSUPPORTED, ERR_HATCHERY_SYSTEM
 */
export function startNativePool(native: NativePool, onEvents: OnEvents): void {
  try {
    native.start(onEvents)
  } catch (error) {
    throw fromNativeError(error)
  }
}
