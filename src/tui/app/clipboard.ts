/** Text into the clipboard of the terminal one sits at, through ssh and tmux, by OSC 52. */

/** Terminals drop longer sequences. */
const longest = 74_000;

/** Inside GNU screen a sequence has to be wrapped to get through; tmux understands it itself (`set-clipboard on`). */
export function clipboardSequence(text: string, term: string): string {
  const encoded = Buffer.from(text).subarray(0, longest).toString('base64');
  const sequence = `\x1b]52;c;${encoded}\x07`;
  return term.startsWith('screen') && !term.includes('tmux') ? `\x1bP${sequence}\x1b\\` : sequence;
}
