// What was asked before a lock must not be answered into the window of after it.

/** Thrown in the place of an answer that nobody waits for any more. */
export const OUTDATED = Symbol('outdated')

/** The answer, or failure, of what was asked, unless `generation` has changed meanwhile. */
export async function unlessOutdated<T>(asked: Promise<T>, generation: () => number): Promise<T> {
  const began = generation()
  const current = <V>(value: V): V => {
    if (generation() !== began) throw OUTDATED
    return value
  }
  return asked.then(current, (thrown: unknown) => {
    throw current(thrown)
  })
}
