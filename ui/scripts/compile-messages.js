// Compiles messages/*.json to src/lib/paraglide, so that checks and tests run without a Vite build before them.
import { compile } from '@inlang/paraglide-js'
import { paraglideOptions } from '../paraglide.config.js'

await compile(paraglideOptions)
