// Compiles messages/*.json to src/lib/paraglide, so that checks and tests run without a Vite build before them.
// The compiler takes half a minute on a busy machine: nothing is done while its output is newer than its input.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { compile } from '@inlang/paraglide-js'
import { paraglideOptions } from '../paraglide.config.js'

const inputs = [
  'package-lock.json',
  'paraglide.config.js',
  'project.inlang/settings.json',
  ...readdirSync('messages').map((name) => `messages/${name}`),
]
const output = `${paraglideOptions.outdir}/messages.js`
const changed = (file) => statSync(file).mtimeMs

if (!existsSync(output) || inputs.some((input) => changed(input) > changed(output))) await compile(paraglideOptions)
