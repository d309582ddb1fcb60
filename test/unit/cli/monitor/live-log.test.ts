import { expect, it } from 'vitest';
import { LiveLog } from '../../../../src/cli/monitor/live-log.ts';

/** An agent that logs what it is told to, to whoever follows. */
function agent() {
  const streams: { level: string; push: (text: string) => void; end: (error?: Error) => void; signal: AbortSignal }[] =
    [];
  const open = async (level: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> => {
    if (level === 'refused') throw new Error('no such level');
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    signal.addEventListener('abort', () => void writer.abort(new Error('aborted')));
    streams.push({
      ...{ level, signal },
      push: (text) => void writer.write(Buffer.from(text)),
      end: (error) => void (error === undefined ? writer.close() : writer.abort(error)),
    });
    return readable;
  };
  return { streams, open };
}
const turn = (): Promise<void> => new Promise((done) => setTimeout(done, 5));

it('a change of level loses nothing and gives nothing twice', async () => {
  const { streams, open } = agent();
  const printed: string[] = [];
  const log = new LiveLog(open, (text) => printed.push(text), new AbortController().signal);
  await log.open('info');
  streams[0]!.push('one\nhalf a ');
  await turn();
  streams[0]!.push('line\n');
  const change = log.change('debug');
  await turn();
  expect(streams.map(({ level }) => level)).toEqual(['info', 'debug']);
  streams[0]!.push('both\n');
  streams[1]!.push('both\nfine\n');
  await change;
  expect(streams[0]!.signal.aborted).toBe(true);
  // Later lines may well be equal.
  streams[1]!.push('fine\nlast');
  await turn();
  streams[1]!.end();
  await log.ended;
  expect(printed).toEqual(['one\n', 'half a line\n', 'both\n', 'fine\n', 'fine\n', 'last']);
});

it('a level that is refused leaves the one before', async () => {
  const { streams, open } = agent();
  const printed: string[] = [];
  const log = new LiveLog(open, (text) => printed.push(text), new AbortController().signal);
  await log.open('info');
  await expect(log.change('refused')).rejects.toThrow('no such level');
  streams[0]!.push('still here\n');
  await turn();
  expect(printed).toEqual(['still here\n']);
  streams[0]!.end(new Error('broken'));
  await expect(log.ended).rejects.toThrow('broken');
});
