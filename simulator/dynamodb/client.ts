import type { DocumentClient } from '../../lib/dynamodb/table-link.js';
import type { SimulatedTables } from './tables.js';

/** A client whose commands are carried out as they are sent, at the moment that `now` says. */
export function clientOf(tables: SimulatedTables, now: () => number): DocumentClient {
  const send = async (command: { readonly input: object }) => tables.execute(command, now());
  return { send: send as DocumentClient['send'] };
}
