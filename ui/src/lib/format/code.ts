/** Whether what was typed from paper is the code, whatever its case and the marks between its groups. */
export function isSameCode(typed: string, code: string): boolean {
  const letters = (text: string) => text.toUpperCase().replace(/[^0-9A-Z]/g, '')
  return code !== '' && letters(typed) === letters(code)
}
