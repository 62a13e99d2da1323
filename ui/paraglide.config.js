// Options of the message compiler, shared by Vite and by scripts/compile-messages.js.
// The locale comes from Preferences alone (state/preferences.svelte.ts): no cookie, no URL, no storage.
/** @type {import('@inlang/paraglide-js').CompilerOptions} */
export const paraglideOptions = {
  project: './project.inlang',
  outdir: './src/lib/paraglide',
  strategy: ['globalVariable', 'baseLocale'],
  emitReadme: false,
}
