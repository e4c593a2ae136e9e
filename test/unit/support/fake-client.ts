import type { DocumentClient, LinkClients } from '../../../lib/dynamodb/table-link.js';

export interface FakeClient extends DocumentClient {
  /** The input of every command that was sent. */
  readonly sent: unknown[];
}

/** A client that answers each command as `answer` says; what that throws is what DynamoDB throws. */
export function fakeClient(answer: (input: never, call: number) => unknown): FakeClient {
  const sent: unknown[] = [];
  const send = async ({ input }: { input: unknown }) => {
    sent.push(input);
    return answer(input as never, sent.length - 1);
  };
  return { sent, send };
}

/** The clients of a place; those that are not given must not be asked. */
export const fakeClients = (clients: Partial<LinkClients>): LinkClients => ({
  read: unusedClient,
  write: unusedClient,
  probe: unusedClient,
  closeUnused: () => undefined,
  ...clients,
});

const unusedClient: DocumentClient = fakeClient(() => {
  throw new TypeError('this client must not be asked');
});
