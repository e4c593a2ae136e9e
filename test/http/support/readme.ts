/** A reader of README.md, who tries each of its lines on a store. */
import { expect } from '@jest/globals';
import { readSeed } from '../../../local/seed.js';
import { readmeCommands, readmeReader } from '../../support/readme.js';
import { asBook, asOrder, clientOf, type Client } from './client.js';
import { eventually } from '../../support/eventually.js';

/** Brings the books that the README speaks of to what they were, where others have been at them. */
async function shelveAnew(client: Client): Promise<void> {
  for (const { id, stock, ...fields } of readSeed()) {
    await client.admin(`/books/${id}`, { method: 'PATCH', body: fields });
    const { stock: left } = asBook(
      await client.send(`/info/${id}`, { headers: { 'cache-control': 'no-cache' } }),
    );
    if (left < stock) {
      const body = { quantity: stock - left };
      asBook(await client.admin(`/books/${id}/restock`, { method: 'POST', body }));
    }
    for (let surplus = left - stock; surplus > 0; surplus -= 10) {
      asOrder(await client.buy(id, { quantity: Math.min(surplus, 10) }), 201);
    }
  }
  await eventually(async () => {
    for (const { id, stock } of readSeed()) {
      expect(asBook(await client.send(`/info/${id}`)).stock).toBe(stock);
    }
  });
}

/** Runs each line of the README: the store must answer in the way that is shown there. */
export async function expectReadme(url: string, adminToken: string): Promise<void> {
  await shelveAnew(clientOf({ url, adminToken }));
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
