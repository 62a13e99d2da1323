// Build of the window. `design` mode (npm run dev) runs on the fake backend in a browser; the release build does not
// contain it. The output is made for CSP `default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'`:
// nothing inline, nothing inlined as data:.
import { paraglideVitePlugin } from '@inlang/paraglide-js'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { paraglideOptions } from './paraglide.config.js'

// The pseudo-language in the place of the compiled messages.
const pseudo = { find: /^.*\/paraglide\/messages\.js$/, replacement: join(import.meta.dirname, 'pseudo/messages.ts') }

export default defineConfig(({ mode }) => ({
  plugins: [paraglideVitePlugin(paraglideOptions), svelte()],
  define: { __FAKE_BACKEND__: JSON.stringify(mode === 'design' || mode === 'pseudo') },
  clearScreen: false,
  server: { port: 5173, strictPort: true },
  resolve: { ...(mode === 'test' ? { conditions: ['browser'] } : {}), alias: mode === 'pseudo' ? [pseudo] : [] },
  build: {
    target: 'safari18',
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['tests/setup.ts'],
    testTimeout: 60000,
    // Loading the components costs more than the tests: two workers load them once each. tests/window.ts resets the state.
    maxWorkers: 2,
    isolate: false,
    projects: [
      { extends: true, test: { name: 'window', include: ['tests/*.test.ts'] } },
      {
        extends: true,
        resolve: { conditions: ['browser'], alias: [pseudo] },
        test: { name: 'pseudo', include: ['tests/pseudo/*.test.ts'] },
      },
    ],
  },
}))
