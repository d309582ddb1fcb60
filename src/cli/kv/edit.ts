/** A value while it is edited: what goes into the editor, what comes out of it, and both sides of a conflict. Pure. */

/** Null for bytes that are no text. */
export function editableText(value: Buffer): string | null {
  const text = value.toString();
  return !text.includes('\0') && Buffer.from(text).equals(value) ? text : null;
}

/** Editors end files with a newline: one that the value did not have before is not meant. */
export const withoutAddedNewline = (edited: string, before: string): string =>
  edited.endsWith('\n') && !before.endsWith('\n') ? edited.slice(0, -1) : edited;

const marks = { yours: '<<<<<<< yours', between: '=======', theirs: '>>>>>>> in the store' } as const;

const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

/** Both values, to make one of by hand: as version control shows what it cannot merge. */
export const conflictText = (yours: string, theirs: string): string =>
  `${marks.yours}\n${ended(yours)}${marks.between}\n${ended(theirs)}${marks.theirs}\n`;

/** Whether the marks of a conflict were left in. */
export const hasConflict = (text: string): boolean =>
  text.split('\n').some((line) => line === marks.yours || line === marks.theirs);
