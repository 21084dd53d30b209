/** The local build's file, by the name under which src/native looks for it. */
import { platformName } from '../../src/native/platform.js'

export const nativeFile = `hatchery.${platformName()}.node`
