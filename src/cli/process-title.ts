/** What `ps` shows of a process: its command line, which everybody may read, without the secrets in it. */

/** Flags whose value is one. */
const secretFlag = /^--?(?:encrypt|token)$/;
const withValue = /^(--?(?:encrypt|token)=)./;
/** A piece of configuration that has one. */
const secretSettings = /^(--?hcl=).*(?:encrypt|token|secret|password|private_key|acl)/s;

const hidden = '<hidden>';

/** Others see no secret of this process's command line from here on. */
export function hideSecrets(argv: readonly string[]): void {
  const shown = shownCommandLine(argv);
  if (shown !== null) process.title = shown;
}

/** The command line fit to be seen; null when it is as it is. */
export function shownCommandLine(argv: readonly string[]): string | null {
  let hasSecret = false;
  const words = argv.map((word, i) => {
    const [, flag] = withValue.exec(word) ?? secretSettings.exec(word) ?? [];
    if (flag === undefined && !secretFlag.test(argv[i - 1] ?? '')) return word;
    hasSecret = true;
    return `${flag ?? ''}${hidden}`;
  });
  return hasSecret ? ['tc', ...words].join(' ') : null;
}
