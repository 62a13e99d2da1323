/** True in `design` mode only: the fake backend is then part of the bundle. */
declare const __FAKE_BACKEND__: boolean
