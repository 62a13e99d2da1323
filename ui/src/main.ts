// Start of the window: choose the backend, then draw.
import { mount } from 'svelte'
import App from './App.svelte'
import { setBackend } from './lib/ipc/backend'
import './styles/base.css'
import './styles/overlays.css'

async function start(): Promise<void> {
  if (__FAKE_BACKEND__ && !('__TAURI_INTERNALS__' in window)) {
    const { startDesign } = await import('./lib/ipc/fake/design')
    startDesign()
  } else {
    const { realBackend } = await import('./lib/ipc/real')
    setBackend(realBackend)
  }
  const target = document.getElementById('app')
  if (target) mount(App, { target })
}

void start()
