/** A reader of README.md, who tries each of its lines on a store. */
import { expect } from '@jest/globals';
import { readSeed } from '../../../client/seed.js';
import { readmeCommands, readmeReader } from '../../support/readme.js';
import { eventually } from '../../../tools/eventually.js';
import { asBook, clientOf, type Client } from './client.js';
import { stockOf } from './purchases.js';

/** Brings the books that the README speaks of to what they were, where others have been at them. */
async function stockAnew(client: Client): Promise<void> {
  for (const { id, stock, ...fields } of readSeed()) {
    await client.admin(`/books/${id}`, { method: 'PATCH', body: fields });
    const left = await stockOf(client, id);
    if (left < stock) {
      const body = { quantity: stock - left };
      asBook(await client.admin(`/books/${id}/restock`, { method: 'POST', body }));
    }
    await eventually(async () => {
      const surplus = (await stockOf(client, id)) - stock;
      if (surplus > 0) await client.buy(id, { quantity: Math.min(surplus, 100) });
      expect(surplus).toBe(0);
    });
  }
}

/** Runs each line of the README: the store must answer in the way that is shown there. */
export async function expectReadme(url: string, adminToken: string): Promise<void> {
  await stockAnew(clientOf({ url, adminToken }));
  const reader = readmeReader(url, adminToken);
  let calls = 0;
  for (const command of readmeCommands()) {
    const printed = await reader.run(command);
    if (printed === undefined) continue;
    calls += 1;
    const { line, shown } = command;
    const [, problem = ''] = /"type":"(urn:bazar:problem:[a-z-]+)"/.exec(shown) ?? [];
    const [, status] = /"status":(\d+)/.exec(shown) ?? [];
    const expected = status === undefined ? [200, 201] : [Number(status)];
    expect({ line, ...printed, isExpected: expected.includes(printed.status) }).toEqual({
      line,
      status: printed.status,
      text: expect.stringContaining(problem),
      isExpected: true,
    });
  }
  expect(calls).toBeGreaterThan(7);
}
