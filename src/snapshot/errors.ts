/** What is wrong with a snapshot; the text is the body of the HTTP answer (status 500). */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}
