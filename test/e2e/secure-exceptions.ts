/** End-to-end tests that the secure suite leaves out, because their subject contradicts it: file -> why. */
export const exceptions: Readonly<Record<string, string>> = {};
