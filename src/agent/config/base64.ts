/** Where a text stops being base64, counted as Go's standard decoder does; undefined when it is fine. */
export function base64Fault(text: string): number | undefined {
  let inQuantum = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '\n' || char === '\r') continue;
    if (/[A-Za-z0-9+/]/.test(char)) {
      inQuantum = (inQuantum + 1) % 4;
    } else if (char === '=' && inQuantum >= 2) {
      return paddingFault(text, at, 4 - inQuantum);
    } else {
      return at;
    }
  }
  return inQuantum === 0 ? undefined : text.length - inQuantum;
}

/** `count` signs have to follow from `at`, and then nothing. */
function paddingFault(text: string, at: number, count: number): number | undefined {
  let missing = count;
  for (let i = at; i < text.length; i++) {
    const char = text[i]!;
    if (char === '\n' || char === '\r') continue;
    if (char !== '=' || missing === 0) return i;
    missing--;
  }
  return missing === 0 ? undefined : text.length;
}
