import type { DocumentClient } from '../../../lib/aws/table-link.js';

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

/** A client that must not be asked. */
export const unusedClient: DocumentClient = fakeClient(() => {
  throw new TypeError('this client must not be asked');
});
