/** The pictures of the README and of docs/top.md: made here, and held as they are. UPDATE_GOLDEN=1 makes them anew. */
import { afterEach, describe, it } from 'vitest';
import { fakeSource } from './support/fake-source.ts';
import { openScreen, type Screen } from './support/screen.ts';
import { storyDatacenter, tell } from './support/story.ts';

let screen: Screen | undefined;

afterEach(async () => {
  await screen?.quit();
  screen = undefined;
});

async function open(view: string): Promise<Screen> {
  screen = await openScreen({
    columns: 120,
    rows: 36,
    view,
    background: 'dark',
    source: fakeSource(storyDatacenter()),
  });
  return screen;
}

describe('the pictures of the documentation', { timeout: 60_000 }, () => {
  it('the first page', async () => {
    const opened = await open('pulse');
    await tell(opened);
    opened.expectPicture('top', 'tc top');
  });

  it('a service', async () => {
    const opened = await open('service checkout');
    await opened.pass(300);
    opened.expectPicture('top-service', 'tc top: a service');
  });

  it('keys and values', async () => {
    const opened = await open('kv checkout/config/database.json');
    await opened.pass(2_000);
    opened.expectPicture('top-kv', 'tc top: keys and values');
  });

  it('sessions and locks', async () => {
    const opened = await open('sessions');
    await opened.pass(300);
    opened.expectPicture('top-sessions', 'tc top: sessions and locks');
  });

  it('the servers', async () => {
    const opened = await open('raft');
    await opened.pass(300);
    opened.expectPicture('top-raft', 'tc top: Raft');
  });

  it('the map', async () => {
    const opened = await open('map');
    await opened.pass(300);
    await opened.press('j', 'j');
    opened.expectPicture('top-map', 'tc top: the network');
  });

  it('metrics', async () => {
    const opened = await open('metrics');
    await tell(opened);
    opened.expectPicture('top-metrics', 'tc top: metrics');
  });
});
